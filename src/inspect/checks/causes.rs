//! Whether callers can see what would help them.

use http::StatusCode;

use super::super::check::{Check, Finds};
use super::super::compared::Compared;
use super::super::finding::{Place, Severity};
use super::super::series::{Asked, Caller, Question, Series};

pub(super) const CHECKS: &[Check] = &[Check {
    number: "I40",
    id: "cause-hidden",
    severity: Severity::Advice,
    rows: &["A06", "F01"],
    source: "ours",
    wrong: "missing, malformed, expired and insufficient credentials get one and the same response, or expired ones get no 401",
    remedy: "Let status, challenge or problem body say what would help: a login, a fresh token, or nothing.",
    page: "\
What helps differs: a caller without credentials logs in, one with an expired token
refreshes it, one that is not permitted stops. If all get the same bytes, a client can
only guess. It refreshes a token that was fine, or shows a login page to a person who is
logged in.

missing:        401, WWW-Authenticate: Bearer realm=\"api\"
expired:        401, WWW-Authenticate: Bearer realm=\"api\", error=\"invalid_token\"
not permitted:  403

An expired token is answered by 401, since a fresh one helps: clients refresh on 401, and
stop on 403. A server that hides a resource answers 404 to all, on purpose: that is not
reported.

portcullis: each cause has a fixed text of its own, and Bearer has its `error`.",
    finds: Finds::BetweenSeveral(cause_hidden),
}];

fn cause_hidden(series: &Series, compared: &mut Compared<'_>) {
    let Some(anonymous) = series.anonymous() else { return };
    let refuses = |asked: &&Asked| {
        // A server that hides its resource says 404 to all.
        asked.status().is_client_error()
            && !matches!(asked.status(), StatusCode::NOT_FOUND | StatusCode::TOO_MANY_REQUESTS)
    };
    let asked = series.of(Question::Get);
    let others: Vec<_> = asked
        .filter(|asked| !asked.caller.is_permitted() && asked.caller != Caller::Twice)
        .collect();
    let shows = |asked: &&Asked| asked.caller == Caller::Expired || asked.caller.is_refused();
    if others.iter().any(shows)
        && others.iter().any(|asked| asked.caller.has_garbage())
        && others.iter().all(|asked| refuses(asked) && asked.refuses_as(anonymous))
    {
        let status = anonymous.status().as_u16();
        let callers: Vec<_> = others.iter().map(|asked| asked.caller.describe()).collect();
        let detail = format!("{} get the same {status}", callers.join(", "));
        compared.add(&others, Place::Response, detail);
    }
    let expired = series.find(&Caller::Expired, Question::Get).filter(refuses);
    if let Some(expired) = expired.filter(|asked| asked.status() != StatusCode::UNAUTHORIZED) {
        let status = expired.status().as_u16();
        let detail = format!("expired credentials get {status}, and clients refresh on 401 only");
        compared.add(&[expired], Place::Status, detail);
    }
}
