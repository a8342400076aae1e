//! Whether a refusal that must have a challenge has one, and whether clients can read it.

use super::super::check::{Check, Finds};
use super::super::finding::{Place, Severity};
use super::super::findings::Findings;
use super::super::view::{ChallengeHeader, View};
use crate::challenge::{ParseErrorKind, scheme};

pub(super) const CHECKS: &[Check] = &[
    Check {
        number: "I01",
        id: "challenge-missing",
        severity: Severity::Error,
        rows: &["A01", "A12"],
        source: "RFC 9110 §15.5.2, §11.6.1",
        wrong: "a 401 without a challenge",
        remedy: "Add `WWW-Authenticate` with a challenge for each scheme that is accepted (in portcullis: `AuthenticateLayer` in front of the handler).",
        page: "\
A 401 says that the request lacks valid credentials, and the challenge says which
credentials the server accepts. Without one a client cannot know: browsers show the
body as an error page, HTTP libraries that log in by themselves (curl --anyauth, .NET)
do not try, that of Java fails, and OAuth clients do not refresh their token. OkHttp asks
its `Authenticator` at every 401, but cannot tell it the scheme.
A header without a value, or with commas only, is no challenge either.

Right, one line for each scheme:
    HTTP/1.1 401 Unauthorized
    WWW-Authenticate: Bearer realm=\"reports\"
    WWW-Authenticate: Basic realm=\"reports\", charset=\"UTF-8\"
Where people log in with a form, a scheme of its own names it, which no client answers:
    WWW-Authenticate: Form realm=\"site\"
If the caller is known and may not do this, the status is 403, without a challenge.

In portcullis a 401 without a challenge cannot be built. `AuthenticateLayer` adds its
challenges also to a 401 that a handler returns without one.",
        finds: Finds::InOne(challenge_missing),
    },
    Check {
        number: "I02",
        id: "proxy-challenge-missing",
        severity: Severity::Error,
        rows: &["B01"],
        source: "RFC 9110 §15.5.8, §11.7.1",
        wrong: "a 407 without a challenge",
        remedy: "Add `Proxy-Authenticate` with a challenge for each scheme that is accepted (in portcullis: `AuthenticateLayer::at_proxy`).",
        page: "\
A 407 says that the proxy needs credentials, and `Proxy-Authenticate` says which.
Without it, clients report that the tunnel failed, and ask for no password.

Right:
    HTTP/1.1 407 Proxy Authentication Required
    Proxy-Authenticate: Basic realm=\"proxy\", charset=\"UTF-8\"
Only a proxy sends 407. An origin server sends 401 with `WWW-Authenticate`.

In portcullis, `AuthenticateLayer::at_proxy` sends both.",
        finds: Finds::InOne(proxy_challenge_missing),
    },
    Check {
        number: "I03",
        id: "challenge-of-the-other",
        severity: Severity::Error,
        rows: &["B01"],
        source: "RFC 9110 §11.6, §11.7",
        wrong: "a 407 with `WWW-Authenticate` alone, or a 401 with `Proxy-Authenticate` alone",
        remedy: "Send `WWW-Authenticate` with 401, and `Proxy-Authenticate` with 407.",
        page: "\
There are two parties that can ask for credentials, with a set of headers each:
    origin server   401   WWW-Authenticate     Authorization
    proxy           407   Proxy-Authenticate   Proxy-Authorization
A client looks for the challenge in the header of the status. If it is in the other,
the client finds none. A client that looks in both may send the password of the origin
server to the proxy, or that of the proxy to every server behind it.

Both headers in one response are allowed: a 407 may have a `WWW-Authenticate` beside.

In portcullis a stage has one of the two roles; `AuthenticateLayer::at_proxy` is the proxy.",
        finds: Finds::InOne(challenge_of_the_other),
    },
    Check {
        number: "I04",
        id: "challenge-syntax",
        severity: Severity::Error,
        rows: &["A14"],
        source: "RFC 9110 §11.6.1",
        wrong: "a header of challenges does not parse",
        remedy: "Write it as `Scheme name=\"value\", name=\"value\"`, with a comma between parameters (in portcullis: `Challenge::builder`).",
        page: "\
The header is a list of challenges, each a scheme, a space, and parameters with commas
between them:
    WWW-Authenticate: Bearer realm=\"reports\", error=\"invalid_token\"
Common mistakes: no comma between two parameters; a semicolon in place of a comma; a
space in a value without quotes; a quote that is not closed; a colon after the scheme.

Clients differ in what they make of it. Some ignore the whole header, some read the
parameters in front of the mistake, and some search for `error=` in the text. The finding
names the byte at which reading stops; the rest of the line is not judged.

In portcullis `Challenge::builder` checks each part, and writes the quotes and commas.",
        finds: Finds::InOne(challenge_syntax),
    },
    Check {
        number: "I05",
        id: "challenge-param-twice",
        severity: Severity::Error,
        rows: &["A14"],
        source: "RFC 9110 §11.2",
        wrong: "a challenge with the same parameter twice",
        remedy: "Send each parameter once in a challenge; names are compared without case.",
        page: "\
A parameter must occur once in a challenge. Of two, some clients take the first, some the
last, and some ignore the challenge: with two realms they ask for a password of one and
store it under the other. The usual cause is middleware that appends to a challenge which
was complete already, or two challenges that were joined without the name of the second
scheme.

Two challenges of the same scheme are fine, and each has its own parameters:
    WWW-Authenticate: Bearer realm=\"reports\"
    WWW-Authenticate: Bearer realm=\"admin\"

In portcullis a challenge with a parameter twice cannot be built.",
        finds: Finds::InOne(param_twice),
    },
    Check {
        number: "I06",
        id: "realm-unquoted",
        severity: Severity::Error,
        rows: &["A15"],
        source: "RFC 9110 §11.5",
        wrong: "a `realm` without quotes",
        remedy: "Write `realm=\"…\"`, in double quotes.",
        page: "\
Senders must quote the realm, for historical reasons. Clients must read it without quotes
as well, but not all do: some look for `realm=\"` and find no realm, and so no password.
A realm with a space does not even parse without quotes. Single quotes are none: they are
part of the value.

Wrong: WWW-Authenticate: Basic realm=reports
Right: WWW-Authenticate: Basic realm=\"reports\", charset=\"UTF-8\"

In portcullis `ChallengeBuilder::realm` writes the quotes.",
        finds: Finds::InOne(realm_unquoted),
    },
    Check {
        number: "I07",
        id: "basic-realm",
        severity: Severity::Error,
        rows: &["A15"],
        source: "RFC 7617 §2",
        wrong: "Basic without `realm`",
        remedy: "Send `WWW-Authenticate: Basic realm=\"…\", charset=\"UTF-8\"` (in portcullis: `Challenge::basic`).",
        page: "\
Basic requires the parameter `realm`: the name of what the password is for. Browsers show
it in their dialog, and password managers and libraries store the password under it.
Without it some clients show no dialog, and some offer one password for all parts of
a site.

Wrong: WWW-Authenticate: Basic
Right: WWW-Authenticate: Basic realm=\"reports\", charset=\"UTF-8\"
FastAPI's `HTTPBasic()` sends the first, unless it is given a realm.

In portcullis `Basic::new` and `Challenge::basic` take the realm, and there is no other way.",
        finds: Finds::InOne(basic_realm),
    },
    Check {
        number: "I08",
        id: "basic-charset",
        severity: Severity::Advice,
        rows: &["A15"],
        source: "RFC 7617 §2.1",
        wrong: "Basic without `charset=\"UTF-8\"`, or with another charset",
        remedy: "Add `charset=\"UTF-8\"` to the challenge (in portcullis: `Challenge::basic`).",
        page: "\
Without `charset`, a client chooses how it encodes a user name or password beyond ASCII.
Browsers and libraries differ, ISO-8859-1 and UTF-8 are both in use, and so the right
password of `Jörg` is refused from one of them. With `charset=\"UTF-8\"` they agree.
UTF-8 is the only value that is allowed, in any case of letters: another one is an error.

Right: WWW-Authenticate: Basic realm=\"reports\", charset=\"UTF-8\"

In portcullis `Basic::new` and `Challenge::basic` add it.",
        finds: Finds::InOne(basic_charset),
    },
];

