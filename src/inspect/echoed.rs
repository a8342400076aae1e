//! Where a secret of the request is in a text.

use std::ops::Range;

use memchr::memmem;

use super::credentials::calls_secret;
use super::reading::{Form, Reading};
use super::secrets::Secret;

/// A secret that is shorter than this may also be a part of another word or number.
const SHORTEST_PART: usize = 16;

/// How many bytes before a value are read for a word that says what it is.
const BEFORE: usize = 64;

/// The first of the secrets that the text repeats, however it is written, and where. `name` is what the text
/// itself is the value of, if anything: the name of a header.
pub(super) fn find<'s>(
    secrets: impl Iterator<Item = &'s Secret<'s>> + Clone,
    text: &[u8],
    name: &str,
) -> Option<(&'s Secret<'s>, Range<usize>)> {
    let shortest = secrets.clone().map(|secret| secret.bytes.len()).min()?;
    if text.len() < shortest {
        return None;
    }
    Reading::in_forms(text, &Form::ESCAPES).find_map(|reading| {
        secrets.clone().find_map(|secret| {
            let place = place(secret, &reading.bytes, name)?;
            Some((secret, reading.source(place)))
        })
    })
}

fn place(secret: &Secret<'_>, text: &[u8], name: &str) -> Option<Range<usize>> {
    memmem::find_iter(text, &secret.bytes)
        .map(|start| start..start + secret.bytes.len())
        .find(|place| is_echo(secret, text, place, name))
}

fn is_echo(secret: &Secret<'_>, text: &[u8], place: &Range<usize>, name: &str) -> bool {
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
    let is_whole = before.len() <= BEFORE;
    let mut before = &before[before.len().saturating_sub(BEFORE)..];
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
    if before.is_empty() && is_whole {
        return calls_secret(name);
    }
    let start = words
        .iter()
        .rposition(|byte| !byte.is_ascii_alphanumeric() && !b"-_".contains(byte))
        .map_or(0, |at| at + 1);
    !separators.is_empty() && str::from_utf8(&words[start..]).is_ok_and(calls_secret)
}
