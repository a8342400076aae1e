//! Which byte may stand where: one table, built at compile time.

/// A set of bytes that the grammar names.
#[derive(Clone, Copy)]
pub(super) struct ByteSet(u8);

impl ByteSet {
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
    pub(super) const fn contains(self, byte: u8) -> bool {
        TABLE[byte as usize] & self.0 != 0
    }

    /// Whether `bytes` are one or more bytes of the set and nothing else.
    ///
    /// It looks at every byte: what is asked is nearly always so, and a loop without a way out is
    /// the faster one.
    #[inline]
    pub(super) fn contains_all(self, bytes: &[u8]) -> bool {
        let common = bytes.iter().fold(self.0, |common, byte| common & TABLE[*byte as usize]);
        !bytes.is_empty() && common != 0
    }

    /// How many bytes of the set `bytes` begins with.
    #[inline]
    pub(super) fn prefix_len(self, bytes: &[u8]) -> usize {
        bytes.iter().position(|byte| !self.contains(*byte)).unwrap_or(bytes.len())
    }
}

/// Whether `bytes` are one or more bytes of [`Class::TOKEN68`] and nothing else.
///
/// The same as [`Class::makes`], but it compares sixteen bytes at a time, which the compiler makes
/// into vector instructions. Every request with a token is checked by it, and tokens are long.
#[inline]
pub(super) fn is_token68(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else { return ByteSet::TOKEN68.contains_all(bytes) };
    // The last chunk may overlap the one before it.
    let (chunks, _) = bytes.as_chunks();
    chunks.iter().all(are_token68) && are_token68(last)
}

#[inline(always)]
fn are_token68(bytes: &[u8; 16]) -> bool {
    bytes.iter().fold(true, |all, byte| {
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        // The digits, and `-`, `.` and `/`, which stand before them in ASCII.
        let is_digit = byte.wrapping_sub(b'-') <= b'9' - b'-';
        all & (is_letter | is_digit | (*byte == b'_') | (*byte == b'~') | (*byte == b'+'))
    })
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
        classes |= ByteSet::TCHAR.0;
    }
    if token68 {
        classes |= ByteSet::TOKEN68.0;
    }
    if ows || nqchar || obs_text {
        classes |= ByteSet::QDTEXT.0;
    }
    if ows || byte.is_ascii_graphic() || obs_text {
        classes |= ByteSet::QUOTABLE.0;
    }
    if ows {
        classes |= ByteSet::OWS.0;
    }
    if ows || byte == b',' {
        classes |= ByteSet::SEPARATOR.0;
    }
    if nqchar || byte == b' ' {
        classes |= ByteSet::NQSCHAR.0;
    }
    if nqchar {
        classes |= ByteSet::NQCHAR.0;
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token68_of_any_length_is_told_as_the_table_tells_it() {
        for length in [0, 1, 15, 16, 17, 31, 32, 33] {
            let token: Vec<u8> = b"aZ09-._~+/".iter().copied().cycle().take(length).collect();
            assert_eq!(is_token68(&token), length > 0);
            for (at, byte) in (0..length).flat_map(|at| (0..=u8::MAX).map(move |byte| (at, byte))) {
                let mut other = token.clone();
                other[at] = byte;
                assert_eq!(is_token68(&other), ByteSet::TOKEN68.contains_all(&other), "{other:?}");
            }
        }
    }
}
