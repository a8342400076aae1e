//! Leaks that show over HTTP/2 only.

use std::pin::Pin;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version};
use axum::response::Response;
use http_body::Frame;
use http_body_util::StreamBody;
use hyper::body::Incoming;
use portcullis::testing::{Aspect, Leak, LeakProbe, ProbeError, Transport};
use tokio_stream::wrappers::ReceiverStream;
use tower::service_fn;

use crate::app::{BOB, CONCEALED, MISSING, honest, run, runtime};
use crate::support::Server;

type Failed = Box<dyn std::error::Error + Send + Sync>;
type ResponseFuture = Pin<Box<dyn Future<Output = Result<Response, Failed>> + Send>>;

/// A planted leak over HTTP/2.
struct PlantedLeak {
    name: &'static str,
    method: &'static str,
    /// The response for the concealed path over HTTP/2.
    response: fn(Request) -> ResponseFuture,
    /// The aspect and the sentence that the report must name.
    aspect: fn() -> Aspect,
    text: &'static str,
}

fn missing() -> Response {
    let body = Body::from("nothing here");
    Response::builder().status(StatusCode::NOT_FOUND).body(body).unwrap()
}

fn with_body(body: Body) -> Response {
    let builder = Response::builder().status(StatusCode::NOT_FOUND);
    builder.header("content-length", "12").body(body).unwrap()
}

type Frames = Vec<Result<Frame<Bytes>, Failed>>;

/// A body whose last frame hyper does not know in advance.
fn frames(frames: Frames) -> Body {
    Body::new(StreamBody::new(tokio_stream::iter(frames)))
}

fn ready(response: Response) -> ResponseFuture {
    Box::pin(async { Ok(response) })
}

static PLANTS_OF_HTTP_2: &[PlantedLeak] = &[
    PlantedLeak {
        name: "a field",
        method: "DELETE",
        response: |_| {
            let mut response = missing();
            response.headers_mut().insert("alt-svc", HeaderValue::from_static("clear"));
            ready(response)
        },
        aspect: || Aspect::Header("alt-svc".to_owned()),
        text: "`DELETE /vault/notes` over HTTP/2: `alt-svc` present on concealed (`clear`), absent on \
               missing",
    },
    PlantedLeak {
        name: "a trailer",
        method: "GET",
        response: |_| {
            let trailers = HeaderMap::from_iter([(
                "x-checksum".parse().unwrap(),
                HeaderValue::from_static("1"),
            )]);
            let data = Frame::data(Bytes::from("nothing here"));
            ready(with_body(frames(vec![Ok(data), Ok(Frame::trailers(trailers))])))
        },
        aspect: || Aspect::Framing,
        text: "`GET /vault/notes` over HTTP/2: framing is `content-length, END_STREAM on trailers` on \
               concealed, `content-length, END_STREAM on the last DATA` on missing",
    },
    PlantedLeak {
        name: "`END_STREAM` on a frame of its own",
        method: "QUERY",
        response: |_| ready(with_body(frames(vec![Ok(Frame::data(Bytes::from("nothing here")))]))),
        aspect: || Aspect::Framing,
        text: "framing is `content-length, END_STREAM on an empty DATA` on concealed",
    },
    PlantedLeak {
        name: "a reset within the answer",
        method: "PUT",
        response: |_| {
            let (sender, receiver) = tokio::sync::mpsc::channel(1);
            // A reset discards what has not been sent yet.
            tokio::spawn(async move {
                let _ = sender.send(Ok(Frame::data(Bytes::from("nothing")))).await;
                tokio::time::sleep(Duration::from_millis(5)).await;
                let torn: Failed = h2::Error::from(h2::Reason::CANCEL).into();
                let _ = sender.send(Err(torn)).await;
            });
            ready(with_body(Body::new(StreamBody::new(ReceiverStream::new(receiver)))))
        },
        aspect: || Aspect::Framing,
        text: "framing is `content-length, RST_STREAM (CANCEL)` on concealed",
    },
    PlantedLeak {
        name: "a reset before the answer",
        method: "PATCH",
        response: |_| {
            Box::pin(async { Err(Failed::from(h2::Error::from(h2::Reason::REFUSED_STREAM))) })
        },
        aspect: || Aspect::Outcome,
        text: "`PATCH /vault/notes` over HTTP/2: outcome is `reset (REFUSED_STREAM)` on concealed, \
               `response received` on missing",
    },
    PlantedLeak {
        name: "a body that is read",
        method: "POST",
        response: |request| {
            Box::pin(async {
                let _ = to_bytes(request.into_body(), usize::MAX).await;
                Ok(missing())
            })
        },
        aspect: || Aspect::Early,
        text: "the response to a body that is held back is `not before the body` on concealed",
    },
    PlantedLeak {
        name: "a tunnel",
        method: "CONNECT",
        response: |request| {
            let protocol = request.extensions().get::<hyper::ext::Protocol>();
            ready(match protocol {
                Some(protocol) if protocol.as_str() == "websocket" => Response::default(),
                _ => missing(),
            })
        },
        aspect: || Aspect::Status,
        text: "`CONNECT /vault/notes` with `:protocol: websocket`, `sec-websocket-version: 13` over \
               HTTP/2: status 200 on concealed, 404 on missing",
    },
    PlantedLeak {
        name: "another authority",
        method: "FROB",
        response: |request| {
            let host = request.headers().get("host").is_some();
            let mut response = missing();
            if host {
                *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
            }
            ready(response)
        },
        aspect: || Aspect::Status,
        text: "`FROB /vault/notes` with `:authority: localhost`, `host: other.example` over HTTP/2: \
               status 421 on concealed",
    },
];

