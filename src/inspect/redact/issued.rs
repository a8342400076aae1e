//! What in a text shows by itself that it is a credential, whether it was sent or not.

use std::ops::Range;

use crate::inspect::credentials::calls_secret;

/// A shorter text is no JSON Web Token.
const SHORTEST_JWT: usize = 24;

/// A shorter value after a word such as `token` is taken for a word.
const SHORTEST_VALUE: usize = 8;

/// The longest name of a value, in bytes.
const LONGEST_NAME: usize = 64;

/// Where the text has a JSON Web Token, or a value that it calls a token or a password.
pub(super) fn find(text: &[u8]) -> impl Iterator<Item = Range<usize>> {
    json_web_tokens(text).into_iter().chain(called_secrets(text))
}

/// Such as `"access_token":"2YotnFZFEjr1zCsicMWpAA"`: letters and digits after such a name.
fn called_secrets(text: &[u8]) -> Vec<Range<usize>> {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let is_separator = |byte: &u8| b"\"'\\ :=>".contains(byte);
    let is_of_value = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~+/=%|".contains(byte);
    let length =
        |from: usize, is: fn(&u8) -> bool| text[from..].iter().take_while(|it| is(it)).count();
    let mut found = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = start + length(start, is_of_name);
        let value = end + length(end, is_separator);
        let says = text[end..value].iter().any(|byte| matches!(byte, b':' | b'=' | b'>'));
        let name = &text[start.max(end.saturating_sub(LONGEST_NAME))..end];
        if says && end > start && str::from_utf8(name).is_ok_and(calls_secret) {
            let length = length(value, is_of_value);
            let bytes = &text[value..value + length];
            let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
            if length >= SHORTEST_VALUE && has(u8::is_ascii_alphabetic) && has(u8::is_ascii_digit) {
                found.push(value..value + length);
            }
        }
        start = value.max(start + 1);
    }
    found
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
