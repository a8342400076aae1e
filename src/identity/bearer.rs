//! [`Bearer`]: the `Bearer` scheme (RFC 6750).

use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::{Identity, IdentityInfo, SchemeVerifier, Verify};
use crate::challenge::{Challenge, Credentials, InvalidChallenge, scheme};
use crate::denial::Unauthenticated;

/// Authenticates callers by an access token in `Authorization: Bearer …` (RFC 6750 §2.1).
///
/// A [`Verify<str>`](Verify) verifies the token. Query and form parameters are not read
/// (RFC 6750 §5.3, RFC 9700 §4.3.2).
///
/// ```
/// use portcullis::{AuthenticateLayer, Bearer, Unauthenticated, verify_fn};
///
/// # fn user_of(token: &str) -> Option<&'static str> { None }
/// let tokens = verify_fn(|token: &str| user_of(token).ok_or(Unauthenticated::invalid()));
/// let layer = AuthenticateLayer::new(Bearer::new("notes", tokens)?);
/// // A 401 carries: WWW-Authenticate: Bearer realm="notes"
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bearer<V> {
    verifier: SchemeVerifier<V>,
    challenge: Challenge,
}

impl<V> Bearer<V> {
    /// Reads tokens of this realm (RFC 9110 §11.5) for this verifier.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the realm cannot be written into a challenge.
    pub fn new(realm: &str, verifier: V) -> Result<Self, InvalidChallenge> {
        Ok(Self { verifier: SchemeVerifier::new(verifier), challenge: Challenge::bearer(realm)? })
    }

    /// Names the scopes that a client without a token should request (RFC 6750 §3).
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if `scope` is not a list of scopes separated by single spaces.
    pub fn scope(self, scope: &str) -> Result<Self, InvalidChallenge> {
        self.with_param("scope", scope)
    }

    /// Names the URL of this protected resource's metadata in every Bearer challenge
    /// (RFC 9728 §5.1).
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the URL cannot be written into a challenge.
    pub fn resource_metadata(self, url: &str) -> Result<Self, InvalidChallenge> {
        self.with_param("resource_metadata", url)
    }

    fn with_param(self, name: &str, value: &str) -> Result<Self, InvalidChallenge> {
        let challenge = self.challenge.to_builder().set_param(name, value).build()?;
        Ok(Self { challenge, ..self })
    }
}

/// Returns the token in this value of `Authorization` (A03, A04).
#[inline(always)]
fn token(authorization: Option<&HeaderValue>) -> Result<&str, Unauthenticated> {
    let sent = authorization.and_then(|value| Credentials::of(scheme::BEARER, value.as_bytes()));
    let credentials = sent.ok_or_else(Unauthenticated::missing)?;
    match credentials.token68() {
        Some(token) => Ok(token),
        None if credentials.is_bare() => Err(Unauthenticated::missing()),
        None => Err(Unauthenticated::malformed()),
    }
}

impl<V: Verify<str>> Identity for Bearer<V> {
    type Principal = V::Principal;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(self.challenge.clone())
    }

    async fn identify(&self, request: &Parts) -> Result<Self::Principal, Unauthenticated> {
        self.verifier.verify(token(request.headers.get(AUTHORIZATION))?).await
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.identify_now_by(request, request.headers.get(AUTHORIZATION))
    }

    fn identify_now_by(
        &self,
        _: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        match token(authorization) {
            Ok(token) => self.verifier.verify_now(token),
            Err(unauthenticated) => Some(Err(unauthenticated)),
        }
    }
}
