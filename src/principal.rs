//! The request extensions that hold the authenticated caller.

use std::marker::PhantomData;
use std::ops::Deref;

use http::Extensions;

/// The authenticated caller of a request.
///
/// The authenticate stage inserts it into the request's extensions after it has verified the
/// credentials. No client can. In axum `Principal<P>` is an extractor, and for optional stages
/// `Option<Principal<P>>` is.
///
/// ```
/// use http::Request;
/// use portcullis::Principal;
///
/// #[derive(Clone)]
/// struct User { name: String }
///
/// fn greet<B>(request: &Request<B>) -> String {
///     match Principal::<User>::of(request.extensions()) {
///         Some(user) => format!("hello, {}", user.name),
///         None => "hello, stranger".to_owned(),
///     }
/// }
/// # assert_eq!(greet(&Request::new(())), "hello, stranger");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Principal<P>(pub P);

impl<P: Send + Sync + 'static> Principal<P> {
    /// Returns the principal from a request's extensions, if a stage verified one.
    pub fn of(extensions: &Extensions) -> Option<&P> {
        extensions.get::<Self>().map(|Self(principal)| principal)
    }
}

/// For an optional principal, `principal.as_deref()` returns an `Option<&P>`.
impl<P> Deref for Principal<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0
    }
}

/// Request marker: an authenticate stage for principals of type `P` ran, and the caller is anonymous.
pub(crate) struct Anonymous<P>(PhantomData<fn() -> P>);

impl<P> Anonymous<P> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Clone for Anonymous<P> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

/// The error for a request that no authenticate stage for principals of this type has seen (C09).
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoAuthenticateStage;

/// Returns the principal, or `None` if an authenticate stage ran and the caller is anonymous.
#[inline]
pub(crate) fn caller<P: Send + Sync + 'static>(
    extensions: &Extensions,
) -> Result<Option<&P>, NoAuthenticateStage> {
    match Principal::of(extensions) {
        Some(principal) => Ok(Some(principal)),
        None => extensions.get::<Anonymous<P>>().map(|_| None).ok_or(NoAuthenticateStage),
    }
}

impl NoAuthenticateStage {
    /// Returns a denial whose source says how to correct the mistake, for operators.
    #[cold]
    pub(crate) fn into_denial<P>(self) -> crate::Denial {
        let principal = std::any::type_name::<P>();
        crate::Denial::internal_error().with_source(format!(
            "no AuthenticateLayer for principals of type `{principal}` has seen the request: put \
             one outside (with axum: `.layer(AuthenticateLayer::new(…))` below the line that \
             needs it; with `ServiceBuilder`: above), and let its identity name a `{principal}`"
        ))
    }
}
