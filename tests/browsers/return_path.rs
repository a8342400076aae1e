//! Return paths: a login redirects only within the site.

use http::HeaderValue;
use portcullis::ReturnPath;
use portcullis::login::InvalidReturnPath::{self, Character, NotAbsolute, Segment, TooLong};
use proptest::prelude::*;
use url::Url;

const ACCEPTED: &[&str] = &[
    "/",
    "/notes",
    "/notes/",
    "/notes/7",
    "/notes?page=2",
    "/notes/?",
    "/?",
    "/?a=b&c=d",
    "/caf%C3%A9",
    "/a%20b",
    "/a%2Fb",
    "/a%5Cb",
    "/a..b/.c/d.",
    "/...",
    "/.well-known/x",
    "/@evil.example",
    "/:80",
    "/user@evil.example:80/",
    "/javascript:alert(1)",
    "/https:evil.example",
    "/;evil.example",
    "/?https://evil.example/",
    "/?//evil.example",
    "/?next=%2F%2Fevil.example",
    "/search?filter[size]=3|4&x={y}^`",
    "/a'(b)*c!d$e,f;g=h~_-",
    "/100%25",
    "/?q=100%25",
    "/%E3%80%82evil.example",
];

const REFUSED: &[(&str, InvalidReturnPath)] = &[
    // Not a path, or a relative one.
    ("", NotAbsolute),
    ("notes", NotAbsolute),
    ("./notes", NotAbsolute),
    ("../notes", NotAbsolute),
    ("?a=b", NotAbsolute),
    ("#a", NotAbsolute),
    ("*", NotAbsolute),
    // Another site by its scheme.
    ("https://evil.example/", NotAbsolute),
    ("https:evil.example", NotAbsolute),
    ("https:/evil.example", NotAbsolute),
    ("HTTPS:evil.example", NotAbsolute),
    ("http:/\\evil.example", NotAbsolute),
    ("javascript:alert(1)", NotAbsolute),
    ("data:text/html,x", NotAbsolute),
    ("app.example/", NotAbsolute),
    // Characters that browsers strip before they parse.
    (" /notes", NotAbsolute),
    (" //evil.example", NotAbsolute),
    ("\t//evil.example", NotAbsolute),
    ("\n/notes", NotAbsolute),
    ("\0/notes", NotAbsolute),
    ("\u{feff}/notes", NotAbsolute),
    ("\u{a0}//evil.example", NotAbsolute),
    // And in the middle.
    ("/\t/evil.example", Character),
    ("/\n/evil.example", Character),
    ("/\r/evil.example", Character),
    ("/\r\n/evil.example", Character),
    ("/notes\r\nset-cookie: a=b", Character),
    ("/notes\0", Character),
    ("/notes\x0b", Character),
    ("/notes\x1f", Character),
    ("/notes\x7f", Character),
    ("/notes ", Character),
    ("/ /evil.example", Character),
    ("/notes?a=b c", Character),
    // Another host.
    ("//", Segment),
    ("//evil.example", Segment),
    ("//evil.example/notes", Segment),
    ("///evil.example", Segment),
    ("////evil.example", Segment),
    ("//evil.example:443/", Segment),
    ("//user@evil.example", Segment),
    ("//[::1]/", Segment),
    ("//?a", Segment),
    // Backslashes, which browsers take for slashes.
    ("\\evil.example", NotAbsolute),
    ("\\\\evil.example", NotAbsolute),
    ("\\/evil.example", NotAbsolute),
    ("/\\evil.example", Character),
    ("/\\/evil.example", Character),
    ("/\\\\evil.example", Character),
    ("/notes\\evil", Character),
    ("/notes?a=\\", Character),
    // Encoded, for code that decodes before it redirects.
    ("/%2Fevil.example", Segment),
    ("/%2fevil.example", Segment),
    ("/%2F%2Fevil.example", Segment),
    ("/%5Cevil.example", Segment),
    ("/%5cevil.example", Segment),
    ("/%5C%5Cevil.example", Segment),
    ("%2F%2Fevil.example", NotAbsolute),
    ("%5Cevil.example", NotAbsolute),
    // Twice, and more often.
    ("/%252Fevil.example", Segment),
    ("/%25252fevil.example", Segment),
    ("/%255Cevil.example", Segment),
    ("/%2%35%32Fevil.example", Character),
    ("/%25%32%46evil.example", Segment),
    // Control characters, encoded.
    ("/%00", Character),
    ("/%09/evil.example", Character),
    ("/%0A/evil.example", Character),
    ("/%0d%0aset-cookie:a=b", Character),
    ("/%250d%250a", Character),
    ("/%7F", Character),
    ("/notes?a=%0D%0Ab", Character),
    ("/notes?a=%00", Character),
    // Segments that browsers resolve.
    ("/.", Segment),
    ("/..", Segment),
    ("/./", Segment),
    ("/.//evil.example", Segment),
    ("/..//evil.example", Segment),
    ("/notes/..", Segment),
    ("/notes/../..//evil.example", Segment),
    ("/%2e", Segment),
    ("/%2E%2e//evil.example", Segment),
    ("/.%2e/evil", Segment),
    ("/notes/..%2F%2Fevil.example", Segment),
    ("/notes/..%5C%5Cevil.example", Segment),
    ("/%252e%252e/evil", Segment),
    // Empty segments further on, in case a prefix is removed.
    ("/notes//evil.example", Segment),
    ("/notes//", Segment),
    ("/notes/%2Fevil.example", Segment),
    ("/notes%2F/evil.example", Segment),
    // Characters that no path has.
    ("/notes#fragment", Character),
    ("/?a#//evil.example", Character),
    ("/<script>", Character),
    ("/\"onclick=", Character),
    ("/notes?<script>", Character),
    ("/caf\u{e9}", Character),
    ("/\u{2f}\u{ff0f}evil.example", Segment),
    ("/\u{ff0f}evil.example", Character),
    ("/\u{3002}evil", Character),
    ("/\u{2028}evil", Character),
    // Percent signs without two hexadecimal digits.
    ("/%", Character),
    ("/%2", Character),
    ("/%zz", Character),
    ("/100%", Character),
    ("/%u002F", Character),
    ("/?a=%", Character),
    ("/%+1", Character),
];

