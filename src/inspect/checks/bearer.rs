//! What a challenge of Bearer says of the token that was sent.

use http::HeaderName;
use http::header::{AUTHORIZATION, CONTENT_TYPE, PROXY_AUTHORIZATION};

use super::super::check::{Check, Finds};
use super::super::credentials::{may_hold_secret, may_hold_token};
use super::super::exchange::Sent;
use super::super::finding::Severity;
use super::super::findings::Findings;
use super::super::view::{ChallengeHeader, View};
use crate::challenge::{Credentials, ReceivedChallenge, ReceivedParam, scheme};

pub(super) const CHECKS: &[Check] = &[
    Check {
        number: "I09",
        id: "bearer-params",
        severity: Severity::Error,
        rows: &["A15"],
        source: "RFC 6750 §3",
        wrong: "`Bearer` alone, without a parameter",
        remedy: "Send `WWW-Authenticate: Bearer realm=\"…\"`, or with `scope` or `error` (in portcullis: `Challenge::bearer`).",
        page: "\
Bearer requires at least one parameter. What a client needs is in them: `realm` says what
the token is for, `scope` what it must cover, `error` what was wrong with the one that was
sent, and `resource_metadata` where to get one. Some parsers do not accept the bare word
beside other challenges.

Wrong: WWW-Authenticate: Bearer
Right: WWW-Authenticate: Bearer realm=\"reports\"
FastAPI's `HTTPBearer` and httpbin send the first.

In portcullis `Bearer::new` and `Challenge::bearer` take the realm.",
        finds: Finds::InOne(bearer_params),
    },
    Check {
        number: "I10",
        id: "bearer-error-unasked",
        severity: Severity::Warning,
        rows: &["A01"],
        source: "RFC 6750 §3.1",
        wrong: "an `error` about a token, though none was sent",
        remedy: "Leave `error` out when the request has no token: send the plain challenge.",
        page: "\
`error` speaks of the token that was sent. For a request without one, the challenge is to
have no error and no other error information. `invalid_token` there makes a client refresh
a token that it never used, or tells a person that the session expired who was never
logged in.

Without a token:   WWW-Authenticate: Bearer realm=\"reports\"
With a wrong one:  WWW-Authenticate: Bearer realm=\"reports\", error=\"invalid_token\"

The check is silent if a token may have been sent in another way: in a cookie, a form, the
query or a header with a key.

In portcullis `AuthenticateLayer` adds the error if and only if credentials were refused.",
        finds: Finds::InOne(error_unasked),
    },
    Check {
        number: "I11",
        id: "bearer-error-missing",
        severity: Severity::Warning,
        rows: &["A06"],
        source: "RFC 6750 §3",
        wrong: "a token was sent and refused, and no `error` says so",
        remedy: "Add `error=\"invalid_token\"` to the challenge when a token was sent and refused.",
        page: "\
A client that sent a token must know whether the token is the reason for the 401. With
`error=\"invalid_token\"` it refreshes the token and tries again, once. Without it the
response is the same as for a request without a token: some clients log the user out,
some send the same token for ever.

Right, after a token that expired:
    HTTP/1.1 401 Unauthorized
    WWW-Authenticate: Bearer realm=\"reports\", error=\"invalid_token\"
The code is the same for an expired, a revoked and an invented token; an
`error_description` can tell them apart.

In portcullis `AuthenticateLayer` adds both to the challenge of the scheme that was used.",
        finds: Finds::InOne(error_missing),
    },
    Check {
        number: "I12",
        id: "bearer-error-status",
        severity: Severity::Warning,
        rows: &["C03", "C05"],
        source: "RFC 6750 §3.1",
        wrong: "an `error` that belongs to another status",
        remedy: "Send `invalid_request` with 400, `invalid_token` with 401, and `insufficient_scope` with 403.",
        page: "\
Each error has its status, and clients choose what to do by one or by the other:
    invalid_request      400   correct the request: two tokens, a malformed header
    invalid_token        401   get a fresh token, and try again
    insufficient_scope   403   ask the user for a wider scope
If the two disagree, a client that goes by the status refreshes a token that is valid, or
stops with one that only expired. At a proxy, `invalid_token` has 407.

Right:
    HTTP/1.1 403 Forbidden
    WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"reports:write\"

In portcullis both come from the cause of the denial, and cannot disagree.",
        finds: Finds::InOne(error_status),
    },
    Check {
        number: "I13",
        id: "bearer-text",
        severity: Severity::Error,
        rows: &["A14"],
        source: "RFC 6750 §3",
        wrong: "`error`, `error_description`, `error_uri` or `scope` with a character outside its alphabet",
        remedy: "Use printable ASCII without `\"` and `\\`, and in `scope` and `error_uri` no spaces but those between two scopes.",
        page: "\
The alphabets, in which nothing ever needs an escape:
    error, error_description   %x20-21 / %x23-5B / %x5D-7E: ASCII without \" and \\
    scope, error_uri           the same without the space, which divides two scopes
Umlauts, tabs and escaped quotes are outside. Many clients search the header for
`error_description=\"` and stop at the next quote, escaped or not, and decode other bytes as
they like. The usual cause is the message of an exception that is put into the header.

Send a fixed text in English, and details in the body, whose encoding is known:
    WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"Token expired\"

In portcullis `ChallengeBuilder` refuses such a text, and `fits_error_description` tells.",
        finds: Finds::InOne(text),
    },
];

