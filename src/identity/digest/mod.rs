//! The `Digest` scheme (RFC 7616).
//!
//! This file is how it is configured. A request is judged in `judging`, and passes through these
//! rooms: `credentials` reads it, `target` compares its `uri`, `nonce` judges its nonce, an `account`
//! is looked up, `exchange` does the sums, and `replay` counts.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::challenge::{Challenges, InvalidChallenge};
use crate::identity::SchemeVerifier;

mod account;
mod algorithm;
mod ext_value;
mod hex;
mod identify;
mod memory_store;
mod nonce;
mod params;
mod replay;
mod response;
mod target;
mod template;
mod users;

pub use account::{DigestAccount, DigestSecret, DigestUser};
pub use algorithm::DigestAlgorithm;
pub use memory_store::MemoryReplayStore;
pub use replay::{NonceCountStatus, NonceUse, ReplayStore};
pub use users::DigestUsers;

use nonce::Nonces;
use template::ChallengeTemplate;

/// Identifies callers by a digest of their password in `Authorization: Digest …` (RFC 7616).
///
/// The password is never sent; what is sent is bound to the method, the target and a nonce of
/// ours, and is good once. Accounts are looked up by a [`Verify<DigestUser>`](crate::Verify) that
/// answers with a [`DigestAccount`]: the password, or the stored `H(user:realm:password)`.
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
/// # What is refused, and how
///
/// | situation | answer |
/// |---|---|
/// | a parameter is missing (`qop` too, so nobody falls back to RFC 2069), or there twice; `username` and `username*`; a `uri` that is not the request target | 400 |
/// | a parameter has the wrong form | 401, malformed |
/// | `qop`, `algorithm` or `userhash` that was not offered; another realm; a nonce that is not ours; unknown user; a secret that is not for the algorithm; wrong response; a count that was used | 401, invalid |
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
    verifier: SchemeVerifier<V>,
    replay: Arc<R>,
    offer: ChallengeTemplate,
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
    /// The nonces are outdated when they are made, or good for more than a month.
    #[error("a nonce lives for a millisecond to 30 days: take five minutes, or an hour")]
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

/// How long a nonce may live. A replay store has to remember for as long, and the end has to be a
/// time that clocks can tell.
const LIFETIMES: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_secs(30 * 24 * 60 * 60);

impl<V> Digest<V> {
    /// Users of this realm (RFC 9110 §11.5), looked up by this verifier. It offers SHA-256 with
    /// nonces that live for five minutes, and remembers their counts in memory.
    ///
    /// The secrets that the verifier answers with must be of this realm and for the algorithms on
    /// offer, which nobody can check here: to a client another secret is a wrong password. Users in
    /// memory know their realm, and have a constructor of their own: [`Digest::from_users`].
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
        let offer = ChallengeTemplate::new(realm)?;
        let lifetime = Duration::from_secs(300);
        let replay = Arc::default();
        let verifier = SchemeVerifier::new(verifier);
        Ok(Self { verifier, replay, offer, nonces, lifetime, instance, nobody })
    }
}

impl<P> Digest<DigestUsers<P>> {
    /// These users, and their realm; else as [`Digest::new`]. They have secrets for every
    /// algorithm that may be offered, unless they were added by [secret](DigestUsers::with_secret).
    ///
    /// ```
    /// use portcullis::{Digest, DigestUsers};
    ///
    /// let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
    /// let identity = Digest::from_users(users)?.allow_md5(); // for wget, which knows nothing better
    /// # Ok::<(), portcullis::InvalidDigest>(())
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
    /// Offers these algorithms, and no others; in whatever order they are named, the strongest
    /// comes first. MD5 is among them if you name it.
    ///
    /// Think of your clients: curl looks at the first challenge of the scheme and at no other, and
    /// it knows SHA-256 and MD5 but, in many builds, not SHA-512-256 (7.88 does not). Python's
    /// `requests` takes the last that it finds, and knows of the `-sess` variants `MD5-sess` alone.
    ///
    /// ```
    /// use portcullis::{Digest, DigestAlgorithm, DigestUsers};
    ///
    /// # let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
    /// let algorithms = [DigestAlgorithm::Sha512_256, DigestAlgorithm::Sha256];
    /// let identity = Digest::from_users(users)?.algorithms(algorithms)?;
    /// # Ok::<(), portcullis::InvalidDigest>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::NoAlgorithm`] if there is none.
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
        self.offer.algorithms = algorithms;
        Ok(self)
    }

    /// Offers MD5 as well, behind the others, for clients that know nothing better. Who can listen
    /// may then look for the password faster. A verifier of your own needs a secret of each user for
    /// MD5 too.
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
        mut self,
        uris: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, InvalidDigest> {
        self.offer.set_param("domain", template::domain(uris)?.as_deref())?;
        Ok(self)
    }

    /// Sends `opaque`, for clients that miss it. Nothing here needs it; a client that returns
    /// another is refused as invalid, one that returns none is not.
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::Challenge`] if it is more than printable ASCII.
    pub fn opaque(mut self, opaque: &str) -> Result<Self, InvalidDigest> {
        self.offer.set_param("opaque", Some(opaque))?;
        Ok(self)
    }

    /// How long a nonce is good. A client notices its end by one more round trip; who has caught
    /// a response can do nothing with it anyway, once it was used.
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

    /// Makes nonces with this secret key, and not with one that is drawn when the process starts.
    ///
    /// Machines that share the key accept each other's nonces, and the nonces from before a restart
    /// stay good. So which counts were used has to be known to all of these machines, and after
    /// the restart: with a key, give a [`replay_store`](Self::replay_store) that they share and that
    /// lasts. Else a request that somebody caught may be sent once more to another machine, or after
    /// the restart.
    ///
    /// ```
    /// use portcullis::{Digest, DigestUsers, MemoryReplayStore};
    ///
    /// # fn secret_of_the_cluster() -> [u8; 32] { [7; 32] }
    /// # fn shared_store() -> MemoryReplayStore { MemoryReplayStore::new() }
    /// # let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
    /// let identity = Digest::from_users(users)?.key(secret_of_the_cluster()).replay_store(shared_store());
    /// # Ok::<(), portcullis::InvalidDigest>(())
    /// ```
    #[must_use]
    pub fn key(mut self, key: [u8; 32]) -> Self {
        self.nonces = Nonces::new(&key, &self.offer.realm, &self.instance);
        self
    }

    /// Remembers there which counts of which nonces were used; in memory unless set, with room for
    /// 65,536 nonces.
    ///
    /// ```
    /// use portcullis::{Digest, DigestUsers, MemoryReplayStore};
    ///
    /// # let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
    /// let identity = Digest::from_users(users)?.replay_store(MemoryReplayStore::with_room_for(1_000));
    /// # Ok::<(), portcullis::InvalidDigest>(())
    /// ```
    #[must_use]
    pub fn replay_store<S>(self, store: S) -> Digest<V, S> {
        Digest {
            verifier: self.verifier,
            replay: Arc::new(store),
            offer: self.offer,
            nonces: self.nonces,
            lifetime: self.lifetime,
            instance: self.instance,
            nobody: self.nobody,
        }
    }

    /// The challenges of one answer, with a nonce of their own.
    fn challenges_with_new_nonce(&self, stale: bool) -> Challenges {
        self.offer.challenges(self.nonces.issue(SystemTime::now()).as_str(), stale)
    }
}

impl<V: Clone, R> Clone for Digest<V, R> {
    fn clone(&self) -> Self {
        Self {
            verifier: self.verifier.clone(),
            replay: self.replay.clone(),
            offer: self.offer.clone(),
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
