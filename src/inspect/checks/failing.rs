//! Whether the check of credentials itself fails.

use http::StatusCode;

use super::super::blamed;
use super::super::check::{Check, Finds};
use super::super::compared::Compared;
use super::super::finding::{Place, Severity};
use super::super::series::{Asked, Caller, Question, Series};
use super::super::view::View;

pub(super) const CHECKS: &[Check] = &[Check {
    number: "I45",
    id: "fault-for-wrong-credentials",
    severity: Severity::Warning,
    rows: &["A06", "A07"],
    source: "RFC 9110 §15.5.2, §15.6.1",
    wrong: "wrong or expired credentials get 500, and a request without credentials gets 401",
    remedy: "Answer credentials that are unknown or expired with 401 and a challenge, and 503 if they could not be checked.",
    page: "\
An error in the check of credentials: a 500 where a 401 is meant. The server is not down,
since it asks for a login where credentials are missing. A client with an expired token
refreshes it after a 401; after a 500 it sends the same token again. Monitors count an
outage, and any client can cause it with one header.

Wrong:  Authorization: Bearer <expired>  ->  500 Internal Server Error
Right:  Authorization: Bearer <expired>  ->  401 Unauthorized,
        WWW-Authenticate: Bearer realm=\"api\", error=\"invalid_token\"

The cause is often an exception of a library for tokens or passwords that is not caught, or
a user that was not found and is read nevertheless. The server's log names it.

If no other credentials were seen to pass the check, it may be that none can be checked
now, and this is advice: then 503 is right. A 500 whose body is about credentials is I22.
portcullis: an identity returns Unauthenticated::invalid(), expired() or unavailable().",
    finds: Finds::BetweenSeveral(fault_for_wrong_credentials),
}];

fn fault_for_wrong_credentials(series: &Series, compared: &mut Compared<'_>) {
    if series.anonymous().is_none_or(|asked| asked.status() != StatusCode::UNAUTHORIZED)
        || fails_without_credentials(series)
    {
        return;
    }
    let faults: Vec<_> = [Caller::Wrong, Caller::Expired]
        .iter()
        .filter(|caller| always_fails(series, caller))
        .filter_map(|caller| series.find(caller, Question::Get))
        .filter(|asked| !blames_credentials(asked))
        .collect();
    if faults.is_empty() {
        return;
    }
    let callers: Vec<_> = faults.iter().map(|asked| asked.caller.describe()).collect();
    let mut detail =
        format!("{} get 500, and a request without credentials gets 401", callers.join(", "));
    let mut severity = Severity::Warning;
    if !is_checking(series) {
        // It fails for all credentials: it may be down.
        let is_known = |asked: &Asked| asked.caller.is_permitted() || asked.caller.is_refused();
        if series.of(Question::Get).any(is_known) {
            return;
        }
        severity = Severity::Advice;
        detail += " (503 is right if no credentials can be checked now)";
    }
    compared.add_as(severity, &faults, Place::Status, detail);
}

/// Whether a `GET` without credentials fails now and then.
fn fails_without_credentials(series: &Series) -> bool {
    [Question::Get, Question::CrossOrigin, Question::Next].into_iter().any(|question| {
        let mut asked = series.of(question).filter(|asked| asked.caller == Caller::Anonymous);
        asked.any(|asked| asked.status().is_server_error())
    })
}

/// Whether each `GET` by this caller gets 500, and no other method shows that its credentials can be checked.
fn always_fails(series: &Series, caller: &Caller) -> bool {
    let mut asked = series.asked.iter().filter(|asked| asked.caller == *caller);
    asked.all(|asked| match asked.question {
        Question::Get => asked.status() == StatusCode::INTERNAL_SERVER_ERROR,
        _ => asked.status() != StatusCode::UNAUTHORIZED,
    })
}

/// Whether well-formed credentials of any caller get a response that is no failure.
fn is_checking(series: &Series) -> bool {
    series.of(Question::Get).any(|asked| match asked.caller {
        Caller::Anonymous | Caller::Malformed | Caller::Twice => false,
        Caller::Wrong | Caller::Expired | Caller::Refused(_) | Caller::Permitted(_) => {
            !asked.status().is_server_error()
        }
    })
}

/// Whether the exchange alone shows that its 500 is because of the credentials (I22).
fn blames_credentials(asked: &Asked) -> bool {
    let view = View::new(asked.recorded.exchange());
    blamed::words(&view).is_some() || blamed::malformed(asked.recorded.request.headers()).is_some()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Request, Response};

    use super::super::super::recorded::Recorded;
    use super::*;

    fn asked(caller: Caller, status: u16) -> Asked {
        let response = Response::builder().status(status).body(Bytes::new());
        let recorded = Recorded {
            request: Request::new(Bytes::new()),
            response: response.unwrap_or_default(),
            is_encrypted: false,
            is_body_known: true,
        };
        Asked { caller, question: Question::Get, recorded }
    }

    /// How often it is found, if wrong credentials get these statuses.
    fn found(statuses: [u16; 2]) -> usize {
        let mut series = Series::default();
        series.asked.push(asked(Caller::Anonymous, 401));
        series.asked.push(asked(Caller::Permitted("alice".to_owned()), 200));
        series.asked.extend(statuses.map(|status| asked(Caller::Wrong, status)));
        let findings = series.findings();
        let ids = findings.iter().map(|it| it.finding.id());
        ids.filter(|id| *id == "fault-for-wrong-credentials").count()
    }

    #[test]
    fn i45_a_second_get_says_whether_it_always_fails() {
        assert_eq!(found([500, 500]), 1);
        assert_eq!(found([500, 401]), 0);
        assert_eq!(found([401, 500]), 0);
        assert_eq!(found([500, 503]), 0);
    }
}
