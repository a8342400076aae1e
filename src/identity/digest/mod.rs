//! The `Digest` scheme (RFC 7616).
//!
//! A request passes through these rooms: `credentials` reads it, `target` compares its `uri`,
//! `nonce` judges its nonce, an `account` is looked up, `exchange` does the sums, and `replay`
//! counts.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use constant_time_eq::constant_time_eq;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use http::request::Parts;

use super::verify::{verify, verify_now};
use super::{AnswerFields, Identity, Verify};
use crate::challenge::{AuthenticationInfo, Challenges, InvalidChallenge, InvalidSyntax, scheme};
use crate::denial::{Cause, Unauthenticated};

mod account;
mod algorithm;
mod credentials;
mod exchange;
mod ext_value;
mod hex;
mod memory_store;
mod nonce;
mod offer;
mod replay;
mod target;
mod users;

pub use account::{DigestAccount, DigestSecret, DigestUser};
pub use algorithm::DigestAlgorithm;
pub use memory_store::MemoryReplayStore;
pub use replay::{CountUse, NonceCount, ReplayStore};
pub use users::DigestUsers;

use algorithm::Hash;
use credentials::{Sent, improper};
use exchange::Exchange;
use hex::Hex;
use nonce::{Age, Nonces};
use offer::Offer;

/// Identifies callers by a digest of their password in `Authorization: Digest …` (RFC 7616).
///
/// The password is never sent; what is sent is bound to the method, the target and a nonce of
/// ours, and is good once. Accounts are looked up by a [`Verify<DigestUser>`](Verify) that
/// answers with a [`DigestAccount`]: the password, or the stored `H(user:realm:password)`.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response, StatusCode};
/// use portcullis::{AuthenticateLayer, Digest, DigestUsers, Principal};
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
///
/// let service = ServiceBuilder::new()
///     .layer(AuthenticateLayer::new(Digest::new("notes", users)?))
///     .service_fn(|request: Request<()>| async move {
///         let name = Principal::<&str>::of(request.extensions()).unwrap();
///         Ok::<_, std::convert::Infallible>(Response::new(format!("hello, {name}")))
///     });
///
/// let response = service.oneshot(Request::new(())).await?;
/// assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
/// // WWW-Authenticate: Digest realm="notes", nonce="…", algorithm=SHA-256, qop="auth", charset=UTF-8
/// let challenge = response.headers()["www-authenticate"].to_str()?;
/// assert!(challenge.starts_with(r#"Digest realm="notes", nonce=""#));
/// # Ok(())
/// # }
/// ```
///
/// # What is refused, and how
///
/// | situation | answer |
/// |---|---|
/// | a parameter is missing (`qop` too, so nobody falls back to RFC 2069), or there twice; `username` and `username*`; a `uri` that is not the request target | 400 |
/// | a parameter has the wrong form | 401, malformed |
/// | `qop`, `algorithm` or `userhash` that was not offered; another realm; a nonce that is not ours; unknown user; wrong response; a count that was used | 401, invalid |
/// | a right response with an outdated nonce | 401 with `stale=true`: the client goes on by itself |
///
/// A value that was not offered is invalid and not improper, because browsers look at the
/// challenges of a 401 and not at those of a 400: after the offer was changed they find the new
/// one.
///
/// # Where it belongs
///
/// The `uri` of the credentials is compared with the request's target *as the stage sees it*.
/// A router that strips a prefix from it (`nest` of axum) makes another target of it: put the
/// stage outside of that. A front server that rewrites paths has the same effect.
///
/// # Several machines
///
/// Nonces need no table: whoever has the [key](Self::key) knows them again. Which counts were
/// used does need one, behind [`ReplayStore`].
pub struct Digest<V, R = MemoryReplayStore> {
    verifier: V,
    replay: Arc<R>,
    offer: Offer,
    /// With a nonce from when the stage was configured.
    prepared: Challenges,
    nonces: Nonces,
    lifetime: Duration,
    instance: [u8; 16],
    /// Stands for the secret of who has none, so that both take the same work.
    nobody: [u8; 32],
}

