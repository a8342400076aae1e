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

/// Whether the request may be redirected, apart from its `Accept`.
fn may_navigate(request: &Request<()>) -> bool {
    let headers = request.headers();
    let all = |name: &str, values: &[&str]| {
        headers.get_all(name).iter().all(|line| values.iter().any(|value| line == value))
    };
    let names_offered_scheme = headers.get_all(AUTHORIZATION).iter().any(|line| {
        let scheme = reference::scheme(line.as_bytes());
        scheme.is_some_and(|(scheme, _)| matches!(&*scheme, "bearer" | "basic"))
    });
    [Method::GET, Method::HEAD].contains(request.method())
        && !names_offered_scheme
        && request.uri().path_and_query().is_some()
        && request.uri().path() != "/login"
        && all("sec-fetch-mode", &["navigate"])
        && all("sec-fetch-dest", &["document", "iframe", "frame"])
        && !is_xhr(headers)
        && !is_grpc(headers)
}

fn assert_redirect(request: &Request<()>, answer: &Response<Bytes>) {
    assert!(may_navigate(request), "{request:?}");
    assert_ne!(prefers_html(request.headers()), Some(false), "{request:?}");
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
    let is_navigation = may_navigate(request) && prefers_html(request.headers()) == Some(true);
    assert!(!is_navigation, "{request:?} was not redirected");
    assert!(!answer.headers().contains_key(LOCATION));
    let lines = answer.headers().get_all(WWW_AUTHENTICATE);
    let challenges = Challenges::parse(lines).expect("a 401 has challenges");
    let schemes: Vec<&str> = challenges.iter().map(|challenge| challenge.scheme()).collect();
    if is_by_script(request.headers()) {
        assert_eq!(schemes, ["Bearer"]);
    } else {
        assert_eq!(schemes, ["Bearer", "Basic"]);
    }
}

/// Whether a script asks: it says so itself, or the browser says so.
fn is_by_script(headers: &HeaderMap) -> bool {
    let lines = |name| headers.get_all(name).iter().collect::<Vec<_>>();
    let (modes, dests) = (lines("sec-fetch-mode"), lines("sec-fetch-dest"));
    let is_fetch = !modes.is_empty()
        && modes.iter().all(|mode| *mode != "navigate" && *mode != "websocket")
        && dests.iter().all(|dest| *dest == "empty");
    is_fetch || is_xhr(headers)
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
