//! [`Metrics`]: counters of decisions.

use std::fmt;
use std::sync::OnceLock;

use http::request::Parts;
use metrics::SharedString;

use self::handles::{Handles, Layer};
use super::{ConcealEvent, Event, Observe, ObservedLayer};

mod handles;
mod labels;
mod outcomes;
mod recorder;
mod series;

/// Counts the decisions of a layer by the facade [`metrics`](https://docs.rs/metrics), for any exporter.
pub struct Metrics {
    layer: Layer,
    measures_time: bool,
    handles: OnceLock<Handles>,
}

impl Metrics {
    /// Counts under this value of the label `layer`.
    pub fn new(layer: impl Into<String>) -> Self {
        let layer = Layer::new(SharedString::from_owned(layer.into()));
        Self { layer, measures_time: false, handles: OnceLock::new() }
    }

    /// Also records how long identity and policy take, in the histogram `portcullis_decision_seconds`.
    pub fn with_times(self) -> Self {
        Self { measures_time: true, ..self }
    }

    /// The most series that one layer which offers this many schemes can make.
    pub fn series_limit(schemes: usize) -> usize {
        series::limit(schemes) + 1
    }

    /// The handles, made by the first event after an exporter was installed.
    #[inline]
    fn with_handles(&self, count: impl FnOnce(&Handles)) {
        match self.handles.get() {
            Some(handles) => count(handles),
            None => self.with_new_handles(count),
        }
    }

    #[cold]
    fn with_new_handles(&self, count: impl FnOnce(&Handles)) {
        if recorder::is_installed() {
            count(self.handles.get_or_init(|| Handles::new(&self.layer)));
        }
    }
}

impl Observe for Metrics {
    type Context = ();

    fn attach(&mut self, layer: &ObservedLayer<'_>) {
        self.layer.attach(layer);
        self.handles = OnceLock::new();
        self.with_handles(|_| ());
    }

    fn measures_time(&self) -> bool {
        self.measures_time
    }

    #[inline]
    fn begin(&self, _: &Parts) {}

    #[inline]
    fn decided(&self, (): (), event: &Event<'_>) {
        self.with_handles(|handles| handles.count(&self.layer, event));
    }

    fn concealed(&self, (): (), event: &ConcealEvent) {
        self.with_handles(|handles| handles.count_concealed(event));
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics")
            .field("layer", &self.layer.name())
            .field("measures_time", &self.measures_time)
            .finish_non_exhaustive()
    }
}
