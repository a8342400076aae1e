//! The ways to read a text in which something may be written: as it is, with its escapes decoded, or decoded
//! as a whole.

mod escapes;

use std::borrow::Cow;
use std::ops::Range;

use super::credentials::decode_base64;

/// A text as it is read in one of these ways, with the place of each byte in the source.
pub(super) struct Reading<'t> {
    pub(super) bytes: Cow<'t, [u8]>,
    /// `None` for a text that is read as it is.
    sources: Option<Vec<Range<usize>>>,
    /// Whether this rests on digits that may as well be words or numbers.
    pub(super) is_guessed: bool,
}

/// How a text, or a part of it, may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// RFC 3986 §2.1.
    Percent,
    /// As percent-encoded, with `+` for a space.
    Query,
    /// The escapes of JSON and JavaScript.
    Json,
    /// The quoted-pairs of a quoted-string (RFC 9110 §5.6.4).
    Quoted,
    /// The character references of HTML and XML.
    Html,
    /// Two hexadecimal digits for each byte.
    Hexadecimal,
    /// Base64 or base64url, which may begin anywhere.
    Base64,
}

impl Form {
    /// Those with which a server writes a text into a page, JSON, or an address.
    pub(super) const ESCAPES: [Self; 3] = [Self::Percent, Self::Json, Self::Html];
    pub(super) const ALL: [Self; 7] = [
        Self::Percent,
        Self::Query,
        Self::Json,
        Self::Quoted,
        Self::Html,
        Self::Hexadecimal,
        Self::Base64,
    ];

    /// Whether any word or number may be taken for this.
    pub(super) const fn is_of_digits(self) -> bool {
        matches!(self, Self::Hexadecimal | Self::Base64)
    }
}

/// What stands between two runs that were decoded.
const BETWEEN: u8 = 0xFF;

impl<'t> Reading<'t> {
    pub(super) fn plain(text: &'t [u8]) -> Self {
        Self { bytes: text.into(), sources: None, is_guessed: false }
    }

    /// The text as it is, and as each of these forms reads it, if that changes something.
    pub(super) fn in_forms(text: &'t [u8], forms: &[Form]) -> impl Iterator<Item = Self> {
        let decoded = forms.iter().filter_map(|form| Reading::plain(text).decode(*form, 1));
        std::iter::once(Self::plain(text)).chain(decoded)
    }

    /// The text with what has this form decoded; `None` if there is nothing to decode. Of a text in digits, what
    /// has fewer bytes than the shortest that is looked for is left out.
    pub(super) fn decode(&self, form: Form, shortest: usize) -> Option<Reading<'static>> {
        let mut decoded = Decoded { of: self, bytes: Vec::new(), sources: Vec::new() };
        let is_changed = match form {
            Form::Hexadecimal => decoded.add_hexadecimal(2 * shortest),
            Form::Base64 => decoded.add_base64((8 * shortest).div_ceil(6)),
            _ => decoded.add_escaped(form),
        };
        let Decoded { bytes, sources, .. } = decoded;
        let is_guessed = self.is_guessed || form.is_of_digits();
        is_changed.then(|| Reading { bytes: bytes.into(), sources: Some(sources), is_guessed })
    }

    /// The same without control characters, which stand for nothing where a text is shown.
    pub(super) fn without_controls(self) -> Self {
        if !self.bytes.iter().any(u8::is_ascii_control) {
            return self;
        }
        let kept = (0..self.bytes.len()).filter(|at| !self.bytes[*at].is_ascii_control());
        let (bytes, sources): (Vec<_>, Vec<_>) =
            kept.map(|at| (self.bytes[at], self.source(at..at + 1))).unzip();
        Self { bytes: bytes.into(), sources: Some(sources), ..self }
    }

    /// The range of the source that was decoded to these bytes, of which there is one at least.
    pub(super) fn source(&self, range: Range<usize>) -> Range<usize> {
        match &self.sources {
            Some(sources) => sources[range.start].start..sources[range.end - 1].end,
            None => range,
        }
    }
}

struct Decoded<'r, 't> {
    of: &'r Reading<'t>,
    bytes: Vec<u8>,
    sources: Vec<Range<usize>>,
}

impl Decoded<'_, '_> {
    fn push(&mut self, byte: u8, from: Range<usize>) {
        self.bytes.push(byte);
        self.sources.push(self.of.source(from));
    }

