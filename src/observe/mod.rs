//! What operators see: an [`Event`] for each response of a stage, the trait [`Observe`] that receives it,
//! and `Metrics`, which counts it.
//!
//! ```
//! use http::request::Parts;
//! use portcullis::{AuthenticateLayer, Identity};
//! use portcullis::observe::{Class, Event, Observe};
//!
//! /// Prints each refusal by a policy, with the tenant that the request names.
//! struct Audit;
//!
//! impl Observe for Audit {
//!     type Context = Option<String>;
//!
//!     fn begin(&self, request: &Parts) -> Self::Context {
//!         Some(request.headers.get("x-tenant")?.to_str().ok()?.to_owned())
//!     }
//!
//!     fn decided(&self, tenant: Self::Context, event: &Event<'_>) {
//!         if event.class() == Some(Class::Policy) {
//!             println!("{tenant:?}: {:?}", event.cause());
//!         }
//!     }
//! }
//!
//! # fn layer(identity: impl Identity) {
//! let layer = AuthenticateLayer::new(identity).observe(Audit);
//! # }
//! ```
//!
//! # When each of them is called
//!
//! | what | when | where |
//! |---|---|---|
//! | [`attach`](Observe::attach), then [`measures_time`](Observe::measures_time) | once, when the layer is built | in `observe` |
//! | [`begin`](Observe::begin) of an authenticate stage | for each request, before the identity runs. Credentials are marked as sensitive | in `Service::call` |
//! | [`begin`](Observe::begin) of a conceal layer | for each request to its area, before the service inside sees it | in `Service::call` |
//! | [`decided`](Observe::decided) | for each response: of a refusal before it is rendered, of another when its headers are complete | in the poll of the response future that returns the response |
//! | the closure of [`on_decision`](crate::AuthenticateLayer::on_decision) | directly after `decided`, with the same event | as `decided` |
//! | [`concealed`](Observe::concealed) | for each response that the layer replaces, before the tick of a time floor is chosen | in a poll of the response future; `TurnedAway` in `Service::call` |
//! | the log event and the counter of an unclaimed denial, which no observer gets | when the response with the denial is dropped | in its destructor, on the thread that drops it |
//!
//! The threads are those of the server. A request that is cancelled has `begin`, and its context is dropped.
//!
//! What to use for counters, an audit, traces or one line for each refusal:
//! [Operating](crate::guides::operating#what-to-use).

use http::request::Parts;

pub mod attributes;
mod conceal_event;
mod event;
mod label_values;
pub(crate) mod log;
#[cfg(feature = "metrics")]
mod metrics;
mod observed_layer;
mod request_event;
mod stopwatch;
mod taken;
mod tuples;
pub(crate) mod unclaimed;

#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub use self::metrics::Metrics;
pub use crate::denial::Class;
pub use conceal_event::ConcealEvent;
pub use event::{CredentialScheme, Event, RequestOutcome, Times};
pub use observed_layer::ObservedLayer;
pub use request_event::RequestEvent;

pub(crate) use event::{Decided, Refused};
pub(crate) use request_event::Hook;
pub(crate) use stopwatch::{PolicyTimer, Stopwatch};
pub(crate) use taken::Taken;

/// Receives what a layer decided about each request.
///
/// Give it to [`AuthenticateLayer::observe`](crate::AuthenticateLayer::observe) or
/// [`ConcealLayer::observe`](crate::ConcealLayer::observe); two to four of them as a tuple, and more as
/// tuples in a tuple. `()` observes nothing and costs nothing.
///
/// The methods run while the request waits, so they must not block. If one panics, the response stays as
/// it is, and the observer gets no event for this request. A request that is cancelled before its response
/// is ready has no event ([A21](crate::semantics#a21)); its context is dropped, and a panic of that is caught
/// as well.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not observe decisions",
    note = "give `Metrics::new(\"name\")`, a tuple of observers, or implement `Observe`; a closure goes into \
            `on_decision`"
)]
pub trait Observe: Send + Sync + 'static {
    /// What the observer needs of the request, taken before the request goes on. `()` costs nothing.
    type Context: Send + 'static;

    /// False for `()` alone: then no code of this trait is called.
    #[doc(hidden)]
    const IS_ACTIVE: bool = true;

    /// Learns about the layer that it observes, once, when it is given to the layer. What is set on the layer
    /// after that, it does not learn.
    ///
    /// An observer that wraps another one calls its `attach`, [`measures_time`](Self::measures_time) and
    /// [`concealed`](Self::concealed) as well: these have defaults, so the compiler misses none of them.
    fn attach(&mut self, layer: &ObservedLayer<'_>) {
        let _ = layer;
    }

    /// Whether the stage should measure the time that identity and policy take
    /// ([`Event::times`]); `false` unless overridden. It is asked when the layer is built, not for each
    /// request. Measuring costs two readings of the clock for each authenticate stage and two for each policy,
    /// and some allocations.
    fn measures_time(&self) -> bool {
        false
    }

    /// Takes from the request what [`decided`](Self::decided) or [`concealed`](Self::concealed) will need.
    fn begin(&self, request: &Parts) -> Self::Context;

    /// Receives the outcome of a request, before the response is sent.
    fn decided(&self, context: Self::Context, event: &Event<'_>);

    /// Receives what a [`ConcealLayer`](crate::ConcealLayer) did with a response, unless it released it.
    fn concealed(&self, context: Self::Context, event: &ConcealEvent) {
        let _ = (context, event);
    }
}

impl Observe for () {
    type Context = ();

    const IS_ACTIVE: bool = false;

    fn begin(&self, _: &Parts) {}

    fn decided(&self, (): (), _: &Event<'_>) {}
}
