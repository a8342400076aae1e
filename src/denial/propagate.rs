//! How a denial gets from where it was made to the authenticate stage that renders it: in the
//! extensions of an empty response, until the nearest stage outside claims it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use http::Extensions;

use super::Denial;
use crate::disclosed::{Disclosed, PathIndependent};

/// Where a denial was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The authenticate stage.
    Authenticate,
    /// The authorize stage.
    Authorize,
    /// A handler, for instance after it loaded the object.
    Handler,
}

impl Stage {
    /// The stage in one word, for logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authenticate => "authenticate",
            Self::Authorize => "authorize",
            Self::Handler => "handler",
        }
    }
}

/// A denial in the extensions of a response. If it is dropped unclaimed it emits an event: the
/// stages are in the wrong order (C09), or a middleware in between discarded the response.
pub(crate) struct PendingDenial {
    denial: Option<Denial>,
    stage: Stage,
    report: fn(&Denial, Stage),
    is_from_grpc_method: bool,
    /// Whether one of its copies was claimed; set once there is a copy.
    copies: OnceLock<Arc<AtomicBool>>,
}

impl PendingDenial {
    /// If it is dropped unclaimed, `report` is called.
    pub(crate) fn new(denial: Denial, stage: Stage, report: fn(&Denial, Stage)) -> Self {
        let is_from_grpc_method = false;
        Self { denial: Some(denial), stage, report, is_from_grpc_method, copies: OnceLock::new() }
    }

    /// The denial of a gRPC method, about its object.
    pub(crate) fn from_grpc_method(denial: Denial, report: fn(&Denial, Stage)) -> Self {
        let mut pending = Self::new(denial, Stage::Handler, report);
        pending.is_from_grpc_method = true;
        pending
    }

    fn claim(&mut self) -> Option<(Denial, Stage)> {
        if let Some(claimed) = self.copies.get() {
            claimed.store(true, Ordering::Relaxed);
        }
        Some((self.denial.take()?, self.stage))
    }

    /// Whether this is the last copy, and none was claimed.
    fn is_lost(&self) -> bool {
        self.copies.get().is_none_or(|claimed| {
            Arc::strong_count(claimed) == 1 && !claimed.load(Ordering::Relaxed)
        })
    }
}

impl Clone for PendingDenial {
    /// `Extensions` require `Clone`. A copy can be claimed like the original.
    fn clone(&self) -> Self {
        let claimed = self.copies.get_or_init(Arc::default).clone();
        let Self { stage, report, is_from_grpc_method, .. } = *self;
        let denial = self.denial.clone();
        Self { denial, stage, report, is_from_grpc_method, copies: claimed.into() }
    }
}

impl Drop for PendingDenial {
    fn drop(&mut self) {
        if let Some(denial) = self.denial.as_ref().filter(|_| self.is_lost()) {
            (self.report)(denial, self.stage);
        }
    }
}

/// Response marker: a stage has rendered this refusal. Stages further out leave it as it is.
#[derive(Clone, Copy)]
struct Rendered;

/// Response marker: a conceal layer with an observer has replaced the response of the service by this one,
/// which says that there is no such resource. A stage outside reports no class for it, and otherwise treats it
/// as a response of the service: what the stage does must not depend on what was concealed.
#[derive(Clone, Copy)]
pub(crate) struct ConcealedInside;

/// Whether another authenticate stage inside has rendered the response, or a conceal layer inside that has an
/// observer has replaced it. Their own events tell the class.
pub(crate) fn is_from_inner_layer(extensions: &Extensions) -> bool {
    is_denial(extensions) || extensions.get::<ConcealedInside>().is_some()
}

/// Takes the denial out of the extensions of a response, if there is one.
///
/// The emptied [`PendingDenial`] stays, and marks the response as rendered.
pub(crate) fn claim(extensions: &mut Extensions) -> Option<(Denial, Stage)> {
    let claimed = extensions.get_mut::<PendingDenial>()?.claim();
    if claimed.as_ref().is_some_and(|(denial, _)| denial.is_disclosed()) {
        extensions.insert(Disclosed);
    }
    claimed
}

/// Whether a gRPC method made the denial of this response, also after [`claim`].
pub(crate) fn is_from_grpc_method(extensions: &Extensions) -> bool {
    extensions.get::<PendingDenial>().is_some_and(|pending| pending.is_from_grpc_method)
}

/// The markers of a response whose request extensions are gone, because a time limit dropped the
/// identity's future with them. Whether a stage is outside is unknown, so they are always set.
pub(crate) fn rendered_without_request() -> Extensions {
    let mut extensions = Extensions::new();
    extensions.insert(Rendered);
    extensions.insert(PathIndependent);
    extensions
}

/// The extensions of a response that the authenticate stage gives without calling the service.
/// Reuses the allocation of the request's extension map. If that is empty, no stage or layer of this
/// crate is outside that would read the markers.
pub(crate) fn rendered(reused: Extensions) -> Extensions {
    let mut extensions = reused;
    if !extensions.is_empty() {
        extensions.clear();
        extensions.insert(Rendered);
        extensions.insert(PathIndependent);
    }
    extensions
}

/// The markers of a refusal with which the authenticate stage replaces a response of the service. It may
/// depend on the path whether it does.
pub(crate) fn rendered_inside() -> Extensions {
    let mut extensions = Extensions::new();
    extensions.insert(Rendered);
    extensions
}

/// Whether a response is a denial made further in. After [`claim`] returned `None`, it is a denial
/// that another stage has rendered.
pub(crate) fn is_denial(extensions: &Extensions) -> bool {
    extensions.get::<PendingDenial>().is_some() || extensions.get::<Rendered>().is_some()
}
