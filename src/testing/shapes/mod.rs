//! Which requests are tried: shapes, as data.
//!
//! The product of everything that a request may carry is far too many. [`covering`] lists every
//! single addition with every method, and pairs of additions where one stage reads both.

mod additions;
mod address;
mod basics;
mod http2;
mod payload;

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

pub(super) use address::Address;
pub(super) use basics::basics;
pub(super) use http2::over_http2;
pub(super) use payload::{Delivery, Payload};

/// A field line, as it is sent.
pub(super) type Line = (Cow<'static, str>, Cow<'static, str>);

/// What a request is made of, apart from the path and the caller.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) method: &'static str,
    pub(super) address: Address,
    pub(super) version: &'static str,
    pub(super) fields: Vec<Line>,
    pub(super) payload: Option<Payload>,
}

/// What is tried when the user does not say otherwise: the registered methods, two of WebDAV, one
/// that nobody knows, and one that is not what it looks like (methods are case-sensitive).
pub(super) const METHODS: [&str; 12] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY", "PROPFIND",
    "FROB", "get",
];

/// The methods whose handlers read bodies.
const WRITING: [&str; 3] = ["POST", "PUT", "PATCH"];

impl Shape {
    pub(super) fn plain(method: &'static str) -> Self {
        Self {
            method,
            address: Address::PLAIN,
            version: "HTTP/1.1",
            fields: Vec::new(),
            payload: None,
        }
    }

    fn at(mut self, address: Address) -> Self {
        self.address = address;
        self
    }

    fn with(mut self, fields: &[(&'static str, &'static str)]) -> Self {
        let lines = fields.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        self.fields.extend(lines);
        self
    }

    fn sending(mut self, payload: Payload) -> Self {
        self.fields.extend(payload.fields.iter().map(|(name, value)| (*name, *value)).map(cow));
        self.payload = Some(payload);
        self
    }

    fn in_version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    pub(super) fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// Whether this is a `GET` of the path as it is, with nothing added.
    pub(super) fn is_plain_get(&self) -> bool {
        self.method == "GET"
            && self.address == Address::PLAIN
            && self.fields.is_empty()
            && self.payload.is_none()
            && self.version == "HTTP/1.1"
    }
}

fn cow((name, value): (&'static str, &'static str)) -> Line {
    (name.into(), value.into())
}

/// The covering set for these methods, without duplicates, in the order in which it is tried.
pub(super) fn covering(methods: &[&'static str], also: &[Line]) -> Vec<Shape> {
    let mut shapes = Vec::new();
    for method in methods {
        singles(method, also, &mut shapes);
    }
    pairs(&mut shapes);
    let mut seen = HashSet::new();
    shapes.retain(|shape| {
        methods.contains(&shape.method)
            && seen.insert(format!("{} {shape} {}", shape.method, shape.address.name))
    });
    shapes
}

/// Everything that can be added, alone.
fn singles(method: &'static str, also: &[Line], shapes: &mut Vec<Shape>) {
    let plain = || Shape::plain(method);
    shapes.push(plain());
    shapes.push(plain().in_version("HTTP/1.0"));
    shapes.extend(Address::ALL.map(|address| plain().at(address)));
    shapes.extend(additions::groups().map(|fields| plain().with(fields)));
    shapes.extend(payload::singles().map(|payload| plain().sending(payload)));
    for line in also {
        let mut shape = plain();
        shape.fields.push(line.clone());
        shapes.push(shape);
    }
}

/// Pairs, where a service may look at the one only because of the other.
fn pairs(shapes: &mut Vec<Shape>) {
    use additions::{ACCEPTS, CONDITIONALS, ORIGINS, RANGES, UPGRADES};
    for method in ["GET", "HEAD"] {
        for conditional in CONDITIONALS {
            let conditional = || Shape::plain(method).with(conditional);
            shapes.extend(RANGES.iter().map(|range| conditional().with(range)));
            shapes.extend(Address::ALL.map(|address| conditional().at(address)));
        }
    }
    for address in Address::ALL {
        let at = |method, fields: &[_]| Shape::plain(method).at(address).with(fields);
        for group in [RANGES, ACCEPTS, UPGRADES] {
            shapes.extend(group.iter().map(|fields| at("GET", fields)));
        }
        for origin in ORIGINS {
            shapes.extend(["GET", "OPTIONS"].map(|method| at(method, origin)));
        }
        shapes.extend(payload::small().map(|payload| at("POST", &[]).sending(payload)));
    }
    for method in WRITING {
        let plain = || Shape::plain(method);
        shapes.extend(payload::matrix().map(|payload| plain().sending(payload)));
        shapes.extend(payload::oversize().map(|payload| plain().sending(payload)));
        for payload in payload::small() {
            let sending = || plain().sending(payload.clone());
            for group in [CONDITIONALS, ACCEPTS, ORIGINS] {
                shapes.extend(group.iter().map(|fields| sending().with(fields)));
            }
        }
    }
}

/// What is added, in words: "with `range: bytes=0-1`, a chunked body of 2 bytes".
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = " with ";
        let mut and =
            |f: &mut fmt::Formatter<'_>| f.write_str(std::mem::replace(&mut before, ", "));
        if self.version != "HTTP/1.1" {
            and(f)?;
            write!(f, "{}", self.version)?;
        }
        for (name, value) in &self.fields {
            and(f)?;
            write!(f, "`{name}: {value}`")?;
        }
        if let Some(payload) = &self.payload {
            and(f)?;
            write!(f, "{payload}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_addition_is_tried_with_every_method() {
        let shapes = covering(&METHODS, &[]);
        let with = |method: &str, text: &str| {
            shapes.iter().any(|shape| shape.method == method && shape.to_string() == text)
        };
        for method in METHODS {
            assert!(with(method, " with `range: bytes=0-1`"), "{method}");
            assert!(with(method, " with `if-none-match: *`"), "{method}");
            for address in Address::ALL {
                assert!(shapes.iter().any(|it| it.method == method && it.address == address));
            }
        }
    }

    #[test]
    fn a_plain_get_comes_first_and_only_once() {
        let shapes = covering(&METHODS, &[]);
        assert!(shapes[0].is_plain_get());
        assert_eq!(shapes.iter().filter(|shape| shape.is_plain_get()).count(), 1);
    }

    #[test]
    fn there_are_as_many_as_the_documentation_says() {
        assert_eq!(covering(&METHODS, &[]).len(), 2_872);
    }
}
