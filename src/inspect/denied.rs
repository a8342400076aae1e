//! Does a body say that access was denied?
//!
//! Precision comes first: data that speaks of refusals (an article, an audit log, a list of status codes)
//! is no refusal. JSON counts only if it has the members of an error message and no others, a page only if
//! its title says so and it has little other text.

use std::ops::Range;

use http::Method;

use super::html;
use super::json::Member;
use super::login_address::{is_about_login, is_front, is_login_page};
use super::text::{Complete, MARK, Media, Text};
use super::view::View;
use super::words::{denies, is_login, squashed};

/// What in a body denies access.
pub(super) struct Denied {
    pub(super) place: Range<usize>,
    /// Such as `the page's title`.
    pub(super) what: &'static str,
}

/// The longest JSON that is read as an error message, in bytes.
const LONGEST_MESSAGE: usize = 16 * 1024;
/// The longest text of a page that is a refusal, in bytes.
const LONGEST_PAGE: usize = 800;

/// The members of error messages, in lower case and without separators.
const ENVELOPE: &[&str] = &[
    "authenticated",
    "authorized",
    "code",
    "correlationid",
    "description",
    "detail",
    "details",
    "documentationurl",
    "errcode",
    "errmsg",
    "error",
    "errorcode",
    "errordescription",
    "errormessage",
    "errormsg",
    "errors",
    "erroruri",
    "help",
    "hint",
    "httpcode",
    "httpstatus",
    "httpstatuscode",
    "instance",
    "message",
    "messages",
    "moreinfo",
    "msg",
    "ok",
    "path",
    "reason",
    "requestid",
    "result",
    "retcode",
    "retmsg",
    "schemas",
    "status",
    "statuscode",
    "statustext",
    "success",
    "time",
    "timestamp",
    "title",
    "traceid",
    "type",
];

/// What of the body denies access; `None` if nothing does, or that is what was asked for.
pub(super) fn denied(view: &View<'_>) -> Option<Denied> {
    let mut media = view.media();
    if media == Media::Other {
        return None;
    }
    let text = view.text().filter(|text| text.is_complete != Complete::No)?;
    if matches!(media, Media::Html | Media::PlainText) && is_object(text) {
        // What has no other type than that which the server gives to everything.
        media = Media::Json;
    }
    let path = view.request().map(|sent| sent.target.path());
    let query = view.request().and_then(|sent| sent.target.query()).unwrap_or_default();
    // What was asked for: `/errors/403`, `?code=403`.
    let is_named = path.is_some_and(|path| path.split('/').any(denies));
    if is_named || query.split(['&', '=']).any(denies) {
        return None;
    }
    match media {
        Media::Json | Media::ProblemJson if text.text.len() <= LONGEST_MESSAGE => {
            let kind = if media == Media::Json { Message::Plain } else { Message::Problem };
            in_object(text.object(), kind).filter(|_| !is_login_attempt(view))
        }
        Media::PlainText => {
            let trimmed = text.text.trim();
            let start = text.text.len() - text.text.trim_start().len();
            let place = start..start + trimmed.len();
            denies(trimmed).then_some(Denied { place, what: "the text" })
        }
        Media::Html => in_page(text, path),
        _ => None,
    }
}

/// Whether the text is a JSON object, whatever it is said to be.
fn is_object(text: &Text<'_>) -> bool {
    text.text.len() <= LONGEST_MESSAGE
        && text.text.trim_start_matches(MARK).trim_start().starts_with('{')
        && matches!(text.members(), Ok(Some(_)))
}

/// Whether the request tries to log in: a wrong password is what the form is told.
fn is_login_attempt(view: &View<'_>) -> bool {
    view.request().is_some_and(|sent| {
        let path = sent.target.path();
        is_login_page(path) || (sent.method == Method::POST && is_about_login(path))
    })
}

fn in_page(text: &Text<'_>, path: Option<&str>) -> Option<Denied> {
    let page = text.text;
    let title = html::title(page);
    let heading = html::heading(page);
    let parts = |text: Option<&str>| html::parts(text.unwrap_or_default()).any(denies);
    let (title_text, heading_text) =
        (title.as_ref().map(|it| it.0), heading.as_ref().map(|it| it.0));
    if parts(title_text) || parts(heading_text) || title.is_none() {
        let short = html::short_text(page, LONGEST_PAGE);
        let place = match (title, heading) {
            _ if short
                .as_ref()
                .is_none_or(|text| is_about_something(title_text, heading_text, text)) =>
            {
                None
            }
            (Some((text, place)), _) if parts(Some(text)) => Some((place, "the page's title")),
            (_, Some((text, place))) if parts(Some(text)) => Some((place, "the page's heading")),
            // A text that is sent as a page.
            _ => short.filter(|text| denies(text)).map(|_| (0..page.len(), "the page")),
        };
        return place.map(|(place, what)| Denied { place, what });
    }
    let (title, place) = title?;
    let path = path.filter(|path| !is_front(path) && !is_about_login(path));
    let is_login_page =
        path.is_some() && html::parts(title).any(is_login) && html::asks_for_password(page);
    is_login_page.then_some(Denied { place, what: "a login page" })
}

/// Words of which at least one is in the text of a refusal, beside its title.
const OF_ACCESS: [&str; 16] = [
    "401",
    "403",
    "access",
    "admin",
    "allowed",
    "authent",
    "authoris",
    "authoriz",
    "credential",
    "denied",
    "log in",
    "login",
    "permission",
    "permitted",
    "sign in",
    "token",
];

