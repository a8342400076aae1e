//! What a body of the lab says of its exchange: the request as it was received, without credentials, what a
//! client may conclude from the response, and which section says so.

use axum::http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HeaderMap, PROXY_AUTHORIZATION,
};
use axum::http::{HeaderName, HeaderValue, Request, Response, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use portcullis::{Advice, RetryAfter};
use serde_json::{Map, Value};

/// Adds the members `request` and `advice` to a body that is a JSON object, and `source`, the section that
/// defines the status, if there is one. Other bodies stay as they are.
pub fn diagnose(request: &Request<()>, response: &mut Response<Bytes>, source: Option<&str>) {
    let Some(mut members) = object(response) else { return };
    members.insert("request".to_owned(), received(request).into());
    members.insert("advice".to_owned(), in_words(&Advice::of(response)).into());
    if let Some(source) = source {
        members.insert("source".to_owned(), source.into());
    }
    set_body(response, members);
}

/// Corrects the member `advice`, if the body has it, after the response was changed.
pub fn renew_advice(response: &mut Response<Bytes>) {
    let members = object(response).filter(|members| members.contains_key("advice"));
    if let Some(mut members) = members {
        members.insert("advice".to_owned(), in_words(&Advice::of(response)).into());
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

// ==== the advice ====

/// What a client should do.
pub fn in_words(advice: &Advice) -> String {
    let schemes = |challenges: &portcullis::challenge::Challenges| {
        let names: Vec<_> = challenges.iter().map(|challenge| challenge.scheme()).collect();
        names.join(" or ")
    };
    match advice {
        Advice::Proceed => "Go on with the response.".to_owned(),
        Advice::Authenticate(challenges) => format!(
            "Get fresh or different credentials for {}, and send the request once more.",
            schemes(challenges)
        ),
        Advice::AuthenticateToProxy(challenges) => format!(
            "Send credentials for {} in Proxy-Authorization; those in Authorization are for the origin server.",
            schemes(challenges)
        ),
        Advice::StepUp { acr_values, max_age } => {
            let how = acr_values.as_ref().map(|acr| format!(" by {acr}"));
            let when = max_age.map(|age| format!(" within the last {age} seconds"));
            let [how, when] = [how, when].map(Option::unwrap_or_default);
            format!("Log the user in again{how}{when}, and send the request once more.")
        }
        Advice::WidenScope { scope: Some(scope) } => {
            format!("Get a token for the scopes {scope}, and send the request once more.")
        }
        Advice::WidenScope { scope: None } => {
            "Get a token for more scopes, and send the request once more.".to_owned()
        }
        Advice::Stop => "Do not send the request again: no credentials help.".to_owned(),
        Advice::Correct => "Correct the request before you send it again.".to_owned(),
        Advice::Wait(Some(RetryAfter::Seconds(seconds))) => {
            format!("Wait {seconds} seconds, then send the same request with the same credentials.")
        }
        Advice::Wait(_) => "Wait, then send the same request with the same credentials.".to_owned(),
        // Advice of a later version.
        _ => format!("{advice:?}"),
    }
}

// ==== the request ====

/// The most characters of a line that are shown.
const MAX: usize = 200;
const HIDDEN: &str = "[not shown]";

/// The request line and the headers, with credentials replaced.
pub fn received(request: &Request<()>) -> Vec<String> {
    let secrets = secrets(request.headers());
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
            Some(("wrong", _)) => pair.to_owned(),
            Some((name, _)) => format!("{name}={HIDDEN}"),
            None => HIDDEN.to_owned(),
        })
        .collect();
    format!("{}?{}", uri.path(), pairs.join("&"))
}

/// Headers that hold no credential, whatever a client puts into them. All others are hidden.
fn is_harmless(name: &HeaderName) -> bool {
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
fn shown(text: &str, secrets: &[String]) -> String {
    if secrets.iter().any(|secret| text.contains(secret.as_str())) {
        return HIDDEN.to_owned();
    }
    text.chars().take(MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// What the credentials of a request consist of: tokens, parameters, user and password, cookies.
fn secrets(headers: &HeaderMap) -> Vec<String> {
    let mut found = Vec::new();
    for name in [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE] {
        for line in headers.get_all(&name) {
            let line = String::from_utf8_lossy(line.as_bytes());
            let credentials = match name == COOKIE {
                true => &line,
                false => line.split_once(' ').map_or(&*line, |(_, credentials)| credentials),
            };
            if let Ok(login) = STANDARD.decode(credentials.trim()) {
                let login = String::from_utf8_lossy(&login);
                found.extend(login.split(':').map(str::to_owned));
            }
            for part in credentials.split([',', ';', ' ']) {
                let (name, value) = part.split_once('=').unwrap_or_default();
                // The `uri` of Digest is that of the request.
                if name != "uri" {
                    found.extend([part, value.trim_matches('"')].map(str::to_owned));
                }
            }
        }
    }
    // Shorter ones are in every text.
    found.retain(|secret| secret.trim().len() > 3);
    found
}
