//! [`Secrets`]: what must not be shown of an exchange.

use std::ops::Range;

use http::header::{AUTHORIZATION, COOKIE, LOCATION, PROXY_AUTHORIZATION, SET_COOKIE};
use http::{HeaderMap, HeaderName};

use super::decoded::readings;
use crate::challenge::Credentials;
use crate::inspect::exchange::Exchange;
use crate::inspect::sent;
use crate::percent;

/// Parts of a credential that have this many bytes are hidden, too: a server may show its beginning only, and
/// a place may begin in the middle.
const PART: usize = 8;

/// A shorter credential is hidden only where it is a word of its own.
const WORD: usize = 4;

/// The longest token68 that is decoded.
const MAX_DECODED: usize = 64 * 1024;

/// The most short credentials that are looked for: each is a pass over a text.
const MAX_SHORT: usize = 64;

/// Parameters of credentials that are no secrets: those of Digest that the challenge has, or that count.
const NO_SECRETS: [&str; 10] = [
    "realm",
    "uri",
    "nonce",
    "nextnonce",
    "nc",
    "qop",
    "algorithm",
    "opaque",
    "charset",
    "userhash",
];

/// The credentials of exchanges, in small letters.
#[derive(Default)]
pub(in crate::inspect) struct Secrets {
    /// All runs of [`PART`] bytes of longer credentials, sorted.
    parts: Vec<[u8; PART]>,
    /// Credentials that are shorter.
    short: Vec<Vec<u8>>,
}

