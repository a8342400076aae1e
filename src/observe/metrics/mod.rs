//! [`Metrics`]: counters of decisions.

use std::fmt;
use std::sync::OnceLock;

use http::request::Parts;
use metrics::SharedString;

pub(crate) use self::handles::count_unclaimed;
use self::handles::{Handles, Layer, OUTCOMES_OF_TIMES, PARTS, keep};
use self::series::FIRST_OFFERED;
use super::{ConcealEvent, Event, Observe, ObservedLayer};

mod handles;
mod labels;
mod outcomes;
mod recorder;
mod series;

/// Counts the decisions of a layer by the facade [`metrics`](https://docs.rs/metrics), for any exporter.
///
/// **Install the exporter before the layers are built.** The facade drops what is counted before. If it
/// comes later, the counters appear with the first response after that; until then they are absent, and an
/// alert on one of them sees nothing ([K38](crate::semantics#k38)).
///
/// ```
/// use metrics_exporter_prometheus::PrometheusBuilder;
/// use portcullis::observe::Metrics;
/// use portcullis::{AuthenticateLayer, ConcealLayer, Identity};
///
/// # fn stack(identity: impl Identity) -> Result<(), Box<dyn std::error::Error>> {
/// let exporter = PrometheusBuilder::new().install_recorder()?;
/// let stage = AuthenticateLayer::new(identity).optional().observe(Metrics::new("api"));
/// // On a listener of its own, never beside the routes:
/// let text: String = exporter.render();
/// # Ok(())
/// # }
/// ```
///
/// # What is counted
///
/// | metric | labels | counts |
/// |---|---|---|
/// | `portcullis_decisions_total` | `stage`, `outcome`, `class`, `cause`, `status`, `scheme`, `caller`, `concealed`, `layer` | responses of an authenticate stage: one [`Event`] each |
/// | `portcullis_repaired_total` | `layer` | [repaired](Event::is_repaired) 401s |
/// | `portcullis_decision_seconds` | `stage`, `scheme`, `outcome`, `layer` | the time in identity (`stage="authenticate"`) and policies (`stage="authorize"`), [if asked for](Self::with_times) |
/// | `portcullis_covered_total`, `portcullis_absent_total`, `portcullis_turned_away_total`, `portcullis_floor_lost_total` | `layer` | what a [`ConcealLayer`](crate::ConcealLayer) [does](ConcealEvent) |
/// | `portcullis_unclaimed_total` | `stage` | denials that no authenticate stage saw ([C09](crate::semantics#c09)) |
///
/// | label | values |
/// |---|---|
/// | `stage` | the stage that created the denial: `authenticate`, `authorize` or `handler`; `service` for a response without a denial |
/// | `outcome` | `permitted`, `refused`, `passed`: those of [`RequestOutcome`](super::RequestOutcome) |
/// | `class` | those of [`Class`](super::Class); `none` for a response that is no refusal, and for one that another authenticate stage inside has rendered, or an observed conceal layer inside has replaced: their own observers tell the class |
/// | `cause` | those of [`Cause`](crate::Cause), also of a concealed denial; `none` without a denial |
/// | `status` | 303, 400, 401, 403, 404, 407, 410, 429, 500, 503, and `1xx` to `5xx` for the others; of a refused gRPC call, which is sent with 200, that of another request |
/// | `scheme` | the offered ones in lower case; `other` for credentials of a scheme that is not offered; `none` for a request without credentials. An offered scheme with one of these two names is `offered:other` or `offered:none` |
/// | `caller` | `known`, `anonymous` |
/// | `concealed` | `true`, `false` |
/// | `layer` | the name given to [`new`](Self::new) |
///
/// Of stages inside each other, each counts its own responses. So give them different names: with one name,
/// a request is counted twice.
///
/// # How much memory clients can fill
///
/// **The counters: none.** Each label is from a set that is fixed when the layer is built, and
/// [`series_limit`](Self::series_limit) is the most that a layer makes
/// ([K32](crate::semantics#k32)). No path, method, header or name of a user is a label.
///
/// **The histogram: whatever arrives between two scrapes.** [`with_times`](Self::with_times) records one or
/// two values for each request, and exporters keep them until they are scraped. If no scrape comes, they fill
/// the memory; so run the upkeep of the exporter at fixed intervals ([K50](crate::semantics#k50)).
///
/// # Which counters a new layer has
///
/// Those that an alert asks for, with 0: `increase()` and `rate()` do not see the first value of a series,
/// so a burst that ends before the next scrape would be lost ([K33](crate::semantics#k33)). These are all
/// that the stage itself refuses, all failures of the check (`class="ours"`), and the common refusals of
/// policies and handlers. The others appear with their first event; so do the 407s of a stage that is put
/// [at a proxy](crate::AuthenticateLayer::at_proxy) only after `observe`, and `portcullis_unclaimed_total`
/// in a process where no layer has `Metrics`.
///
/// # Idle series
///
/// The layer keeps the handles of its counters, so that a request looks nothing up and allocates nothing
/// ([K45](crate::semantics#k45)). An exporter that removes idle series (`idle_timeout` of
/// `metrics-exporter-prometheus`, for counters) removes them for good: their values are missing from then
/// on, also if requests arrive again. So leave counters out of it.
pub struct Metrics {
    layer: Layer,
    measures_time: bool,
    handles: OnceLock<Handles>,
}

impl Metrics {
    /// Counts under this value of the label `layer`. It may be any text. Layers with the same name share
    /// their series, so layers inside each other need different names.
    pub fn new(layer: impl Into<String>) -> Self {
        let layer = Layer::new(SharedString::from_owned(layer.into()));
        Self { layer, measures_time: false, handles: OnceLock::new() }
    }

    /// Also records how long identity and policy take, in seconds, in the histogram
    /// `portcullis_decision_seconds`. A request that reached no policy has no value with `stage="authorize"`.
    ///
    /// Exporters keep each value until they are scraped or their upkeep runs: an application that does
    /// neither fills its memory. [Operating](crate::guides::operating#a-program-with-counters) has a program
    /// with the upkeep of the exporter of Prometheus. That exporter makes summaries, which cannot be added up,
    /// unless it is given buckets:
    ///
    /// ```
    /// use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
    ///
    /// let seconds = Matcher::Full("portcullis_decision_seconds".to_owned());
    /// let buckets = [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0];
    /// let builder = PrometheusBuilder::new().set_buckets_for_metric(seconds, &buckets)?;
    /// # Ok::<(), metrics_exporter_prometheus::BuildError>(())
    /// ```
    pub fn with_times(self) -> Self {
        Self { measures_time: true, ..self }
    }

    /// The most series of counters that an authenticate stage which offers this many schemes can make, at
    /// an origin and [at a proxy](crate::AuthenticateLayer::at_proxy) together: 331, and 198 for each scheme.
    /// A [`ConcealLayer`](crate::ConcealLayer) makes 4, and a process 2 that belong to no layer.
    ///
    /// ```
    /// use portcullis::observe::Metrics;
    ///
    /// assert_eq!(Metrics::series_limit(1), 529);
    /// assert_eq!(Metrics::times_limit(1), 18);
    /// ```
    pub fn series_limit(schemes: usize) -> usize {
        series::limit(schemes) + 1
    }

    /// The most label sets of the histogram, [with times](Self::with_times), for a stage that offers this
    /// many schemes: 12, and 6 for each scheme. In Prometheus each of them has a series for every bucket,
    /// and three more.
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
        recorder::is_installed().then(|| keep(&self.handles, Handles::new(&self.layer)))
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
mod tests;
