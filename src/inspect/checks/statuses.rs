//! Whether the status says that access was refused, and nothing else (I20–I23).

use http::header::LOCATION;
use http::{StatusCode, Uri};

use crate::login::RequestKind;

use super::super::blamed;
use super::super::check::{Check, Finds};
use super::super::connection;
use super::super::denied::denied;
use super::super::exchange::Sent;
use super::super::finding::{Place, Severity};
use super::super::findings::Findings;
use super::super::login_address::{is_about_login, is_login, links_account};
use super::super::text::{Complete, Media};
use super::super::view::{ChallengeHeader, View};

pub(super) const CHECKS: &[Check] = &[
    Check {
        number: "I20",
        id: "soft-refusal",
        severity: Severity::Warning,
        rows: &["A01", "C02", "F01"],
        source: "RFC 9110 §15.3; RFC 9457 §3.1.2",
        wrong: "a success whose body says that access was denied",
        remedy: "Send the refusal with its status: 401 with a challenge, 403, or 404.",
        page: "\
The status is what programs act upon. A client that gets 200 goes on: it stores the error as if it were the
data, shows an empty list, or counts the request as a success. Caches store a 200, monitors count no refusals,
and a client library that refreshes tokens after a 401 never does.

It is an error, not a warning, if the body is application/problem+json, whose status must be that of the
response (RFC 9457 §3.1.2).

Right: the same body with the status that it names.
    HTTP/1.1 401 Unauthorized
    WWW-Authenticate: Bearer realm=\"api\"
    Content-Type: application/problem+json
Protocols that send their errors with 200 are left alone: gRPC, GraphQL and JSON-RPC.
In portcullis a handler returns a `Denial`, and the authenticate layer gives it status, challenge and body.",
        finds: Finds::InOne(soft_refusal),
    },
    Check {
        number: "I21",
        id: "login-redirect-for-programs",
        severity: Severity::Warning,
        rows: &["F06", "F12"],
        source: "ours",
        wrong: "a redirect to a login for a request that is no navigation",
        remedy: "Redirect navigations only, and answer other requests with 401 and a challenge (in portcullis: `LoginPage`).",
        page: "\
A program follows the redirect and gets a login page with status 200. It then fails where it reads the page as
JSON, far from the cause. A script's `fetch` follows it too; to another origin, CORS fails, and the script sees
no status at all. An image, a style sheet or a download is replaced by a page.

A navigation has `Sec-Fetch-Mode: navigate`, or `Accept` prefers HTML. Everything else needs
    HTTP/1.1 401 Unauthorized
    WWW-Authenticate: Bearer realm=\"api\"
and the script opens the login itself.
`AuthenticateLayer::login_page` redirects navigations (303), gives forms a page with a link, and answers
programs and scripts with 401 (F06).",
        finds: Finds::InOne(login_redirect),
    },
    Check {
        number: "I22",
        id: "fault-for-credentials",
        severity: Severity::Warning,
        rows: &["A04", "A07"],
        source: "RFC 9110 §15.6",
        wrong: "a 500 because of the credentials of the request",
        remedy: "Answer credentials that are malformed, expired or unknown with 401 and a challenge.",
        page: "\
A 500 says that the server is broken. Clients try the same request again, operators are woken, and no client
refreshes its token. Any client can cause it with one header.

Causes that are often seen: a decoder of base64 or JWT whose error is not handled; `throw new Error(...)`
in a middleware of Express; Django REST framework's `APIException(\"...\", code=401)`, whose `code` is a word of
the body and not the status, which stays 500 (`NotAuthenticated` or `AuthenticationFailed` is meant).

The check speaks only if the body is about the caller's credentials, or if the request's `Authorization`
cannot be read by any server. Where the request has no credentials, \"Unauthorized\" may come from a service
behind this one, so only a body that says that they are missing counts.

Right: 401 with a challenge, `error=\"invalid_token\"` for Bearer (A04, A06); 503 if the credentials could not
be checked (A07). An identity of portcullis returns `Unauthenticated::malformed()` or `invalid()`.",
        finds: Finds::InOne(fault_for_credentials),
    },
    Check {
        number: "I23",
        id: "outage-challenged",
        severity: Severity::Warning,
        rows: &["A07"],
        source: "ours",
        wrong: "a failure of the server that has a challenge",
        remedy: "Leave the challenge out: credentials do not help while the server is down.",
        page: "\
A challenge asks for other credentials. With a 503 (or 500, 502, 504) the credentials may have been right, and
the server could not check them. A browser opens a dialog, a client throws its token away and logs its user out, and
when the server is back all of them log in at once.

Right:
    HTTP/1.1 503 Service Unavailable
    Retry-After: 5
    Cache-Control: no-store
The client waits, and sends the same credentials again. In portcullis an identity returns
`Unauthenticated::unavailable()`, and the refusal is a 503 without a challenge (A07).",
        finds: Finds::InOne(outage_challenged),
    },
];

