//! The `Bearer` scheme (RFC 6750).

use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::{Identity, IdentityInfo, SchemeVerifier, Verify};
use crate::challenge::{Challenge, Credentials, InvalidChallenge, scheme};
use crate::denial::Unauthenticated;

/// Identifies callers by an access token in `Authorization: Bearer …` (RFC 6750 §2.1).
///
/// The token is judged by a [`Verify<str>`](Verify). Query and form parameters are not read
/// (RFC 6750 §5.3, RFC 9700 §4.3.2).
///
/// ```
/// use portcullis::{AuthenticateLayer, Bearer, Unauthenticated, verify_fn};
///
/// # fn user_of(token: &str) -> Option<&'static str> { None }
/// let tokens = verify_fn(|token: &str| user_of(token).ok_or(Unauthenticated::invalid()));
/// let layer = AuthenticateLayer::new(Bearer::new("notes", tokens)?);
/// // 401 carries: WWW-Authenticate: Bearer realm="notes"
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bearer<V> {
    verifier: SchemeVerifier<V>,
    challenge: Challenge,
}

impl<V> Bearer<V> {
    /// Tokens of this realm (RFC 9110 §11.5), judged by this verifier.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the realm cannot be written into a challenge.
    pub fn new(realm: &str, verifier: V) -> Result<Self, InvalidChallenge> {
        Ok(Self { verifier: SchemeVerifier::new(verifier), challenge: Challenge::bearer(realm)? })
    }

    /// Names the scopes that a caller without a token should ask for (RFC 6750 §3).
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if it is not a list of scopes separated by single spaces.
    pub fn scope(self, scope: &str) -> Result<Self, InvalidChallenge> {
        self.with_param("scope", scope)
    }

    /// Tells where the metadata of this protected resource are (RFC 9728 §5.1), in every Bearer
    /// challenge.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the address cannot be written into a challenge.
    pub fn resource_metadata(self, url: &str) -> Result<Self, InvalidChallenge> {
        self.with_param("resource_metadata", url)
    }

    fn with_param(self, name: &str, value: &str) -> Result<Self, InvalidChallenge> {
        let challenge = self.challenge.to_builder().set_param(name, value).build()?;
        Ok(Self { challenge, ..self })
    }
}

/// The token of the request, if it is well formed (A03, A04).
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
