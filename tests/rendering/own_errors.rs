//! Errors of the application itself in the format of the refusals: F14.

use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{DefaultBodyLimit, Path};
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get as on_get, put};
use axum::{Json, Router};
use bytes::Bytes;
use portcullis::respond::{MemberName, Negotiate};
use portcullis::{
    AuthenticateLayer, Denial, Disclosed, ProblemDetails, Refusal, Respond, respond_fn,
};

use http_body_util::BodyExt;
use tower::util::MapResponseLayer;
use tower::{Layer, ServiceExt};

use crate::support::{Answer, Connection, Server, get, request, send};
use crate::{TOKEN, denials, identity};

const BALANCE: MemberName = MemberName::from_static("balance");

async fn pay(
    account: Result<Path<u32>, PathRejection>,
    amount: Result<Json<u32>, JsonRejection>,
) -> Result<String, ProblemDetails> {
    let of = |status, text: String| ProblemDetails::new(status).with_detail(text);
    let Path(account) = account.map_err(|error| of(error.status(), error.body_text()))?;
    let Json(amount) = amount.map_err(|error| of(error.status(), error.body_text()))?;
    match amount {
        0..=30 => Ok(format!("paid {amount} from {account}")),
        _ => Err(ProblemDetails::new(StatusCode::CONFLICT)
            .with_type("urn:out-of-credit")
            .with_title("You do not have enough credit.")
            .with_instance("/transfers/1")
            .with_member(BALANCE, 30)),
    }
}

fn application() -> Router {
    let bare = |Path(amount): Path<u32>, Json(more): Json<u32>| async move {
        format!("{}", amount + more)
    };
    Router::new()
        .route("/mapped/{account}", put(pay))
        .route("/bare/{account}", put(bare))
        .merge(denials())
        .layer(DefaultBodyLimit::max(64))
        .layer(MapResponseLayer::new(ProblemDetails::replace_plain_error))
}

/// A request with a body.
fn put_body(server: &Server, path: &str, content_type: &str, body: &str, accept: &str) -> Answer {
    let fields = [
        TOKEN.to_owned(),
        format!("content-type: {content_type}"),
        format!("content-length: {}", body.len()),
        format!("accept: {accept}"),
    ];
    let fields: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
    let bytes = [&request("PUT", path, &fields)[..], body.as_bytes()].concat();
    Connection::open(server.address).send(&bytes)
}

/// What axum refuses in its own way.
const REJECTED: [(&str, &str, &str, u16); 5] = [
    ("/7", "application/json", "1 x", 400),
    ("/x", "application/json", "1", 400),
    ("/7", "application/json", "\"no number\"", 422),
    ("/7", "text/plain", "1", 415),
    (
        "/7",
        "application/json",
        "11111111111111111111111111111111111111111111111111111111111111111",
        413,
    ),
];

const FORMATS: [(&str, &str); 4] = [
    ("application/problem+json", "application/problem+json"),
    ("application/json", "application/json"),
    ("text/html", "text/html; charset=utf-8"),
    ("text/plain", "text/plain; charset=utf-8"),
];

