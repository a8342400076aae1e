//! Any header at all: what is found refers to bytes that are there, and agrees with the parser.

use http::{HeaderValue, Request, Response};
use portcullis::challenge::{Challenges, ParseErrorKind};
use portcullis::inspect::{Finding, Place, inspect};
use proptest::collection::vec;
use proptest::prelude::*;

/// Parts of which challenges are made, and mistakes.
fn line() -> impl Strategy<Value = Vec<u8>> {
    const PARTS: &[&str] = &[
        "Basic",
        "bearer",
        "Digest",
        "DPoP",
        "Negotiate",
        "a",
        " ",
        "  ",
        "\t",
        ",",
        ", ",
        "=",
        "\"",
        "\\",
        "realm",
        "REALM",
        "error",
        "scope",
        "qop",
        "nonce",
        "charset",
        "algorithm",
        "=\"a\"",
        "=\"UTF-8\"",
        "=MD5",
        "=\"invalid_token\"",
        "abc==",
        "\"\"",
        "/",
        ";",
        "x=y",
    ];
    let part = prop_oneof![
        20 => prop::sample::select(PARTS).prop_map(|part| part.as_bytes().to_vec()),
        1 => prop_oneof![0x20..0x7F_u8, 0x80..=0xFF_u8, Just(b'\t')].prop_map(|byte| vec![byte]),
    ];
    vec(part, 0..24).prop_map(|parts| parts.concat())
}

fn judge(status: u16, name: &str, lines: &[Vec<u8>], request: &[(&str, &str)]) -> Vec<Finding> {
    let mut sent = Request::get("http://api.example/");
    for (name, value) in request {
        sent = sent.header(*name, *value);
    }
    let mut response = Response::builder().status(status);
    for line in lines {
        response = response.header(name, HeaderValue::from_bytes(line).unwrap());
    }
    inspect(&sent.body(()).unwrap(), &response.body(()).unwrap(), b"")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn i04_what_parses_has_no_syntax_error_and_the_reverse(lines in vec(line(), 0..4)) {
        let findings = judge(401, "www-authenticate", &lines, &[]);
        let has = |id: &str| findings.iter().any(|finding| finding.id() == id);
        let parsed = Challenges::parse(lines.iter().map(Vec::as_slice));
        match parsed.map_err(|error| error.kind()) {
            Ok(_) => prop_assert!(!has("challenge-syntax") && !has("challenge-param-twice")),
            Err(ParseErrorKind::Empty) => prop_assert!(has("challenge-missing")),
            Err(ParseErrorKind::Duplicate) => prop_assert!(has("challenge-param-twice")),
            Err(_) => prop_assert!(has("challenge-syntax")),
        }
        prop_assert_eq!(has("challenge-missing"), lines.iter().all(|line| {
            line.iter().all(|byte| b" \t,".contains(byte))
        }));
    }

    #[test]
    fn i01_each_place_is_there_and_the_order_is_that_of_the_table(
        lines in vec(line(), 0..4),
        name in prop::sample::select(&["www-authenticate", "proxy-authenticate"][..]),
        status in prop::sample::select(&[200, 400, 401, 403, 407, 503][..]),
        token in prop::sample::select(&["", "Bearer abc", "Basic YTpi"][..]),
    ) {
        let headers = [("authorization", token), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
        let findings = judge(status, name, &lines, &headers[usize::from(token.is_empty())..]);
        for finding in &findings {
            if let Place::Header { name: found, line, bytes } = finding.place()
                && found.as_str() == name
            {
                let there = lines[*line].get(bytes.clone());
                prop_assert!(there.is_some_and(|it| finding.id().ends_with("challenge-missing") || !it.is_empty()), "{finding}");
            }
            prop_assert!(finding.excerpt().chars().count() <= 200);
        }
        prop_assert!(findings.is_sorted_by_key(|finding| finding.check().number()));
        let again = judge(status, name, &lines, &headers[usize::from(token.is_empty())..]);
        prop_assert_eq!(format!("{findings:?}"), format!("{again:?}"));
    }
}

#[test]
fn i04_long_headers_take_no_long() {
    for piece in ["a,", "Basic x=\"", "Basic realm=a,", "a=", "\"", "Bearer a=1, a=1,", ", "] {
        let line = piece.repeat(1_000_000 / piece.len()).into_bytes();
        let lines = [line.clone(), line];
        // 64 of a kind are enough.
        assert!(judge(401, "www-authenticate", &lines, &[]).len() < 600, "{piece}");
        assert!(
            judge(403, "www-authenticate", &lines, &[("authorization", "Bearer abcdefgh")]).len()
                < 600
        );
    }
    let many = vec![b"Basic realm".to_vec(); 10_000];
    assert!(judge(407, "proxy-authenticate", &many, &[]).len() < 600);
}
