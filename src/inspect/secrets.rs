//! Which headers of a request hold credentials, and which parts of them are secret.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName};

use crate::challenge::Credentials;
use crate::percent;

use super::words::{denies, squashed};

/// Headers in which keys are sent by convention.
const KEYS: [HeaderName; 5] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-auth-token"),
    HeaderName::from_static("x-access-token"),
    HeaderName::from_static("private-token"),
];

/// A secret of a request.
pub(super) struct Secret {
    pub(super) header: HeaderName,
    pub(super) bytes: Vec<u8>,
    /// Whether it is long and unlike a word, so that it stands in a text only if it was put there.
    pub(super) is_unmistakable: bool,
}

/// The shortest secret that is looked for, in bytes.
const SHORTEST: usize = 6;
/// The shortest, of letters and separators, that is in no text by chance.
const UNMISTAKABLE: usize = 8;
/// The shortest of digits alone.
const UNMISTAKABLE_NUMBER: usize = 16;
/// The shortest of letters alone.
const LONG: usize = 24;

/// The headers of the request with the credentials of somebody: `Authorization`, keys, and cookies of
/// sessions.
pub(super) fn credential_headers(headers: &HeaderMap) -> impl Iterator<Item = HeaderName> {
    let names = [AUTHORIZATION, PROXY_AUTHORIZATION].into_iter().chain(KEYS);
    let has_session = cookies(headers).any(|(name, value)| is_session(name, value));
    names.filter(|name| headers.contains_key(name)).chain(has_session.then_some(COOKIE))
}

/// The secrets of a request, each once.
pub(super) fn secrets(headers: &HeaderMap) -> Vec<Secret> {
    let mut found = Vec::new();
    for name in [AUTHORIZATION, PROXY_AUTHORIZATION] {
        for line in headers.get_all(&name) {
            of_authorization(&name, line.as_bytes(), &mut found);
        }
    }
    for name in KEYS {
        for line in headers.get_all(&name) {
            add(&name, line.as_bytes().trim_ascii(), &mut found);
        }
    }
    for (name, value) in cookies(headers).filter(|(name, value)| is_session(name, value)) {
        // Whoever signs a cookie adds a signature to what identifies the session.
        let decoded: Vec<u8> = percent::decode(value).collect();
        add(&COOKIE, value, &mut found);
        add(&COOKIE, &decoded, &mut found);
        if let Some(signed) = decoded.strip_prefix(b"s:")
            && name == b"connect.sid"
        {
            let end = signed.iter().position(|byte| *byte == b'.').unwrap_or(signed.len());
            add(&COOKIE, &signed[..end], &mut found);
        }
    }
    found
}

fn of_authorization(name: &HeaderName, value: &[u8], found: &mut Vec<Secret>) {
    let value = value.trim_ascii();
    let sent = Credentials::parse(value);
    let Some(sent) = sent.filter(|sent| sent.scheme().len() < value.len()) else {
        // A token without a scheme.
        return add(name, value, found);
    };
    let rest = value[sent.scheme().len()..].trim_ascii();
    add(name, rest, found);
    if !sent.is("Basic") {
        return;
    }
    let Ok(login) = STANDARD.decode(rest).or_else(|_| STANDARD_NO_PAD.decode(rest)) else { return };
    let Some(colon) = login.iter().position(|byte| *byte == b':') else { return };
    let (user, password) = (&login[..colon], &login[colon + 1..]);
    if !password.is_empty() && !is_example(user, password) {
        let secret = Secret {
            header: name.clone(),
            is_unmistakable: login.len() >= UNMISTAKABLE,
            bytes: login.clone(),
        };
        found.extend((login.len() >= SHORTEST).then_some(secret));
        add(name, password, found);
    }
    // Some services expect their key as the name.
    if matches!(password, b"" | b"x-oauth-basic") && !user.contains(&b'@') && !is_wordy(user) {
        add(name, user, found);
    }
}

fn add(header: &HeaderName, bytes: &[u8], found: &mut Vec<Secret>) {
    let is_known = found.iter().any(|secret| secret.bytes == bytes);
    if bytes.len() < SHORTEST || is_known || is_placeholder(bytes) {
        return;
    }
    let is_unmistakable = !is_wordy(bytes);
    found.push(Secret { header: header.clone(), bytes: bytes.to_vec(), is_unmistakable });
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

/// The name and the value of each cookie of the request.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = (&[u8], &[u8])> {
    let lines = headers.get_all(COOKIE).iter();
    lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';')).filter_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let value = pair[equals + 1..].trim_ascii();
        let value =
            value.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(value);
        Some((pair[..equals].trim_ascii(), value))
    })
}

/// Whether a cookie identifies somebody's session, by its name. Those against forged requests do not, and a
/// page repeats them on purpose; nor do languages, themes and counters of visits.
fn is_session(name: &[u8], value: &[u8]) -> bool {
    const WHOLE: &[&str] = &[
        "sid",
        "connectsid",
        "auth",
        "token",
        "jwt",
        "idtoken",
        "sess",
        "authorization",
        "bearer",
    ];
    const PART: &[&str] = &[
        "session",
        "sessid",
        "authtoken",
        "accesstoken",
        "refreshtoken",
        "rememberme",
        "remembertoken",
        "loggedin",
        "aspnetcoreidentity",
        "aspxauth",
        "ghsess",
    ];
    const NONE: &[&str] = &["csrf", "xsrf", "antiforgery", "sessionstorage", "expir"];
    let Some(name) = str::from_utf8(name).ok().and_then(squashed) else { return false };
    let name = name.trim_start_matches("host").trim_start_matches("secure");
    let is_named = WHOLE.contains(&name) || PART.iter().any(|part| name.contains(part));
    is_named && !NONE.iter().any(|part| name.contains(part)) && !matches!(value, b"" | b"deleted")
}
