//! Who sent the request?
//!
//! An [`Identity`] answers with a principal, or says why it cannot ([`Unauthenticated`]). The
//! schemes are one file each: [`Basic`], [`Bearer`], [`ApiKey`], [`ConnectionIdentity`]; `Digest` has rooms of its
//! own. [`any_of`] offers several.

use std::future::Future;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, HeaderValue};

use crate::challenge::Challenges;
use crate::denial::{Cause, Unauthenticated};

mod any_of;
mod api_key;
mod attempt;
mod basic;
mod bearer;
mod connection;
#[cfg(feature = "digest")]
mod digest;
mod func;
#[cfg(feature = "memory")]
mod in_memory;
mod map;
mod response_headers;
mod throttle;
mod throttled;
mod verify;

pub use any_of::{AnyOf, IdentityTuple, any_of};
pub use api_key::{ApiKey, InvalidApiKeyField};
pub use attempt::Attempt;
pub use basic::{Basic, Login};
pub use bearer::Bearer;
pub use connection::ConnectionIdentity;
#[cfg(feature = "digest")]
pub use digest::{
    Digest, DigestAccount, DigestAlgorithm, DigestSecret, DigestUser, DigestUsers, InvalidDigest,
    MemoryReplayStore, NonceCountStatus, NonceUse, ReplayStore,
};
pub use func::{AsyncIdentityFn, IdentityFn, async_identity_fn, identity_fn};
#[cfg(feature = "memory")]
pub use in_memory::{Tokens, Users};
pub use map::Map;
pub use response_headers::ResponseHeaders;
pub use throttle::{Outcome, Throttle};
pub use throttled::Throttled;
pub use verify::{AsyncVerifyFn, Verify, VerifyFn, async_verify_fn, verify_fn};

