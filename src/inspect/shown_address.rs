//! What is shown of an address in a response: where it leads, without what may be a credential. The command
//! includes this file as well.

/// The longest address that is shown.
const MAX: usize = 200;

/// An address without the parts that may have a credential: a user with a password, a query, a fragment,
/// parameters such as `;jsessionid=`, and the segments of the path that are not a word. What was left out is `…`.
pub(crate) fn shown_address(address: &str) -> String {
    let end = address.find(['?', '#', ';']).unwrap_or(address.len());
    let more = if end < address.len() { "…" } else { "" };
    let address = &address[..end];
    let begin = address.find("//").map_or(0, |slashes| slashes + 2);
    let (scheme, rest) = address.split_at(begin);
    let host = rest.find('/').unwrap_or(rest.len());
    let rest = rest[..host].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    let (host, path) = rest.split_at(rest.find('/').filter(|_| begin > 0).unwrap_or(0));
    let path = path.split('/').map(|name| if is_word(name) { name } else { "…" });
    let address = format!("{host}{}", path.collect::<Vec<_>>().join("/"));
    format!("{scheme}{}{more}", address.chars().take(MAX).collect::<String>())
}

/// Whether a segment of a path is one or more words, such as `sign-in` and `oauth2`, and no token.
fn is_word(name: &str) -> bool {
    const LONGEST: usize = 20;
    const VERSIONED: [&str; 4] = ["oauth2", "saml2", "v1", "v2"];
    let is_in_words = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.');
    // Capitals within a word are those of no word, but for one, as in `signIn`.
    let bytes = name.as_bytes().windows(2);
    let capitals = bytes.filter(|it| it[0].is_ascii_lowercase() && it[1].is_ascii_uppercase());
    VERSIONED.contains(&name)
        || (name.len() <= LONGEST && name.bytes().all(is_in_words) && capitals.count() < 2)
}