fn challenge_missing(view: &View<'_>, findings: &mut Findings) {
    missing(view, &view.origin, &view.proxy, findings);
}

fn proxy_challenge_missing(view: &View<'_>, findings: &mut Findings) {
    missing(view, &view.proxy, &view.origin, findings);
}

/// If there is a challenge of the other, I03 says so.
fn missing(
    view: &View<'_>,
    own: &ChallengeHeader<'_>,
    other: &ChallengeHeader<'_>,
    findings: &mut Findings,
) {
    if view.status() == own.status && own.is_empty() && other.is_empty() {
        let (status, title) = (own.status.as_u16(), own.title);
        match view.headers().get(&own.name) {
            Some(line) => findings.add(
                Place::header(own.name.clone(), 0, 0..line.len()),
                format!("the {status} has `{title}` without a challenge"),
            ),
            None => findings
                .add(Place::Absent(own.name.clone()), format!("the {status} has no `{title}`")),
        }
    }
}

fn challenge_of_the_other(view: &View<'_>, findings: &mut Findings) {
    for (own, other) in [(&view.origin, &view.proxy), (&view.proxy, &view.origin)] {
        if view.status() == own.status && own.is_empty() && !other.is_empty() {
            let (status, title) = (own.status.as_u16(), own.title);
            let detail = format!("the {status} has `{}`, and no `{title}`", other.title);
            let place = match (other.challenges.first(), other.errors.first()) {
                (Some(challenge), _) => other.place(challenge),
                (None, Some(error)) => {
                    Place::header(other.name.clone(), error.line, error.bytes.clone())
                }
                (None, None) => Place::Status,
            };
            findings.add(place, detail);
        }
    }
}

