//! Base64 of logins (RFC 4648 §4), decoded into a buffer of this crate: a copy elsewhere could not be
//! overwritten.

/// Decodes canonical base64 with padding. `decoded` is never reallocated, also if this fails halfway.
pub(super) fn decode(text: &str, decoded: &mut Vec<u8>) -> Option<()> {
    let text = text.as_bytes();
    decoded.reserve_exact(text.len() / 4 * 3);
    let (groups, rest) = text.as_chunks::<4>();
    let (last, groups) = match groups.split_last() {
        Some(it) => it,
        None => return rest.is_empty().then_some(()),
    };
    if !rest.is_empty() {
        return None;
    }
    for group in groups {
        decoded.extend_from_slice(&bytes(group)?);
    }
    match last {
        [one, two, b'=', b'='] => {
            let [first, 0, 0] = bytes(&[*one, *two, b'A', b'A'])? else { return None };
            decoded.push(first);
        }
        [one, two, three, b'='] => {
            let [first, second, 0] = bytes(&[*one, *two, *three, b'A'])? else { return None };
            decoded.extend_from_slice(&[first, second]);
        }
        group => decoded.extend_from_slice(&bytes(group)?),
    }
    Some(())
}

/// Decodes four digits, 24 bits.
fn bytes(digits: &[u8; 4]) -> Option<[u8; 3]> {
    let mut bits: u32 = 0;
    for digit in digits {
        bits = bits << 6 | u32::from(value(*digit)?);
    }
    let [_, bytes @ ..] = bits.to_be_bytes();
    Some(bytes)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'A'..=b'Z' => Some(digit - b'A'),
        b'a'..=b'z' => Some(digit - b'a' + 26),
        b'0'..=b'9' => Some(digit - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    /// The decoder of this crate and that of the crate `base64`, which accepts only canonical text.
    fn both(text: &str) -> [Option<Vec<u8>>; 2] {
        let mut decoded = Vec::new();
        let capacity = text.len() / 4 * 3;
        let own = super::decode(text, &mut decoded);
        assert!(decoded.capacity() <= capacity.max(8), "{text:?} was reallocated");
        [own.map(|()| decoded), STANDARD.decode(text).ok()]
    }

    #[test]
    fn a04_logins_are_decoded_as_the_crate_base64_does() {
        let alphabet = b"AEYTpi+/-_=59Q \xc3";
        let mut all: Vec<Vec<u8>> = vec![Vec::new()];
        for length in 1..=4 {
            let longer = |it: &Vec<u8>| alphabet.map(|byte| [&it[..], &[byte]].concat());
            let next: Vec<_> =
                all.iter().filter(|it| it.len() == length - 1).flat_map(longer).collect();
            all.extend(next);
        }
        all.extend([b"YTpiYQ==".into(), b"YTpiYR==".into(), b"YTpiYQ=".into(), b"YT==YQ==".into()]);
        let mut accepted = 0;
        for text in all.iter().filter_map(|text| str::from_utf8(text).ok()) {
            let [own, expected] = both(text);
            assert_eq!(own, expected, "{text:?}");
            accepted += usize::from(own.is_some());
        }
        assert!(accepted > 1000, "{accepted}");
    }

    #[test]
    fn a04_every_byte_is_decoded() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        for length in 0..bytes.len() {
            let [own, expected] = both(&STANDARD.encode(&bytes[length..]));
            assert_eq!(own.as_deref(), Some(&bytes[length..]));
            assert_eq!(own, expected);
        }
    }
}
