//! Whether the body of a refusal can be read, and what it reveals (I27–I30).

use http::HeaderName;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, SET_COOKIE};

use crate::percent;

use super::super::check::{Check, Finds};
use super::super::echoed;
use super::super::finding::{Place, Severity};
use super::super::findings::Findings;
use super::super::internals::shown;
use super::super::json::JsonFault;
use super::super::readings::Reading;
use super::super::secrets::secrets;
use super::super::text::{Complete, Media};
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
        source: "RFC 9457 §3.1.2",
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
Paths that are a part of an address are left alone, and what the request itself has named.
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
percent-encoded and with the escapes of JSON and HTML. Values that are short, or plain words, count only after a
word such as `token` or `password`. The same cookie may be set again by `Set-Cookie`, and tokens against forged
requests are repeated on purpose; neither is found.
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
        Some(value) if !value.as_bytes().contains(&b'/') => {
            let place = Place::header(CONTENT_TYPE, 0, 0..value.len());
            findings.add(place, "`Content-Type` is not a media type");
        }
        Some(_) => {}
    }
}

fn problem_mismatch(view: &View<'_>, findings: &mut Findings) {
    if view.media() != Media::ProblemJson || view.has_no_body() {
        return;
    }
    let is_empty = || view.headers().get(CONTENT_LENGTH).is_some_and(|length| length == "0");
    if view.body().is_empty() && is_empty() {
        findings.add(Place::Body(0..0), "the problem details are empty");
        return;
    }
    let Some(text) = view.text().filter(|text| text.is_complete != Complete::No) else { return };
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

/// The longest body that is searched, in bytes.
const LONGEST: usize = 512 * 1024;

fn internals_shown(view: &View<'_>, findings: &mut Findings) {
    let status = view.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return;
    }
    let Some(text) = view.text().filter(|text| text.text.len() <= LONGEST) else { return };
    let target = view.request().map(|sent| sent.target.to_string()).unwrap_or_default();
    let target: Vec<u8> = percent::decode(target.as_bytes()).collect();
    let target = String::from_utf8_lossy(&target);
    for reading in Reading::all(text.text.as_bytes()) {
        let Some(shown) = str::from_utf8(&reading.bytes).ok().and_then(|it| shown(it, &target))
        else {
            continue;
        };
        let detail = format!("the body of the {} shows {}", status.as_u16(), shown.what);
        findings.add(Place::Body(reading.source(shown.place)), detail);
        return;
    }
}

/// Headers by which a server gives a credential to the client, perhaps the one that it has.
fn is_for_client(name: &HeaderName) -> bool {
    const TOKENS: [&str; 4] = ["access-token", "x-access-token", "x-auth-token", "x-subject-token"];
    *name == SET_COOKIE || TOKENS.contains(&name.as_str())
}

fn credential_echoed(view: &View<'_>, findings: &mut Findings) {
    let Some(sent) = view.request() else { return };
    let secrets = secrets(sent.headers);
    if secrets.is_empty() {
        return;
    }
    let names = view.headers().keys().filter(|name| !is_for_client(name));
    let lines = names.flat_map(|name| {
        let lines = view.headers().get_all(name).iter().enumerate();
        lines.map(move |(index, line)| (name, index, line))
    });
    for (name, index, line) in lines {
        if let Some((secret, place)) = echoed::find(&secrets, line.as_bytes(), name.as_str()) {
            let detail = format!("`{name}` repeats what was sent in `{}`", secret.header);
            findings.add(Place::header(name.clone(), index, place), detail);
        }
    }
    let Some(text) = view.text().filter(|text| text.text.len() <= LONGEST) else { return };
    if let Some((secret, place)) = echoed::find(&secrets, text.text.as_bytes(), "") {
        let detail = format!("the body repeats what was sent in `{}`", secret.header);
        findings.add(Place::Body(place), detail);
    }
}
