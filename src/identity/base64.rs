//! Base64 of logins (RFC 4648 §4): only canonical text, with padding.

#[cfg(not(any(feature = "iso-8859-1", feature = "zeroize")))]
pub(super) use by_headers as decode;
#[cfg(any(feature = "iso-8859-1", feature = "zeroize"))]
pub(super) use into_own_buffer as decode;

/// Decodes any bytes into a buffer of this crate, because a copy elsewhere could not be overwritten. The
/// buffer is not reallocated afterwards.
#[cfg(any(feature = "iso-8859-1", feature = "zeroize"))]
pub(super) fn into_own_buffer(token68: &str, text: &mut Vec<u8>) -> Option<()> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    text.resize(base64::decoded_len_estimate(token68.len()), 0);
    let length = STANDARD.decode_slice(token68, text).ok()?;
    text.truncate(length);
    Some(())
}

/// Decodes with the crate `headers`, which saves a dependency, and accepts only UTF-8 with a colon. It gets
/// only the token68, because it refuses trailing white space. That is no part of a field value (RFC 9110
/// §5.5), but some HTTP/2 servers leave it there.
#[cfg(any(not(any(feature = "iso-8859-1", feature = "zeroize")), test))]
pub(super) fn by_headers(token68: &str, text: &mut Vec<u8>) -> Option<()> {
    use headers::authorization::{Basic, Credentials as _};

    let value = http::HeaderValue::try_from(format!("Basic {token68}")).ok()?;
    let decoded = Basic::decode(&value)?;
    text.extend_from_slice(decoded.username().as_bytes());
    text.push(b':');
    text.extend_from_slice(decoded.password().as_bytes());
    Some(())
}

#[cfg(all(test, any(feature = "iso-8859-1", feature = "zeroize")))]
mod tests {
    use super::*;

    #[test]
    fn a04_both_decoders_accept_the_same_logins() {
        let decode = |decoder: fn(&str, &mut Vec<u8>) -> Option<()>, token68| {
            let mut text = Vec::new();
            let text = decoder(token68, &mut text).map(|()| text)?;
            // `headers` refuses these in its decoder, the other decoder leaves it to `Login::parse`.
            str::from_utf8(&text).ok()?.contains(':').then_some(text)
        };
        let mut accepted = 0;
        let alphabet = b"AEYTpi+/-_=59Q";
        let mut all: Vec<Vec<u8>> = vec![Vec::new()];
        for length in 1..=4 {
            let longer = |it: &Vec<u8>| alphabet.map(|byte| [&it[..], &[byte]].concat());
            let next: Vec<_> =
                all.iter().filter(|it| it.len() == length - 1).flat_map(longer).collect();
            all.extend(next);
        }
        all.extend([b"YTpiYQ==".into(), b"YTpiYR==".into(), b"YTpiYQ=".into(), b"YTpi=".into()]);
        for token68 in &all {
            let token68 = str::from_utf8(token68).unwrap();
            let own = decode(into_own_buffer, token68);
            assert_eq!(own, decode(by_headers, token68), "{token68:?}");
            accepted += usize::from(own.is_some());
        }
        assert!(accepted > 10, "{accepted} of {}", all.len());
    }
}
