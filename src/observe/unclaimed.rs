//! Denials that reach no authenticate stage (C09): a log event, and a count.

use crate::catch_panic::catch_panic;
use crate::denial::Denial;
use crate::denial::propagate::Stage;

/// Reports a denial that was dropped before an authenticate stage could render it.
///
/// It runs in a destructor, perhaps while the thread unwinds, so it lets no panic out of a log subscriber or
/// a recorder: that would abort the process.
pub(crate) fn report(denial: &Denial, stage: Stage) {
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
         the request was cancelled while a layer between them held the response"
    );
}

#[cfg(not(feature = "tracing"))]
fn log(_: &Denial, _: Stage) {}
