//! Problem details as JSON (RFC 9457 §3, RFC 8259).

use std::borrow::Cow;
use std::fmt::{Display, Write};

use http::StatusCode;

use crate::denial::{MemberKind, MemberList, MemberValue};

/// The members of problem details. `type_uri` is written as two parts, of which the second may be
/// empty.
pub(super) struct Members<'a> {
    pub(super) type_uri: [&'a str; 2],
    pub(super) title: &'a str,
    pub(super) status: StatusCode,
    pub(super) detail: Option<&'a str>,
    pub(super) instance: Option<&'a str>,
    pub(super) extensions: &'a MemberList,
}

/// Writes a JSON object.
pub(super) fn write(members: &Members<'_>) -> String {
    let mut json = Writer(String::with_capacity(128));
    json.0.push_str("{\"type\":\"");
    for part in members.type_uri {
        json.escaped(part);
    }
    json.0.push_str("\",\"title\":");
    json.string(members.title);
    json.0.push_str(",\"status\":");
    json.display(&members.status.as_u16());
    for (name, text) in [("detail", members.detail), ("instance", members.instance)] {
        if let Some(text) = text {
            json.name(name);
            json.string(text);
        }
    }
    for (name, value) in members.extensions.iter() {
        json.name(name.as_str());
        json.value(value);
    }
    json.0.push('}');
    json.0
}

/// A JSON text under construction.
struct Writer(String);

impl Writer {
    /// Writes the name of a member that is not the first one. It needs no escaping.
    fn name(&mut self, name: &str) {
        for part in [",\"", name, "\":"] {
            self.0.push_str(part);
        }
    }

    fn value(&mut self, value: &MemberValue) {
        match &value.0 {
            MemberKind::Integer(number) => self.display(number),
            // JSON has no other numbers (RFC 8259 §6).
            MemberKind::Float(number) if number.is_finite() => self.display(number),
            MemberKind::Float(_) => self.display(&"null"),
            MemberKind::Bool(value) => self.display(value),
            MemberKind::String(text) => self.string(text),
            MemberKind::Strings(texts) => self.strings(texts),
        }
    }

    /// Writes a number or a literal.
    fn display(&mut self, value: &dyn Display) {
        let _ = write!(self.0, "{value}");
    }

    fn string(&mut self, text: &str) {
        self.0.push('"');
        self.escaped(text);
        self.0.push('"');
    }

    fn strings(&mut self, texts: &[Cow<'static, str>]) {
        self.0.push('[');
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            self.string(text);
        }
        self.0.push(']');
    }

    /// Writes the text of a string, without its quotes (RFC 8259 §7).
    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '"' => self.0.push_str("\\\""),
                '\\' => self.0.push_str("\\\\"),
                '\0'..='\x1f' => {
                    let _ = write!(self.0, "\\u{:04x}", u32::from(character));
                }
                _ => self.0.push(character),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::denial::MemberName;

    #[test]
    fn f01_members_of_every_type_are_json() {
        let members: [(MemberValue, serde_json::Value); 12] = [
            ("a \"b\" \\ \u{1}\n ☃".into(), json!("a \"b\" \\ \u{1}\n ☃")),
            (String::from("text").into(), json!("text")),
            (30.into(), json!(30)),
            (u64::MAX.into(), json!(u64::MAX)),
            (i64::MIN.into(), json!(i64::MIN)),
            (7_usize.into(), json!(7)),
            (0.5.into(), json!(0.5)),
            ((-1e-9).into(), json!(-1e-9)),
            (f64::NAN.into(), json!(null)),
            (f64::INFINITY.into(), json!(null)),
            (true.into(), json!(true)),
            (
                vec!["/account/12".to_owned(), "\",".to_owned()].into(),
                json!(["/account/12", "\","]),
            ),
        ];
        for (value, expected) in members {
            let mut extensions = MemberList::EMPTY;
            extensions.set(MemberName::from_static("first"), [""; 0].into());
            extensions.set(MemberName::from_static("member"), value);
            let json = write(&Members {
                type_uri: ["urn:\"", "x"],
                title: "T",
                status: StatusCode::CONFLICT,
                detail: None,
                instance: Some("/i"),
                extensions: &extensions,
            });
            let read: serde_json::Value = serde_json::from_str(&json).unwrap();
            let all = json!({
                "type": "urn:\"x", "title": "T", "status": 409, "instance": "/i", "first": [],
                "member": expected,
            });
            assert_eq!(read, all, "{json}");
        }
    }
}
