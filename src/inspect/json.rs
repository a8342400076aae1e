//! Reads JSON (RFC 8259) with the position of each member, which `serde_json` does not tell.

use std::ops::Range;

/// A member of a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member<'t> {
    pub(super) name: String,
    /// The value as it is written.
    pub(super) value: &'t str,
    /// From the quote before the name to the end of the value, in bytes of the whole text.
    pub(super) place: Range<usize>,
}

/// Why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum JsonFault {
    /// The text ends within a value. Perhaps it was cut short.
    EndsEarly,
    /// The byte at this position is wrong.
    At(usize),
}

/// The members of a JSON object, in order; `None` if the text is a JSON value of another kind.
pub(super) fn members(text: &str) -> Result<Option<Vec<Member<'_>>>, JsonFault> {
    let mut scanner = Scanner { text, at: 0 };
    scanner.document()
}

impl Member<'_> {
    /// The value, if it is a string.
    pub(super) fn text(&self) -> Option<String> {
        if self.value.starts_with('"') { serde_json::from_str(self.value).ok() } else { None }
    }

    /// The value, if it is a number.
    pub(super) fn number(&self) -> Option<f64> {
        let is_number = self.value.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        if is_number { self.value.parse().ok() } else { None }
    }

    /// Whether the value says nothing: `null`, or an empty string, array or object.
    pub(super) fn is_empty(&self) -> bool {
        let inner = self.value.get(1..self.value.len() - 1).unwrap_or_default();
        let is_container = self.value.starts_with(['"', '[', '{']);
        self.value == "null" || (is_container && inner.trim_ascii().is_empty())
    }

    /// The members of the value, if it is an object.
    pub(super) fn members(&self) -> Option<Vec<Member<'_>>> {
        let offset = self.place.end - self.value.len();
        let mut members = members(self.value).ok()??;
        for member in &mut members {
            member.place = member.place.start + offset..member.place.end + offset;
        }
        Some(members)
    }
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scanner<'t> {
    /// Reads without recursion, so that no depth of nesting exhausts the stack.
    fn document(&mut self) -> Result<Option<Vec<Member<'t>>>, JsonFault> {
        // The closing bracket of each container that is open.
        let mut open: Vec<u8> = Vec::new();
        let mut members = Vec::new();
        // Of the member of the outermost object that is being read: its start, its name, its value's start.
        let mut member = (0, String::new(), 0);
        self.blank();
        let is_object = self.peek() == Some(b'{');
        loop {
            // A value begins here.
            self.blank();
            let mut is_first = false;
            match self.need()? {
                b'{' => is_first = self.open(&mut open, b'}'),
                b'[' => is_first = self.open(&mut open, b']'),
                b'"' => self.string()?,
                b't' => self.literal("true")?,
                b'f' => self.literal("false")?,
                b'n' => self.literal("null")?,
                _ => self.number()?,
            }
            // A value has ended, or a container has begun: what may follow?
            loop {
                if open.len() == 1 && is_object && !is_first {
                    let (start, name, value) = std::mem::take(&mut member);
                    let value = &self.text[value..self.at];
                    members.push(Member { name, value, place: start..self.at });
                }
                self.blank();
                let Some(close) = open.last().copied() else {
                    let rest = self.peek();
                    let end = is_object.then_some(members);
                    return rest.map_or(Ok(end), |_| Err(JsonFault::At(self.at)));
                };
                match self.need()? {
                    byte if byte == close => {
                        self.at += 1;
                        open.pop();
                        is_first = false;
                        continue;
                    }
                    b',' if !is_first => self.at += 1,
                    _ if is_first => {}
                    _ => return Err(JsonFault::At(self.at)),
                }
                break;
            }
            if open.last() == Some(&b'}') {
                self.blank();
                let start = self.at;
                if self.need()? != b'"' {
                    return Err(JsonFault::At(start));
                }
                self.string()?;
                let name = &self.text[start..self.at];
                self.blank();
                if self.need()? != b':' {
                    return Err(JsonFault::At(self.at));
                }
                self.at += 1;
                self.blank();
                if open.len() == 1 {
                    // A lone surrogate is legal JSON, and no string of Rust.
                    let name = serde_json::from_str(name).unwrap_or_default();
                    member = (start, name, self.at);
                }
            }
        }
    }

    fn open(&mut self, open: &mut Vec<u8>, close: u8) -> bool {
        self.at += 1;
        open.push(close);
        true
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn need(&self) -> Result<u8, JsonFault> {
        self.peek().ok_or(JsonFault::EndsEarly)
    }

    fn blank(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Result<(), JsonFault> {
        self.at += 1;
        loop {
            match self.need()? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => {
                    self.at += 1;
                    match self.need()? {
                        b'u' => {
                            for _ in 0..4 {
                                self.at += 1;
                                if !self.need()?.is_ascii_hexdigit() {
                                    return Err(JsonFault::At(self.at));
                                }
                            }
                        }
                        b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                        _ => return Err(JsonFault::At(self.at)),
                    }
                    self.at += 1;
                }
                byte if byte < b' ' => return Err(JsonFault::At(self.at)),
                _ => self.at += 1,
            }
        }
    }

    fn literal(&mut self, word: &str) -> Result<(), JsonFault> {
        for expected in word.bytes() {
            if self.need()? != expected {
                return Err(JsonFault::At(self.at));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonFault> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.need()? {
            b'0' => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonFault> {
        if !self.need()?.is_ascii_digit() {
            return Err(JsonFault::At(self.at));
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i28_members_of_an_object_have_their_places() {
        let text = r#" { "a" : 1 ,"b":{"c":[{}, []]}, "\u0063" : "x\"}" } "#;
        let members = members(text).unwrap().unwrap();
        let read: Vec<_> = members.iter().map(|it| (&it.name[..], it.value)).collect();
        assert_eq!(read, [("a", "1"), ("b", r#"{"c":[{}, []]}"#), ("c", r#""x\"}""#)]);
        assert_eq!(&text[members[0].place.clone()], r#""a" : 1"#);
        assert_eq!(&text[members[2].place.clone()], r#""\u0063" : "x\"}""#);
        let inner = members[1].members().unwrap();
        assert_eq!(&text[inner[0].place.clone()], r#""c":[{}, []]"#);
    }

    #[test]
    fn i28_it_agrees_with_serde_json_on_what_is_json() {
        let texts = [
            "{}",
            "[]",
            "{ }",
            "[1,2]",
            "[1,]",
            "{\"a\":1,}",
            "{,}",
            "[,]",
            "nul",
            "null",
            "nulll",
            "\"a\"",
            "\"a",
            "\"\\u12\"",
            "\"\\x\"",
            "-",
            "-1",
            "01",
            "1.",
            "1.5e+3",
            "1e",
            "+1",
            "{",
            "}",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "[1 2]",
            "[]]",
            "{}{}",
            "",
            " ",
            "[{\"a\":[]}]",
            "{\"a\":{\"b\":{}},\"c\":[[]]}",
            "\u{feff}{}",
            "\"\t\"",
            "tru",
            "true ",
            "[\"a\",{}]",
        ];
        for text in texts {
            let serde = serde_json::from_str::<serde_json::Value>(text);
            let ours = members(text);
            assert_eq!(ours.is_ok(), serde.is_ok(), "{text}");
            if let Ok(value) = serde {
                assert_eq!(ours.unwrap().is_some(), value.is_object(), "{text}");
            } else if serde.unwrap_err().is_eof() {
                assert_eq!(ours, Err(JsonFault::EndsEarly), "{text}");
            }
        }
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(members(&deep), Ok(None));
    }
}
