//! What `curl -sv` prints: `> ` in front of the lines of a request head, `< ` of a response head, `* ` of what
//! curl says, and the body as it is.

use std::ops::Range;

use super::end;
use super::head::{Head, HeadReader, Start};
use super::lines::{Line, lines};
use super::{MOST_MESSAGES, Message, is_interim};

/// Whether a text has the head of a response with `< ` in front of each line.
pub(super) fn is_verbose(text: &[u8]) -> bool {
    lines(text, 0).any(|line| {
        marked(line.text, b'<')
            .is_some_and(|line| Start::read(line).is_some_and(|start| start.status().is_some()))
    })
}

/// What is being read.
enum Part {
    Nothing,
    Head(HeadReader),
    Body(Head, Vec<u8>),
}

struct Reading {
    messages: Vec<Message>,
    part: Part,
    /// Whether the connection uses TLS of which curl has spoken last.
    is_encrypted: Option<bool>,
    /// The same, for the message that is being read.
    is_part_encrypted: Option<bool>,
    /// Whether the last request has its response; `None` if there was no request.
    is_answered: Option<bool>,
}

/// Reads all messages.
pub(super) fn read(text: &[u8]) -> Vec<Message> {
    let mut reading = Reading {
        messages: Vec::new(),
        part: Part::Nothing,
        is_encrypted: None,
        is_part_encrypted: None,
        is_answered: None,
    };
    let mut rest = lines(text, 0);
    while let Some(line) = rest.next() {
        reading.add(line.text, &text[line.begin..line.end]);
        if reading.messages.len() > MOST_MESSAGES {
            break;
        }
        if let Some(end) = reading.add_whole_body(&text[line.end..]) {
            rest = lines(text, line.end + end);
        }
    }
    reading.end();
    reading.messages
}

impl Reading {
    fn add(&mut self, line: &[u8], whole: &[u8]) {
        let start = [b'>', b'<'].into_iter().find_map(|mark| {
            let start = Start::read(marked(line, mark)?)?;
            (start.status().is_some() == (mark == b'<')).then_some(start)
        });
        if let Some(start) = start.filter(|start| !self.is_quoted(start)) {
            self.end();
            match start.status() {
                None => self.is_answered = Some(false),
                Some(status) if is_interim(status) => {}
                Some(_) => self.is_answered = self.is_answered.map(|_| true),
            }
            self.part = Part::Head(HeadReader::new(start));
            self.is_part_encrypted = self.is_encrypted;
            return;
        }
        match &mut self.part {
            Part::Nothing => self.listen(line),
            Part::Body(_, body) => {
                body.extend_from_slice(whole);
                self.listen(line);
            }
            Part::Head(head) => {
                let is_response = head.start().status().is_some();
                match marked(line, if is_response { b'<' } else { b'>' }) {
                    Some([]) => self.end_head(),
                    Some(line) => head.add(line),
                    // What curl says in between.
                    None => {}
                }
            }
        }
    }

    /// Whether this is a line of the body that is being read: curl shows the request in front of each response.
    fn is_quoted(&self, start: &Start) -> bool {
        matches!(self.part, Part::Body(..))
            && start.status().is_some()
            && self.is_answered == Some(true)
    }

    /// Keeps the message whose head has just ended, if its body is as long as the head says, and tells where that
    /// ends in the text behind the head. Such a body may quote an exchange.
    fn add_whole_body(&mut self, text: &[u8]) -> Option<usize> {
        let Part::Body(head, body) = &self.part else { return None };
        let place = Some(text).filter(|_| body.is_empty()).and_then(|it| whole_body(head, it))?;
        let Part::Body(head, _) = std::mem::replace(&mut self.part, Part::Nothing) else {
            return None;
        };
        self.keep(head, text[place.clone()].to_vec());
        Some(place.end)
    }

    /// Hears from curl whether a connection uses TLS.
    fn listen(&mut self, line: &[u8]) {
        if let Some(is_encrypted) = said_of_connection(line) {
            self.is_encrypted = is_encrypted;
        }
    }

    fn end_head(&mut self) {
        self.part = match std::mem::replace(&mut self.part, Part::Nothing) {
            Part::Head(head) if head.start().status().is_some() => {
                Part::Body(head.end(), Vec::new())
            }
            Part::Head(head) => {
                self.keep(head.end(), Vec::new());
                Part::Nothing
            }
            part => part,
        };
    }

    fn end(&mut self) {
        match std::mem::replace(&mut self.part, Part::Nothing) {
            Part::Nothing => {}
            Part::Head(head) => self.keep(head.end(), Vec::new()),
            Part::Body(head, body) => {
                let body = cleaned(&head, &body);
                self.keep(head, body);
            }
        }
    }

    fn keep(&mut self, head: Head, body: Vec<u8>) {
        let is_body_known = end::is_known(&head.headers, &body);
        let is_encrypted = self.is_part_encrypted;
        self.messages.push(Message { head, body, is_body_known, is_encrypted });
    }
}

