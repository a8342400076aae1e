//! Are credentials masked, as in a text from which a person has removed them?

use super::words::squashed;

/// What people write in the place of a credential.
const WORDS: [&str; 12] = [
    "base64",
    "credentials",
    "filtered",
    "hidden",
    "masked",
    "omitted",
    "redacted",
    "removed",
    "sanitized",
    "secret",
    "token",
    "yourtoken",
];

/// Whether credentials, with or without their scheme, were masked: `Basic ***`, `Bearer <token>`. What was sent is
/// unknown then.
pub(super) fn is_masked(value: &[u8]) -> bool {
    let value = String::from_utf8_lossy(value);
    let value = value.trim();
    let token = value.split_once(' ').map_or(value, |(_, token)| token.trim());
    is_mask(token) || is_mask(value)
}

fn is_mask(text: &str) -> bool {
    let pairs = [('<', '>'), ('[', ']'), ('{', '}'), ('(', ')')];
    let is_enclosed =
        pairs.iter().any(|(open, close)| text.starts_with(*open) && text.ends_with(*close));
    let all = |sign: char| !text.is_empty() && text.chars().all(|c| c.eq_ignore_ascii_case(&sign));
    is_enclosed
        || all('*')
        || (all('x') && text.len() >= 3)
        || ["**", "...", "\u{2026}", "\u{2022}"].iter().any(|mask| text.contains(mask))
        || squashed(text).is_some_and(|text| WORDS.contains(&&text[..]))
}