    fn add_escaped(&mut self, form: Form) -> bool {
        let (marks, escape) = escapes::of(form);
        let text = &self.of.bytes;
        if !text.iter().any(|byte| marks.contains(byte)) {
            return false;
        }
        let (mut at, mut is_changed) = (0, false);
        while let Some(byte) = text.get(at) {
            let found = if marks.contains(byte) { escape(&text[at..]) } else { None };
            is_changed |= found.is_some();
            let (meaning, length) = found.unwrap_or((escapes::Meaning::Byte(*byte), 1));
            for byte in meaning.bytes() {
                self.push(byte, at..at + length);
            }
            at += length;
        }
        is_changed
    }

    /// Each run of digits, from the first and from the second.
    fn add_hexadecimal(&mut self, shortest: usize) -> bool {
        let of = self.of;
        for run in runs(&of.bytes, u8::is_ascii_hexdigit, shortest.max(2)) {
            for start in run.start..run.start + 2 {
                for (index, digits) in of.bytes[start..run.end].chunks_exact(2).enumerate() {
                    if let Some(byte) = crate::percent::byte(digits[0], digits[1]) {
                        let at = start + 2 * index;
                        self.push(byte, at..at + 2);
                    }
                }
                self.push(BETWEEN, run.end - 1..run.end);
            }
        }
        !self.bytes.is_empty()
    }

    /// Each run of digits, from each of the first four.
    fn add_base64(&mut self, shortest: usize) -> bool {
        let of = self.of;
        let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
        for run in runs(&of.bytes, is_digit, shortest.max(4)) {
            for start in run.start..run.start + 4 {
                // One digit alone is less than a byte.
                let end = run.end - usize::from((run.end - start) % 4 == 1);
                let decoded = decode_base64(&of.bytes[start..end]).unwrap_or_default();
                for (index, byte) in decoded.into_iter().enumerate() {
                    // Of the four digits for three bytes, two have bits of this one.
                    let first = start + index * 4 / 3;
                    self.push(byte, first..first + 2);
                }
                self.push(BETWEEN, run.end - 1..run.end);
            }
        }
        !self.bytes.is_empty()
    }
}

/// The longest ranges with such bytes alone, if they are not shorter than this.
fn runs(text: &[u8], is: impl Fn(&u8) -> bool, shortest: usize) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|byte| is(byte)).count();
        if length >= shortest {
            runs.push(at..at + length);
        }
        at += length + 1;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i30_each_decoder_keeps_the_positions() {
        let text = br#"a%2fb a\/b a&#x2F;b a&#47;b a\u002Fb a/b %2 &#; \u00 & \"#;
        let mut found = Vec::new();
        for reading in Reading::in_forms(text, &Form::ESCAPES) {
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
        assert_eq!(Reading::in_forms(b"abc", &Form::ESCAPES).count(), 1);
    }

    #[test]
    fn i30_a_character_of_several_bytes_has_one_place() {
        for reading in Reading::in_forms(b"\\u20acx\\ud83d\\ude00", &Form::ESCAPES).skip(1) {
            assert_eq!(&*reading.bytes, "€x😀".as_bytes());
            assert_eq!(reading.source(0..3), 0..6);
            assert_eq!(reading.source(3..4), 6..7);
            assert_eq!(reading.source(4..8), 7..19);
        }
    }

    #[test]
    fn i30_digits_are_decoded_wherever_they_begin() {
        // The digits of `secret`, behind one that is no part of them.
        for (form, text, digits) in [
            (Form::Hexadecimal, "x 1736563726574.", 3..15),
            (Form::Hexadecimal, "x 736563726574", 2..14),
            (Form::Base64, "= c2VjcmV0==", 2..10),
            (Form::Base64, "= AAAc2VjcmV0AA", 5..13),
            (Form::Base64, "= _-c2VjcmV0", 4..12),
            // Another byte in front: its last bits are in the first digit.
            (Form::Base64, "AHNlY3JldA==", 1..10),
        ] {
            let reading = Reading::plain(text.as_bytes()).decode(form, 4).unwrap();
            let at = reading.bytes.windows(6).position(|it| it == b"secret").expect(text);
            assert_eq!(reading.source(at..at + 6), digits, "{text}");
        }
        for text in ["", "12345", "a bc d", "1234567 89"] {
            assert!(Reading::plain(text.as_bytes()).decode(Form::Hexadecimal, 4).is_none());
        }
        assert!(Reading::plain(b"abcde fgh").decode(Form::Base64, 4).is_none());
    }
}
