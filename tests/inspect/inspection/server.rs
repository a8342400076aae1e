//! A server whose refusals are right, in plain types of `http`, and its callers.

use std::convert::Infallible;
use std::future::{Ready, ready};

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_METHOD,
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ORIGIN, WWW_AUTHENTICATE,
};
use http::{HeaderName, Method, Request, Response};
use hyper::body::Incoming;
use portcullis::testing::{Inspection, InspectionReport, bearer};
use tower::service_fn;

pub type Reply = Response<String>;

/// The head of a request.
pub type Head = http::request::Parts;

/// An inspection of a server that replies like this, about `/reports`, as alice who may, as bob who may not,
/// and with a token that has expired.
pub fn inspection(reply: fn(&Head) -> Reply) -> Inspection {
    inspection_of(reply)
        .permitted("alice", bearer("alice"))
        .refused("bob", bearer("bob"))
        .expired(bearer("expired"))
}

/// An inspection without callers.
pub fn inspection_of(reply: fn(&Head) -> Reply) -> Inspection {
    let respond = move |request: Request<Incoming>| -> Ready<Result<Response<String>, Infallible>> {
        ready(Ok(reply(&request.into_parts().0)))
    };
    Inspection::of_service(service_fn(respond)).target("/reports")
}

pub async fn inspect(reply: fn(&Head) -> Reply) -> InspectionReport {
    inspection(reply).run().await.expect("a report")
}

/// The ids and details of what was found by comparing.
pub fn compared(report: &InspectionReport) -> Vec<String> {
    let findings = report.findings().iter().map(|found| found.finding());
    let compared = findings.filter(|finding| !finding.check().needs_one_exchange());
    let text = compared
        .map(|finding| format!("{} {}: {}", finding.severity(), finding.id(), finding.detail()));
    text.collect()
}

/// What each caller should get.
pub fn honest(head: &Head) -> Reply {
    if is_preflight(head) {
        return Response::builder()
            .status(204)
            .header(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
            .header(ACCESS_CONTROL_ALLOW_HEADERS, "authorization")
            .body(String::new())
            .unwrap();
    }
    match token(head) {
        Credentials::Of("alice") => application(head),
        Credentials::Of("bob") => refusal(403, "You may not see this.", None),
        Credentials::Of(_) => invalid(),
        Credentials::None => challenge(),
        Credentials::Unclear => {
            let challenge = r#"Bearer realm="api", error="invalid_request""#;
            refusal(400, "The credentials cannot be read.", Some(challenge))
        }
    }
}

/// What is behind the check of credentials.
pub fn application(head: &Head) -> Reply {
    match (&head.method, head.uri.path()) {
        (&Method::GET | &Method::HEAD, "/reports") => ok("the reports"),
        (_, "/reports") => with(refusal(405, "Not this method.", None), ALLOW, "GET, HEAD"),
        _ => refusal(404, "There is nothing here.", None),
    }
}

/// What a token says that is none of the known ones.
pub fn invalid() -> Reply {
    let challenge = r#"Bearer realm="api", error="invalid_token""#;
    refusal(401, "The token is not valid.", Some(challenge))
}

/// The response to a request without credentials.
pub fn challenge() -> Reply {
    refusal(401, "A login is needed.", Some(r#"Bearer realm="api""#))
}

pub fn ok(body: &str) -> Reply {
    let reply = Response::new(body.to_owned());
    with(with(reply, CONTENT_TYPE, "text/plain"), CACHE_CONTROL, "no-store")
}

pub fn refusal(status: u16, body: &str, challenge: Option<&str>) -> Reply {
    let mut reply = ok(body);
    *reply.status_mut() = status.try_into().unwrap();
    match challenge {
        Some(challenge) => with(reply, WWW_AUTHENTICATE, challenge),
        None => reply,
    }
}

pub fn with(mut reply: Reply, name: HeaderName, value: &str) -> Reply {
    reply.headers_mut().append(name, value.parse().unwrap());
    reply
}

pub fn is_preflight(head: &Head) -> bool {
    head.method == Method::OPTIONS
        && head.headers.contains_key(ORIGIN)
        && head.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Whose credentials a request has.
pub enum Credentials<'a> {
    None,
    Of(&'a str),
    /// Two lines, or no token.
    Unclear,
}

pub fn token(head: &Head) -> Credentials<'_> {
    let mut lines = head.headers.get_all(AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return match head.headers.contains_key(AUTHORIZATION) {
            true => Credentials::Unclear,
            false => Credentials::None,
        };
    };
    match line.to_str().ok().and_then(|line| line.strip_prefix("Bearer ")) {
        Some(token) if !token.contains([' ', '%']) => Credentials::Of(token),
        _ => Credentials::Unclear,
    }
}
