//! Sets of bytes that the grammar names: one table, built at compile time.

/// A set of bytes that the grammar names.
#[derive(Clone, Copy)]
pub(super) struct ByteSet(u8);

impl ByteSet {
    /// `tchar`, RFC 9110 §5.6.2.
    pub(super) const TCHAR: Self = Self(1);
    /// The bytes of a `token68` before its `=` signs, RFC 9110 §11.2.
    pub(super) const TOKEN68: Self = Self(1 << 1);
    /// `qdtext`, RFC 9110 §5.6.4: the bytes of a quoted-string that need no backslash.
    pub(super) const QDTEXT: Self = Self(1 << 2);
    /// The bytes that may follow the backslash of a `quoted-pair`, RFC 9110 §5.6.4.
    pub(super) const QUOTABLE: Self = Self(1 << 3);
    /// `OWS`, RFC 9110 §5.6.3.
    pub(super) const OWS: Self = Self(1 << 4);
    /// `OWS` and the comma, which separate two elements of a list, RFC 9110 §5.6.1.
    pub(super) const SEPARATOR: Self = Self(1 << 5);
    /// `NQSCHAR`, RFC 6749 appendix A: text of OAuth, which needs no escapes.
    pub(super) const NQSCHAR: Self = Self(1 << 6);
    /// `NQCHAR`, RFC 6749 appendix A: `NQSCHAR` without the space.
    pub(super) const NQCHAR: Self = Self(1 << 7);

    /// Whether `byte` is in the set.
    #[inline]
    pub(super) const fn contains(self, byte: u8) -> bool {
        TABLE[byte as usize] & self.0 != 0
    }

    /// Whether `bytes` is not empty and has bytes of the set only.
    ///
    /// It inspects every byte: the result is nearly always true, and a loop without an early return
    /// is faster then.
    #[inline]
    pub(super) fn contains_all(self, bytes: &[u8]) -> bool {
        let common = bytes.iter().fold(self.0, |common, byte| common & TABLE[*byte as usize]);
        !bytes.is_empty() && common != 0
    }

    /// The length of the longest prefix that has bytes of the set only.
    #[inline]
    pub(super) fn prefix_len(self, bytes: &[u8]) -> usize {
        bytes.iter().position(|byte| !self.contains(*byte)).unwrap_or(bytes.len())
    }
}

/// Whether `bytes` is not empty and has bytes of [`ByteSet::TOKEN68`] only.
///
/// The same as [`ByteSet::contains_all`], but sixteen bytes at a time, which the compiler turns into
/// vector instructions. It runs for every request with a token, and tokens are long.
#[inline]
pub(super) fn is_token68(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk() else { return ByteSet::TOKEN68.contains_all(bytes) };
    // The last chunk may overlap the one before it.
    let (chunks, _) = bytes.as_chunks();
    chunks.iter().all(are_token68) && are_token68(last)
}

#[inline(always)]
fn are_token68(bytes: &[u8; 16]) -> bool {
    // How far a byte is from each range of the set, 0 inside: vectors have an instruction for that, and
    // none that compares bytes without a sign.
    let outside = bytes.iter().fold(0, |outside, byte| {
        let letter = (byte | 0x20).wrapping_sub(b'a').saturating_sub(b'z' - b'a');
        // The digits, and `-`, `.` and `/`, which precede them in ASCII.
        let digit = byte.wrapping_sub(b'-').saturating_sub(b'9' - b'-');
        let other = (byte ^ b'_').min(byte ^ b'~').min(byte ^ b'+');
        outside | letter.min(digit).min(other)
    });
    outside == 0
}

/// For every byte, the sets that it is in.
static TABLE: [u8; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < table.len() {
        table[index] = sets(index as u8);
        index += 1;
    }
    table
};

/// The sets as the grammar defines them; runs at compile time only.
const fn sets(byte: u8) -> u8 {
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

    let mut sets = 0;
    if tchar {
        sets |= ByteSet::TCHAR.0;
    }
    if token68 {
        sets |= ByteSet::TOKEN68.0;
    }
    if ows || nqchar || obs_text {
        sets |= ByteSet::QDTEXT.0;
    }
    if ows || byte.is_ascii_graphic() || obs_text {
        sets |= ByteSet::QUOTABLE.0;
    }
    if ows {
        sets |= ByteSet::OWS.0;
    }
    if ows || byte == b',' {
        sets |= ByteSet::SEPARATOR.0;
    }
    if nqchar || byte == b' ' {
        sets |= ByteSet::NQSCHAR.0;
    }
    if nqchar {
        sets |= ByteSet::NQCHAR.0;
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_token68_agrees_with_the_table_at_any_length() {
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
