//! Custom renderers, including careless and malicious ones: F11.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, PROXY_AUTHENTICATE, RETRY_AFTER, TRANSFER_ENCODING, VARY,
    WWW_AUTHENTICATE,
};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get as on_get;
use bytes::Bytes;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, Cause, ConcealLayer, Decision, Denial, Problem,
    Refusal, Respond, StaticBody, Tokens, Unauthenticated, policy_fn, respond_fn, verify_fn,
};

use crate::support::{Server, get, send};
use crate::{Name, TOKEN, denials, every_denial, identity};

/// Returns what a careless or a malicious renderer may, for any refusal.
type Renderer = fn(&Refusal<'_>) -> Response<Bytes>;

const RENDERERS: [(&str, Renderer); 11] = [
    ("another status", |_| build(StatusCode::OK, &[], "fine")),
    ("no content", |_| build(StatusCode::NO_CONTENT, &[], "fine")),
    ("an interim status", |_| build(StatusCode::SWITCHING_PROTOCOLS, &[("upgrade", "x")], "fine")),
    ("not modified", |_| build(StatusCode::NOT_MODIFIED, &[("etag", "\"1\"")], "")),
    ("a cache", |_| {
        let fields = [("cache-control", "public"), ("cache-control", "max-age=600")];
        build(StatusCode::OK, &fields, "store me")
    }),
    ("its own challenge", |_| {
        let fields = [
            ("www-authenticate", "Basic realm=\"mine\""),
            ("www-authenticate", "Negotiate"),
            ("proxy-authenticate", "Basic realm=\"mine\""),
        ];
        build(StatusCode::UNAUTHORIZED, &fields, "log in here")
    }),
    ("a short length", |_| build(StatusCode::OK, &[("content-length", "2")], "longer")),
    ("a long length", |_| build(StatusCode::OK, &[("content-length", "600")], "longer")),
    ("two lengths", |_| {
        build(StatusCode::OK, &[("content-length", "6"), ("content-length", "7")], "longer")
    }),
    ("chunks", |_| {
        build(StatusCode::OK, &[("transfer-encoding", "chunked")], "0\r\n\r\nHTTP/1.1 200 OK\r\n")
    }),
    ("an empty body", |_| build(StatusCode::OK, &[], "")),
];

fn build(
    status: StatusCode,
    fields: &[(&'static str, &'static str)],
    body: &str,
) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_owned()));
    *response.status_mut() = status;
    for (name, value) in fields {
        let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
        response.headers_mut().append(name, value);
    }
    response
}

#[test]
fn f11_a_renderer_cannot_drop_status_challenge_no_store_or_length() {
    for (renderer, render) in RENDERERS {
        let layer = AuthenticateLayer::new(identity()).respond_with(respond_fn(render));
        let server = Server::start(denials().layer(layer));
        for method in ["GET", "HEAD"] {
            for (what, status, challenges, answer) in every_denial(&server, method) {
                let what = format!("{renderer}: {method} {what}");
                assert_eq!(answer.status, status, "{what}");
                assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}");
                assert_eq!(answer.challenges().len(), challenges, "{what}");
                assert!(!answer.everything().contains("mine"), "{what}: {answer:?}");
                assert_eq!(answer.field("proxy-authenticate"), None, "{what}");
                assert_eq!(answer.field("transfer-encoding"), None, "{what}");
                assert!(answer.field("content-type").is_some(), "{what}");
                let length = answer.field("content-length").expect("a length");
                assert!(length.bytes().all(|byte| byte.is_ascii_digit()), "{what}: {length}");
                if method == "GET" {
                    assert_eq!(length, answer.body.len().to_string(), "{what}");
                }
                assert_eq!(answer.field("retry-after").is_some(), status == 503, "{what}");
            }
        }
    }
}