/// How lines begin in which curl speaks of TLS: with OpenSSL, on Windows, and elsewhere.
const OF_TLS: [&[u8]; 11] = [
    b"ALPN, ",
    b"ALPN: ",
    b"QUIC ",
    b"Re-using existing https: ",
    b"SSL certificate ",
    b"SSL connection ",
    b"Server certificate:",
    b"TLS ",
    b"TLSv1",
    b"mbedTLS: ",
    b"schannel: ",
];

/// What a line of curl says of the connection that is used from here on: whether TLS encrypts it, if that is known.
/// `None` if it speaks of something else.
fn said_of_connection(line: &[u8]) -> Option<Option<bool>> {
    let said = line.strip_prefix(b"* ")?.trim_ascii_start();
    match () {
        () if OF_TLS.iter().any(|start| said.starts_with(start)) => Some(Some(true)),
        () if said.starts_with(b"Re-using existing http: ") => Some(Some(false)),
        // Which of several it is, curl did not always say.
        () if said.starts_with(b"Re-using existing connection") => Some(None),
        // Over another port than this one, HTTP may be encrypted or not.
        () if said.starts_with(b"Trying ") => {
            let address = said.trim_ascii_end().strip_suffix(b"...").unwrap_or(said);
            Some(address.ends_with(b":80").then_some(false))
        }
        () => None,
    }
}

/// A line without its mark.
fn marked(line: &[u8], mark: u8) -> Option<&[u8]> {
    let rest = line.strip_prefix(&[mark])?;
    match rest {
        [] => Some(rest),
        _ => rest.strip_prefix(b" "),
    }
}

/// Where the body is in the text behind its head, if something that curl says, a message or nothing follows at the
/// length that the head has.
fn whole_body(head: &Head, text: &[u8]) -> Option<Range<usize>> {
    let length = end::length(&head.headers).filter(|length| *length > 0)?;
    let is_around = |line: &Line<'_>| is_said(line.text) || size(&text[line.begin..]).is_some();
    let begin = lines(text, 0).take_while(is_around).last().map_or(0, |line| line.end);
    let end = begin.checked_add(length).filter(|end| *end <= text.len())?;
    let starts = |line: &[u8], mark| marked(line, mark).and_then(Start::read).is_some();
    // The body of a redirect is not printed.
    if lines(text, begin).next().is_some_and(|line| starts(line.text, b'>')) {
        return None;
    }
    let behind = lines(text, end).find(|line| !line.text.is_empty());
    let is_end = behind
        .is_none_or(|line| is_around(&line) || starts(line.text, b'>') || starts(line.text, b'<'));
    is_end.then_some(begin..end)
}

/// The body without what curl prints around it.
fn cleaned(head: &Head, text: &[u8]) -> Vec<u8> {
    let mut body = without_sizes(text);
    // What curl says in front of it.
    let said = lines(&body, 0).take_while(|line| is_said(line.text)).last();
    body.drain(..said.map_or(0, |line| line.end));
    // `curl -siv` prints the head once more.
    if lines(&body, 0).next().is_some_and(|line| {
        let start = Start::read(line.text).and_then(|start| start.status());
        start.is_some() && start == head.start.status()
    }) {
        let end =
            lines(&body, 0).find(|line| line.text.is_empty()).map_or(body.len(), |line| line.end);
        body.drain(..end);
    }
    match end::length(&head.headers) {
        Some(length) if length <= body.len() => {
            body.truncate(length);
            return body;
        }
        _ => {}
    }
    // What curl says behind it, perhaps on the line on which the body ends.
    let said = [
        &b"* Connection #"[..],
        b"* Closing connection",
        b"* Issue another request",
        b"* Ignoring the response-body",
    ];
    let begin = (0..body.len()).find(|at| said.iter().any(|said| body[*at..].starts_with(said)));
    if let Some(begin) = begin {
        let is_all = lines(&body, begin).all(|line| is_said(line.text) || line.text.is_empty());
        if is_all {
            body.truncate(begin);
        }
    }
    body
}

/// Whether a line is curl's own.
fn is_said(line: &[u8]) -> bool {
    line.starts_with(b"* ") || line == b"*"
}

/// A body without `{ [13 bytes data]`, which curl prints for each part if its output is no terminal.
fn without_sizes(text: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        match size(rest) {
            Some(length) => rest = &rest[length..],
            None => {
                kept.push(*first);
                rest = behind;
            }
        }
    }
    kept
}

/// The length of `{ [13 bytes data]` and the end of its line.
fn size(text: &[u8]) -> Option<usize> {
    let rest = text.strip_prefix(b"{ [").or_else(|| text.strip_prefix(b"} ["))?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = rest[digits..].strip_prefix(b" bytes data]").filter(|_| digits > 0)?;
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
    let rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    Some(text.len() - rest.len())
}
