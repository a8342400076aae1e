//! Authenticating a request, and the `Authentication-Info` of its response.

use std::time::SystemTime;

use constant_time_eq::constant_time_eq;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::request::Parts;

use super::Digest;
use super::account::{self, DigestAccount, DigestSecret, DigestUser};
use super::credentials::{self, DigestCredentials, invalid_request, is_target};
use super::hash::{DigestAlgorithm, Hash, Hex};
use super::nonce::{Age, Nonce};
use super::replay::{NonceCountStatus, NonceUse, ReplayStore};
use super::response::ResponseInput;
use crate::challenge::{AuthenticationInfo, Challenges, InvalidSyntax, scheme};
use crate::denial::{Cause, Unauthenticated};
use crate::identity::{Identity, IdentityInfo, ResponseHeaders, Verify};

/// Credentials that match the challenge and the request. Their response is not verified yet.
struct CheckedCredentials<'a> {
    request: &'a Parts,
    sent: &'a DigestCredentials<'a>,
    algorithm: DigestAlgorithm,
    input: ResponseInput<'a>,
    nonce: NonceStatus,
}

/// Whether the response, if it is right, may be accepted for its nonce.
#[derive(Clone, Copy)]
enum NonceStatus {
    /// If its count is new.
    Valid { age: Age, nonce_use: NonceUse },
    /// It may not. The client gets a new nonce and retries without asking its user (H02).
    Stale(&'static str),
}

/// A right response, whose nonce count is still to be recorded.
struct VerifiedResponse<P> {
    principal: Result<P, Unauthenticated>,
    nonce_use: NonceUse,
    /// The value of `Authentication-Info`, if a stage collects response headers.
    info: Option<HeaderValue>,
}

/// Returns the value of `Authorization`.
fn authorization(request: &Parts) -> Result<&[u8], Unauthenticated> {
    let value = request.headers.get(AUTHORIZATION).ok_or(Unauthenticated::missing())?;
    Ok(value.as_bytes())
}

/// Whether a verifier's error with this cause is about the service and not about the account, so
/// that it may be returned before the response is verified.
fn is_server_side(cause: Cause) -> bool {
    matches!(cause, Cause::Unavailable | Cause::InternalError | Cause::Throttled)
}

/// The error for a right response whose nonce, or whose count, is not accepted.
fn stale(source: &'static str) -> Unauthenticated {
    Unauthenticated::stale().with_source(source)
}

impl<V, R> Digest<V, R> {
    /// Checks everything that can be checked before the account is known, then calls `then`.
    ///
    /// [`Identity::identify`] calls this twice, before and after it waits for the account, so that
    /// its future holds no copy of the credentials.
    fn check<T>(
        &self,
        request: &Parts,
        then: impl FnOnce(&CheckedCredentials<'_>) -> Result<T, Unauthenticated>,
    ) -> Result<T, Unauthenticated> {
        let params = credentials::params(authorization(request)?)?;
        let sent = &DigestCredentials::from_params(&params)?;
        if !is_target(sent.uri, request) {
            return Err(invalid_request("the uri is not the request target"));
        }
        let invalid = |source: &'static str| Unauthenticated::invalid().with_source(source);
        if sent.realm != self.template.realm.as_bytes() {
            return Err(invalid("another realm"));
        }
        // H06.
        let algorithm = sent.algorithm.filter(|it| self.template.algorithms.contains(it));
        let algorithm = algorithm.ok_or_else(|| invalid("the algorithm was not offered"))?;
        if sent.qop != b"auth" {
            return Err(invalid("the qop was not offered"));
        }
        if matches!(sent.name, account::Name::Hashed(_)) && !self.template.userhash {
            return Err(invalid("userhash was not offered"));
        }
        // Not stale: a client that changes it would do so again, and retry for ever.
        let offered = self.template.opaque();
        if offered.is_some() && sent.opaque.is_some_and(|sent| Some(sent) != offered) {
            return Err(invalid("another opaque"));
        }
        let nonce = self.nonce_status(sent);
        let input = ResponseInput {
            is_session: algorithm.is_session(),
            nonce: sent.nonce,
            cnonce: sent.cnonce,
            nc: sent.nc,
            qop: sent.qop,
            uri: sent.uri,
        };
        then(&CheckedCredentials { request, sent, algorithm, input, nonce })
    }

    /// Verifies the nonce. It does not refuse, since only a right response makes it matter: a wrong
    /// one gets the same refusal whatever its nonce is (H02).
    fn nonce_status(&self, sent: &DigestCredentials<'_>) -> NonceStatus {
        match self.nonces.verify(sent.nonce, SystemTime::now(), self.lifetime) {
            None => NonceStatus::Stale("the nonce is not of this realm and key"),
            Some(Nonce { age: Age::Outdated, .. }) => NonceStatus::Stale("the nonce is outdated"),
            Some(Nonce { bytes, expires, age }) => {
                NonceStatus::Valid { age, nonce_use: NonceUse::new(bytes, sent.count, expires) }
            }
        }
    }

    fn user(&self, checked: &CheckedCredentials<'_>) -> DigestUser {
        DigestUser {
            name: checked.sent.name.clone(),
            realm: self.template.realm.clone(),
            algorithm: checked.algorithm,
        }
    }

    /// Verifies the response with the secret of the account.
    ///
    /// If there is no account, or no secret for the client's algorithm, it is verified with a dummy
    /// secret, and each refusal has a private source: the same work is done whether or not the
    /// account exists (A06).
    fn verify_response<P>(
        &self,
        checked: &CheckedCredentials<'_>,
        account: Result<DigestAccount<P>, Unauthenticated>,
    ) -> Result<VerifiedResponse<P>, Unauthenticated> {
        let invalid = |source: &'static str| Unauthenticated::invalid().with_source(source);
        let hash = checked.algorithm.hash();
        let account = match account {
            Ok(account) if account.secret.hash == hash => Ok(account),
            Ok(_) => Err(invalid("the stored secret is not for this algorithm")),
            Err(failure) if is_server_side(failure.cause()) => return Err(failure),
            Err(failure) => Err(failure.into_invalid("the verifier has no account for this user")),
        };
        let secret = account.as_ref().map(|account| account.secret.clone());
        let secret = secret.unwrap_or_else(|_| self.dummy_secret(hash));
        let key = checked.input.key(secret);
        let expected = key.response(checked.request.method.as_str());
        let is_right = constant_time_eq(expected.as_bytes(), checked.sent.response.as_bytes());
        let account = account?;
        if !is_right {
            return Err(invalid("the response is wrong"));
        }
        let (age, nonce_use) = match checked.nonce {
            NonceStatus::Valid { age, nonce_use } => (age, nonce_use),
            NonceStatus::Stale(source) => return Err(stale(source)),
        };
        let info = ResponseHeaders::of(&checked.request.extensions)
            .and_then(|_| self.authentication_info(checked, age, &key.rspauth()).ok());
        let principal = account.refusal.map_or(Ok(account.principal), Err);
        Ok(VerifiedResponse { principal, nonce_use, info })
    }

    fn dummy_secret(&self, hash: Hash) -> DigestSecret {
        let (bytes, _) = self.dummy_secret.split_at(hash.digits() / 2);
        DigestSecret { hash, hex: Hex::of(bytes) }
    }

    /// Returns the principal of a right response, once its nonce count is recorded.
    fn finish<P>(
        &self,
        verified: VerifiedResponse<P>,
        status: Result<NonceCountStatus, Unauthenticated>,
        request: &Parts,
    ) -> Result<P, Unauthenticated> {
        match status.map_err(Unauthenticated::of_sent_credentials)? {
            NonceCountStatus::First => {}
            NonceCountStatus::Repeated => return Err(stale("the nonce count was used before")),
            NonceCountStatus::Forgotten => return Err(stale("the store has evicted the nonce")),
        }
        let principal = verified.principal.map_err(Unauthenticated::of_sent_credentials)?;
        if let (Some(headers), Some(info)) =
            (ResponseHeaders::of(&request.extensions), verified.info)
        {
            headers.insert(HeaderName::from_static("authentication-info"), info);
        }
        Ok(principal)
    }

    /// The value of `Authentication-Info` (RFC 7616 §3.5).
    ///
    /// It has a new nonce only if the old one is about to expire. A client that got a new nonce
    /// with every response could not send a request before the previous response.
    fn authentication_info(
        &self,
        checked: &CheckedCredentials<'_>,
        age: Age,
        rspauth: &Hex,
    ) -> Result<HeaderValue, InvalidSyntax> {
        let mut info = AuthenticationInfo::builder()
            .rspauth(rspauth.as_str())
            .cnonce(checked.sent.cnonce)
            .nc(checked.sent.count)
            .qop("auth");
        if age == Age::Late {
            info = info.next_nonce(self.nonces.issue(SystemTime::now()).as_str());
        }
        Ok(info.build()?.header_value().clone())
    }
}

impl<V, P, R> Identity for Digest<V, R>
where
    V: Verify<DigestUser, Principal = DigestAccount<P>>,
    P: Clone + Send + Sync + 'static,
    R: ReplayStore,
{
    type Principal = P;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(self.challenges_with_new_nonce(false)).adds_response_headers()
    }

