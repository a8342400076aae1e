//! Which requests are tried: shapes, as data.
//!
//! The product of everything that a request may carry is far too many. [`plan`] lists what is tried
//! instead, in an order that brings the simplest requests first.

mod additions;
mod address;
mod alone;
mod basics;
mod bodies;
mod clients;
mod covering;
mod drawn;
mod http2;
mod large;
mod methods;
mod names;
mod packs;
mod parameters;
mod payload;
mod together;
mod values;
mod words;
mod writings;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

pub(super) use address::Address;
pub(super) use basics::basics;
pub(super) use covering::{Plan, plan};
pub(super) use http2::over_http2;
pub(super) use methods::METHODS;
pub(super) use payload::{Delivery, Payload};

/// A text of a request.
pub(super) type Text = Cow<'static, str>;
/// A field line, as it is sent.
pub(super) type Line = (Text, Text);

/// What a request is made of, apart from the path and the caller.
///
/// In values, queries and cookies `{path}` stands for the path that is asked for, and `{host}` for
/// the host.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    pub(super) method: &'static str,
    pub(super) address: Address,
    pub(super) version: &'static str,
    /// Parts of the query, in addition to what the address has.
    pub(super) queries: Vec<Text>,
    /// Pairs of one `Cookie` field.
    pub(super) cookies: Vec<Text>,
    pub(super) fields: Vec<Line>,
    pub(super) payload: Option<Payload>,
}

impl Shape {
    pub(super) fn plain(method: &'static str) -> Self {
        Self {
            method,
            address: Address::PLAIN,
            version: "HTTP/1.1",
            queries: Vec::new(),
            cookies: Vec::new(),
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

    fn with_lines(mut self, lines: impl IntoIterator<Item = Line>) -> Self {
        self.fields.extend(lines);
        self
    }

    fn asking(mut self, queries: impl IntoIterator<Item = Text>) -> Self {
        self.queries.extend(queries);
        self
    }

    fn with_cookies(mut self, cookies: impl IntoIterator<Item = Text>) -> Self {
        self.cookies.extend(cookies);
        self
    }

    fn sending(mut self, payload: Payload) -> Self {
        self = self.with(payload.fields);
        self.payload = Some(payload);
        self
    }

    fn in_version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// The request target for this path.
    pub(super) fn target(&self, path: &str) -> String {
        let mut target = self.address.of(path);
        for (index, query) in self.queries.iter().enumerate() {
            target.push(if index > 0 || target.contains('?') { '&' } else { '?' });
            target.push_str(&query.replace("{path}", path));
        }
        target
    }

    /// The field lines for this path and host, with those of the caller in front.
    pub(super) fn lines(&self, caller: &[Line], path: &str, host: &str) -> Vec<Line> {
        let filled = |text: &Text| -> Text {
            match text.contains('{') {
                true => text.replace("{path}", path).replace("{host}", host).into(),
                false => text.clone(),
            }
        };
        let own = self.fields.iter().map(|(name, value)| (name.clone(), filled(value)));
        let mut lines: Vec<Line> = caller.iter().cloned().chain(own).collect();
        if !self.cookies.is_empty() {
            let cookies = self.cookies.iter().map(filled).collect::<Vec<_>>().join("; ");
            // Clients send one such field, so the caller's cookies go into the same.
            match lines.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
                Some((_, value)) => *value = format!("{value}; {cookies}").into(),
                None => lines.push(("cookie".into(), cookies.into())),
            }
        }
        lines
    }

    pub(super) fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// Whether this is a `GET` of the path as it is, with nothing added.
    pub(super) fn is_plain_get(&self) -> bool {
        self.method == "GET" && self.parts() == 0
    }

    /// How many additions there are.
    pub(super) fn parts(&self) -> usize {
        self.queries.len()
            + self.cookies.len()
            + self.fields.len()
            + usize::from(self.payload.is_some())
            + usize::from(self.address != Address::PLAIN)
            + usize::from(self.version != "HTTP/1.1")
    }

    /// The same without some of its additions, which are counted as in [`parts`](Self::parts).
    pub(super) fn without(&self, parts: &Range<usize>) -> Self {
        let mut next = 0;
        let mut keeps = || {
            next += 1;
            !parts.contains(&(next - 1))
        };
        let mut shape = self.clone();
        shape.queries.retain(|_| keeps());
        shape.cookies.retain(|_| keeps());
        shape.fields.retain(|_| keeps());
        shape.payload = shape.payload.filter(|_| keeps());
        if shape.address != Address::PLAIN && !keeps() {
            shape.address = Address::PLAIN;
        }
        if shape.version != "HTTP/1.1" && !keeps() {
            shape.version = "HTTP/1.1";
        }
        shape
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
        for cookie in &self.cookies {
            and(f)?;
            write!(f, "the cookie `{cookie}`")?;
        }
        for (name, value) in &self.fields {
            and(f)?;
            write!(f, "`{}: {}`", Short(name), Short(value))?;
        }
        if let Some(payload) = &self.payload {
            and(f)?;
            write!(f, "{payload}")?;
        }
        Ok(())
    }
}

/// A text, or its beginning and its length if nobody wants to read all of it.
pub(super) struct Short<'a>(pub(super) &'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 160;
        match self.0.char_indices().nth(MOST) {
            None => f.write_str(self.0),
            Some((at, _)) => write!(f, "{}… ({} bytes)", &self.0[..at / 4], self.0.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_addition_can_be_taken_away() {
        let shape = Shape::plain("PUT")
            .at(Address::COMMON[0])
            .in_version("HTTP/1.0")
            .with(&[("a", "1"), ("b", "{path} at {host}")])
            .asking(["q={path}".into(), "r".into()])
            .with_cookies(["c=1".into()]);
        assert_eq!(shape.parts(), 7);
        assert_eq!(shape.target("/x"), "/x/?q=/x&r");
        let caller = [("cookie".into(), "sid=1".into())];
        let lines = shape.lines(&caller, "/x", "h");
        let lines: Vec<_> = lines.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(lines, [("cookie", "sid=1; c=1"), ("a", "1"), ("b", "/x at h")]);

        for part in 0..shape.parts() {
            assert_eq!(shape.without(&(part..part + 1)).parts(), 6);
        }
        assert_eq!(shape.without(&(0..2)).target("/x"), "/x/");
        assert_eq!(shape.without(&(0..7)).to_string(), "");
        assert_eq!(shape.without(&(0..5)).to_string(), " with HTTP/1.0");
    }

    #[test]
    fn a_long_value_is_told_by_its_beginning_and_its_length() {
        let long = "x".repeat(5_000);
        let shape = Shape::plain("GET").with_lines([("a".into(), long.into())]);
        assert_eq!(shape.to_string(), format!(" with `a: {}… (5000 bytes)`", "x".repeat(40)));
    }
}
