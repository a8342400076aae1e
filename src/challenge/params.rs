//! `auth-param`, RFC 9110 §11.2, and the scheme that it belongs to.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::HeaderValue;
use http::header::InvalidHeaderValue;

use super::byte_set::ByteSet;
use super::{InvalidSyntax, ParseErrorKind};

/// The most parameters that a challenge, or credentials, may have.
///
/// Each name is compared with all before it, because names must differ. The limit bounds that work.
pub const MAX_PARAMS: usize = 64;

/// How a value is written. Both mean the same, but each scheme says which one senders must use:
/// `realm` is quoted, Digest's `stale` is not.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Quoting {
    Token,
    Quoted,
}

/// One `auth-param`.
#[derive(Clone)]
pub(super) struct AuthParam<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) value: Cow<'a, [u8]>,
    pub(super) quoting: Quoting,
}

impl AuthParam<'_> {
    pub(super) fn new(name: &str, value: &str, quoting: Quoting) -> AuthParam<'static> {
        AuthParam {
            name: Cow::Owned(name.to_owned()),
            value: Cow::Owned(value.as_bytes().to_vec()),
            quoting,
        }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    fn into_owned(self) -> AuthParam<'static> {
        AuthParam {
            name: Cow::Owned(self.name.into_owned()),
            value: Cow::Owned(self.value.into_owned()),
            quoting: self.quoting,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name.as_bytes());
        out.push(b'=');
        match self.quoting {
            Quoting::Token => out.extend_from_slice(&self.value),
            Quoting::Quoted => {
                out.push(b'"');
                for &byte in self.value.iter() {
                    // Only these two need an escape. Others may have one, and many clients misread it.
                    if matches!(byte, b'"' | b'\\') {
                        out.push(b'\\');
                    }
                    out.push(byte);
                }
                out.push(b'"');
            }
        }
    }
}

impl PartialEq for AuthParam<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.name) && self.value == other.value
    }
}

impl Eq for AuthParam<'_> {}

/// The parameters of [`Credentials`](super::Credentials), in the order in which they were sent.
///
/// No name occurs twice. Values are unescaped, and are bytes because quoted-strings may have any
/// charset. `Debug` prints the names only.
#[derive(Clone, Default, Eq, PartialEq)]
pub struct AuthParams<'a> {
    pub(super) list: Vec<AuthParam<'a>>,
}

impl<'a> AuthParams<'a> {
    /// The value of the parameter `name`, compared without case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.list.iter().find(|param| param.is(name)).map(|param| &*param.value)
    }

    /// All parameters, as names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.list.iter().map(|param| (&*param.name, &*param.value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds a parameter that was received.
    pub(super) fn push(&mut self, param: AuthParam<'a>) -> Result<(), ParseErrorKind> {
        if self.get(&param.name).is_some() {
            return Err(ParseErrorKind::Duplicate);
        }
        if self.len() == MAX_PARAMS {
            return Err(ParseErrorKind::TooMany);
        }
        self.list.push(param);
        Ok(())
    }

    pub(super) fn into_owned(self) -> AuthParams<'static> {
        AuthParams { list: self.list.into_iter().map(AuthParam::into_owned).collect() }
    }

    /// Checks that these may be sent; reading accepts more.
    pub(super) fn check(&self) -> Result<(), InvalidSyntax> {
        if self.len() > MAX_PARAMS {
            return Err(InvalidSyntax::TooMany);
        }
        for (index, param) in self.list.iter().enumerate() {
            let name = || param.name.clone().into_owned();
            if !ByteSet::TCHAR.contains_all(param.name.as_bytes()) {
                return Err(InvalidSyntax::Name { name: name() });
            }
            if self.list.iter().take(index).any(|earlier| earlier.is(&param.name)) {
                return Err(InvalidSyntax::Duplicate { name: name() });
            }
            if !param.value.iter().all(|byte| matches!(byte, b' '..=b'~')) {
                return Err(InvalidSyntax::Text { name: name() });
            }
            if param.quoting == Quoting::Token && !ByteSet::TCHAR.contains_all(&param.value) {
                return Err(InvalidSyntax::NotAToken { name: name() });
            }
        }
        Ok(())
    }

    /// Writes a header value that has parameters only.
    ///
    /// # Errors
    ///
    /// None, if they were parsed or checked: then every byte is allowed in a header value.
    pub(super) fn write(&self) -> Result<HeaderValue, InvalidHeaderValue> {
        let mut out = Vec::new();
        self.append(&mut out);
        HeaderValue::from_maybe_shared(Bytes::from(out))
    }

    fn append(&self, out: &mut Vec<u8>) {
        let mut separator: &[u8] = b"";
        for param in &self.list {
            out.extend_from_slice(separator);
            param.write(out);
            separator = b", ";
        }
    }

    /// Adds a parameter, or replaces the one of that name in its place.
    pub(super) fn set(&mut self, param: AuthParam<'a>) {
        match self.list.iter_mut().find(|old| old.is(&param.name)) {
            Some(old) => *old = param,
            None => self.list.push(param),
        }
    }
}

impl fmt::Debug for AuthParams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.list.iter().map(|param| &param.name)).finish()
    }
}

/// `auth-scheme [ 1*SP ( token68 / #auth-param ) ]`: the rule that challenges and credentials share.
/// It may break the rule until it is checked.
#[derive(Clone, Debug)]
pub(super) struct RawChallenge<'a> {
    pub(super) scheme: Cow<'a, str>,
    pub(super) token68: Option<Cow<'a, str>>,
    pub(super) params: AuthParams<'a>,
}

impl<'a> RawChallenge<'a> {
    pub(super) fn new(scheme: impl Into<Cow<'a, str>>) -> Self {
        Self { scheme: scheme.into(), token68: None, params: AuthParams::default() }
    }

    pub(super) fn into_owned(self) -> RawChallenge<'static> {
        RawChallenge {
            scheme: Cow::Owned(self.scheme.into_owned()),
            token68: self.token68.map(|token68| Cow::Owned(token68.into_owned())),
            params: self.params.into_owned(),
        }
    }

    /// Checks that this may be sent; reading accepts more.
    pub(super) fn check(&self) -> Result<(), InvalidSyntax> {
        if !ByteSet::TCHAR.contains_all(self.scheme.as_bytes()) {
            return Err(InvalidSyntax::Scheme);
        }
        if let Some(token68) = &self.token68 {
            if !ByteSet::TOKEN68.contains_all(token68.trim_end_matches('=').as_bytes()) {
                return Err(InvalidSyntax::Token68);
            }
            if !self.params.is_empty() {
                return Err(InvalidSyntax::Token68WithParams);
            }
        }
        self.params.check()
    }

    /// Writes a header value.
    ///
    /// # Errors
    ///
    /// None, if this was parsed or checked: then every byte is allowed in a header value.
    pub(super) fn write(&self) -> Result<HeaderValue, InvalidHeaderValue> {
        let mut out = self.scheme.as_bytes().to_vec();
        if let Some(token68) = &self.token68 {
            out.push(b' ');
            out.extend_from_slice(token68.as_bytes());
        }
        if !self.params.is_empty() {
            out.push(b' ');
            self.params.append(&mut out);
        }
        HeaderValue::from_maybe_shared(Bytes::from(out))
    }
}

impl PartialEq for RawChallenge<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.scheme.eq_ignore_ascii_case(&other.scheme)
            && self.token68 == other.token68
            && self.params == other.params
    }
}

impl Eq for RawChallenge<'_> {}
