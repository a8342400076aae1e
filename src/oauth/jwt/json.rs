//! JSON objects as RFC 8725 §2.4 and RFC 7515 §5.2 want them read: no member twice, at any level.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::oauth::token_error::TokenError;

/// How deep objects and arrays may be nested.
const MAX_DEPTH: u8 = 32;

/// Reads one object, member by member. All that follows it must be white space.
pub(super) fn read<'de, M: Members<'de>>(
    json: &'de str,
    members: &mut M,
) -> Result<(), TokenError> {
    let why = Why(Cell::new(None));
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = reader.deserialize_map(Object { members, why: &why }).and_then(|()| reader.end());
    read.map_err(|_| why.0.get().unwrap_or(TokenError::NotAJwt))
}

/// What is kept of the members of an object.
pub(super) trait Members<'de> {
    /// Reads the value of the member of this name.
    fn read<A: MapAccess<'de>>(&mut self, name: &str, value: Value<'_, A>) -> Result<(), A::Error>;
}

/// The value of a member, to be read by one of the methods.
pub(super) struct Value<'a, A> {
    map: &'a mut A,
    why: &'a Why,
}

impl<'de, A: MapAccess<'de>> Value<'_, A> {
    /// A string; anything else is this error.
    pub(super) fn string(self, error: TokenError) -> Result<Cow<'de, str>, A::Error> {
        self.string_that(error, |_| true)
    }

    /// A string of which this is true.
    pub(super) fn string_that(
        self,
        error: TokenError,
        is_right: impl FnOnce(&str) -> bool,
    ) -> Result<Cow<'de, str>, A::Error> {
        match self.map.next_value_seed(Text) {
            Ok(text) if is_right(&text) => Ok(text),
            Ok(_) => Err(self.why.is(error)),
            Err(it) => Err(self.why.unless_known(error, it)),
        }
    }

    /// A number of which this is true; anything else is this error.
    pub(super) fn number_that(
        self,
        error: TokenError,
        is_right: impl FnOnce(f64) -> bool,
    ) -> Result<f64, A::Error> {
        match self.map.next_value_seed(Number) {
            Ok(number) if is_right(number) => Ok(number),
            Ok(_) => Err(self.why.is(error)),
            Err(it) => Err(self.why.unless_known(error, it)),
        }
    }

    /// Passes on a string, or each string of an array, in which case the flag is `true`. Anything else is
    /// this error, and so is a text for which `each` returns `false`.
    pub(super) fn texts(
        self,
        error: TokenError,
        each: &mut dyn FnMut(&str, bool) -> bool,
    ) -> Result<(), A::Error> {
        let why = self.why;
        let texts = Texts { error: Some(error), objects: false, is_element: false, each, why };
        self.map.next_value_seed(texts).map_err(|it| why.unless_known(error, it))
    }

    /// As [`texts`](Self::texts). An element may also be an object of which `value` is the string, as
    /// SCIM writes it: `{"value": "admin", "display": "Administrator"}` (RFC 7643 §2.4). Anything else is
    /// skipped if there is no error for it.
    pub(super) fn values(
        self,
        error: Option<TokenError>,
        each: &mut dyn FnMut(&str, bool) -> bool,
    ) -> Result<(), A::Error> {
        let texts = Texts { error, objects: true, is_element: false, each, why: self.why };
        self.map.next_value_seed(texts)
    }

    /// Anything, with no member twice in it.
    pub(super) fn skip(self) -> Result<(), A::Error> {
        self.map.next_value_seed(Skip { why: self.why, depth: 1 })
    }

    pub(super) fn refuse(self, error: TokenError) -> Result<(), A::Error> {
        Err(self.why.is(error))
    }
}

/// Why reading failed, which an error of serde cannot carry.
struct Why(Cell<Option<TokenError>>);

impl Why {
    fn is<E: Error>(&self, error: TokenError) -> E {
        self.unless_known(error, E::custom(""))
    }

    fn unless_known<E>(&self, error: TokenError, it: E) -> E {
        self.0.set(self.0.get().or(Some(error)));
        it
    }
}

struct Object<'a, M> {
    members: &'a mut M,
    why: &'a Why,
}

impl<'de, M: Members<'de>> Visitor<'de> for Object<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = Names::default();
        while let Some(name) = map.next_key_seed(Text)? {
            names.add(name.clone(), self.why)?;
            self.members.read(&name, Value { map: &mut map, why: self.why })?;
        }
        Ok(())
    }
}

/// The names of the members of one object so far. Most objects have few, which need no allocation.
#[derive(Default)]
struct Names<'de> {
    few: [Cow<'de, str>; 16],
    count: usize,
    more: Option<HashSet<Cow<'de, str>>>,
}

impl<'de> Names<'de> {
    fn add<E: Error>(&mut self, name: Cow<'de, str>, why: &Why) -> Result<(), E> {
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
struct Text;

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

struct Number;

impl<'de> DeserializeSeed<'de> for Number {
    type Value = f64;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<f64, D::Error> {
        reader.deserialize_f64(self)
    }
}

#[allow(clippy::cast_precision_loss)] // Dates of this era are far below 2^53.
impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_u64<E>(self, number: u64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_i64<E>(self, number: i64) -> Result<f64, E> {
        Ok(number as f64)
    }

    fn visit_f64<E>(self, number: f64) -> Result<f64, E> {
        Ok(number)
    }
}

/// Anything. Not `IgnoredAny`, which does not look at the names of members.
struct Skip<'a> {
    why: &'a Why,
    depth: u8,
}

impl Skip<'_> {
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

/// What [`Value::texts`] and [`Value::values`] read.
struct Texts<'a> {
    error: Option<TokenError>,
    objects: bool,
    is_element: bool,
    each: &'a mut dyn FnMut(&str, bool) -> bool,
    why: &'a Why,
}

impl<'a> Texts<'a> {
    /// What is read of a value that is no text.
    fn other<E: Error>(self) -> Result<Skip<'a>, E> {
        self.error.map_or(Ok(Skip { why: self.why, depth: 2 }), |error| Err(self.why.is(error)))
    }

    fn element(&mut self) -> Texts<'_> {
        Texts { is_element: true, each: &mut *self.each, ..*self }
    }
}

impl<'de> DeserializeSeed<'de> for Texts<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Texts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or an array of strings")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        if (self.each)(text, self.is_element) { Ok(()) } else { self.other().map(drop) }
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.other().map(drop)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.other().map(drop)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.other().map(drop)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.other().map(drop)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.other().map(drop)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        if self.is_element {
            return self.other()?.visit_seq(seq);
        }
        while seq.next_element_seed(self.element())?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        if !(self.is_element && self.objects) {
            return self.other()?.visit_map(map);
        }
        let mut names = Names::default();
        let mut has_value = false;
        while let Some(name) = map.next_key_seed(Text)? {
            let is_value = name == "value";
            names.add(name, self.why)?;
            if is_value {
                has_value = true;
                map.next_value_seed(Texts { objects: false, ..self.element() })?;
            } else {
                map.next_value_seed(Skip { why: self.why, depth: 3 })?;
            }
        }
        if has_value { Ok(()) } else { self.other().map(drop) }
    }
}
