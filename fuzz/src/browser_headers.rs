//! What decides whether a browser is redirected to the login page (F06), and whether a script is
//! spared a dialog (F07).
//!
//! The input is a request.

use std::convert::Infallible;
use std::future::ready;

use bytes::Bytes;
use http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION, WWW_AUTHENTICATE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode};
use http_body_util::Full;
use portcullis::challenge::{Challenge, Challenges};
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Identity, IdentityInfo, LoginPage, ReturnPath, Tokens,
    Unauthenticated, Users, any_of,
};
use tower::{Layer, service_fn};
use url::Url;

use crate::{reference, wire};

const COOKIE: HeaderName = HeaderName::from_static("cookie");

/// Sessions, of which there are none: everyone has to log in.
struct Sessions(Challenge);

impl Identity for Sessions {
    type Principal = ();

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(self.0.clone()).reads_headers([COOKIE])
    }

    fn identify_now(&self, _: &Parts) -> Option<Result<(), Unauthenticated>> {
        Some(Err(Unauthenticated::missing()))
    }
}

pub fn check(data: &[u8]) -> Option<()> {
    let request = wire::request(data)?;
    if is_call(&request) {
        return None;
    }
    let identity = any_of((
        Sessions(Challenge::bearer("notes").expect("a realm")),
        Bearer::new("notes", Tokens::new()).expect("a realm"),
        Basic::new("notes", Users::new()).expect("a realm"),
    ));
    let page = LoginPage::at("/login?a=b").and_then(|page| page.return_in("next"));
    let layer = AuthenticateLayer::new(identity)
        .login_page(page.expect("a page"))
        .suppress_dialogs_for_scripts();
    let service = layer.layer(service_fn(|_: Request<()>| {
        ready(Ok::<_, Infallible>(Response::new(Full::from("nobody is known"))))
    }));
    let (parts, ()) = request.clone().into_parts();
    let answer = wire::answer(service, Request::from_parts(parts, ()));
    assert_eq!(answer.headers().get_all(CACHE_CONTROL).iter().collect::<Vec<_>>(), ["no-store"]);
    match answer.status() {
        StatusCode::SEE_OTHER => assert_redirect(&request, &answer),
        StatusCode::UNAUTHORIZED => assert_challenges(&request, &answer),
        StatusCode::BAD_REQUEST => {
            assert!(request.headers().get_all(AUTHORIZATION).iter().count() > 1);
        }
        status => panic!("{status}"),
    }
    Some(())
}

/// Whether it may be a call of gRPC, whose refusals are not those of browsers (F08).
fn is_call(request: &Request<()>) -> bool {
    let content_type = request.headers().get("content-type").map(|value| value.as_bytes());
    let start = content_type.and_then(|value| value.get(.."application/grpc".len()));
    let is_grpc = start.is_some_and(|start| start.eq_ignore_ascii_case(b"application/grpc"));
    is_grpc && request.method() == Method::POST
}

/// What a client does with the response, by the table of F12.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Page,
    Form,
    Other,
    Program,
}

/// The kind of the request; `None` if its `Accept` or a type of gRPC is written as no client does.
fn kind(request: &Request<()>) -> Option<Kind> {
    let headers = request.headers();
    let lines = |name: &str| headers.get_all(name).iter().collect::<Vec<_>>();
    let first = |name: &str| headers.get(name).map_or(&b""[..], |line| line.as_bytes());
    let names = |wanted: &str| {
        lines("accept").iter().any(|line| {
            let line = String::from_utf8_lossy(line.as_bytes()).to_ascii_lowercase();
            line.split(',').any(|range| range.split(';').next().unwrap_or("").trim() == wanted)
        })
    };
    let modes = lines("sec-fetch-mode");
    let is_agent =
        first("user-agent").starts_with(b"Mozilla/") && headers.contains_key("accept-language");
    let is_browser = !modes.is_empty() || is_agent;
    let upgrades = first("upgrade-insecure-requests") == b"1";
    let mut content_type = first("content-type").to_ascii_lowercase();
    content_type.truncate("application/grpc".len());
    if content_type == b"application/grpc" && !is_grpc(headers) {
        return None;
    }
    let prefers_html = prefers_html(headers)? && !is_grpc(headers);
    let page = match *request.method() {
        Method::GET | Method::HEAD => Some(Kind::Page),
        Method::POST => Some(Kind::Form),
        _ => None,
    };
    let page = page.filter(|_| prefers_html);
    let scripts = ["hx-request", "turbo-frame", "x-turbo-request-id", "x-inertia"];
    if scripts.iter().any(|name| headers.contains_key(*name))
        || names("text/vnd.turbo-stream.html")
        || is_xhr(headers)
        || modes.iter().all(|mode| *mode == "websocket") && !modes.is_empty()
        || is_browser && first("upgrade").eq_ignore_ascii_case(b"websocket")
    {
        return Some(Kind::Other);
    }
    for name in ["sec-purpose", "purpose", "x-moz"] {
        for line in lines(name) {
            let purpose = line.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
            if purpose.trim_ascii().eq_ignore_ascii_case(b"prefetch") {
                return Some(Kind::Other);
            }
        }
    }
    let dests = lines("sec-fetch-dest");
    let all_dests = |wanted: &[&str]| dests.iter().all(|dest| wanted.iter().any(|it| dest == it));
    if !modes.is_empty() {
        let known = |mode: &&http::HeaderValue| {
            ["navigate", "websocket", "same-origin"].iter().position(|it| *mode == it)
        };
        if modes.iter().any(|mode| known(mode) != known(&modes[0])) {
            return Some(Kind::Program);
        }
        let is_page = modes[0] == "navigate"
            && all_dests(&["document", "iframe", "frame", "empty"])
            || modes[0] == "same-origin" && all_dests(&["empty"]) && upgrades;
        return Some(page.filter(|_| is_page).unwrap_or(Kind::Other));
    }
    if !all_dests(&["document", "iframe", "frame"]) {
        return Some(Kind::Program);
    }
    if !is_browser {
        let is_get = [Method::GET, Method::HEAD].contains(request.method());
        return Some(page.filter(|_| is_get).unwrap_or(Kind::Program));
    }
    let accepts_pages = names("*/*") && names("application/xhtml+xml");
    let content_type = String::from_utf8_lossy(first("content-type")).to_ascii_lowercase();
    let content_type = content_type.split(';').next().unwrap_or("").trim().to_owned();
    let is_form = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
        .contains(&&*content_type);
    let is_page = (upgrades || accepts_pages) && (page != Some(Kind::Form) || is_form);
    Some(page.filter(|_| is_page).unwrap_or(Kind::Other))
}