impl Secrets {
    pub(in crate::inspect) fn of<'a>(exchanges: impl IntoIterator<Item = Exchange<'a>>) -> Self {
        let mut secrets = Self::default();
        for exchange in exchanges {
            if let Some(sent) = exchange.request {
                secrets.add_target(sent.target);
                secrets.add_headers(sent.headers);
            }
            secrets.add_headers(exchange.headers);
        }
        secrets.parts.sort_unstable();
        secrets.parts.dedup();
        secrets.short.sort_unstable();
        secrets.short.dedup();
        secrets.short.truncate(MAX_SHORT);
        secrets
    }

    /// Where the text has a credential, in order.
    pub(super) fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if !self.parts.is_empty() || !self.short.is_empty() {
            for reading in readings(text) {
                let mut hide = |range| found.push(reading.source(range));
                for (index, part) in reading.bytes.windows(PART).enumerate() {
                    if self.parts.binary_search_by(|it| it[..].cmp(part)).is_ok() {
                        hide(index..index + PART);
                    }
                }
                for secret in &self.short {
                    let windows = reading.bytes.windows(secret.len()).enumerate();
                    for (index, _) in windows.filter(|(_, window)| window == secret) {
                        let range = index..index + secret.len();
                        if secret.len() >= WORD || is_word(&reading.bytes, &range) {
                            hide(range);
                        }
                    }
                }
            }
        }
        found.extend(json_web_tokens(text));
        found.sort_unstable_by_key(|range| range.start);
        found.dedup_by(|next, last| {
            let touches = next.start <= last.end;
            if touches {
                last.end = last.end.max(next.end);
            }
            touches
        });
        found
    }

    fn add_target(&mut self, target: &http::Uri) {
        let authority = target.authority().map(http::uri::Authority::as_str);
        if let Some((user, _)) = authority.and_then(|it| it.rsplit_once('@')) {
            self.add_login(user.as_bytes());
        }
        self.add_pairs(target.query().unwrap_or_default());
    }

    /// Those parameters of a query, a fragment or a form that are keys or tokens.
    fn add_pairs(&mut self, query: &str) {
        for (_, value) in sent::pairs(query).filter(|(name, _)| sent::is_key_param(name)) {
            self.add_long(value.as_bytes());
        }
    }

    fn add_headers(&mut self, headers: &HeaderMap) {
        for (name, value) in headers {
            let value = value.as_bytes();
            match name {
                &AUTHORIZATION | &PROXY_AUTHORIZATION => self.add_credentials(value),
                &COOKIE => {
                    for cookie in value.split(|byte| *byte == b';') {
                        self.add_cookie(cookie);
                    }
                }
                &SET_COOKIE => {
                    self.add_cookie(value.split(|it| *it == b';').next().unwrap_or(value))
                }
                &LOCATION => {
                    let location = str::from_utf8(value).unwrap_or_default();
                    for part in location.split(['?', '#']).skip(1) {
                        self.add_pairs(part);
                    }
                }
                name if is_info(name) => {
                    let as_credentials = [b"Info ", value].concat();
                    self.add_params(Credentials::parse(&as_credentials), value);
                }
                name if is_challenge(name) => {}
                name if sent::is_key_header(name) => {
                    // A list, perhaps, of which some are names.
                    for item in value.split(|byte| matches!(byte, b',' | b' ' | b';')) {
                        self.add_long(item);
                    }
                }
                _ => {}
            }
        }
    }

    fn add_credentials(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        let Some(sent) = Credentials::parse(value) else { return self.add(value) };
        let rest = &value[sent.scheme().len()..];
        if rest.is_empty() {
            // A token without a scheme; the name of a scheme is shorter.
            if sent.scheme().len() > 2 * PART {
                self.add(value);
            }
        } else if !rest.starts_with(b" ") {
            self.add(value);
        } else if let Some(token68) = sent.token68() {
            self.add(token68.as_bytes());
            if let Some(login) = decode_base64(token68.as_bytes())
                && login.contains(&b':')
            {
                self.add_login(&login);
            }
        } else {
            self.add_params(Some(sent), rest);
        }
    }

    /// A user and a password. A key may be in place of the user.
    fn add_login(&mut self, login: &[u8]) {
        self.add(login);
        for part in login.splitn(2, |byte| *byte == b':') {
            self.add(part);
        }
    }

    /// The parameters that are secrets, or all of it if it does not parse.
    fn add_params(&mut self, credentials: Option<Credentials<'_>>, all: &[u8]) {
        let Some(Ok(params)) = credentials.map(|it| it.params()) else { return self.add(all) };
        let is_secret = |name: &str| !NO_SECRETS.iter().any(|it| name.eq_ignore_ascii_case(it));
        for (_, value) in params.iter().filter(|(name, _)| is_secret(name)) {
            self.add(value);
        }
    }

    fn add_cookie(&mut self, cookie: &[u8]) {
        let value =
            cookie.iter().position(|byte| *byte == b'=').map_or(cookie, |at| &cookie[at + 1..]);
        self.add_long(value);
    }

    /// Adds what is not as short as a flag.
    fn add_long(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        let value = value.strip_prefix(b"\"").unwrap_or(value);
        let value = value.strip_suffix(b"\"").unwrap_or(value);
        if value.len() >= WORD {
            self.add(value);
        }
    }

    /// Adds a credential as it is, decoded, and in the other charset.
    fn add(&mut self, value: &[u8]) {
        self.add_bytes(value);
        if value.contains(&b'%') {
            self.add_bytes(&percent::decode(value).collect::<Vec<_>>());
        }
        if !value.is_ascii() {
            match str::from_utf8(value) {
                Ok(text) => {
                    let latin: Option<Vec<u8>> =
                        text.chars().map(|c| u8::try_from(c).ok()).collect();
                    self.add_bytes(&latin.unwrap_or_default());
                }
                Err(_) => {
                    let text: String = value.iter().map(|byte| char::from(*byte)).collect();
                    self.add_bytes(text.as_bytes());
                }
            }
        }
    }

    fn add_bytes(&mut self, value: &[u8]) {
        let value = value.trim_ascii();
        let value = value.iter().filter(|it| !it.is_ascii_control()).map(u8::to_ascii_lowercase);
        let value: Vec<u8> = value.collect();
        match value.len() {
            0 => {}
            1..PART => self.short.push(value),
            _ => self
                .parts
                .extend(value.windows(PART).filter_map(|it| <[u8; PART]>::try_from(it).ok())),
        }
    }
}

/// `Authentication-Info` and `Proxy-Authentication-Info`.
fn is_info(name: &HeaderName) -> bool {
    name.as_str().ends_with("authentication-info")
}

/// Headers with authentication in their name that hold none.
fn is_challenge(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "www-authenticate"
            | "proxy-authenticate"
            | "authentication-control"
            | "optional-www-authenticate"
    )
}

/// Whether neither a letter nor a digit is beside these bytes.
fn is_word(text: &[u8], range: &Range<usize>) -> bool {
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let before = range.start.checked_sub(1).and_then(|at| text.get(at));
    !is_letter(before) && !is_letter(text.get(range.end))
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
        if length > 3 * PART && token.contains(&b'.') {
            found.push(start..start + length);
        }
        from = start + length;
    }
    found
}

/// Base64 or base64url, with or without padding; `None` if it is neither.
fn decode_base64(token68: &[u8]) -> Option<Vec<u8>> {
    if token68.len() > MAX_DECODED {
        return None;
    }
    let (mut bits, mut count, mut decoded) = (0_u32, 0, Vec::new());
    for byte in token68.iter().take_while(|byte| **byte != b'=') {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        count += 6;
        if count >= 8 {
            count -= 8;
            decoded.push((bits >> count & 0xFF) as u8);
        }
    }
    Some(decoded)
}