/// The schemes whose challenges have the errors of RFC 6750: also DPoP (RFC 9449 §7.1).
const SCHEMES: [&str; 2] = [scheme::BEARER, scheme::DPOP];

fn is_oauth(challenge: &ReceivedChallenge<'_>) -> bool {
    SCHEMES.iter().any(|name| challenge.is(name))
}

/// The challenges of Bearer and DPoP that have an `error`, which has one character or more.
fn errors<'a>(
    header: &'a ChallengeHeader<'_>,
) -> impl Iterator<Item = (&'a ReceivedChallenge<'a>, &'a ReceivedParam<'a>)> {
    let oauth = header.iter().filter(|challenge| is_oauth(challenge));
    let errors = oauth.filter_map(|challenge| Some((challenge, challenge.param("error")?)));
    errors.filter(|(_, error)| !error.value().is_empty())
}

fn bearer_params(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        for bearer in header.of(scheme::BEARER) {
            // A token68 is no parameter; `Bearer realm=` has one.
            if bearer.params().is_empty() && !bearer.is_cut {
                findings.add(header.place(bearer), "Bearer has no parameter");
            }
        }
    }
}

fn error_unasked(view: &View<'_>, findings: &mut Findings) {
    let Some(request) = view.request() else { return };
    for header in view.challenge_headers() {
        if errors(header).next().is_none() || may_have_token(request, header) {
            continue;
        }
        for (challenge, error) in errors(header) {
            // A server asks for a proof with a nonce before it has seen one (RFC 9449 §9).
            if error.value() != b"use_dpop_nonce" {
                let detail =
                    format!("{} has an `error`, and no token was sent", challenge.scheme());
                findings.add(header.place_of_param(error), detail);
            }
        }
    }
}

/// Whether the request may have a token that the server has read, wherever it is.
fn may_have_token(request: Sent<'_>, header: &ChallengeHeader<'_>) -> bool {
    let headers = request.headers;
    let is_other = |value: &[u8]| {
        // Credentials of another scheme are those of "an unsupported authentication method", if that is
        // not offered.
        Credentials::parse(value).is_some_and(|sent| {
            let others = [scheme::BASIC, scheme::DIGEST, scheme::NEGOTIATE];
            let is_known = others.iter().any(|name| sent.is(name));
            is_known && header.errors.is_empty() && header.iter().all(|it| !it.is(sent.scheme()))
        })
    };
    let is_credentials = |name: &HeaderName| [AUTHORIZATION, PROXY_AUTHORIZATION].contains(name);
    let has = |name| headers.get_all(name).iter().any(|value| !is_other(value.as_bytes()));
    let is_form = headers.get(CONTENT_TYPE).is_some_and(|kind| {
        let kind = kind.as_bytes();
        let start = kind.get(.."application/x-www-form-urlencoded".len());
        start.is_some_and(|it| it.eq_ignore_ascii_case(b"application/x-www-form-urlencoded"))
    });
    has(AUTHORIZATION)
        || has(PROXY_AUTHORIZATION)
        || is_form
        || request.target.query().is_some_and(may_hold_secret)
        || headers.iter().any(|(name, value)| !is_credentials(name) && may_hold_token(name, value))
}

