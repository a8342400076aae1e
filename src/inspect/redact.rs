//! The text that a finding shows: without credentials, without control characters, and short.

mod issued;
mod paths;
mod secrets;

pub(crate) use paths::ShownPaths;
pub(super) use secrets::Secrets;

use std::ops::Range;

use http::HeaderName;
use http::header::{CONTENT_LOCATION, LINK, LOCATION, REFRESH};

use super::finding::Place;
use super::shown::is_shown;
use super::shown_address::shown_address;
use super::view::View;

/// The most characters of a place that are shown.
const MAX: usize = 200;

/// The most characters of a sentence about it. A server chooses how long the names in it are.
const MAX_TEXT: usize = 400;

/// What stands in the place of a credential.
const REPLACEMENT: &str = "[credential]";

/// How many bytes around a place are searched as well, for credentials that reach into it.
const MARGIN: usize = 256;

/// The bytes at this place, as text.
pub(super) fn excerpt(place: &Place, view: &View<'_>) -> String {
    let (whole, range) = match place {
        Place::Header { name, line, bytes: range } => {
            let line = view.headers().get_all(name).iter().nth(*line);
            let line = line.map_or(&b""[..], |line| line.as_bytes());
            if is_of_address(name) && *range == (0..line.len()) {
                return text_up_to(&shown_address(&String::from_utf8_lossy(line)), view, MAX);
            }
            (line, range.clone())
        }
        Place::Body(range) => (view.body(), range.clone()),
        Place::Status | Place::Absent(_) | Place::Response => return String::new(),
    };
    show(whole, range, view.secrets(), MAX)
}

/// Whether a header has an address, in which a server puts tickets, codes and tokens that it has just made.
fn is_of_address(name: &HeaderName) -> bool {
    [LOCATION, CONTENT_LOCATION, REFRESH, LINK].contains(name) || *name == "uri"
}

/// A text that a check has written, perhaps with bytes of the response in it.
pub(super) fn text(text: &str, view: &View<'_>) -> String {
    text_up_to(text, view, MAX_TEXT)
}

fn text_up_to(text: &str, view: &View<'_>, max: usize) -> String {
    show(text.as_bytes(), 0..text.len(), view.secrets(), max)
}

fn show(whole: &[u8], range: Range<usize>, secrets: &Secrets, max: usize) -> String {
    // A character has at most four bytes.
    let end = range.end.min(whole.len()).min(range.start.saturating_add(4 * max));
    if range.start >= end {
        return String::new();
    }
    let from = range.start.saturating_sub(MARGIN);
    let window = &whole[from..whole.len().min(end + MARGIN)];
    show_all(window, range.start - from..end - from, secrets, max)
}

/// The range of the window as text, of which at most `max` characters.
fn show_all(window: &[u8], range: Range<usize>, secrets: &Secrets, max: usize) -> String {
    let mut shown = String::new();
    let mut from = range.start;
    for hidden in secrets.find(window) {
        let (start, end) = (hidden.start.max(from), hidden.end.min(range.end));
        if start < end {
            shown.push_str(&String::from_utf8_lossy(&window[from..start]));
            shown.push_str(REPLACEMENT);
            from = end;
        }
    }
    shown.push_str(&String::from_utf8_lossy(&window[from..range.end]));
    shown.chars().take(max).map(|c| if is_shown(c) { c } else { ' ' }).collect()
}

#[cfg(test)]
mod tests;
