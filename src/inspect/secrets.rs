//! Which credentials of a request a response must not repeat.

use std::borrow::Cow;

use http::HeaderName;

use crate::percent;

use super::credentials::{self, Credential, Part, is_of_session};
use super::exchange::Sent;
use super::words::{denies, squashed};

/// A secret of a request.
pub(super) struct Secret<'a> {
    pub(super) header: &'a HeaderName,
    pub(super) bytes: Cow<'a, [u8]>,
    /// Whether it is long and unlike a word, so that it stands in a text only if it was put there.
    pub(super) is_unmistakable: bool,
}

/// The shortest secret that is looked for, in bytes.
const SHORTEST: usize = 6;
/// The longest. Tokens are shorter, since many servers refuse longer lines.
const LONGEST: usize = 8 * 1024;
/// How many secrets of a request are looked for.
const MOST: usize = 64;
/// The shortest, of letters and separators, that is in no text by chance.
const UNMISTAKABLE: usize = 8;
/// The shortest of digits alone.
const UNMISTAKABLE_NUMBER: usize = 16;
/// The shortest of letters alone.
const LONG: usize = 24;

/// The secrets of a request, each once. Those of cookies come last.
pub(super) fn secrets(sent: Sent<'_>) -> Vec<Secret<'_>> {
    let mut found = Found(Vec::new());
    let (cookies, others): (Vec<_>, Vec<_>) = credentials::of_request(sent)
        .into_iter()
        .partition(|it| matches!(it.part, Part::Cookie { .. }));
    for credential in others.into_iter().chain(cookies) {
        found.add_credential(credential);
    }
    found.0
}

struct Found<'a>(Vec<Secret<'a>>);

impl<'a> Found<'a> {
    fn add_credential(&mut self, credential: Credential<'a>) {
        let Credential { header: Some(header), part, bytes } = credential else { return };
        match part {
            Part::Token | Part::Params | Part::Key => self.add(header, bytes),
            Part::Login => self.add_login(header, bytes),
            Part::Cookie { name, is_declared } if is_of_session(name, &bytes, is_declared) => {
                let decoded: Vec<u8> = percent::decode(&bytes).collect();
                // A server that signs a cookie adds a signature to what identifies the session.
                let signed = decoded.strip_prefix(b"s:").filter(|_| name == b"connect.sid");
                let id = signed.and_then(|it| it.split(|byte| *byte == b'.').next());
                let id = id.map(<[u8]>::to_vec);
                self.add(header, bytes);
                self.add(header, decoded.into());
                self.add(header, id.unwrap_or_default().into());
            }
            // A parameter that is signed is no secret by itself.
            Part::Cookie { .. } | Part::Param | Part::Perhaps => {}
        }
    }

    fn add_login(&mut self, header: &'a HeaderName, login: Cow<'a, [u8]>) {
        let Some(colon) = login.iter().position(|byte| *byte == b':') else { return };
        let (user, password) = (login[..colon].to_vec(), login[colon + 1..].to_vec());
        // Some services expect their key as the name.
        let is_key = matches!(&password[..], b"" | b"x-oauth-basic")
            && !user.contains(&b'@')
            && !is_wordy(&user);
        if !password.is_empty() && !is_example(&user, &password) {
            if (SHORTEST..=LONGEST).contains(&login.len()) {
                let is_unmistakable = login.len() >= UNMISTAKABLE;
                self.0.push(Secret { header, is_unmistakable, bytes: login });
            }
            self.add(header, password.into());
        }
        if is_key {
            self.add(header, user.into());
        }
    }

    fn add(&mut self, header: &'a HeaderName, bytes: Cow<'a, [u8]>) {
        let is_known = self.0.iter().any(|secret| secret.bytes == bytes);
        let is_long = (SHORTEST..=LONGEST).contains(&bytes.len());
        if self.0.len() >= MOST || !is_long || is_known || is_placeholder(&bytes) {
            return;
        }
        let is_unmistakable = !is_wordy(&bytes);
        self.0.push(Secret { header, bytes, is_unmistakable });
    }
}

/// What a text may contain by chance: words, numbers and dates.
fn is_wordy(bytes: &[u8]) -> bool {
    let any = |test: fn(&u8) -> bool| bytes.iter().any(test);
    let (has_letters, has_digits) = (any(u8::is_ascii_alphabetic), any(u8::is_ascii_digit));
    let length = bytes.len();
    match () {
        () if !bytes.is_ascii() || (has_letters && has_digits) => false,
        () if !has_letters => length < UNMISTAKABLE_NUMBER,
        // Words with something between them.
        () if !bytes.iter().all(u8::is_ascii_alphabetic) => length < UNMISTAKABLE,
        // Capitals within it are those of no word.
        () => {
            let pairs = bytes.windows(2);
            let is_random =
                pairs.filter(|it| it[0].is_ascii_lowercase() && it[1].is_ascii_uppercase()).count();
            length < LONG && is_random < 2
        }
    }
}

/// What stands for a credential in texts about credentials.
fn is_placeholder(bytes: &[u8]) -> bool {
    let Some(text) = str::from_utf8(bytes).ok().and_then(squashed) else { return false };
    let words = [
        "accesstoken",
        "apikey",
        "bearer",
        "credentials",
        "expired",
        "invalid",
        "malformed",
        "missing",
        "notatoken",
        "password",
        "placeholder",
        "redacted",
        "required",
        "secret",
        "token",
        "unknown",
    ];
    words.contains(&&text[..]) || denies(&text)
}

/// A pair as in the documentation of a command.
fn is_example(user: &[u8], password: &[u8]) -> bool {
    let is = |text: &[u8], words: &[&str]| {
        words.iter().any(|it| text.eq_ignore_ascii_case(it.as_bytes()))
    };
    is(user, &["login", "name", "user", "username"])
        && is(password, &["pass", "passwd", "password", "secret"])
}
