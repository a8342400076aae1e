//! K27: a subscriber of the log that panics when it is told of an unclaimed denial.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::Method;
use metrics_exporter_prometheus::PrometheusBuilder;
use portcullis::Denial;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::watch::{answer, request};

/// Panics at each event of the crate, and counts them.
struct Panics(Arc<AtomicUsize>);

impl<S: tracing::Subscriber> Layer<S> for Panics {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "portcullis" {
            self.0.fetch_add(1, Ordering::Relaxed);
            resume_unwind(Box::new("a subscriber"));
        }
    }
}

/// How many events the subscriber got, and how many denials were counted, while `f` ran.
fn told(f: impl FnOnce()) -> (usize, u64) {
    // With one subscriber alone, `tracing` might keep the answer of a thread that has none.
    let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
    let events = Arc::new(AtomicUsize::new(0));
    let subscriber = tracing_subscriber::registry().with(Panics(events.clone()));
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || tracing::subscriber::with_default(subscriber, f));
    let page = recorder.handle().render();
    let name = "portcullis_unclaimed_total{stage=\"handler\"} ";
    let count = page.lines().find_map(|line| line.strip_prefix(name)?.parse().ok());
    (events.load(Ordering::Relaxed), count.unwrap_or(0))
}

/// The status of a response to `GET /`, which is then dropped.
fn status(app: &Router) -> u16 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(answer(app, request(Method::GET, "/"))).0.as_u16()
}

#[test]
fn k27_a_subscriber_that_panics_changes_no_response_and_no_count_and_ends_no_process() {
    let handler = Router::new().fallback(|| async { Denial::forbidden() });
    assert_eq!(told(|| assert_eq!(status(&handler), 403)), (1, 1));
    // Two panics at a time, one of them in a destructor.
    let panics = from_fn(async |request: Request, next: Next| -> Response {
        let _response = next.run(request).await;
        resume_unwind(Box::new("a middleware"))
    });
    let panicking = handler.layer(panics);
    let both = told(|| {
        let panicked = catch_unwind(AssertUnwindSafe(|| status(&panicking))).unwrap_err();
        assert_eq!(panicked.downcast_ref(), Some(&"a middleware"));
    });
    assert_eq!(both, (1, 1));
}
