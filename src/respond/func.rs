//! Closures as renderers.

use bytes::Bytes;
use http::Response;
use http::request::Parts;

use super::{Refusal, Respond};
use crate::debug::opaque_debug;

/// A closure as a renderer; made by [`respond_fn`].
#[derive(Clone, Copy)]
pub struct RespondFn<F> {
    respond: F,
}

/// Renders refusals with a closure.
///
/// ```
/// use bytes::Bytes;
/// use http::Response;
/// use portcullis::respond_fn;
///
/// let html = respond_fn(|refusal| {
///     let page = format!("<h1>{}</h1><p>{}", refusal.title(), refusal.detail());
///     Response::builder()
///         .header("content-type", "text/html; charset=utf-8")
///         .body(Bytes::from(page))
///         .unwrap()
/// });
/// ```
pub fn respond_fn<F>(respond: F) -> RespondFn<F>
where
    F: Fn(&Refusal<'_>) -> Response<Bytes> + Send + Sync + 'static,
{
    RespondFn { respond }
}

impl<F> Respond for RespondFn<F>
where
    F: Fn(&Refusal<'_>) -> Response<Bytes> + Send + Sync + 'static,
{
    type Context = ();

    fn context(&self, _: &Parts) {}

    fn respond(&self, refusal: &Refusal<'_>, _: ()) -> Response<Bytes> {
        (self.respond)(refusal)
    }
}

opaque_debug!(RespondFn<F>);
