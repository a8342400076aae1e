//! What a script of another origin can read of a refusal, in Chromium: F09, F10.

use axum::Router;
use axum::http::HeaderValue;
use axum::response::Html;
use axum::routing::get;
use http::header::AUTHORIZATION;
use portcullis::{AuthenticateLayer, Bearer, Denial, Identity, Tokens};
use serde_json::json;
use tower_http::cors::CorsLayer;

use crate::chromium::drive;
use crate::support::{Server, Tool};

fn identity() -> impl Identity<Principal = &'static str> {
    Bearer::new("api", Tokens::new().with("right", "alice")).unwrap()
}

fn routes() -> Router {
    let routes = Router::new()
        .route("/me", get(|| async { "alice" }))
        .route("/outage", get(|| async { Denial::unavailable() }));
    Router::new().fallback_service(routes)
}

#[test]
fn f09_f10_chromium_tells_a_script_of_another_origin_why_it_was_refused() {
    let (Some(tool), Some(chromium)) = (Tool::find("node"), Tool::find("chromium")) else { return };
    let Some(modules) = Tool::find("node/node_modules") else { return };
    let page =
        Server::start(Router::new().route("/", get(Html("<!doctype html><title>page</title>"))));
    let origin = HeaderValue::try_from(format!("http://{}", page.address)).unwrap();
    let cors = || CorsLayer::new().allow_origin(origin.clone()).allow_headers([AUTHORIZATION]);
    let stage = || AuthenticateLayer::new(identity());
    // The layer outside; outside, without exposed headers; inside, exempt; inside, not exempt.
    let apis = [
        routes().layer(stage().expose_challenges()).layer(cors()),
        routes().layer(stage()).layer(cors()),
        routes().layer(cors()).layer(stage().exempt_preflights()),
        routes().layer(cors()).layer(stage()),
    ];
    let servers = apis.map(Server::start);
    let question = |server: usize, path: &str, token: &str| {
        json!([format!("http://{}{path}", servers[server].address), token])
    };
    let invalid = "401 Bearer realm=\"api\", error=\"invalid_token\", \
                   error_description=\"The access token is not valid\" null";
    let cases = [
        (question(0, "/me", "right"), "200 null null"),
        (question(0, "/me", "wrong"), invalid),
        (question(0, "/outage", "right"), "503 null 10"),
        (question(1, "/me", "wrong"), "401 null null"),
        (question(2, "/me", "right"), "200 null null"),
        // The stage's own refusal has no CORS headers, so the script is not shown it.
        (question(2, "/me", "wrong"), "TypeError"),
        (question(3, "/me", "right"), "TypeError"),
    ];
    let questions =
        json!(cases.iter().map(|(question, _)| question).collect::<Vec<_>>()).to_string();
    let url = format!("http://{}/", page.address);
    let program = chromium.path().display().to_string();
    let said =
        drive(&tool, modules.path(), "chromium_cross_origin.cjs", &[&program, &url, &questions]);
    let told: Vec<String> = serde_json::from_str(&said).unwrap();
    assert_eq!(told, cases.map(|(_, expected)| expected));
}
