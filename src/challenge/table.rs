//! Which byte may stand where: one table, built at compile time.

/// A set of bytes that the grammar names.
#[derive(Clone, Copy)]
pub(super) struct Class(u8);

impl Class {
    /// `tchar`, RFC 9110 §5.6.2.
    pub(super) const TCHAR: Self = Self(1);
    /// What a `token68` is made of in front of its `=` signs, RFC 9110 §11.2.
    pub(super) const TOKEN68: Self = Self(1 << 1);
    /// `qdtext`, RFC 9110 §5.6.4: what stands in a quoted-string as itself.
    pub(super) const QDTEXT: Self = Self(1 << 2);
    /// What may follow the backslash of a `quoted-pair`, RFC 9110 §5.6.4.
    pub(super) const QUOTABLE: Self = Self(1 << 3);
    /// `OWS`, RFC 9110 §5.6.3.
    pub(super) const OWS: Self = Self(1 << 4);
    /// `OWS` and the comma: what stands between two elements of a list, RFC 9110 §5.6.1.
    pub(super) const SEPARATOR: Self = Self(1 << 5);
    /// `NQSCHAR`, RFC 6749 appendix A: OAuth text, which needs no escapes.
    pub(super) const NQSCHAR: Self = Self(1 << 6);
    /// `NQCHAR`, RFC 6749 appendix A: the same without the space.
    pub(super) const NQCHAR: Self = Self(1 << 7);

    /// Whether `byte` is in the set.
    #[inline]
    pub(super) const fn has(self, byte: u8) -> bool {
        TABLE[byte as usize] & self.0 != 0
    }

    /// Whether `bytes` are one or more bytes of the set and nothing else.
    ///
    /// It looks at every byte: what is asked is nearly always so, and a loop without a way out is
    /// the faster one.
    #[inline]
    pub(super) fn makes(self, bytes: &[u8]) -> bool {
        let common = bytes.iter().fold(self.0, |common, byte| common & TABLE[*byte as usize]);
        !bytes.is_empty() && common != 0
    }

    /// How many bytes of the set `bytes` begins with.
    #[inline]
    pub(super) fn run(self, bytes: &[u8]) -> usize {
        bytes.iter().position(|byte| !self.has(*byte)).unwrap_or(bytes.len())
    }
}

/// For every byte, the classes that it is in.
static TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < table.len() {
        table[index] = classes(index as u8);
        index += 1;
    }
    table
};

/// The grammar's own words; runs at compile time only.
const fn classes(byte: u8) -> u8 {
    let tchar = byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        );
    let token68 =
        byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    let ows = matches!(byte, b' ' | b'\t');
    let obs_text = byte >= 0x80;
    let nqchar = matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E);

    let mut classes = 0;
    if tchar {
        classes |= Class::TCHAR.0;
    }
    if token68 {
        classes |= Class::TOKEN68.0;
    }
    if ows || nqchar || obs_text {
        classes |= Class::QDTEXT.0;
    }
    if ows || byte.is_ascii_graphic() || obs_text {
        classes |= Class::QUOTABLE.0;
    }
    if ows {
        classes |= Class::OWS.0;
    }
    if ows || byte == b',' {
        classes |= Class::SEPARATOR.0;
    }
    if nqchar || byte == b' ' {
        classes |= Class::NQSCHAR.0;
    }
    if nqchar {
        classes |= Class::NQCHAR.0;
    }
    classes
}
