//! An observer that keeps what it is told, and the requests of the tests.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use http::request::Parts;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use portcullis::observe::{ConcealEvent, Event, Observe, ObservedLayer};
use tower::{Service, ServiceExt};

/// Keeps each call, in order. Copies share what they keep.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<Mutex<Vec<Call>>>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    Attached { conceals: bool, schemes: usize },
    Begun(String),
    Concealed(String, ConcealEvent),
}

impl Watch {
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    /// The events since it was last asked.
    pub fn events(&self) -> Vec<ConcealEvent> {
        let events = |call| match call {
            Call::Concealed(_, event) => Some(event),
            Call::Attached { .. } | Call::Begun(_) => None,
        };
        self.take().into_iter().filter_map(events).collect()
    }

    fn keep(&self, call: Call) {
        self.0.lock().unwrap().push(call);
    }
}

impl Observe for Watch {
    type Context = String;

    fn attach(&mut self, layer: &ObservedLayer<'_>) {
        let (conceals, schemes) = (layer.conceals(), layer.schemes().len());
        self.keep(Call::Attached { conceals, schemes });
    }

    fn begin(&self, request: &Parts) -> String {
        let begun = format!("{} {}", request.method, request.uri.path());
        self.keep(Call::Begun(begun.clone()));
        begun
    }

    fn decided(&self, _: String, event: &Event<'_>) {
        panic!("a conceal layer decides nothing: {event:?}");
    }

    fn concealed(&self, request: String, event: &ConcealEvent) {
        self.keep(Call::Concealed(request, *event));
    }
}

/// The `Covered` with this status and code, as text: the variant may get more fields.
pub fn covered(event: &ConcealEvent) -> Option<(u16, Option<i32>)> {
    match event {
        ConcealEvent::Covered { status, grpc_code, .. } => Some((status.as_u16(), *grpc_code)),
        _ => None,
    }
}

pub type Answer = (StatusCode, HeaderMap, Vec<u8>);

pub fn request(method: Method, path: &str) -> Request<Body> {
    Request::builder().method(method).uri(path).body(Body::empty()).unwrap()
}

pub fn grpc(path: &str, content_type: &str) -> Request<Body> {
    let call = Request::post(path).header("content-type", content_type);
    call.body(Body::empty()).unwrap()
}

pub async fn answer<S>(service: &S, request: Request<Body>) -> Answer
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
{
    let (parts, body) = service.clone().oneshot(request).await.unwrap().into_parts();
    (parts.status, parts.headers, to_bytes(body, 1 << 20).await.unwrap().to_vec())
}