/// Whether the request may lead to the login page.
fn may_be_led(request: &Request<()>) -> bool {
    request.uri().path() != "/login" && !names_offered_scheme(request)
}

/// Whether a navigation may be redirected there: it returns to its own target, so it has to have one.
fn may_be_redirected(request: &Request<()>) -> bool {
    may_be_led(request) && request.uri().path_and_query().is_some()
}

fn names_offered_scheme(request: &Request<()>) -> bool {
    request.headers().get_all(AUTHORIZATION).iter().any(|line| {
        let scheme = reference::scheme(line.as_bytes());
        scheme.is_some_and(|(scheme, _)| matches!(&*scheme, "bearer" | "basic"))
    })
}

fn assert_redirect(request: &Request<()>, answer: &Response<Bytes>) {
    assert!(may_be_redirected(request), "{request:?}");
    assert!(kind(request).is_none_or(|kind| kind == Kind::Page), "{request:?}");
    assert!(!answer.headers().contains_key(WWW_AUTHENTICATE), "a browser would open a dialog");

    let location = answer.headers()[LOCATION].to_str().expect("ASCII");
    let base = Url::parse("https://app.example/a/b").expect("a base");
    let url = base.join(location).expect("an address");
    assert_eq!((url.origin(), url.path()), (base.origin(), "/login"), "{location}");
    let target = request.uri().path_and_query().expect("a target").as_str();
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let mut expected = vec![("a".to_owned(), "b".to_owned())];
    if ReturnPath::parse(target).is_ok() {
        expected.push(("next".to_owned(), target.to_owned()));
    }
    assert_eq!(pairs, expected, "{location}");
    assert!(answer.body().is_empty() || !wire::text(answer).contains("<script"));
}

fn assert_challenges(request: &Request<()>, answer: &Response<Bytes>) {
    let kind = kind(request);
    let is_page = kind == Some(Kind::Page);
    assert!(!is_page || !may_be_redirected(request), "{request:?} was not redirected");
    assert!(!answer.headers().contains_key(LOCATION));
    let is_link = answer.headers()[CONTENT_TYPE] == "text/html; charset=utf-8";
    if kind.is_some() {
        let is_form = kind == Some(Kind::Form) && may_be_led(request);
        assert_eq!(is_link, is_form, "{request:?}");
    }
    let lines = answer.headers().get_all(WWW_AUTHENTICATE);
    let challenges = Challenges::parse(lines).expect("a 401 has challenges");
    let schemes: Vec<&str> = challenges.iter().map(|challenge| challenge.scheme()).collect();
    match kind {
        Some(Kind::Program) => assert_eq!(schemes, ["Bearer", "Basic"], "{request:?}"),
        Some(_) if !names_offered_scheme(request) => assert_eq!(schemes, ["Bearer"], "{request:?}"),
        // A script opens no dialog even then, and a person may.
        _ => assert_eq!(schemes[0], "Bearer", "{request:?}"),
    }
}

fn is_xhr(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all("x-requested-with").iter();
    lines.any(|line| line.as_bytes().eq_ignore_ascii_case(b"XMLHttpRequest"))
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    matches!(kind, b"application/grpc" | b"application/grpc+proto" | b"application/grpc-web")
}

/// Whether HTML has the highest weight (RFC 9110 §12.5.1) and more than JSON, where every range is
/// written as most are; else `None`.
fn prefers_html(headers: &HeaderMap) -> Option<bool> {
    let (mut html, mut json, mut other) = (0.0_f64, 0.0_f64, 0.0_f64);
    for line in headers.get_all(ACCEPT) {
        for range in line.to_str().ok()?.split(',') {
            let (name, weight) = match range.split_once(';') {
                Some((name, weight)) => (name, weight.trim().strip_prefix("q=")?),
                None => (range, "1"),
            };
            let name = name.trim().to_ascii_lowercase();
            let is_plain =
                name.bytes().all(|it| it.is_ascii_alphanumeric() || b"/+*-.".contains(&it));
            let is_weight = weight == "1" || weight == "0" || {
                let digits = weight.strip_prefix("0.").unwrap_or_default();
                (1..=3).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
            };
            if !is_plain || !is_weight || name.split('/').count() != 2 {
                return None;
            }
            let weight: f64 = weight.parse().ok()?;
            let kind = match &*name {
                "text/html" | "application/xhtml+xml" => &mut html,
                name if name == "application/json" || name.ends_with("+json") => &mut json,
                _ => &mut other,
            };
            *kind = kind.max(weight);
        }
    }
    Some(html > json && html >= other)
}
