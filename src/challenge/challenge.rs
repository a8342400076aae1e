//! [`Challenge`], a single one.

use std::fmt;
use std::sync::Arc;

use http::HeaderValue;
use http::header::InvalidHeaderValue;

use super::params::{Quoting, RawChallenge};
use super::{ChallengeBuilder, InvalidChallenge, scheme};

/// A challenge, which tells a client how to authenticate: an auth-scheme, and either a token68 or
/// parameters. RFC 9110 §11.3.
///
/// Two challenges are equal if they have the same scheme and the same parameters in the same order.
/// Schemes and names are compared without case, and quotes around a value do not matter. A clone
/// shares everything with its original.
///
/// ```
/// use portcullis::challenge::Challenge;
///
/// let challenge = Challenge::builder("Newauth")
///     .realm("apps")
///     .token_param("type", "1")
///     .param("title", r#"Login to "apps""#)
///     .build()?;
///
/// assert_eq!(
///     challenge.header_value(),
///     r#"Newauth realm="apps", type=1, title="Login to \"apps\"""#,
/// );
/// assert_eq!(challenge.param("Title"), Some(&br#"Login to "apps""#[..]));
/// # Ok::<_, portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone)]
pub struct Challenge {
    inner: Arc<Inner>,
}

struct Inner {
    parts: RawChallenge<'static>,
    value: HeaderValue,
}

impl Challenge {
    /// Builds a challenge of any scheme; [`scheme`] has the registered names.
    pub fn builder(scheme: &str) -> ChallengeBuilder {
        ChallengeBuilder::new(scheme)
    }

    /// The challenge of Basic, with `charset="UTF-8"`: RFC 7617 §2.
    ///
    /// ```
    /// # use portcullis::challenge::Challenge;
    /// let challenge = Challenge::basic("staff")?;
    /// assert_eq!(challenge.header_value(), r#"Basic realm="staff", charset="UTF-8""#);
    /// # Ok::<_, portcullis::challenge::InvalidChallenge>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The realm is not printable ASCII, or contains text that looks like another parameter.
    pub fn basic(realm: &str) -> Result<Self, InvalidChallenge> {
        Self::builder(scheme::BASIC).realm(realm).param("charset", "UTF-8").build()
    }

    /// The challenge of Bearer for a request without credentials: RFC 6750 §3.
    ///
    /// # Errors
    ///
    /// The realm is not printable ASCII, or contains text that looks like another parameter.
    pub fn bearer(realm: &str) -> Result<Self, InvalidChallenge> {
        Self::builder(scheme::BEARER).realm(realm).build()
    }

    /// The parts must have been parsed or checked.
    pub(super) fn new(mut parts: RawChallenge<'static>) -> Result<Self, InvalidHeaderValue> {
        // Senders must quote `realm`, and receivers must accept it without quotes (RFC 9110 §11.5).
        for param in &mut parts.params.list {
            if param.is("realm") {
                param.quoting = Quoting::Quoted;
            }
        }
        let value = parts.write()?;
        // The first clone allocates the reference count of the bytes, so that later ones do not.
        drop(value.clone());
        Ok(Self { inner: Arc::new(Inner { parts, value }) })
    }

    /// The auth-scheme as it was written.
    #[inline]
    pub fn scheme(&self) -> &str {
        &self.inner.parts.scheme
    }

    /// Whether this is a challenge of `scheme`, compared without case.
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme().eq_ignore_ascii_case(scheme)
    }

    /// The token68, if the challenge has one instead of parameters.
    pub fn token68(&self) -> Option<&str> {
        self.inner.parts.token68.as_deref()
    }

    /// The unescaped value of the parameter `name`, compared without case.
    ///
    /// It is bytes, because a received quoted-string may have any charset.
    pub fn param(&self, name: &str) -> Option<&[u8]> {
        self.inner.parts.params.get(name)
    }

    /// All parameters in order, as names and unescaped values.
    pub fn params(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.inner.parts.params.iter()
    }

    /// The name of the protection space: RFC 9110 §11.5.
    pub fn realm(&self) -> Option<&[u8]> {
        self.param("realm")
    }

    /// The challenge as one header line, written when it was built. Cloning the value does not
    /// allocate.
    pub fn header_value(&self) -> &HeaderValue {
        &self.inner.value
    }

    /// A builder for another challenge, with all that is in this one.
    ///
    /// ```
    /// # use portcullis::challenge::Challenge;
    /// let plain = Challenge::bearer("api")?;
    /// let expired = plain.to_builder().set_param("error", "invalid_token").build()?;
    /// assert_eq!(expired.header_value(), r#"Bearer realm="api", error="invalid_token""#);
    /// # Ok::<_, portcullis::challenge::InvalidChallenge>(())
    /// ```
    pub fn to_builder(&self) -> ChallengeBuilder {
        ChallengeBuilder::from(self.inner.parts.clone())
    }

    /// Whether challenges of the scheme have the `error` codes of RFC 6750 §3.1: Bearer and DPoP do.
    pub fn takes_oauth_error(&self) -> bool {
        scheme::takes_oauth_error(self.scheme())
    }
}

impl PartialEq for Challenge {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner) || self.inner.parts == other.inner.parts
    }
}

impl Eq for Challenge {}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Challenge").field(&self.inner.value).finish()
    }
}

impl From<&Challenge> for HeaderValue {
    fn from(challenge: &Challenge) -> Self {
        challenge.header_value().clone()
    }
}
