//! [`InspectLayer`]: bodies pass as they are, and are judged as far as they were read.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full, StreamBody};
use portcullis::testing::{InspectBody, InspectLayer};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tower::{Layer, ServiceExt, service_fn};

type Frames = mpsc::Sender<Result<Frame<Bytes>, &'static str>>;

/// What a service responds whose body is sent by the test: a 401 without a challenge.
async fn response(
    inspect: InspectLayer,
) -> (Frames, Response<InspectBody<impl Body<Data = Bytes, Error = &'static str>>>) {
    let (sender, frames) = mpsc::channel(8);
    let response = Response::builder().status(401).header("content-type", "text/plain");
    let response = response.body(StreamBody::new(ReceiverStream::new(frames))).unwrap();
    let mut response = Some(response);
    let service = service_fn(move |_: Request<()>| {
        let response = response.take().expect("one request");
        async { Ok::<_, Infallible>(response) }
    });
    (sender, inspect.layer(service).oneshot(Request::new(())).await.unwrap())
}

fn data(text: &'static str) -> Result<Frame<Bytes>, &'static str> {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

fn ids(inspect: &InspectLayer) -> Vec<&'static str> {
    inspect.findings().iter().map(|found| found.finding().check().id()).collect()
}

#[tokio::test]
async fn a_body_streams_on_and_is_judged_at_its_end() {
    let inspect = InspectLayer::new().record_only();
    let (sender, response) = response(inspect.clone()).await;
    let mut body = response.into_body();
    for text in ["one", "two"] {
        sender.send(data(text)).await.unwrap();
        let frame = body.frame().await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), text);
        assert_eq!(ids(&inspect), [""; 0]);
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", "16".parse().unwrap());
    sender.send(Ok(Frame::trailers(trailers.clone()))).await.unwrap();
    drop(sender);
    let frame = body.frame().await.unwrap().unwrap();
    assert_eq!(frame.into_trailers().unwrap(), trailers);
    assert!(body.frame().await.is_none());
    assert!(ids(&inspect).contains(&"challenge-missing"));
}

#[tokio::test]
async fn a_body_that_is_not_ready_panics_where_it_ends() {
    let (sender, response) = response(InspectLayer::new()).await;
    sender.send(data("one")).await.unwrap();
    drop(sender);
    let reading = AssertUnwindSafe(response.into_body().collect()).catch_unwind();
    assert!(reading.await.is_err());
}

#[tokio::test]
async fn a_body_that_is_dropped_is_judged_there() {
    let (sender, response) = response(InspectLayer::new()).await;
    sender.send(data("one")).await.unwrap();
    assert!(std::panic::catch_unwind(AssertUnwindSafe(|| drop(response))).is_err());
}

#[tokio::test]
async fn a_test_that_fails_already_fails_with_its_own_panic() {
    let inspect = InspectLayer::new();
    let (_sender, response) = response(inspect.clone()).await;
    let test = move || {
        let _response = response;
        panic!("the test's own");
    };
    let panic = std::panic::catch_unwind(AssertUnwindSafe(test)).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"the test's own"));
    assert!(ids(&inspect).contains(&"challenge-missing"));
}

#[tokio::test]
async fn a_body_that_fails_passes_its_error() {
    let inspect = InspectLayer::new().record_only();
    let (sender, response) = response(inspect.clone()).await;
    sender.send(Err("broken")).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap_err(), "broken");
    assert!(ids(&inspect).contains(&"challenge-missing"));
}

/// A body that is always ready, and never ends.
struct Endless(&'static [u8]);

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;
    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(self.0)))))
    }
}

async fn endless(inspect: &InspectLayer, frame: &'static [u8]) -> InspectBody<Endless> {
    let service = service_fn(move |_: Request<()>| async move {
        Response::builder().status(401).body(Endless(frame))
    });
    inspect.layer(service).oneshot(Request::new(())).await.unwrap().into_body()
}

#[tokio::test]
async fn a_body_without_an_end_is_judged_when_it_is_long() {
    let inspect = InspectLayer::new().record_only();
    let mut body = endless(&inspect, &[b'x'; 1000]).await;
    for _ in 0..2000 {
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), 1000);
    }
    assert!(ids(&inspect).contains(&"challenge-missing"));
}

#[tokio::test]
async fn frames_without_an_end_do_not_keep_the_response_back() {
    let inspect = InspectLayer::new().record_only();
    let mut body = endless(&inspect, b"").await;
    for _ in 0..200 {
        assert!(body.frame().await.unwrap().unwrap().into_data().unwrap().is_empty());
    }
    assert_eq!(ids(&inspect), [""; 0]);
    drop(body);
    assert!(ids(&inspect).contains(&"challenge-missing"));
}

#[tokio::test]
async fn size_and_end_are_those_of_the_body() {
    let inspect = InspectLayer::new().record_only();
    let service = service_fn(|request: Request<()>| async move {
        let text = if request.method() == Method::PUT { "" } else { "twelve bytes" };
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(text)))
    });
    let service = inspect.layer(service);
    for (method, length) in [(Method::GET, 12), (Method::HEAD, 12), (Method::PUT, 0)] {
        let request = Request::builder().method(method).body(()).unwrap();
        let mut body = service.clone().oneshot(request).await.unwrap().into_body();
        assert_eq!(body.size_hint().exact(), Some(length));
        assert_eq!(body.is_end_stream(), length == 0);
        if length > 0 {
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "twelve bytes");
        }
        assert!(body.is_end_stream());
        assert_eq!(SizeHint::exact(&body.size_hint()), Some(0));
        assert!(body.frame().await.is_none());
    }
}

#[tokio::test]
async fn an_upgrade_passes() {
    let inspect = InspectLayer::new();
    let service = service_fn(|_: Request<()>| async {
        let mut response = Response::new(Full::<Bytes>::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        response.extensions_mut().insert("the upgrade");
        Ok::<_, Infallible>(response)
    });
    let response = inspect.layer(service).oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.extensions().get(), Some(&"the upgrade"));
    inspect.assert_clean();
}
