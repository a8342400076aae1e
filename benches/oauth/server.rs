//! The resource server: both stages around a service, and what a request to it is.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::body::Body;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderValue, Request, Response, StatusCode};
use portcullis::oauth::Token;
use portcullis::{AuthenticateLayer, AuthorizeLayer, Bearer, Verify, scope};
use tower::{Layer, Service};

use crate::issuer::SCOPE;

/// The service behind the stages.
#[derive(Clone, Copy)]
pub struct Inner;

impl Service<Request<Body>> for Inner {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        let mut response = Response::new(Body::from("the notes"));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        ready(Ok(response))
    }
}

pub fn stages(
    tokens: impl Verify<str, Principal = Token>,
) -> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible> {
    let identity = Bearer::new("notes", tokens).expect("a realm");
    let permitted = AuthorizeLayer::<Token>::new(scope(SCOPE).expect("a scope")).layer(Inner);
    AuthenticateLayer::new(identity).layer(permitted)
}

pub fn authorization(token: &str) -> HeaderValue {
    HeaderValue::try_from(format!("Bearer {token}")).expect("a header")
}

/// A request as hyper hands it on: with a few headers and an extension.
pub fn request(authorization: HeaderValue) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("api.example.com"));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(AUTHORIZATION, authorization);
    request.extensions_mut().insert(0_u32);
    request
}

/// The status of a response that is there without waiting.
pub fn exchange<S>(service: &mut S, request: Request<Body>) -> StatusCode
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    now(exchange_later(service, request))
}

pub async fn exchange_later<S>(service: &mut S, request: Request<Body>) -> StatusCode
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let _ = std::future::poll_fn(|cx| service.poll_ready(cx)).await;
    let Ok(response) = service.call(request).await;
    black_box(&response).status()
}

/// The result of a future that does not wait.
pub fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing waits here"),
    }
}