fn soft_refusal(view: &View<'_>, findings: &mut Findings) {
    // 206 is a part of something, and 207 has a status for each of its members.
    if !matches!(view.status().as_u16(), 200..=203) {
        return;
    }
    let is_problem = view.media() == Media::ProblemJson;
    if is_problem && let Some(place) = problem_of_refusal(view) {
        let what = "the problem in this success says that the request failed";
        findings.add_as(Severity::Error, Place::Body(place), what);
        return;
    }
    if let Some(denied) = denied(view) {
        let status = view.status().as_u16();
        let detail = match denied.what {
            "a login page" => format!("a {status} is a login page that was not asked for"),
            what => format!("{what} denies access, and the status is {status}"),
        };
        let severity = if is_problem { Severity::Error } else { Severity::Warning };
        findings.add_as(severity, Place::Body(denied.place), detail);
    }
}

/// The `status` of the problem, if it is that of an error.
fn problem_of_refusal(view: &View<'_>) -> Option<std::ops::Range<usize>> {
    let text = view.text().filter(|text| text.is_complete != Complete::No)?;
    let status = text.object().iter().find(|member| member.name == "status")?;
    status.number().filter(|number| (400.0..600.0).contains(number))?;
    Some(status.place.clone())
}

fn login_redirect(view: &View<'_>, findings: &mut Findings) {
    let Some(sent) = view.request() else { return };
    if !matches!(view.status().as_u16(), 301..=303 | 307 | 308) {
        return;
    }
    let Some(location) = view.headers().get(LOCATION) else { return };
    let text = String::from_utf8_lossy(location.as_bytes());
    let path = sent.target.path();
    if !is_login(&text) || is_about_login(path) || links_account(path, &text) {
        return;
    }
    let by = match kind(sent) {
        RequestKind::Navigation | RequestKind::Form | RequestKind::Prefetch => return,
        // Turbo shows the page to which it is led.
        RequestKind::Turbo => return,
        _ if router_follows(sent, &text) => return,
        RequestKind::Htmx => "a request of htmx, which swaps the login into the page",
        RequestKind::Script => "a request by script",
        RequestKind::Subresource => "a request for a part of a page",
        RequestKind::WebSocket => "a WebSocket, which cannot follow it",
        RequestKind::Program => "a program",
    };
    let detail = format!("a {} leads {by} to a login", view.status().as_u16());
    findings.add(Place::header(LOCATION, 0, 0..location.len()), detail);
}

/// Whether the script is the router of a page, which shows the page to which it is led: that of Next.js opens it as
/// a navigation, wherever it is, and those of Inertia and Unpoly read it themselves, from their own host.
fn router_follows(sent: Sent<'_>, location: &str) -> bool {
    let is_by = |names: [&str; 2]| names.iter().any(|name| sent.headers.contains_key(*name));
    let is_here =
        || match location.parse::<Uri>().ok().and_then(|uri| uri.host().map(str::to_owned)) {
            Some(host) => connection::host(sent.target, sent.headers)
                .is_some_and(|own| own.eq_ignore_ascii_case(&host)),
            None => !location.starts_with("//"),
        };
    is_by(["rsc", "x-nextjs-data"]) || (is_by(["x-inertia", "x-up-version"]) && is_here())
}

fn kind(sent: Sent<'_>) -> RequestKind {
    RequestKind::of(sent.method, sent.headers)
}

fn fault_for_credentials(view: &View<'_>, findings: &mut Findings) {
    if view.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return;
    }
    if let Some(place) = blamed::words(view) {
        findings.add(Place::Body(place), "the 500 is about the credentials of the request");
    } else if let Some(name) = view.request().and_then(|sent| blamed::malformed(sent.headers)) {
        let detail = format!("a 500 answers a request whose `{name}` cannot be read");
        findings.add(Place::Status, detail);
    }
}

fn outage_challenged(view: &View<'_>, findings: &mut Findings) {
    if !matches!(view.status().as_u16(), 500 | 502..=504) {
        return;
    }
    for header in view.challenge_headers() {
        if header.is_empty() || ends_handshake(header) {
            continue;
        }
        let mut lines = view.headers().get_all(&header.name).iter().enumerate();
        let first = lines.find(|(_, line)| !line.as_bytes().trim_ascii().is_empty());
        if let Some((index, line)) = first {
            let detail = format!("the {} has a challenge", view.status().as_u16());
            findings.add(Place::header(header.name.clone(), index, 0..line.len()), detail);
        }
    }
}

/// Whether the server proves who it is, with the last message of Negotiate or NTLM (RFC 4559 §5), which
/// any status can have.
fn ends_handshake(header: &ChallengeHeader<'_>) -> bool {
    let mut challenges = header.iter().peekable();
    challenges.peek().is_some()
        && challenges.all(|challenge| {
            let is_handshake = challenge.is("Negotiate") || challenge.is("NTLM");
            is_handshake && challenge.token68().is_some()
        })
}
