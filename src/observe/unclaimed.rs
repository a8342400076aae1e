//! Denials that reach no authenticate stage (C09): a log event, and a count.

use std::cell::Cell;

use crate::catch_panic::catch_panic;
use crate::denial::Denial;
use crate::denial::propagate::Stage;

thread_local! {
    /// Whether an authenticate stage drops the service's future at present, since its own was dropped.
    static IS_CANCELLING: Cell<bool> = const { Cell::new(false) };
}

/// Drops what an authenticate stage keeps of a request that is cancelled. A denial in it, which a layer
/// between holds, is not reported: it did not get lost, its request did.
pub(crate) fn drop_cancelled(f: impl FnOnce()) {
    let _outer = Restore(IS_CANCELLING.replace(true));
    f();
}

/// Restores the value of the stage outside, also if a destructor panics.
struct Restore(bool);

impl Drop for Restore {
    fn drop(&mut self) {
        IS_CANCELLING.set(self.0);
    }
}

/// Reports a denial that was dropped before an authenticate stage could render it, unless its request was
/// cancelled.
///
/// It runs in a destructor, perhaps while the thread unwinds, so it lets no panic out of a log subscriber or
/// a recorder: that would abort the process.
pub(crate) fn report(denial: &Denial, stage: Stage) {
    if IS_CANCELLING.get() {
        return;
    }
    let _ = catch_panic(|| log(denial, stage));
    #[cfg(feature = "metrics")]
    let _ = catch_panic(|| super::metrics::count_unclaimed(stage));
}

#[cfg(feature = "tracing")]
fn log(denial: &Denial, stage: Stage) {
    tracing::event!(
        target: "portcullis",
        tracing::Level::ERROR,
        stage = stage.as_str(),
        cause = denial.cause().as_str(),
        concealed = denial.is_concealed(),
        reasons = %denial.all_reasons(),
        source = denial.private_source().map(tracing::field::display),
        "a denial reached no authenticate stage, which renders it with the challenge that a 401 needs: \
         wrap the service in an AuthenticateLayer, outside the stage or handler that created the denial; \
         if there is one, a layer between them replaced the response (a ConcealLayer belongs outside), or \
         runs what is inside as a task of its own, which went on after the request was cancelled"
    );
}

#[cfg(not(feature = "tracing"))]
fn log(_: &Denial, _: Stage) {}
