//! Messages one after the other: `curl -si`, with `-L` too, HTTPie, and what other tools show.

use super::end;
use super::head::{Head, HeadReader, Start};
use super::is_interim;
use super::lines::lines;
use super::{MOST_MESSAGES, Message};

/// Reads all messages. What is in front of the first one, such as a prompt, is skipped.
pub(super) fn read(text: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut next = end::first_start(text);
    while let Some(from) = next {
        let Some((head, body)) = read_head(text, from) else { break };
        let (message, behind) = read_body(text, head, body);
        messages.push(message);
        if messages.len() > MOST_MESSAGES {
            break;
        }
        next = end::next_start(text, behind);
    }
    messages
}

/// The head that begins here, and where its body does.
fn read_head(text: &[u8], from: usize) -> Option<(Head, usize)> {
    let mut lines = lines(text, from);
    let first = lines.next()?;
    let mut head = HeadReader::new(Start::read(first.text)?);
    let mut behind = first.end;
    for line in lines {
        if line.text.is_empty() {
            return Some((head.end(), line.end));
        }
        // The empty line got lost.
        if Start::read(line.text).is_some() {
            break;
        }
        head.add(line.text);
        behind = line.end;
    }
    Some((head.end(), behind))
}

/// The body that begins here, and where it ends.
fn read_body(text: &[u8], mut head: Head, from: usize) -> (Message, usize) {
    let status = head.start.status();
    let is_request = status.is_none();
    let length = end::length(&head.headers);
    let end = match length.and_then(|length| from.checked_add(length)) {
        _ if status.is_some_and(is_interim) => from,
        // With `-I` a head has no body, and neither has a redirect that curl follows.
        _ if end::starts(text, from) => from,
        Some(end) if end <= text.len() => end,
        _ => end::next_start(text, from).unwrap_or(text.len()),
    };
    let body = text[from..end].to_vec();
    if let Some(status) = status
        && length.is_none()
        && !body.trim_ascii().is_empty()
        && let Some(next) = lines(text, end).next().and_then(|line| Start::read(line.text))
    {
        let status = status.as_u16();
        let next = match next {
            Start::Request(method, _) => format!("{method} request"),
            Start::Response(status) => format!("{} response", status.as_u16()),
        };
        head.notes.add(format!(
            "the {status} response has no length: the {next} behind it may be a part of its body"
        ));
    }
    let is_body_known = !is_request && end::is_known(&head.headers, &body);
    (Message { head, body, is_body_known, is_encrypted: None }, end)
}
