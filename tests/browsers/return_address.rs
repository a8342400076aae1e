//! F06: a login on another host returns only to the origins in a list.

use axum::Router;
use http::HeaderValue;
use portcullis::login::InvalidReturnAddress::{self, Origin, Path};
use portcullis::login::{InvalidLoginPage, ReturnAddress, ReturnOrigins};
use portcullis::{AuthenticateLayer, Bearer, LoginPage, Tokens};
use proptest::prelude::*;
use url::Url;

use crate::NAVIGATION;
use crate::support::{Connection, Server, get};

const ORIGINS: [&str; 5] = [
    "https://notes.example",
    "https://wiki.example:8443",
    "http://intranet",
    "http://10.0.0.7:8080",
    "http://[::1]:8080",
];

fn origins() -> ReturnOrigins {
    ReturnOrigins::new(ORIGINS).unwrap()
}

fn parse(text: &str) -> Result<ReturnAddress, InvalidReturnAddress> {
    ReturnAddress::parse(text, &origins())
}

#[test]
fn f06_addresses_of_the_origins_are_accepted_as_they_are() {
    for origin in ORIGINS {
        for path in ["/", "/notes", "/notes?page=2", "/a%20b/?c=d&e", "/@evil.example", "/:80"] {
            let text = format!("{origin}{path}");
            let address = parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((address.as_str(), address.as_ref()), (&*text, &*text));
            assert_eq!(address.to_string(), text);
            assert_eq!(HeaderValue::from(&address), text);
            assert_stays(&text);
        }
        assert_eq!(parse(origin).unwrap().as_str(), format!("{origin}/"));
    }
}

#[test]
fn f06_addresses_that_may_lead_elsewhere_are_rejected() {
    let elsewhere = [
        "",
        "/",
        "/notes",
        "//notes.example/",
        "notes.example",
        "notes.example/",
        "https:",
        "https://",
        "https:///",
        "https://evil.example/",
        "javascript:alert(1)//https://notes.example/",
        "data:text/html,https://notes.example/",
        // A user before, or a longer host.
        "https://notes.example@evil.example/",
        "https://notes.example:x@evil.example/",
        "https://notes.example%40evil.example/",
        "https://evil.example@notes.example/",
        "https://user@notes.example/",
        "https://notes.example.evil.example/",
        "https://notes.example-evil.example/",
        "https://notes.exampleevil.example/",
        "https://evilnotes.example/",
        "https://evil.notes.example/",
        "https://notes.example%2eevil.example/",
        "https://notes.example%2F@evil.example/",
        "https://notes.example%00.evil.example/",
        // A dot after the host.
        "https://notes.example./",
        "https://notes.example%2e/",
        // Ports.
        "https://notes.example:443/",
        "https://notes.example:8443/",
        "https://notes.example:/",
        "https://notes.example:80443/",
        "https://wiki.example/",
        "https://wiki.example:08443/",
        "https://wiki.example:84430/",
        "https://wiki.example:8443@evil.example/",
        "https://wiki.example:8443.evil.example/",
        "http://10.0.0.7/",
        "http://10.0.0.7:80800/",
        // Other spellings of a host.
        "http://0x0a000007:8080/",
        "http://167772167:8080/",
        "http://[0:0:0:0:0:0:0:1]:8080/",
        "http://[::1%25lo]:8080/",
        // Another scheme, another case.
        "http://notes.example/",
        "https://intranet/",
        "HTTPS://notes.example/",
        "https://NOTES.example/",
        "ftp://notes.example/",
        "https:notes.example/",
        "https:/notes.example/",
        "https:\\\\notes.example/",
        "https://\\notes.example/",
        "https://notes.example\\@evil.example/",
        "https://notes.example\\.evil.example/",
        "https://notes.example\\",
        // Characters that browsers strip or map.
        " https://notes.example/",
        "\thttps://notes.example/",
        "https://notes.exam\tple/",
        "ht\ntps://notes.example/",
        "\u{feff}https://notes.example/",
        "https://notes.example\t/",
        "https://notes.example\0/",
        "https://notes\u{3002}example/",
        "https://notes\u{ff0e}example/",
        "https://n\u{f6}tes.example/",
        "https://\u{ff4e}otes.example/",
        "https://notes.example\u{2044}evil.example/",
        "https://notes.e\u{ad}xample/",
        // Encoded as a whole.
        "https%3A%2F%2Fnotes.example/",
        "https%3A//notes.example/",
        "%68ttps://notes.example/",
        "https://%6eotes.example/",
        // No path.
        "https://notes.example?",
        "https://notes.example?a=b",
        "https://notes.example#",
        "https://notes.example#@evil.example/",
        "https://notes.example;/",
        "https://notes.example,https://evil.example/",
    ];
    for text in elsewhere {
        let error = parse(text).expect_err(text);
        assert_eq!(error, Origin, "{text:?}");
        assert!(text.len() < 9 || !error.to_string().contains(text), "it repeats {text:?}");
    }
    for path in [
        "//evil.example",
        "/\\evil.example",
        "/%2Fevil.example",
        "/%5Cevil.example",
        "/%252Fevil.example",
        "/../evil",
        "/a#b",
        "/a b",
        "/\r\nset-cookie:a=b",
        "/%0d%0aset-cookie:a=b",
        "/caf\u{e9}",
        "/%",
    ] {
        let text = format!("https://notes.example{path}");
        assert!(matches!(parse(&text), Err(Path(_))), "{text:?}");
    }
    let long = format!("https://notes.example/{}", "a".repeat(2048));
    assert!(matches!(parse(&long), Err(Path(_))));
    assert!(
        ReturnAddress::parse("https://notes.example/", &ReturnOrigins::new([]).unwrap()).is_err()
    );
}