#[test]
fn f11_a_length_with_other_characters_than_digits_is_replaced() {
    for length in ["+6", " 6", "6, 6", "0x6", ""] {
        let render =
            move |_: &Refusal<'_>| build(StatusCode::OK, &[("content-length", length)], "longer");
        let layer = AuthenticateLayer::new(identity()).respond_with(respond_fn(render));
        let server = Server::start(denials().layer(layer));
        let answer = get(server.address, "/denials/gone", &[TOKEN]);
        assert_eq!((answer.field("content-length"), answer.text()), (Some("6"), "longer"));
    }
}

#[test]
fn f11_a_renderer_can_change_the_body_and_add_headers() {
    let render = |refusal: &Refusal<'_>| {
        let page = format!("<h1>{}</h1>{:?}", refusal.title(), refusal.cause());
        let vary = ("vary", "accept");
        let fields = [("content-type", "text/html"), ("x-own", "1"), ("x-own", "2"), vary];
        build(refusal.status(), &fields, &page)
    };
    let add = async |mut answer: Response| {
        answer.headers_mut().insert("x-own", HeaderValue::from_static("inherited"));
        answer.headers_mut().insert(VARY, HeaderValue::from_static("origin"));
        answer
    };
    let layer = AuthenticateLayer::new(identity()).respond_with(respond_fn(render));
    let server = Server::start(denials().layer(map_response(add)).layer(layer));
    let answer = get(server.address, "/denials/gone", &[TOKEN]);
    assert_eq!((answer.status, answer.text()), (410, "<h1>Gone</h1>Gone"));
    assert_eq!(answer.field("content-type"), Some("text/html"));
    assert_eq!(answer.lines("x-own"), ["1", "2"]);
    // Both have seen the request.
    assert_eq!(answer.members("vary"), ["accept", "origin"]);
    // A renderer cannot distinguish concealed from missing: it gets the same refusal.
    let concealed = get(server.address, "/denials/concealed", &[TOKEN]).undated();
    assert_eq!(concealed.text(), "<h1>Not Found</h1>NotFound");
    assert_eq!(concealed.members("vary"), ["accept"], "a 404 inherits nothing");
    assert_eq!(concealed, get(server.address, "/denials/not-found", &[TOKEN]).undated());
}

/// Panics when it renders.
struct PanicsWhileRendering;

impl Respond for PanicsWhileRendering {
    type Context = ();

    fn context(&self, _: &Parts) {}

    fn respond(&self, _: &Refusal<'_>, (): ()) -> Response<Bytes> {
        panic!("no page for this")
    }
}

/// Panics when it takes the context, before the stage has decided.
struct PanicsBefore;

impl Respond for PanicsBefore {
    type Context = String;

    fn context(&self, _: &Parts) -> String {
        panic!("no `Accept` for this")
    }

    fn respond(&self, _: &Refusal<'_>, accept: String) -> Response<Bytes> {
        Response::new(Bytes::from(accept))
    }
}

fn assert_default_page(server: &Server) {
    for (what, status, challenges, answer) in every_denial(server, "GET") {
        assert_eq!(answer.status, status, "{what}");
        assert_eq!(answer.challenges().len(), challenges, "{what}");
        assert_eq!(answer.field("cache-control"), Some("no-store"), "{what}");
        assert_eq!(answer.json()["status"], status, "{what}");
    }
}

#[test]
fn f11_a_renderer_that_panics_is_replaced_by_the_default() {
    let layer = AuthenticateLayer::new(identity()).respond_with(PanicsWhileRendering);
    assert_default_page(&Server::start(denials().layer(layer)));
}

#[test]
fn f11_a_renderer_that_panics_over_the_request_is_replaced_by_the_default() {
    let layer = AuthenticateLayer::new(identity()).respond_with(PanicsBefore);
    assert_default_page(&Server::start(denials().layer(layer)));
}

