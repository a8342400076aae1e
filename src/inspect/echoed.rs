//! Where a secret of the request is in a text.

use std::ops::Range;

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
    Occurrences::new(&secret.bytes, text).find(|place| is_echo(secret, text, place, name))
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

/// The places of a text that have these bytes, in a time that grows with the length of the text and of what is
/// looked for, whatever both are (Knuth, Morris and Pratt).
struct Occurrences<'w, 't> {
    wanted: &'w [u8],
    text: &'t [u8],
    /// For each beginning of what is wanted, the length of the longest shorter beginning with which it ends.
    borders: Vec<usize>,
    at: usize,
    /// How many bytes in front of this place are a beginning of what is wanted.
    length: usize,
}

impl<'w, 't> Occurrences<'w, 't> {
    fn new(wanted: &'w [u8], text: &'t [u8]) -> Self {
        let mut borders: Vec<usize> = Vec::with_capacity(wanted.len());
        for at in 0..wanted.len() {
            let before = borders.last().copied().unwrap_or_default();
            borders.push(if at == 0 { 0 } else { longer(wanted, &borders, before, wanted[at]) });
        }
        Self { wanted, text, borders, at: 0, length: 0 }
    }
}

/// The longest beginning that ends with this byte, behind one of this length.
fn longer(wanted: &[u8], borders: &[usize], mut length: usize, byte: u8) -> usize {
    while wanted.get(length) != Some(&byte) {
        if length == 0 {
            return 0;
        }
        length = borders[length - 1];
    }
    length + 1
}

impl Iterator for Occurrences<'_, '_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let first = self.wanted.first()?;
        loop {
            if self.length == 0 {
                self.at += self.text.get(self.at..)?.iter().position(|byte| byte == first)?;
            }
            let byte = *self.text.get(self.at)?;
            self.length = longer(self.wanted, &self.borders, self.length, byte);
            self.at += 1;
            if self.length == self.wanted.len() {
                self.length = self.borders[self.length - 1];
                return Some(self.at - self.wanted.len()..self.at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Occurrences;

    proptest! {
        #[test]
        fn i30_each_place_of_a_secret_is_found(wanted in "[ab]{1,6}", text in "[ab]{0,60}") {
            let (wanted, text) = (wanted.as_bytes(), text.as_bytes());
            let found: Vec<_> = Occurrences::new(wanted, text).map(|place| place.start).collect();
            let windows = text.windows(wanted.len()).enumerate();
            let expected: Vec<_> =
                windows.filter(|(_, it)| *it == wanted).map(|(at, _)| at).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
