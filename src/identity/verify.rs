//! [`Verify`]: are these credentials right? A scheme parses credentials, the application verifies
//! them.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use super::cannot_wait;
use crate::debug::opaque_debug;
use crate::denial::Unauthenticated;

/// Verifies well-formed credentials: a token ([`str`]) for [`Bearer`](crate::Bearer) and
/// [`ApiKey`](crate::ApiKey), a [`Login`](crate::Login) for [`Basic`](crate::Basic). For `Digest`
/// it looks up the secret of a user.
///
/// Compare secrets in constant time, or compare their digests. Do the same work for a user who does
/// not exist; otherwise the time of a refusal reveals which users exist
/// ([A06](crate::semantics#a06)). With the `memory` feature, `Users` and `Tokens` do both.
///
/// Implement [`verify`](Self::verify) or, if the verifier never waits,
/// [`verify_now`](Self::verify_now). Without `verify_now`, a future is built for each request.
/// Without `verify`, a request for which `verify_now` returns `None` is refused with 500.
///
/// ```
/// use portcullis::{Unauthenticated, Verify};
///
/// # #[derive(Clone)] struct User;
/// # struct Database;
/// # impl Database {
/// #     async fn user_of(&self, token: &str) -> Result<Option<User>, std::io::Error> { Ok(None) }
/// # }
/// impl Verify<str> for Database {
///     type Principal = User;
///
///     async fn verify(&self, token: &str) -> Result<User, Unauthenticated> {
///         match self.user_of(token).await {
///             Ok(Some(user)) => Ok(user),
///             Ok(None) => Err(Unauthenticated::invalid()),
///             // An outage is not a refusal: 503, and the client keeps its credentials.
///             Err(error) => Err(Unauthenticated::unavailable().with_source(error)),
///         }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not verify `{C}`",
    note = "`Bearer`, `ApiKey` and `oauth::AccessTokens` need a `Verify<str>`, `Basic` needs a \
            `Verify<Login>`, `Digest` needs a `Verify<DigestUser, Principal = DigestAccount<_>>`",
    note = "wrap a closure in `verify_fn(|token: &str| …)` or `verify_fn(|login: &Login| …)`, or \
            use `async_verify_fn`, or implement `Verify`"
)]
pub trait Verify<C: ?Sized>: Send + Sync + 'static {
    /// The caller whose credentials these are.
    type Principal: Clone + Send + Sync + 'static;

    /// Returns the caller whose credentials these are. `Ok` authenticates, whatever it holds: `Ok(false)`
    /// and `Ok(None)` admit every caller.
    ///
    /// Unless overridden, it returns the result of [`verify_now`](Self::verify_now), or an error
    /// that the stage answers with 500 if that is `None`.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`] says why the credentials are refused, or that they could not be checked.
    fn verify(
        &self,
        credentials: &C,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send
    where
        C: Sync,
    {
        // Not `ready`, which would make every future that awaits this as large as a principal.
        async move { self.verify_now(credentials).unwrap_or_else(|| Err(cannot_wait("verify"))) }
    }

    /// The result, if the verifier has it without waiting; it is called first. On `None`, the
    /// default, the scheme calls [`verify`](Self::verify).
    ///
    /// `Some` must be the result that `verify` would have for the same credentials. Before `None`,
    /// it must not have changed anything, because `verify` starts again from the beginning.
    fn verify_now(&self, credentials: &C) -> Option<Result<Self::Principal, Unauthenticated>> {
        let _ = credentials;
        None
    }
}

