//! What shows when several exchanges with one server are compared.

use http::StatusCode;

use super::super::check::{Check, Finds};
use super::super::compared::Compared;
use super::super::finding::{Place, Severity};
use super::super::series::Series;

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

fn anonymous_forbidden(series: &Series, compared: &mut Compared<'_>) {
    let (Some(anonymous), Some(permitted)) = (series.anonymous(), series.permitted()) else {
        return;
    };
    if anonymous.status() == StatusCode::FORBIDDEN {
        compared.add(
            &[anonymous, permitted],
            Place::Status,
            "a caller without credentials gets 403",
        );
    }
}
