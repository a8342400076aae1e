//! How is a caller authenticated?
//!
//! An [`Identity`] returns a principal, or an [`Unauthenticated`] that says why there is none. Each
//! scheme is one file: [`Basic`], [`Bearer`], [`ApiKey`], [`ConnectionIdentity`]; `Digest` is a
//! folder. [`any_of`] combines several.

use std::future::Future;

use http::HeaderValue;
use http::request::Parts;

use crate::challenge::Challenges;
use crate::denial::{Cause, Unauthenticated};

mod any_of;
mod api_key;
mod arc;
mod attempt;
mod base64;
mod basic;
mod bearer;
mod connection;
#[cfg(feature = "digest")]
mod digest;
mod forward;
mod func;
#[cfg(feature = "memory")]
mod in_memory;
mod info;
mod map;
mod members;
mod request_challenges;
mod response_headers;
mod throttle;
mod throttled;
mod verify;

pub use any_of::{AnyOf, IdentityTuple, any_of};
pub use api_key::{ApiKey, InvalidApiKeyHeader};
pub use attempt::Attempt;
pub use basic::{Basic, Login};
pub use bearer::Bearer;
pub use connection::ConnectionIdentity;
#[cfg(feature = "digest")]
pub use digest::{
    Digest, DigestAccount, DigestAlgorithm, DigestSecret, DigestUser, DigestUsers, InvalidDigest,
    MemoryReplayStore, NonceCountStatus, NonceUse, ReplayStore,
};
#[cfg(feature = "oauth")]
pub(crate) use forward::forward_requests;
pub use func::{AsyncIdentityFn, IdentityFn, async_identity_fn, identity_fn};
#[cfg(feature = "memory")]
pub use in_memory::{Tokens, Users};
pub use info::IdentityInfo;
pub use map::Map;
pub use request_challenges::RequestChallenges;
pub use response_headers::ResponseHeaders;
pub use throttle::{Outcome, Throttle};
pub use throttled::Throttled;
pub use verify::{AsyncVerifyFn, SchemeVerifier, Verify, VerifyFn, async_verify_fn, verify_fn};

