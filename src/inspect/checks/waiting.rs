//! Whether a client learns how long to wait, and which methods it may use (I24–I26).

use headers::{Date, Header};
use http::header::{ALLOW, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use super::super::check::{Check, Finds};
use super::super::exchange::Sent;
use super::super::finding::{Place, Severity};
use super::super::findings::Findings;
use super::super::view::View;

pub(super) const CHECKS: &[Check] = &[
    Check {
        number: "I24",
        id: "wait-missing",
        severity: Severity::Advice,
        rows: &["A07", "A18"],
        source: "RFC 6585 §4; RFC 9110 §15.6.4",
        wrong: "a 429 or 503 that does not say how long to wait",
        remedy: "Add `Retry-After` with a number of seconds.",
        page: "\
A client that is told to wait, and not how long, chooses a time of its own: some try again at once, and keep
the server down; others wait for minutes.

Right:
    HTTP/1.1 429 Too Many Requests
    Retry-After: 30
Seconds are better than a date, which needs clocks that agree. `RateLimit-Reset`, `X-RateLimit-Reset` and
`RateLimit` with `t` or `reset` count as an answer, since clients of such servers read them.
A throttle of portcullis sends the seconds until the next attempt is counted (A18), and an outage those that
were configured (A07).",
        finds: Finds::InOne(wait_missing),
    },
    Check {
        number: "I25",
        id: "wait-syntax",
        severity: Severity::Error,
        rows: &["A18"],
        source: "RFC 9110 §10.2.3, §5.6.7",
        wrong: "a `Retry-After` that is neither a number of seconds nor a date",
        remedy: "Send whole seconds (`Retry-After: 30`), in one line.",
        page: "\
`Retry-After` has two forms, and clients ignore what is neither:
    Retry-After: 120
    Retry-After: Fri, 31 Dec 1999 23:59:59 GMT
Wrong are fractions (`1.5`), negative numbers, units (`30s`, `1 minute`), milliseconds since 1970 that are meant
as a date, dates of ISO 8601, zones other than GMT, a weekday that the date does not have, and two lines.
A warning are the obsolete forms of a date, which clients read and a server must not send (RFC 9110 §5.6.7):
    Retry-After: Friday, 31-Dec-99 23:59:59 GMT
    Retry-After: Fri Dec 31 23:59:59 1999
A client that cannot read it behaves as if it were absent: it tries again when it likes.
portcullis sends whole seconds (A18).",
        finds: Finds::InOne(wait_syntax),
    },
    Check {
        number: "I26",
        id: "allow-missing",
        severity: Severity::Error,
        rows: &["F14"],
        source: "RFC 9110 §15.5.6, §10.2.1",
        wrong: "a 405 without `Allow`, or with an `Allow` that lists the method of the request",
        remedy: "List the methods that the target supports in `Allow`; the list may be empty.",
        page: "\
A 405 says that the target exists and does not support this method. The origin server must say which methods it
supports, so that a client can choose another one, and so that a person sees the difference to a refusal.

Right:
    HTTP/1.1 405 Method Not Allowed
    Allow: GET, HEAD
An empty `Allow:` says that no method is allowed at all. A list with the method that was just refused
contradicts the status: if this caller lacks permission, 403 is meant, and 401 if the caller has sent no credentials.
Methods are compared with case (RFC 9110 §9.1).
Routers send `Allow` themselves; `ProblemDetails::replace_plain_error` keeps it (F14).",
        finds: Finds::InOne(allow_missing),
    },
];

fn wait_missing(view: &View<'_>, findings: &mut Findings) {
    let headers = view.headers();
    let is_asked_to_wait = matches!(view.status().as_u16(), 429 | 503);
    if is_asked_to_wait && !headers.contains_key(RETRY_AFTER) && !has_reset(headers) {
        let status = view.status().as_u16();
        findings.add(Place::Absent(RETRY_AFTER), format!("the {status} has no `Retry-After`"));
    }
}

/// Whether a header tells the time of the next request in a way of its own: one such as
/// `x-ratelimit-reset-requests`, or `RateLimit` with a parameter for it.
fn has_reset(headers: &HeaderMap) -> bool {
    let is_reset = |name: &HeaderName| {
        let name = name.as_str();
        let is_of_limit = name.contains("ratelimit") || name.contains("rate-limit");
        (is_of_limit && name.contains("reset")) || name.ends_with("retry-after-ms")
    };
    let has_time = |line: &HeaderValue| {
        let mut params = line.as_bytes().split(|byte| matches!(byte, b';' | b','));
        params.any(|param| {
            let mut parts = param.splitn(2, |byte| *byte == b'=');
            let name = parts.next().unwrap_or_default().trim_ascii();
            let value = parts.next().unwrap_or_default().trim_ascii();
            matches!(name, b"t" | b"reset") && value.first().is_some_and(u8::is_ascii_digit)
        })
    };
    headers.keys().any(is_reset) || headers.get_all("ratelimit").iter().any(has_time)
}

fn wait_syntax(view: &View<'_>, findings: &mut Findings) {
    let mut lines = view.headers().get_all(RETRY_AFTER).iter();
    let Some(line) = lines.next() else { return };
    if !is_seconds(line) && !is_date(line) {
        let what = match line.as_bytes().trim_ascii().is_empty() {
            true => "`Retry-After` is empty",
            false => "`Retry-After` is neither a number of seconds nor a date",
        };
        findings.add(Place::header(RETRY_AFTER, 0, 0..line.len()), what);
        return;
    }
    if let Some(second) = lines.next() {
        let place = Place::header(RETRY_AFTER, 1, 0..second.len());
        findings.add(place, "there is more than one `Retry-After`");
    } else if !is_seconds(line) && !is_fixed_date(line) {
        let place = Place::header(RETRY_AFTER, 0, 0..line.len());
        let detail = "`Retry-After` has a date of an obsolete form";
        findings.add_as(Severity::Warning, place, detail);
    }
}

fn is_seconds(line: &HeaderValue) -> bool {
    let digits = line.as_bytes().trim_ascii();
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

fn is_date(line: &HeaderValue) -> bool {
    let trimmed = HeaderValue::from_bytes(line.as_bytes().trim_ascii());
    trimmed.is_ok_and(|date| Date::decode(&mut std::iter::once(&date)).is_ok())
}

/// Whether a date has the form of fixed length that a sender must generate: `Fri, 31 Dec 1999 23:59:59 GMT`.
fn is_fixed_date(line: &HeaderValue) -> bool {
    let date = line.as_bytes().trim_ascii();
    date.get(3) == Some(&b',') && date.ends_with(b" GMT")
}

/// Headers with which a client asks for another method than that of the request.
const OVERRIDES: [HeaderName; 3] = [
    HeaderName::from_static("x-http-method-override"),
    HeaderName::from_static("x-http-method"),
    HeaderName::from_static("x-method-override"),
];

fn allow_missing(view: &View<'_>, findings: &mut Findings) {
    if view.status() != StatusCode::METHOD_NOT_ALLOWED {
        return;
    }
    let request = view.request();
    if request.is_some_and(|sent| *sent.method == Method::CONNECT) {
        // A proxy is not the origin server.
        return;
    }
    if !view.headers().contains_key(ALLOW) {
        findings.add(Place::Absent(ALLOW), "the 405 has no `Allow`");
        return;
    }
    let Some(sent) = request.filter(|sent| !overrides_method(*sent)) else { return };
    let method = sent.method.as_str().as_bytes();
    for (index, line) in view.headers().get_all(ALLOW).iter().enumerate() {
        let mut start = 0;
        for part in line.as_bytes().split(|byte| *byte == b',') {
            if part.trim_ascii() == method {
                let before = part.len() - part.trim_ascii_start().len();
                let place = start + before..start + before + method.len();
                let detail = "`Allow` lists the method that the 405 refuses";
                findings.add(Place::header(ALLOW, index, place), detail);
                return;
            }
            start += part.len() + 1;
        }
    }
}

fn overrides_method(sent: Sent<'_>) -> bool {
    let query = sent.target.query().unwrap_or_default();
    OVERRIDES.iter().any(|name| sent.headers.contains_key(name))
        || query.split('&').any(|pair| pair.starts_with("_method="))
}
