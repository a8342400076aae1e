//! [`Credentials`], with which a client responds to a challenge.

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;

use super::byte_set::ByteSet;
use super::params::{AuthParam, AuthParams, Quoting, RawChallenge};
use super::{InvalidSyntax, ParseError, parser, scheme};

/// Borrows the value of an `Authorization` or `Proxy-Authorization` header: RFC 9110 §11.4.
///
/// [`parse`](Self::parse) only splits off the scheme; the other methods read the rest. Nothing is
/// copied.
///
/// `Debug` prints only the scheme, and only a registered one: a client that forgets the scheme sends
/// its token in the scheme's place.
///
/// ```
/// use portcullis::challenge::Credentials;
///
/// let sent = Credentials::parse(b"Basic dXNlcjpwYXNzd2Q=").unwrap();
/// assert!(sent.is("basic"));
/// assert_eq!(sent.token68(), Some("dXNlcjpwYXNzd2Q="));
/// assert_eq!(format!("{sent:?}"), r#"Credentials { scheme: "Basic", .. }"#);
/// ```
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    scheme: &'a [u8],
    /// Everything after the scheme, white space included.
    rest: &'a [u8],
}

impl<'a> Credentials<'a> {
    /// Splits off the scheme; `None` if the value does not begin with a token.
    ///
    /// `Bearer,x` is malformed, but has the scheme Bearer.
    #[inline]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let (scheme, rest) = parser::scheme(value)?;
        Some(Self { scheme, rest })
    }

    /// The credentials, if they are of `scheme`, which has to be a token. It is faster than
    /// [`parse`](Self::parse) followed by [`is`](Self::is).
    #[inline]
    pub(crate) fn of(scheme: &str, value: &'a [u8]) -> Option<Self> {
        let (named, rest) = value.split_at_checked(scheme.len())?;
        let ends = !rest.first().is_some_and(|byte| ByteSet::TCHAR.contains(*byte));
        // Nearly every client writes it as it is registered.
        let is_named = named == scheme.as_bytes() || is_in_other_case(named, scheme.as_bytes());
        (is_named && ends).then_some(Self { scheme: named, rest })
    }

    /// Builds credentials to be sent.
    pub fn builder(scheme: &str) -> CredentialsBuilder {
        CredentialsBuilder { parts: RawChallenge::new(scheme.to_owned()) }
    }

    /// The auth-scheme as it was written.
    #[inline]
    pub fn scheme(&self) -> &'a str {
        parser::ascii(self.scheme)
    }

    /// Whether these are credentials of `scheme`, compared without case.
    #[inline]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme.as_bytes())
    }

    /// Whether only white space follows the scheme.
    #[inline]
    pub fn is_bare(&self) -> bool {
        parser::is_blank(self.rest)
    }

    /// The token68, if nothing else follows the scheme but spaces before it and white space after it.
    ///
    /// The `b64token` of RFC 6750 §2.1 is the same set.
    #[inline]
    pub fn token68(&self) -> Option<&'a str> {
        parser::only_token68(self.rest)
    }

    /// What follows the scheme, if it is one run of visible ASCII without `"` and comma, with nothing
    /// but spaces before it and white space after it. Every token68 is one.
    pub(crate) fn opaque_token(&self) -> Option<&'a str> {
        let token = parser::only_word(self.rest)?;
        let is_opaque = |byte: &u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',');
        (!token.is_empty() && token.iter().all(is_opaque)).then(|| parser::ascii(token))
    }

    /// The parameters, in the same grammar as in challenges. They are empty after a bare scheme.
    ///
    /// ```
    /// use portcullis::challenge::Credentials;
    ///
    /// let sent = Credentials::parse(br#"Digest username="Mufasa", qop=auth"#).unwrap();
    /// let params = sent.params()?;
    /// assert_eq!(params.get("Username"), Some(&b"Mufasa"[..]));
    /// # Ok::<_, portcullis::challenge::ParseError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The rest is not a list of parameters, or a parameter occurs twice.
    pub fn params(&self) -> Result<AuthParams<'a>, ParseError> {
        parser::auth_params(self.scheme.len(), self.rest)
    }
}

#[cold]
fn is_in_other_case(named: &[u8], scheme: &[u8]) -> bool {
    named.eq_ignore_ascii_case(scheme)
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "Credentials", self.scheme())
    }
}

/// Builds the value of an `Authorization` header; see [`Credentials::builder`].
///
/// `Debug` prints only the scheme.
///
/// ```
/// use portcullis::challenge::Credentials;
///
/// let value = Credentials::builder("Bearer").token68("mF_9.B5f-4.1JqM").build()?;
/// assert_eq!(value, "Bearer mF_9.B5f-4.1JqM");
/// assert!(value.is_sensitive());
/// # Ok::<_, portcullis::challenge::InvalidSyntax>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct CredentialsBuilder {
    parts: RawChallenge<'static>,
}

impl CredentialsBuilder {
    /// Adds a parameter with a quoted value. Each name may be added once.
    pub fn param(self, name: &str, value: &str) -> Self {
        self.add(AuthParam::new(name, value, Quoting::Quoted))
    }

    /// Adds a parameter whose value is a token and is written without quotes, as Digest's `algorithm`,
    /// `qop`, `nc` and `userhash` must be (RFC 7616 §3.4).
    pub fn token_param(self, name: &str, value: &str) -> Self {
        self.add(AuthParam::new(name, value, Quoting::Token))
    }

    /// Sets the token68, which credentials have instead of parameters.
    pub fn token68(mut self, value: &str) -> Self {
        self.parts.token68 = Some(Cow::Owned(value.to_owned()));
        self
    }

    fn add(mut self, param: AuthParam<'static>) -> Self {
        self.parts.params.list.push(param);
        self
    }

    /// Checks the values and builds the header value, marked as sensitive.
    ///
    /// # Errors
    ///
    /// The scheme or a name is not a token, a name occurs twice, a value is not printable ASCII, a
    /// token68 is malformed or beside parameters.
    pub fn build(self) -> Result<HeaderValue, InvalidSyntax> {
        self.parts.check()?;
        let mut value = self.parts.write().map_err(|_| InvalidSyntax::FieldValue)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for CredentialsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug(f, "CredentialsBuilder", &self.parts.scheme)
    }
}

fn debug(f: &mut fmt::Formatter<'_>, name: &str, scheme: &str) -> fmt::Result {
    f.debug_struct(name)
        .field("scheme", &scheme::registered(scheme).unwrap_or("?"))
        .finish_non_exhaustive()
}
