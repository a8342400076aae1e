//! [`Metrics`]: counters of decisions.

use http::request::Parts;

use super::{Event, Observe, ObservedLayer};

/// Counts the decisions of a layer by the facade [`metrics`](https://docs.rs/metrics), for any exporter.
#[derive(Debug)]
pub struct Metrics {
    layer: String,
    measures_time: bool,
}

impl Metrics {
    /// Counts under this value of the label `layer`.
    pub fn new(layer: impl Into<String>) -> Self {
        Self { layer: layer.into(), measures_time: false }
    }

    /// Also records how long identity and policy take, in the histogram `portcullis_decision_seconds`.
    pub fn with_times(self) -> Self {
        Self { measures_time: true, ..self }
    }

    /// The most series that this value can make, once it is attached to its layer.
    pub fn series_limit(&self) -> usize {
        todo!()
    }
}

impl Observe for Metrics {
    type Context = ();

    fn attach(&mut self, _: &ObservedLayer<'_>) {}

    fn measures_time(&self) -> bool {
        self.measures_time
    }

    fn begin(&self, _: &Parts) {}

    fn decided(&self, (): (), _: &Event<'_>) {}
}
