//! The text that a finding shows: without credentials, and short.

use super::finding::Place;
use super::view::View;

/// The most characters of an excerpt.
const MAX: usize = 200;

/// The bytes at this place, as text.
pub(super) fn excerpt(place: &Place, view: &View<'_>) -> String {
    let bytes = match place {
        Place::Header(name, line, range) => {
            let line = view.headers().get_all(name).iter().nth(*line);
            line.and_then(|line| line.as_bytes().get(range.clone()))
        }
        Place::Body(range) => view.body().get(range.clone()),
        Place::Status | Place::Absent(_) | Place::Response => None,
    };
    let text = String::from_utf8_lossy(bytes.unwrap_or_default());
    text.chars().take(MAX).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