#[test]
fn f14_rejections_of_a_framework_have_the_format_of_the_refusals() {
    let layer = AuthenticateLayer::new(identity()).respond_with(Negotiate::new());
    let server = Server::start(application().layer(layer));
    for (accept, content_type) in FORMATS {
        let refused =
            get(server.address, "/denials/forbidden", &[TOKEN, &format!("accept: {accept}")]);
        let names = |answer: &Answer| -> Vec<String> {
            let fields = answer.fields.iter().map(|(name, _)| name.clone());
            let mut names: Vec<_> =
                fields.filter(|name| name != "date" && name != "allow").collect();
            names.sort();
            names
        };
        let check = |answer: &Answer, status: u16, what: &str| {
            assert_eq!(answer.status, status, "{what}");
            assert_eq!(answer.field("content-type"), Some(content_type), "{what}");
            assert_eq!(names(answer), names(&refused), "{what}");
            assert_eq!(answer.lines("vary"), ["accept"], "{what}");
            assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}");
            assert_eq!(answer.field("content-length"), Some(&*answer.body.len().to_string()));
            if accept.ends_with("json") {
                let problem = answer.json();
                assert_eq!(problem["status"], status, "{what}");
                assert_eq!(problem["type"], "about:blank", "{what}");
            }
        };
        for (path, kind, body, status) in REJECTED {
            for route in ["/mapped", "/bare"] {
                let answer = put_body(&server, &format!("{route}{path}"), kind, body, accept);
                check(&answer, status, &format!("{route}{path} {body} as {accept}"));
            }
        }
        let answer =
            send(server.address, "DELETE", "/bare/7", &[TOKEN, &format!("accept: {accept}")]);
        check(&answer, 405, "the wrong method");
        assert_eq!(answer.field("allow"), Some("PUT"));
        let answer = put_body(&server, "/mapped/7", "application/json", "5", accept);
        assert_eq!((answer.status, answer.text()), (200, "paid 5 from 7"));
    }
    // The texts that the handler chose are there.
    let (path, kind, body, _) = REJECTED[2];
    let answer = put_body(&server, &format!("/mapped{path}"), kind, body, "*/*");
    assert!(
        answer.json()["detail"].as_str().unwrap().contains("invalid type"),
        "{}",
        answer.text()
    );
}

#[test]
fn f14_a_problem_has_its_own_type_title_instance_and_members() {
    let layers = [AuthenticateLayer::new(identity()).respond_with(Negotiate::new())];
    for layer in layers {
        let server = Server::start(application().layer(layer));
        for accept in ["*/*", "application/json"] {
            let answer = put_body(&server, "/mapped/7", "application/json", "31", accept);
            let problem = serde_json::json!({
                "type": "urn:out-of-credit", "title": "You do not have enough credit.", "status": 409,
                "instance": "/transfers/1", "balance": 30,
            });
            assert_eq!((answer.status, answer.json()), (409, problem));
        }
        let answer = put_body(&server, "/mapped/7", "application/json", "31", "text/html");
        assert!(
            answer.text().contains("<h1>You do not have enough credit.</h1>"),
            "{}",
            answer.text()
        );
    }
}

#[test]
fn f14_with_a_fixed_renderer_and_without_a_stage_it_is_problem_json() {
    let own = respond_fn(|_| http::Response::new(Bytes::from("refused")));
    let servers = [
        Server::start(application().layer(AuthenticateLayer::new(identity()))),
        Server::start(application().layer(AuthenticateLayer::new(identity()).respond_with(own))),
        Server::start(application()),
    ];
    for server in servers {
        let answer = put_body(&server, "/mapped/7", "application/json", "31", "text/html");
        assert_eq!(answer.field("content-type"), Some("application/problem+json"));
        assert_eq!((answer.status, answer.json()["balance"].as_u64()), (409, Some(30)));
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        let answer = send(server.address, "DELETE", "/bare/7", &[TOKEN, "accept: text/html"]);
        assert_eq!(
            (answer.status, answer.json()["title"].as_str()),
            (405, Some("Method Not Allowed"))
        );
        assert_eq!(answer.field("allow"), Some("PUT"));
    }
}

#[test]
fn f14_headers_of_the_application_survive_and_those_of_the_body_do_not() {
    let fail = || async {
        let problem = ProblemDetails::new(StatusCode::SERVICE_UNAVAILABLE).into_response();
        let (mut parts, body) = problem.into_parts();
        for (name, value) in [
            ("retry-after", "7"),
            ("cache-control", "public, max-age=5"),
            ("vary", "origin"),
            ("content-encoding", "gzip"),
            ("etag", "\"1\""),
            ("x-request-id", "7"),
        ] {
            parts.headers.insert(name, HeaderValue::from_static(value));
        }
        Response::from_parts(parts, body)
    };
    let layer = AuthenticateLayer::new(identity()).respond_with(Negotiate::new());
    let server = Server::start(Router::new().route("/", on_get(fail)).layer(layer));
    let answer = get(server.address, "/", &[TOKEN, "accept: text/html"]);
    assert_eq!(
        (answer.status, answer.field("content-type")),
        (503, Some("text/html; charset=utf-8"))
    );
    assert_eq!(answer.field("retry-after"), Some("7"));
    assert!(answer.field("cache-control").unwrap().ends_with("public, max-age=5"), "{answer:?}");
    assert_eq!(answer.members("vary"), ["origin", "accept"]);
    assert_eq!(answer.field("x-request-id"), Some("7"));
    assert_eq!((answer.field("content-encoding"), answer.field("etag")), (None, None));
    let head = send(server.address, "HEAD", "/", &[TOKEN, "accept: text/html"]);
    assert_eq!(head.body, b"");
    assert_eq!(head.field("content-length"), answer.field("content-length"));
}