/// The verifier of a scheme: as the [`Verify`] that it holds, but `missing` becomes `invalid`.
///
/// A scheme calls its verifier with credentials that were sent. If the verifier then says
/// [`missing`](Unauthenticated::missing), it has not found them; were the scheme to return that,
/// [`any_of`](crate::any_of) would try the next identity, and an optional stage would admit the
/// caller as anonymous ([A08](crate::semantics#a08), [A09](crate::semantics#a09)). A scheme that
/// holds a `SchemeVerifier` cannot return it: the verifier inside is not accessible.
///
/// ```
/// use http::header::AUTHORIZATION;
/// use http::request::Parts;
/// use portcullis::challenge::{Challenge, Credentials, InvalidChallenge};
/// use portcullis::identity::SchemeVerifier;
/// use portcullis::{Identity, IdentityInfo, Unauthenticated, Verify};
///
/// /// `Authorization: Ticket 1234`.
/// struct Ticket<V> {
///     challenge: Challenge,
///     verifier: SchemeVerifier<V>,
/// }
///
/// impl<V> Ticket<V> {
///     fn new(realm: &str, verifier: V) -> Result<Self, InvalidChallenge> {
///         let challenge = Challenge::builder("Ticket").realm(realm).build()?;
///         Ok(Self { challenge, verifier: SchemeVerifier::new(verifier) })
///     }
/// }
///
/// fn number(request: &Parts) -> Result<u32, Unauthenticated> {
///     let value = request.headers.get(AUTHORIZATION).ok_or(Unauthenticated::missing())?;
///     match Credentials::parse(value.as_bytes()) {
///         Some(sent) if sent.is("Ticket") => {
///             let number = sent.token68().and_then(|number| number.parse().ok());
///             number.ok_or(Unauthenticated::malformed())
///         }
///         _ => Err(Unauthenticated::missing()),
///     }
/// }
///
/// impl<V: Verify<u32>> Identity for Ticket<V> {
///     type Principal = V::Principal;
///
///     fn describe(&self) -> IdentityInfo {
///         IdentityInfo::new(self.challenge.clone())
///     }
///
///     async fn identify(&self, request: &Parts) -> Result<V::Principal, Unauthenticated> {
///         self.verifier.verify(&number(request)?).await
///     }
///
///     // May be left out: it saves a future where the verifier does not wait.
///     fn identify_now(&self, request: &Parts) -> Option<Result<V::Principal, Unauthenticated>> {
///         match number(request) {
///             Ok(number) => self.verifier.verify_now(&number),
///             Err(unauthenticated) => Some(Err(unauthenticated)),
///         }
///     }
/// }
/// # let nothing_found = portcullis::verify_fn(|_: &u32| Err::<(), _>(Unauthenticated::missing()));
/// # let request = http::Request::builder().header("authorization", "ticket 7").body(()).unwrap();
/// # let request = request.into_parts().0;
/// # let refused = Ticket::new("fair", nothing_found)?.identify_now(&request).unwrap();
/// # assert_eq!(refused.unwrap_err().cause(), portcullis::Cause::Invalid);
/// # Ok::<(), InvalidChallenge>(())
/// ```
#[derive(Clone)]
pub struct SchemeVerifier<V>(V);

impl<V> SchemeVerifier<V> {
    /// Holds this verifier.
    pub fn new(verifier: V) -> Self {
        Self(verifier)
    }
}

impl<C: ?Sized + Sync, V: Verify<C>> Verify<C> for SchemeVerifier<V> {
    type Principal = V::Principal;

    async fn verify(&self, credentials: &C) -> Result<V::Principal, Unauthenticated> {
        self.0.verify(credentials).await.map_err(Unauthenticated::of_sent_credentials)
    }

    #[inline]
    fn verify_now(&self, credentials: &C) -> Option<Result<V::Principal, Unauthenticated>> {
        let result = self.0.verify_now(credentials)?;
        Some(result.map_err(Unauthenticated::of_sent_credentials))
    }
}

impl<V: fmt::Debug> fmt::Debug for SchemeVerifier<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A closure that verifies credentials without waiting. Returned by [`verify_fn`].
pub struct VerifyFn<C: ?Sized, F> {
    verify: F,
    credentials: PhantomData<fn(&C)>,
}

