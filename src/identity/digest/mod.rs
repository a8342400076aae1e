//! The `Digest` scheme (RFC 7616).
//!
//! This file is the configuration. `identify` authenticates a request in these steps: `credentials`
//! parses it and compares its `uri`, `nonce` verifies the nonce, the verifier looks up the
//! `account`, `response` computes the hash values, and `replay` records the nonce count.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::challenge::{Challenges, InvalidChallenge};
use crate::identity::SchemeVerifier;

mod account;
mod credentials;
mod hash;
mod identify;
mod memory_store;
mod nonce;
mod replay;
mod response;
mod template;
mod users;

pub use account::{DigestAccount, DigestSecret, DigestUser};
pub use hash::DigestAlgorithm;
pub use memory_store::MemoryReplayStore;
pub use replay::{NonceCountStatus, NonceUse, ReplayStore};
pub use users::DigestUsers;

use nonce::Nonces;
use template::ChallengeTemplate;

/// Authenticates callers by a hash of their password in `Authorization: Digest …` (RFC 7616).
///
/// The password is never sent. The client sends a hash over password, method, target and a nonce of
/// the server, which is accepted once. A [`Verify<DigestUser>`](crate::Verify) looks up the user
/// and returns a [`DigestAccount`] with the stored `H(user:realm:password)`.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response, StatusCode};
/// use http_body_util::Full;
/// use portcullis::{AuthenticateLayer, Digest, DigestUsers, Principal};
/// use tower::{Service, ServiceBuilder, ServiceExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
///
/// let service = ServiceBuilder::new()
///     .layer(AuthenticateLayer::new(Digest::from_users(users)?))
///     .service_fn(|request: Request<()>| async move {
///         let name = Principal::<&str>::of(request.extensions()).unwrap();
///         Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(format!("hello, {name}"))))
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
/// # Refusals
///
/// | request | response |
/// |---|---|
/// | a parameter is missing (also `qop`, which prevents a downgrade to RFC 2069) or occurs twice; both `username` and `username*`; a `uri` that is not the request target | 400 |
/// | a malformed parameter | 401, malformed |
/// | `qop`, `algorithm` or `userhash` that was not offered; another realm or `opaque`; an unknown user; a secret that is not for the algorithm; a wrong response | 401, invalid |
/// | a right response with a nonce that is outdated, evicted from the store, of another server or of this one before a restart; or with a count that was used before | 401 with `stale=true`: the client retries without asking its user |
///
/// A value that was not offered gets 401 and not 400, because browsers read the challenges of a 401
/// only: after a change of the configuration they find the new ones.
///
/// `stale=true` admits no request, so that a recorded response cannot be replayed. It tells that the
/// response is right, to a client that could have made it or has recorded it. A
/// [`Throttle`](crate::Throttle) does not count it, since nothing was guessed; otherwise a restart
/// would lock users out. A wrong response is invalid, whatever its nonce is.
///
/// # Where the stage belongs
///
/// The `uri` of the credentials is compared with the [original target](crate::OriginalTarget), which
/// is the request target *as the stage sees it* unless the stage is told otherwise. A router that
/// removes a prefix (`nest` of axum) and a front server that rewrites paths change the target: put the
/// stage outside of the router, or tell it the original
/// ([`AuthenticateLayer::original_target`](crate::AuthenticateLayer::original_target)).
///
/// # Several machines
///
/// Every machine with the same [key](Self::key) accepts the nonces of the others. The counts that
/// were used have to be in a common [`ReplayStore`].
///
/// Machines without a common key answer the nonces of the others with `stale=true`. A client that
/// moves to another machine then needs one more round trip; one whose every request goes to another
/// machine never gets in (Chromium gives up after 32 requests, curl after 50).
pub struct Digest<V, R = MemoryReplayStore> {
    verifier: SchemeVerifier<V>,
    replay: Arc<R>,
    template: ChallengeTemplate,
    nonces: Nonces,
    lifetime: Duration,
    instance: [u8; 16],
    /// Used for users without a secret, so that the same work is done for them.
    dummy_secret: [u8; 32],
}

