//! JSON in which no member occurs twice, at any level: readers differ in which of two they take (RFC 8725
//! §2.4, RFC 7515 §5.2).

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::token_error::TokenError;

/// How deep objects and arrays may be nested.
const MAX_DEPTH: u8 = 32;

/// Reads an object. All that follows it must be white space.
pub(super) fn object(json: &[u8]) -> Result<Map<String, Value>, serde_json::Error> {
    let why = Why::default();
    let mut reader = serde_json::Deserializer::from_slice(json);
    let read = Skip::new(&why, 0).deserialize(&mut reader).and_then(|()| reader.end());
    read.map_err(|error| match why.get() {
        None => error,
        Some(TokenError::DuplicateMember) => Error::custom("a member occurs twice"),
        Some(_) => Error::custom("nested too deep"),
    })?;
    // How numbers are represented depends on the features that the program gives `serde_json`, so its own
    // types read them. Its error for another type quotes the value, which may be a token.
    match serde_json::from_slice(json)? {
        Value::Object(object) => Ok(object),
        _ => Err(Error::custom("another type")),
    }
}

/// Why reading failed, which an error of serde cannot carry.
#[derive(Default)]
pub(super) struct Why(Cell<Option<TokenError>>);

impl Why {
    pub(super) fn get(&self) -> Option<TokenError> {
        self.0.get()
    }

    pub(super) fn is<E: Error>(&self, error: TokenError) -> E {
        self.unless_known(error, E::custom(""))
    }

    pub(super) fn unless_known<E>(&self, error: TokenError, it: E) -> E {
        self.0.set(self.0.get().or(Some(error)));
        it
    }
}

/// The names of the members of one object so far. Most objects have few, which need no allocation.
#[derive(Default)]
pub(super) struct Names<'de> {
    few: [Cow<'de, str>; 16],
    count: usize,
    more: Option<HashSet<Cow<'de, str>>>,
}

impl<'de> Names<'de> {
    pub(super) fn add<E: Error>(&mut self, name: Cow<'de, str>, why: &Why) -> Result<(), E> {
        let is_new = !self.few[..self.count].contains(&name)
            && match self.few.get_mut(self.count) {
                Some(free) => {
                    *free = name;
                    self.count += 1;
                    true
                }
                None => self.more.get_or_insert_default().insert(name),
            };
        if is_new { Ok(()) } else { Err(why.is(TokenError::DuplicateMember)) }
    }
}

/// A string, borrowed if nothing in it is escaped.
pub(super) struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Anything. Not `IgnoredAny`, which does not look at the names of members.
pub(super) struct Skip<'a> {
    why: &'a Why,
    depth: u8,
}

impl<'a> Skip<'a> {
    /// A value in so many objects and arrays.
    pub(super) fn new(why: &'a Why, depth: u8) -> Self {
        Self { why, depth }
    }

    fn deeper<E: Error>(&self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(self.why.is(TokenError::NotAJwt));
        }
        Ok(Self { why: self.why, depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Skip<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Skip<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(self.deeper()?)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = Names::default();
        while let Some(name) = map.next_key_seed(Text)? {
            names.add(name, self.why)?;
            map.next_value_seed(self.deeper()?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::object;

    #[test]
    fn j59_a_member_that_occurs_twice_is_an_error_at_every_level() {
        for twice in [
            r#"{"active":true,"active":false}"#,
            r#"{"active":true,"\u0061ctive":true}"#,
            r#"{"a":{"b":1,"b":1}}"#,
            r#"{"a":[{"b":1,"b":2}]}"#,
        ] {
            assert!(object(twice.as_bytes()).is_err(), "{twice}");
        }
        let read = object(br#" {"a":{"b":[1,-2,3.5,null,"x",true]},"b":{}} "#).unwrap();
        assert_eq!(read["a"]["b"][4], "x");
        for other in ["[]", "1", "", "{", "{}x", "null", "{\"a\":1}{\"a\":1}"] {
            assert!(object(other.as_bytes()).is_err(), "{other}");
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(object(deep.as_bytes()).is_err());
        let message = |json: &str| object(json.as_bytes()).unwrap_err().to_string();
        // A response may repeat the token.
        assert!(!message(r#""a-secret""#).contains("secret"));
        assert!(!message(r#"{"a-secret":1,"a-secret":2}"#).contains("secret"));
        assert!(message(r#"{"a":1,"a":1}"#).contains("twice"));
        assert!(
            message(&format!("{{\"a\":{}{}}}", "[".repeat(40), "]".repeat(40))).contains("deep")
        );
    }
}