#[test]
fn f06_paths_of_this_site_are_accepted_as_they_are() {
    for text in ACCEPTED {
        let path = ReturnPath::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(path.as_str(), *text);
        assert_eq!(path.to_string(), *text);
        assert_eq!(HeaderValue::from(&path), *text);
        assert_eq!(AsRef::<str>::as_ref(&path), *text);
        assert_eq!(text.parse(), Ok(path.clone()));
        assert_eq!(ReturnPath::try_from((*text).to_owned()), Ok(path));
        assert_stays(text);
    }
}

#[test]
fn f06_paths_that_may_lead_elsewhere_are_rejected() {
    assert!(REFUSED.len() >= 40);
    for (text, why) in REFUSED {
        // Which of two reasons is reported first does not matter.
        let error = ReturnPath::parse(text).expect_err(text);
        assert_eq!(text.parse::<ReturnPath>(), Err(error));
        assert_eq!(ReturnPath::try_from((*text).to_owned()), Err(error));
        let both = text.contains("//") || text.contains("%2%") || text.starts_with("/\u{2f}");
        assert!(error == *why || both, "{text:?}: {error:?}, not {why:?}");
        assert!(text.len() < 4 || !error.to_string().contains(text), "it repeats {text:?}");
    }
}

#[test]
fn f06_paths_that_are_too_long_are_rejected() {
    let path = |length: usize| format!("/{}", "a".repeat(length - 1));
    assert!(ReturnPath::parse(&path(2048)).is_ok());
    assert_eq!(ReturnPath::parse(&path(2049)), Err(TooLong));
    // Nested encodings are decoded in one pass.
    let nested = format!("/%{}2F", "25".repeat(1000));
    assert_eq!(ReturnPath::parse(&nested), Err(Segment));
}

#[test]
fn f06_a_request_target_is_taken_without_its_host() {
    for (target, path) in [
        ("/notes?a=b", Some("/notes?a=b")),
        ("https://evil.example/notes?a=b", Some("/notes?a=b")),
        ("https://app.example", Some("/")),
        ("//evil.example", None),
        ("https://app.example//evil.example", None),
        ("*", None),
        ("app.example:443", None),
    ] {
        let Ok(target) = target.parse() else { continue };
        let found = ReturnPath::of(&target).ok();
        assert_eq!(found.as_ref().map(ReturnPath::as_str), path, "{target}");
    }
}

/// A browser that is at `https://app.example/` stays there.
#[track_caller]
fn assert_stays(path: &str) {
    for base in
        ["https://app.example/", "https://app.example/login?next=x", "https://app.example/a/b/"]
    {
        let base = Url::parse(base).unwrap();
        let url = base.join(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert_eq!(url.origin(), base.origin(), "{path:?}");
        assert!(url.as_str().starts_with("https://app.example/"), "{path:?} is {url}");
        // Nor does the result lead elsewhere if it is resolved again.
        assert!(!url.path().starts_with("//"), "{path:?} is {url}");
        assert_eq!((url.username(), url.password(), url.port()), ("", None, None));
        let again = base.join(&url[url::Position::BeforePath..]).unwrap();
        assert_eq!(again, url, "{path:?}");
    }
}

/// Random texts from pieces that attacks use.
fn trick() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => Just("/".to_owned()),
        1 => prop::sample::select(vec![
            "\\", "%2F", "%2f", "%5C", "%25", "2F", "5c", ".", "..", "%2e", "evil.example", "@", ":",
            "https:", "?", "#", "\t", "\n", "%09", "%00", " ", "%20", ";", "&", "=", "[", "]", "é", "%C3%A9",
            "notes", "a", "\u{ff0f}", "|", "^", "`", "{", "%",
        ]).prop_map(str::to_owned),
        1 => "[ -~]{0,3}",
    ];
    let parts = prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat());
    (prop::bool::weighted(0.8), parts)
        .prop_map(|(absolute, rest)| if absolute { format!("/{rest}") } else { rest })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn f06_whatever_is_accepted_stays_on_its_origin(text in trick()) {
        if let Ok(path) = ReturnPath::parse(&text) {
            assert_stays(path.as_str());
            // Also for code that decodes once too often.
            let decoded = percent_decode(path.as_str());
            let base = Url::parse("https://app.example/").unwrap();
            if let Ok(url) = base.join(&decoded) {
                prop_assert_eq!(url.origin(), base.origin(), "{:?}", text);
            }
        }
    }

    #[test]
    fn f06_no_text_panics(text in ".{0,64}") {
        let _ = ReturnPath::parse(&text);
    }
}

fn percent_decode(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((byte, behind)) = rest.split_first() {
        let digits = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.map(|digits| u8::from_str_radix(digits, 16)) {
            Some(Ok(decoded)) if *byte == b'%' => {
                bytes.push(decoded);
                rest = &behind[2..];
            }
            _ => {
                bytes.push(*byte);
                rest = behind;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
