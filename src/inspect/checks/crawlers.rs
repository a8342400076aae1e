//! What a crawler meets: advice for sites that are searched.

use std::borrow::Cow;

use http::StatusCode;
use http::header::{HeaderName, LOCATION};

use super::super::check::{Check, Finds};
use super::super::compared::Compared;
use super::super::finding::{Place, Severity};
use super::super::html::asks_for_password;
use super::super::login_address::is_login_page;
use super::super::robots::{forbids_index, page_forbids_index};
use super::super::series::{Asked, Question, Series};
use super::super::text::Media;

const ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

pub(super) const CHECKS: &[Check] = &[
    Check {
        number: "I41",
        id: "crawler-soft-404",
        severity: Severity::Advice,
        rows: &["D05"],
        source: "RFC 9110 §15.5.5",
        wrong: "a path at which there is nothing gets a page with 2xx",
        remedy: "Answer 404 to a path that does not exist; a page for people may be its body.",
        page: "\
A crawler asks for paths that never existed, to see what the server says. If it gets 2xx
with a page, every typing error in a link becomes a page of the index, and the crawler
spends its requests on them. Search engines call it a soft 404, and guess by the text.

Wrong:  GET /nothing-is-here   ->  200 OK, Content-Type: text/html
Right:  GET /nothing-is-here   ->  404 Not Found, Content-Type: text/html

The usual cause is a single-page application whose server answers every path with its
index.html.

portcullis: Denial::not_found() in the fallback of the router.",
        finds: Finds::BetweenSeveral(soft_404),
    },
    Check {
        number: "I42",
        id: "crawler-indexes-refusal",
        severity: Severity::Advice,
        rows: &["F06"],
        source: "ours",
        wrong: "a crawler gets a login page or a refusal as a 2xx page that it may index",
        remedy: "Send `X-Robots-Tag: noindex` with the page, or answer 401 or 403 in place of it.",
        page: "\
A crawler follows the redirect to the login page, gets 200, and puts that page into its
index: people who search for the report find a login form, under the address of the report
or of the login.

Wrong:  HTTP/1.1 200 OK
        Content-Type: text/html
Right:  HTTP/1.1 200 OK
        Content-Type: text/html
        X-Robots-Tag: noindex

Do not forbid the login page in robots.txt: a crawler that may not read it never sees the
noindex. A 401 or a 403 needs nothing: it is not indexed.

portcullis: LoginPage::noindex sends the header.",
        finds: Finds::BetweenSeveral(indexes_refusal),
    },
    Check {
        number: "I43",
        id: "crawler-robots-refused",
        severity: Severity::Advice,
        rows: &["A01"],
        source: "RFC 9309 §2.3.1.3, §2.3.1.4",
        wrong: "`/robots.txt` is refused",
        remedy: "Serve `/robots.txt` to every caller, in front of authentication; answer 404 if there are no rules.",
        page: "\
A crawler without credentials asks for /robots.txt first. What it gets decides what it
does with the whole site:

4xx  the crawler may fetch every path: all your rules are lifted (RFC 9309 §2.3.1.3)
5xx  the crawler must not fetch anything: the site is closed (RFC 9309 §2.3.1.4)

So a 401 in front of a robots.txt with rules does the opposite of what those rules say,
and a 503 of one minute can take a site out of the index. A 429 is read like a 5xx by
large crawlers; it is not reported, since the inspection itself may have caused it.

Wrong:  GET /robots.txt  ->  401 Unauthorized
Right:  GET /robots.txt  ->  200 OK, Content-Type: text/plain
        GET /robots.txt  ->  404 Not Found, if there are no rules

portcullis: a route outside AuthenticateLayer.",
        finds: Finds::BetweenSeveral(robots_refused),
    },
];

fn soft_404(series: &Series, compared: &mut Compared<'_>) {
    let unknown = series.of(Question::CrawlerUnknown).find(|asked| asked.is_success());
    if let Some(unknown) = unknown.filter(|asked| is_html(asked)) {
        let status = unknown.status().as_u16();
        let detail = format!("a path at which there is nothing gets a page with {status}");
        compared.add(&[unknown], Place::Status, detail);
    }
}

fn indexes_refusal(series: &Series, compared: &mut Compared<'_>) {
    let target = series.of(Question::CrawlerTarget).filter(|asked| has_login_form(asked));
    let login = series.of(Question::CrawlerLogin).filter(|asked| {
        has_login_form(asked) || is_login_path(asked.recorded.request.uri().path())
    });
    for page in target.chain(login).filter(|asked| asked.is_success() && is_html(asked)) {
        if !has_noindex(page) {
            let detail = "a crawler gets the login page, and nothing forbids to index it";
            compared.add(&[page], Place::Absent(ROBOTS_TAG), detail);
        }
    }
}

fn robots_refused(series: &Series, compared: &mut Compared<'_>) {
    let Some(robots) = series.of(Question::Robots).next() else { return };
    let status = robots.status();
    let number = status.as_u16();
    let location = robots.recorded.response.headers().get(LOCATION);
    let location = location.and_then(|location| location.to_str().ok());
    let detail = match status {
        // There is no such file, so there are no rules.
        StatusCode::NOT_FOUND | StatusCode::GONE => return,
        // A limiter has answered the inspection. Large crawlers read it as a failure of the server.
        StatusCode::TOO_MANY_REQUESTS => return,
        _ if status.is_client_error() => {
            format!("/robots.txt gets {number}: a crawler then takes all rules as lifted")
        }
        _ if status.is_server_error() => {
            format!("/robots.txt gets {number}: a crawler then takes the whole site as closed")
        }
        _ if status.is_redirection() && location.is_some_and(is_login_path) => {
            format!("/robots.txt gets {number} to a login page, where a crawler finds no rules")
        }
        _ => return,
    };
    compared.add(&[robots], Place::Status, detail);
}

fn is_html(asked: &Asked) -> bool {
    Media::of(asked.recorded.response.headers()) == Media::Html
}

/// Whether there is a field for a password.
fn has_login_form(asked: &Asked) -> bool {
    asks_for_password(&page(asked))
}

/// Whether a header or a `meta` element forbids to index the page.
fn has_noindex(asked: &Asked) -> bool {
    let mut lines = asked.recorded.response.headers().get_all(ROBOTS_TAG).iter();
    lines.any(|line| forbids_index(&String::from_utf8_lossy(line.as_bytes())))
        || page_forbids_index(&page(asked))
}

fn is_login_path(location: &str) -> bool {
    is_login_page(location.split(['?', '#']).next().unwrap_or_default())
}

fn page(asked: &Asked) -> Cow<'_, str> {
    String::from_utf8_lossy(asked.recorded.response.body())
}
