//! Who sent the request, in the request's extensions.

use std::marker::PhantomData;
use std::ops::Deref;

use http::Extensions;

/// Who sent the request.
///
/// The authenticate stage puts it into the request's extensions once it is verified (A10). Nothing
/// that a client sends can. In axum it is an extractor, and
/// `Option<Principal<P>>` is one for optional stages.
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
///         None => "hello, whoever you are".to_owned(),
///     }
/// }
/// # assert_eq!(greet(&Request::new(())), "hello, whoever you are");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Principal<P>(pub P);

impl<P: Send + Sync + 'static> Principal<P> {
    /// The principal of a request, if a stage identified one.
    pub fn of(extensions: &Extensions) -> Option<&P> {
        extensions.get::<Self>().map(|Self(principal)| principal)
    }
}

/// An optional principal becomes an `Option<&P>` by `principal.as_deref()`.
impl<P> Deref for Principal<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.0
    }
}

/// Word from an optional stage for principals of type `P` that it looked and nobody was there.
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

/// No authenticate stage for principals of this type has seen the request (C09).
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoAuthenticateStage;

/// The principal, or `None` for somebody whom a stage found anonymous.
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
    /// What to do about it, for the event.
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
