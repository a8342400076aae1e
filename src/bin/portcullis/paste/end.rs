//! Where a body ends.

use http::HeaderMap;
use http::header::CONTENT_LENGTH;

use crate::coding::is_coded;

use super::head::Start;
use super::lines::lines;

/// The value of `Content-Length`, if there is one value.
pub(super) fn length(headers: &HeaderMap) -> Option<usize> {
    let mut values = headers.get_all(CONTENT_LENGTH).iter();
    let value = values.next()?.to_str().ok()?;
    if values.any(|other| other != value) || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    value.parse().ok()
}

/// Whether this is a body that can be judged: as long as the head says, and text if it was coded.
pub(super) fn is_known(headers: &HeaderMap, body: &[u8]) -> bool {
    // `curl --compressed` prints the text, and the length of what was sent.
    if is_coded(headers) {
        return !body.is_empty() && std::str::from_utf8(body).is_ok();
    }
    match length(headers) {
        Some(length) => body.len() == length,
        // It may be that only the head was pasted.
        None => !body.is_empty(),
    }
}

/// Where the first message begins: at the first start line.
pub(super) fn first_start(text: &[u8]) -> Option<usize> {
    lines(text, 0).find(|line| Start::read(line.text).is_some()).map(|line| line.begin)
}

/// Where the next message begins: a start line at the beginning of a line, with a header or nothing below it.
pub(super) fn next_start(text: &[u8], from: usize) -> Option<usize> {
    let mut lines = lines(text, from).peekable();
    while let Some(line) = lines.next() {
        if Start::read(line.text).is_none() {
            continue;
        }
        let below = lines.peek().map_or(&b""[..], |line| line.text);
        if below.is_empty() || is_header(below) {
            return Some(line.begin);
        }
    }
    None
}

/// Whether a message begins exactly here.
pub(super) fn starts(text: &[u8], at: usize) -> bool {
    lines(text, at).next().is_some_and(|line| Start::read(line.text).is_some())
}

fn is_header(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_name = |byte: &u8| byte.is_ascii_graphic();
    // A name in the colours of a terminal begins with an escape.
    let is_coloured = line.first() == Some(&0x1b);
    name.len() < line.len() && !name.is_empty() && (is_coloured || name.iter().all(is_name))
}