#[test]
fn f06_origins_are_configured_as_browsers_write_them() {
    let accepted = [
        "https://notes.example",
        "http://localhost",
        "http://localhost:3000",
        "https://xn--ntes-5qa.example",
        "https://a_b.example",
        "https://1password.example",
        "https://0x.example",
        "https://127.0.0.1:8443",
        "http://[::1]",
        "http://[2001:db8::7]:1",
        "https://a.example:80",
        "http://a.example:443",
        "http://a.example:65535",
    ];
    for origin in accepted {
        assert!(ReturnOrigins::new([origin]).is_ok(), "{origin}");
        assert_eq!(Url::parse(origin).unwrap().origin().ascii_serialization(), origin);
    }
    let refused = [
        "",
        "notes.example",
        "//notes.example",
        "https:notes.example",
        "https://",
        "https://notes.example/",
        "https://notes.example/app",
        "https://notes.example?",
        "https://notes.example#",
        "https://notes.example ",
        "https://Notes.example",
        "HTTPS://notes.example",
        "ftp://notes.example",
        "null",
        "*",
        "https://*.example",
        "https://user@notes.example",
        "https://notes.example:443",
        "http://notes.example:80",
        "https://notes.example:",
        "https://notes.example:0",
        "https://notes.example:080",
        "https://notes.example:+1",
        "https://notes.example:65536",
        "https://notes.example.",
        "https://.example",
        "https://notes..example",
        "https://n\u{f6}tes.example",
        "https://notes%2eexample",
        "http://127.0.0.01",
        "http://127.1",
        "http://2130706433",
        "http://0x7f.0x1",
        "http://a.0x7f",
        "http://a.0x",
        "http://a.1",
        "http://256.0.0.1",
        "http://[::1",
        "http://::1",
        "http://[0:0:0:0:0:0:0:1]",
        "http://[::FFFF]",
        "http://[::ffff:1.2.3.4]",
        "http://[::1%25lo]",
        "http://[::1]x",
        "http://[]",
    ];
    for origin in refused {
        let error = ReturnOrigins::new([ORIGINS[0], origin]).expect_err(origin);
        assert!(error.to_string().contains("https://notes.example"), "{origin}: {error}");
    }
}

#[test]
fn f06_a_login_page_at_an_origin_is_an_origin_and_a_path() {
    let at = |address: &str| LoginPage::at_origin(address, origins());
    for address in ["https://sso.example", "https://sso.example/", "http://sso:8080/login?a=b"] {
        assert!(at(address).is_ok(), "{address}");
    }
    for address in ["", "/login", "//sso.example/", "sso.example/login", "https://SSO.example/"] {
        assert!(matches!(at(address), Err(InvalidLoginPage::Origin(_))), "{address}");
    }
    for address in ["https://sso.example//login", "https://sso.example/a#b"] {
        assert!(matches!(at(address), Err(InvalidLoginPage::Path(_))), "{address}");
    }
    assert!(matches!(LoginPage::at("https://sso.example/"), Err(InvalidLoginPage::Path(_))));
    assert!(at("https://sso.example/?next=").unwrap().return_in("next").is_err());
}

fn server(page: LoginPage) -> Server {
    let identity = Bearer::new("site", Tokens::new().with("token", ())).unwrap();
    let stage = AuthenticateLayer::new(identity).login_page(page);
    Server::start(Router::new().fallback(|| async { "a page" }).layer(stage))
}