/// Digest cannot be configured like this.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDigest {
    /// The challenge cannot be written.
    #[error(transparent)]
    Challenge(#[from] InvalidChallenge),
    /// No algorithm is offered.
    #[error("there is no algorithm to offer: name one, such as `DigestAlgorithm::Sha256`")]
    NoAlgorithm,
    /// The nonces are outdated when they are made.
    #[error("a nonce must live for a while: a minute, or five")]
    Lifetime,
    /// An entry of `domain` is neither a path nor a whole URI.
    #[error("`domain` takes paths that begin with `/`, and whole URIs")]
    Domain,
    /// The stored secret has the wrong number of hexadecimal digits.
    #[error("that is no H(user:realm:password): 64 hexadecimal digits, or 32 for MD5")]
    Secret,
    /// The system gives no random numbers, without which nonces could be forged.
    #[error("the system has no random numbers to give")]
    Randomness,
}

impl<V> Digest<V> {
    /// Users of this realm (RFC 9110 §11.5), looked up by this verifier. It offers SHA-256 with
    /// nonces that live for five minutes, and remembers their counts in memory.
    ///
    /// # Errors
    ///
    /// [`InvalidDigest`] if the realm cannot be written into a challenge, or if the system has no
    /// random numbers.
    pub fn new(realm: &str, verifier: V) -> Result<Self, InvalidDigest> {
        let (mut key, mut instance, mut nobody) = ([0; 32], [0; 16], [0; 32]);
        for bytes in [&mut key[..], &mut instance, &mut nobody] {
            getrandom::fill(bytes).map_err(|_| InvalidDigest::Randomness)?;
        }
        let nonces = Nonces::new(&key, realm, &instance);
        let offer = Offer {
            realm: realm.into(),
            algorithms: vec![DigestAlgorithm::Sha256],
            userhash: false,
            domain: None,
            opaque: None,
        };
        let prepared = offer.challenges(nonces.issue(SystemTime::now()).as_str(), false)?;
        let lifetime = Duration::from_secs(300);
        let replay = Arc::default();
        Ok(Self { verifier, replay, offer, prepared, nonces, lifetime, instance, nobody })
    }
}

