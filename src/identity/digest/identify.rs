//! How a request is judged, and what the answer says about it.

use std::time::SystemTime;

use constant_time_eq::constant_time_eq;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::request::Parts;

use super::account::{self, DigestAccount, DigestSecret, DigestUser};
use super::algorithm::{DigestAlgorithm, Hash};
use super::hex::Hex;
use super::nonce::Age;
use super::params::{self, DigestParams, invalid_request};
use super::replay::{NonceCountStatus, NonceUse, ReplayStore};
use super::response::Exchange;
use super::{Digest, target};
use crate::challenge::{AuthenticationInfo, Challenges, InvalidSyntax, scheme};
use crate::denial::{Cause, Unauthenticated};
use crate::identity::{Identity, IdentityInfo, ResponseHeaders, Verify};

/// Well-formed credentials for this request, of a nonce of ours.
struct SentResponse<'a> {
    request: &'a Parts,
    sent: &'a DigestParams<'a>,
    algorithm: DigestAlgorithm,
    exchange: Exchange<'a>,
    age: Age,
    count: NonceUse,
}

/// A right response, whose count is still to be noted.
struct VerifiedResponse<P> {
    account: Result<P, Unauthenticated>,
    count: NonceUse,
    /// What the answer says, where somebody collects that.
    info: Option<HeaderValue>,
}

/// The value of the field that holds the credentials.
fn field(request: &Parts) -> Result<&[u8], Unauthenticated> {
    let value = request.headers.get(AUTHORIZATION).ok_or(Unauthenticated::missing())?;
    Ok(value.as_bytes())
}

/// Whether a verifier may say this before the response was judged: it is about the service, and
/// not about the account.
fn is_server_side(cause: Cause) -> bool {
    matches!(cause, Cause::Unavailable | Cause::InternalError | Cause::Throttled)
}