/// The error of an invalid configuration of [`Digest`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDigest {
    /// A value cannot be written into a challenge.
    #[error(transparent)]
    Challenge(#[from] InvalidChallenge),
    /// No algorithm is offered.
    #[error("there is no algorithm to offer: name one, such as `DigestAlgorithm::Sha256`")]
    NoAlgorithm,
    /// The lifetime of nonces is under a millisecond, or over 30 days.
    #[error("a nonce lives for a millisecond to 30 days: take five minutes, or an hour")]
    Lifetime,
    /// An entry of `domain` is neither a path nor an absolute URI.
    #[error("`domain` takes paths that begin with `/`, and absolute URIs")]
    Domain,
    /// The stored secret has the wrong number of hexadecimal digits.
    #[error("H(user:realm:password) is 64 hexadecimal digits, or 32 for MD5")]
    Secret,
    /// The system's random number generator failed, without which nonces could be forged.
    #[error("the system's random number generator failed")]
    Randomness,
}

/// The allowed lifetimes of a nonce. A replay store has to remember a nonce for as long, and its
/// expiry must not overflow a `SystemTime`.
const LIFETIMES: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(30 * 24 * 60 * 60);

impl<V> Digest<V> {
    /// Authenticates users of this realm (RFC 9110 §11.5) with this verifier. It offers SHA-256,
    /// with nonces that live for five minutes, and stores their counts in memory.
    ///
    /// The verifier's secrets must be of this realm and for the offered algorithms, which cannot be
    /// checked: with any other secret, the password of the client is wrong. Users in memory know
    /// their realm and have their own constructor, [`Digest::from_users`].
    ///
    /// # Errors
    ///
    /// [`InvalidDigest`] if the realm cannot be written into a challenge, or if the system's random
    /// number generator fails.
    pub fn new(realm: &str, verifier: V) -> Result<Self, InvalidDigest> {
        let (mut key, mut instance, mut dummy_secret) = ([0; 32], [0; 16], [0; 32]);
        for bytes in [&mut key[..], &mut instance, &mut dummy_secret] {
            getrandom::fill(bytes).map_err(|_| InvalidDigest::Randomness)?;
        }
        let nonces = Nonces::new(&key, realm, &instance);
        let template = ChallengeTemplate::new(realm)?;
        let lifetime = Duration::from_secs(300);
        let replay = Arc::default();
        let verifier = SchemeVerifier::new(verifier);
        Ok(Self { verifier, replay, template, nonces, lifetime, instance, dummy_secret })
    }
}

impl<P> Digest<DigestUsers<P>> {
    /// As [`Digest::new`], with these users and their realm. They have secrets for every algorithm,
    /// except users that were added by [secret](DigestUsers::with_secret).
    ///
    /// ```
    /// use portcullis::{Digest, DigestUsers};
    ///
    /// let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
    /// let identity = Digest::from_users(users)?.allow_md5(); // for wget, which has no other
    /// # Ok::<(), portcullis::identity::InvalidDigest>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Digest::new`].
    pub fn from_users(users: DigestUsers<P>) -> Result<Self, InvalidDigest> {
        let realm = users.realm.clone();
        Self::new(&realm, users)
    }
}

impl<V, R> Digest<V, R> {
    /// Offers these algorithms and no others, the strongest first in any case. MD5 is offered only
    /// if it is named here.
    ///
    /// Clients differ: curl reads only the first Digest challenge and supports SHA-256 and MD5 but,
    /// in many builds, not SHA-512-256 (7.88 does not). Python's `requests` takes the last
    /// challenge, and supports no `-sess` variant but `MD5-sess`.
    ///
    /// ```
    /// use portcullis::identity::DigestAlgorithm;
    /// use portcullis::{Digest, DigestUsers};
    ///
    /// # let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
    /// let algorithms = [DigestAlgorithm::Sha512_256, DigestAlgorithm::Sha256];
    /// let identity = Digest::from_users(users)?.algorithms(algorithms)?;
    /// # Ok::<(), portcullis::identity::InvalidDigest>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::NoAlgorithm`] if the list is empty.
    pub fn algorithms(
        mut self,
        algorithms: impl IntoIterator<Item = DigestAlgorithm>,
    ) -> Result<Self, InvalidDigest> {
        let mut algorithms: Vec<_> = algorithms.into_iter().collect();
        algorithms.sort();
        algorithms.dedup();
        if algorithms.is_empty() {
            return Err(InvalidDigest::NoAlgorithm);
        }
        self.template.algorithms = algorithms;
        Ok(self)
    }

