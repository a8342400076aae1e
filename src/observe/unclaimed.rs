//! Denials that reach no authenticate stage (C09): a log event, and a count.

use crate::catch_panic::catch_panic;
use crate::denial::Denial;
use crate::denial::propagate::Stage;

/// The name of the counter. Its label is `stage`: which stage has lost the denial's response is unknown.
#[cfg(feature = "metrics")]
pub(crate) const UNCLAIMED_TOTAL: &str = "portcullis_unclaimed_total";

/// Reports a denial that was dropped before an authenticate stage could render it.
///
/// It runs in a destructor, perhaps while the thread unwinds, so it lets no panic out of a log subscriber or
/// a recorder: that would abort the process.
pub(crate) fn report(denial: &Denial, stage: Stage) {
    let _ = catch_panic(|| log(denial, stage));
    // A mistake of the program, and none of the layers' handles is at hand: it is looked up.
    #[cfg(feature = "metrics")]
    let _ = catch_panic(|| {
        metrics::counter!(UNCLAIMED_TOTAL, "stage" => stage.as_str()).increment(1);
    });
}

/// Makes the counter's series, so that they begin with 0: of a series that begins with 1, a rate does not
/// see the first denial.
#[cfg(feature = "metrics")]
#[allow(dead_code)] // until `Metrics::attach` calls it
pub(crate) fn register() {
    for stage in [Stage::Authorize, Stage::Handler] {
        metrics::counter!(UNCLAIMED_TOTAL, "stage" => stage.as_str()).increment(0);
    }
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
