//! [`AuthenticationInfo`], which a server sends to an authenticated client.

use std::fmt;

use headers::{Error, Header};
use http::header::{HeaderName, HeaderValue};

use super::params::{AuthParam, AuthParams, Quoting};
use super::{InvalidSyntax, parser};

static AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");

/// `Authentication-Info` header: RFC 7615 §3, with the parameters of Digest, RFC 7616 §3.5.
///
/// [`param`](Self::param) returns the other parameters. `Debug` prints only the names of the
/// parameters, because `nextnonce` may be sufficient to continue a session.
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
    /// An attacker can guess a password by `rspauth` as well as by the client's response, so the value
    /// is marked as sensitive (A25).
    fn new(params: AuthParams<'static>, mut value: HeaderValue) -> Self {
        value.set_sensitive(true);
        Self { params, value }
    }

    /// Builds a header to be sent.
    pub fn builder() -> AuthenticationInfoBuilder {
        AuthenticationInfoBuilder { params: AuthParams::default() }
    }

    /// `nextnonce`: the nonce for the client's next requests.
    pub fn next_nonce(&self) -> Option<&str> {
        self.text("nextnonce")
    }

    /// `rspauth`: proof that the server knows the secret, in hexadecimal.
    pub fn rspauth(&self) -> Option<&str> {
        self.text("rspauth")
    }

    /// `cnonce`: the client nonce of the request.
    pub fn cnonce(&self) -> Option<&str> {
        self.text("cnonce")
    }

    /// `nc`: the nonce count of the request, if it is eight hexadecimal digits.
    pub fn nc(&self) -> Option<u32> {
        let digits = self.text("nc")?;
        let fits = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        fits.then(|| u32::from_str_radix(digits, 16).ok())?
    }

    /// `qop`: the quality of protection of the response.
    pub fn qop(&self) -> Option<&str> {
        self.text("qop")
    }

    /// The unescaped value of the parameter `name`, compared without case.
    ///
    /// It is bytes, because a received quoted-string may have any charset.
    pub fn param(&self, name: &str) -> Option<&[u8]> {
        self.params.get(name)
    }

    /// The value as one header line, written when it was built and marked as sensitive.
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

/// Builds an [`AuthenticationInfo`]; see [`AuthenticationInfo::builder`].
///
/// As RFC 7616 §3.5 requires, `nextnonce`, `rspauth` and `cnonce` are quoted, and `qop` and `nc` are
/// not.
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

    /// Adds `nc`, as eight hexadecimal digits.
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

    /// Checks the values and builds the header.
    ///
    /// # Errors
    ///
    /// A value is not printable ASCII, or `qop` is not a token.
    pub fn build(self) -> Result<AuthenticationInfo, InvalidSyntax> {
        self.params.check()?;
        let value = self.params.write().map_err(|_| InvalidSyntax::FieldValue)?;
        Ok(AuthenticationInfo::new(self.params, value))
    }
}
