//! API keys in a field of your own.

use http::HeaderName;
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::request::Parts;

use super::verify::{verify, verify_now};
use super::{Identity, Verify};
use crate::challenge::{Challenge, Challenges, InvalidChallenge};
use crate::denial::Unauthenticated;

/// Identifies callers by a key in a request field such as `X-Api-Key`.
///
/// The key is judged by a [`Verify<str>`](Verify). No registered scheme describes such keys, and
/// a 401 must carry a challenge (RFC 9110 §15.5.2): this one says where the key goes, under a
/// scheme name of its own, which clients that do not know it ignore.
///
/// ```
/// use http::HeaderName;
/// use portcullis::{ApiKey, AuthenticateLayer, Unauthenticated, verify_fn};
///
/// # fn machine_of(key: &str) -> Option<u32> { None }
/// let keys = verify_fn(|key: &str| machine_of(key).ok_or(Unauthenticated::invalid()));
/// let field = HeaderName::from_static("x-api-key");
/// let layer = AuthenticateLayer::new(ApiKey::new("notes", field, keys)?);
/// // 401 carries: WWW-Authenticate: ApiKey realm="notes", field="x-api-key"
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ApiKey<V> {
    verifier: V,
    field: HeaderName,
    challenge: Challenge,
}

/// An API key cannot be configured like this.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidApiKeyField {
    /// The field has a grammar of its own.
    #[error(
        "an API key cannot be read from `{0}`, which has a grammar of its own: use a field of your \
         own, such as `x-api-key`"
    )]
    Reserved(HeaderName),
    /// The challenge cannot be written.
    #[error(transparent)]
    Challenge(#[from] InvalidChallenge),
}

impl<V> ApiKey<V> {
    /// Keys of this realm (RFC 9110 §11.5) in this field, judged by this verifier.
    ///
    /// # Errors
    ///
    /// [`InvalidApiKeyField`] if the field is one with a grammar of its own, or if the realm
    /// cannot be written into a challenge.
    pub fn new(realm: &str, field: HeaderName, verifier: V) -> Result<Self, InvalidApiKeyField> {
        if [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(&field) {
            return Err(InvalidApiKeyField::Reserved(field));
        }
        let challenge =
            Challenge::builder("ApiKey").realm(realm).param("field", field.as_str()).build()?;
        Ok(Self { verifier, field, challenge })
    }

    /// The key of the request, if it is well formed: visible ASCII without spaces.
    fn key<'a>(&self, request: &'a Parts) -> Result<&'a str, Unauthenticated> {
        let value = request.headers.get(&self.field).ok_or(Unauthenticated::missing())?;
        match value.to_str() {
            Ok("") => Err(Unauthenticated::missing()),
            Ok(key) if key.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(key),
            _ => Err(Unauthenticated::malformed()),
        }
    }
}

impl<V: Verify<str>> Identity for ApiKey<V> {
    type Principal = V::Principal;

    async fn identify(&self, request: &Parts) -> Result<Self::Principal, Unauthenticated> {
        verify(&self.verifier, self.key(request)?).await
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        match self.key(request) {
            Ok(key) => verify_now(&self.verifier, key),
            Err(unauthenticated) => Some(Err(unauthenticated)),
        }
    }

    fn challenges(&self) -> Challenges {
        Challenges::new(self.challenge.clone())
    }

    fn credential_headers(&self) -> Vec<HeaderName> {
        vec![self.field.clone()]
    }
}
