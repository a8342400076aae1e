//! Base64 (RFC 4648 §4), decoded into a buffer that the caller can overwrite.

/// Decodes canonical base64: padded, with zeros in the bits that the last digit does not need
/// (§3.5). `None` for anything else; `bytes` then holds what was decoded before the mistake.
///
/// Room is made before anything is decoded, since a buffer that grows leaves a copy behind.
pub(super) fn decode(digits: &[u8], bytes: &mut Vec<u8>) -> Option<()> {
    let (groups, []) = digits.as_chunks() else { return None };
    let Some((last, groups)) = groups.split_last() else { return Some(()) };
    bytes.reserve_exact(digits.len() / 4 * 3);
    for group in groups {
        bytes.extend_from_slice(&three_bytes(*group)?);
    }
    let (last, count) = match *last {
        [a, b, b'=', b'='] => ([a, b, b'A', b'A'], 1),
        [a, b, c, b'='] => ([a, b, c, b'A'], 2),
        all => (all, 3),
    };
    let decoded = three_bytes(last)?;
    let (decoded, missing) = decoded.split_at(count);
    bytes.extend_from_slice(decoded);
    missing.iter().all(|byte| *byte == 0).then_some(())
}

/// What four digits stand for.
fn three_bytes(digits: [u8; 4]) -> Option<[u8; 3]> {
    let [a, b, c, d] = digits.map(|digit| u32::from(VALUES[usize::from(digit)]));
    let [_, bytes @ ..] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
    (a | b | c | d < u32::from(NONE)).then_some(bytes)
}

/// The value of each byte as a digit.
const VALUES: [u8; 256] = {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NONE; 256];
    let mut value = 0;
    while value < digits.len() {
        values[digits[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// That a byte is no digit. Digits have six bits.
const NONE: u8 = 1 << 6;

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    fn decode(digits: &[u8]) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        super::decode(digits, &mut bytes)?;
        Some(bytes)
    }

    #[test]
    fn a04_decodes_the_last_group_as_the_crate_base64_does() {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_. \x80";
        let mut right = 0;
        for a in b"Az/=" {
            for b in alphabet {
                for c in alphabet {
                    for d in b"AQgw=-" {
                        let digits = [b'x', b'y', b'z', b'0', *a, *b, *c, *d];
                        let expected = STANDARD.decode(digits).ok();
                        right += usize::from(expected.is_some());
                        assert_eq!(decode(&digits), expected, "{digits:?}");
                    }
                }
            }
        }
        // Three bytes of which the last ends in six zeros, or in two; two bytes; one.
        assert_eq!(right, 3 * (64 * 64 * 4 + 64 * 16 + 4));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a04_decodes_what_was_encoded(bytes: Vec<u8>) {
            prop_assert_eq!(decode(STANDARD.encode(&bytes).as_bytes()), Some(bytes));
        }

        #[test]
        fn a04_decodes_other_text_as_the_crate_base64_does(text in "[A-Za-z0-9+/=]{0,20}|[ -~]{0,12}") {
            prop_assert_eq!(decode(text.as_bytes()), STANDARD.decode(&text).ok());
        }
    }
}
