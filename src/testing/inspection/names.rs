//! The names of requests in a report.

use crate::inspect::{Caller, Question, ShownPaths};

use super::planned::{Body, Planned};

/// Such as `GET /reports as alice`. Without the query, which may hold a token, and without the credentials of
/// any caller.
pub(super) fn name(planned: &Planned, paths: &ShownPaths) -> String {
    let method = &planned.method;
    let path = paths.show(&planned.target);
    let caller = match &planned.caller {
        Caller::Anonymous => "without credentials",
        Caller::Malformed => "with malformed credentials",
        Caller::Wrong => "with wrong credentials",
        Caller::Expired => "with expired credentials",
        Caller::Twice => "with two lines of Authorization",
        Caller::Refused(name) | Caller::Permitted(name) => &format!("as {name}"),
    };
    let more = match (planned.question, planned.body) {
        (Question::Preflight, _) => ", as the preflight of a GET",
        (Question::CrossOrigin, _) => ", by a script of another origin",
        (Question::OtherType, _) => ", with a body of an unknown type",
        (Question::Expect, Body::Huge) => ", with `Expect: 100-continue` and a huge body",
        (Question::Expect, _) => ", with `Expect: 100-continue`",
        (Question::Next, _) => ", on a connection that had some",
        (Question::CrawlerTarget | Question::CrawlerUnknown | Question::Robots, _) => {
            ", as a crawler"
        }
        (Question::CrawlerLogin, _) => ", as a crawler that was redirected",
        _ => "",
    };
    format!("{method} {path} {caller}{more}")
}
