//! Which paths a concealed area covers (section D): all that any reading brings under its prefix.
//!
//! The input is a request target.

use std::convert::Infallible;
use std::future::ready;

use http::{Request, Response, StatusCode, Uri};
use http_body_util::Full;
use portcullis::{ConcealLayer, ResponseBody};
use tower::{Layer, service_fn};
use url::Url;

use crate::{reference, wire};

/// Below these objects are hidden.
const OBJECTS: [&str; 2] = ["/repos", "/a/b/objects"];
/// Below these the routes are hidden, too. One lies in the other kind, and one contains it.
const ROUTES: [&str; 3] = ["/vault", "/api/keys", "/repos/private"];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Outside,
    Inside,
    Hidden,
}

pub fn check(data: &[u8]) -> Option<()> {
    let target: Uri = str::from_utf8(data).ok()?.parse().ok()?;
    let found = place(&target);
    let path = target.path();
    for reading in readings(path) {
        let expected = under(&reading);
        assert!(found >= expected, "{path:?} is {found:?}, and as {reading:?} it is {expected:?}");
    }
    if is_plain(path) {
        assert_eq!(found, under(path), "{path:?} has one reading");
    }
    Some(())
}

/// Where the layer sees it: it replaces a 404 of the area, and in front of hidden routes a 403.
fn place(target: &Uri) -> Place {
    let mut layer = ConcealLayer::under(OBJECTS[0]).and_then(|it| it.and_under(OBJECTS[1]));
    for prefix in ROUTES {
        layer = layer.and_then(|layer| layer.hide_routes_under(prefix));
    }
    let layer = layer.expect("plain prefixes");
    let conceals = |status: StatusCode| {
        let service = layer.layer(service_fn(move |_: Request<()>| {
            let response = Response::builder().status(status).header("x-inside", "told");
            let body = ResponseBody::new(Full::from("inside"));
            ready(Ok::<_, Infallible>(response.body(body).expect("a response")))
        }));
        let mut request = Request::new(());
        *request.uri_mut() = target.clone();
        let answer = wire::answer(service, request);
        let is_told = answer.headers().contains_key("x-inside");
        assert_eq!(is_told, answer.body() == "inside");
        assert!(is_told || answer.status() == StatusCode::NOT_FOUND);
        !is_told
    };
    match (conceals(StatusCode::NOT_FOUND), conceals(StatusCode::FORBIDDEN)) {
        (true, true) => Place::Hidden,
        (true, false) => Place::Inside,
        (false, false) => Place::Outside,
        (false, true) => panic!("a 403 is concealed, and a 404 is not"),
    }
}

fn under(path: &str) -> Place {
    let is_under = |prefix: &&str| {
        let rest = path.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    match () {
        () if ROUTES.iter().any(&is_under) => Place::Hidden,
        () if OBJECTS.iter().any(is_under) => Place::Inside,
        () => Place::Outside,
    }
}

/// The path as services may understand it: decoded or as sent, with `\` as a letter or a separator,
/// with empty segments or without, with dot-segments resolved before or after it is decoded, or
/// not; and what the URL Standard makes of it. Nothing is decoded twice.
fn readings(path: &str) -> Vec<String> {
    let mut readings = vec![path.to_owned()];
    if let Ok(url) = Url::parse(&format!("http://localhost{path}")) {
        readings.push(url.path().to_owned());
        readings.push(decoded(url.path()));
    }
    for is_separator in [false, true] {
        let slashed = |path: String| if is_separator { path.replace('\\', "/") } else { path };
        for drops_empty in [false, true] {
            let segments = |path: String| if drops_empty { without_empty(&path) } else { path };
            let sent = segments(slashed(path.to_owned()));
            let resolved = without_dots(&sent);
            for sent in [sent, resolved] {
                let decoded = segments(slashed(decoded(&sent)));
                readings.push(without_dots(&decoded));
                readings.push(without_empty(&without_dots(&decoded)));
                readings.push(decoded);
                readings.push(without_empty(&sent));
                readings.push(sent);
            }
        }
    }
    readings
}

fn decoded(path: &str) -> String {
    String::from_utf8_lossy(&reference::percent_decode(path.as_bytes())).into_owned()
}

fn without_empty(path: &str) -> String {
    let mut path = path.to_owned();
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    path
}

/// `remove_dot_segments` of RFC 3986 §5.2.4, step by step.
fn without_dots(path: &str) -> String {
    let (mut input, mut output) = (path.to_owned(), String::new());
    while !input.is_empty() {
        if let Some(rest) = input.strip_prefix("../").or(input.strip_prefix("./")) {
            input = rest.to_owned();
        } else if input.starts_with("/./") || input == "/." {
            input = format!("/{}", input.get(3..).unwrap_or_default());
        } else if input.starts_with("/../") || input == "/.." {
            input = format!("/{}", input.get(4..).unwrap_or_default());
            output.truncate(output.rfind('/').unwrap_or(0));
        } else if input == "." || input == ".." {
            input.clear();
        } else {
            let end = input[1..].find('/').map_or(input.len(), |slash| slash + 1);
            output.push_str(&input[..end]);
            input.drain(..end);
        }
    }
    output
}

/// Whether every service reads the path alike.
fn is_plain(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._~-".contains(&byte);
    path.starts_with('/')
        && path.bytes().all(is_plain)
        && !path.contains("//")
        && !path.contains("/.")
}
