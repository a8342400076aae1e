//! Whether a login is asked for in front of everything else.

use http::StatusCode;

use super::super::check::{Check, Finds};
use super::super::compared::Compared;
use super::super::finding::{Place, Severity};
use super::super::series::{Asked, Caller, Question, Series};

pub(super) const CHECKS: &[Check] = &[Check {
    number: "I39",
    id: "checked-too-late",
    severity: Severity::Warning,
    rows: &["C10"],
    source: "RFC 9110 §10.1.1; ours",
    wrong: "a caller without credentials gets 404, 405, 413, 415 or 100 where another method asks for a login",
    remedy: "Authenticate in front of the router, the body limit and the parser; in axum with `layer`, not `route_layer`.",
    page: "\
The server looks at the method, the type or the size of the body before it asks who is
calling. A caller without credentials learns which methods a target has; it corrects its
request first, and meets the 401 afterwards. With `100 Continue` it even sends the whole
body, only to be refused.

Wrong:  PROPFIND /reports  ->  405 Method Not Allowed, Allow: GET
Right:  PROPFIND /reports  ->  401 Unauthorized, WWW-Authenticate: Bearer realm=\"api\"

The cause is nearly always the order of middleware: authentication sits inside the router,
or inside a layer that limits or parses bodies. 404 and 405 are advice: they show which
methods a router has, and a stage on each route cannot do otherwise.

portcullis: put AuthenticateLayer outside the router. It decides before the body is read.",
    finds: Finds::BetweenSeveral(checked_too_late),
}];

fn checked_too_late(series: &Series, compared: &mut Compared<'_>) {
    if series.anonymous().is_none_or(|asked| asked.status() != StatusCode::UNAUTHORIZED) {
        return;
    }
    let is_of_target = |asked: &&Asked| {
        asked.caller == Caller::Anonymous
            && matches!(
                asked.question,
                Question::Head
                    | Question::OtherMethod
                    | Question::AllowedMethod
                    | Question::OtherType
                    | Question::Expect
            )
    };
    for (status, what, severity) in [
        (StatusCode::NOT_FOUND, "404", Severity::Advice),
        (StatusCode::METHOD_NOT_ALLOWED, "405", Severity::Advice),
        (StatusCode::PAYLOAD_TOO_LARGE, "413", Severity::Warning),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, "415", Severity::Warning),
        (StatusCode::CONTINUE, "`100 Continue`", Severity::Warning),
    ] {
        let asked = series.asked.iter().filter(is_of_target);
        let late: Vec<_> = asked.filter(|asked| asked.status() == status).collect();
        let mut methods: Vec<_> = late.iter().map(|asked| asked.method()).collect();
        methods.dedup();
        if !late.is_empty() {
            let methods = methods.join(", ");
            let detail = format!(
                "without credentials, {methods} gets {what}, and GET of the same target gets 401"
            );
            compared.add_as(severity, &late, Place::Status, detail);
        }
    }
}
