//! Which parameters and cookies hold a credential, and which words call a value one.

use super::headers::has_part;
use crate::inspect::words::squashed;

/// Names of parameters that are keys or tokens as they are.
const PARAMS: [&str; 8] = ["key", "sig", "code", "sid", "pass", "pwd", "otp", "ticket"];

/// Names of parameters whose values may be random as well as words.
const OFTEN_RANDOM: [&str; 2] = ["state", "nonce"];

/// A shorter value of these is a word.
const SHORTEST_RANDOM: usize = 8;

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

/// Words before a value that say that it is a secret.
const WORDS: [&str; 14] = [
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

/// The names of cookies that identify a session.
const SESSIONS: [&str; 9] =
    ["sid", "connectsid", "auth", "token", "jwt", "idtoken", "sess", "authorization", "bearer"];

/// How such names end, but for a number behind it.
const ENDS_OF_SESSIONS: [&str; 7] = [
    "session",
    "sessid",
    "authtoken",
    "accesstoken",
    "refreshtoken",
    "rememberme",
    "remembertoken",
];

/// What may follow these. Anything else is about the session, and does not identify it: `session_theme`.
const BEHIND: [&str; 7] = ["id", "token", "key", "hash", "jwt", "idsso", "samesite"];

/// Parts of such names that are followed by anything.
const PARTS_OF_SESSIONS: [&str; 6] =
    ["jsessionid", "aspsessionid", "loggedin", "aspnetcoreidentity", "aspxauth", "ghsess"];

/// Parts of the names of other cookies: those against forged requests, which a page repeats on purpose.
const PARTS_OF_OTHERS: [&str; 5] = ["csrf", "xsrf", "antiforgery", "sessionstorage", "expir"];

/// Whether a query has a parameter whose name says that its value may be a key or a token.
pub(in crate::inspect) fn may_hold_secret(query: &str) -> bool {
    pairs(query).any(|(name, _)| is_key_param(name))
}

/// The names and values of a query or a form, encoded as they are.
pub(super) fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.split('&').filter_map(|pair| pair.split_once('='))
}

/// Whether the name of a parameter says that its value may be a key or a token.
pub(super) fn is_key_param(name: &str) -> bool {
    PARAMS.iter().any(|it| name.eq_ignore_ascii_case(it)) || has_part(name)
}

/// Whether a parameter may be a secret, by its name and its value.
pub(in crate::inspect) fn may_be_secret(name: &str, value: &str) -> bool {
    let is_random = || {
        let name = name.to_ascii_lowercase();
        OFTEN_RANDOM.contains(&&name[..])
            && value.len() >= SHORTEST_RANDOM
            && value.bytes().any(|byte| byte.is_ascii_digit())
    };
    is_key_param(name) || is_random()
}

/// Whether a parameter of credentials is a secret, by its name.
pub(super) fn is_secret_param(name: &str) -> bool {
    !NO_SECRETS.iter().any(|it| name.eq_ignore_ascii_case(it))
}

/// Whether a word before a value says that the value is a secret: `"accessToken": `.
pub(in crate::inspect) fn calls_secret(word: &str) -> bool {
    squashed(word).is_some_and(|word| WORDS.iter().any(|known| word.ends_with(known)))
}

/// Whether a cookie identifies the session of a user, by its name. Those against forged requests do not; nor do
/// languages, themes and counters of visits.
pub(in crate::inspect) fn is_session(name: &[u8]) -> bool {
    let Some(name) = str::from_utf8(name).ok().and_then(squashed) else { return false };
    let name = name.trim_start_matches("host").trim_start_matches("secure");
    let is_named = SESSIONS.contains(&name)
        || PARTS_OF_SESSIONS.iter().any(|part| name.contains(part))
        || ends_like_session(name.trim_end_matches(|c: char| c.is_ascii_digit()));
    is_named && !is_other(name)
}

fn ends_like_session(name: &str) -> bool {
    let is_end = |name: &str| ENDS_OF_SESSIONS.iter().any(|end| name.ends_with(end));
    is_end(name) || BEHIND.iter().any(|behind| name.strip_suffix(behind).is_some_and(is_end))
}

/// Whether a page repeats the cookie of this name on purpose.
pub(in crate::inspect) fn is_against_forgery(name: &[u8]) -> bool {
    str::from_utf8(name).ok().and_then(squashed).is_some_and(|name| is_other(&name))
}

fn is_other(name: &str) -> bool {
    PARTS_OF_OTHERS.iter().any(|part| name.contains(part))
}
