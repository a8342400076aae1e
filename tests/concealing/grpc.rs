//! How gRPC says that something does not exist: D09.

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, ResponseBody, Tokens, conceal, role,
};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{Answer, Server, send};
use tokio::runtime::Runtime;

#[derive(Clone)]
struct User;

impl portcullis::HasRoles for User {
    fn has_role(&self, _: &str) -> bool {
        false
    }
}

/// A trailers-only response of a gRPC server.
fn grpc(status: &'static str, message: &'static str) -> Response {
    let fields =
        [("content-type", "application/grpc"), ("grpc-status", status), ("grpc-message", message)];
    fields.into_response()
}

fn server() -> Server {
    let hidden = AuthorizeLayer::<User>::new(conceal(role("admin")));
    let app = Router::new()
        .route("/pkg.Hidden/Method", any(|| async { grpc("0", "") }).layer(hidden))
        .route("/pkg.Open/Foreign", any(|| async { grpc("5", "no note 7 of alice") }))
        .route("/pkg.Open/Unknown", any(|| async { grpc("5", "") }))
        .route("/pkg.Open/Denied", any(|| async { grpc("7", "not yours") }))
        .route("/pkg.Open/Right", post(|| async { grpc("0", "") }))
        // The response of a server for an unknown method.
        .fallback(|| async { grpc("12", "unknown method") });
    let tokens: Tokens<User> = Tokens::new().with("bob", User);
    let stage = AuthenticateLayer::new(Bearer::new("test", tokens).unwrap()).optional();
    let app = Router::new().fallback_service(app).layer(stage);
    Server::start(app.layer(ConcealLayer::everywhere()))
}

fn call(server: &Server, path: &str, content_type: &str) -> Answer {
    let content_type = format!("content-type: {content_type}");
    send(server.address, "POST", path, &[&content_type, "authorization: Bearer bob"]).undated()
}

#[test]
fn d09_a_concealed_method_gets_the_response_of_an_unknown_one() {
    let server = server();
    for (sent, kind) in [
        ("application/grpc", "application/grpc"),
        ("application/grpc+proto", "application/grpc"),
        ("Application/GRPC; x=y", "application/grpc"),
        ("application/grpc-web+proto", "application/grpc-web"),
        ("application/grpc-web-text", "application/grpc-web-text"),
    ] {
        let missing = call(&server, "/pkg.Nothing/Method", sent);
        assert_eq!(missing.status, 200);
        let fields: Vec<_> =
            missing.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // In gRPC-Web the body has it, which scripts of other origins can read (F08).
        let (expected, body): (&[_], &[u8]) = match kind {
            "application/grpc" => {
                (&[("content-type", kind), ("grpc-status", "12"), ("content-length", "0")], b"")
            }
            "application/grpc-web" => (
                &[("content-type", kind), ("content-length", "21")],
                b"\x80\0\0\0\x10grpc-status:12\r\n",
            ),
            _ => (
                &[("content-type", kind), ("content-length", "28")],
                b"gAAAABBncnBjLXN0YXR1czoxMg0K",
            ),
        };
        assert_eq!((&fields[..], &missing.body[..]), (expected, body));
        assert_eq!(call(&server, "/pkg.Hidden/Method", sent), missing, "{sent}");
    }
}

#[test]
fn d09_a_layer_outside_another_recognizes_the_absence_of_a_method_in_grpc_web() {
    let inner = ConcealLayer::everywhere().layer(service_fn(|_: Request<Body>| async {
        Ok::<_, std::convert::Infallible>(grpc("12", "unknown method"))
    }));
    let keeps = http::HeaderName::from_static("x-kept");
    let marked = tower::util::MapResponseLayer::new(|mut response: Response| {
        response.headers_mut().insert("x-inner", http::HeaderValue::from_static("told"));
        response
    });
    let outer = ConcealLayer::routes_under("/").unwrap().keep_header(keeps).unwrap();
    let service = outer.layer(marked.layer(inner));
    let call = Request::post("/pkg.Open/Unknown").header("content-type", "application/grpc-web");
    let call = Runtime::new().unwrap().block_on(service.oneshot(call.body(Body::empty()).unwrap()));
    assert!(!call.unwrap().headers().contains_key("x-inner"));
}

