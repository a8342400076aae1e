//! The inspector, on any exchange: I01 to I34.
//!
//! The input is a request, an empty line, a response (a status in place of the first line), an empty line, and a
//! body.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, Response, StatusCode};
use portcullis::challenge::{Challenges, ParseErrorKind};
use portcullis::inspect::{Exchange, Finding, Place};

use crate::{SECRET, wire};

/// The inspector hides a shorter part of a credential only if it is all of it.
const PART: usize = 8;

pub fn check(data: &[u8]) -> Option<()> {
    let (head, rest) = divide(data);
    let (response, body) = divide(rest);
    let request = wire::request(head)?;
    let response = answer(response)?;
    let exchange = Exchange::new(&request, &response, body);
    let findings = exchange.findings();
    let secrets = Secrets::of(&request, &response);
    for finding in &findings {
        assert_is_there(finding, response.headers(), body);
        assert!(finding.excerpt().chars().count() <= 200);
        secrets.assert_hidden(finding.excerpt(), "");
        // Fixed words of a detail may happen to be in a credential.
        secrets.assert_hidden(finding.detail(), &SECRET.to_ascii_lowercase());
        assert!(!finding.excerpt().contains(char::is_control), "{finding:?}");
        assert!(!finding.detail().contains(char::is_control), "{finding:?}");
    }
    assert!(findings.is_sorted_by_key(|finding| finding.check().number()), "{findings:?}");
    assert_as_the_parser(&response, &findings);
    assert_eq!(format!("{findings:?}"), format!("{:?}", exchange.findings()));
    exchange.encrypted(false).findings();
    Exchange::of_response(&response, body).findings();
    Some(())
}

/// What is in front of the first empty line, and behind it.
fn divide(data: &[u8]) -> (&[u8], &[u8]) {
    match data.windows(2).position(|it| it == b"\n\n") {
        Some(at) => (&data[..at], &data[at + 2..]),
        None => (data, b""),
    }
}

fn answer(head: &[u8]) -> Option<Response<()>> {
    let (status, lines) = wire::split(head);
    let mut response = Response::new(());
    *response.status_mut() = StatusCode::from_bytes(status).ok()?;
    *response.headers_mut() = wire::headers(lines)?;
    Some(response)
}

fn assert_is_there(finding: &Finding, headers: &HeaderMap, body: &[u8]) {
    match finding.place() {
        Place::Header { name, line, bytes } => {
            let line = headers.get_all(name).iter().nth(*line).expect("a line");
            assert!(line.as_bytes().get(bytes.clone()).is_some(), "{finding:?} in {line:?}");
        }
        Place::Body(bytes) => assert!(body.get(bytes.clone()).is_some(), "{finding:?}"),
        Place::Absent(name) => assert!(!headers.contains_key(name), "{finding:?}"),
        _ => {}
    }
}

fn assert_as_the_parser(response: &Response<()>, findings: &[Finding]) {
    let at = |id: &str| {
        findings.iter().any(|finding| {
            let place =
                matches!(finding.place(), Place::Header { name, .. } if *name == WWW_AUTHENTICATE);
            finding.id() == id && place
        })
    };
    let lines = response.headers().get_all(WWW_AUTHENTICATE);
    match Challenges::parse(lines).map_err(|error| error.kind()) {
        Ok(_) | Err(ParseErrorKind::Empty) => {
            assert!(!at("challenge-syntax") && !at("challenge-param-twice"), "{response:?}");
        }
        Err(ParseErrorKind::Duplicate) => assert!(at("challenge-param-twice"), "{response:?}"),
        // The inspector reads on.
        Err(ParseErrorKind::TooMany) => {}
        Err(_) => assert!(at("challenge-syntax"), "{response:?}"),
    }
}

/// What no finding may show.
struct Secrets(Vec<String>);

impl Secrets {
    fn of(request: &Request<()>, response: &Response<()>) -> Self {
        let mut all = Vec::new();
        for value in request.headers().get_all(AUTHORIZATION) {
            let value = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
            // Of a token and of a password only: the parameters of Digest are in the challenge, too.
            if let Some(token) = value.strip_prefix("bearer ")
                && !token.trim().is_empty()
                && token
                    .trim()
                    .bytes()
                    .all(|it| it.is_ascii_alphanumeric() || b"-._~+/".contains(&it))
            {
                all.push(token.trim().to_owned());
            }
        }
        for value in request.headers().get_all(AUTHORIZATION) {
            if let Some((scheme, token)) = value.to_str().ok().and_then(|it| it.split_once(' '))
                && scheme.eq_ignore_ascii_case("basic")
                && let Ok(login) = STANDARD.decode(token)
                && let Some((_, password)) = String::from_utf8_lossy(&login).split_once(':')
                && password.bytes().all(|it| it.is_ascii_graphic())
            {
                all.push(password.to_ascii_lowercase());
            }
        }
        let cookies = request.headers().get_all(COOKIE).iter();
        for cookie in cookies.chain(response.headers().get_all(SET_COOKIE)) {
            let cookie = String::from_utf8_lossy(cookie.as_bytes()).to_ascii_lowercase();
            let first = cookie.split(';').next().unwrap_or_default();
            let value = first.split_once('=').map_or(first, |(_, value)| value);
            if value.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._~+/%".contains(&it)) {
                all.push(value.to_owned());
            }
        }
        Self(all)
    }

    /// Asserts that no part shows that has `mark` in it.
    fn assert_hidden(&self, text: &str, mark: &str) {
        let text = text.to_ascii_lowercase().replace("[credential]", "\0");
        for secret in self.0.iter().filter(|secret| secret.len() >= PART) {
            for part in secret.as_bytes().windows(PART) {
                let part = str::from_utf8(part).expect("ASCII");
                if !part.contains(mark) {
                    continue;
                }
                assert!(!text.contains(part), "{part:?} of {secret:?} in {text:?}");
                let encoded: String = part.bytes().map(|byte| format!("%{byte:02x}")).collect();
                assert!(!text.contains(&encoded), "{part:?} of {secret:?} in {text:?}");
            }
        }
    }
}