/// Authenticates requests.
///
/// Implement [`describe`](Self::describe), and [`identify`](Self::identify) or, if the identity
/// never waits, [`identify_now`](Self::identify_now):
///
/// ```
/// use http::HeaderName;
/// use http::request::Parts;
/// use portcullis::challenge::Challenge;
/// use portcullis::{Identity, IdentityInfo, Unauthenticated};
///
/// const CALLER: HeaderName = HeaderName::from_static("x-mesh-caller");
///
/// /// Trusts the name that the mesh's sidecar puts on every request.
/// struct Mesh {
///     challenge: Challenge,
/// }
///
/// impl Identity for Mesh {
///     type Principal = String;
///
///     fn describe(&self) -> IdentityInfo {
///         IdentityInfo::new(self.challenge.clone()).reads_headers([CALLER])
///     }
///
///     async fn identify(&self, request: &Parts) -> Result<String, Unauthenticated> {
///         let name = request.headers.get(CALLER).ok_or(Unauthenticated::missing())?;
///         Ok(name.to_str().map_err(|_| Unauthenticated::malformed())?.to_owned())
///     }
/// }
/// ```
///
/// An identity reads the request head, never the body. It may wait for a database, a socket or a
/// mutex. If it panics, the response is 500.
///
/// A scheme that takes a [`Verify`] from its user holds it in a [`SchemeVerifier`].
///
/// # Methods that may be left out
///
/// | without | the stage |
/// |---|---|
/// | `identify_now` | builds a future for each request |
/// | `identify` | refuses with 500 where `identify_now` returns `None` |
/// | `per_response_challenges` | sends the challenges of `describe` |
/// | `request_challenges` | sends the challenges of `describe` |
/// | `account` | tells a [`Throttle`] no account name |
///
/// # Wrappers
///
/// An identity around another one forwards `describe`, `identify`, `identify_now`,
/// `per_response_challenges`, `request_challenges` and `account`. A method that it does not forward has its default, as
/// in the table: no request is admitted that the inner identity would refuse. `Digest` however
/// needs `per_response_challenges`: without it, clients are offered one nonce until that is
/// outdated, and are refused from then on. [`IdentityInfo::and`] describes a combination of
/// several.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not authenticate requests",
    label = "not an `Identity`",
    note = "use a scheme (`Bearer::new`, `oauth::AccessTokens::new`, `Basic::new`, `ApiKey::new`, \
            `Digest::new`), combine several with `any_of((…))`, wrap a closure in \
            `identity_fn(challenge, |request| …)`, or implement `Identity`",
    note = "a verifier of tokens or passwords is not an identity yet: give it to a scheme, as in \
            `Bearer::new(\"realm\", tokens)?`, or `oauth::AccessTokens::new(\"realm\", tokens)?` for the \
            tokens of an authorization server",
    note = "nor is the `Result` of a scheme's constructor: add `?`"
)]
pub trait Identity: Send + Sync + 'static {
    /// The authenticated caller. The stage puts it into the request's extensions as
    /// [`Principal`](crate::Principal).
    type Principal: Clone + Send + Sync + 'static;

    /// Describes the challenges, the request headers that are read, and whether response headers
    /// are added. Called when the layer is built, and by some wrappers when they are.
    fn describe(&self) -> IdentityInfo;

    /// Authenticates a request.
    ///
    /// Unless overridden, it returns the result of [`identify_now`](Self::identify_now), or an
    /// error that the stage answers with 500 if that is `None`.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated::missing`] if the request has no credentials for this identity, so that
    /// [`any_of`] tries the next one. Any other [`Unauthenticated`] is final, unless [`any_of`] has
    /// another identity that reads the same credentials. Never return `missing`
    /// for credentials of a scheme that this identity offers: they were sent, so they are
    /// [`invalid`](Unauthenticated::invalid) or another error. The stage relies on it: it regards a
    /// caller who sent such credentials as authenticated by them ([C03](crate::semantics#c03)).
    fn identify(
        &self,
        request: &Parts,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send {
        async move { self.identify_now(request).unwrap_or_else(|| Err(cannot_wait("identify"))) }
    }

    /// Authenticates a request if that is possible without waiting. The stage calls it first, and
    /// builds no future if it returns `Some`. On `None`, the default, the stage calls
    /// [`identify`](Self::identify).
    ///
    /// `Some` must be the result that `identify` would have for the same request: the stage does
    /// not call `identify` to compare. Before `None`, it must not have changed anything (a counter,
    /// a nonce that may be used once), because `identify` starts again from the beginning.
    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        let _ = request;
        None
    }

    /// As [`identify_now`](Self::identify_now), for a stage that has looked up `Authorization`
    /// already. An optimization of this crate's schemes: the default ignores the header value.
    #[doc(hidden)]
    fn identify_now_by(
        &self,
        request: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        let _ = authorization;
        self.identify_now(request)
    }

    /// The challenges of one refusal, for schemes whose challenges cannot be prepared: each of
    /// Digest's has its own nonce (RFC 7616 §3.3). `None` unless overridden; the stage then sends
    /// the challenges of [`describe`](Self::describe), without extra cost.
    ///
    /// `cause` is the cause that the client may know. `attempted` is the offered scheme whose
    /// credentials were sent, if the request names one. Return as many challenges as `describe`
    /// has, of the same schemes in the same order; otherwise the stage sends those of `describe`.
    /// The stage calls this once when the layer is built: if it returns `None` then, it is not
    /// called again.
    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        let _ = (cause, attempted);
        None
    }

    /// The challenges for this request, in place of those of the same schemes that
    /// [`describe`](Self::describe) has: of this tenant, or with the scopes of this path. `None` unless
    /// overridden.
    ///
    /// The stage calls it before it identifies the caller, and only if `describe` says that the
    /// identity [makes such challenges](IdentityInfo::makes_request_challenges). They are sent with
    /// every refusal that has a challenge, also with the 403 of a caller that was authenticated
    /// ([C03](crate::semantics#c03)). If it panics, the stage sends those of `describe`.
    ///
    /// It sees what the client sent. Do not look up whether the resource exists: the challenge would
    /// reveal it. [`challenge_by`](Self::challenge_by) makes this method of a closure.
    fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        let _ = request;
        None
    }

    /// The account that the credentials name, as the client wrote it, for a [`Throttle`]; `None`
    /// unless overridden. Do not look it up: a name that does not exist is returned as well.
    ///
    /// If one account has several spellings, return the same one for all of them. Otherwise each
    /// spelling has its own attempts.
    fn account(&self, request: &Parts) -> Option<String> {
        let _ = request;
        None
    }

    /// Limits how often wrong credentials may be tried ([A18](crate::semantics#a18)). If the
    /// throttle refuses, the response is 429 with `Retry-After` and the identity is not called:
    /// neither the response nor its timing depends on the account or on whether the credentials
    /// were right.
    ///
    /// A request is an attempt if it has credentials of a scheme that this identity
    /// [offers](IdentityInfo::challenges), or another [header](IdentityInfo::headers) that it
    /// reads. For any other request the result is [missing](Unauthenticated::missing), without a
    /// call of the identity. So [`describe`](Self::describe) has to name every scheme and every
    /// header that the identity accepts. An identity that reads no header, but the connection, is
    /// always called. What the identity would have said itself about missing credentials is not sent;
    /// [`challenge_by`](Self::challenge_by) makes a challenge for these requests as well.
    ///
    /// An attempt that the client cancels stays counted ([A21](crate::semantics#a21)). [`Throttle`]
    /// says what a limiter has to count and to bound.
    ///
    /// In an [`any_of`], throttle one identity, some, or all of them together from outside. Identities
    /// of [one scheme](any_of#several-identities-of-one-scheme) need one throttle around all of them. A
    /// refusal by the throttle is final ([A08](crate::semantics#a08)), and no stage treats the
    /// caller as anonymous ([A09](crate::semantics#a09)).
    ///
    /// ```
    /// use std::hash::{BuildHasher, RandomState};
    /// use std::sync::Mutex;
    /// use std::time::{Duration, Instant};
    /// use portcullis::{Attempt, Basic, Identity, Outcome, Throttle, Users};
    ///
    /// /// Five wrong passwords a minute for an account. Clients choose the names, so all names share
    /// /// 4096 counters, and none is evicted. Anyone can lock any account for a minute: the
    /// /// example `passwords` counts by address first.
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
    ///         *tried += 1; // counted before it is checked: parallel attempts count too
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

    /// Makes the challenges of this identity depend on the request: the closure returns the challenge
    /// for a request, or `None` to send those of [`describe`](Self::describe). It replaces the
    /// challenges of its scheme wherever one is sent ([A15](crate::semantics#a15)), and the stage adds
    /// to it what it adds to those: the error, the scopes that a policy requires, and the configured
    /// scopes if it names none.
    ///
    /// The closure is called for every request, so clone challenges that were built before where that
    /// is possible. If it returns a scheme that this identity does not offer, the challenge is
    /// appended.
    ///
    /// ```
    /// use http::request::Parts;
    /// use portcullis::challenge::Challenge;
    /// use portcullis::{AuthenticateLayer, Bearer, Identity, Unauthenticated, verify_fn};
    ///
    /// # let tokens = verify_fn(|_: &str| Err::<(), _>(Unauthenticated::invalid()));
    /// // A registry of images: the client requests a token for exactly what stands there.
    /// let identity = Bearer::new("https://auth.example/token", tokens)?
    ///     .with_param("service", "registry.example")?
    ///     .challenge_by(|request: &Parts| {
    ///         let name = request.uri.path().strip_prefix("/v2/")?.split("/manifests/").next()?;
    ///         let challenge = Challenge::builder("Bearer")
    ///             .realm("https://auth.example/token")
    ///             .param("service", "registry.example")
    ///             .param("scope", &format!("repository:{name}:pull"));
    ///         challenge.build().ok()
    ///     });
    /// let layer = AuthenticateLayer::new(identity);
    /// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
    /// ```
    fn challenge_by<F, C>(self, challenge: F) -> RequestChallenges<Self, F>
    where
        Self: Sized,
        F: Fn(&Parts) -> Option<C> + Send + Sync + 'static,
        C: Into<Challenges>,
    {
        RequestChallenges::new(self, challenge)
    }

    /// Converts the principal into another type, so that [`any_of`] can combine identities of
    /// different principal types.
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

/// The error of a trait that was implemented without its method that waits.
#[cold]
fn cannot_wait(method: &str) -> Unauthenticated {
    let source = format!("`{method}_now` returned `None`, and `{method}` is not implemented");
    Unauthenticated::internal_error().with_source(source)
}