/// The `Location` of a redirected navigation with these lines before its headers.
fn location(server: &Server, start: &str) -> String {
    let request = format!("{start}\r\n{}\r\n\r\n", NAVIGATION.join("\r\n"));
    let answer = Connection::open(server.address).send(request.as_bytes());
    assert_eq!(answer.status, 303, "{start}: {answer:#?}");
    assert_eq!(answer.field("www-authenticate"), None);
    answer.field("location").unwrap().to_owned()
}

#[test]
fn f06_a_login_on_another_host_gets_the_full_address() {
    let page = LoginPage::at_origin("https://sso.example/login?app=notes", origins()).unwrap();
    let server = server(page.return_in("next").unwrap());
    let next = |start: &str| {
        let location = Url::parse(&location(&server, start)).unwrap();
        assert!(location.as_str().starts_with("https://sso.example/login?app=notes"), "{location}");
        let next = location.query_pairs().find(|(name, _)| name == "next");
        next.map(|(_, address)| address.into_owned())
    };
    for (start, address) in [
        ("GET /a?b=c&d HTTP/1.1\r\nhost: notes.example", "https://notes.example/a?b=c&d"),
        ("GET / HTTP/1.1\r\nhost: NOTES.example:443", "https://notes.example/"),
        ("GET /a HTTP/1.1\r\nhost: wiki.example:8443", "https://wiki.example:8443/a"),
        ("GET /a HTTP/1.1\r\nhost: intranet", "http://intranet/a"),
        ("GET /a HTTP/1.1\r\nhost: intranet:80", "http://intranet/a"),
        ("GET /a HTTP/1.1\r\nhost: 10.0.0.7:8080", "http://10.0.0.7:8080/a"),
        ("GET /a HTTP/1.1\r\nhost: [::1]:8080", "http://[::1]:8080/a"),
        // The absolute form names the host, and `Host` does not count (RFC 9112 §3.2.2).
        ("GET http://notes.example/a HTTP/1.1\r\nhost: evil.example", "https://notes.example/a"),
    ] {
        assert_eq!(next(start).as_deref(), Some(address), "{start}");
        assert!(parse(address).is_ok(), "{address}");
    }
    for start in [
        "GET /a HTTP/1.1\r\nhost: evil.example",
        "GET /a HTTP/1.1\r\nhost: notes.example.evil.example",
        "GET /a HTTP/1.1\r\nhost: notes.example@evil.example",
        "GET /a HTTP/1.1\r\nhost: evil.example@notes.example",
        "GET /a HTTP/1.1\r\nhost: notes.example.",
        "GET /a HTTP/1.1\r\nhost: notes.example:80",
        "GET /a HTTP/1.1\r\nhost: notes.example:",
        "GET /a HTTP/1.1\r\nhost: notes.example:99999",
        "GET /a HTTP/1.1\r\nhost: wiki.example",
        "GET /a HTTP/1.1\r\nhost: notes.example/b",
        "GET /a HTTP/1.1\r\nhost: notes.example, evil.example",
        "GET /a HTTP/1.1\r\nhost:",
        "GET /a HTTP/1.1",
        "GET http://evil.example/a HTTP/1.1\r\nhost: notes.example",
        // Another's header has no effect.
        "GET /a HTTP/1.1\r\nhost: evil.example\r\nx-forwarded-host: notes.example",
        // No return path.
        "GET //evil.example HTTP/1.1\r\nhost: notes.example",
        "GET /a\\b HTTP/1.1\r\nhost: notes.example",
    ] {
        assert_eq!(next(start), None, "{start}");
    }
    let twice = "GET /a HTTP/1.1\r\nhost: notes.example\r\nhost: notes.example";
    let request = format!("{twice}\r\n{}\r\n\r\n", NAVIGATION.join("\r\n"));
    let answer = Connection::open(server.address).send(request.as_bytes());
    assert!(!answer.everything().contains("notes.example"), "{answer:#?}");
}

#[test]
fn f06_the_address_is_encoded_in_the_location() {
    let page = LoginPage::at_origin("https://sso.example/login", origins()).unwrap();
    let server = server(page.return_in("next").unwrap());
    assert_eq!(
        location(&server, "GET /notes?page=2 HTTP/1.1\r\nhost: notes.example"),
        "https://sso.example/login?next=https%3A//notes.example/notes%3Fpage%3D2"
    );
}

