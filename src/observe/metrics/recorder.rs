//! The recorder of the facade, which an exporter installs.

use metrics::{Counter, Histogram, Key, Label, Level, Metadata, Recorder, SharedString, Unit};

use super::labels::{
    ABSENT, COVERED, DECISIONS, FLOOR_LOST, REPAIRED, SECONDS, TURNED_AWAY, UNCLAIMED,
};

const METADATA: Metadata<'static> = Metadata::new("portcullis", Level::INFO, Some(module_path!()));

/// Whether an exporter is there, so that its handles can be kept.
///
/// The facade does not tell, but its recorder for want of another has no size, and an exporter has. A
/// recorder of an application without a size is looked up for each event, which is right, and slower.
pub(super) fn is_installed() -> bool {
    metrics::with_recorder(|recorder| size_of_val(recorder) > 0)
}

pub(super) fn counter(name: &'static str, labels: Vec<Label>) -> Counter {
    let key = Key::from_parts(name, labels);
    metrics::with_recorder(|recorder| recorder.register_counter(&key, &METADATA))
}

/// A counter that exists from now on.
pub(super) fn counter_from_zero(name: &'static str, labels: Vec<Label>) -> Counter {
    let counter = counter(name, labels);
    counter.increment(0);
    counter
}

pub(super) fn histogram(name: &'static str, labels: Vec<Label>) -> Histogram {
    let key = Key::from_parts(name, labels);
    metrics::with_recorder(|recorder| recorder.register_histogram(&key, &METADATA))
}

/// Gives the exporter units and help texts.
pub(super) fn describe() {
    metrics::with_recorder(|recorder| {
        let counter =
            |name: &'static str, help: &'static str| describe_counter(recorder, name, help);
        counter(
            DECISIONS,
            "Responses of an authenticate stage: permitted, refused by it, or passed on although the \
             service refused.",
        );
        counter(
            REPAIRED,
            "Responses 401 of a handler without a challenge, to which the stage has added its own: the \
             handler should return a Denial.",
        );
        counter(
            COVERED,
            "Responses from an area with hidden routes that were replaced by the 404, since no stage or \
             handler had disclosed them.",
        );
        counter(
            ABSENT,
            "Responses that said already that there is no such resource, and were replaced by the 404.",
        );
        counter(
            TURNED_AWAY,
            "Requests to an area with a time floor that got a 503, since more than its limit arrived in \
             one period.",
        );
        counter(
            FLOOR_LOST,
            "Responses from an area with a time floor that were replaced by a 500, since its timer does \
             not run.",
        );
        counter(
            UNCLAIMED,
            "Denials that reached no authenticate stage: the layers are in the wrong order, or one of \
             them has replaced the response.",
        );
        recorder.describe_histogram(
            SECONDS.into(),
            Some(Unit::Seconds),
            SharedString::const_str("Time until the identity was known, or spent in policies."),
        );
    });
}

fn describe_counter(recorder: &dyn Recorder, name: &'static str, help: &'static str) {
    recorder.describe_counter(name.into(), Some(Unit::Count), SharedString::const_str(help));
}
