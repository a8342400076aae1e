//! What shows when several exchanges with one server are compared.

use super::super::check::{Check, Finds};
use super::super::finding::{Place, Severity};
use super::super::findings::Findings;
use super::super::series::{Caller, Question, Series};

pub(super) const CHECKS: &[Check] = &[Check {
    number: "I36",
    id: "anonymous-forbidden",
    severity: Severity::Warning,
    rows: &["C01"],
    source: "RFC 9110 §15.5.4",
    wrong: "a caller without credentials gets 403 where a login would get 2xx",
    remedy: "Answer 401 with a challenge, so that the client asks for a login.",
    page: "A 403 says that no credentials help.",
    finds: Finds::BetweenSeveral(anonymous_forbidden),
}];

fn anonymous_forbidden(series: &Series, findings: &mut Findings) {
    let permitted = series.asked.iter().find(|asked| {
        matches!(asked.caller, Caller::Permitted(_))
            && asked.question == Question::Get
            && asked.recorded.response.status().is_success()
    });
    let anonymous = series.find(&Caller::Anonymous, Question::Get);
    if let (Some(_), Some(anonymous)) = (permitted, anonymous)
        && anonymous.recorded.response.status() == http::StatusCode::FORBIDDEN
    {
        findings.add(Place::Status, "a caller without credentials gets 403");
    }
}
