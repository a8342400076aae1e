//! The ways to read a text in which a credential may be written: as it is, percent-encoded, with the escapes
//! of JSON, or with the character references of HTML.

use std::borrow::Cow;
use std::ops::Range;

use crate::percent;

/// A text as one decoder reads it, with the position of each byte in the text.
pub(super) struct Reading<'t> {
    pub(super) bytes: Cow<'t, [u8]>,
    /// For each byte where it begins in the text, and at last where the text ends; `None` for a text that is
    /// read as it is.
    starts: Option<Vec<usize>>,
}

impl<'t> Reading<'t> {
    /// The text as it is, and as each decoder reads it that changes something.
    pub(super) fn all(text: &'t [u8]) -> impl Iterator<Item = Self> {
        let decoders: [(u8, fn(&[u8]) -> Option<(Decoded, usize)>); 3] =
            [(b'%', percent_encoded), (b'\\', json_escape), (b'&', character_reference)];
        let decoded = decoders.into_iter().filter_map(move |(mark, decode)| {
            if !text.contains(&mark) {
                return None;
            }
            let (mut bytes, mut starts) = (Vec::new(), Vec::new());
            let mut at = 0;
            while let Some(byte) = text.get(at) {
                let (decoded, length) =
                    decode(&text[at..]).unwrap_or_else(|| (Decoded::byte(*byte), 1));
                bytes.extend_from_slice(decoded.as_bytes());
                starts.resize(bytes.len(), at);
                at += length;
            }
            starts.push(text.len());
            Some(Self { bytes: bytes.into(), starts: Some(starts) })
        });
        std::iter::once(Self { bytes: text.into(), starts: None }).chain(decoded)
    }

    /// The range of the text that was decoded to this range of the bytes.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        match &self.starts {
            Some(starts) => starts[range.start]..starts[range.end],
            None => range,
        }
    }
}

/// What a few bytes stand for: a byte, or a character in UTF-8.
struct Decoded {
    bytes: [u8; 4],
    length: usize,
}

impl Decoded {
    fn byte(byte: u8) -> Self {
        Self { bytes: [byte, 0, 0, 0], length: 1 }
    }

    fn character(character: u32) -> Option<Self> {
        let mut bytes = [0; 4];
        let length = char::from_u32(character)?.encode_utf8(&mut bytes).len();
        Some(Self { bytes, length })
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

fn percent_encoded(text: &[u8]) -> Option<(Decoded, usize)> {
    percent::first(text).map(|byte| (Decoded::byte(byte), 3))
}

/// RFC 8259 §7. A character that needs two escapes is left as it is.
fn json_escape(text: &[u8]) -> Option<(Decoded, usize)> {
    let byte = match text {
        [b'\\', b'u', digits @ ..] => {
            let character = number(digits.get(..4)?, 16)?;
            return Some((Decoded::character(character)?, 6));
        }
        [b'\\', byte @ (b'"' | b'\\' | b'/'), ..] => *byte,
        [b'\\', b't', ..] => b'\t',
        [b'\\', b'n', ..] => b'\n',
        [b'\\', b'r', ..] => b'\r',
        _ => return None,
    };
    Some((Decoded::byte(byte), 2))
}

fn character_reference(text: &[u8]) -> Option<(Decoded, usize)> {
    const NAMES: [(&[u8], u8); 7] = [
        (b"&amp;", b'&'),
        (b"&apos;", b'\''),
        (b"&equals;", b'='),
        (b"&gt;", b'>'),
        (b"&lt;", b'<'),
        (b"&quot;", b'"'),
        (b"&colon;", b':'),
    ];
    if let Some((name, byte)) = NAMES.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((Decoded::byte(*byte), name.len()));
    }
    let digits = text.strip_prefix(b"&#")?;
    let end = digits.iter().take(9).position(|byte| *byte == b';')?;
    let character = match &digits[..end] {
        [b'x' | b'X', digits @ ..] => number(digits, 16)?,
        digits => number(digits, 10)?,
    };
    Some((Decoded::character(character)?, 2 + end + 1))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        number.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i30_each_decoder_keeps_the_positions() {
        let text = br#"a%2fb a\/b a&#x2F;b a&#47;b a\u002Fb a/b %2 &#; \u00 & \"#;
        let mut found = Vec::new();
        for reading in Reading::all(text) {
            for at in 0..reading.bytes.len().saturating_sub(2) {
                if reading.bytes[at..].starts_with(b"a/b") {
                    found.push(str::from_utf8(&text[reading.source(at..at + 3)]).unwrap());
                }
            }
        }
        let raw = "a/b";
        assert_eq!(
            found,
            [raw, "a%2fb", raw, r"a\/b", r"a\u002Fb", raw, "a&#x2F;b", "a&#47;b", raw]
        );
        assert_eq!(Reading::all(b"abc").count(), 1);
    }

    #[test]
    fn i30_a_character_of_several_bytes_has_one_place() {
        for reading in Reading::all("\\u20acx".as_bytes()).skip(1) {
            assert_eq!(&*reading.bytes, "€x".as_bytes());
            assert_eq!(reading.source(0..3), 0..6);
            assert_eq!(reading.source(3..4), 6..7);
        }
    }
}
