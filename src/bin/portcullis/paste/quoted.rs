//! Tests: what a connection uses, and bodies that quote HTTP.

use super::{Paste, read};

fn paste(text: &str) -> Paste {
    read(text.as_bytes()).unwrap_or_else(|error| panic!("{error:?}: {text}"))
}

fn statuses(paste: &Paste) -> Vec<u16> {
    paste.exchanges.iter().map(|pasted| pasted.response.status().as_u16()).collect()
}

/// An exchange behind these lines of curl.
fn behind(lines: &str) -> String {
    format!("{lines}\n> GET /a HTTP/1.1\n> Host: api.example\n>\n< HTTP/1.1 401 No\n<\n")
}

#[test]
fn i17_a_connection_is_encrypted_if_curl_speaks_of_tls() {
    for (lines, is_encrypted) in [
        ("*   Trying 192.0.2.1:443...\n* SSL connection using TLSv1.3 / A", Some(true)),
        // Windows.
        (
            "*   Trying 192.0.2.1:443...\n* schannel: disabled automatic use of client certificate",
            Some(true),
        ),
        ("*   Trying 192.0.2.1:8443...\n* ALPN: curl offers http/1.1", Some(true)),
        ("* Re-using existing https: connection with host api.example", Some(true)),
        ("*   Trying 192.0.2.1:80...", Some(false)),
        ("*   Trying [2001:db8::1]:80...", Some(false)),
        ("* Re-using existing http: connection with host api.example", Some(false)),
        // Another port tells nothing.
        ("*   Trying 192.0.2.1:443...", None),
        ("*   Trying 192.0.2.1:8080...", None),
        ("*   Trying 192.0.2.1...", None),
        ("* Re-using existing connection! (#0) with host api.example", None),
    ] {
        let pasted = paste(&behind(lines));
        assert_eq!(pasted.exchanges[0].is_encrypted, is_encrypted, "{lines}");
    }
    // A hop over HTTP before it.
    let existing = "* Re-using existing https: connection with host api.example";
    let both = behind("*   Trying 192.0.2.1:80...") + &behind(existing);
    let encrypted: Vec<_> = paste(&both).exchanges.iter().map(|it| it.is_encrypted).collect();
    assert_eq!(encrypted, [Some(false), Some(true)]);
}

#[test]
fn a_body_that_quotes_an_exchange_is_read_to_its_length() {
    let quoted = "see:\n> GET /b HTTP/1.1\n> Host: b\n>\n< HTTP/1.1 401 Unauthorized\n< a: b\n<\n";
    let head = |length: &str| {
        format!("> GET /a HTTP/1.1\n> Host: a\n>\n< HTTP/1.1 403 No\n< {length}\n<\n")
    };
    let length = format!("content-length: {}", quoted.len());
    for end in
        ["", "* Connection #0 to host a left intact\n", "\n* Connection #0 to host a left intact"]
    {
        let one = paste(&format!("{}{quoted}{end}", head(&length)));
        assert_eq!(statuses(&one), [403], "{end}");
        assert_eq!(one.exchanges[0].body, quoted.as_bytes(), "{end}");
        assert!(one.exchanges[0].is_body_known, "{end}");
    }
    let sized = format!("{}{{ [{} bytes data]\n{quoted}", head(&length), quoted.len());
    assert_eq!(statuses(&paste(&sized)), [403]);
    // What follows is judged as well.
    let two = format!("{}{quoted}{}", head(&length), head("content-length: 0"));
    assert_eq!(statuses(&paste(&two)), [403, 403]);
    // Without a length a response has a request in front of it, if another one has.
    let answer = "see:\n< HTTP/1.1 401 Unauthorized\n< a: b\n<\n";
    let one = paste(&format!("{}{answer}", head("transfer-encoding: chunked")));
    assert_eq!(statuses(&one), [403]);
    assert_eq!(one.exchanges[0].body, answer.as_bytes());
    // The body of a redirect is not printed, and one that was cut off ends at the next request.
    for length in ["content-length: 154", "content-length: 30"] {
        let redirected = head(length).replace("403", "302");
        let both = format!("{redirected}* Ignoring the response-body\n{}", head("a: b"));
        assert_eq!(statuses(&paste(&both)), [302, 403]);
        let cut = format!("{}{{\"a\": \n{}", head(length), head("a: b"));
        assert_eq!(statuses(&paste(&cut)), [403, 403]);
    }
}

#[test]
fn a_response_that_may_be_quoted_is_noted() {
    let quoted = "see:\nHTTP/1.1 401 Unauthorized\nwww-authenticate: Basic\n\n";
    let text = format!("HTTP/1.1 403 No\ncontent-type: text/plain\n\n{quoted}");
    let both = paste(&text);
    assert_eq!(statuses(&both), [403, 401]);
    assert_eq!(
        both.notes,
        ["the 403 response has no length: the 401 response behind it may be a part of its body"]
    );
    // The body ends where its length says, or there is none.
    for text in [
        "HTTP/1.1 403 No\ncontent-length: 2\n\nnoHTTP/1.1 401 No\na: b\n\n",
        "HTTP/1.1 302 No\nlocation: /a\n\nHTTP/1.1 401 No\na: b\n\n",
    ] {
        assert_eq!(paste(text).notes.len(), 0, "{text}");
    }
}
