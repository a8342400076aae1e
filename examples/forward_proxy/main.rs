//! A forward proxy on plain hyper. Its users authenticate by Digest or Basic in
//! `Proxy-Authorization`; credentials for the origin are forwarded.
//!
//! It connects only to public addresses, and responds 403 for others. Otherwise its users could reach
//! the services of its machine and its network (`destination.rs`).
//!
//! `cargo run --example forward_proxy`, then try the lines that it prints; with an origin on the same
//! machine, `ALLOW_PRIVATE=on cargo run --example forward_proxy`.

use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TE, UPGRADE, VIA,
};
use hyper::http::uri::Scheme;
use hyper::server::conn::http1;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use portcullis::{
    AuthenticateLayer, Basic, Denial, Digest, DigestUsers, Principal, ResponseBody, any_of,
};
use tokio::io::copy_bidirectional;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower::ServiceBuilder;

use crate::destination::{Connector, Destinations, NoConnection};

mod destination;

const REALM: &str = "proxy";

type User = &'static str;
type Body = BoxBody<Bytes, hyper::Error>;

/// How to reach origins.
#[derive(Clone)]
struct Origins {
    allowed: Destinations,
    client: Client<Connector, Incoming>,
}

/// Serves a request that the stage has admitted.
async fn serve(origins: Origins, request: Request<Incoming>) -> Response<Body> {
    let user = Principal::<User>::of(request.extensions()).copied();
    tracing::info!(user, method = %request.method(), target = %request.uri(), "used");
    if request.method() == Method::CONNECT {
        return tunnel(origins, request).await;
    }
    if request.uri().authority().is_none() {
        return text(StatusCode::BAD_REQUEST, "This is a proxy: send an absolute URL.\n");
    }
    if request.uri().scheme() != Some(&Scheme::HTTP) {
        return text(StatusCode::BAD_REQUEST, "Only http is forwarded: use CONNECT.\n");
    }
    forward(origins, request).await
}

/// Forwards a request to the origin, and returns its response (RFC 9110 §7.6).
async fn forward(origins: Origins, mut request: Request<Incoming>) -> Response<Body> {
    forward_headers(request.headers_mut());
    // The URL names the host; the client makes a new `Host` from it (RFC 9112 §3.2.2).
    request.headers_mut().remove(HOST);
    // A proxy sends its own version on each side (RFC 9110 §2.5).
    *request.version_mut() = Version::HTTP_11;
    match origins.client.request(request).await {
        Ok(mut response) => {
            forward_headers(response.headers_mut());
            *response.version_mut() = Version::HTTP_11;
            response.map(BodyExt::boxed)
        }
        Err(error) => not_connected(&error),
    }
}

/// The response if the origin was not reached: 403 or 502.
fn not_connected(error: &(dyn Error + 'static)) -> Response<Body> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(NoConnection::NotPublic) = error.downcast_ref() {
            return not_public();
        }
        cause = error.source();
    }
    tracing::info!(error, "the origin does not respond");
    text(StatusCode::BAD_GATEWAY, "The origin does not respond.\n")
}

/// A refusal, which the stage outside renders (C02).
fn not_public() -> Response<Body> {
    let denial = Denial::forbidden()
        .with_source(NoConnection::NotPublic)
        .with_detail("This proxy connects to public addresses only, and this host has none.");
    let response = denial.into_http_response::<Full<Bytes>>();
    response.map(|body| body.map_err(|never| match never {}).boxed())
}

/// Opens a tunnel, and copies bytes in both directions (RFC 9110 §9.3.6).
async fn tunnel(origins: Origins, request: Request<Incoming>) -> Response<Body> {
    let Some((host, port)) = request.uri().host().zip(request.uri().port_u16()) else {
        return text(StatusCode::BAD_REQUEST, "A tunnel leads to a host and a port.\n");
    };
    let mut origin = match origins.allowed.connect(host, port).await {
        Ok(origin) => origin,
        Err(error) => return not_connected(&error),
    };
    tokio::spawn(async move {
        match hyper::upgrade::on(request).await {
            Ok(client) => {
                // An error concerns only the two ends of the tunnel, which see it themselves.
                let _ = copy_bidirectional(&mut TokioIo::new(client), &mut origin).await;
            }
            Err(error) => tracing::debug!(%error, "no tunnel"),
        }
    });
    Response::new(Empty::new().map_err(|never| match never {}).boxed())
}

/// Removes the headers that are only for this connection (RFC 9110 §7.6.1), and adds `Via`.
fn forward_headers(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    let known = [CONNECTION, TE, UPGRADE];
    let older = ["keep-alive", "proxy-connection"].map(HeaderName::from_static);
    for name in listed.into_iter().chain(known).chain(older) {
        headers.remove(name);
    }
    headers.append(VIA, HeaderValue::from_static("1.1 portcullis"));
}

fn text(status: StatusCode, text: &'static str) -> Response<Body> {
    let body = Full::from(text).map_err(|never| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    response
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let users = DigestUsers::new(REALM).with("user", "passwd", "user");
    let identity = any_of((Digest::from_users(users.clone())?, Basic::new(REALM, users)?));
    let allow_private = env::var("ALLOW_PRIVATE").ok();
    let allowed = Destinations::read(allow_private.as_deref())?;
    let client = Client::builder(TokioExecutor::new()).build(Connector(allowed));
    let origins = Origins { allowed, client };
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(identity).at_proxy()?)
        .map_response(ResponseBody::wrap)
        .service_fn(move |request| {
            let origins = origins.clone();
            async move { Ok::<_, Infallible>(serve(origins, request).await) }
        });

    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    let lines = if allowed == Destinations::Any { TRY_PRIVATE } else { TRY };
    println!("{}", lines.replace("ADDRESS", &address));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Keep serving if one connection fails, or if there are too many.
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let mut server = http1::Builder::new();
            let connection = server
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades();
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection failed");
            }
        });
    }
}

const TRY: &str = "
curl -i -x ADDRESS http://127.0.0.1:8000/                                # 407, with challenges
curl -i -x ADDRESS --proxy-digest -U user:passwd http://127.0.0.1:8000/  # 403, not a public address
curl -i -x ADDRESS --proxy-basic -U user:passwd http://localhost:8000/   # 403, not a public address
curl -i -x ADDRESS -U user:wrong http://127.0.0.1:8000/                  # 407
";

/// With `ALLOW_PRIVATE=on`.
const TRY_PRIVATE: &str = "
curl -i -x ADDRESS http://127.0.0.1:8000/                                # 407, with challenges
curl -i -x ADDRESS --proxy-digest -U user:passwd http://127.0.0.1:8000/  # the response of the origin
curl -i -x ADDRESS --proxy-basic -U user:passwd http://127.0.0.1:8000/   # the response of the origin
curl -i -x ADDRESS -p --proxy-digest -U user:passwd http://127.0.0.1:8000/  # through a tunnel
curl -i -x ADDRESS -U user:wrong http://127.0.0.1:8000/                  # 407
";
