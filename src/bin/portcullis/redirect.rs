//! Redirects are reported, and not followed.

use http::StatusCode;
use http::header::LOCATION;

use crate::paste;

/// The longest address that is shown.
const MAX: usize = 200;

/// The status of the response that begins like this.
pub(crate) fn status_of(beginning: &[u8]) -> Option<StatusCode> {
    Some(paste::read(beginning).ok()?.exchanges.first()?.response.status())
}

/// The status and the destination, if the response that begins like this is a redirect.
pub(crate) fn of(beginning: &[u8]) -> Option<String> {
    let pasted = paste::read(beginning).ok()?;
    let response = &pasted.exchanges.first()?.response;
    let location =
        response.headers().get(LOCATION).filter(|_| response.status().is_redirection())?;
    let status = response.status().as_u16();
    Some(format!("{status} to {}", shown(&String::from_utf8_lossy(location.as_bytes()))))
}

/// An address without the parts that may have a credential: a user with a password, a query, a fragment,
/// parameters such as `;jsessionid=`, and the segments of the path that are not a word.
fn shown(location: &str) -> String {
    let end = location.find(['?', '#', ';']).unwrap_or(location.len());
    let more = if end < location.len() { "…" } else { "" };
    let location = &location[..end];
    let begin = location.find("//").map_or(0, |slashes| slashes + 2);
    let (scheme, rest) = location.split_at(begin);
    let host = rest.find('/').unwrap_or(rest.len());
    let rest = rest[..host].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    let (host, path) = rest.split_at(rest.find('/').filter(|_| begin > 0).unwrap_or(0));
    let path = path.split('/').map(|name| if is_word(name) { name } else { "…" });
    let address = format!("{host}{}", path.collect::<Vec<_>>().join("/"));
    format!("{scheme}{}{more}", address.chars().take(MAX).collect::<String>())
}

/// Whether a segment of a path is one or more words, such as `sign-in`, and no token.
fn is_word(name: &str) -> bool {
    const LONGEST: usize = 20;
    name.len() <= LONGEST
        && name.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn a_destination_is_shown_without_what_may_be_a_credential() {
        let redirect = |location: &str| {
            of(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n").as_bytes()).unwrap()
        };
        assert_eq!(redirect("/login"), "302 to /login");
        assert_eq!(redirect("/login;jsessionid=s3cret"), "302 to /login…");
        assert_eq!(redirect("/login?token=s3cret"), "302 to /login…");
        assert_eq!(redirect("https://a:s3cret@b.example/c#s3cret"), "302 to https://b.example/c…");
        assert_eq!(redirect("//b.example/a@c"), "302 to //b.example/…");
        assert_eq!(redirect("/retry/s3cret/again"), "302 to /retry/…/again");
        assert_eq!(
            redirect("https://b.example/login%3Ftoken=s3cret"),
            "302 to https://b.example/…"
        );
        assert_eq!(redirect("https://b.example"), "302 to https://b.example");
        assert_eq!(redirect(&"a".repeat(5000)), "302 to …");
        assert_eq!(redirect(&"/a".repeat(5000)).len(), "302 to ".len() + 200);
    }

    #[test]
    fn other_responses_are_none() {
        assert_eq!(of(b"HTTP/1.1 200 OK\r\nlocation: /a\r\n\r\n"), None);
        assert_eq!(of(b"HTTP/1.1 302 Found\r\n\r\n"), None);
        assert_eq!(of(b"SSH-2.0-OpenSSH_9.2\r\n"), None);
        assert_eq!(of(b""), None);
        let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 307 T\r\nlocation: /a\r\n\r\n";
        assert_eq!(of(interim).as_deref(), Some("307 to /a"));
    }
}
