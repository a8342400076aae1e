//! Streams of events, and web pages of other origins.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::support::{Answer, Connection, request, send};
use crate::{INITIALIZE, Site, bearer};

/// Opens the stream on which a server may send messages of its own; gives its head.
fn open(site: &Site, token: &str, session: &str) -> (Connection, String) {
    let fields = [token, session, "Accept: text/event-stream"].map(str::as_bytes);
    let mut connection = Connection::open(site.address());
    connection.write(&request("GET", "/mcp", &fields));
    let head = connection.read_until(b"\r\n\r\n");
    (connection, String::from_utf8(head).expect("a head").to_ascii_lowercase())
}

/// It begins at once, although nothing is sent on it yet.
#[test]
fn a_stream_begins_at_once() {
    let site = Site::start();
    let alice = site.token("alice", "notes:read");
    let (_stream, head) = open(&site, &alice, &site.begin(&alice));
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    assert!(head.contains("content-type: text/event-stream"), "{head}");
}

/// It does not outlive its token. The leeway of 60 s is nearly over here.
#[test]
fn a_stream_ends_with_its_token() {
    let site = Site::start();
    let session = site.begin(&site.token("alice", "notes:read"));
    let expired = site.issuer.sign("alice", "test", "notes:read", &site.resource, -57);
    let (stream, head) = open(&site, &bearer(&expired), &session);
    assert!(head.starts_with("http/1.1 200 "), "{head}");
    let (send, ended) = mpsc::channel();
    thread::spawn(move || {
        let mut stream = stream;
        stream.read_until(b"0\r\n\r\n"); // the last chunk
        let _ = send.send(());
    });
    // It sends a comment every 15 s, so the end is all that can come in time.
    ended.recv_timeout(Duration::from_secs(30)).expect("the end of the stream");
}

// ==== browsers ====

const INSPECTOR: &str = "Origin: http://localhost:6274";

fn preflight(site: &Site, path: &str, origin: &str) -> Answer {
    let asked = "Access-Control-Request-Headers: authorization,mcp-protocol-version,mcp-session-id";
    send(site.address(), "OPTIONS", path, &[origin, "Access-Control-Request-Method: DELETE", asked])
}

/// An inspector in a browser may send what MCP needs, and may read the challenge and the session.
#[test]
fn an_inspector_may_call_and_read() {
    let site = Site::start();
    let answer = preflight(&site, "/mcp", INSPECTOR);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.field("access-control-allow-origin"), Some("http://localhost:6274"));
    for method in ["get", "post", "delete"] {
        assert!(answer.members("access-control-allow-methods").contains(&method.to_owned()));
    }
    for header in ["authorization", "mcp-protocol-version", "mcp-session-id"] {
        assert!(answer.members("access-control-allow-headers").contains(&header.to_owned()));
    }

    let token = site.token("alice", "notes:read");
    for (fields, status) in [(vec![INSPECTOR], 401), (vec![INSPECTOR, &*token], 200)] {
        let answer = site.post(&fields, INITIALIZE);
        assert_eq!(answer.status, status);
        assert_eq!(answer.field("access-control-allow-origin"), Some("http://localhost:6274"));
        let exposed = answer.members("access-control-expose-headers");
        for header in ["mcp-session-id", "www-authenticate"] {
            assert!(exposed.contains(&header.to_owned()), "{status}: {exposed:?}");
        }
    }
}

/// Every page may read the metadata: it is public.
#[test]
fn every_page_may_read_the_metadata() {
    let site = Site::start();
    let path = "/.well-known/oauth-protected-resource/mcp";
    let answer = send(site.address(), "GET", path, &["Origin: https://page.example"]);
    assert_eq!((answer.status, answer.field("access-control-allow-origin")), (200, Some("*")));
}

/// Another page may not call, even with a token. Nor may one that reached this server by DNS rebinding.
#[test]
fn other_pages_may_not_call() {
    let site = Site::start();
    let page = "Origin: https://page.example";
    assert_eq!(preflight(&site, "/mcp", page).field("access-control-allow-origin"), None);
    let token = site.token("alice", "notes:read");
    assert_eq!(site.post(&[&token, page], INITIALIZE).status, 403);
}
