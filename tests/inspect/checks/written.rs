//! Exchanges written as text, and what is found in them.

use std::ops::Range;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use portcullis::inspect::{Exchange, Finding, Place, inspect};

/// A request without anything that matters, over TLS.
pub const GET: &str = "GET https://api.example/reports";

/// What is found: `GET /path` and headers; then a status and headers, an empty line, and the body. Values may
/// have any byte: `\u{FF}` is written for the byte 0xFF.
pub fn judge(request: &str, response: &str) -> Vec<Finding> {
    let (request, (response, body)) = (parse_request(request), parse_response(response));
    inspect(&request, &response, body.as_bytes())
}

/// The same, where the request is unknown.
pub fn judge_response(response: &str) -> Vec<Finding> {
    let (response, body) = parse_response(response);
    Exchange::of_response(&response, body.as_bytes()).findings()
}

/// The ids of what is found among these checks; the others do not matter.
pub fn found_of(numbers: Range<u8>, findings: &[Finding]) -> Vec<&'static str> {
    let is_one = |it: &&Finding| {
        it.check().number()[1..].parse().is_ok_and(|number: u8| numbers.contains(&number))
    };
    findings.iter().filter(is_one).map(Finding::id).collect()
}

/// The ids of what is found among I01 to I19.
pub fn ids(request: &str, response: &str) -> Vec<&'static str> {
    found_of(1..20, &judge(request, response))
}

/// Asserts that these are found among I01 to I19, and nothing else.
#[track_caller]
pub fn assert_ids(request: &str, response: &str, expected: &[&str]) {
    assert_eq!(ids(request, response), expected, "{request}\n--\n{response}");
}

/// Asserts that the check finds one thing, and that it is at this text of the response.
#[track_caller]
pub fn assert_at(id: &str, request: &str, response: &str, text: &str) -> Finding {
    let findings = judge(request, response);
    let mut found = findings.into_iter().filter(|finding| finding.id() == id);
    let finding = found.next().unwrap_or_else(|| panic!("{id} is not found in\n{response}"));
    assert!(found.next().is_none(), "{id} is found twice in\n{response}");
    assert_eq!(at(&finding, response), text, "{id} in\n{response}");
    finding
}

/// The text of the response at which something is found.
pub fn at(finding: &Finding, response: &str) -> String {
    let (response, body) = parse_response(response);
    match finding.place() {
        Place::Header { name, line, bytes } => {
            let line = response.headers().get_all(name).iter().nth(*line).expect("a line");
            let bytes = line.as_bytes().get(bytes.clone()).expect("bytes of the line");
            bytes.iter().map(|byte| char::from(*byte)).collect()
        }
        Place::Body(bytes) => body.get(bytes.clone()).expect("bytes of the body").to_owned(),
        place => format!("{place:?}"),
    }
}

pub fn parse_request(text: &str) -> Request<()> {
    let (first, headers) = text.split_once('\n').unwrap_or((text, ""));
    let (method, target) = first.split_once(' ').expect("a method and a target");
    let mut request = Request::builder().method(method).uri(target).body(()).expect("a request");
    *request.headers_mut() = parse_headers(headers);
    request
}

fn parse_response(text: &str) -> (Response<()>, String) {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let (status, headers) = head.split_once('\n').unwrap_or((head, ""));
    let mut response = Response::builder().status(status).body(()).expect("a status");
    *response.headers_mut() = parse_headers(headers);
    (response, body.to_owned())
}

fn parse_headers(text: &str) -> HeaderMap {
    let headers = text.lines().map(|line| {
        let (name, value) = line.split_once(':').expect("a header");
        let byte = |c: char| u8::try_from(c).expect("a byte");
        let value: Vec<u8> = value.strip_prefix(' ').unwrap_or(value).chars().map(byte).collect();
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        (name, HeaderValue::from_bytes(&value).expect("a value"))
    });
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(name, value);
    }
    map
}
