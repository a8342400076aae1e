//! Reads JSON (RFC 8259) with the place of each member.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

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
    // Raw values are read without recursion, so that no depth of nesting exhausts the stack.
    let value: &RawValue = serde_json::from_str(text).map_err(|error| fault(&error, text))?;
    if !value.get().starts_with('{') {
        return Ok(None);
    }
    let mut reader = serde_json::Deserializer::from_str(value.get());
    let members = reader.deserialize_map(Members).map_err(|error| fault(&error, value.get()))?;
    let place = |part: &str| {
        let start = part.as_ptr() as usize - text.as_ptr() as usize;
        start..start + part.len()
    };
    let members = members.into_iter().map(|(name, value)| {
        let (name, value) = (name.get(), value.get());
        let place = place(name).start..place(value).end;
        // A lone surrogate is legal JSON, and no string of Rust.
        Member { name: serde_json::from_str(name).unwrap_or_default(), value, place }
    });
    Ok(Some(members.collect()))
}

/// All members, also those of one name.
struct Members;

impl<'t> Visitor<'t> for Members {
    type Value = Vec<(&'t RawValue, &'t RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

fn fault(error: &serde_json::Error, text: &str) -> JsonFault {
    if error.is_eof() {
        return JsonFault::EndsEarly;
    }
    let before: usize = text.split_inclusive('\n').take(error.line() - 1).map(str::len).sum();
    let at = before + error.column();
    // The column is that of the byte, counted from 1; of a byte that none may have, from 0.
    let is_control = text.as_bytes().get(at).is_some_and(u8::is_ascii_control);
    JsonFault::At(if is_control { at } else { at.saturating_sub(1) })
}

impl Member<'_> {
    /// The value, if it is a string.
    pub(super) fn text(&self) -> Option<String> {
        serde_json::from_str(self.value).ok()
    }

    /// The value, if it is a number.
    pub(super) fn number(&self) -> Option<f64> {
        serde_json::from_str(self.value).ok()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i28_members_of_an_object_have_their_places() {
        let text = r#" { "a" : 1 ,"b":{"c":[{}, []]}, "\u0063" : "x\"}", "a":2, "\ud83d":3 } "#;
        let members = members(text).unwrap().unwrap();
        let read: Vec<_> = members.iter().map(|it| (&it.name[..], it.value)).collect();
        let expected =
            [("a", "1"), ("b", r#"{"c":[{}, []]}"#), ("c", r#""x\"}""#), ("a", "2"), ("", "3")];
        assert_eq!(read, expected);
        assert_eq!(&text[members[0].place.clone()], r#""a" : 1"#);
        assert_eq!(&text[members[2].place.clone()], r#""\u0063" : "x\"}""#);
        let inner = members[1].members().unwrap();
        assert_eq!(&text[inner[0].place.clone()], r#""c":[{}, []]"#);
        assert_eq!((members[0].number(), members[0].text()), (Some(1.0), None));
        assert_eq!((members[2].number(), members[2].text()), (None, Some("x\"}".to_owned())));
    }

    #[test]
    fn i28_a_fault_has_its_place() {
        for (text, at) in [
            ("x", 0),
            ("{'a':1}", 1),
            ("{\"a\":1,}", 7),
            ("{\"a\":1} x", 8),
            ("[1\n,\n x]", 6),
            ("\"a\u{1}\"", 2),
            ("\n{\"a\":é}", 6),
        ] {
            assert_eq!(members(text), Err(JsonFault::At(at)), "{text}");
        }
        for text in ["", " ", "{", "[1,", "\"a", "{\"a\":tru"] {
            assert_eq!(members(text), Err(JsonFault::EndsEarly), "{text}");
        }
        for text in ["[]", "null", "4", "\"{}\""] {
            assert_eq!(members(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn i28_no_depth_exhausts_the_stack() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(members(&deep), Ok(None));
        let inside = format!("{{\"a\":{deep}}}");
        assert_eq!(members(&inside).unwrap().unwrap()[0].value, deep);
    }
}
