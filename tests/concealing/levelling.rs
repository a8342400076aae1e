//! Every 404 becomes the same response: D01, D04, D05, D13.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::http::HeaderName;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use bytes::Bytes;
use http::header::{ALLOW, HeaderValue, SET_COOKIE, VARY};
use http::{Request, StatusCode};
use http_body::{Body, Frame};
use http_body_util::Full;
use portcullis::respond::StaticBodyError;
use portcullis::{ConcealLayer, Denial, Respond, StaticBody, respond_fn};

use crate::support::{Answer, Connection, Server, get as ask, request, send};

/// An application whose parts make different 404s.
fn application() -> Router {
    let reasoned = || async {
        let mut response = StatusCode::NOT_FOUND.into_response();
        let reason = hyper::ext::ReasonPhrase::from_static(b"Not For You");
        response.extensions_mut().insert(reason);
        *response.version_mut() = http::Version::HTTP_10;
        response
    };
    let chunked = || async {
        let body = axum::body::Body::new(OfUnknownLength(Full::from("no")));
        (StatusCode::NOT_FOUND, body).into_response()
    };
    let fields = || async {
        let names = [
            "allow",
            "vary",
            "set-cookie",
            "etag",
            "link",
            "authentication-info",
            "www-authenticate",
            "retry-after",
            "server-timing",
            "x-owner",
            "connection",
            "content-encoding",
            "trailer",
        ];
        let mut response: Response = (StatusCode::NOT_FOUND, "alice has one").into_response();
        for name in names {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, HeaderValue::from_static("close"));
        }
        response
    };
    Router::new()
        .route("/bare", any(|| async { StatusCode::NOT_FOUND }))
        .route("/html", any(|| async { (StatusCode::NOT_FOUND, axum::response::Html("<p>no")) }))
        .route("/denial", any(|| async { Denial::not_found().with_source("no row") }))
        .route("/concealed", any(|| async { Denial::unavailable().concealed() }))
        .route("/reasoned", any(reasoned))
        .route("/chunked", any(chunked))
        .route("/fields", any(fields))
        .route("/seen", get(|| async { "seen" }))
}

const MISSING: [&str; 8] =
    ["/none", "/bare", "/html", "/denial", "/concealed", "/reasoned", "/chunked", "/fields"];

/// A body that is sent in chunks.
struct OfUnknownLength(Full<Bytes>);

impl Body for OfUnknownLength {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(cx)
    }
}

fn server_with(layer: ConcealLayer<impl Respond>) -> Server {
    Server::start(Router::new().fallback_service(application()).layer(layer))
}

/// The response of a server to all of these requests, which is the same.
#[track_caller]
fn the_one_answer(server: &Server, method: &str, paths: &[&str]) -> Answer {
    let mut one: Option<Answer> = None;
    for path in paths {
        let answer = send(server.address, method, path, &[]).undated();
        let one = one.get_or_insert_with(|| answer.clone());
        assert_eq!(&answer, one, "{method} {path}");
    }
    one.expect("a path")
}

#[test]
fn d01_every_404_becomes_the_same_response() {
    let server = server_with(ConcealLayer::everywhere());
    for method in ["GET", "POST", "FROB", "OPTIONS", "HEAD"] {
        let answer = the_one_answer(&server, method, &MISSING);
        assert_eq!(answer.status, 404);
        let names: Vec<&str> = answer.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["content-type", "content-length", "cache-control"]);
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        assert_eq!(answer.body.is_empty(), method == "HEAD");
        assert_eq!(answer.field("content-length"), Some("93"));
    }
    assert_eq!(ask(server.address, "/seen", &[]).text(), "seen");
}

#[test]
fn d01_the_status_line_is_the_same() {
    let server = server_with(ConcealLayer::everywhere());
    for path in MISSING {
        let mut connection = Connection::open(server.address);
        connection.write(&request("GET", path, &[]));
        let line = connection.read_until(b"\r\n");
        assert_eq!(String::from_utf8_lossy(&line), "HTTP/1.1 404 Not Found\r\n", "{path}");
    }
}

