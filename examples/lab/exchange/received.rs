//! [`Received`]: the response of the simulator.

use std::ops::Range;

use axum::http::header::TRANSFER_ENCODING;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use portcullis::Advice;
use portcullis::inspect::{Finding, Place, inspect};
use serde_json::{Value, json};

use super::typed::Typed;

/// A response as it was on the wire, and parsed.
pub struct Received<'a> {
    /// The status line and the header lines.
    lines: Vec<&'a [u8]>,
    body: &'a [u8],
    /// Its body is without a transfer coding.
    parsed: Response<Vec<u8>>,
}

impl<'a> Received<'a> {
    /// `None` if it is no response of HTTP/1.1.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let body = &bytes[end + 4..];
        let lines: Vec<_> = bytes[..end]
            .split(|byte| *byte == b'\n')
            .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
            .collect();
        let status = lines[0].strip_prefix(b"HTTP/1.1 ")?.get(..3)?;
        let mut parsed = Response::new(body.to_vec());
        *parsed.status_mut() = StatusCode::from_bytes(status).ok()?;
        for line in &lines[1..] {
            let (name, value) = line.split_at(line.iter().position(|byte| *byte == b':')?);
            let value = HeaderValue::from_bytes(value[1..].trim_ascii()).ok()?;
            parsed.headers_mut().append(HeaderName::from_bytes(name).ok()?, value);
        }
        if parsed.headers().contains_key(TRANSFER_ENCODING) {
            *parsed.body_mut() = unchunked(body);
        }
        Some(Self { lines, body, parsed })
    }

    /// The exchange, as the page shows it.
    pub fn told(&self, typed: &Typed) -> Value {
        let sent = String::from_utf8_lossy(&typed.bytes);
        let (head, body) = sent.split_once("\r\n\r\n").unwrap_or_default();
        let findings = inspect(&typed.request, &self.parsed, self.parsed.body());
        let findings = findings.iter().map(|finding| {
            json!({
                "number": finding.check().number(),
                "id": finding.id(),
                "severity": finding.severity().as_str(),
                "detail": finding.detail(),
                "remedy": finding.check().remedy(),
                "source": finding.check().source(),
                "page": finding.check().page(),
                "at": self.place(finding),
            })
        });
        json!({
            "request": { "head": head.split("\r\n").collect::<Vec<_>>(), "body": body },
            "response": {
                "status": self.parsed.status().as_u16(),
                "head": self.lines.iter().map(|line| text(line)).collect::<Vec<_>>(),
                "body": text(self.body),
            },
            "findings": findings.collect::<Vec<_>>(),
            "advice": self.advice(),
        })
    }

    /// What the client should do. A 404 says that alone by its name.
    fn advice(&self) -> String {
        let advice = Advice::of(&self.parsed);
        match self.parsed.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => {
                format!("Treat the resource as missing. {advice}")
            }
            _ => advice.to_string(),
        }
    }

    /// Where a finding is marked: at a line of the head, at the body, as a header that is absent, or at the whole.
    /// `from` and `to` count the units of UTF-16, as scripts do.
    fn place(&self, finding: &Finding) -> Value {
        match finding.place() {
            Place::Status => json!({ "part": "line", "line": 0 }),
            Place::Absent(name) => json!({ "part": "absent", "name": name.as_str() }),
            Place::Header { name, line: nth, bytes: range } => {
                self.header(name, *nth, range).unwrap_or_else(|| json!({ "part": "response" }))
            }
            Place::Body(range) if self.body == self.parsed.body() => {
                let [from, to] = units(self.body, range);
                json!({ "part": "body", "from": from, "to": to })
            }
            Place::Body(_) => json!({ "part": "body" }),
            // The response as a whole.
            _ => json!({ "part": "response" }),
        }
    }

    fn header(&self, name: &HeaderName, nth: usize, range: &Range<usize>) -> Option<Value> {
        let is_named = |line: &[u8]| {
            let end = line.iter().position(|byte| *byte == b':').unwrap_or(0);
            line[..end].eq_ignore_ascii_case(name.as_str().as_bytes())
        };
        let (number, line) = self.lines.iter().enumerate().filter(|it| is_named(it.1)).nth(nth)?;
        let value = line[name.as_str().len() + 1..].trim_ascii_start();
        let begin = line.len() - value.len();
        let [from, to] = units(line, &(begin + range.start..begin + range.end));
        Some(json!({ "part": "line", "line": number, "from": from, "to": to }))
    }
}

/// Bytes that are not UTF-8 are shown as U+FFFD.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn units(bytes: &[u8], range: &Range<usize>) -> [usize; 2] {
    [range.start, range.end].map(|at| {
        let before = bytes.get(..at).unwrap_or(bytes);
        String::from_utf8_lossy(before).encode_utf16().count()
    })
}

/// The content of chunks (RFC 9112 §7.1), as far as they are whole.
fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    while let Some(end) = body.windows(2).position(|window| window == b"\r\n") {
        let size = std::str::from_utf8(&body[..end]).ok();
        let size = size.and_then(|size| usize::from_str_radix(size, 16).ok()).unwrap_or(0);
        let chunk = body[end + 2..].split_at_checked(size).filter(|_| size > 0);
        let Some((chunk, rest)) = chunk else { break };
        content.extend_from_slice(chunk);
        body = rest.strip_prefix(b"\r\n").unwrap_or_default();
    }
    content
}