impl<V, R> Digest<V, R> {
    /// Judges all that can be judged before the account is known, and hands it on.
    ///
    /// What was sent is read out of the request each time it is looked at: who waits for an account
    /// or for a store meanwhile keeps none of it.
    fn attempt<T>(
        &self,
        request: &Parts,
        then: impl FnOnce(&SentResponse<'_>) -> Result<T, Unauthenticated>,
    ) -> Result<T, Unauthenticated> {
        let params = params::params(field(request)?)?;
        let sent = &DigestParams::read(&params)?;
        if !target::is_target(sent.uri, request) {
            return Err(invalid_request("the uri is not the request target"));
        }
        let invalid = |why: &'static str| Unauthenticated::invalid().with_source(why);
        if sent.realm != self.offer.realm.as_bytes() {
            return Err(invalid("another realm"));
        }
        // H06.
        let algorithm = sent.algorithm.filter(|it| self.offer.algorithms.contains(it));
        let algorithm = algorithm.ok_or_else(|| invalid("the algorithm was not offered"))?;
        if sent.qop != b"auth" {
            return Err(invalid("the qop was not offered"));
        }
        if matches!(sent.name, account::Name::Hashed(_)) && !self.offer.userhash {
            return Err(invalid("userhash was not offered"));
        }
        let offered = self.offer.opaque();
        if offered.is_some() && sent.opaque.is_some_and(|sent| Some(sent) != offered) {
            return Err(invalid("another opaque"));
        }
        let nonce = self.nonces.verify(sent.nonce, SystemTime::now(), self.lifetime);
        let nonce = nonce.ok_or_else(|| invalid("the nonce is not of this realm and key"))?;
        let exchange = Exchange {
            session: algorithm.is_session(),
            nonce: sent.nonce,
            cnonce: sent.cnonce,
            nc: sent.nc,
            qop: sent.qop,
            uri: sent.uri,
        };
        let count = NonceUse::new(nonce.bytes, sent.count, nonce.expires);
        then(&SentResponse { request, sent, algorithm, exchange, age: nonce.age, count })
    }

    fn user(&self, attempt: &SentResponse<'_>) -> DigestUser {
        DigestUser {
            name: attempt.sent.name.clone(),
            realm: self.offer.realm.clone(),
            algorithm: attempt.algorithm,
        }
    }

    /// Judges the response, by the account if there is one.
    ///
    /// Who has no secret for the client's algorithm is judged by one that nobody has, and each
    /// refusal has its private source: whether there is such an account makes no difference to
    /// what is done (A06).
    fn prove<P>(
        &self,
        attempt: &SentResponse<'_>,
        account: Result<DigestAccount<P>, Unauthenticated>,
    ) -> Result<VerifiedResponse<P>, Unauthenticated> {
        let invalid = |why: &'static str| Unauthenticated::invalid().with_source(why);
        let hash = attempt.algorithm.hash();
        let account = match account {
            Ok(account) if account.secret.hash == hash => Ok(account),
            Ok(_) => Err(invalid("the stored secret is not for this algorithm")),
            Err(failure) if is_server_side(failure.cause()) => return Err(failure),
            Err(failure) => Err(failure.into_invalid("the verifier has no account for this user")),
        };
        let secret = account.as_ref().map(|account| account.secret.clone());
        let secret = secret.unwrap_or_else(|_| self.dummy_secret(hash));
        let key = attempt.exchange.key(secret);
        let expected = key.response(attempt.request.method.as_str());
        let right = constant_time_eq(expected.as_bytes(), attempt.sent.response.as_bytes());
        let account = account?;
        if !right {
            return Err(invalid("the response is wrong"));
        }
        if attempt.age == Age::Outdated {
            return Err(Unauthenticated::stale());
        }
        let info = ResponseHeaders::of(&attempt.request.extensions)
            .and_then(|_| self.info(attempt, &key.rspauth()).ok());
        let account = account.refusal.map_or(Ok(account.principal), Err);
        Ok(VerifiedResponse { account, count: attempt.count, info })
    }

    fn dummy_secret(&self, hash: Hash) -> DigestSecret {
        let (bytes, _) = self.nobody.split_at(hash.digits() / 2);
        DigestSecret { hash, hex: Hex::of(bytes) }
    }

    /// The end of it, once the count is noted.
    fn conclude<P>(
        &self,
        proven: VerifiedResponse<P>,
        used: Result<NonceCountStatus, Unauthenticated>,
        request: &Parts,
    ) -> Result<P, Unauthenticated> {
        match used.map_err(Unauthenticated::of_sent_credentials)? {
            NonceCountStatus::First => {}
            NonceCountStatus::Repeated => {
                return Err(
                    Unauthenticated::invalid().with_source("the nonce count was used before")
                );
            }
            NonceCountStatus::Forgotten => return Err(Unauthenticated::stale()),
        }
        let principal = proven.account.map_err(Unauthenticated::of_sent_credentials)?;
        if let (Some(fields), Some(info)) = (ResponseHeaders::of(&request.extensions), proven.info)
        {
            fields.insert(HeaderName::from_static("authentication-info"), info);
        }
        Ok(principal)
    }

    /// What the answer says about the request (RFC 7616 §3.5).
    ///
    /// A new nonce only when the old one nears its end: with one on every answer, a client could
    /// not send a request before the last was answered.
    fn info(
        &self,
        attempt: &SentResponse<'_>,
        rspauth: &Hex,
    ) -> Result<HeaderValue, InvalidSyntax> {
        let mut info = AuthenticationInfo::builder()
            .rspauth(rspauth.as_str())
            .cnonce(attempt.sent.cnonce)
            .nc(attempt.sent.count)
            .qop("auth");
        if attempt.age == Age::Late {
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
            let user = self.attempt(request, |attempt| Ok(self.user(attempt)))?;
            self.verifier.verify(&user).await
        };
        let proven = self.attempt(request, |attempt| self.prove(attempt, account))?;
        let used = self.replay.record(&proven.count).await;
        self.conclude(proven, used, request)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<P, Unauthenticated>> {
        // `None` is nothing but to wait for: an error is an answer.
        let answer = self.attempt(request, |attempt| {
            let Some(account) = self.verifier.verify_now(&self.user(attempt)) else {
                return Ok(None);
            };
            let proven = self.prove(attempt, account)?;
            let Some(used) = self.replay.record_now(&proven.count) else { return Ok(None) };
            self.conclude(proven, used, request).map(Some)
        });
        answer.transpose()
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        let ours =
            attempted.is_some_and(|attempted| attempted.eq_ignore_ascii_case(scheme::DIGEST));
        // H02: another scheme's credentials may be outdated too.
        Some(self.challenges_with_new_nonce(ours && cause == Cause::Stale))
    }

    /// The name, or its hash where that was sent: a throttle counts the two apart.
    fn account(&self, request: &Parts) -> Option<String> {
        let params = params::params(field(request).ok()?).ok()?;
        Some(match DigestParams::read(&params).ok()?.name {
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
    fn a06_the_secret_of_nobody_is_as_long_as_that_of_a_user() {
        let digest = Digest::from_users(DigestUsers::<()>::new("realm")).unwrap();
        for hash in Hash::ALL {
            let nobody = digest.dummy_secret(hash);
            assert_eq!(nobody.as_hex().len(), hash.digits());
        }
    }
}
