//! Text in a parameter whose name ends in `*`: RFC 8187.

use crate::percent;

/// The text of an `ext-value`: `UTF-8'language'percent-encoded`. `None` if it is of another form,
/// of another charset (RFC 8187 §3.2 leaves just this one), or no UTF-8.
pub(super) fn decode(value: &[u8]) -> Option<String> {
    let mut parts = value.splitn(3, |byte| *byte == b'\'');
    let (charset, language, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    let is_tag = language.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    if !charset.eq_ignore_ascii_case(b"UTF-8") || !is_tag {
        return None;
    }
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    loop {
        match rest {
            [] => return String::from_utf8(bytes).ok(),
            [b'%', high, low, behind @ ..] => {
                bytes.push(percent::byte(*high, *low)?);
                rest = behind;
            }
            [byte, behind @ ..] if is_attr_char(*byte) => {
                bytes.push(*byte);
                rest = behind;
            }
            _ => return None,
        }
    }
}

/// `attr-char`, RFC 8187 §3.2.1: what stands for itself.
fn is_attr_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn reads_what_the_rfcs_write() {
        let mufasa = decode(b"UTF-8''J%C3%A4s%C3%B8n%20Doe");
        assert_eq!(mufasa.as_deref(), Some("J\u{e4}s\u{f8}n Doe"));
        assert_eq!(decode(b"utf-8'en'%c2%a3%20rates").as_deref(), Some("\u{a3} rates"));
        assert_eq!(decode(b"UTF-8''").as_deref(), Some(""));
    }

    #[test]
    fn refuses_all_else() {
        let refused: [&[u8]; 11] = [
            b"",
            b"alice",
            b"UTF-8'alice",
            b"ISO-8859-1''%E4",
            b"''alice",
            b"UTF-8'e n'alice",
            b"UTF-8''a b",
            b"UTF-8''a'b",
            b"UTF-8''%",
            b"UTF-8''%e4",
            b"UTF-8''%zz",
        ];
        for value in refused {
            assert_eq!(decode(value), None, "{}", value.escape_ascii());
        }
    }
}