fn error_missing(view: &View<'_>, findings: &mut Findings) {
    let Some(request) = view.request() else { return };
    for header in view.challenge_headers() {
        if view.status() != header.status || !header.errors.is_empty() {
            continue;
        }
        let mut lines = request.headers.get_all(&header.credentials).iter();
        let sent = lines.next().and_then(|line| Credentials::parse(line.as_bytes()));
        let Some(sent) = sent.filter(|sent| !sent.is_bare()) else { continue };
        let mut of_sent = header.iter().filter(|it| is_oauth(it) && it.is(sent.scheme()));
        if let Some(challenge) = of_sent.next()
            && errors(header).next().is_none()
        {
            let name = challenge.scheme();
            let detail = format!("a token was sent and refused, and {name} has no `error`");
            findings.add(header.place(challenge), detail);
        }
    }
}

/// The status of an error of RFC 6750.
pub(super) fn status_of(error: &[u8]) -> Option<u16> {
    match error {
        b"invalid_request" => Some(400),
        b"invalid_token" => Some(401),
        b"insufficient_scope" => Some(403),
        _ => None,
    }
}

/// The error of this challenge, and its status, if it belongs to another status than that of the response.
pub(super) fn misplaced<'a>(
    view: &View<'_>,
    header: &ChallengeHeader<'_>,
    challenge: &'a ReceivedChallenge<'_>,
) -> Option<(&'a ReceivedParam<'a>, u16)> {
    let error = challenge.param("error").filter(|_| is_oauth(challenge))?;
    let expected = match status_of(error.value())? {
        401 => header.status.as_u16(),
        other => other,
    };
    (view.status().as_u16() != expected && !view.is_grpc()).then_some((error, expected))
}

fn error_status(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        for challenge in header.iter() {
            if let Some((error, expected)) = misplaced(view, header, challenge) {
                let (status, text) =
                    (view.status().as_u16(), String::from_utf8_lossy(error.value()));
                let detail = format!("`{text}` comes with {status}, and belongs to {expected}");
                findings.add(header.place_of_param(error), detail);
            }
        }
    }
}

fn text(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        for challenge in header.iter().filter(|challenge| is_oauth(challenge)) {
            for param in challenge.params() {
                if let Some(byte) = outside_alphabet(param) {
                    let what = match byte {
                        b' ' => "a space".to_owned(),
                        b'"' | b'\\' => format!("an escaped `{}`", char::from(byte)),
                        byte if byte.is_ascii() => "a control character".to_owned(),
                        _ => "a character that is not ASCII".to_owned(),
                    };
                    let (scheme, name) = (challenge.scheme(), param.name());
                    findings.add(
                        header.place_of_param(param),
                        format!("`{name}` of {scheme} has {what}"),
                    );
                }
            }
        }
    }
}

/// The first byte of the value that its alphabet does not have.
fn outside_alphabet(param: &ReceivedParam<'_>) -> Option<u8> {
    let takes_spaces = match () {
        () if param.is("error_uri") => false,
        () if ["error", "error_description", "scope"].iter().any(|it| param.is(it)) => true,
        () => return None,
    };
    let is_allowed = |byte: &u8| {
        matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E) || takes_spaces && *byte == b' '
    };
    param.value().iter().copied().find(|byte| !is_allowed(byte))
}
