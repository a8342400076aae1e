//! Digest at a proxy: B01, B02, H05.

use portcullis::AuthenticateLayer;

use crate::client::Client;
use crate::support::{Server, get};
use crate::{digest, site};

#[test]
fn h05_a_proxy_sends_proxy_authentication_info() {
    let stage = AuthenticateLayer::new(digest()).at_proxy().unwrap();
    let server = Server::start(site().layer(stage));
    let refused = get(server.address, "/", &[]);
    assert_eq!((refused.status, refused.lines("proxy-authenticate").len()), (407, 1));

    let mut client = Client::of(&refused, "Mufasa", "Circle of Life");
    // Credentials for the origin do not count at a proxy.
    let line = client.line("GET", "/");
    assert_eq!(get(server.address, "/", &[&line]).status, 407);
    let nc = format!("{:08x}", client.count + 1);
    let line = client.line("GET", "/").replace("authorization:", "proxy-authorization:");
    let answer = get(server.address, "/", &[&line]);
    assert_eq!((answer.status, answer.text()), (200, "Mufasa"));
    let info = answer.field("proxy-authentication-info").expect("Proxy-Authentication-Info");
    let rspauth = client.input(&nc).response("", "/");
    assert!(info.starts_with(&format!("rspauth=\"{rspauth}\"")), "{info}");
    assert_eq!(answer.field("authentication-info"), None, "that is the origin's");
}
