//! Texts that are made to confuse those who read them: no check panics, and each place is one of the exchange.

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use portcullis::inspect::{Finding, Place, inspect};

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

fn judge(request: &[(&str, &str)], response: &[(&str, &str)], body: &[u8]) -> Vec<Finding> {
    let name = |name: &str| HeaderName::from_bytes(name.as_bytes()).unwrap();
    let mut sent = Request::get("https://a.example/").body(()).unwrap();
    for (header, value) in request {
        sent.headers_mut().append(name(header), HeaderValue::from_str(value).unwrap());
    }
    let mut received = Response::builder().status(401).body(()).unwrap();
    for (header, value) in response {
        received.headers_mut().append(name(header), HeaderValue::from_str(value).unwrap());
    }
    inspect(&sent, &received, body)
}

#[test]
fn i06_of_ten_thousand_lines_a_check_has_sixteen_findings() {
    let lines = vec![("www-authenticate", "Bearer realm=tok4eC39Hq"); 10_000];
    let found = judge(&[("authorization", "Bearer tok4eC39Hq")], &lines, b"");
    // 64 challenges are read, and all lines are searched.
    for (id, more) in [("realm-unquoted", 48), ("credential-echoed", 9984)] {
        let of_check = found.iter().filter(|finding| finding.id() == id).collect::<Vec<_>>();
        let [others @ .., last] = &of_check[..] else { panic!("{id} is not found") };
        assert_eq!(others.len(), 15, "{id}");
        assert!(last.detail().ends_with(&format!("; and {more} more like it")), "{last}");
        assert!(others.iter().all(|other| !other.detail().contains("more like it")), "{last}");
    }
    // As many as are shown.
    let found = judge(&[], &lines[..16], b"");
    let unquoted = found.iter().filter(|finding| finding.id() == "realm-unquoted");
    assert_eq!(unquoted.clone().count(), 16);
    assert!(unquoted.clone().all(|finding| !finding.detail().contains("more like it")));
}

#[test]
fn i30_no_field_is_too_long_and_none_too_many_for_a_finding() {
    let long: String = (0..150_000_u32).map(|number| number.to_string()).collect();
    let challenge = format!("Bearer realm={}", &long[..1000]);
    let of_client = [("x-api-key", &long[..])];
    let mut of_server = vec![("www-authenticate", &challenge[..])];
    let cookies: Vec<_> =
        (0..10_000).map(|number| format!("c{number}=v{number}v; Path=/")).collect();
    of_server.extend(cookies.iter().map(|cookie| ("set-cookie", &cookie[..])));
    let found = judge(&of_client, &of_server, long.as_bytes());
    assert!(found.iter().any(|finding| finding.id() == "realm-unquoted"));
    for finding in found {
        assert!(!finding.excerpt().contains("0123456"), "{finding:?}");
    }
}

#[test]
fn i30_a_name_is_too_long_for_no_sentence() {
    let name = "a".repeat(60_000);
    let challenge = format!("Bearer realm=\"a\", {name}=\"x\", {name}=\"y\"");
    let found = judge(&[], &[("www-authenticate", &challenge)], b"");
    assert!(!found.is_empty());
    assert!(found.iter().all(|finding| finding.detail().chars().count() <= 500), "{found:?}");
}

#[test]
fn i30_no_repetition_of_a_word_takes_long() {
    // Each of these is a part of the text before it, and no secret.
    let body = "wonderland-".repeat(45_000);
    let found = judge(&[("authorization", "Bearer wonderland")], &[], body.as_bytes());
    assert!(found.iter().all(|finding| finding.id() != "credential-echoed"));
    // A token that is nearly in the text, at each of its places.
    let token = format!("Bearer {}b", "a".repeat(8000));
    let found = judge(&[("authorization", &token)], &[], "a".repeat(500_000).as_bytes());
    assert!(found.iter().all(|finding| finding.id() != "credential-echoed"));
}

/// An `error` in an `error`, as often as a message of 16 KiB permits.
#[test]
fn i20_the_stack_does_not_depend_on_the_body() {
    let depth = 1600;
    let body = "{\"error\":".repeat(depth) + "{}" + &"}".repeat(depth);
    assert!(body.len() <= 16 * 1024 + 2, "{}", body.len());
    let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(move || {
        let request = Request::get("/reports").body(()).unwrap();
        for media in ["application/json", "application/problem+json"] {
            let response = Response::builder().header("content-type", media).body(()).unwrap();
            assert!(inspect(&request, &response, body.as_bytes()).is_empty(), "{media}");
        }
    });
    thread.unwrap().join().unwrap();
}