#[test]
fn f06_a_list_with_both_schemes_prefers_its_first_where_the_request_does_not_tell() {
    let both = || ReturnOrigins::new(["https://notes.example", "http://notes.example"]).unwrap();
    let page = LoginPage::at_origin("https://sso.example/login", both()).unwrap();
    let server = server(page.return_in("next").unwrap());
    let host = "HTTP/1.1\r\nhost: notes.example";
    for (start, scheme) in [
        (format!("GET / {host}"), "https"),
        (format!("GET http://notes.example/ {host}"), "http"),
        (format!("GET / {host}:80"), "http"),
        (format!("GET / {host}:443"), "https"),
    ] {
        let expected = format!("https://sso.example/login?next={scheme}%3A//notes.example/");
        assert_eq!(location(&server, &start), expected, "{start}");
    }
}

#[test]
fn f06_a_login_page_on_another_host_is_not_redirected_to_itself() {
    let own = ReturnOrigins::new(["https://sso.example"]).unwrap();
    let server = server(LoginPage::at_origin("https://sso.example/login", own).unwrap());
    let ask = |host: &str| get(server.address, "/login", &[&NAVIGATION[..], &[host]].concat());
    let local = "GET /login HTTP/1.1\r\nhost: notes.example";
    assert_eq!(location(&server, local), "https://sso.example/login");
    let own = "GET /login HTTP/1.1\r\nhost: sso.example";
    let request = format!("{own}\r\n{}\r\n\r\n", NAVIGATION.join("\r\n"));
    assert_eq!(Connection::open(server.address).send(request.as_bytes()).status, 401);
    // The test's own `Host` is another one.
    assert_eq!(ask("x-other: 1").status, 303);
}

#[test]
fn f06_a_form_on_a_login_page_of_another_host_does_not_return_to_it() {
    let own = ReturnOrigins::new(["https://sso.example"]).unwrap();
    let page = LoginPage::at_origin("https://sso.example/login", own).unwrap();
    let server = server(page.return_in("next").unwrap().redirect_forms());
    let located = |referer: &str| {
        let sent =
            [&NAVIGATION[..3], &["sec-fetch-site: same-origin", "host: sso.example", referer]];
        let request = format!("POST /a HTTP/1.1\r\n{}\r\n\r\n", sent.concat().join("\r\n"));
        let answer = Connection::open(server.address).send(request.as_bytes());
        assert_eq!(answer.status, 303, "{referer}: {answer:#?}");
        answer.field("location").unwrap().to_owned()
    };
    let login = "https://sso.example/login";
    assert_eq!(located("referer: https://sso.example/login?next=x"), login);
    let elsewhere = "https%3A//sso.example/accounts";
    assert_eq!(
        located("referer: https://sso.example/accounts"),
        format!("{login}?next={elsewhere}")
    );
}

/// A browser goes where the text says.
#[track_caller]
fn assert_stays(text: &str) {
    let url = Url::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    let origin = url.origin().ascii_serialization();
    assert!(ORIGINS.contains(&&*origin), "{text:?} is {url}");
    assert_eq!((url.username(), url.password()), ("", None), "{text:?}");
    assert!(text.starts_with(&origin), "{text:?} is {url}");
}

/// Random texts from pieces that attacks use.
fn trick() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        2 => prop::sample::select(ORIGINS.to_vec()).prop_map(str::to_owned),
        2 => prop::sample::select(vec![
            "https:", "http:", "/", "//", "\\", "@", ":", "443", "8443", ".", "evil.example", "notes.example",
            "wiki.example", "[::1]", "%2F", "%40", "%2e", "?", "#", "\t", " ", "\u{3002}", "\u{ff0f}", "xn--",
            "intranet", ";", ",", "..", "a",
        ]).prop_map(str::to_owned),
        1 => "[ -~]{0,3}",
    ];
    prop::collection::vec(part, 0..7).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn f06_every_accepted_address_is_at_an_origin_of_the_list(text in trick()) {
        if let Ok(address) = parse(&text) {
            assert_stays(address.as_str());
        }
    }

    #[test]
    fn f06_every_accepted_origin_is_what_a_browser_writes(host in "[0-9a-zA-Zx.:_\\[\\]-]{1,12}(:[0-9]{1,5})?") {
        let origin = format!("http://{host}");
        if ReturnOrigins::new([&*origin]).is_ok() && !host.contains("xn--") {
            let url = Url::parse(&origin).map_err(|error| TestCaseError::fail(format!("{origin}: {error}")))?;
            prop_assert_eq!(url.origin().ascii_serialization(), origin);
        }
    }
}
