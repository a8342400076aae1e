//! What does the client do with the response: show it as a page, read it in a script, put it into a
//! page, or is it a program without a person before it? (F06, F07)
//!
//! Browsers send [Fetch Metadata] over HTTPS and to localhost. Elsewhere, as on an intranet over plain
//! HTTP, these tell one kind from another:
//!
//! - `User-Agent` begins with `Mozilla/`, and `Accept-Language` is there: all browsers send both with
//!   every request, and programs do not (PowerShell sends only the first, git only the second).
//! - `Upgrade-Insecure-Requests: 1`: Chromium, Firefox and Safari send it with every navigation over
//!   plain HTTP, and with no other request.
//! - `Accept`: a browser that navigates accepts XHTML and `*/*` beside HTML, and a script that requests
//!   a fragment names HTML alone or with XHTML.
//!
//! A client can forge all of them, and gains nothing by it: it gets another form of the same refusal.
//!
//! [Fetch Metadata]: https://www.w3.org/TR/fetch-metadata/

use http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_TYPE, RANGE, UPGRADE, UPGRADE_INSECURE_REQUESTS, USER_AGENT,
};
use http::{HeaderMap, HeaderName, Method};

use super::browser::{accepts, prefers_html};
use crate::grpc::GrpcFraming;

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");
const HX_REQUEST: HeaderName = HeaderName::from_static("hx-request");
const X_INERTIA: HeaderName = HeaderName::from_static("x-inertia");
pub(super) const TURBO_FRAME: HeaderName = HeaderName::from_static("turbo-frame");
const X_TURBO_REQUEST_ID: HeaderName = HeaderName::from_static("x-turbo-request-id");
/// The names under which browsers say that they prefetch: that of Fetch, and older ones.
const PURPOSE: [HeaderName; 3] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-moz"),
];

/// What the client does with the response, as far as its request headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RequestKind {
    /// A browser shows the response as a page, in a window or a frame.
    Navigation,
    /// A browser sends a form, and shows the response as a page.
    Form,
    /// htmx reads the response, and swaps it into a page.
    Htmx,
    /// Turbo reads the response, and shows it in a page or in a frame of one.
    Turbo,
    /// Another script reads the response.
    Script,
    /// A browser loads a page in advance that a person may open later.
    Prefetch,
    /// A browser puts the response into a page (an image, a style, a video), or saves it as a file.
    Subresource,
    /// A script opens a WebSocket.
    WebSocket,
    /// Any other client: a program, or a browser that does not say so.
    Program,
}

/// What `Sec-Fetch-Mode` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum FetchMode {
    Absent,
    Navigate,
    WebSocket,
    SameOrigin,
    /// `cors`, `no-cors`, and any that is not known.
    Other,
    /// Several lines that differ, which no browser sends.
    Contradictory,
}