/// Verifies credentials with a closure that does not wait. It returns the principal, not a `bool` or an
/// `Option`: `Ok(false)` and `Ok(None)` admit every caller.
///
/// ```
/// use portcullis::{Bearer, Unauthenticated, verify_fn};
///
/// // Compares digests of equal length, not the token itself: see `Verify`.
/// # fn user_of(token: &str) -> Option<&'static str> { None }
/// let tokens = verify_fn(|token: &str| user_of(token).ok_or(Unauthenticated::invalid()));
/// let identity = Bearer::new("notes", tokens)?;
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
pub fn verify_fn<C, P, F>(verify: F) -> VerifyFn<C, F>
where
    C: ?Sized + 'static,
    F: Fn(&C) -> Result<P, Unauthenticated> + Send + Sync + 'static,
    P: Clone + Send + Sync + 'static,
{
    VerifyFn { verify, credentials: PhantomData }
}

impl<C, P, F> Verify<C> for VerifyFn<C, F>
where
    C: ?Sized + Sync + 'static,
    F: Fn(&C) -> Result<P, Unauthenticated> + Send + Sync + 'static,
    P: Clone + Send + Sync + 'static,
{
    type Principal = P;

    fn verify_now(&self, credentials: &C) -> Option<Result<P, Unauthenticated>> {
        Some((self.verify)(credentials))
    }
}

/// A closure that verifies credentials and may wait. Returned by [`async_verify_fn`].
pub struct AsyncVerifyFn<C: ?Sized, F> {
    verify: F,
    credentials: PhantomData<fn(&C)>,
}

/// Verifies credentials with a closure that may wait.
///
/// The closure clones what it needs of the credentials, and its future takes the clone with
/// `async move`, as below. `async |token: &str| …` does not compile ("no two async blocks, even if
/// identical, have the same type"): its future borrows the credentials, and stable Rust cannot
/// require that such a future is `Send`. To borrow, implement [`Verify`].
///
/// ```
/// use portcullis::{Bearer, Unauthenticated, async_verify_fn};
///
/// # async fn introspect(token: String) -> Result<Option<u32>, std::io::Error> { Ok(None) }
/// let tokens = async_verify_fn(|token: &str| {
///     let token = token.to_owned();
///     async move {
///         let user = introspect(token).await;
///         let user = user.map_err(|error| Unauthenticated::unavailable().with_source(error))?;
///         user.ok_or(Unauthenticated::invalid())
///     }
/// });
/// let identity = Bearer::new("notes", tokens)?;
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
pub fn async_verify_fn<C, P, F, Fut>(verify: F) -> AsyncVerifyFn<C, F>
where
    C: ?Sized + 'static,
    // The compiler prints the next line when `Fut` borrows.
    F: Fn(&C) -> Fut + Send + Sync + 'static, // no `async |…|`: clone, then `async move`
    Fut: Future<Output = Result<P, Unauthenticated>> + Send,
    P: Clone + Send + Sync + 'static,
{
    AsyncVerifyFn { verify, credentials: PhantomData }
}

impl<C, P, F, Fut> Verify<C> for AsyncVerifyFn<C, F>
where
    C: ?Sized + Sync + 'static,
    F: Fn(&C) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<P, Unauthenticated>> + Send,
    P: Clone + Send + Sync + 'static,
{
    type Principal = P;

    fn verify(&self, credentials: &C) -> impl Future<Output = Result<P, Unauthenticated>> + Send {
        (self.verify)(credentials)
    }
}

impl<C: ?Sized, V: Verify<C>> Verify<C> for std::sync::Arc<V>
where
    C: Sync,
{
    type Principal = V::Principal;

    fn verify(
        &self,
        credentials: &C,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send {
        V::verify(self, credentials)
    }

    fn verify_now(&self, credentials: &C) -> Option<Result<Self::Principal, Unauthenticated>> {
        V::verify_now(self, credentials)
    }
}

opaque_debug!(VerifyFn<C: ?Sized, F>, AsyncVerifyFn<C: ?Sized, F>);
