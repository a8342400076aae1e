//! Who is asked for a login.

use http::StatusCode;

use super::super::check::{Check, Finds};
use super::super::compared::Compared;
use super::super::finding::{Place, Severity};
use super::super::series::{Asked, Caller, Question, Series};

pub(super) const CHECKS: &[Check] = &[
    Check {
        number: "I36",
        id: "anonymous-forbidden",
        severity: Severity::Warning,
        rows: &["C01"],
        source: "RFC 9110 §15.5.4",
        wrong: "a caller without credentials gets 403 where a login gets 2xx",
        remedy: "Answer 401 with a challenge where no credentials were sent; keep 403 for callers that are known.",
        page: "\
A 403 says that the server knows enough, and refuses. A client stops there: a browser
shows no dialog, curl and an HTTP library with stored credentials send none, and an OAuth
client does not fetch a token. With a login the same request would have succeeded, so the
caller is told to give up where it should log in.

Wrong:  HTTP/1.1 403 Forbidden
Right:  HTTP/1.1 401 Unauthorized
        WWW-Authenticate: Bearer realm=\"api\"

Django REST framework answers like this if SessionAuthentication is the first of its
classes: that class names no challenge, so the framework answers 403. Put a class with a
challenge first.

portcullis: AuthenticateLayer answers 401 to an anonymous caller, and AuthorizeLayer
answers 403 to a known one.",
        finds: Finds::BetweenSeveral(anonymous_forbidden),
    },
    Check {
        number: "I37",
        id: "known-challenged",
        severity: Severity::Warning,
        rows: &["C02", "C04"],
        source: "RFC 9110 §15.5.4; RFC 9470 §3",
        wrong: "a caller with right credentials gets 401, and no step-up is asked for",
        remedy: "Answer 403 to a caller that is known and not permitted; keep 401 for missing and wrong credentials.",
        page: "\
A 401 asks for other credentials. A caller whose credentials are right has no other ones:
a browser opens its dialog again and again, an OAuth client refreshes a token that was
good and is refused again, and people reset passwords that were right.

Wrong:  HTTP/1.1 401 Unauthorized
Right:  HTTP/1.1 403 Forbidden

A 401 to a known caller is right in one case: a stronger or a newer login would help. Then
the challenge says so: Bearer error=\"insufficient_user_authentication\" (RFC 9470 §3).

The inspection takes your word that the credentials are right. If they are not, correct
them.

portcullis: AuthorizeLayer answers 403 to a principal that its policy refuses.",
        finds: Finds::BetweenSeveral(known_challenged),
    },
];

fn anonymous_forbidden(series: &Series, compared: &mut Compared<'_>) {
    let (Some(anonymous), Some(permitted)) = (series.anonymous(), series.permitted()) else {
        return;
    };
    if anonymous.status() == StatusCode::FORBIDDEN {
        let status = permitted.status().as_u16();
        let detail = format!("a caller without credentials gets 403, where a login gets {status}");
        compared.add(&[anonymous, permitted], Place::Status, detail);
    }
}

fn known_challenged(series: &Series, compared: &mut Compared<'_>) {
    // That `GET` succeeds for a permitted caller shows that its credentials are right.
    let is_of_known = |asked: &&Asked| match asked.question {
        Question::Get => asked.caller.is_refused(),
        Question::Head | Question::Options | Question::CrossOrigin => asked.caller.is_permitted(),
        _ => false,
    };
    let known = series.asked.iter().filter(is_of_known);
    for asked in known.filter(|asked| asked.status() == StatusCode::UNAUTHORIZED) {
        let (Caller::Refused(name) | Caller::Permitted(name)) = &asked.caller else { continue };
        if !asked.asks_for_more() {
            let detail = match asked.caller.is_permitted() {
                true => format!("{name} is known, and gets 401 as if its credentials were wrong"),
                // Nothing but the word of the user says that they are right.
                false => format!(
                    "{name}, given as known, gets 401, as wrong credentials do: check the credentials of {name}; if \
                     they are right, 403 is for a caller that may not"
                ),
            };
            compared.add(&[asked], Place::Status, detail);
        }
    }
}
