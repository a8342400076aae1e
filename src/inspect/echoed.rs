//! Where a secret of the request is in a text.

use std::ops::Range;

use super::readings::Reading;
use super::secrets::Secret;
use super::words::squashed;

/// Words before a value that say that it is a secret.
const KEYS: [&str; 14] = [
    "apikey",
    "authorization",
    "cookie",
    "credential",
    "credentials",
    "jwt",
    "passwd",
    "password",
    "pwd",
    "secret",
    "session",
    "sessionid",
    "sid",
    "token",
];

/// A secret that is shorter than this may also be a part of another word or number.
const SHORTEST_PART: usize = 16;

/// The first of the secrets that the text repeats, however it is written, and where. `name` is what the text
/// itself is the value of, if anything: the name of a header.
pub(super) fn find<'s>(
    secrets: &'s [Secret],
    text: &[u8],
    name: &str,
) -> Option<(&'s Secret, Range<usize>)> {
    let shortest = secrets.iter().map(|secret| secret.bytes.len()).min()?;
    if text.len() < shortest {
        return None;
    }
    Reading::all(text).find_map(|reading| {
        secrets.iter().find_map(|secret| {
            let place = place(secret, &reading.bytes, name)?;
            Some((secret, reading.source(place)))
        })
    })
}

fn place(secret: &Secret, text: &[u8], name: &str) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(at) = position(&text[from..], &secret.bytes) {
        let place = from + at..from + at + secret.bytes.len();
        if is_echo(secret, text, &place, name) {
            return Some(place);
        }
        from += at + 1;
    }
    None
}

fn is_echo(secret: &Secret, text: &[u8], place: &Range<usize>, name: &str) -> bool {
    let before = &text[..place.start];
    let is_of_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let is_part = is_of_word(before.last()) || is_of_word(text.get(place.end));
    if is_part && secret.bytes.len() < SHORTEST_PART {
        return false;
    }
    secret.is_unmistakable || is_named_secret(before, name)
}

/// Whether what stands before a value calls it a secret: `"token": "`, `Authorization: Bearer `.
fn is_named_secret(before: &[u8], name: &str) -> bool {
    const SCHEMES: [&[u8]; 2] = [b"Bearer", b"Basic"];
    let mut before = before;
    for scheme in SCHEMES {
        let trimmed = before.trim_ascii_end();
        let (rest, end) = trimmed.split_at(trimmed.len().saturating_sub(scheme.len()));
        if trimmed.len() < before.len() && end.eq_ignore_ascii_case(scheme) {
            before = rest;
            break;
        }
    }
    let is_separator = |byte: &u8| b"\"'\\ \t=:>".contains(byte);
    let end = before.iter().rposition(|byte| !is_separator(byte)).map_or(0, |at| at + 1);
    let (words, separators) = before.split_at(end);
    if words.is_empty() && before.is_empty() {
        return KEYS.iter().any(|key| squashed(name).is_some_and(|name| name.ends_with(key)));
    }
    let start = words
        .iter()
        .rposition(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte))
        .map_or(0, |at| at + 1);
    let word = str::from_utf8(&words[start..]).ok().and_then(squashed).unwrap_or_default();
    !separators.is_empty() && KEYS.iter().any(|key| word.ends_with(key))
}

fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = wanted.first()?;
    let mut from = 0;
    loop {
        let last = text.len().checked_sub(wanted.len())?;
        let at = from + text.get(from..=last)?.iter().position(|byte| byte == first)?;
        if text[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}
