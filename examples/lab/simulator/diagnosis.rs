//! What a body of the lab says of its exchange: the request as it was received, without credentials, what a
//! client may conclude from the response, and which section says so.

use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, PROXY_AUTHORIZATION};
use axum::http::{HeaderName, HeaderValue, Request, Response, Uri};
use bytes::Bytes;
use portcullis::Advice;
use serde_json::{Map, Value};

use super::hidden::Hidden;

/// Adds the members `request` and `advice` to a body that is a JSON object, and `source`, the section that
/// defines the status, if there is one. Other bodies stay as they are.
pub fn diagnose(request: &Request<()>, response: &mut Response<Bytes>, source: Option<&str>) {
    let Some(mut members) = object(response) else { return };
    members.insert("request".to_owned(), received(request).into());
    members.insert("advice".to_owned(), Advice::of(response).to_string().into());
    if let Some(source) = source {
        members.insert("source".to_owned(), source.into());
    }
    set_body(response, members);
}

/// Corrects the member `advice`, if the body has it, after the response was changed.
pub fn renew_advice(response: &mut Response<Bytes>) {
    let members = object(response).filter(|members| members.contains_key("advice"));
    if let Some(mut members) = members {
        members.insert("advice".to_owned(), Advice::of(response).to_string().into());
        set_body(response, members);
    }
}

fn set_body(response: &mut Response<Bytes>, members: Map<String, Value>) {
    let body = Bytes::from(Value::Object(members).to_string());
    if response.headers().contains_key(CONTENT_LENGTH) {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    *response.body_mut() = body;
}

fn object(response: &Response<Bytes>) -> Option<Map<String, Value>> {
    let is_json = response.headers().get(CONTENT_TYPE).is_none_or(|value| {
        let value = value.to_str().unwrap_or_default();
        value.starts_with("application/json") || value.starts_with("application/problem+json")
    });
    is_json.then(|| serde_json::from_slice(response.body()).ok()).flatten()
}

// ==== the request ====

/// The most characters of a line that are shown.
const MAX: usize = 200;
const HIDDEN: &str = "[not shown]";

/// The request line and the headers, with credentials replaced.
pub fn received(request: &Request<()>) -> Vec<String> {
    let secrets = Hidden::of(request);
    let target = target(request.uri());
    let version = format!("{:?}", request.version());
    let first = format!("{} {} {version}", request.method(), shown(&target, &secrets));
    let others = request.headers().iter().map(|(name, value)| {
        let value = match is_harmless(name) {
            true => shown(&String::from_utf8_lossy(value.as_bytes()), &secrets),
            false => hidden(name, value),
        };
        format!("{name}: {value}")
    });
    std::iter::once(first).chain(others).collect()
}

/// The path, and the query without its values, which may be tokens.
fn target(uri: &Uri) -> String {
    let Some(query) = uri.query() else { return uri.path().to_owned() };
    let pairs: Vec<_> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            _ if is_fault(pair) => pair.to_owned(),
            Some((name, _)) => format!("{name}={HIDDEN}"),
            None => HIDDEN.to_owned(),
        })
        .collect();
    format!("{}?{}", uri.path(), pairs.join("&"))
}

/// Whether a parameter of a query names a fault.
pub fn is_fault(pair: &str) -> bool {
    pair.starts_with("wrong=")
}

/// Headers that hold no credential. All others are hidden, and what is in them is hidden elsewhere as well.
pub fn is_harmless(name: &HeaderName) -> bool {
    const PREFIXES: [&str; 4] = ["accept", "access-control-request-", "if-", "sec-fetch-"];
    const NAMES: [&str; 16] = [
        "cache-control",
        "connection",
        "content-length",
        "content-type",
        "date",
        "expect",
        "host",
        "origin",
        "pragma",
        "range",
        "te",
        "transfer-encoding",
        "upgrade",
        "upgrade-insecure-requests",
        "user-agent",
        "via",
    ];
    NAMES.contains(&name.as_str()) || PREFIXES.iter().any(|it| name.as_str().starts_with(it))
}

/// A header of credentials: of `Authorization`, the scheme, if it is a known one.
fn hidden(name: &HeaderName, value: &HeaderValue) -> String {
    const SCHEMES: [&str; 6] = ["Basic", "Bearer", "Digest", "DPoP", "Negotiate", "HOBA"];
    let of_scheme = name == AUTHORIZATION || name == PROXY_AUTHORIZATION;
    let scheme = value.to_str().ok().and_then(|value| value.split(' ').next());
    let scheme = scheme
        .filter(|_| of_scheme)
        .and_then(|scheme| SCHEMES.iter().find(|known| known.eq_ignore_ascii_case(scheme)));
    scheme.map_or(HIDDEN.to_owned(), |scheme| format!("{scheme} {HIDDEN}"))
}

/// The text, unless a credential is in it.
fn shown(text: &str, secrets: &Hidden) -> String {
    if secrets.are_in(text) {
        return HIDDEN.to_owned();
    }
    text.chars().take(MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
