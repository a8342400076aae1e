//! What a server says to who has answered its challenge.

use std::fmt;

use headers::{Error, Header};
use http::header::{HeaderName, HeaderValue};

use super::params::{AuthParam, AuthParams, Quoting};
use super::{InvalidSyntax, parser};

static AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");

/// `Authentication-Info` field: RFC 7615 §3, and what Digest says in it, RFC 7616 §3.5.
///
/// Other parameters are kept and can be asked for by [`param`](Self::param). `Debug` prints the
/// names of the parameters only, since `nextnonce` may be all that it takes to go on.
///
/// # ABNF
///
/// ```text
/// Authentication-Info = #auth-param
/// ```
///
/// # Example values
///
/// - `rspauth="6629fae4", cnonce="0a4f113b", nc=00000001, qop=auth`
/// - `nextnonce="dcd98b7102dd2f0e8b11d0f600bfb0c0"`
///
/// # Example
///
/// ```
/// use headers::HeaderMapExt;
/// use http::HeaderMap;
/// use portcullis::challenge::AuthenticationInfo;
///
/// let info = AuthenticationInfo::builder().cnonce("0a4f113b").nc(1).qop("auth").build()?;
/// let mut headers = HeaderMap::new();
/// headers.typed_insert(info.clone());
///
/// assert_eq!(headers["authentication-info"], r#"cnonce="0a4f113b", nc=00000001, qop=auth"#);
/// assert_eq!(headers.typed_get(), Some(info));
/// # Ok::<_, portcullis::challenge::InvalidSyntax>(())
/// ```
#[derive(Clone)]
pub struct AuthenticationInfo {
    params: AuthParams<'static>,
    value: HeaderValue,
}

impl AuthenticationInfo {
    /// `rspauth` is as good for guessing a password as the client's response is, so that the value is
    /// marked as sensitive (A25).
    fn new(params: AuthParams<'static>, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        Self { params, value }
    }

    /// Begins a field to be sent.
    pub fn builder() -> AuthenticationInfoBuilder {
        AuthenticationInfoBuilder { params: AuthParams::default() }
    }

    /// `nextnonce`: the nonce that the client should use from now on.
    pub fn next_nonce(&self) -> Option<&str> {
        self.text("nextnonce")
    }

    /// `rspauth`: proof in hexadecimal that the server knows the secret too.
    pub fn rspauth(&self) -> Option<&str> {
        self.text("rspauth")
    }

    /// `cnonce`: the client's, of the request that is answered.
    pub fn cnonce(&self) -> Option<&str> {
        self.text("cnonce")
    }

    /// `nc`: the nonce count of the request that is answered, if it is eight hexadecimal digits.
    pub fn nc(&self) -> Option<u32> {
        let digits = self.text("nc")?;
        let fits = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| u32::from_str_radix(digits, 16).ok())?
    }

    /// `qop`: the quality of protection of the answer.
    pub fn qop(&self) -> Option<&str> {
        self.text("qop")
    }

    /// The unescaped value of the parameter `name`, whatever its case.
    ///
    /// Bytes, because a received quoted-string may be in any charset.
    pub fn param(&self, name: &str) -> Option<&[u8]> {
        self.params.get(name)
    }

    /// All of it as one field line, written when it was made and marked as sensitive.
    pub fn header_value(&self) -> &HeaderValue {
        &self.value
    }

    fn text(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.param(name)?).ok()
    }
}

impl Header for AuthenticationInfo {
    fn name() -> &'static HeaderName {
        &AUTHENTICATION_INFO
    }

    fn decode<'i, I: Iterator<Item = &'i HeaderValue>>(values: &mut I) -> Result<Self, Error> {
        let params = parser::auth_param_lines(values).map_err(|_| Error::invalid())?;
        if params.is_empty() {
            return Err(Error::invalid());
        }
        let value = params.write().map_err(|_| Error::invalid())?;
        Ok(Self::new(params.into_owned(), value))
    }

    fn encode<E: Extend<HeaderValue>>(&self, values: &mut E) {
        values.extend([self.value.clone()]);
    }
}

impl PartialEq for AuthenticationInfo {
    fn eq(&self, other: &Self) -> bool {
        self.params == other.params
    }
}

impl Eq for AuthenticationInfo {}

impl fmt::Debug for AuthenticationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AuthenticationInfo").field(&self.params).finish()
    }
}

/// Makes an [`AuthenticationInfo`]; see [`AuthenticationInfo::builder`].
///
/// Each parameter is written as RFC 7616 §3.5 wants it: `nextnonce`, `rspauth` and `cnonce`
/// quoted, `qop` and `nc` not.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct AuthenticationInfoBuilder {
    params: AuthParams<'static>,
}

impl AuthenticationInfoBuilder {
    /// Adds `nextnonce`.
    pub fn next_nonce(self, nonce: &str) -> Self {
        self.set(AuthParam::new("nextnonce", nonce, Quoting::Quoted))
    }

    /// Adds `rspauth`.
    pub fn rspauth(self, digest: &str) -> Self {
        self.set(AuthParam::new("rspauth", digest, Quoting::Quoted))
    }

    /// Adds `cnonce`.
    pub fn cnonce(self, nonce: &str) -> Self {
        self.set(AuthParam::new("cnonce", nonce, Quoting::Quoted))
    }

    /// Adds `nc`, in eight digits.
    pub fn nc(self, count: u32) -> Self {
        self.set(AuthParam::new("nc", &format!("{count:08x}"), Quoting::Token))
    }

    /// Adds `qop`.
    pub fn qop(self, qop: &str) -> Self {
        self.set(AuthParam::new("qop", qop, Quoting::Token))
    }

    fn set(mut self, param: AuthParam<'static>) -> Self {
        self.params.set(param);
        self
    }

    /// The finished field.
    ///
    /// # Errors
    ///
    /// A value is more than printable ASCII, or `qop` is not a token.
    pub fn build(self) -> Result<AuthenticationInfo, InvalidSyntax> {
        self.params.check()?;
        let value = self.params.write().map_err(|_| InvalidSyntax::FieldValue)?;
        Ok(AuthenticationInfo::new(self.params, value))
    }
}