    /// Offers MD5 as well, after the others, for clients that support nothing else. An eavesdropper
    /// can then search for the password faster. Your own verifier needs an MD5 secret of each user
    /// too.
    #[must_use]
    pub fn allow_md5(mut self) -> Self {
        if !self.template.algorithms.contains(&DigestAlgorithm::Md5) {
            self.template.algorithms.push(DigestAlgorithm::Md5);
            self.template.algorithms.sort();
        }
        self
    }

    /// Allows clients to hash the user's name (RFC 7616 §3.4.4); off by default. The verifier must
    /// then find users by [`DigestUser::userhash`].
    #[must_use]
    pub fn userhash(mut self, allowed: bool) -> Self {
        self.template.userhash = allowed;
        self
    }

    /// Names the URIs of the protection space: paths, or absolute URIs on this and other servers.
    /// By default clients assume the whole server (RFC 7616 §3.3).
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::Domain`] if one is neither.
    pub fn domain<'a>(
        mut self,
        uris: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidDigest> {
        self.template.set_param("domain", template::domain(uris)?.as_deref())?;
        Ok(self)
    }

    /// Sends `opaque`, for clients that require it. This crate does not need it: a client that
    /// returns another value is refused as invalid, a client that returns none is not.
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::Challenge`] if it is not printable ASCII.
    pub fn opaque(mut self, opaque: &str) -> Result<Self, InvalidDigest> {
        self.template.set_param("opaque", Some(opaque))?;
        Ok(self)
    }

    /// Sets the lifetime of nonces. When a nonce expires, the client needs one more round trip. A
    /// recorded response is useless to an eavesdropper even before, because its count was used.
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::Lifetime`] if it is under a millisecond, or over 30 days.
    pub fn nonce_lifetime(mut self, lifetime: Duration) -> Result<Self, InvalidDigest> {
        if !LIFETIMES.contains(&lifetime) {
            return Err(InvalidDigest::Lifetime);
        }
        self.lifetime = lifetime;
        Ok(self)
    }

    /// Makes nonces with this secret key, instead of a random key of the process.
    ///
    /// Machines with the same key accept each other's nonces, and nonces stay valid after a
    /// restart. So with a key, set a [`replay_store`](Self::replay_store) that all these machines
    /// share and that survives restarts. Otherwise a recorded request can be replayed to another
    /// machine, or after a restart.
    ///
    /// ```
    /// use portcullis::identity::MemoryReplayStore;
    /// use portcullis::{Digest, DigestUsers};
    ///
    /// # fn secret_of_the_cluster() -> [u8; 32] { [7; 32] }
    /// # fn shared_store() -> MemoryReplayStore { MemoryReplayStore::new() }
    /// # let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
    /// let identity = Digest::from_users(users)?.key(secret_of_the_cluster()).replay_store(shared_store());
    /// # Ok::<(), portcullis::identity::InvalidDigest>(())
    /// ```
    #[must_use]
    pub fn key(mut self, key: [u8; 32]) -> Self {
        self.nonces = Nonces::new(&key, &self.template.realm, &self.instance);
        self
    }

    /// Records the counts of nonces in this store; by default in a [`MemoryReplayStore`] of 65,536
    /// nonces.
    ///
    /// ```
    /// use portcullis::identity::MemoryReplayStore;
    /// use portcullis::{Digest, DigestUsers};
    ///
    /// # let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
    /// let identity = Digest::from_users(users)?.replay_store(MemoryReplayStore::with_max_nonces(1_000));
    /// # Ok::<(), portcullis::identity::InvalidDigest>(())
    /// ```
    #[must_use]
    pub fn replay_store<S>(self, store: S) -> Digest<V, S> {
        Digest {
            verifier: self.verifier,
            replay: Arc::new(store),
            template: self.template,
            nonces: self.nonces,
            lifetime: self.lifetime,
            instance: self.instance,
            dummy_secret: self.dummy_secret,
        }
    }

    /// The challenges of one response, with a new nonce.
    fn challenges_with_new_nonce(&self, stale: bool) -> Challenges {
        self.template.challenges(self.nonces.issue(SystemTime::now()).as_str(), stale)
    }
}

impl<V: Clone, R> Clone for Digest<V, R> {
    fn clone(&self) -> Self {
        Self {
            verifier: self.verifier.clone(),
            replay: self.replay.clone(),
            template: self.template.clone(),
            nonces: self.nonces.clone(),
            lifetime: self.lifetime,
            instance: self.instance,
            dummy_secret: self.dummy_secret,
        }
    }
}

impl<V, R> fmt::Debug for Digest<V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digest")
            .field("template", &self.template)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
