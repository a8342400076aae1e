//! [`Metrics`]: counters of decisions.

use std::fmt;
use std::sync::OnceLock;

use http::request::Parts;
use metrics::SharedString;

use self::handles::{Handles, Layer, OUTCOMES_OF_TIMES, PARTS};
use self::series::FIRST_OFFERED;
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

    /// The most histograms that one layer which offers this many schemes can make
    /// [with times](Self::with_times).
    pub const fn times_limit(schemes: usize) -> usize {
        PARTS * OUTCOMES_OF_TIMES * (FIRST_OFFERED + schemes)
    }

    /// The handles; `None` as long as no exporter is installed.
    #[inline]
    fn handles(&self) -> Option<&Handles> {
        self.handles.get().or_else(|| self.make_handles())
    }

    #[cold]
    fn make_handles(&self) -> Option<&Handles> {
        recorder::is_installed().then(|| self.handles.get_or_init(|| Handles::new(&self.layer)))
    }
}

impl Observe for Metrics {
    type Context = ();

    fn attach(&mut self, layer: &ObservedLayer<'_>) {
        self.layer.attach(layer);
        self.handles = OnceLock::new();
        self.make_handles();
    }

    fn measures_time(&self) -> bool {
        self.measures_time
    }

    #[inline]
    fn begin(&self, _: &Parts) {}

    #[inline]
    fn decided(&self, (): (), event: &Event<'_>) {
        match self.handles() {
            Some(handles) => handles.count(&self.layer, event),
            None => self.layer.count(event),
        }
    }

    fn concealed(&self, (): (), event: &ConcealEvent) {
        match self.handles() {
            Some(handles) => handles.count_concealed(event),
            None => self.layer.count_concealed(event),
        }
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

#[cfg(test)]
mod tests {
    use super::Metrics;
    use super::outcomes::{ORIGIN, PROXY};
    use super::series::all;

    /// The numbers in the documentation of [`Metrics`].
    #[test]
    fn k32_the_limits_are_the_documented_ones() {
        for schemes in 0..6 {
            println!(
                "{} {}",
                Metrics::series_limit(schemes),
                [ORIGIN, PROXY]
                    .map(|role| all(schemes).filter(|s| s.is_eager(role)).count())
                    .iter()
                    .max()
                    .unwrap()
            );
        }
    }
}
