//! What one escape stands for.

use crate::inspect::reading::Form;
use crate::percent;

/// What an escape stands for.
pub(super) enum Meaning {
    Byte(u8),
    Char(char),
}

/// Reads an escape at the beginning of a text: what it stands for, and its length.
pub(super) type Escape = fn(&[u8]) -> Option<(Meaning, usize)>;

impl Meaning {
    pub(super) fn bytes(&self) -> impl Iterator<Item = u8> {
        let mut bytes = [0; 4];
        let length = match self {
            Self::Byte(byte) => {
                bytes[0] = *byte;
                1
            }
            Self::Char(c) => c.encode_utf8(&mut bytes).len(),
        };
        bytes.into_iter().take(length)
    }
}

/// The bytes with which the escapes of a form begin, and what reads them.
pub(super) fn of(form: Form) -> (&'static [u8], Escape) {
    match form {
        Form::Percent => (b"%", percent_encoded),
        Form::Query => (b"+%", in_query),
        Form::Json => (b"\\", in_json),
        Form::Quoted => (b"\\", quoted_pair),
        Form::Html => (b"&", in_html),
        // These have no escapes.
        Form::Hexadecimal | Form::Base64 => (b"", |_| None),
    }
}

fn percent_encoded(text: &[u8]) -> Option<(Meaning, usize)> {
    Some((Meaning::Byte(percent::first(text)?), 3))
}

fn in_query(text: &[u8]) -> Option<(Meaning, usize)> {
    match text {
        [b'+', ..] => Some((Meaning::Byte(b' '), 1)),
        _ => percent_encoded(text),
    }
}

fn quoted_pair(text: &[u8]) -> Option<(Meaning, usize)> {
    Some((Meaning::Byte(*text.get(1)?), 2))
}

/// RFC 8259 §7, and `\x` and `\'` of JavaScript.
fn in_json(text: &[u8]) -> Option<(Meaning, usize)> {
    let byte = match text.get(1..)? {
        [b'u', ..] => return unicode(text),
        [b'x', high, low, ..] => {
            return Some((Meaning::Char(char::from(percent::byte(*high, *low)?)), 4));
        }
        [byte @ (b'"' | b'\'' | b'\\' | b'/'), ..] => *byte,
        [b'b', ..] => 0x08,
        [b'f', ..] => 0x0C,
        [b'n', ..] => b'\n',
        [b'r', ..] => b'\r',
        [b't', ..] => b'\t',
        _ => return None,
    };
    Some((Meaning::Byte(byte), 2))
}

/// `\u` and four digits, or two such escapes for a character outside of the first plane.
fn unicode(text: &[u8]) -> Option<(Meaning, usize)> {
    let high = number(text.get(2..6)?, 16)?;
    let low = match text.get(6..12) {
        Some([b'\\', b'u', digits @ ..]) => number(digits, 16),
        _ => None,
    };
    match low.filter(|low| (0xDC00..0xE000).contains(low)) {
        Some(low) if (0xD800..0xDC00).contains(&high) => {
            let code = 0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00);
            Some((Meaning::Char(char::from_u32(code)?), 12))
        }
        _ => Some((Meaning::Char(char::from_u32(high)?), 6)),
    }
}

/// The names of ASCII characters that encoders use.
const NAMES: [(&str, char); 22] = [
    ("amp", '&'),
    ("apos", '\''),
    ("ast", '*'),
    ("colon", ':'),
    ("comma", ','),
    ("commat", '@'),
    ("dollar", '$'),
    ("equals", '='),
    ("excl", '!'),
    ("gt", '>'),
    ("lowbar", '_'),
    ("lpar", '('),
    ("lt", '<'),
    ("nbsp", ' '),
    ("num", '#'),
    ("percnt", '%'),
    ("period", '.'),
    ("plus", '+'),
    ("quest", '?'),
    ("quot", '"'),
    ("rpar", ')'),
    ("sol", '/'),
];

fn in_html(text: &[u8]) -> Option<(Meaning, usize)> {
    let rest = text.get(1..)?;
    let length = rest.iter().take(12).position(|byte| *byte == b';')?;
    let c = match &rest[..length] {
        [b'#', b'x' | b'X', digits @ ..] => char::from_u32(number(digits, 16)?)?,
        [b'#', digits @ ..] => char::from_u32(number(digits, 10)?)?,
        name => NAMES.iter().find(|(known, _)| known.as_bytes() == name)?.1,
    };
    Some((Meaning::Char(c), length + 2))
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |number, digit| {
        number.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?)
    })
}
