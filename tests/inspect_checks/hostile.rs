//! Texts that are made to confuse those who read them: no check panics, and each place is one of the exchange.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use portcullis::inspect::{Place, inspect};

/// What the checks look for, and pieces of it.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ":",
    ",",
    "\\",
    "\\u",
    "d83d",
    "null",
    "4",
    "01",
    "e",
    "-",
    ".",
    "\"status\":401",
    "\"error\":",
    "\"unauthorized\"",
    "\"detail\":[]",
    "<",
    ">",
    "</",
    "<title>",
    "</title>",
    "<script",
    "Log in",
    " | ",
    "type=password",
    "Access denied",
    "at ",
    "   at ",
    "\t",
    "\n",
    ".js:",
    "10:5",
    ".py\", line ",
    ".rs:",
    "panicked at ",
    ".java:",
    "(",
    ")",
    "a.b.c(",
    ".php(",
    "SQLSTATE",
    "[42S02]",
    "ORA-",
    "01017",
    "/home/",
    "/var/",
    "x.py",
    "C:\\",
    "é",
    "€",
    "𐍈",
    "\u{202e}",
    "%",
    "%2",
    "%2f",
    "%ff",
    "&",
    "&#",
    "&#x",
    "&#x2F;",
    "&amp;",
    ";",
    "tok4eC39Hq",
    "Bearer ",
    "token",
    "=",
    " ",
    "max-age",
    "public",
    "no-store",
    "s-maxage=9",
    "must-understand",
    "private=\"",
    "*",
    "Negotiate ",
    "Basic ",
    "YWxpY2U6cGE1NSJ3JnJk",
    "Fri, 31 Dec 1999 23:59:59 GMT",
    "9999",
    "//",
    "/login",
    "#",
    "?",
    "client_id=a&response_type=code",
    "GET",
    "\0",
    "\u{1b}",
    "\u{7f}",
];

const REQUEST_HEADERS: &[&str] = &["authorization", "cookie", "x-api-key", "origin", "accept"];

const HEADERS: &[&str] = &[
    "content-type",
    "content-encoding",
    "content-length",
    "retry-after",
    "allow",
    "cache-control",
    "expires",
    "date",
    "vary",
    "location",
    "cdn-cache-control",
    "www-authenticate",
    "access-control-allow-origin",
    "ratelimit",
];

const TYPES: &[&str] = &[
    "application/json",
    "application/problem+json",
    "text/html",
    "text/plain; charset=utf-8",
    "a/b+json",
    "gzip",
    "99",
];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn text(&mut self, pieces: usize) -> Vec<u8> {
        let mut text: Vec<u8> =
            (0..self.below(pieces)).flat_map(|_| self.one(PIECES).bytes()).collect();
        if self.below(8) == 0 {
            text.truncate(self.below(text.len() + 1));
        }
        text
    }

    fn headers(&mut self, names: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for _ in 0..self.below(6) {
            let name = HeaderName::from_static(self.one(names));
            let value = if self.below(2) == 0 { self.one(TYPES).into() } else { self.text(6) };
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(name, value);
            }
        }
        headers
    }
}

#[test]
fn i29_no_text_makes_a_check_panic_or_leave_the_exchange() {
    const STATUSES: &[&str] = &["200", "302", "401", "403", "404", "405", "429", "500", "503"];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut found = 0;
    for _ in 0..10_000 {
        let mut request = Request::builder().uri("/a/b?c=%2fhome/x.py").body(()).unwrap();
        *request.headers_mut() = random.headers(REQUEST_HEADERS);
        let mut response = Response::builder().status(random.one(STATUSES)).body(()).unwrap();
        *response.headers_mut() = random.headers(HEADERS);
        let body = random.text(20);
        for finding in inspect(&request, &response, &body) {
            found += 1;
            match finding.place() {
                Place::Body(range) => assert!(body.get(range.clone()).is_some(), "{finding:?}"),
                Place::Header { name, line, bytes: range } => {
                    let line = response.headers().get_all(name).iter().nth(*line).unwrap();
                    assert!(line.as_bytes().get(range.clone()).is_some(), "{finding:?}");
                }
                _ => {}
            }
        }
    }
    assert!(found > 3_000, "{found} findings");
}
