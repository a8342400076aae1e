//! [`Head`]: a start line and headers, and [`HeadReader`], which reads its lines.

use std::borrow::Cow;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};

use crate::credential_headers::{Holds, of_name};

use super::notes::Notes;

/// The first line of a message.
pub(super) enum Start {
    Request(Method, Uri),
    Response(StatusCode),
}

/// The head of a message.
pub(super) struct Head {
    pub(super) start: Start,
    pub(super) headers: HeaderMap,
    /// What could not be read. Values are not repeated.
    pub(super) notes: Notes,
    /// The words of lines that could not be read and may have a credential, as values of `Authorization`.
    pub(super) unread: HeaderMap,
}

impl Start {
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let line = &plain(line)[..];
        status(line).map(Self::Response).or_else(|| request(line))
    }

    pub(super) const fn status(&self) -> Option<StatusCode> {
        match self {
            Self::Request(..) => None,
            Self::Response(status) => Some(*status),
        }
    }
}

/// A head, while its lines are read.
pub(super) struct HeadReader {
    head: Head,
    /// The header whose value may go on in the next line.
    last: Option<(HeaderName, Vec<u8>)>,
}

impl HeadReader {
    pub(super) fn new(start: Start) -> Self {
        let (headers, unread) = (HeaderMap::new(), HeaderMap::new());
        let head = Head { start, headers, notes: Notes::default(), unread };
        Self { head, last: None }
    }

    pub(super) const fn start(&self) -> &Start {
        &self.head.start
    }

    /// Adds a line that is not empty.
    pub(super) fn add(&mut self, line: &[u8]) {
        let line = plain(line);
        if !line.first().is_some_and(|first| matches!(first, b' ' | b'\t')) {
            self.end_header();
            return match read(&line) {
                Ok(header) => self.last = Some(header),
                Err(why) => {
                    self.hide(&line);
                    self.note(&why);
                }
            };
        }
        // The value of the line before goes on (RFC 9112 §5.2).
        let more = line.trim_ascii();
        match &mut self.last {
            Some((_, value)) if HeaderValue::from_bytes(more).is_ok() => {
                value.push(b' ');
                value.extend_from_slice(more);
            }
            _ => {
                self.hide(&line);
                self.note("a line begins with a space, and continues no header");
            }
        }
    }

    pub(super) fn end(mut self) -> Head {
        self.end_header();
        self.head
    }

    fn end_header(&mut self) {
        let Some((name, value)) = self.last.take() else { return };
        let line = [name.as_str().as_bytes(), b":", &value].concat();
        let added = HeaderValue::from_bytes(&value)
            .map(|value| self.head.headers.try_append(name, value).is_ok());
        if !matches!(added, Ok(true)) {
            self.hide(&line);
            self.note("there are too many headers");
        }
    }

    /// Keeps the words of a line that is not judged, if they may be credentials: by the name of the header,
    /// or because the line of a request has no name that can be read.
    fn hide(&mut self, line: &[u8]) {
        let colon = line.iter().position(|byte| *byte == b':');
        // Such as `:path`, which HTTP/2 has for the request line.
        if colon == Some(0) {
            return;
        }
        let name = colon.map(|colon| HeaderName::from_bytes(line[..colon].trim_ascii()));
        let may_hold = match name {
            Some(Ok(name)) => of_name(&name) != Holds::Nothing,
            Some(Err(_)) | None => matches!(self.head.start, Start::Request(..)),
        };
        if !may_hold {
            return;
        }
        let words =
            line[colon.map_or(0, |colon| colon + 1)..].split(|byte| b" \t,;=\"'".contains(byte));
        for word in words {
            let word: Vec<u8> =
                word.iter().copied().filter(|byte| !byte.is_ascii_control()).collect();
            if let (4.., Ok(value)) = (word.len(), HeaderValue::from_bytes(&word)) {
                // Where there are more than a map can have, the others are a part of no exchange.
                let _ = self.head.unread.try_append(AUTHORIZATION, value);
            }
        }
    }

    fn note(&mut self, what: &str) {
        let of = match &self.head.start {
            Start::Request(method, _) => format!("the {method} request"),
            Start::Response(status) => format!("the {} response", status.as_u16()),
        };
        self.head.notes.add(format!("in the head of {of} {what}; that line was not judged"));
    }
}

/// The name and the value of a header, or what is wrong with the line.
fn read(line: &[u8]) -> Result<(HeaderName, Vec<u8>), Cow<'static, str>> {
    let colon = line.iter().position(|byte| *byte == b':').ok_or("a line is no header")?;
    let name =
        HeaderName::from_bytes(&line[..colon]).map_err(|_| "the name of a header is malformed")?;
    let value = line[colon + 1..].trim_ascii();
    match HeaderValue::from_bytes(value) {
        Ok(_) => Ok((name, value.to_vec())),
        Err(_) => Err(format!("the value of {name} has control characters").into()),
    }
}

/// `HTTP/1.1 401 Unauthorized`, `HTTP/2 401`.
fn status(line: &[u8]) -> Option<StatusCode> {
    let rest = line.strip_prefix(b"HTTP/")?;
    let space = rest.iter().position(|byte| *byte == b' ')?;
    let code = rest[space..].trim_ascii_start();
    let (code, reason) = code.split_at_checked(3)?;
    let is_code =
        code.iter().all(u8::is_ascii_digit) && reason.first().is_none_or(|byte| *byte == b' ');
    if !is_version(&rest[..space]) || !is_code {
        return None;
    }
    StatusCode::from_bytes(code).ok()
}

/// `GET /reports HTTP/1.1`.
fn request(line: &[u8]) -> Option<Start> {
    let mut parts = line.trim_ascii_end().split(|byte| *byte == b' ');
    let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
    let is_request = parts.next().is_none() && is_version(version.strip_prefix(b"HTTP/")?);
    let is_name =
        !method.is_empty() && method.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'-');
    if !is_request || !is_name {
        return None;
    }
    Some(Start::Request(Method::from_bytes(method).ok()?, Uri::try_from(target).ok()?))
}

/// `1.1`, `2`.
fn is_version(version: &[u8]) -> bool {
    match version {
        [major] => major.is_ascii_digit(),
        [major, b'.', minor] => major.is_ascii_digit() && minor.is_ascii_digit(),
        _ => false,
    }
}

/// A line without the colours of a terminal, in which curl prints the names of headers.
fn plain(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.contains(&0x1b) {
        return Cow::Borrowed(line);
    }
    let mut plain = Vec::new();
    let mut rest = line;
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        let is_colour = |byte: &u8| byte.is_ascii_digit() || *byte == b';';
        let code = behind.strip_prefix(b"[").filter(|_| *first == 0x1b);
        let end = code.and_then(|code| code.iter().position(|byte| !is_colour(byte)));
        match (code, end) {
            (Some(code), Some(end)) if code[end] == b'm' => rest = &code[end + 1..],
            _ => plain.push(*first),
        }
    }
    Cow::Owned(plain)
}