    async fn identify(&self, request: &Parts) -> Result<P, Unauthenticated> {
        let account = {
            let user = self.check(request, |checked| Ok(self.user(checked)))?;
            self.verifier.verify(&user).await
        };
        let verified = self.check(request, |checked| self.verify_response(checked, account))?;
        let status = self.replay.record(&verified.nonce_use).await;
        self.finish(verified, status, request)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<P, Unauthenticated>> {
        // `Ok(None)`: the verifier or the replay store has to wait. An error is a result.
        let result = self.check(request, |checked| {
            let Some(account) = self.verifier.verify_now(&self.user(checked)) else {
                return Ok(None);
            };
            let verified = self.verify_response(checked, account)?;
            let Some(status) = self.replay.record_now(&verified.nonce_use) else {
                return Ok(None);
            };
            self.finish(verified, status, request).map(Some)
        });
        result.transpose()
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        let is_digest =
            attempted.is_some_and(|attempted| attempted.eq_ignore_ascii_case(scheme::DIGEST));
        // H02: credentials of another scheme may be stale too.
        Some(self.challenges_with_new_nonce(is_digest && cause == Cause::Stale))
    }

    /// The user's name, or its hash if that was sent: a throttle counts the two separately.
    fn account(&self, request: &Parts) -> Option<String> {
        let params = credentials::params(authorization(request).ok()?).ok()?;
        Some(match DigestCredentials::from_params(&params).ok()?.name {
            account::Name::Plain(name) => name,
            account::Name::Hashed(hash) => hash.as_str().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::DigestUsers;

    #[test]
    fn a06_the_dummy_secret_is_as_long_as_that_of_a_user() {
        let digest = Digest::from_users(DigestUsers::<()>::new("realm")).unwrap();
        for hash in Hash::ALL {
            assert_eq!(digest.dummy_secret(hash).as_hex().len(), hash.digits());
        }
    }
}
