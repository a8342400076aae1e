//! Reads the members of header and claims, each as what it has to be.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::oauth::json::{Names, Skip, Text, Why};
use crate::oauth::token_error::TokenError;

/// Reads one object, member by member. All that follows it must be white space.
pub(super) fn read<'de, M: Members<'de>>(
    json: &'de str,
    members: &mut M,
) -> Result<(), TokenError> {
    let why = Why::default();
    let mut reader = serde_json::Deserializer::from_str(json);
    let read = reader.deserialize_map(Object { members, why: &why }).and_then(|()| reader.end());
    read.map_err(|_| why.get().unwrap_or(TokenError::NotAJwt))
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
        self.map.next_value_seed(Skip::new(self.why, 1))
    }

    pub(super) fn refuse(self, error: TokenError) -> Result<(), A::Error> {
        Err(self.why.is(error))
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
        self.error.map_or(Ok(Skip::new(self.why, 2)), |error| Err(self.why.is(error)))
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
                map.next_value_seed(Skip::new(self.why, 3))?;
            }
        }
        if has_value { Ok(()) } else { self.other().map(drop) }
    }
}
