//! Redirects are reported, and not followed.

use http::StatusCode;
use http::header::LOCATION;

use crate::paste;
use crate::shown_address::shown_address;

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
    Some(format!("{status} to {}", shown_address(&String::from_utf8_lossy(location.as_bytes()))))
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
        assert_eq!(redirect("/retry/aBcDeFgH/again"), "302 to /retry/…/again");
        assert_eq!(redirect("/oauth2/signIn"), "302 to /oauth2/signIn");
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
