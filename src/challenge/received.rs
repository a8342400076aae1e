//! Challenges as they were written, for those who judge them: with the quotes that [`Challenge`](super::Challenge)
//! forgets.

use std::borrow::Cow;

use http::HeaderValue;

use super::params::{Quoting, RawChallenge};
use super::{ParseError, parser};

/// A challenge that was received.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedChallenge<'a>(RawChallenge<'a>);

/// A parameter that was received.
#[derive(Clone, Copy)]
pub(crate) struct ReceivedParam<'a> {
    pub(crate) name: &'a str,
    /// Without quotes and escapes.
    pub(crate) value: &'a [u8],
    pub(crate) is_quoted: bool,
}

impl<'a> ReceivedChallenge<'a> {
    /// Reads all lines of a `WWW-Authenticate` or `Proxy-Authenticate` header, as
    /// [`Challenges::parse`](super::Challenges::parse) does; the list may be empty.
    pub(crate) fn parse(
        lines: impl IntoIterator<Item = &'a HeaderValue>,
    ) -> Result<Vec<Self>, ParseError> {
        let lines = lines.into_iter().map(HeaderValue::as_bytes);
        Ok(parser::challenges(lines)?.into_iter().map(Self).collect())
    }

    pub(crate) fn scheme(&self) -> &str {
        &self.0.scheme
    }

    pub(crate) fn is(&self, scheme: &str) -> bool {
        self.0.scheme.eq_ignore_ascii_case(scheme)
    }

    pub(crate) fn token68(&self) -> Option<&str> {
        self.0.token68.as_ref().map(Cow::as_ref)
    }

    pub(crate) fn params(&self) -> impl Iterator<Item = ReceivedParam<'_>> {
        self.0.params.list.iter().map(|param| ReceivedParam {
            name: &param.name,
            value: &param.value,
            is_quoted: param.quoting == Quoting::Quoted,
        })
    }

    pub(crate) fn param(&self, name: &str) -> Option<ReceivedParam<'_>> {
        self.params().find(|param| param.name.eq_ignore_ascii_case(name))
    }
}
