//! `Authentication-Info`: RFC 7615 §3, RFC 7616 §3.5 (H05).
//!
//! The input is the field's lines.

use headers::{Header, HeaderMapExt};
use http::{HeaderMap, HeaderValue};
use portcullis::challenge::AuthenticationInfo;

use crate::reference;

pub fn check(data: &[u8]) -> Option<()> {
    let mut lines = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        lines.push(HeaderValue::from_bytes(line.trim_ascii()).ok()?);
    }
    let read = AuthenticationInfo::decode(&mut lines.iter());
    assert_as_http_auth(&lines, read.as_ref().ok());
    if let Ok(read) = read {
        assert_read_back(&read);
        assert_built(&read);
    }
    Some(())
}

/// What is written is read as it was, and written the same again.
fn assert_read_back(read: &AuthenticationInfo) {
    let written = read.header_value();
    assert!(written.as_bytes().iter().all(reference::is_field_byte), "{written:?}");
    let mut headers = HeaderMap::new();
    headers.typed_insert(read.clone());
    let again: AuthenticationInfo = headers.typed_get().expect("what is written is read");
    assert_eq!(&again, read);
    assert_eq!(again.header_value(), written);
}

/// Whatever was read can be built if it is printable ASCII, and is read back by its names.
fn assert_built(read: &AuthenticationInfo) {
    let mut builder = AuthenticationInfo::builder();
    if let Some(nonce) = read.next_nonce() {
        builder = builder.next_nonce(nonce);
    }
    if let Some(digest) = read.rspauth() {
        builder = builder.rspauth(digest);
    }
    if let Some(nonce) = read.cnonce() {
        builder = builder.cnonce(nonce);
    }
    if let Some(count) = read.nc() {
        builder = builder.nc(count);
    }
    if let Some(qop) = read.qop() {
        builder = builder.qop(qop);
    }
    let quoted = [read.next_nonce(), read.rspauth(), read.cnonce()];
    let is_printable = |text: &str| text.bytes().all(|byte| reference::is_printable(&byte));
    let is_token = |qop: &str| matches!(reference::scheme(qop.as_bytes()), Some((_, b"")));
    let fits = quoted.into_iter().flatten().all(is_printable) && read.qop().is_none_or(is_token);
    let built = builder.build();
    assert_eq!(built.is_ok(), fits);
    let Ok(built) = built else { return };
    let line = built.header_value();
    assert!(line.as_bytes().iter().all(reference::is_printable), "{line:?}");
    if !line.is_empty() {
        let again = AuthenticationInfo::decode(&mut [line].into_iter()).expect("it was built");
        assert_eq!(again, built);
        assert_eq!(
            (again.next_nonce(), again.rspauth(), again.cnonce(), again.nc(), again.qop()),
            (read.next_nonce(), read.rspauth(), read.cnonce(), read.nc(), read.qop()),
        );
    }
}

/// Behind a scheme the field is a challenge, which the `http-auth` crate reads, too.
fn assert_as_http_auth(lines: &[HeaderValue], read: Option<&AuthenticationInfo>) {
    let lines: Vec<&[u8]> = lines.iter().map(HeaderValue::as_bytes).collect();
    let field = [b"X ", &lines.join(&b", "[..])[..]].concat();
    let Some(expected) = reference::params("X", &field) else { return };
    // A quoted-string that spans lines is one of theirs, and 64 parameters are the most for us.
    let Some(read) = read else {
        let spans = lines.len() > 1 && field.contains(&b'"');
        return assert!(spans || expected.is_empty() || expected.len() > 64);
    };
    for (name, value) in &expected {
        assert_eq!(read.param(name), Some(&**value));
    }
    // `Debug` prints the names and nothing else.
    let names: Vec<&str> = expected.iter().map(|(name, _)| &**name).collect();
    assert_eq!(format!("{read:?}"), format!("AuthenticationInfo({names:?})"));
}