#[tokio::test]
async fn f12_a_response_to_head_has_no_body_even_where_no_server_strips_it() {
    let fail = || async { ProblemDetails::new(StatusCode::CONFLICT) };
    let layer = AuthenticateLayer::new(identity()).respond_with(Negotiate::new());
    let service = layer.layer(Router::new().route("/", on_get(fail)));
    let request = http::Request::head("/").header("accept", "text/html");
    let request = request.header("authorization", "Bearer tok-read");
    let answer = service.oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
    assert_ne!(answer.headers()["content-length"], "0");
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "");
}

#[test]
fn f14_a_401_of_the_application_gets_its_challenge_and_a_denial_stays_a_denial() {
    let unauthorized = || async { ProblemDetails::new(StatusCode::UNAUTHORIZED) };
    let routes = Router::new()
        .route("/own", on_get(unauthorized))
        .route("/plain", on_get(|| async { StatusCode::UNAUTHORIZED }))
        .route("/denial", on_get(|| async { Denial::reauthenticate().with_member(BALANCE, 1) }))
        .layer(MapResponseLayer::new(ProblemDetails::replace_plain_error));
    let layer = AuthenticateLayer::new(identity()).respond_with(Negotiate::new());
    let server = Server::start(routes.layer(layer));
    for path in ["/own", "/plain", "/denial"] {
        for accept in ["accept: */*", "accept: text/html"] {
            let answer = get(server.address, path, &[TOKEN, accept]);
            assert_eq!((answer.status, answer.challenges().len()), (401, 2), "{path}");
        }
    }
    assert_eq!(get(server.address, "/denial", &[TOKEN]).json()["balance"], 1);
}

#[test]
fn f14_a_response_that_middleware_has_replaced_is_left_alone() {
    let routes =
        || Router::new().route("/", on_get(|| async { ProblemDetails::new(StatusCode::CONFLICT) }));
    async fn page(mut response: Response) -> Response {
        *response.body_mut() = "a page".into();
        response.headers_mut().remove("content-length");
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        response
    }
    async fn teapot(mut response: Response) -> Response {
        *response.status_mut() = StatusCode::IM_A_TEAPOT;
        response
    }
    let layer = || AuthenticateLayer::new(identity()).respond_with(Negotiate::new());
    let fields = [TOKEN, "accept: text/plain"];
    let server = Server::start(routes().layer(map_response(page)).layer(layer()));
    let answer = get(server.address, "/", &fields);
    assert_eq!((answer.status, answer.text()), (409, "a page"));
    let server = Server::start(routes().layer(map_response(teapot)).layer(layer()));
    let answer = get(server.address, "/", &fields);
    assert_eq!((answer.status, answer.json()["status"].as_u64()), (418, Some(409)));
    // The stage inside has rendered it, so the one outside does not.
    let inner = AuthenticateLayer::new(identity()).respond_with(Negotiate::new());
    let outer = Negotiate::new().page(|_| panic!("rendered twice"));
    let outer = AuthenticateLayer::new(identity()).respond_with(outer);
    let server = Server::start(routes().layer(inner).layer(outer));
    let answer = get(server.address, "/", &[TOKEN, "accept: text/html"]);
    assert!(answer.text().contains("<h1>Conflict</h1>"), "{}", answer.text());
    // A page that panics leaves the response as it was.
    let panics = Negotiate::new().page(|_| panic!("no page"));
    let layer = AuthenticateLayer::new(identity()).respond_with(panics);
    let server = Server::start(routes().layer(layer));
    let answer = get(server.address, "/", &[TOKEN, "accept: text/html"]);
    assert_eq!((answer.status, answer.json()["status"].as_u64()), (409, Some(409)));
}

