//! The handles of a layer's counters, made once.

use std::sync::OnceLock;

use metrics::{Counter, Histogram, Label, SharedString};

use super::labels::{
    COVERED, DECISIONS, FLOOR_LOST, NONE, OTHER, REPAIRED, SECONDS, TURNED_AWAY, UNCLAIMED,
};
use super::outcomes::{ORIGIN, OUTCOMES, Outcomes, PROXY};
use super::recorder;
use super::series::{
    FIRST_OFFERED, SCHEME_NONE, SCHEME_OTHER, Series, decision_at, decision_count, decision_index,
};
use crate::denial::propagate::Stage;
use crate::observe::{ConcealEvent, CredentialScheme, Event, ObservedLayer, Outcome};

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

    /// Learns the schemes on offer; with those of another layer, if it is attached twice.
    pub(super) fn attach(&mut self, layer: &ObservedLayer<'_>) {
        self.role = if layer.is_at_proxy() { PROXY } else { ORIGIN };
        self.conceals = layer.conceals();
        for scheme in layer.schemes() {
            if self.schemes.iter().all(|known| *known.offered != **scheme) {
                let label = SharedString::from_owned(scheme.to_ascii_lowercase());
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
                .position(|scheme| *scheme.offered == *name)
                .map_or(SCHEME_OTHER, |index| FIRST_OFFERED + index),
        }
    }

    fn scheme_label(&self, index: usize) -> SharedString {
        match index {
            SCHEME_NONE => SharedString::const_str(NONE),
            SCHEME_OTHER => SharedString::const_str(OTHER),
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

    /// The labels of the histogram.
    fn labels_of_time(&self, part: Part, outcome: Outcome, scheme: usize) -> Vec<Label> {
        let stage = match part {
            Part::Identity => Stage::Authenticate,
            Part::Policy => Stage::Authorize,
        };
        vec![
            Label::from_static_parts("stage", stage.as_str()),
            Label::new("scheme", self.scheme_label(scheme)),
            Label::from_static_parts("outcome", outcome.as_str()),
            self.layer_label(),
        ]
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
    concealment: Option<Concealment>,
}

struct Concealment {
    covered: Counter,
    turned_away: Counter,
    floor_lost: Counter,
}

impl Handles {
    pub(super) fn new(layer: &Layer) -> Self {
        recorder::describe();
        let of_layer = |name| recorder::counter_from_zero(name, vec![layer.layer_label()]);
        let outcomes = &*OUTCOMES;
        if layer.conceals {
            let concealment = Concealment {
                covered: of_layer(COVERED),
                turned_away: of_layer(TURNED_AWAY),
                floor_lost: of_layer(FLOOR_LOST),
            };
            return Self {
                outcomes,
                decisions: Box::default(),
                seconds: Box::default(),
                repaired: Counter::noop(),
                concealment: Some(concealment),
            };
        }
        for stage in [Stage::Authorize, Stage::Handler] {
            let _ = recorder::counter_from_zero(UNCLAIMED, labels_of_unclaimed(stage));
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
        let seconds = (0..2 * 3 * layer.scheme_count()).map(|_| OnceLock::new()).collect();
        Self { outcomes, decisions, seconds, repaired: of_layer(REPAIRED), concealment: None }
    }

    #[inline]
    pub(super) fn count(&self, layer: &Layer, event: &Event<'_>) {
        let Some(decision) = decision_index(self.outcomes, event) else { return };
        let scheme = layer.scheme_index(event.scheme());
        let is_known = !event.is_anonymous();
        let index = (decision * layer.scheme_count() + scheme) * 2 + usize::from(is_known);
        let Some(cell) = self.decisions.get(index) else { return };
        let counter = cell.get_or_init(|| {
            let decision = decision_at(self.outcomes, decision);
            recorder::counter(DECISIONS, layer.labels_of(Series { decision, scheme, is_known }))
        });
        counter.increment(1);
        if event.is_repaired() {
            self.repaired.increment(1);
        }
        if let Some(times) = event.times() {
            let record = |part, time: std::time::Duration| {
                let outcome = event.outcome();
                let index = (part as usize * 3 + outcome as usize) * layer.scheme_count() + scheme;
                if let Some(cell) = self.seconds.get(index) {
                    let labels = || layer.labels_of_time(part, outcome, scheme);
                    cell.get_or_init(|| recorder::histogram(SECONDS, labels())).record(time);
                }
            };
            record(Part::Identity, times.identity());
            if !times.policy().is_zero() {
                record(Part::Policy, times.policy());
            }
        }
    }

    pub(super) fn count_concealed(&self, event: &ConcealEvent) {
        let Some(concealment) = &self.concealment else { return };
        let counter = match event {
            ConcealEvent::Covered { .. } => &concealment.covered,
            ConcealEvent::TurnedAway => &concealment.turned_away,
            ConcealEvent::FloorLost => &concealment.floor_lost,
        };
        counter.increment(1);
    }
}

pub(super) fn labels_of_unclaimed(stage: Stage) -> Vec<Label> {
    vec![Label::from_static_parts("stage", stage.as_str())]
}