/// Whether a page has a title of one word that denies access, such as that of a film, and its text says nothing of
/// access.
fn is_about_something(title: Option<&str>, heading: Option<&str>, text: &str) -> bool {
    let titles = || title.into_iter().chain(heading);
    let has_number = |text: &str| text.contains("401") || text.contains("403");
    let mut denials = titles().flat_map(html::parts).filter(|part| denies(part)).peekable();
    if denials.peek().is_none()
        || denials.any(|part| part.contains(' '))
        || titles().any(has_number)
    {
        return false;
    }
    let parts = titles().flat_map(html::parts).filter(|part| !part.is_empty());
    let rest = parts.fold(text.to_owned(), |rest, part| rest.replace(part, "")).to_lowercase();
    !rest.trim().is_empty() && !OF_ACCESS.iter().any(|word| rest.contains(word))
}

/// What is known of a JSON object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Message {
    Plain,
    Problem,
    /// The value of `error`.
    Error,
}

/// What of a JSON object denies access.
fn in_object(members: &[Member<'_>], kind: Message) -> Option<Denied> {
    let telling: Vec<(&Member<'_>, String)> = members
        .iter()
        .filter(|member| !member.is_empty())
        .map(|member| Some((member, squashed(&member.name)?)))
        .collect::<Option<_>>()?;
    let is_known = kind != Message::Plain;
    let is_message =
        kind == Message::Problem || telling.iter().all(|(_, name)| ENVELOPE.contains(&&name[..]));
    // GraphQL reports in `errors` what its own specification sends with 200.
    let has = |wanted: &str| telling.iter().any(|(_, name)| name == wanted);
    let succeeds = |(member, name): &(&Member<'_>, String)| {
        matches!(&name[..], "success" | "ok") && member.value == "true"
    };
    if !is_message || (!is_known && has("errors")) || telling.iter().any(succeeds) {
        return None;
    }
    let kinds =
        || telling.iter().filter(|_| !is_known).filter_map(|(member, name)| word(member, name));
    if kinds().any(|word| is_of_record(&word)) {
        return None;
    }
    // A job or an event that has failed, unless it has the status of a refusal.
    let may_say = !kinds().any(|word| is_of_outcome(&word));
    let is_alone = telling.len() == 1;
    let explains = is_alone
        || is_known
        || telling.iter().any(|(member, name)| match &name[..] {
            "success" | "ok" | "authenticated" | "authorized" => member.value == "false",
            // A room may have a `code` and a title as well.
            "title" => says(member) && telling.iter().any(|(_, name)| is_status(name)),
            "error" => member.value != "false",
            "message" | "messages" | "msg" | "detail" | "details" | "reason" | "errmsg"
            | "errormessage" | "errormsg" | "errordescription" | "retmsg" | "statustext" => true,
            _ => false,
        });
    telling.iter().find_map(|(member, name)| {
        let what = match &name[..] {
            "code" | "errorcode" | "errcode" | "retcode"
                if explains && is_refused_status(member) =>
            {
                "a status in the JSON"
            }
            name if is_status(name) && explains && is_refused_status(member) => {
                "a status in the JSON"
            }
            // An `error` in an `error` is no envelope, and a server chooses how deep they go.
            "error" if member.value.starts_with('{') && kind != Message::Error => {
                in_object(&member.members()?, Message::Error)?;
                "the `error` in the JSON"
            }
            "code" | "errorcode" | "errcode" | "type" | "status"
                if may_say && explains && !(is_alone && name == "status") && says(member) =>
            {
                "a code in the JSON"
            }
            "error" | "message" | "msg" | "detail" | "reason" | "errmsg" | "errormessage"
            | "errormsg" | "errordescription" | "retmsg" | "statustext"
                if may_say && says(member) =>
            {
                "the message in the JSON"
            }
            "title" if kind == Message::Problem && says(member) => "the title of the problem",
            _ => return None,
        };
        Some(Denied { place: member.place.clone(), what })
    })
}

/// Whether the member is 401, 403 or 407, as a number or at the beginning of a text.
fn is_refused_status(member: &Member<'_>) -> bool {
    let is_refused = |number: f64| [401.0, 403.0, 407.0].contains(&number);
    member.number().is_some_and(is_refused)
        || member.text().is_some_and(|text| {
            let first = text.split([' ', ':', '.']).next().unwrap_or_default();
            ["401", "403", "407"].contains(&first)
        })
}

/// Whether a member of this name has the status of HTTP, and no other code.
fn is_status(name: &str) -> bool {
    matches!(name, "status" | "statuscode" | "httpstatus" | "httpstatuscode" | "httpcode")
}

/// The one word that says what kind of thing a JSON object is, or what has become of it, in lower case.
fn word(member: &Member<'_>, name: &str) -> Option<String> {
    let text = member.text().filter(|_| matches!(name, "result" | "status" | "type"))?;
    let is_of_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let is_word = text.starts_with(char::is_alphabetic) && text.chars().all(is_of_word);
    is_word.then(|| text.to_lowercase())
}

/// Whether this is the word of a record of data (`login`, `done`), and not of an error.
fn is_of_record(word: &str) -> bool {
    const PARTS: [&str; 7] =
        ["denied", "error", "exception", "forbidden", "invalid", "unauth", "unsuccess"];
    let is_of_error = matches!(word, "err" | "fail" | "false" | "ko" | "nok")
        || PARTS.iter().any(|part| word.contains(part));
    !is_of_error && !is_of_outcome(word) && !denies(word)
}

/// Whether this is the word of an error, or of a job or an event that has failed.
fn is_of_outcome(word: &str) -> bool {
    matches!(word, "failed" | "failure")
}

fn says(member: &Member<'_>) -> bool {
    member.text().is_some_and(|text| denies(&text))
}
