//! What in a text shows by itself that it is a credential, whether it was sent or not.

use std::ops::Range;

use crate::inspect::credentials::{calls_secret, may_be_secret};

/// A shorter text is no JSON Web Token.
const SHORTEST_JWT: usize = 24;

/// A shorter value after a word such as `token` is taken for a word.
const SHORTEST_VALUE: usize = 8;

/// As many letters behind such a word are no word.
const LONGEST_WORD: usize = 16;

/// Schemes behind which a credential stands, with a space between them.
const SCHEMES: [&str; 4] = ["ApiKey", "Basic", "Bearer", "Token"];

/// The longest name of a value, in bytes.
const LONGEST_NAME: usize = 64;

/// Where the text has a JSON Web Token, or a value that it calls a token or a password.
pub(super) fn find(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    json_web_tokens(text).into_iter().chain(called_secrets(text))
}

/// Such as `"access_token":"2YotnFZFEjr1zCsicMWpAA"` and `?ticket=ST-1856339-aA5Yuvrxzpv8`: letters and digits
/// behind such a name, or behind the name of a scheme such as `Bearer`.
fn called_secrets(text: &[u8]) -> Vec<Range<usize>> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let length =
        |from: usize, is: fn(&u8) -> bool| text[from..].iter().take_while(|it| is(it)).count();
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = start + length(start, is_of_name);
        let (value, says) = separators(text, end);
        let name = &text[start.max(end.saturating_sub(LONGEST_NAME))..end];
        let name = str::from_utf8(name).unwrap_or_default();
        let mut next = value;
        let is_of_scheme = SCHEMES.iter().any(|scheme| name.eq_ignore_ascii_case(scheme));
        if end > start && (says || (is_of_scheme && value > end)) {
            let is_in_query = start > 0 && b"?&;".contains(&text[start - 1]);
            let length = length(value, is_of_value);
            let bytes = &text[value..value + length];
            let in_query = || str::from_utf8(bytes).is_ok_and(|it| may_be_secret(name, it));
            // What follows the scheme of a challenge are parameters.
            let is_param = || is_param(bytes, text.get(value + length));
            let is_called =
                calls_secret(name) || (is_of_scheme && !is_param()) || (is_in_query && in_query());
            if is_called && is_random(bytes) {
                found.push(value..value + length);
                next = value + length;
            }
        }
        start = next.max(start + 1);
    }
    found
}

/// Where what separates a name from its value ends, and whether it says that a value follows.
fn separators(text: &[u8], from: usize) -> (usize, bool) {
    let (mut at, mut says) = (from, false);
    loop {
        match &text[at..] {
            [b':' | b'=' | b'>', ..] => (at, says) = (at + 1, true),
            [b'"' | b'\'' | b'\\' | b' ' | b'\t' | b'+', ..] => at += 1,
            [b'%', rest @ ..] => match percent_encoded(rest) {
                Some(b':' | b'=') => (at, says) = (at + 3, true),
                Some(b'"' | b'\'' | b' ') => at += 3,
                _ => return (at, says),
            },
            _ => return (at, says),
        }
    }
}

/// Whether this has the form `realm=a1`, or `realm=` in front of a quotation mark. A token ends with padding.
fn is_param(bytes: &[u8], behind: Option<&u8>) -> bool {
    let Some(equals) = bytes.iter().position(|byte| *byte == b'=') else { return false };
    bytes[equals..].iter().any(|byte| *byte != b'=') || matches!(behind, Some(b'"' | b'\\'))
}

/// The byte of two hexadecimal digits.
fn percent_encoded(digits: &[u8]) -> Option<u8> {
    crate::percent::byte(*digits.first()?, *digits.get(1)?)
}

const fn is_of_value(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'+' | b'/' | b'=' | b'%' | b'|')
}

/// Whether a value is no word: letters with digits, or more letters than a word has.
fn is_random(value: &[u8]) -> bool {
    let has = |test: fn(&u8) -> bool| value.iter().any(test);
    let is_mixed = has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit);
    let is_long = value.len() >= LONGEST_WORD && value.iter().all(u8::is_ascii_alphabetic);
    value.len() >= SHORTEST_VALUE && (is_mixed || is_long)
}

/// What looks like a JSON Web Token, sent or not.
fn json_web_tokens(text: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = text[from..].windows(3).position(|it| it == b"eyJ") {
        let start = from + at;
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let length =
            text[start..].iter().position(|byte| !is_part(byte)).unwrap_or(text.len() - start);
        let token = &text[start..start + length];
        if length > SHORTEST_JWT && token.contains(&b'.') {
            found.push(start..start + length);
        }
        from = start + length;
    }
    found
}
