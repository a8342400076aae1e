//! The guided page: ten steps, in one HTML document with its style and its script.
//!
//! Nothing of it comes from elsewhere, which the Content-Security-Policy makes certain. Without scripts the
//! texts and the lines for curl remain.

use std::net::SocketAddr;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{Html, Response};
use axum::routing::get;

const INDEX: &str = include_str!("index.html");
const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = include_str!("icon.svg");

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// `lab` is the address that the lines for curl and the model of a request have.
pub fn routes(lab: SocketAddr) -> Router {
    let index = INDEX.replace("ADDRESS", &format!("http://{lab}"));
    let index = index.replace("AUTHORITY", &lab.to_string());
    let file = |kind: &'static str, text: &'static str| {
        get(move || async move { ([(CONTENT_TYPE, kind)], text) })
    };
    Router::new()
        .route("/", get(|| async { Html(index) }))
        .route("/page/style.css", file("text/css; charset=utf-8", STYLE))
        .route("/page/script.js", file("text/javascript; charset=utf-8", SCRIPT))
        .route("/page/icon.svg", file("image/svg+xml", ICON))
}

/// What each response of the page and of the exchange has.
pub async fn with_policy(mut response: Response) -> Response {
    let headers = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let cache = response.headers_mut().entry(CACHE_CONTROL);
    cache.or_insert(HeaderValue::from_static("no-cache"));
    response
}