#[test]
fn d09_a_concealed_object_gets_the_response_of_a_missing_one() {
    let server = server();
    let missing = call(&server, "/pkg.Open/Unknown", "application/grpc");
    assert_eq!((missing.status, missing.field("grpc-status")), (200, Some("5")));
    assert_eq!(missing.field("grpc-message"), None);
    assert_eq!(call(&server, "/pkg.Open/Foreign", "application/grpc"), missing);
}

#[test]
fn d09_other_grpc_statuses_pass_unchanged() {
    let server = server();
    let denied = call(&server, "/pkg.Open/Denied", "application/grpc");
    assert_eq!(denied.field("grpc-status"), Some("7"));
    assert_eq!(denied.field("grpc-message"), Some("not yours"));
    let right = call(&server, "/pkg.Open/Right", "application/grpc");
    assert_eq!((right.status, right.field("grpc-status")), (200, Some("0")));
}

#[test]
fn d09_a_request_that_is_not_grpc_gets_http() {
    let server = server();
    for content_type in ["application/grpcx", "application/json", "application/grp"] {
        let answer = call(&server, "/pkg.Hidden/Method", content_type);
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{content_type}");
    }
    // gRPC uses no other method than POST.
    let fields = &["content-type: application/grpc"];
    assert_eq!(send(server.address, "GET", "/pkg.Hidden/Method", fields).status, 404);
}

#[test]
fn d03_d09_a_server_that_responds_in_grpc_to_every_request_reveals_nothing() {
    let server = server();
    for (method, content_type) in [("PUT", "application/grpc"), ("GET", "application/json")] {
        let fields = [&*format!("content-type: {content_type}"), "authorization: Bearer bob"];
        let ask = |path| send(server.address, method, path, &fields).undated();
        let hidden = ask("/pkg.Hidden/Method");
        assert_eq!(hidden.status, StatusCode::NOT_FOUND);
        for path in ["/pkg.Nothing/Method", "/pkg.Open/Foreign", "/pkg.Open/Unknown"] {
            assert_eq!(ask(path), hidden, "{method} {content_type} {path}");
        }
        assert_eq!(ask("/pkg.Open/Denied").field("grpc-message"), Some("not yours"));
    }
}

#[tokio::test]
async fn d09_trailers_that_report_an_absence_keep_only_the_status_and_others_pass() {
    let conceal_layer = ConcealLayer::under("/pkg.Open").unwrap();
    for (path, status, kept) in [
        ("/pkg.Open/Stream", "5", &["grpc-status"][..]),
        ("/pkg.Open/Stream", "12", &["grpc-status"]),
        ("/pkg.Open/Stream", "7", &["grpc-status", "grpc-message", "x-owner"]),
        ("/pkg.Else/Stream", "5", &["grpc-status", "grpc-message", "x-owner"]),
    ] {
        let stream = service_fn(|_: Request<Body>| async {
            let trailers = [("grpc-status", status), ("grpc-message", "of alice")];
            let trailers = trailers.into_iter().chain([("x-owner", "alice")]);
            let trailers: HeaderMap = trailers
                .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                .collect();
            let body =
                Full::<bytes::Bytes>::from("messages").with_trailers(async { Some(Ok(trailers)) });
            Ok::<_, std::convert::Infallible>(http::Response::new(ResponseBody::new(body)))
        });
        let call = Request::post(path).header("content-type", "application/grpc");
        let call = conceal_layer.layer(stream).oneshot(call.body(Body::empty()).unwrap());
        let answer = call.await.unwrap().into_body().collect().await.unwrap();
        let trailers = answer.trailers().unwrap();
        let names: Vec<_> = trailers.keys().map(|name| name.as_str()).collect();
        assert_eq!((names.as_slice(), &trailers["grpc-status"]), (kept, &status.parse().unwrap()));
        assert_eq!(answer.to_bytes(), "messages");
    }
}
