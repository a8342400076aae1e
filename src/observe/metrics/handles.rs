//! The handles of a layer's counters, made once.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Histogram, Label, SharedString};

use super::labels::{
    ABSENT, COVERED, DECISIONS, FLOOR_LOST, NONE, REPAIRED, SECONDS, TURNED_AWAY, UNCLAIMED,
};
use super::outcomes::{ORIGIN, OUTCOMES, Outcomes, PROXY};
use super::recorder;
use super::series::{
    FIRST_OFFERED, SCHEME_NONE, SCHEME_OTHER, Series, decision_at, decision_count, decision_index,
};
use crate::denial::propagate::Stage;
use crate::observe::{ConcealEvent, CredentialScheme, Event, ObservedLayer, RequestOutcome, Times};

/// The layer that is counted: the sets from which its labels come.
#[derive(Debug)]
pub(super) struct Layer {
    name: SharedString,
    schemes: Vec<Scheme>,
    role: usize,
    conceals: bool,
}

#[derive(Debug)]
struct Scheme {
    offered: Box<str>,
    label: SharedString,
}

impl Scheme {
    #[inline]
    fn is(&self, name: &str) -> bool {
        // Nearly always the same spelling, and that is compared faster.
        *self.offered == *name || self.offered.eq_ignore_ascii_case(name)
    }
}

/// The counters of a conceal layer.
pub(super) const CONCEALMENT: [&str; 4] = [COVERED, ABSENT, TURNED_AWAY, FLOOR_LOST];

/// The parts and outcomes for which the histogram has a series, for each scheme.
pub(super) const PARTS: usize = 2;
pub(super) const OUTCOMES_OF_TIMES: usize = 3;

/// The parts of a check that the histogram tells apart.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Identity,
    Policy,
}

impl Layer {
    pub(super) fn new(name: SharedString) -> Self {
        Self { name, schemes: Vec::new(), role: ORIGIN, conceals: false }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Learns the schemes on offer; with those of another layer, if it is attached twice. Schemes that
    /// differ in case alone are one (RFC 9110 §11.1).
    pub(super) fn attach(&mut self, layer: &ObservedLayer<'_>) {
        self.role = if layer.is_at_proxy() { PROXY } else { ORIGIN };
        self.conceals = layer.conceals();
        for scheme in layer.schemes() {
            if self.schemes.iter().all(|known| !known.is(scheme)) {
                let label = label_of(CredentialScheme::Offered(scheme));
                self.schemes.push(Scheme { offered: (*scheme).into(), label });
            }
        }
    }

    /// The label of a scheme: its index.
    #[inline]
    fn scheme_index(&self, scheme: CredentialScheme<'_>) -> usize {
        match scheme {
            CredentialScheme::None => SCHEME_NONE,
            CredentialScheme::Other => SCHEME_OTHER,
            CredentialScheme::Offered(name) => self
                .schemes
                .iter()
                .position(|scheme| scheme.is(name))
                .map_or(SCHEME_OTHER, |index| FIRST_OFFERED + index),
        }
    }

    fn scheme_label(&self, index: usize) -> SharedString {
        match index {
            SCHEME_NONE => label_of(CredentialScheme::None),
            SCHEME_OTHER => label_of(CredentialScheme::Other),
            _ => self.schemes[index - FIRST_OFFERED].label.clone(),
        }
    }

    fn scheme_count(&self) -> usize {
        FIRST_OFFERED + self.schemes.len()
    }

    fn layer_label(&self) -> Label {
        Label::new("layer", self.name.clone())
    }

    fn labels_of(&self, series: Series) -> Vec<Label> {
        vec![
            Label::from_static_parts("stage", series.stage()),
            Label::from_static_parts("outcome", series.outcome().as_str()),
            Label::from_static_parts("class", series.class()),
            Label::from_static_parts("cause", series.cause()),
            Label::from_static_parts("status", series.status()),
            Label::new("scheme", self.scheme_label(series.scheme)),
            Label::from_static_parts("caller", series.caller()),
            Label::from_static_parts("concealed", series.concealed()),
            self.layer_label(),
        ]
    }

    /// Looks up the counter of an event.
    #[cold]
    fn counter(&self, event: &Event<'_>) -> Counter {
        let series = Series::of(event, self.scheme_index(event.scheme()));
        debug_assert!(series.is_possible(), "outside of the limit: {series:?}");
        recorder::counter(DECISIONS, self.labels_of(series))
    }

    /// Looks up the histogram of a part.
    #[cold]
    fn histogram(&self, part: Part, outcome: RequestOutcome, scheme: usize) -> Histogram {
        let stage = match part {
            Part::Identity => Stage::Authenticate,
            Part::Policy => Stage::Authorize,
        };
        let labels = vec![
            Label::from_static_parts("stage", stage.as_str()),
            Label::new("scheme", self.scheme_label(scheme)),
            Label::from_static_parts("outcome", outcome.as_str()),
            self.layer_label(),
        ];
        recorder::histogram(SECONDS, labels)
    }

    /// Counts an event by handles that are looked up for it.
    pub(super) fn count(&self, event: &Event<'_>) {
        self.counter(event).increment(1);
        if event.is_repaired() {
            recorder::counter(REPAIRED, vec![self.layer_label()]).increment(1);
        }
        if let Some(times) = event.times() {
            let scheme = self.scheme_index(event.scheme());
            for (part, time) in parts(times) {
                self.histogram(part, event.outcome(), scheme).record(time);
            }
        }
    }

    pub(super) fn count_concealed(&self, event: &ConcealEvent) {
        let name = CONCEALMENT[concealment_index(event)];
        recorder::counter(name, vec![self.layer_label()]).increment(1);
    }
}

/// The handles of an authenticate stage or a conceal layer.
pub(super) struct Handles {
    outcomes: &'static Outcomes,
    /// By decision, scheme and caller; empty for a conceal layer.
    decisions: Box<[OnceLock<Counter>]>,
    /// By part, outcome and scheme.
    seconds: Box<[OnceLock<Histogram>]>,
    repaired: Counter,
    /// In the order of [`CONCEALMENT`], for a conceal layer.
    concealment: Option<[Counter; CONCEALMENT.len()]>,
}

impl Handles {
    pub(super) fn new(layer: &Layer) -> Self {
        recorder::describe();
        let of_layer = |name| recorder::counter_from_zero(name, vec![layer.layer_label()]);
        for stage in [Stage::Authorize, Stage::Handler] {
            unclaimed(stage).increment(0);
        }
        let outcomes = &*OUTCOMES;
        if layer.conceals {
            return Self {
                outcomes,
                decisions: Box::default(),
                seconds: Box::default(),
                repaired: Counter::noop(),
                concealment: Some(CONCEALMENT.map(of_layer)),
            };
        }
        let count = decision_count(outcomes) * layer.scheme_count() * 2;
        let decisions = (0..count)
            .map(|index| {
                let (of_caller, is_known) = (index / 2, index % 2 == 1);
                let scheme = of_caller % layer.scheme_count();
                let decision = decision_at(outcomes, of_caller / layer.scheme_count());
                let series = Series { decision, scheme, is_known };
                if !series.is_eager(layer.role) {
                    return OnceLock::new();
                }
                recorder::counter_from_zero(DECISIONS, layer.labels_of(series)).into()
            })
            .collect();
        let seconds = (0..PARTS * OUTCOMES_OF_TIMES * layer.scheme_count())
            .map(|_| OnceLock::new())
            .collect();
        Self { outcomes, decisions, seconds, repaired: of_layer(REPAIRED), concealment: None }
    }

