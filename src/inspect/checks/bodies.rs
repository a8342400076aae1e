//! Whether the body of a refusal can be read, and what it reveals (I27–I30).

use std::borrow::Cow;
use std::ops::Range;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, SET_COOKIE};

use crate::percent;

use super::super::check::{Check, Finds};
use super::super::credentials::cookies;
use super::super::credentials::headers::{self, Holds};
use super::super::echoed;
use super::super::exchange::Sent;
use super::super::finding::{Place, Severity};
use super::super::findings::Findings;
use super::super::internals::shown;
use super::super::json::JsonFault;
use super::super::reading::{Form, Reading};
use super::super::secrets::{Secret, secrets};
use super::super::text::{Complete, MARK, Media};
use super::super::view::View;

pub(super) const CHECKS: &[Check] = &[
    Check {
        number: "I27",
        id: "content-type-missing",
        severity: Severity::Warning,
        rows: &["F02"],
        source: "RFC 9110 §8.3",
        wrong: "a refusal with a body that has no media type",
        remedy: "Send `Content-Type` with the body.",
        page: "\
Without a type, a client guesses: a browser looks at the first bytes, and shows as a page what a caller has put
into an error message; a program does not know whether it may read JSON.

Right:
    HTTP/1.1 403 Forbidden
    Content-Type: application/problem+json
    Content-Length: 101
or no body at all. Every refusal of portcullis has `Content-Type` and `Content-Length` (F02).",
        finds: Finds::InOne(content_type_missing),
    },
    Check {
        number: "I28",
        id: "problem-mismatch",
        severity: Severity::Error,
        rows: &["F01"],
        source: "RFC 9457 §3, §3.1.2",
        wrong: "problem details that are no JSON object, or whose `status` is not that of the response",
        remedy: "Send one JSON object, with the status code of the response as the number `status`, or without `status`.",
        page: "\
`application/problem+json` is a promise: a JSON object whose members have the types of RFC 9457. Clients read it
before they look at anything else. Where the body is HTML or plain text, their parser fails, and the error that
is reported is about JSON. Where `status` differs, one client acts upon 403 and the other upon 500.

Right:
    HTTP/1.1 403 Forbidden
    Content-Type: application/problem+json

    {\"type\":\"about:blank\",\"title\":\"Forbidden\",\"status\":403,\"detail\":\"...\"}
A warning: a `type`, `title`, `detail` or `instance` that is no string, which clients must ignore (§3.1).
`Problem` and `ProblemDetails` of portcullis write the status of the response into the body (F01).",
        finds: Finds::InOne(problem_mismatch),
    },
    Check {
        number: "I29",
        id: "internals-shown",
        severity: Severity::Warning,
        rows: &["F01", "A20"],
        source: "RFC 9457 §5",
        wrong: "an error whose body shows a stack trace, an error of a database, or a path of the machine",
        remedy: "Write the cause to a log under an id, and send the client the id.",
        page: "\
Names of files, tables, classes and versions tell an attacker what runs, and where to look for a fault. With the
frames of a stack trace an attacker also learns how far each forged credential came.

Often the cause is a mode for development: `DEBUG = True` of Django, Werkzeug's debugger, the error page of
Express without `NODE_ENV=production`, `UseDeveloperExceptionPage`, `server.error.include-stacktrace`.

Right: a fixed text for each cause, and an id with which an operator finds the rest in the log.
    {\"title\":\"Internal Server Error\",\"status\":500,\"instance\":\"urn:uuid:...\"}
Paths that are a part of an address, or may be one (`/app/main.js`), are left alone, and what the request itself
has named.
portcullis sends fixed texts; a panic becomes a 500 with none of its message (F01, A20).",
        finds: Finds::InOne(internals_shown),
    },
    Check {
        number: "I30",
        id: "credential-echoed",
        severity: Severity::Error,
        rows: &["F01"],
        source: "ours",
        wrong: "a response that repeats a credential of its request",
        remedy: "Leave the credential out of bodies, headers and redirects; name the caller, or an id of the credential.",
        page: "\
What a client sends in `Authorization`, in a header for keys or in the cookie of a session must not come back. A
response is stored, logged, shown on screens and read by scripts that cannot read the request: a cookie with
`HttpOnly` is readable again once a page has it, and a token in `Location` is in the history of the browser, in
`Referer`, and in the log of the next server.

Looked for are the token as it was sent, the user and password of Basic, and the password alone, each also
percent-encoded and with the escapes of JSON and HTML; and each header that is marked as sensitive. Values that
are short, or plain words, count only after a word such as `token` or `password`. The same cookie may be set
again by `Set-Cookie`, and tokens against forged requests are repeated on purpose; neither is found.
A warning: `Set-Cookie` with a token or a password of another header. A browser then sends it with each request,
also with those that another site has forged.
A refusal of portcullis has no text of the caller (F01).",
        finds: Finds::InOne(credential_echoed),
    },
];

fn content_type_missing(view: &View<'_>, findings: &mut Findings) {
    let status = view.status();
    if view.body().is_empty()
        || view.has_no_body()
        || !(status.is_client_error() || status.is_server_error())
    {
        return;
    }
    match view.headers().get(CONTENT_TYPE) {
        None => {
            let detail = format!("the {} has a body without `Content-Type`", status.as_u16());
            findings.add(Place::Absent(CONTENT_TYPE), detail);
        }
        Some(value) if !is_media_type(value.as_bytes()) => {
            let place = Place::header(CONTENT_TYPE, 0, 0..value.len());
            findings.add(place, "`Content-Type` is not a media type");
        }
        Some(_) => {}
    }
}

/// Whether a type and a subtype are there.
fn is_media_type(value: &[u8]) -> bool {
    let name = value.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let slash = name.iter().position(|byte| *byte == b'/');
    slash.is_some_and(|at| at > 0 && at + 1 < name.len())
}

fn problem_mismatch(view: &View<'_>, findings: &mut Findings) {
    if view.media() != Media::ProblemJson || view.has_no_body() || view.exchange.is_partial {
        return;
    }
    let is_empty = || view.headers().get(CONTENT_LENGTH).is_some_and(|length| length == "0");
    if view.body().is_empty() && is_empty() {
        findings.add(Place::Body(0..0), "the problem details are empty");
        return;
    }
    let Some(text) = view.text().filter(|text| text.is_complete != Complete::No) else { return };
    if text.text.starts_with(MARK) {
        let place = Place::Body(0..MARK.len_utf8());
        findings.add(place, "the problem details begin with a byte order mark");
        return;
    }
    let members = match text.members() {
        Ok(Some(members)) => members,
        Ok(None) => {
            findings.add(Place::Body(0..text.text.len()), "the problem details are no JSON object");
            return;
        }
        // Perhaps the rest was not read.
        Err(JsonFault::EndsEarly) if text.is_complete == Complete::Unknown => return,
        Err(JsonFault::EndsEarly) => {
            let end = text.text.len();
            findings.add(Place::Body(end..end), "the problem details end within the JSON");
            return;
        }
        Err(JsonFault::At(position)) => {
            let rest = text.text.get(position..).and_then(|rest| rest.chars().next());
            let end = position + rest.map_or(0, char::len_utf8);
            findings.add(Place::Body(position..end), "the problem details are no JSON");
            return;
        }
    };
    for member in members.iter().filter(|member| !member.is_empty()) {
        let place = Place::Body(member.place.clone());
        match &member.name[..] {
            "status" => {
                let status = view.status().as_u16();
                match member.number() {
                    None => findings.add(place, "the `status` of the problem is no number"),
                    Some(number) if number == f64::from(status) => {}
                    // That is `soft-refusal`.
                    Some(number) if view.status().is_success() && number >= 400.0 => {}
                    Some(_) => {
                        let detail = format!("the `status` of the problem is not {status}");
                        findings.add(place, detail);
                    }
                }
            }
            name @ ("type" | "title" | "detail" | "instance") if !member.value.starts_with('"') => {
                let detail = format!("the `{name}` of the problem is no string");
                findings.add_as(Severity::Warning, place, detail);
            }
            _ => {}
        }
    }
}

fn internals_shown(view: &View<'_>, findings: &mut Findings) {
    let status = view.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return;
    }
    // What has a NUL is a picture, or another file that is no text.
    let Some(body) = view.searched().filter(|body| !body.contains(&0)) else { return };
    let target = view.request().map(|sent| sent.target.to_string()).unwrap_or_default();
    let target: Vec<u8> = percent::decode(target.as_bytes()).collect();
    let target = String::from_utf8_lossy(&target);
    // Perhaps the message is about what was sent.
    let may_repeat = matches!(status.as_u16(), 400 | 422)
        && view.request().is_some_and(|sent| sent.headers.contains_key(CONTENT_TYPE));
    for reading in Reading::in_forms(body, &Form::ESCAPES) {
        let Some(shown) = shown(&as_text(&reading.bytes), &target, may_repeat) else { continue };
        let detail = format!("the body of the {} shows {}", status.as_u16(), shown.what);
        findings.add(Place::Body(reading.source(shown.place)), detail);
        return;
    }
}

/// The same as text, in which each byte that is not UTF-8 is one question mark, so that all places stay.
fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = str::from_utf8(bytes) {
        return text.into();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text.into()
}

fn credential_echoed(view: &View<'_>, findings: &mut Findings) {
    let Some(sent) = view.request() else { return };
    let secrets = secrets(sent);
    if secrets.is_empty() {
        return;
    }
    for name in view.headers().keys() {
        for (index, line) in view.headers().get_all(name).iter().enumerate() {
            let line = line.as_bytes();
            let (found, severity, does) = match *name {
                SET_COOKIE => {
                    let found = echoed::find(without_cookies(&secrets, sent), line, "");
                    (found, Severity::Warning, "stores")
                }
                // In these a server gives a key to the client, perhaps the one that it has.
                _ if headers::of_name(name) == Holds::Credential => break,
                _ => {
                    (echoed::find(secrets.iter(), line, name.as_str()), Severity::Error, "repeats")
                }
            };
            if let Some((secret, place)) = found {
                let detail = format!("`{name}` {does} what was sent in `{}`", secret.header);
                findings.add_as(severity, Place::header(name.clone(), index, place), detail);
            }
        }
    }
    let Some(body) = view.searched() else { return };
    let given = given_on_purpose(view).unwrap_or(body.len()..body.len());
    let (start, end) = (given.start.min(body.len()), given.end.min(body.len()));
    let found = echoed::find(secrets.iter(), &body[..start], "").or_else(|| {
        let (secret, place) = echoed::find(secrets.iter(), &body[end..], "")?;
        Some((secret, place.start + end..place.end + end))
    });
    if let Some((secret, place)) = found {
        let detail = format!("the body repeats what was sent in `{}`", secret.header);
        findings.add(Place::Body(place), detail);
    }
}

/// The token with which a client reads its own registration, and which the response has to repeat (RFC 7592 §3).
fn given_on_purpose(view: &View<'_>) -> Option<Range<usize>> {
    if !view.status().is_success() || view.media() != Media::Json {
        return None;
    }
    let members = view.text()?.object();
    let member = |name: &str| members.iter().find(|member| member.name == name);
    member("registration_client_uri")?;
    Some(member("registration_access_token")?.place.clone())
}

/// Credentials that were sent in another header than `Cookie`. A cookie of the request may be set again.
fn without_cookies<'s>(
    secrets: &'s [Secret<'s>],
    sent: Sent<'s>,
) -> impl Iterator<Item = &'s Secret<'s>> + Clone {
    secrets.iter().filter(move |secret| {
        let lines = sent.headers.get_all(COOKIE).iter();
        let mut values = lines.flat_map(|line| cookies(line.as_bytes()));
        *secret.header != COOKIE && !values.any(|(_, value)| value == &*secret.bytes)
    })
}