fn challenge_syntax(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        for error in &header.errors {
            let (title, position) = (header.title, error.position);
            let wrong = match error.kind {
                ParseErrorKind::Comma => format!("a comma is missing before byte {position}"),
                kind => format!("{} at byte {position}", what_is_wrong(kind)),
            };
            findings.add(
                Place::header(header.name.clone(), error.line, error.bytes.clone()),
                format!("`{title}` does not parse: {wrong}"),
            );
        }
    }
}

fn what_is_wrong(kind: ParseErrorKind) -> &'static str {
    match kind {
        ParseErrorKind::Token => "no scheme and no name of a parameter",
        ParseErrorKind::Space => "no space after the scheme",
        ParseErrorKind::Equals => "no `=` after the name of a parameter",
        ParseErrorKind::Value => "no value after `=`",
        ParseErrorKind::Unterminated => "a quote is not closed",
        ParseErrorKind::Control => "a control character",
        ParseErrorKind::Comma => "no comma",
        ParseErrorKind::Empty | ParseErrorKind::Duplicate | ParseErrorKind::TooMany => "a mistake",
    }
}

fn param_twice(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        for challenge in header.iter() {
            let params = challenge.params();
            for (index, param) in params.iter().enumerate() {
                if params[..index].iter().any(|earlier| earlier.is(param.name())) {
                    let (scheme, name) = (challenge.scheme(), param.name());
                    let detail = format!("the challenge of {scheme} has `{name}` twice");
                    findings.add(header.place_of_param(param), detail);
                }
            }
        }
    }
}

fn realm_unquoted(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        for challenge in header.iter() {
            let realms = challenge.params().iter().filter(|param| param.is("realm"));
            for realm in realms.filter(|realm| !realm.is_quoted()) {
                let detail = format!("the `realm` of {} has no quotes", challenge.scheme());
                findings.add(header.place_of_param(realm), detail);
            }
        }
    }
}

fn basic_realm(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        for basic in header.of(scheme::BASIC).filter(|basic| basic.lacks("realm")) {
            findings.add(header.place(basic), "Basic has no `realm`");
        }
    }
}

fn basic_charset(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        for basic in header.of(scheme::BASIC) {
            match basic.param("charset") {
                Some(charset) if !charset.value().eq_ignore_ascii_case(b"UTF-8") => {
                    let detail = "Basic has another `charset` than UTF-8";
                    findings.add_as(Severity::Error, header.place_of_param(charset), detail);
                }
                None if basic.lacks("charset") => {
                    findings.add(header.place(basic), "Basic has no `charset=\"UTF-8\"`");
                }
                _ => {}
            }
        }
    }
}
