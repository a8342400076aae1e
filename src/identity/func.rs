//! [`identity_fn`] and [`async_identity_fn`]: closures as identities.

use std::future::Future;

use http::HeaderName;
use http::request::Parts;

use super::{Identity, IdentityInfo};
use crate::challenge::Challenges;
use crate::debug::opaque_debug;
use crate::denial::Unauthenticated;

/// A closure that authenticates requests without waiting. Returned by [`identity_fn`].
#[derive(Clone)]
pub struct IdentityFn<F> {
    identify: F,
    info: IdentityInfo,
}

/// Authenticates callers with a closure that does not wait. The closure reads `Authorization`,
/// unless [`reads_headers`](IdentityFn::reads_headers) names other headers.
///
/// A 401 carries `challenges` (RFC 9110 §15.5.2 requires at least one).
///
/// ```
/// use http::{header::AUTHORIZATION, request::Parts};
/// use portcullis::challenge::Challenge;
/// use portcullis::{AuthenticateLayer, Unauthenticated, identity_fn};
///
/// let challenge = Challenge::builder("Ticket").realm("fair").build()?;
/// let identity = identity_fn(challenge, |request: &Parts| {
///     let ticket = request.headers.get(AUTHORIZATION).ok_or(Unauthenticated::missing())?;
///     match ticket.as_bytes().strip_prefix(b"Ticket ") {
///         Some(number) => Ok(number.to_vec()),
///         None => Err(Unauthenticated::missing()),
///     }
/// });
/// let layer = AuthenticateLayer::new(identity);
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
pub fn identity_fn<P, F>(challenges: impl Into<Challenges>, identify: F) -> IdentityFn<F>
where
    F: Fn(&Parts) -> Result<P, Unauthenticated> + Send + Sync + 'static,
    P: Clone + Send + Sync + 'static,
{
    IdentityFn { identify, info: IdentityInfo::new(challenges) }
}

impl<P, F> Identity for IdentityFn<F>
where
    F: Fn(&Parts) -> Result<P, Unauthenticated> + Send + Sync + 'static,
    P: Clone + Send + Sync + 'static,
{
    type Principal = P;

    fn describe(&self) -> IdentityInfo {
        self.info.clone()
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<P, Unauthenticated>> {
        Some((self.identify)(request))
    }
}

/// A closure that authenticates requests and may wait. Returned by [`async_identity_fn`].
#[derive(Clone)]
pub struct AsyncIdentityFn<F> {
    identify: F,
    info: IdentityInfo,
}

/// Authenticates callers with a closure that may wait. The closure reads `Authorization`, unless
/// [`reads_headers`](AsyncIdentityFn::reads_headers) names other headers.
///
/// The closure clones what it needs of the request, and its future takes the clone with
/// `async move`, as below. `async |request: &Parts| …` does not compile ("no two async blocks, even
/// if identical, have the same type"): its future borrows the request, and stable Rust cannot
/// require that such a future is `Send`. To borrow, implement [`Identity`].
///
/// ```
/// use http::{header::AUTHORIZATION, request::Parts};
/// use portcullis::challenge::Challenge;
/// use portcullis::{Unauthenticated, async_identity_fn};
///
/// # async fn look_up(ticket: http::HeaderValue) -> Option<u32> { None }
/// let challenge = Challenge::builder("Ticket").realm("fair").build()?;
/// let identity = async_identity_fn(challenge, |request: &Parts| {
///     let ticket = request.headers.get(AUTHORIZATION).cloned();
///     async move {
///         let ticket = ticket.ok_or(Unauthenticated::missing())?;
///         look_up(ticket).await.ok_or(Unauthenticated::invalid())
///     }
/// });
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
pub fn async_identity_fn<P, F, Fut>(
    challenges: impl Into<Challenges>,
    identify: F,
) -> AsyncIdentityFn<F>
where
    // The compiler prints the next line when `Fut` borrows.
    F: Fn(&Parts) -> Fut + Send + Sync + 'static, // no `async |…|`: clone, then `async move`
    Fut: Future<Output = Result<P, Unauthenticated>> + Send,
    P: Clone + Send + Sync + 'static,
{
    AsyncIdentityFn { identify, info: IdentityInfo::new(challenges) }
}

impl<P, F, Fut> Identity for AsyncIdentityFn<F>
where
    F: Fn(&Parts) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<P, Unauthenticated>> + Send,
    P: Clone + Send + Sync + 'static,
{
    type Principal = P;

    fn describe(&self) -> IdentityInfo {
        self.info.clone()
    }

    fn identify(&self, request: &Parts) -> impl Future<Output = Result<P, Unauthenticated>> + Send {
        (self.identify)(request)
    }
}

macro_rules! reads_headers {
    ($($name:ident),*) => {$(
        impl<F> $name<F> {
            /// Names the request headers that the closure reads, in place of `Authorization`: see
            /// [`IdentityInfo::reads_headers`].
            #[must_use]
            pub fn reads_headers(self, headers: impl IntoIterator<Item = HeaderName>) -> Self {
                Self { info: self.info.reads_headers(headers), ..self }
            }

            /// Names request headers that the closure reads as well, and that may come in several
            /// lines: see [`IdentityInfo::reads_list_headers`].
            #[must_use]
            pub fn reads_list_headers(
                self,
                headers: impl IntoIterator<Item = HeaderName>,
            ) -> Self {
                Self { info: self.info.reads_list_headers(headers), ..self }
            }
        }
    )*};
}

reads_headers!(IdentityFn, AsyncIdentityFn);

opaque_debug!(IdentityFn<F>, AsyncIdentityFn<F>);
