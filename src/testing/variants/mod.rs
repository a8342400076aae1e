//! The variants of requests that are tried, as data.
//!
//! A request can carry far too many combinations to try them all. [`plan`] lists those that are tried,
//! the simplest first.

mod additions;
mod alone;
mod basics;
mod bodies;
mod clients;
mod covering;
mod http2;
mod large;
mod methods;
mod names;
mod packs;
mod parameters;
mod path_form;
mod path_spellings;
mod payload;
mod random;
mod together;
mod values;
mod words;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

pub(super) use basics::basics;
pub(super) use covering::{Plan, plan};
pub(super) use http2::over_http2;
pub(super) use methods::METHODS;
pub(super) use path_form::PathForm;
pub(super) use payload::{Delivery, Payload};

/// A text of a request.
pub(super) type Text = Cow<'static, str>;
/// The name and the value of a header line, as sent.
pub(super) type HeaderLine = (Text, Text);

/// Everything that makes up a request, except the path and the caller.
///
/// In values, queries and cookies, `{path}` stands for the requested path, and `{host}` for the host.
#[derive(Clone, Debug)]
pub(super) struct RequestVariant {
    pub(super) method: &'static str,
    pub(super) path_form: PathForm,
    pub(super) version: &'static str,
    /// Parts of the query, in addition to those of the path form.
    pub(super) queries: Vec<Text>,
    /// The pairs of one `Cookie` header.
    pub(super) cookies: Vec<Text>,
    pub(super) headers: Vec<HeaderLine>,
    pub(super) payload: Option<Payload>,
}

impl RequestVariant {
    pub(super) fn plain(method: &'static str) -> Self {
        Self {
            method,
            path_form: PathForm::PLAIN,
            version: "HTTP/1.1",
            queries: Vec::new(),
            cookies: Vec::new(),
            headers: Vec::new(),
            payload: None,
        }
    }

    fn at(mut self, path_form: PathForm) -> Self {
        self.path_form = path_form;
        self
    }

    fn with(mut self, headers: &[(&'static str, &'static str)]) -> Self {
        let lines = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        self.headers.extend(lines);
        self
    }

    fn with_lines(mut self, lines: impl IntoIterator<Item = HeaderLine>) -> Self {
        self.headers.extend(lines);
        self
    }

    fn with_queries(mut self, queries: impl IntoIterator<Item = Text>) -> Self {
        self.queries.extend(queries);
        self
    }

    fn with_cookies(mut self, cookies: impl IntoIterator<Item = Text>) -> Self {
        self.cookies.extend(cookies);
        self
    }

    fn with_body(mut self, payload: Payload) -> Self {
        self = self.with(payload.headers);
        self.payload = Some(payload);
        self
    }

    fn in_version(mut self, version: &'static str) -> Self {
        self.version = version;
        self
    }

    /// The request target for this path.
    pub(super) fn target(&self, path: &str) -> String {
        let mut target = self.path_form.of(path);
        for (index, query) in self.queries.iter().enumerate() {
            target.push(if index > 0 || target.contains('?') { '&' } else { '?' });
            target.push_str(&query.replace("{path}", path));
        }
        target
    }