#[test]
fn d01_the_page_is_the_applications_own() {
    let page =
        StaticBody::new(HeaderValue::from_static("text/html; charset=utf-8"), "<h1>Nothing</h1>");
    let server = server_with(ConcealLayer::everywhere().respond_with(page));
    let answer = the_one_answer(&server, "GET", &MISSING);
    assert_eq!((answer.status, answer.text()), (404, "<h1>Nothing</h1>"));
    assert_eq!(answer.field("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.field("content-length"), Some("16"));
    assert_eq!(answer.field("cache-control"), Some("no-store"));

    // A closure cannot drop mandatory headers, and does not know what was hidden.
    let closure = respond_fn(|refusal| {
        let mut response = http::Response::new(Bytes::from(refusal.detail().to_owned()));
        *response.status_mut() = StatusCode::OK;
        response.headers_mut().insert("cache-control", HeaderValue::from_static("public"));
        response
    });
    let server = server_with(ConcealLayer::everywhere().respond_with(closure));
    let answer = the_one_answer(&server, "GET", &MISSING);
    assert_eq!((answer.status, answer.text()), (404, "There is no such resource."));
    assert_eq!(answer.lines("cache-control"), ["no-store"]);

    // The default replaces one that panics, on every path alike.
    let panicking = respond_fn(|_| std::panic::panic_any(()));
    let server = server_with(ConcealLayer::everywhere().respond_with(panicking));
    assert_eq!(the_one_answer(&server, "GET", &MISSING).status, 404);
}

/// A page in the language of `Accept-Language`.
struct InYourLanguage;

impl Respond for InYourLanguage {
    type Context = bool;

    fn context(&self, request: &http::request::Parts) -> bool {
        request.headers.get("accept-language").is_some_and(|language| language == "de")
    }

    fn respond(&self, _: &portcullis::Refusal<'_>, is_german: bool) -> http::Response<Bytes> {
        let text = if is_german { "Hier ist nichts." } else { "There is nothing here." };
        http::Response::new(Bytes::from(text))
    }
}

#[test]
fn d01_a_page_may_depend_on_the_request_but_not_on_what_exists() {
    let server = server_with(ConcealLayer::everywhere().respond_with(InYourLanguage));
    for (language, text) in [("de", "Hier ist nichts."), ("en", "There is nothing here.")] {
        for path in MISSING {
            let answer = ask(server.address, path, &[&format!("accept-language: {language}")]);
            assert_eq!(answer.text(), text, "{path}");
        }
    }
}

#[tokio::test]
async fn d01_the_page_of_a_service_is_fetched_once_and_has_no_personal_headers() {
    let answer = || async {
        let fields = [("set-cookie", "session=1"), ("content-language", "en"), ("etag", "\"1\"")];
        (StatusCode::IM_A_TEAPOT, fields, "made by the fallback")
    };
    let fallback = Router::new().fallback(answer);
    let page =
        StaticBody::from_service(fallback, Request::new(axum::body::Body::empty())).await.unwrap();
    let server = server_with(ConcealLayer::everywhere().respond_with(page));
    let answer = tokio::task::spawn_blocking(move || the_one_answer(&server, "GET", &MISSING));
    let answer = answer.await.unwrap();
    assert_eq!((answer.status, answer.text()), (404, "made by the fallback"));
    assert_eq!(answer.field("content-language"), Some("en"));
    assert_eq!((answer.field("set-cookie"), answer.field("etag")), (None, None));

    let endless = tower::service_fn(|_: Request<()>| async {
        let body = Full::new(Bytes::from(vec![b'x'; (1 << 20) + 1]));
        Ok::<_, std::convert::Infallible>(http::Response::new(body))
    });
    let too_long = StaticBody::from_service(endless, Request::new(())).await.unwrap_err();
    assert!(matches!(too_long, StaticBodyError::TooLong), "{too_long}");

    let failing = tower::service_fn(|_: Request<()>| async {
        Err::<http::Response<Full<Bytes>>, _>(std::io::Error::other("disk"))
    });
    let none = StaticBody::from_service(failing, Request::new(())).await.unwrap_err();
    assert!(matches!(none, StaticBodyError::Service(_)), "{none}");
}

/// The page of a service whose body has these frames.
async fn page_of(
    frames: Vec<Result<http_body::Frame<Bytes>, std::io::Error>>,
) -> Result<StaticBody, StaticBodyError> {
    let mut frames = Some(frames);
    let service = tower::service_fn(move |_: Request<()>| {
        let body = http_body_util::StreamBody::new(tokio_stream::iter(frames.take().unwrap()));
        async { Ok::<_, std::convert::Infallible>(http::Response::new(body)) }
    });
    StaticBody::from_service(service, Request::new(())).await
}

#[tokio::test]
async fn d01_the_page_of_a_service_has_at_most_a_mebibyte() {
    const LONGEST: usize = 1 << 20;
    let data = |length: usize| Ok(http_body::Frame::data(Bytes::from(vec![b'x'; length])));
    let trailers = || Ok(http_body::Frame::trailers(http::HeaderMap::new()));
    let length = async |frames| {
        let page = page_of(frames).await.expect("a page");
        let server = server_with(ConcealLayer::everywhere().respond_with(page));
        let asked = tokio::task::spawn_blocking(move || ask(server.address, "/none", &[]));
        asked.await.unwrap().body.len()
    };
    assert_eq!(length(vec![data(LONGEST)]).await, LONGEST);
    assert_eq!(length(vec![data(LONGEST - 2), data(1), data(1)]).await, LONGEST);
    assert_eq!(length(vec![data(3), data(0), data(4), trailers()]).await, 7);
    assert_eq!(length(vec![]).await, 0);
    for too_long in [
        vec![data(LONGEST + 1)],
        vec![data(LONGEST), data(1)],
        vec![data(1), data(LONGEST)],
        vec![data(LONGEST / 2), data(LONGEST / 2), data(1)],
    ] {
        let error = page_of(too_long).await.unwrap_err();
        assert!(matches!(error, StaticBodyError::TooLong), "{error}");
    }
    let broken = page_of(vec![data(3), Err(std::io::Error::other("disk"))]).await.unwrap_err();
    assert!(matches!(broken, StaticBodyError::Body(_)), "{broken}");
}

#[test]
fn d04_only_named_headers_are_kept_and_those_that_reveal_something_are_refused() {
    let id = HeaderName::from_static("x-request-id");
    let layer = ConcealLayer::everywhere().keep_header(id.clone()).unwrap();
    let with_id = |response: Response| async {
        let mut response = response;
        response.headers_mut().insert("x-request-id", HeaderValue::from_static("7f3a"));
        response.headers_mut().insert("x-other", HeaderValue::from_static("told"));
        response
    };
    let app = application().layer(axum::middleware::map_response(with_id));
    let server = Server::start(Router::new().fallback_service(app).layer(layer));
    let answer = the_one_answer(&server, "GET", &MISSING);
    let last = answer.fields.last().unwrap();
    assert_eq!((last.0.as_str(), last.1.as_str()), ("x-request-id", "7f3a"));
    assert_eq!(answer.field("x-other"), None);

    let telling = "content-length www-authenticate dpop-nonce server-timing ratelimit-limit \
        x-ratelimit-remaining digest content-md5 dav accept-query access-control-allow-methods \
        refresh authentication-control optional-www-authenticate lock-token alternates tcn \
        memento-datetime schedule-tag delta-base im preference-applied sunset deprecation \
        access-control-expose-headers clear-site-data hx-redirect x-robots-tag grpc-message \
        grpc-retry-pushback-ms grpc-status-details-bin";
    let telling = telling.split_whitespace().map(HeaderName::from_static);
    for name in telling.chain([ALLOW, VARY, SET_COOKIE]) {
        let error = ConcealLayer::everywhere().keep_header(name.clone()).unwrap_err();
        assert!(error.to_string().contains(name.as_str()), "{error}");
    }
}

#[test]
fn d01_responses_outside_the_area_pass_unchanged() {
    let server = server_with(ConcealLayer::under("/fields").unwrap().and_under("/html").unwrap());
    let inside = the_one_answer(&server, "GET", &["/fields", "/html", "/html/none", "/%66ields/"]);
    assert_eq!(inside.field("cache-control"), Some("no-store"));
    assert_eq!(ask(server.address, "/none", &[]).lines("content-type"), Vec::<&str>::new());
    assert_eq!(ask(server.address, "/seen", &[]).field("cache-control"), None);
    let other = ask(server.address, "/chunked", &[]);
    assert_eq!((other.status, other.text()), (404, "no"));
}

/// Headers by which some caches go, whatever `Cache-Control` says.
const FOR_SOME_CACHES: [(&str, &str); 4] = [
    ("cdn-cache-control", "public"),
    ("surrogate-control", "max-age=60"),
    ("x-accel-expires", "60"),
    ("edge-control", "!no-store, max-age=60"),
];

#[test]
fn d13_permitted_responses_are_kept_out_of_shared_caches() {
    let service = |request: Request<axum::body::Body>| async move {
        let says = request.headers().get("x-says").cloned();
        let fields = says.map(|says| [("cache-control", says)]);
        (fields, FOR_SOME_CACHES, "seen").into_response()
    };
    let server =
        Server::start(Router::new().fallback(service).layer(ConcealLayer::under("/area").unwrap()));
    for (says, expected) in [
        (None, "private"),
        (Some("public"), "private"),
        (Some("public, max-age=60, s-maxage=600"), "private,max-age=60"),
        (Some("no-store"), "no-store"),
        (Some("private, max-age=9"), "private,max-age=9"),
    ] {
        let fields: Vec<String> = says.iter().map(|says| format!("x-says: {says}")).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let answer = ask(server.address, "/area/x", &fields);
        assert_eq!(answer.members("cache-control").join(","), expected, "{says:?}");
        for (name, _) in FOR_SOME_CACHES {
            assert_eq!(answer.field(name), None);
        }
        // Outside the area the headers stay as they are.
        let answer = ask(server.address, "/else", &fields);
        assert_eq!(answer.field("cache-control"), says);
        for (name, value) in FOR_SOME_CACHES {
            assert_eq!(answer.field(name), Some(value));
        }
    }
}