    #[inline]
    pub(super) fn count(&self, layer: &Layer, event: &Event<'_>) {
        let scheme = layer.scheme_index(event.scheme());
        let is_known = !event.is_anonymous();
        let cell = decision_index(self.outcomes, event).and_then(|decision| {
            let index = (decision * layer.scheme_count() + scheme) * 2 + usize::from(is_known);
            self.decisions.get(index)
        });
        match cell {
            Some(cell) => match cell.get() {
                Some(counter) => counter.increment(1),
                None => keep(cell, layer.counter(event)).increment(1),
            },
            None => layer.counter(event).increment(1),
        }
        if event.is_repaired() {
            self.repaired.increment(1);
        }
        if let Some(times) = event.times() {
            self.record_times(layer, event.outcome(), scheme, times);
        }
    }

    fn record_times(&self, layer: &Layer, outcome: RequestOutcome, scheme: usize, times: Times) {
        for (part, time) in parts(times) {
            let index = (part as usize * OUTCOMES_OF_TIMES + outcome as usize)
                * layer.scheme_count()
                + scheme;
            if let Some(cell) = self.seconds.get(index) {
                let histogram = match cell.get() {
                    Some(histogram) => histogram,
                    None => keep(cell, layer.histogram(part, outcome, scheme)),
                };
                histogram.record(time);
            }
        }
    }

    pub(super) fn count_concealed(&self, event: &ConcealEvent) {
        if let Some(handles) = &self.concealment {
            handles[concealment_index(event)].increment(1);
        }
    }
}

/// Keeps what was looked up, unless another thread was first.
///
/// The look-up is over by now: other threads would wait for one inside of the cell, and a recorder may
/// block, or call the service.
pub(super) fn keep<T>(cell: &OnceLock<T>, made: T) -> &T {
    cell.get_or_init(|| made)
}

/// The counter of denials that no authenticate stage saw. No layer has seen them, so there is no label
/// `layer`.
fn unclaimed(stage: Stage) -> Counter {
    recorder::counter(UNCLAIMED, vec![Label::from_static_parts("stage", stage.as_str())])
}

/// Counts a denial that no authenticate stage saw. The process may have no layer with `Metrics`.
pub(crate) fn count_unclaimed(stage: Stage) {
    recorder::describe_only(UNCLAIMED);
    unclaimed(stage).increment(1);
}

/// The label of a scheme.
fn label_of(scheme: CredentialScheme<'_>) -> SharedString {
    scheme.label().map_or(SharedString::const_str(NONE), |label| label.into_owned().into())
}

/// The times of the parts that were run.
fn parts(times: Times) -> impl Iterator<Item = (Part, Duration)> {
    let policy = Some(times.policy()).filter(|time| !time.is_zero());
    [(Part::Identity, Some(times.identity())), (Part::Policy, policy)]
        .into_iter()
        .filter_map(|(part, time)| Some((part, time?)))
}

/// The index in [`CONCEALMENT`].
fn concealment_index(event: &ConcealEvent) -> usize {
    match event {
        ConcealEvent::Covered { .. } => 0,
        ConcealEvent::Absent => 1,
        ConcealEvent::TurnedAway => 2,
        ConcealEvent::FloorLost => 3,
    }
}
