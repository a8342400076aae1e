//! Whether credentials make a difference.

use super::super::check::{Check, Finds};
use super::super::compared::Compared;
use super::super::finding::{Place, Severity};
use super::super::series::{Asked, Caller, Question, Series};

pub(super) const CHECKS: &[Check] = &[Check {
    number: "I38",
    id: "credentials-ignored",
    severity: Severity::Error,
    rows: &["A05", "A13"],
    source: "RFC 9110 §16.4.2, §5.3",
    wrong: "a caller that must not gets the same 2xx as a permitted one",
    remedy: "Refuse, in front of the handler, every request without right credentials of its own (missing, wrong, expired, of a caller that may not), and one with two lines of `Authorization`.",
    page: "\
The target is said to need credentials, and a request without right ones gets what a
permitted caller gets: without credentials, with wrong or expired ones, as a known caller
that is not permitted, or with another method.

Two more ways to the same end:
- Two lines of Authorization, of which one is right, pass. A proxy in front may have
  checked the other line.
    Authorization: Bearer alices-token
    Authorization: Bearer another-token
  Right: 400 Bad Request. This is a warning, since no RFC says which line counts.
- A request without credentials passes since an earlier one on its connection had some.
  HTTP has no such state: a proxy sends requests of many users over one connection
  (RFC 9110 §16.4.2).

If the target is meant to be public, inspect another one. If only expired credentials pass,
look whether what you gave as expired is valid still.

portcullis: AuthenticateLayer answers 401 to each request without right credentials, and
400 to two lines.",
    finds: Finds::BetweenSeveral(credentials_ignored),
}];

fn credentials_ignored(series: &Series, compared: &mut Compared<'_>) {
    same_as_permitted(series, compared);
    other_method(series, compared);
    let is_refused = |asked: &&Asked| !asked.is_success();
    let Some(_) = series.anonymous().filter(is_refused) else { return };
    let twice = series.of(Question::Get).filter(|asked| asked.caller == Caller::Twice);
    let twice: Vec<_> = twice.filter(|asked| asked.is_success()).collect();
    if let Some(first) = twice.first() {
        let status = first.status().as_u16();
        let detail = format!("two lines of Authorization, of which one is wrong, get {status}");
        compared.add_as(Severity::Warning, &twice, Place::Status, detail);
    }
    if let Some(next) = series.of(Question::Next).find(|asked| asked.is_success()) {
        let status = next.status().as_u16();
        let detail = format!(
            "a request without credentials gets {status} after one with credentials on its connection"
        );
        compared.add(&[next], Place::Status, detail);
    }
}

/// Callers that must not, and get what a permitted caller gets.
fn same_as_permitted(series: &Series, compared: &mut Compared<'_>) {
    let Some(permitted) = series.permitted() else { return };
    let others = series.of(Question::Get).filter(|asked| match asked.caller {
        Caller::Permitted(_) | Caller::Twice => false,
        Caller::Anonymous
        | Caller::Malformed
        | Caller::Wrong
        | Caller::Expired
        | Caller::Refused(_) => series.is_same(permitted, asked),
    });
    let others: Vec<_> = others.collect();
    if !others.is_empty() {
        let status = permitted.status().as_u16();
        let callers: Vec<_> = others.iter().map(|asked| asked.caller.describe()).collect();
        let (callers, permitted) = (callers.join(", "), permitted.caller.describe());
        let mut detail = format!("the same {status} for {permitted} and for {callers}");
        // Or the token is valid still, and nothing is wrong with the server.
        let is = |sought: Caller| others.iter().any(|asked| asked.caller == sought);
        if is(Caller::Expired) && !is(Caller::Wrong) {
            detail += " (is what was given as expired really expired?)";
        }
        compared.add(&others, Place::Response, detail);
    }
}

/// Methods that pass without credentials, where `GET` does not.
fn other_method(series: &Series, compared: &mut Compared<'_>) {
    if series.anonymous().is_none_or(Asked::is_success) {
        return;
    }
    for question in [Question::Head, Question::OtherMethod, Question::CrossOrigin] {
        let anonymous = series.find(&Caller::Anonymous, question);
        let permitted = series.of(question).find(|asked| asked.caller.is_permitted());
        if let (Some(anonymous), Some(permitted)) = (anonymous, permitted)
            && permitted.is_success()
            && series.is_same(permitted, anonymous)
        {
            let (method, status) = (anonymous.method(), anonymous.status().as_u16());
            let origin = if question == Question::CrossOrigin { " with an Origin" } else { "" };
            let detail = format!(
                "{method}{origin} gets {status} without credentials, where a plain GET is refused"
            );
            compared.add(&[anonymous], Place::Status, detail);
        }
    }
}
