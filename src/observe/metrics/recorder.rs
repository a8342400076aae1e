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

/// The counters, and their help texts.
const COUNTERS: [(&str, &str); 7] = [
    (
        DECISIONS,
        "Responses of an authenticate stage: permitted, refused by it, or passed on although the service \
         refused.",
    ),
    (
        REPAIRED,
        "Responses 401 of a handler without a challenge, to which the stage has added its own: the handler \
         should return a Denial.",
    ),
    (
        COVERED,
        "Responses from an area with hidden routes that were replaced by the 404, since no stage or handler \
         had disclosed them.",
    ),
    (
        ABSENT,
        "Responses that said already that there is no such resource, and were replaced by the 404.",
    ),
    (
        TURNED_AWAY,
        "Requests to an area with a time floor that got a 503, since more than its limit arrived in one \
         period.",
    ),
    (
        FLOOR_LOST,
        "Responses from an area with a time floor that were replaced by a 500, since its timer does not \
         run.",
    ),
    (
        UNCLAIMED,
        "Denials that reached no authenticate stage: the layers are in the wrong order, or one of them has \
         replaced the response.",
    ),
];

/// Gives the exporter units and help texts.
pub(super) fn describe() {
    metrics::with_recorder(|recorder| {
        for (name, help) in COUNTERS {
            describe_counter(recorder, name, help);
        }
        recorder.describe_histogram(
            SECONDS.into(),
            Some(Unit::Seconds),
            SharedString::const_str("Time until the identity was known, or spent in policies."),
        );
    });
}

/// Gives the exporter unit and help text of one counter.
pub(super) fn describe_only(name: &str) {
    metrics::with_recorder(|recorder| {
        for (name, help) in COUNTERS.into_iter().filter(|counter| counter.0 == name) {
            describe_counter(recorder, name, help);
        }
    });
}

fn describe_counter(recorder: &dyn Recorder, name: &'static str, help: &'static str) {
    recorder.describe_counter(name.into(), Some(Unit::Count), SharedString::const_str(help));
}
