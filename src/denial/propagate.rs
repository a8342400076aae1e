//! How a denial gets from where it was made to the authenticate stage that renders it: in the
//! extensions of a bare response, unclaimed, until the nearest stage outside claims it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use http::Extensions;

use super::Denial;
use crate::disclosed::{Disclosed, PathIndependent};

/// Where a denial was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The authenticate stage: who is it?
    Authenticate,
    /// The authorize stage: may they?
    Authorize,
    /// A handler, once it had loaded the object.
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

/// A denial on its way. Dropped unclaimed, it reports itself: the stages are put together wrongly
/// (C09), or a middleware between threw the answer away.
pub(crate) struct PendingDenial {
    denial: Option<Denial>,
    stage: Stage,
    report: fn(&Denial, Stage),
    /// Whether one of its copies was claimed; there is none before there is a copy.
    copies: OnceLock<Arc<AtomicBool>>,
}

impl PendingDenial {
    /// If it is dropped unclaimed, `report` is called.
    pub(crate) fn new(denial: Denial, stage: Stage, report: fn(&Denial, Stage)) -> Self {
        Self { denial: Some(denial), stage, report, copies: OnceLock::new() }
    }

    fn claim(&mut self) -> Option<(Denial, Stage)> {
        if let Some(claimed) = self.copies.get() {
            claimed.store(true, Ordering::Relaxed);
        }
        Some((self.denial.take()?, self.stage))
    }

    /// Whether it is the last of its copies, and none was claimed.
    fn is_lost(&self) -> bool {
        self.copies.get().is_none_or(|claimed| {
            Arc::strong_count(claimed) == 1 && !claimed.load(Ordering::Relaxed)
        })
    }
}

impl Clone for PendingDenial {
    /// `Extensions` ask for it. A copy travels like the original.
    fn clone(&self) -> Self {
        let claimed = self.copies.get_or_init(Arc::default).clone();
        let Self { stage, report, .. } = *self;
        Self { denial: self.denial.clone(), stage, report, copies: claimed.into() }
    }
}

impl Drop for PendingDenial {
    fn drop(&mut self) {
        if let Some(denial) = self.denial.as_ref().filter(|_| self.is_lost()) {
            (self.report)(denial, self.stage);
        }
    }
}

/// On an answer that a stage has rendered: stages further out leave it alone.
#[derive(Clone, Copy)]
struct Rendered;

/// Takes the denial out of a response, if one travels in it.
///
/// What carried it stays, empty, and so marks the response as rendered.
pub(crate) fn claim(extensions: &mut Extensions) -> Option<(Denial, Stage)> {
    let claimed = extensions.get_mut::<PendingDenial>()?.claim();
    if claimed.as_ref().is_some_and(|(denial, _)| denial.is_disclosed()) {
        extensions.insert(Disclosed);
    }
    claimed
}

/// The extensions of an answer whose request is lost: nobody knows what is outside.
pub(crate) fn rendered_without_request() -> Extensions {
    let mut extensions = Extensions::new();
    extensions.insert(Rendered);
    extensions.insert(PathIndependent);
    extensions
}

/// The extensions of an answer that the authenticate stage gives by itself. `spent` are those of
/// the request, which ends here: their map is used again, emptied. Where it has none, no stage of
/// ours is outside, and nobody needs the marks.
pub(crate) fn rendered(reused: Extensions) -> Extensions {
    let mut extensions = reused;
    if !extensions.is_empty() {
        extensions.clear();
        extensions.insert(Rendered);
        extensions.insert(PathIndependent);
    }
    extensions
}

/// Whether a response is a denial made further in. For a stage that has tried to [`claim`] one, it
/// is a denial that another stage has rendered.
pub(crate) fn is_denial(extensions: &Extensions) -> bool {
    extensions.get::<PendingDenial>().is_some() || extensions.get::<Rendered>().is_some()
}