impl<V, R> Digest<V, R> {
    /// Offers these algorithms, and no others; in whatever order they are named, the strongest
    /// comes first. MD5 is among them if you name it.
    ///
    /// Think of your clients: curl looks at the first challenge of the scheme and at no other, and
    /// it knows SHA-256 and MD5 but, in many builds, not SHA-512-256 (7.88 does not). Python's
    /// `requests` takes the last that it finds, and knows of the `-sess` variants `MD5-sess` alone.
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::NoAlgorithm`] if there is none.
    pub fn algorithms(
        self,
        algorithms: impl IntoIterator<Item = DigestAlgorithm>,
    ) -> Result<Self, InvalidDigest> {
        let mut algorithms: Vec<_> = algorithms.into_iter().collect();
        algorithms.sort();
        algorithms.dedup();
        if algorithms.is_empty() {
            return Err(InvalidDigest::NoAlgorithm);
        }
        self.with(|offer| offer.algorithms = algorithms)
    }

    /// Offers MD5 as well, behind the others, for clients that know nothing better. Who can listen
    /// may then look for the password faster.
    #[must_use]
    pub fn allow_md5(mut self) -> Self {
        if !self.offer.algorithms.contains(&DigestAlgorithm::Md5) {
            self.offer.algorithms.push(DigestAlgorithm::Md5);
            self.offer.algorithms.sort();
        }
        self
    }

    /// Lets clients hash the user's name (RFC 7616 §3.4.4); off unless set. The verifier must
    /// then find users by [`DigestUser::userhash`].
    #[must_use]
    pub fn userhash(mut self, allowed: bool) -> Self {
        self.offer.userhash = allowed;
        self
    }

    /// Names the URIs that the credentials are good for: paths, or whole URIs on this and other
    /// servers. Unless set, clients assume all of this server (RFC 7616 §3.3).
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::Domain`] if one is neither.
    pub fn domain<'a>(
        self,
        uris: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidDigest> {
        let domain = offer::domain(uris)?;
        self.with(|offer| offer.domain = domain)
    }

    /// Sends `opaque`, for clients that miss it. Nothing here needs it; a client that returns
    /// another is refused as invalid, one that returns none is not.
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::Challenge`] if it is more than printable ASCII.
    pub fn opaque(self, opaque: &str) -> Result<Self, InvalidDigest> {
        self.with(|offer| offer.opaque = Some(opaque.to_owned()))
    }

    /// How long a nonce is good. A client notices its end by one more round trip; who has caught
    /// a response can do nothing with it anyway, once it was used.
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::Lifetime`] if it is under a millisecond.
    pub fn nonce_lifetime(mut self, lifetime: Duration) -> Result<Self, InvalidDigest> {
        if lifetime < Duration::from_millis(1) {
            return Err(InvalidDigest::Lifetime);
        }
        self.lifetime = lifetime;
        Ok(self)
    }

    /// Makes nonces with this secret key, and not with one that is drawn when the process starts.
    /// Machines that share it accept each other's nonces, and need a [`ReplayStore`] that they
    /// share; a nonce also survives a restart, and with it what was used if the store does.
    #[must_use]
    pub fn key(mut self, key: [u8; 32]) -> Self {
        self.nonces = Nonces::new(&key, &self.offer.realm, &self.instance);
        self
    }

    /// Remembers nonce counts there.
    #[must_use]
    pub fn replay_store<S>(self, store: S) -> Digest<V, S> {
        Digest {
            verifier: self.verifier,
            replay: Arc::new(store),
            offer: self.offer,
            prepared: self.prepared,
            nonces: self.nonces,
            lifetime: self.lifetime,
            instance: self.instance,
            nobody: self.nobody,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Offer)) -> Result<Self, InvalidDigest> {
        change(&mut self.offer);
        self.prepared = self.write(false)?;
        Ok(self)
    }

    /// The challenges of one answer, with a nonce of their own.
    fn write(&self, stale: bool) -> Result<Challenges, InvalidChallenge> {
        self.offer.challenges(self.nonces.issue(SystemTime::now()).as_str(), stale)
    }

    /// Judges all that can be judged before the account is known.
    fn attempt<'a>(
        &self,
        sent: &'a Sent<'a>,
        request: &'a Parts,
    ) -> Result<Attempt<'a>, Unauthenticated> {
        if !target::is_target(sent.uri, request) {
            return Err(improper("the uri is not the request target"));
        }
        let invalid = |why: &'static str| Unauthenticated::invalid().because(why);
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
        let offered = self.offer.opaque.as_deref().map(str::as_bytes);
        if offered.is_some() && sent.opaque.is_some_and(|sent| Some(sent) != offered) {
            return Err(invalid("another opaque"));
        }
        let nonce = self.nonces.judge(sent.nonce, SystemTime::now(), self.lifetime);
        let nonce = nonce.ok_or_else(|| invalid("the nonce is not of this realm and key"))?;
        let exchange = Exchange {
            session: algorithm.is_session(),
            nonce: sent.nonce,
            cnonce: sent.cnonce,
            nc: sent.nc,
            qop: sent.qop,
            uri: sent.uri,
        };
        let count = NonceCount::new(nonce.bytes, sent.count, nonce.expires);
        let method = request.method.as_str();
        Ok(Attempt { sent, method, hash: algorithm.hash(), exchange, age: nonce.age, count })
    }

    fn user(&self, sent: &Sent<'_>) -> DigestUser {
        DigestUser {
            name: sent.name.clone(),
            realm: self.offer.realm.clone(),
            // It was judged before: it is there.
            algorithm: sent.algorithm.unwrap_or(DigestAlgorithm::Md5),
        }
    }

    /// Judges the response, by the account if there is one.
    fn prove<P>(
        &self,
        attempt: &Attempt<'_>,
        account: Result<DigestAccount<P>, Unauthenticated>,
    ) -> Result<Proven<P>, Unauthenticated> {
        let (account, unknown) = match account {
            Ok(account) => (Some(account), None),
            Err(failure) if matches!(failure.cause(), Cause::Unavailable | Cause::Fault) => {
                return Err(failure);
            }
            Err(failure) => (None, Some(failure)),
        };
        let secret = match &account {
            Some(account) if account.secret.hash == attempt.hash => account.secret.clone(),
            Some(_) => {
                return Err(Unauthenticated::fault().because("a secret of another algorithm"));
            }
            None => self.nobody(attempt.hash),
        };
        let key = attempt.exchange.key(&secret);
        let expected = key.response(attempt.method);
        let right = constant_time_eq(expected.as_bytes(), attempt.sent.response.as_bytes());
        let Some(account) = account.filter(|_| right) else {
            return Err(unknown.map_or(Unauthenticated::invalid(), Unauthenticated::into_invalid));
        };
        if attempt.age == Age::Outdated {
            return Err(Unauthenticated::stale());
        }
        Ok(Proven { account, rspauth: key.rspauth() })
    }

    fn nobody(&self, hash: Hash) -> DigestSecret {
        let (bytes, _) = self.nobody.split_at(hash.digits() / 2);
        DigestSecret { hash, hex: Hex::of(bytes) }
    }

    /// The end of it, once the count is noted.
    fn conclude<P>(
        &self,
        attempt: &Attempt<'_>,
        proven: Proven<P>,
        used: Result<CountUse, Unauthenticated>,
        request: &Parts,
    ) -> Result<P, Unauthenticated> {
        match used.map_err(Unauthenticated::of_sent_credentials)? {
            CountUse::First => {}
            CountUse::Repeated => {
                return Err(Unauthenticated::invalid().because("the nonce count was used before"));
            }
            CountUse::Forgotten => return Err(Unauthenticated::stale()),
        }
        if let Some(refusal) = proven.account.refusal {
            return Err(refusal.of_sent_credentials());
        }
        if let Some(fields) = AnswerFields::of(&request.extensions)
            && let Ok(info) = self.info(attempt, &proven.rspauth)
        {
            fields.insert(HeaderName::from_static("authentication-info"), info);
        }
        Ok(proven.account.principal)
    }

    /// What the answer says about the request (RFC 7616 §3.5).
    ///
    /// A new nonce only when the old one nears its end: with one on every answer, a client could
    /// not send a request before the last was answered.
    fn info(&self, attempt: &Attempt<'_>, rspauth: &Hex) -> Result<HeaderValue, InvalidSyntax> {
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

/// Well-formed credentials for this request, of a nonce of ours.
struct Attempt<'a> {
    sent: &'a Sent<'a>,
    method: &'a str,
    hash: Hash,
    exchange: Exchange<'a>,
    age: Age,
    count: NonceCount,
}

