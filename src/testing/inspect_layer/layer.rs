//! [`InspectLayer`].

use std::fmt;
use std::sync::Arc;

use tower::Layer;

use crate::inspect::Severity;
use crate::testing::inspection::{ReportedFinding, check_to_allow};

use super::service::InspectService;
use super::shared::Shared;

/// Layer that judges each exchange in the tests of an application, and fails the test that caused an error or
/// a warning.
///
/// Put it outside all others, so that it sees the responses as clients do.
///
/// ```
/// use axum::Router;
/// use axum::body::Body;
/// use axum::routing::get;
/// use http::{Request, StatusCode};
/// use portcullis::testing::InspectLayer;
/// use portcullis::{AuthenticateLayer, Bearer, Tokens};
/// use tower::ServiceExt;
///
/// # fn app() -> Router {
/// #     let bearer = Bearer::new("api", Tokens::new().with("alice-token", "alice")).unwrap();
/// #     Router::new().route("/", get(|| async { "hello" })).layer(AuthenticateLayer::new(bearer))
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let inspect = InspectLayer::new().allow("challenges-on-one-line");
/// let app = app().layer(inspect.clone());
///
/// // The tests as they were:
/// let response = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
/// assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
///
/// // Where the application runs in other tasks:
/// inspect.assert_clean();
/// # }
/// ```
///
/// # Where it panics
///
/// In the call, if the body of the response is ready at once, as it is for a refusal; otherwise where its last
/// part is read, or where it is dropped. If the test calls the application, as above, the test fails at that
/// place. If the application runs in a task of its own, as under a server, the panic ends that task: the client
/// sees a closed connection, or the 500 of a layer that catches panics. There, end the test with
/// [`assert_clean`](Self::assert_clean) on a clone of the layer, which has everything that was found. With
/// [`record_only`](Self::record_only), nothing else panics.
///
/// # What it does to a response
///
/// Nothing but to read the part of the body that is ready, at most 64 frames. Bodies without an end, upgrades and trailers pass as
/// they are; at most 1 MiB of a body is judged. The head of the request is kept until then.
#[derive(Clone)]
#[must_use = "a layer inspects nothing until it is applied"]
pub struct InspectLayer {
    shared: Arc<Shared>,
    allowed: Vec<&'static str>,
    panics: bool,
}

impl Default for InspectLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl InspectLayer {
    /// A layer that panics for each error and each warning.
    pub fn new() -> Self {
        Self { shared: Arc::default(), allowed: Vec::new(), panics: true }
    }

    /// Does not report what this [check](crate::inspect::Check) finds. Name it by its id or its number.
    ///
    /// # Panics
    ///
    /// If there is no such check, with the ids of all.
    #[track_caller]
    pub fn allow(mut self, id: &str) -> Self {
        self.allowed.push(check_to_allow(id));
        self
    }

    /// Panics in [`assert_clean`](Self::assert_clean) only.
    pub const fn record_only(mut self) -> Self {
        self.panics = false;
        self
    }

    /// What was found in the exchanges of all clones of this layer, in the order in which it was found. Equal
    /// findings are one.
    pub fn findings(&self) -> Vec<ReportedFinding> {
        self.shared.found()
    }

    /// Fails a test if an error or a warning was found in an exchange of any clone of this layer.
    ///
    /// # Panics
    ///
    /// With these findings.
    #[track_caller]
    pub fn assert_clean(&self) {
        let mut text = String::new();
        for found in self.findings() {
            if found.finding().severity() > Severity::Advice {
                text.push_str(&format!("\n{found}\n"));
            }
        }
        assert!(text.is_empty(), "the inspector has found:\n{text}");
    }
}

impl<S> Layer<S> for InspectLayer {
    type Service = InspectService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        let Self { shared, allowed, panics } = self;
        InspectService::new(inner, shared.clone(), allowed.clone().into(), *panics)
    }
}

impl fmt::Debug for InspectLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InspectLayer")
            .field("allowed", &self.allowed)
            .field("panics", &self.panics)
            .finish_non_exhaustive()
    }
}