impl RequestKind {
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let mode = FetchMode::of(headers);
        let is_browser = mode != FetchMode::Absent || is_browser(headers);
        if headers.contains_key(HX_REQUEST) {
            Self::Htmx
        } else if is_turbo(headers) {
            Self::Turbo
        } else if headers.contains_key(X_INERTIA) || is_xml_http_request(headers) {
            Self::Script
        } else if mode == FetchMode::WebSocket || (is_browser && is_websocket(headers)) {
            Self::WebSocket
        } else if PURPOSE.iter().any(|name| is_prefetch(headers, name)) {
            Self::Prefetch
        } else if mode == FetchMode::Absent {
            Self::without_metadata(method, headers, is_browser)
        } else {
            Self::by_metadata(method, headers, mode)
        }
    }

    /// Whether a script reads the response. A prefetched page is not shown either.
    pub(crate) fn is_by_script(self) -> bool {
        match self {
            Self::Htmx | Self::Turbo | Self::Script | Self::Prefetch => true,
            Self::Navigation | Self::Form | Self::Subresource | Self::WebSocket | Self::Program => {
                false
            }
        }
    }

    /// Whether the request comes from a browser.
    pub(crate) fn is_by_browser(self) -> bool {
        self != Self::Program
    }

    fn by_metadata(method: &Method, headers: &HeaderMap, mode: FetchMode) -> Self {
        let destination = |test: fn(&[u8]) -> bool| all_values(headers, &SEC_FETCH_DEST, test);
        // A navigation that a service worker hands on with `fetch(event.request)` has no destination
        // any more. If the worker changes the request on the way, its mode becomes `same-origin`.
        let is_page = |it: &[u8]| matches!(it, b"document" | b"iframe" | b"frame" | b"empty");
        match mode {
            FetchMode::Navigate if destination(is_page) => {
                Self::page(method, headers).unwrap_or(Self::Subresource)
            }
            FetchMode::Navigate => Self::Subresource,
            FetchMode::SameOrigin if destination(is_empty) && upgrades_requests(headers) => {
                Self::page(method, headers).unwrap_or(Self::Script)
            }
            FetchMode::SameOrigin | FetchMode::Other if destination(is_empty) => Self::Script,
            FetchMode::SameOrigin | FetchMode::Other => Self::Subresource,
            FetchMode::WebSocket => Self::WebSocket,
            FetchMode::Contradictory | FetchMode::Absent => Self::Program,
        }
    }

    fn without_metadata(method: &Method, headers: &HeaderMap, is_browser: bool) -> Self {
        let is_window = |it: &[u8]| matches!(it, b"document" | b"iframe" | b"frame");
        if !all_values(headers, &SEC_FETCH_DEST, is_window) {
            return Self::Program;
        }
        let accepts_any = || accepts(headers, |name| name == b"*/*");
        let accepts_pages =
            || accepts_any() && accepts(headers, |name| name == b"application/xhtml+xml");
        if prefers_html(headers) {
            let shows_page = match *method {
                // Text-mode browsers and crawlers, which run no scripts; and `curl`, told to.
                Method::GET | Method::HEAD if !is_browser => true,
                Method::POST if is_browser => has_form(headers),
                _ => is_browser,
            };
            let shows_page =
                shows_page && (!is_browser || upgrades_requests(headers) || accepts_pages());
            return match Self::page(method, headers) {
                Some(page) if shows_page => page,
                _ if is_browser => Self::Script,
                _ => Self::Program,
            };
        }
        let is_for_script = || {
            accepts(headers, |name| {
                matches!(name, b"application/json" | b"text/event-stream")
                    || name.ends_with(b"+json")
            }) || (accepts_only_anything(headers) && !headers.contains_key(RANGE))
        };
        match is_browser {
            false => Self::Program,
            true if is_for_script() => Self::Script,
            true => Self::Subresource,
        }
    }

    /// The kind of a request whose response is shown as a page, unless it asks for none.
    fn page(method: &Method, headers: &HeaderMap) -> Option<Self> {
        let is_for_page = prefers_html(headers) && GrpcFraming::of(headers).is_none();
        match *method {
            _ if !is_for_page => None,
            Method::GET | Method::HEAD => Some(Self::Navigation),
            Method::POST => Some(Self::Form),
            _ => None,
        }
    }
}

impl FetchMode {
    fn of(headers: &HeaderMap) -> Self {
        let mut modes =
            headers.get_all(SEC_FETCH_MODE).iter().map(|value| match value.as_bytes() {
                b"navigate" => Self::Navigate,
                b"websocket" => Self::WebSocket,
                b"same-origin" => Self::SameOrigin,
                _ => Self::Other,
            });
        let Some(first) = modes.next() else { return Self::Absent };
        if modes.all(|mode| mode == first) { first } else { Self::Contradictory }
    }
}

/// Whether the headers are those that every browser sends.
fn is_browser(headers: &HeaderMap) -> bool {
    let agent = headers.get(USER_AGENT).map_or(&b""[..], |value| value.as_bytes());
    agent.starts_with(b"Mozilla/") && headers.contains_key(ACCEPT_LANGUAGE)
}

/// Whether the browser navigates, or a service worker hands its navigation on.
fn upgrades_requests(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE_INSECURE_REQUESTS).is_some_and(|value| value == "1")
}

/// Whether `X-Requested-With` is `XMLHttpRequest`, which JavaScript libraries send by convention.
/// Other values do not count: some apps send their own name with every navigation.
fn is_xml_http_request(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(X_REQUESTED_WITH).iter();
    values.any(|value| value.as_bytes().eq_ignore_ascii_case(b"XMLHttpRequest"))
}

fn is_turbo(headers: &HeaderMap) -> bool {
    headers.contains_key(TURBO_FRAME)
        || headers.contains_key(X_TURBO_REQUEST_ID)
        || accepts(headers, |name| name == b"text/vnd.turbo-stream.html")
}

fn is_websocket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Whether the header says `prefetch`, perhaps with parameters (`prefetch;prerender`).
fn is_prefetch(headers: &HeaderMap, name: &HeaderName) -> bool {
    headers.get_all(name).iter().any(|value| {
        let purpose = value.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
        purpose.trim_ascii().eq_ignore_ascii_case(b"prefetch")
    })
}

/// Whether the body is what a form sends (HTML, the `enctype` of a form).
fn has_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let kind = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"]
        .iter()
        .any(|form| form.as_bytes().eq_ignore_ascii_case(kind))
}

/// Whether `Accept` is `*/*`, as `fetch` and `XMLHttpRequest` send it.
fn accepts_only_anything(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|value| value.as_bytes().trim_ascii() == b"*/*")
}

fn is_empty(destination: &[u8]) -> bool {
    destination == b"empty"
}

/// True also if the header is absent.
fn all_values(headers: &HeaderMap, name: &HeaderName, test: impl Fn(&[u8]) -> bool) -> bool {
    headers.get_all(name).iter().all(|value| test(value.as_bytes()))
}

#[cfg(test)]
mod tests;