/// A service that responds with 404 to every path, and leaks over HTTP/2.
fn leaking(
    plant: &'static PlantedLeak,
) -> impl tower::Service<Request<Incoming>, Response = Response, Error = Failed, Future: Send>
+ Clone
+ Send
+ 'static {
    service_fn(move |request: Request<Incoming>| -> ResponseFuture {
        let request = request.map(Body::new);
        let applies = request.version() == Version::HTTP_2
            && request.uri().path() == CONCEALED
            && request.method().as_str() == plant.method;
        if applies { (plant.response)(request) } else { ready(missing()) }
    })
}

fn probe_of(plant: &'static PlantedLeak) -> LeakProbe {
    let probe = LeakProbe::of_service(leaking(plant)).pair(CONCEALED, MISSING).anonymous();
    probe.methods([plant.method]).repetitions(5)
}

#[test]
fn every_leak_over_http_2_is_found_and_named() {
    for plant in PLANTS_OF_HTTP_2 {
        let (name, report) = (plant.name, run(&probe_of(plant)));
        let matches_leak = |leak: &&Leak| {
            *leak.aspect() == (plant.aspect)() && leak.sentence().contains(plant.text)
        };
        let leak = report.leaks().iter().find(matches_leak);
        let leak = leak.unwrap_or_else(|| panic!("{name}: {:?} {report}", plant.text));
        assert_eq!(leak.transports().collect::<Vec<_>>(), [Transport::Http2], "{name}: {report}");
    }
}

#[test]
fn leaks_over_http_2_do_not_show_over_http_1() {
    for plant in PLANTS_OF_HTTP_2.iter().filter(|plant| plant.method != "CONNECT") {
        run(&probe_of(plant).transports([Transport::Http1])).assert_no_leaks();
    }
}

#[test]
fn a_leak_over_both_transports_is_reported_once_with_both() {
    let app = service_fn(|request: Request<Incoming>| -> ResponseFuture {
        let mut response = missing();
        if request.uri().path() == CONCEALED {
            response.headers_mut().insert("etag", HeaderValue::from_static("\"7\""));
        }
        ready(response)
    });
    let probe = LeakProbe::of_service(app).pair(CONCEALED, MISSING).anonymous();
    let report = run(&probe.methods(["TRACE"]));
    let [leak] = report.leaks() else { panic!("{report}") };
    let both = [Transport::Http1, Transport::Http2];
    assert_eq!(leak.transports().collect::<Vec<_>>(), both);
    let [http_1, http_2] = both.map(|transport| report.variants_over(transport));
    assert!(http_1 > 50 && http_2 > 50 && report.variants() == http_1 + http_2, "{report}");
    let text = report.to_string();
    assert!(text.contains(&format!("(variants: {http_1} over HTTP/1.1, {http_2} over HTTP/2;")));
    assert!(leak.sentence().starts_with("`TRACE /vault/notes`: `etag` present"), "{text}");
}

#[test]
fn a_service_without_leaks_passes_over_http_2_behind_a_socket() {
    let server = Server::start(honest());
    let probe = LeakProbe::of_address(server.address).pair(CONCEALED, MISSING);
    let report = run(&probe.unauthorized("bob", BOB).transports([Transport::Http2]));
    println!("{report}");
    report.assert_no_leaks();
    assert_eq!(report.variants_over(Transport::Http1), 0);
    assert!(report.variants() > 2_000, "without HTTP/1.1, pairs of additions are tried, too");
}

#[test]
fn a_server_of_another_protocol_is_an_error() {
    let refused = |probe: LeakProbe| {
        let probe = probe.pair(CONCEALED, MISSING).anonymous();
        runtime().block_on(probe.run()).expect_err("no report")
    };
    let server = Server::running(only_http1);
    let error = refused(LeakProbe::of_address(server.address).transports([Transport::Http2]));
    let text = "no response to `GET /vault/other` over HTTP/2";
    assert!(error.to_string().starts_with(text), "{error}");
    assert!(matches!(error, ProbeError::NoResponse { transport: Transport::Http2, .. }));
    let error = refused(LeakProbe::of_service(honest()).transports([]));
    assert!(matches!(error, ProbeError::NoTransport), "{error}");
    let probe = LeakProbe::of_address(server.address).transports([Transport::Http2]);
    let times = runtime().block_on(probe.pair(CONCEALED, MISSING).anonymous().times(20));
    assert!(matches!(times, Err(ProbeError::NoResponse { transport: Transport::Http2, .. })));
}

async fn only_http1(listener: tokio::net::TcpListener) {
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let io = hyper_util::rt::TokioIo::new(stream);
        let service = hyper_util::service::TowerToHyperService::new(honest());
        let builder = hyper::server::conn::http1::Builder::new();
        drop(tokio::spawn(builder.serve_connection(io, service)));
    }
}
