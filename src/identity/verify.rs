//! Are these credentials right? The question that every scheme leaves to its user.

use std::future::Future;
use std::marker::PhantomData;

use crate::debug::opaque_debug;
use crate::denial::Unauthenticated;

/// Judges well-formed credentials: a token ([`str`]) for [`Bearer`](crate::Bearer) and
/// [`ApiKey`](crate::ApiKey), a [`Login`](crate::Login) for [`Basic`](crate::Basic). For `Digest` it
/// looks up what a response is checked with.
///
/// Compare secrets in constant time, or compare their digests; and do the same work for a user
/// who does not exist, or the time tells who does (A06). With the `memory` feature, `Users` and
/// `Tokens` do both.
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
    note = "`Bearer` and `ApiKey` need a `Verify<str>`, `Basic` needs a `Verify<Login>`, \
            `Digest` needs a `Verify<DigestUser, Principal = DigestAccount<_>>`",
    note = "wrap a closure in `verify_fn(|token: &str| …)` or `verify_fn(|login: &Login| …)`, or \
            use `async_verify_fn`, or implement `Verify`"
)]
pub trait Verify<C: ?Sized>: Send + Sync + 'static {
    /// Whoever the credentials belong to.
    type Principal: Clone + Send + Sync + 'static;

    /// Whose credentials are these?
    ///
    /// # Errors
    ///
    /// [`Unauthenticated`] says why they are nobody's, or that the check could not be made.
    fn verify(
        &self,
        credentials: &C,
    ) -> impl Future<Output = Result<Self::Principal, Unauthenticated>> + Send;

    /// The answer, if it can be given without waiting. `None` asks [`verify`](Self::verify)
    /// instead.
    fn verify_now(&self, credentials: &C) -> Option<Result<Self::Principal, Unauthenticated>> {
        let _ = credentials;
        None
    }
}

/// Asks a verifier about credentials that were sent. They cannot be missing then: a verifier that
/// says so has not found them, and nobody else is to be asked (A08).
pub(super) async fn verify<C: ?Sized, V: Verify<C>>(
    verifier: &V,
    credentials: &C,
) -> Result<V::Principal, Unauthenticated> {
    verifier.verify(credentials).await.map_err(Unauthenticated::of_sent_credentials)
}

/// As [`verify`], without waiting.
#[inline]
pub(super) fn verify_now<C: ?Sized, V: Verify<C>>(
    verifier: &V,
    credentials: &C,
) -> Option<Result<V::Principal, Unauthenticated>> {
    let answer = verifier.verify_now(credentials)?;
    Some(answer.map_err(Unauthenticated::of_sent_credentials))
}

/// A closure that judges credentials without waiting; made by [`verify_fn`].
pub struct VerifyFn<C: ?Sized, F> {
    verify: F,
    credentials: PhantomData<fn(&C)>,
}

/// Judges credentials with a closure that does not wait.
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

    async fn verify(&self, credentials: &C) -> Result<P, Unauthenticated> {
        (self.verify)(credentials)
    }

    fn verify_now(&self, credentials: &C) -> Option<Result<P, Unauthenticated>> {
        Some((self.verify)(credentials))
    }
}

/// A closure that judges credentials and waits; made by [`async_verify_fn`].
pub struct AsyncVerifyFn<C: ?Sized, F> {
    verify: F,
    credentials: PhantomData<fn(&C)>,
}

/// Judges credentials with a closure that waits.
///
/// The future cannot borrow the credentials: take what it needs before `async move`. To borrow,
/// implement [`Verify`].
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
    F: Fn(&C) -> Fut + Send + Sync + 'static,
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