    /// The header lines for this path and host, with those of the caller in front.
    pub(super) fn header_lines(
        &self,
        caller: &[HeaderLine],
        path: &str,
        host: &str,
    ) -> Vec<HeaderLine> {
        let filled = |text: &Text| -> Text {
            match text.contains('{') {
                true => text.replace("{path}", path).replace("{host}", host).into(),
                false => text.clone(),
            }
        };
        let own = self.headers.iter().map(|(name, value)| (name.clone(), filled(value)));
        let mut lines: Vec<HeaderLine> = caller.iter().cloned().chain(own).collect();
        if !self.cookies.is_empty() {
            let cookies = self.cookies.iter().map(filled).collect::<Vec<_>>().join("; ");
            // Clients send one `Cookie` header, so the caller's cookies go into the same one.
            match lines.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case("cookie")) {
                Some((_, value)) => *value = format!("{value}; {cookies}").into(),
                None => lines.push(("cookie".into(), cookies.into())),
            }
        }
        lines
    }

    pub(super) fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    /// Whether this is a `GET` of the unchanged path without additions.
    pub(super) fn is_plain_get(&self) -> bool {
        self.method == "GET" && self.parts() == 0
    }

    /// The number of additions.
    pub(super) fn parts(&self) -> usize {
        self.queries.len()
            + self.cookies.len()
            + self.headers.len()
            + usize::from(self.payload.is_some())
            + usize::from(self.path_form != PathForm::PLAIN)
            + usize::from(self.version != "HTTP/1.1")
    }

    /// The variant without some of its additions, which are counted as in [`parts`](Self::parts).
    pub(super) fn without(&self, parts: &Range<usize>) -> Self {
        let mut next = 0;
        let mut keeps = || {
            next += 1;
            !parts.contains(&(next - 1))
        };
        let mut variant = self.clone();
        variant.queries.retain(|_| keeps());
        variant.cookies.retain(|_| keeps());
        variant.headers.retain(|_| keeps());
        variant.payload = variant.payload.filter(|_| keeps());
        if variant.path_form != PathForm::PLAIN && !keeps() {
            variant.path_form = PathForm::PLAIN;
        }
        if variant.version != "HTTP/1.1" && !keeps() {
            variant.version = "HTTP/1.1";
        }
        variant
    }
}

/// The additions in words: "with `range: bytes=0-1`, a chunked body of 2 bytes".
impl fmt::Display for RequestVariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = " with ";
        let mut and =
            |f: &mut fmt::Formatter<'_>| f.write_str(std::mem::replace(&mut separator, ", "));
        if self.version != "HTTP/1.1" {
            and(f)?;
            write!(f, "{}", self.version)?;
        }
        for cookie in &self.cookies {
            and(f)?;
            write!(f, "the cookie `{cookie}`")?;
        }
        for (name, value) in &self.headers {
            and(f)?;
            write!(f, "`{}: {}`", Abbreviated(name), Abbreviated(value))?;
        }
        if let Some(payload) = &self.payload {
            and(f)?;
            write!(f, "{payload}")?;
        }
        Ok(())
    }
}

/// A text, or its beginning and its length if it is long.
pub(super) struct Abbreviated<'a>(pub(super) &'a str);

impl fmt::Display for Abbreviated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX_CHARS: usize = 160;
        match self.0.char_indices().nth(MAX_CHARS) {
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
        let variant = RequestVariant::plain("PUT")
            .at(PathForm::COMMON[0])
            .in_version("HTTP/1.0")
            .with(&[("a", "1"), ("b", "{path} at {host}")])
            .with_queries(["q={path}".into(), "r".into()])
            .with_cookies(["c=1".into()]);
        assert_eq!(variant.parts(), 7);
        assert_eq!(variant.target("/x"), "/x/?q=/x&r");
        let caller = [("cookie".into(), "sid=1".into())];
        let lines = variant.header_lines(&caller, "/x", "h");
        let lines: Vec<_> = lines.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(lines, [("cookie", "sid=1; c=1"), ("a", "1"), ("b", "/x at h")]);

        for part in 0..variant.parts() {
            assert_eq!(variant.without(&(part..part + 1)).parts(), 6);
        }
        assert_eq!(variant.without(&(0..2)).target("/x"), "/x/");
        assert_eq!(variant.without(&(0..7)).to_string(), "");
        assert_eq!(variant.without(&(0..5)).to_string(), " with HTTP/1.0");
    }

    #[test]
    fn a_long_value_is_abbreviated() {
        let long = "x".repeat(5_000);
        let variant = RequestVariant::plain("GET").with_lines([("a".into(), long.into())]);
        assert_eq!(variant.to_string(), format!(" with `a: {}… (5000 bytes)`", "x".repeat(40)));
    }
}
