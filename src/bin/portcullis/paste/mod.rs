//! Reads text that was pasted: responses as `curl -si` prints them, and exchanges as `curl -sv` does.

mod end;
mod head;
mod lines;
mod meter;
mod notes;
mod plain;
mod verbose;

use http::{HeaderMap, Method, Request, Response, StatusCode};

use head::{Head, Start};
use notes::Notes;

/// What was pasted.
#[derive(Default)]
pub(crate) struct Paste {
    /// At least one.
    pub(crate) exchanges: Vec<Pasted>,
    /// What could not be read.
    pub(crate) notes: Vec<String>,
}

/// A response that was pasted, and its request if that was.
pub(crate) struct Pasted {
    pub(crate) request: Option<Request<()>>,
    pub(crate) response: Response<()>,
    pub(crate) body: Vec<u8>,
    /// Whether all of the body was pasted, without a content coding.
    pub(crate) is_body_known: bool,
    /// Whether the exchange used TLS, if the text says so.
    pub(crate) is_encrypted: Option<bool>,
    /// What is not shown, of lines of the request and of the response that could not be read.
    pub(crate) unread: HeaderMap,
    /// Whether all credentials of the request could be read.
    pub(crate) is_request_read: bool,
}

/// The most responses that are judged.
const MAX: usize = 1000;
/// The most messages that are read: a response may have a request and an interim response in front of it.
const MOST_MESSAGES: usize = 3 * MAX;

/// Why a text is not judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasteError {
    /// There is nothing but spaces.
    Empty,
    /// There is no status line of HTTP.
    NoResponse,
    /// There are requests, and no response.
    OnlyRequests,
    /// There are 1xx responses, and no final one.
    OnlyInterim,
}

/// Reads all responses of a text.
pub(crate) fn read(text: &[u8]) -> Result<Paste, PasteError> {
    // A mark that some editors write in front of UTF-8.
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.trim_ascii().is_empty() {
        return Err(PasteError::Empty);
    }
    let text = meter::without(text);
    let messages = match verbose::is_verbose(&text) {
        true => verbose::read(&text),
        false => plain::read(&text),
    };
    let has_requests =
        messages.iter().any(|message| matches!(message.head.start, Start::Request(..)));
    let has_responses =
        messages.iter().any(|message| matches!(message.head.start, Start::Response(_)));
    let paste = pair(messages);
    match (paste.exchanges.is_empty(), has_responses, has_requests) {
        (false, ..) => Ok(paste),
        (_, true, _) => Err(PasteError::OnlyInterim),
        (_, _, true) => Err(PasteError::OnlyRequests),
        _ => Err(PasteError::NoResponse),
    }
}

/// A head, and what follows it.
struct Message {
    head: Head,
    body: Vec<u8>,
    /// Whether the body is cut off, or is mixed with other text.
    is_body_known: bool,
    is_encrypted: Option<bool>,
}

/// Puts each final response together with the request in front of it.
fn pair(messages: Vec<Message>) -> Paste {
    let mut paste = Paste::default();
    let (mut request, mut unread) = (None, HeaderMap::new());
    let (mut notes, mut left_out) = (Notes::default(), false);
    for Message { head, body, is_body_known, is_encrypted } in messages {
        notes.extend(head.notes);
        match head.start {
            Start::Request(method, target) => {
                let mut sent = Request::new(());
                (*sent.method_mut(), *sent.uri_mut()) = (method, target);
                *sent.headers_mut() = head.headers;
                request = Some(sent);
                unread = head.unread;
            }
            Start::Response(status) if is_interim(status) => {}
            Start::Response(_) if paste.exchanges.len() == MAX => {
                left_out = true;
                break;
            }
            Start::Response(status) => {
                let mut response = Response::new(());
                (*response.status_mut(), *response.headers_mut()) = (status, head.headers);
                let has_body = request.as_ref().is_none_or(|sent| sent.method() != Method::HEAD);
                let is_request_read = unread.is_empty();
                let mut unread = std::mem::take(&mut unread);
                for (name, value) in &head.unread {
                    let _ = unread.try_append(name, value.clone());
                }
                paste.exchanges.push(Pasted {
                    request: request.take(),
                    response,
                    body: if has_body { body } else { Vec::new() },
                    is_body_known: is_body_known && has_body,
                    is_encrypted,
                    unread,
                    is_request_read,
                });
            }
        }
    }
    paste.notes = notes.into_vec();
    if left_out {
        paste.notes.push(format!("only the first {MAX} responses were judged"));
    }
    paste
}

/// Whether another response follows.
fn is_interim(status: StatusCode) -> bool {
    status.is_informational() && status != StatusCode::SWITCHING_PROTOCOLS
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod quoted;
