//! Whether a refusal that must have a challenge has one.

use http::StatusCode;

use super::super::check::{Check, Finds};
use super::super::finding::{Place, Severity};
use super::super::findings::Findings;
use super::super::view::View;

pub(super) const CHECKS: &[Check] = &[Check {
    number: "I01",
    id: "challenge-missing",
    severity: Severity::Error,
    rows: &["A01", "A12"],
    source: "RFC 9110 §15.5.2",
    wrong: "a 401 without a challenge",
    remedy: "Add `WWW-Authenticate` with a challenge for each scheme that is accepted; `AuthenticateLayer` in front of the handler does.",
    page: "A 401 says that credentials are needed, and the challenge says which.",
    finds: Finds::InOne(challenge_missing),
}];

fn challenge_missing(view: &View<'_>, findings: &mut Findings) {
    if view.status() == StatusCode::UNAUTHORIZED && view.origin.is_empty() {
        let what = match view.origin.is_present {
            true => "the 401 has `WWW-Authenticate` without a challenge",
            false => "the 401 has no `WWW-Authenticate`",
        };
        findings.add(Place::Absent(view.origin.name.clone()), what);
    }
}