/// Establishes who sent a request.
///
/// It looks at the request's head; the body is never touched. Anything that waits may wait here:
/// a database, a socket, a mutex. A panic is answered with 500, never with a permit.
///
/// ```
/// use http::request::Parts;
/// use portcullis::challenge::{Challenge, Challenges};
/// use portcullis::{Identity, Unauthenticated};
///
/// /// Trusts the name that the mesh's sidecar puts on every request.
/// struct Mesh {
///     challenge: Challenge,
/// }
///
/// impl Identity for Mesh {
///     type Principal = String;
///
///     async fn identify(&self, request: &Parts) -> Result<String, Unauthenticated> {
///         let name = request.headers.get("x-mesh-caller").ok_or(Unauthenticated::missing())?;
///         Ok(name.to_str().map_err(|_| Unauthenticated::malformed())?.to_owned())
///     }
///
///     fn challenges(&self) -> Challenges {
///         Challenges::new(self.challenge.clone())
///     }
///
///     fn credential_headers(&self) -> Vec<http::HeaderName> {
///         vec![http::HeaderName::from_static("x-mesh-caller")]
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not establish who sent a request",
    label = "not an `Identity`",
    note = "use a scheme (`Bearer::new`, `Basic::new`, `ApiKey::new`, `Digest::new`), combine several with \
            `any_of((…))`, wrap a closure in `identity_fn(challenge, |request| …)`, or implement \
            `Identity`",
    note = "a verifier of tokens or passwords is not an identity yet: give it to a scheme, as in \
            `Bearer::new(\"realm\", tokens)?`"
)]
pub trait Identity: Send + Sync + 'static {
    /// Whoever sent the request. It is put into the request's extensions as
    /// [`Principal`](crate::Principal).
    type Principal: Clone + Send + Sync + 'static;

    /// Who sent this request?
    ///
    /// # Errors
    ///
    /// [`Unauthenticated::missing`] if the request has no credentials for this identity, which
    /// lets others be asked; any other [`Unauthenticated`] ends the search. Credentials of a
    /// scheme that it offers are never missing: the stage takes a caller who sent some to have
    /// come by them (C03).
    fn identify(
        &self,
        request: &Parts,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send;

    /// The answer, if it can be given without waiting; then no future is built for it. `None`
    /// asks [`identify`](Self::identify) instead.
    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        let _ = request;
        None
    }

    /// The same, where the `Authorization` header of the request has been looked up already. Unless
    /// overridden, this asks [`identify_now`](Self::identify_now), which may look it up once more.
    #[doc(hidden)]
    fn identify_now_by(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        let _ = authorization;
        self.identify_now(request)
    }

    /// What a 401 offers, in this order. Asked once, when the layer is built.
    fn challenges(&self) -> Challenges;

    /// The challenges of one refusal, where they cannot be written in advance: Digest's have a
    /// nonce of their own (RFC 7616 §3.3). `None` unless overridden, which offers
    /// [`challenges`](Self::challenges) and costs nothing.
    ///
    /// `cause` is what the client is told, and `attempted` the offered scheme whose credentials
    /// were sent, as far as the request tells. They must be as many as the prepared ones, of the
    /// same schemes, in the same order; else those are offered. Whether there are any is asked
    /// once, when the layer is built.
    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        let _ = (cause, attempted);
        None
    }

    /// Whether it puts fields on answers, by way of the [`ResponseHeaders`] in the request's
    /// extensions; `false` unless overridden, and then there are none. Asked once, when the layer
    /// is built.
    fn adds_response_headers(&self) -> bool {
        false
    }

    /// The request fields that it reads, `Authorization` unless overridden. Asked once, when the
    /// layer is built.
    ///
    /// The stage refuses a request that carries one of them twice (`Cookie` apart), tells caches that
    /// the answer depends on them, marks their values as sensitive (A25), and at a proxy does not
    /// forward them (B02).
    fn credential_headers(&self) -> Vec<HeaderName> {
        vec![AUTHORIZATION]
    }

    /// The account that the credentials name, as they name it, for a [`Throttle`]; `None` unless
    /// overridden. Nothing is looked up: an account that does not exist has a name all the same.
    ///
    /// Where one account has several spellings, this is one of them always, or each of them gets
    /// its own attempts.
    fn account(&self, request: &Parts) -> Option<String> {
        let _ = request;
        None
    }

    /// Limits how often wrong credentials may be tried (A18). Where the throttle refuses, the answer
    /// is 429 with `Retry-After`, and the identity is not even asked: nothing on the answer, nor the
    /// time it takes, depends on the account or on whether the credentials were right.
    ///
    /// A request is an attempt if it has credentials of a scheme that this identity offers, or
    /// another field that it [reads](Self::credential_headers). Any other request is answered with
    /// [missing](Unauthenticated::missing), and the identity is not asked. So
    /// [`challenges`](Self::challenges) has to name every scheme that the identity takes, and
    /// [`credential_headers`](Self::credential_headers) every field. An identity that reads no field, but the connection, is
    /// always asked.
    ///
    /// An attempt that the client cancels stays counted (A21). [`Throttle`] says what a limiter has to
    /// count and to bound.
    ///
    /// In an [`any_of`] one identity may be throttled, or some, or all together from outside. What is
    /// refused here is not offered to another (A08), and no stage takes it for anonymous (A09).
    ///
    /// ```
    /// use std::hash::{BuildHasher, RandomState};
    /// use std::sync::Mutex;
    /// use std::time::{Duration, Instant};
    /// use portcullis::{Attempt, Basic, Identity, Outcome, Throttle, Users};
    ///
    /// /// Five wrong passwords a minute for an account. Names come from strangers, so they share
    /// /// 4096 counters, none of which is evicted. It lets anyone lock any account for a minute:
    /// /// the example `passwords` counts by address first.
    /// struct FiveAMinute {
    ///     minute: Mutex<(Instant, [u8; 4096])>,
    ///     names: RandomState,
    /// }
    ///
    /// impl FiveAMinute {
    ///     fn counter(&self, attempt: &Attempt<'_>) -> usize {
    ///         self.names.hash_one(attempt.account()) as usize % 4096
    ///     }
    /// }
    ///
    /// impl Throttle for FiveAMinute {
    ///     fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration> {
    ///         let mut minute = self.minute.lock().unwrap();
    ///         let left = Duration::from_secs(60).saturating_sub(minute.0.elapsed());
    ///         if left.is_zero() {
    ///             *minute = (Instant::now(), [0; 4096]);
    ///         }
    ///         let tried = &mut minute.1[self.counter(attempt)];
    ///         if *tried == 5 {
    ///             return Err(left);
    ///         }
    ///         *tried += 1; // counted before it is judged, so that none slips by meanwhile
    ///         Ok(())
    ///     }
    ///
    ///     fn settle(&self, attempt: &Attempt<'_>, outcome: Outcome) {
    ///         if !outcome.counts() {
    ///             let tried = &mut self.minute.lock().unwrap().1[self.counter(attempt)];
    ///             *tried = tried.saturating_sub(1); // another minute may have begun
    ///         }
    ///     }
    /// }
    ///
    /// let minute = Mutex::new((Instant::now(), [0; 4096]));
    /// let throttle = FiveAMinute { minute, names: RandomState::new() };
    /// let users = Users::new().with("alice", "wonderland", "alice");
    /// let identity = Basic::new("notes", users)?.throttled(throttle);
    /// # use headers::{Authorization, HeaderMapExt};
    /// # let log_in = |user: &str, password: &str| {
    /// #     let (mut request, ()) = http::Request::new(()).into_parts();
    /// #     request.headers.typed_insert(Authorization::basic(user, password));
    /// #     identity.identify_now(&request).unwrap().map_err(|refused| refused.cause())
    /// # };
    /// # (0..9).for_each(|_| assert_eq!(log_in("alice", "wonderland"), Ok("alice")));
    /// # (0..5).for_each(|_| assert_eq!(log_in("alice", "x"), Err(portcullis::Cause::Invalid)));
    /// # assert_eq!(log_in("alice", "wonderland"), Err(portcullis::Cause::Throttled));
    /// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
    /// ```
    fn throttled<T: Throttle>(self, throttle: T) -> Throttled<Self, T>
    where
        Self: Sized,
    {
        Throttled::new(self, throttle)
    }

    /// Turns the principal into another type, so that identities of different kinds can be
    /// offered together.
    ///
    /// ```
    /// use portcullis::{Basic, Bearer, Identity, Unauthenticated, any_of, verify_fn, Login};
    ///
    /// #[derive(Clone)]
    /// enum Caller {
    ///     Person(String),
    ///     Machine(u32),
    /// }
    ///
    /// let people = verify_fn(|login: &Login| Ok(login.user().to_owned()));
    /// let machines = verify_fn(|token: &str| {
    ///     token.parse::<u32>().map_err(|_| Unauthenticated::invalid())
    /// });
    /// let identity = any_of((
    ///     Bearer::new("notes", machines)?.map(Caller::Machine),
    ///     Basic::new("notes", people)?.map(Caller::Person),
    /// ));
    /// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
    /// ```
    fn map<T, F>(self, into: F) -> Map<Self, F>
    where
        Self: Sized,
        F: Fn(Self::Principal) -> T + Send + Sync + 'static,
        T: Clone + Send + Sync + 'static,
    {
        Map::new(self, into)
    }
}

impl<I: Identity> Identity for std::sync::Arc<I> {
    type Principal = I::Principal;

    fn identify(
        &self,
        request: &Parts,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send {
        I::identify(self, request)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        I::identify_now(self, request)
    }

    fn identify_now_by(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        I::identify_now_by(self, request, authorization)
    }

    fn challenges(&self) -> Challenges {
        I::challenges(self)
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        I::per_response_challenges(self, cause, attempted)
    }

    fn adds_response_headers(&self) -> bool {
        I::adds_response_headers(self)
    }

    fn credential_headers(&self) -> Vec<HeaderName> {
        I::credential_headers(self)
    }

    fn account(&self, request: &Parts) -> Option<String> {
        I::account(self, request)
    }
}
