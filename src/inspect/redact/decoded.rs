//! A text with its escapes decoded, and where each byte of it comes from.

use std::ops::Range;

use crate::percent;

/// Bytes with small letters and without control characters, and where in the source each of them is.
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    sources: Vec<Range<usize>>,
}

/// What an escape stands for.
enum Meaning {
    Byte(u8),
    Char(char),
}

/// Reads an escape at the beginning of a text: what it stands for, and its length.
type Escape = fn(&[u8]) -> Option<(Meaning, usize)>;

const ESCAPES: [Escape; 4] = [percent_encoded, in_form, in_json, in_html];

/// How many escapes may be around each other, such as JSON in HTML.
const DEPTH: usize = 2;

/// The text as it is, and in each way in which escapes in it can be read.
pub(super) fn readings(text: &[u8]) -> Vec<Decoded> {
    let mut all = vec![Decoded::plain(text)];
    let mut last = 0..1;
    for _ in 0..DEPTH {
        for index in last.clone() {
            for escape in ESCAPES {
                if let Some(next) = all[index].decode(escape)
                    && !all.iter().any(|known| known.bytes == next.bytes)
                {
                    all.push(next);
                }
            }
        }
        last = last.end..all.len();
    }
    all
}

impl Decoded {
    fn plain(text: &[u8]) -> Self {
        let mut decoded = Self { bytes: Vec::new(), sources: Vec::new() };
        for (index, byte) in text.iter().enumerate() {
            decoded.push(*byte, index..index + 1);
        }
        decoded
    }

    /// A control character is shown as a space, which does not hide the credential around it.
    fn push(&mut self, byte: u8, source: Range<usize>) {
        if !byte.is_ascii_control() {
            self.bytes.push(byte.to_ascii_lowercase());
            self.sources.push(source);
        }
    }

    /// `None` if there is nothing to decode.
    fn decode(&self, escape: Escape) -> Option<Self> {
        let mut decoded = Self { bytes: Vec::new(), sources: Vec::new() };
        let (mut index, mut is_changed) = (0, false);
        while let Some(byte) = self.bytes.get(index) {
            let found = escape(&self.bytes[index..]);
            let length = found.as_ref().map_or(1, |(_, length)| *length);
            let source = self.source(index..index + length);
            is_changed |= found.is_some();
            match found {
                Some((Meaning::Char(c), _)) => {
                    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                        decoded.push(byte, source.clone());
                    }
                }
                Some((Meaning::Byte(byte), _)) => decoded.push(byte, source),
                None => decoded.push(*byte, source),
            }
            index += length;
        }
        is_changed.then_some(decoded)
    }

    /// The bytes of the source for these bytes, of which there is one at least.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        self.sources[range.start].start..self.sources[range.end - 1].end
    }
}

fn percent_encoded(text: &[u8]) -> Option<(Meaning, usize)> {
    Some((Meaning::Byte(percent::first(text)?), 3))
}

/// As percent-encoded, with `+` for a space.
fn in_form(text: &[u8]) -> Option<(Meaning, usize)> {
    match text {
        [b'+', ..] => Some((Meaning::Byte(b' '), 1)),
        _ => percent_encoded(text),
    }
}

/// A backslash and what it escapes in JSON, JavaScript and quoted-strings.
fn in_json(text: &[u8]) -> Option<(Meaning, usize)> {
    match text {
        [b'\\', b'u', ..] => {
            let high = hexadecimal(text.get(2..6)?)?;
            let low = match text.get(6..12) {
                Some([b'\\', b'u', low @ ..]) => hexadecimal(low),
                _ => None,
            };
            let pair = low.filter(|low| (0xDC00..0xE000).contains(low));
            match pair {
                Some(low) if (0xD800..0xDC00).contains(&high) => {
                    let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                    Some((Meaning::Char(char::from_u32(code)?), 12))
                }
                _ => Some((Meaning::Char(char::from_u32(high)?), 6)),
            }
        }
        [b'\\', b'x', high, low, ..] => {
            Some((Meaning::Char(char::from(percent::byte(*high, *low)?)), 4))
        }
        [b'\\', b'b' | b'f' | b'n' | b'r' | b't', ..] => Some((Meaning::Byte(b'\n'), 2)),
        [b'\\', byte, ..] => Some((Meaning::Byte(*byte), 2)),
        _ => None,
    }
}

/// A character reference in HTML or XML.
fn in_html(text: &[u8]) -> Option<(Meaning, usize)> {
    let rest = text.strip_prefix(b"&")?;
    let length = rest.iter().take(12).position(|byte| *byte == b';')?;
    let name = str::from_utf8(&rest[..length]).ok()?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "sol" => '/',
        "plus" => '+',
        "equals" => '=',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(number) => u32::from_str_radix(number, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((Meaning::Char(c), length + 2))
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    let is_hexadecimal = digits.iter().all(u8::is_ascii_hexdigit);
    u32::from_str_radix(str::from_utf8(digits).ok().filter(|_| is_hexadecimal)?, 16).ok()
}
