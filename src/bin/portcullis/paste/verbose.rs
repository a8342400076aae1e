//! What `curl -sv` prints: `> ` in front of the lines of a request head, `< ` of a response head, `* ` of what
//! curl says, and the body as it is.

use super::end;
use super::head::{Head, HeadReader, Start};
use super::lines::lines;
use super::{MOST_MESSAGES, Message};

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
}

/// Reads all messages.
pub(super) fn read(text: &[u8]) -> Vec<Message> {
    let mut reading = Reading {
        messages: Vec::new(),
        part: Part::Nothing,
        is_encrypted: None,
        is_part_encrypted: None,
    };
    for line in lines(text, 0) {
        reading.add(line.text, &text[line.begin..line.end]);
        if reading.messages.len() > MOST_MESSAGES {
            break;
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
        if let Some(start) = start {
            self.end();
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

    /// Hears from curl whether a connection uses TLS.
    fn listen(&mut self, line: &[u8]) {
        if line.starts_with(b"* SSL connection using ") {
            self.is_encrypted = Some(true);
        } else if line.starts_with(b"*   Trying ") {
            self.is_encrypted = Some(false);
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

/// A line without its mark.
fn marked(line: &[u8], mark: u8) -> Option<&[u8]> {
    let rest = line.strip_prefix(&[mark])?;
    match rest {
        [] => Some(rest),
        _ => rest.strip_prefix(b" "),
    }
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