/// Writes errors of the application without care.
struct Careless(&'static [(&'static str, &'static str)]);

impl Respond for Careless {
    type Context = ();

    fn context(&self, _: &Parts) {}

    fn respond(&self, _: &Refusal<'_>, (): ()) -> http::Response<Bytes> {
        http::Response::default()
    }

    fn respond_to_problem(&self, _: &ProblemDetails, (): ()) -> Option<http::Response<Bytes>> {
        let mut response = http::Response::new(Bytes::from("longer"));
        for (name, value) in self.0 {
            response.headers_mut().append(*name, HeaderValue::from_static(value));
        }
        Some(response)
    }
}

#[test]
fn f14_a_renderer_can_neither_challenge_nor_break_the_framing_of_an_error_of_the_application() {
    let renderers: [&[(&str, &str)]; 6] = [
        &[],
        &[("content-length", "2")],
        &[("content-length", "600")],
        &[("content-length", "6"), ("content-length", "7")],
        &[("transfer-encoding", "chunked")],
        &[("www-authenticate", "Basic realm=\"mine\""), ("proxy-authenticate", "Negotiate")],
    ];
    for headers in renderers {
        let fail = || async { ProblemDetails::new(StatusCode::CONFLICT) };
        let layer = AuthenticateLayer::new(identity()).respond_with(Careless(headers));
        let server = Server::start(Router::new().route("/", on_get(fail)).layer(layer));
        let answer = get(server.address, "/", &[TOKEN]);
        assert_eq!((answer.status, answer.text()), (409, "longer"), "{headers:?}");
        assert_eq!(answer.lines("content-length"), ["6"], "{headers:?}");
        assert_eq!(answer.field("content-type"), Some("text/plain; charset=utf-8"), "{headers:?}");
        for name in ["www-authenticate", "proxy-authenticate", "transfer-encoding"] {
            assert_eq!(answer.field(name), None, "{headers:?}");
        }
        let head = send(server.address, "HEAD", "/", &[TOKEN]);
        assert_eq!((head.status, head.field("content-length")), (409, Some("6")), "{headers:?}");
    }
}

#[test]
fn f14_only_plain_errors_are_replaced() {
    let replace = ProblemDetails::replace_plain_error::<Bytes>;
    let response = |status: u16, content_type: Option<&'static str>| {
        let mut response = http::Response::new(Bytes::from("as it was"));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("PUT"));
        if let Some(content_type) = content_type {
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        response
    };
    for content_type in
        [None, Some("text/plain"), Some("Text/Plain; charset=utf-8"), Some("text/plain ;x=y")]
    {
        for status in [400, 404, 405, 413, 415, 500, 599] {
            let replaced = replace(response(status, content_type));
            assert_eq!(replaced.status(), status);
            assert_eq!(replaced.headers()[CONTENT_TYPE], "application/problem+json");
            assert_eq!(replaced.headers()[ALLOW], "PUT");
            let problem: serde_json::Value = serde_json::from_slice(replaced.body()).unwrap();
            assert_eq!(problem["status"], status);
        }
        for status in [200, 204, 302, 304] {
            assert_eq!(replace(response(status, content_type)).body(), "as it was");
        }
    }
    for other in ["text/html", "application/json", "text/plainer", "application/grpc", "x"] {
        assert_eq!(replace(response(404, Some(other))).body(), "as it was", "{other}");
    }
    let mut grpc = response(404, None);
    grpc.headers_mut().insert("grpc-status", HeaderValue::from_static("5"));
    assert_eq!(replace(grpc).body(), "as it was");
    let mut denied: http::Response<Bytes> = Denial::forbidden().into_http_response();
    denied.headers_mut().remove(CONTENT_TYPE);
    assert!(!replace(denied).headers().contains_key(CONTENT_TYPE));
    // What the application says about caches and to layers outside stays.
    let mut marked = response(404, None);
    marked.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=5"));
    marked.extensions_mut().insert(Disclosed);
    let replaced = replace(marked);
    assert_eq!(replaced.headers()[CACHE_CONTROL], "max-age=5");
    assert!(replaced.extensions().get::<Disclosed>().is_some());
}
