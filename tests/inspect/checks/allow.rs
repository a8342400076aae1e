//! I26: what a 405 says of methods. I27: what a body says of itself.

use super::wire::{bytes_seen, seen};

const ID26: &str = "allow-missing";
const ID27: &str = "content-type-missing";

#[test]
fn i26_a_405_that_contradicts_itself_or_lists_nothing_is_found() {
    assert_eq!(seen(ID26, "PUT /", "405"), "error no allow");
    assert_eq!(seen(ID26, "", "405"), "error no allow");
    assert_eq!(seen(ID26, "PUT /", "405\nallow: GET,PUT"), "error allow[0] `PUT`");
    assert_eq!(
        seen(ID26, "FROB /", "405\nallow: GET\nallow: HEAD , FROB , X"),
        "error allow[1] `FROB`"
    );
    assert_eq!(seen(ID26, "HEAD /", "405\nallow: GET, HEAD"), "error allow[0] `HEAD`");
}

#[test]
fn i26_lists_of_other_methods_are_right() {
    for (request, response) in [
        ("PUT /", "405\nallow: GET, HEAD"),
        // No method is allowed, for now.
        ("GET /", "405\nallow:"),
        ("HEAD /", "405\nallow: GET"),
        // Methods are compared with case, and as a whole.
        ("get /", "405\nallow: GET"),
        ("PUT /", "405\nallow: PUTT, XPUT"),
        ("", "405\nallow: GET, PUT"),
        // The method that was meant is another one.
        ("POST /\nx-http-method-override: DELETE", "405\nallow: GET, POST"),
        ("POST /?a=1&_method=delete", "405\nallow: GET, POST"),
        // A proxy is not the origin server.
        ("CONNECT example.com:25", "405"),
        ("PUT /", "501"),
        ("PUT /", "403"),
        ("OPTIONS /", "200\nallow: OPTIONS"),
    ] {
        assert_eq!(seen(ID26, request, response), "", "{request} {response}");
    }
}

#[test]
fn i27_a_body_without_a_type_is_found() {
    for status in ["400", "401", "403", "404", "407", "429", "500", "503"] {
        let response = format!("{status}\n\ndenied");
        assert_eq!(seen(ID27, "GET /", &response), "warning no content-type", "{status}");
    }
    assert_eq!(seen(ID27, "", "403\ncontent-type:\n\nno"), "warning content-type[0] ``");
    assert_eq!(seen(ID27, "", "403\ncontent-type: json\n\n{}"), "warning content-type[0] `json`");
    // Whatever the bytes are.
    let gzip = [0x1f, 0x8b, 8, 0, 0xff];
    assert_eq!(
        bytes_seen(ID27, "", "403\ncontent-encoding: gzip", &gzip),
        "warning no content-type"
    );
}

#[test]
fn i27_no_body_needs_no_type() {
    for (request, response) in [
        ("GET /", "401"),
        ("GET /", "401\ncontent-length: 0"),
        ("HEAD /", "401\ncontent-length: 6"),
        ("GET /", "401\ncontent-type: text/plain\n\ndenied"),
        ("GET /", "401\ncontent-type: application/vnd.x\n\ndenied"),
        // These are no refusals.
        ("GET /", "200\n\nhello"),
        ("GET /", "302\n\nhello"),
        ("GET /", "304"),
    ] {
        assert_eq!(seen(ID27, request, response), "", "{request} {response}");
    }
}