#[test]
fn f11_a_renderer_that_panics_over_the_request_does_not_stop_a_permitted_caller() {
    let layer = || AuthenticateLayer::new(identity()).respond_with(PanicsBefore);
    let inside = || on_get(|| async { "inside" });
    let routes = || {
        Router::new().route("/", inside()).route(
            "/stage",
            inside().layer(AuthorizeLayer::<Name>::new(policy_fn(|_: &Name, _: &Parts| {
                Decision::Permit
            }))),
        )
    };
    let required = Server::start(routes().layer(layer()));
    let optional = Server::start(routes().layer(layer().optional()));
    for path in ["/", "/stage"] {
        for server in [&required, &optional] {
            let answer = get(server.address, path, &[TOKEN]);
            assert_eq!((answer.status, answer.text()), (200, "inside"), "{path}");
        }
    }
    assert_eq!(get(optional.address, "/", &[]).text(), "inside");
    // A refused caller gets the default problem.
    let answer = get(optional.address, "/stage", &[]);
    assert_eq!((answer.status, answer.challenges().len()), (401, 2));
    assert_eq!(answer.json()["status"], 401);
}

#[test]
fn f11_a_renderer_gets_its_context_of_the_request() -> Result<(), Box<dyn Error>> {
    struct Echo;
    impl Respond for Echo {
        type Context = String;

        fn context(&self, request: &Parts) -> String {
            format!("{} {}", request.method, request.uri)
        }

        fn respond(&self, refusal: &Refusal<'_>, context: String) -> Response<Bytes> {
            Response::new(Bytes::from(format!("{context}: {}", refusal.status().as_u16())))
        }
    }
    let tokens = Tokens::new().with("tok-read", "reader");
    let layer = AuthenticateLayer::new(Bearer::new("test", tokens)?).respond_with(Echo);
    let server = Server::start(denials().layer(layer));
    let answer = send(server.address, "POST", "/denials/gone?x=1", &[TOKEN]);
    assert_eq!(answer.text(), "POST /denials/gone?x=1: 410");
    for path in ["/anything", "/else"] {
        let answer = send(server.address, "DELETE", path, &[]);
        assert_eq!(answer.text(), format!("DELETE {path}: 401"));
    }
    Ok(())
}

/// A fixed renderer that counts how often it takes a context and how often it renders.
#[derive(Clone, Default)]
struct Fixed(Arc<[AtomicUsize; 2]>);

impl Fixed {
    fn counts(&self) -> [usize; 2] {
        self.0.each_ref().map(|count| count.load(Ordering::Relaxed))
    }
}

impl Respond for Fixed {
    type Context = ();

    fn is_fixed(&self) -> bool {
        true
    }

    fn context(&self, _: &Parts) {
        self.0[0].fetch_add(1, Ordering::Relaxed);
    }

    fn respond(&self, refusal: &Refusal<'_>, (): ()) -> Response<Bytes> {
        self.0[1].fetch_add(1, Ordering::Relaxed);
        Response::new(Bytes::from(format!("{}\n", refusal.status())))
    }
}

#[test]
fn f11_a_renderer_that_is_fixed_renders_once_for_each_cause_and_scheme() {
    const INVALID: &str = "authorization: Bearer invalid";
    const EXPIRED: &str = "authorization: Bearer expired";
    const BASIC: &str = "authorization: Basic dXNlcjp3cm9uZw==";
    let judge = |_: &Name, request: &Parts| match request.uri.path() {
        "/forbidden" => Decision::forbidden(),
        "/unavailable" => Decision::unavailable(),
        "/concealed" => Decision::forbidden().concealed(),
        "/concealed/text" => Decision::forbidden().with_detail("it is there").concealed(),
        _ => Decision::Permit,
    };
    let add_to_404 = |mut answer: Response| async {
        if answer.status() == StatusCode::NOT_FOUND {
            answer.headers_mut().insert("x-between", HeaderValue::from_static("1"));
        }
        answer
    };
    let fixed = Fixed::default();
    let layer = AuthenticateLayer::new(identity()).respond_with(fixed.clone());
    let app = Router::new().layer(AuthorizeLayer::<Name>::new(policy_fn(judge)));
    let server = Server::start(app.layer(map_response(add_to_404)).layer(layer));
    let requests = [
        ("/", vec![], 401),
        ("/", vec![INVALID], 401),
        ("/", vec![EXPIRED], 401),
        ("/", vec![BASIC], 401),
        ("/forbidden", vec![TOKEN], 403),
        ("/unavailable", vec![TOKEN], 503),
        // A text of its own and headers of a middleware make no difference, because neither is rendered.
        ("/concealed", vec![TOKEN], 404),
        ("/concealed/text", vec![TOKEN], 404),
    ];
    for _ in 0..3 {
        for (path, fields, status) in &requests {
            let answer = get(server.address, path, fields);
            assert_eq!(answer.status, *status, "{path} {fields:?}");
        }
        assert_eq!(fixed.counts()[1], requests.len() - 1);
    }
}

