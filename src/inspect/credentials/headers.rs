//! Which headers hold a credential, by their names. The command `portcullis` reads this list as well.

use http::HeaderName;

/// What the name of a header says of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// It is a key or a token, by convention.
    Credential,
    /// It may be one, or have one in it.
    Perhaps,
    /// It is none.
    Nothing,
}

/// Headers in which clients send keys and tokens by convention.
const KEYS: [&str; 16] = [
    "access-token",
    "api-key",
    "apikey",
    "deploy-token",
    "job-token",
    "ocp-apim-subscription-key",
    "private-token",
    "x-amz-security-token",
    "x-apikey",
    "x-auth-key",
    "x-consul-token",
    "x-functions-key",
    "x-rapidapi-key",
    "x-session-token",
    "x-subject-token",
    "x-vault-token",
];

/// How the names of others end.
const ENDS: [&str; 3] = ["-api-key", "-access-token", "-auth-token"];

/// Parts of the names of headers, parameters and cookies whose values may be keys or tokens. `auth` is one as
/// well, but for [`authors`](has_auth).
const PARTS: [&str; 12] = [
    "token",
    "cookie",
    "session",
    "secret",
    "passw",
    "jwt",
    "assertion",
    "signature",
    "cert",
    "apikey",
    "api-key",
    "api_key",
];

/// Headers that have such a part in their name, or end with `-key`, and hold no secret.
const HARMLESS: [&str; 6] = [
    "authentication-control",
    "idempotency-key",
    "optional-www-authenticate",
    "proxy-authenticate",
    "sec-websocket-key",
    "www-authenticate",
];

/// What the name of this header says of its value.
pub(crate) fn of_name(name: &HeaderName) -> Holds {
    let name = name.as_str();
    match () {
        () if KEYS.contains(&name) || ENDS.iter().any(|end| name.ends_with(end)) => {
            Holds::Credential
        }
        () if HARMLESS.contains(&name) => Holds::Nothing,
        () if name.ends_with("-key") || matches!(name, "dpop" | "sec-websocket-protocol") => {
            Holds::Perhaps
        }
        () if has_part(name) => Holds::Perhaps,
        () => Holds::Nothing,
    }
}

/// Whether a name has a part that says that the value may be a key or a token.
pub(crate) fn has_part(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PARTS.iter().any(|part| name.contains(part)) || has_auth(&name)
}

/// Whether a name has `auth`, other than in `author` and `authority`.
fn has_auth(name: &str) -> bool {
    name.match_indices("auth").any(|(at, _)| {
        let rest = &name[at..];
        let is_of_author = rest.starts_with("author")
            && !["authoris", "authoriz"].iter().any(|word| rest.starts_with(word));
        !is_of_author
    })
}
