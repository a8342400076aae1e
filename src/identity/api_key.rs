//! [`ApiKey`]: API keys in a header of your own.

use http::HeaderName;
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::request::Parts;

use super::{Identity, IdentityInfo, SchemeVerifier, Verify};
use crate::challenge::{Challenge, InvalidChallenge};
use crate::denial::Unauthenticated;

/// Authenticates callers by a key in a request header such as `X-Api-Key`.
///
/// A [`Verify<str>`](Verify) verifies the key. No registered scheme describes such keys, but a 401
/// must carry a challenge (RFC 9110 §15.5.2): it has the unregistered scheme `ApiKey` and names the
/// header. Clients ignore a scheme that they do not know.
///
/// ```
/// use http::HeaderName;
/// use portcullis::{ApiKey, AuthenticateLayer, Unauthenticated, verify_fn};
///
/// # fn machine_of(key: &str) -> Option<u32> { None }
/// let keys = verify_fn(|key: &str| machine_of(key).ok_or(Unauthenticated::invalid()));
/// let header = HeaderName::from_static("x-api-key");
/// let layer = AuthenticateLayer::new(ApiKey::new("notes", header, keys)?);
/// // A 401 carries: WWW-Authenticate: ApiKey realm="notes", field="x-api-key"
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ApiKey<V> {
    verifier: SchemeVerifier<V>,
    header: HeaderName,
    challenge: Challenge,
}

/// The error of [`ApiKey::new`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidApiKeyHeader {
    /// The header has a grammar of its own, which is not that of an API key.
    #[error(
        "an API key cannot be read from `{0}`, which has a grammar of its own: use a header of your \
         own, such as `x-api-key`"
    )]
    Reserved(HeaderName),
    /// The realm cannot be written into a challenge.
    #[error(transparent)]
    Challenge(#[from] InvalidChallenge),
}

impl<V> ApiKey<V> {
    /// Reads keys of this realm (RFC 9110 §11.5) from this header, for this verifier.
    ///
    /// # Errors
    ///
    /// [`InvalidApiKeyHeader`] if the header has a grammar of its own, or if the realm cannot
    /// be written into a challenge.
    pub fn new(realm: &str, header: HeaderName, verifier: V) -> Result<Self, InvalidApiKeyHeader> {
        if [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE].contains(&header) {
            return Err(InvalidApiKeyHeader::Reserved(header));
        }
        let challenge =
            Challenge::builder("ApiKey").realm(realm).param("field", header.as_str()).build()?;
        Ok(Self { verifier: SchemeVerifier::new(verifier), header, challenge })
    }

    /// Returns the key of the request, which is visible ASCII without spaces.
    fn key<'a>(&self, request: &'a Parts) -> Result<&'a str, Unauthenticated> {
        let value = request.headers.get(&self.header).ok_or(Unauthenticated::missing())?;
        match value.to_str() {
            Ok("") => Err(Unauthenticated::missing()),
            Ok(key) if key.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(key),
            _ => Err(Unauthenticated::malformed()),
        }
    }
}

impl<V: Verify<str>> Identity for ApiKey<V> {
    type Principal = V::Principal;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(self.challenge.clone()).reads_headers([self.header.clone()])
    }

    async fn identify(&self, request: &Parts) -> Result<Self::Principal, Unauthenticated> {
        self.verifier.verify(self.key(request)?).await
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        match self.key(request) {
            Ok(key) => self.verifier.verify_now(key),
            Err(unauthenticated) => Some(Err(unauthenticated)),
        }
    }
}