#[test]
fn f11_a_private_source_makes_no_difference_to_a_renderer_that_is_fixed() {
    let tokens = verify_fn(|token: &str| match token {
        "alone" => Err::<Name, _>(Unauthenticated::invalid()),
        "text" => Err(Unauthenticated::invalid().with_source(token).with_detail("Of its own.")),
        source => Err(Unauthenticated::invalid().with_source(source)),
    });
    let fixed = Fixed::default();
    let layer = AuthenticateLayer::new(Bearer::new("test", tokens).unwrap());
    let server = Server::start(Router::new().layer(layer.respond_with(fixed.clone())));
    let refused = |token: &str, rendered: usize| {
        let answer = get(server.address, "/", &[&format!("authorization: Bearer {token}")]);
        assert_eq!(fixed.counts()[1], rendered, "{token}");
        let mut shown = answer.everything();
        // The time.
        shown.retain(|character| !character.is_ascii_digit());
        shown
    };
    // The one with a source comes first: what it leaves behind is sent to the others.
    let first = refused("first", 1);
    assert!(!first.contains("first"), "{first}");
    assert_eq!([refused("alone", 1), refused("second", 1)], [first.clone(), first]);
    let with_text = refused("text", 2);
    assert!(with_text.contains("error_description=\"Of its own.\""), "{with_text}");
    refused("third", 2);
    refused("text", 3);
}

#[test]
fn f11_problems_and_pages_are_fixed_and_closures_are_not() {
    assert!(Problem::new().is_fixed());
    assert!(Problem::new().type_base("https://example.com/").is_fixed());
    assert!(StaticBody::new(HeaderValue::from_static("text/plain"), "none").is_fixed());
    let render = |_: &Refusal<'_>| Response::new(Bytes::new());
    assert!(!respond_fn(render).is_fixed());
}

#[test]
fn f11_a_renderer_that_is_fixed_renders_once_in_front_of_an_area() {
    let fixed = Fixed::default();
    let layer = ConcealLayer::everywhere().respond_with(fixed.clone());
    let server = Server::start(denials().layer(layer));
    let before = fixed.counts();
    for path in ["/denials/not-found", "/none", "/none"] {
        let answer = get(server.address, path, &[]);
        assert_eq!((answer.status, answer.text()), (404, "404 Not Found\n"), "{path}");
    }
    assert_eq!(fixed.counts(), before);
}

#[test]
fn f11_a_response_with_a_denial_is_replaced_as_a_whole() {
    // Its body is replaced too.
    let deny = || async {
        let mut answer = Denial::forbidden().into_response();
        *answer.body_mut() = axum::body::Body::from("x".repeat(100_000));
        let fields = answer.headers_mut();
        fields.insert(CONTENT_LENGTH, HeaderValue::from_static("100000"));
        fields.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        for name in [PROXY_AUTHENTICATE, RETRY_AFTER, TRANSFER_ENCODING, CACHE_CONTROL] {
            fields.insert(name, HeaderValue::from_static("chunked"));
        }
        answer
    };
    let routes = Router::new().route("/", on_get(deny));
    let server = Server::start(routes.layer(AuthenticateLayer::new(identity())));
    let answer = get(server.address, "/", &[TOKEN]);
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["detail"], Cause::Forbidden.detail());
    assert_eq!(answer.lines("www-authenticate"), [""; 0]);
    assert_eq!(answer.field("cache-control"), Some("no-store"));
}