/// A right response.
struct Proven<P> {
    account: DigestAccount<P>,
    rspauth: Hex,
}

/// The value of the field that holds the credentials.
fn field(request: &Parts) -> Result<&[u8], Unauthenticated> {
    let value = request.headers.get(AUTHORIZATION).ok_or(Unauthenticated::missing())?;
    Ok(value.as_bytes())
}

impl<V, P, R> Identity for Digest<V, R>
where
    V: Verify<DigestUser, Principal = DigestAccount<P>>,
    P: Clone + Send + Sync + 'static,
    R: ReplayStore,
{
    type Principal = P;

    async fn identify(&self, request: &Parts) -> Result<P, Unauthenticated> {
        let params = credentials::params(field(request)?)?;
        let sent = Sent::read(&params)?;
        let attempt = self.attempt(&sent, request)?;
        let account = verify(&self.verifier, &self.user(&sent)).await;
        let proven = self.prove(&attempt, account)?;
        let used = self.replay.use_count(&attempt.count).await;
        self.conclude(&attempt, proven, used, request)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<P, Unauthenticated>> {
        // `None` is nothing but to wait for: an error is an answer.
        let waits = || -> Result<Option<P>, Unauthenticated> {
            let params = credentials::params(field(request)?)?;
            let sent = Sent::read(&params)?;
            let attempt = self.attempt(&sent, request)?;
            let Some(account) = verify_now(&self.verifier, &self.user(&sent)) else {
                return Ok(None);
            };
            let proven = self.prove(&attempt, account)?;
            let Some(used) = self.replay.use_count_now(&attempt.count) else { return Ok(None) };
            self.conclude(&attempt, proven, used, request).map(Some)
        };
        waits().transpose()
    }

    fn challenges(&self) -> Challenges {
        self.write(false).unwrap_or_else(|_| self.prepared.clone())
    }

    fn fresh_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        let ours =
            attempted.is_some_and(|attempted| attempted.eq_ignore_ascii_case(scheme::DIGEST));
        // H02: another scheme's credentials may be outdated too.
        Some(self.write(ours && cause == Cause::Stale).unwrap_or_else(|_| self.prepared.clone()))
    }

    fn adds_fields(&self) -> bool {
        true
    }

    /// The name, or its hash where that was sent: a throttle counts the two apart.
    fn account(&self, request: &Parts) -> Option<String> {
        let params = credentials::params(field(request).ok()?).ok()?;
        Some(match Sent::read(&params).ok()?.name {
            account::Name::Plain(name) => name,
            account::Name::Hashed(hash) => hash.as_str().to_owned(),
        })
    }
}

impl<V: Clone, R> Clone for Digest<V, R> {
    fn clone(&self) -> Self {
        Self {
            verifier: self.verifier.clone(),
            replay: self.replay.clone(),
            offer: self.offer.clone(),
            prepared: self.prepared.clone(),
            nonces: self.nonces.clone(),
            lifetime: self.lifetime,
            instance: self.instance,
            nobody: self.nobody,
        }
    }
}

impl<V, R> fmt::Debug for Digest<V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest")
            .field("offer", &self.offer)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
