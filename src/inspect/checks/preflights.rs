//! Whether preflights are answered, and nothing else passes as one.

use http::StatusCode;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, VARY};

use super::super::check::{Check, Finds};
use super::super::compared::Compared;
use super::super::finding::{Place, Severity};
use super::super::series::{Asked, Caller, Question, Series};

pub(super) const CHECKS: &[Check] = &[Check {
    number: "I35",
    id: "preflight-refused",
    severity: Severity::Warning,
    rows: &["F09", "D12"],
    source: "Fetch, CORS-preflight fetch",
    wrong: "a CORS preflight is refused, or an `OPTIONS` that is no preflight passes without credentials",
    remedy: "If scripts of another origin use this page: put the CORS layer outside authentication, or exempt preflights alone, `OPTIONS` with `Origin` and `Access-Control-Request-Method`. If none do: `--allow preflight-refused`.",
    page: "\
Before a script of another origin may send Authorization, its browser asks with a
preflight. A preflight never has credentials, so a 401 to it cannot be answered: the
request that would have had them is never sent, and the script sees a network error
without a status.

Wrong:  OPTIONS /reports, Origin: https://app.example, Access-Control-Request-Method: GET
        HTTP/1.1 401 Unauthorized
Right:  HTTP/1.1 204 No Content
        Access-Control-Allow-Origin: https://app.example
        Access-Control-Allow-Headers: authorization

The opposite fault is to let every OPTIONS pass: then a handler runs for callers without
credentials. A server that no script of another origin uses may refuse preflights. Unless it
answers to other origins, or you name the origin, a 401 is advice, and a 403 where GET gets
401; other statuses say nothing of a login, and are left alone.

portcullis: a CORS layer outside AuthenticateLayer, or
AuthenticateLayer::exempt_preflights.",
    finds: Finds::BetweenSeveral(preflight_refused),
}];

fn preflight_refused(series: &Series, compared: &mut Compared<'_>) {
    if let Some(preflight) = series.find(&Caller::Anonymous, Question::Preflight) {
        refused(series, preflight, compared);
    }
    if let Some(options) = series.find(&Caller::Anonymous, Question::Options) {
        passes(series, options, compared);
    }
}

fn refused(series: &Series, preflight: &Asked, compared: &mut Compared<'_>) {
    let status = preflight.status();
    let get = series.anonymous().map(Asked::status);
    let is_hidden = status == StatusCode::NOT_FOUND && get == Some(status);
    let is_down = status.is_server_error() && get.is_some_and(|get| get.is_server_error());
    // A browser has credentials for its proxy, and sends them with a preflight.
    if is_hidden || is_down || status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return;
    }
    let number = status.as_u16();
    let severity = if status.is_success() {
        if !series.is_cross_origin || allows_origin(preflight) {
            return;
        }
        let detail = format!("the preflight gets {number} without Access-Control-Allow-Origin");
        return compared.add(&[preflight], Place::Absent(ACCESS_CONTROL_ALLOW_ORIGIN), detail);
    } else if series.is_cross_origin || series.asked.iter().any(allows_origin) {
        Severity::Warning
    } else if status == StatusCode::UNAUTHORIZED
        || (status == StatusCode::FORBIDDEN && get == Some(StatusCode::UNAUTHORIZED))
    {
        Severity::Advice
    } else {
        // Nothing says that it is about a login, or that scripts of another origin use the page.
        return;
    };
    let detail = format!("a preflight, which never has credentials, gets {number}");
    compared.add_as(severity, &[preflight], Place::Status, detail);
}

/// An `OPTIONS` that is no preflight, and reaches what `GET` asks a login for.
fn passes(series: &Series, options: &Asked, compared: &mut Compared<'_>) {
    let asks_for_login =
        series.anonymous().is_some_and(|asked| asked.status() == StatusCode::UNAUTHORIZED);
    // A CORS layer outside answers every `OPTIONS` itself.
    let is_by_cors_layer = allows_origin(options)
        || options.recorded.response.headers().get_all(VARY).iter().any(|line| {
            line.to_str().is_ok_and(|line| line.to_ascii_lowercase().contains("access-control-"))
        });
    // Some frameworks repeat `Allow` as the body, in front of every handler.
    let allow = options.recorded.response.headers().get(ALLOW);
    let has_content = !options.body().is_empty()
        && allow.is_none_or(|allow| allow.as_bytes() != options.body().trim_ascii());
    if asks_for_login && options.is_success() && (has_content || !is_by_cors_layer) {
        let severity = if has_content { Severity::Warning } else { Severity::Advice };
        let status = options.status().as_u16();
        let detail = format!(
            "an OPTIONS that is no preflight gets {status} without credentials, and GET gets 401"
        );
        compared.add_as(severity, &[options], Place::Status, detail);
    }
}

fn allows_origin(asked: &Asked) -> bool {
    asked.recorded.response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN)
}
