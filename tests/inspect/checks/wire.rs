//! Exchanges written as text.

use http::{HeaderName, HeaderValue, Request, Response};
use portcullis::inspect::{Exchange, Finding, Place, Severity};

/// What is found in an exchange.
///
/// The request is `GET /path`, and its headers in lines below it; empty if it is unknown. The response is its
/// status, its headers in lines below it, and after an empty line its body. Both may have the whole first line of
/// HTTP/1.1.
#[track_caller]
pub fn findings(request: &str, response: &str) -> Vec<Finding> {
    let (head, body) = response.split_once("\n\n").unwrap_or((response, ""));
    bytes_findings(request, head, body.as_bytes())
}

/// As [`findings`], with a body of any bytes.
#[track_caller]
pub fn bytes_findings(request: &str, head: &str, body: &[u8]) -> Vec<Finding> {
    let response = response(head);
    if request.is_empty() {
        return Exchange::of_response(&response, body).findings();
    }
    Exchange::new(&self::request(request), &response, body).findings()
}

/// What one check finds: severity, place and the bytes there, such as ``error retry-after[0] `soon` ``.
#[track_caller]
pub fn seen(id: &str, request: &str, response: &str) -> String {
    let (head, body) = response.split_once("\n\n").unwrap_or((response, ""));
    bytes_seen(id, request, head, body.as_bytes())
}

/// As [`seen`], with a body of any bytes.
#[track_caller]
pub fn bytes_seen(id: &str, request: &str, head: &str, body: &[u8]) -> String {
    let found = bytes_findings(request, head, body);
    let response = response(head);
    let shown = found.iter().filter(|finding| finding.id() == id).map(|finding| {
        let place = match finding.place() {
            Place::Status => "status".to_owned(),
            Place::Absent(name) => format!("no {name}"),
            Place::Header { name, line, bytes: range } => {
                let line_value = response.headers().get_all(name).iter().nth(*line).unwrap();
                let bytes = &line_value.as_bytes()[range.clone()];
                format!("{name}[{line}] `{}`", String::from_utf8_lossy(bytes))
            }
            Place::Body(range) => {
                format!("body `{}`", String::from_utf8_lossy(&body[range.clone()]))
            }
            _ => "response".to_owned(),
        };
        format!("{} {place}", finding.severity())
    });
    shown.collect::<Vec<_>>().join("; ")
}

#[track_caller]
fn request(text: &str) -> Request<()> {
    let (line, headers) = text.split_once('\n').unwrap_or((text, ""));
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let mut request = Request::builder().method(method).uri(target).body(()).unwrap();
    request.headers_mut().extend(lines(headers));
    request
}

#[track_caller]
fn response(head: &str) -> Response<()> {
    let (line, headers) = head.split_once('\n').unwrap_or((head, ""));
    let mut words = line.split(' ').skip_while(|word| word.starts_with("HTTP/"));
    let status = words.next().unwrap();
    let mut response = Response::builder().status(status).body(()).unwrap();
    response.headers_mut().extend(lines(headers));
    response
}

#[track_caller]
fn lines(headers: &str) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let lines: Vec<_> = headers
        .lines()
        .map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            let value = HeaderValue::from_bytes(value.trim().as_bytes()).unwrap();
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), value)
        })
        .collect();
    lines.into_iter()
}

/// Asserts that of errors and warnings these are found, by their ids, and no other.
#[track_caller]
pub fn assert_grave(request: &str, response: &str, ids: &[&str]) {
    let found = findings(request, response);
    let grave: Vec<_> = found.iter().filter(|it| it.severity() >= Severity::Warning).collect();
    let are: Vec<_> = grave.iter().map(|finding| finding.id()).collect();
    assert_eq!(are, ids, "{request}\n--\n{response}\n--\n{grave:#?}");
}

/// Asserts that no error and no warning is found.
#[track_caller]
pub fn assert_honest(request: &str, response: &str) {
    assert_grave(request, response, &[]);
}
