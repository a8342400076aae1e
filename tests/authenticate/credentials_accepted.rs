//! Credentials that are accepted on request only: opaque tokens, other charsets, lists. A04, A05.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::request::Parts;
use portcullis::challenge::{Challenge, InvalidChallenge};
use portcullis::{
    ApiKey, AuthenticateLayer, Basic, Bearer, Identity, IdentityInfo, Login, Unauthenticated,
    any_of, identity_fn, verify_fn,
};

use crate::support::{Answer, Connection, Server, get, request};
use crate::{Name, api_key, bearer, site};

fn send(server: &Server, value: &[u8]) -> Answer {
    let line = [b"authorization: ", value].concat();
    Connection::open(server.address).send(&request("GET", "/", &[&line]))
}

const OPAQUE: [&str; 8] = [
    "1|laravel_sanctum",
    "id:secret",
    "user@example.com",
    "{json}",
    "a=b",
    "50%",
    r"back\slash",
    "!#$&'()*;<>?[]^`",
];

#[test]
fn a04_opaque_tokens_are_accepted_on_request() {
    let tokens = verify_fn(|token: &str| match OPAQUE.iter().find(|it| **it == token) {
        Some(token) => Ok(*token),
        None if token == "YWJj==" => Ok("padded"),
        None => Err(Unauthenticated::invalid()),
    });
    let tokens = std::sync::Arc::new(tokens);
    let strict = Bearer::new("test", tokens.clone()).unwrap();
    let opaque = Bearer::new("test", tokens).unwrap().accept_opaque_tokens();
    let opaque = Server::start(site().layer(AuthenticateLayer::new(opaque)));
    let strict = Server::start(site().layer(AuthenticateLayer::new(strict)));
    for token in OPAQUE {
        for value in [format!("Bearer {token}"), format!("bearer   {token} \t ")] {
            assert_eq!(send(&opaque, value.as_bytes()).text(), token, "{value:?}");
            let refused = send(&strict, value.as_bytes());
            let description = refused.param("Bearer", "error_description");
            assert_eq!(description.as_deref(), Some("The access token is malformed"), "{value:?}");
        }
    }
    assert_eq!(send(&opaque, b"Bearer YWJj==").text(), "padded");
    // What separates things in the header, and what has no encoding, stays malformed.
    let malformed: [&[u8]; 9] = [
        b"Bearer a b",
        b"Bearer a,b",
        b"Bearer 1|a, Bearer 2|b",
        b"Bearer realm=\"x\"",
        b"Bearer \"1|a\"",
        b"Bearer\t1|a",
        b"Bearer \t1|a",
        b"Bearer 1|\xc3\xa9",
        b"Bearer,1|a",
    ];
    for value in malformed {
        let refused = send(&opaque, value);
        let description = refused.param("Bearer", "error_description");
        let shown = value.escape_ascii();
        assert_eq!(description.as_deref(), Some("The access token is malformed"), "{shown}");
    }
    for bare in ["Bearer", "Bearer ", "Bearer \t"] {
        assert_eq!(send(&opaque, bare.as_bytes()).challenges(), ["Bearer realm=test"], "{bare:?}");
    }
}

#[test]
fn a05_an_opaque_token_in_two_headers_is_400() {
    let keys = verify_fn(|_: &str| Ok::<Name, Unauthenticated>("machine"));
    let key = ApiKey::new("test", HeaderName::from_static("x-api-key"), keys).unwrap();
    let tokens = verify_fn(|_: &str| Ok::<Name, Unauthenticated>("opaque"));
    let tokens = Bearer::new("test", tokens).unwrap().accept_opaque_tokens();
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((tokens, key)))));
    let token = "authorization: Bearer 1|a";
    assert_eq!(get(server.address, "/", &[token, "x-api-key: 1|a"]).status, 400);
    assert_eq!(get(server.address, "/", &[token, "x-api-key: 1|b"]).text(), "opaque");
}

#[test]
fn a15_further_parameters_stand_in_every_bearer_challenge() {
    let identity = bearer().with_param("service", "registry").unwrap();
    let identity = identity.with_param("Service", "registry.example").unwrap();
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let plain = "Bearer realm=test|service=registry.example";
    assert_eq!(get(server.address, "/", &[]).challenges(), [plain]);
    let answer = get(server.address, "/", &["authorization: Bearer nope"]);
    assert!(answer.challenges()[0].starts_with(&format!("{plain}|error=invalid_token|")));
    for name in ["error", "Error_Description", "ERROR_URI"] {
        let refused = bearer().with_param(name, "x").unwrap_err();
        assert!(matches!(refused, InvalidChallenge::OfRequest { .. }), "{refused}");
    }
    assert!(bearer().with_param("two words", "x").is_err());
    assert!(bearer().with_param("x", "a\nb").is_err());
}

// ==== Basic ====

fn echo() -> impl portcullis::Verify<Login, Principal = String> + Clone {
    std::sync::Arc::new(verify_fn(|login: &Login| {
        Ok::<_, Unauthenticated>(format!("{} {}", login.user(), login.password()))
    }))
}

fn log_in(identity: &impl Identity<Principal = String>, login: &[u8]) -> Option<String> {
    let value = format!("Basic {}", STANDARD.encode(login));
    let request = http::Request::builder().header("authorization", value).body(()).unwrap();
    let (request, ()) = request.into_parts();
    let result = identity.identify_now(&request).unwrap();
    // A throttle counts by the name that the verifier sees.
    let account = identity.account(&request);
    let user = result.as_ref().ok().and_then(|both| both.split(' ').next());
    assert_eq!(account.as_deref(), user);
    result.ok()
}

#[test]
fn a04_a_login_in_iso_8859_1_is_read_on_request() {
    let strict = Basic::new("test", echo()).unwrap();
    let lenient = Basic::new("test", echo()).unwrap().accept_iso_8859_1();
    for (login, expected) in [
        (&b"ren\xe9:\xfcber:all"[..], "rené über:all"),
        (b"\xa7:\xff", "§ ÿ"),
        (b"\xa0a:b", "\u{a0}a b"),
    ] {
        assert_eq!(log_in(&strict, login), None, "{}", login.escape_ascii());
        assert_eq!(log_in(&lenient, login).as_deref(), Some(expected));
    }
    // UTF-8 stays UTF-8, also if it could be read as ISO-8859-1.
    for login in ["rené:über", "user:passwd", ":"] {
        assert_eq!(log_in(&lenient, login.as_bytes()), log_in(&strict, login.as_bytes()));
        assert!(log_in(&strict, login.as_bytes()).is_some(), "{login}");
    }
    // Control characters of ISO-8859-1, and no colon.
    for login in [&b"ren\xe9\x85:x"[..], b"\x80:\xe9", b"\xe9:\x7f", b"\xe9:\n", b"ren\xe9"] {
        assert_eq!(log_in(&lenient, login), None, "{}", login.escape_ascii());
    }
}

#[test]
fn a04_names_are_normalised_before_verifier_and_throttle_see_them() {
    // A stand-in for NFC, which needs tables: composes one letter.
    let nfc = |name: &str| (!name.contains('\u{fffd}')).then(|| name.replace("e\u{301}", "\u{e9}"));
    let identity = Basic::new("test", echo()).unwrap().normalize_users(nfc);
    let composed = log_in(&identity, "ren\u{e9}:e\u{301}".as_bytes());
    assert_eq!(composed.as_deref(), Some("ren\u{e9} e\u{301}"), "the password stays as it is");
    assert_eq!(log_in(&identity, "rene\u{301}:e\u{301}".as_bytes()), composed);
    assert_eq!(log_in(&identity, "\u{fffd}:x".as_bytes()), None);
    // A name may contain a colon afterwards, and no control character.
    let odd =
        Basic::new("test", echo()).unwrap().normalize_users(|name| Some(name.replace('x', ":")));
    assert_eq!(log_in(&odd, b"axb:c:d").as_deref(), Some("a:b c:d"));
    let odd = Basic::new("test", echo()).unwrap().normalize_users(|_| Some("\n".to_owned()));
    assert_eq!(log_in(&odd, b"a:b"), None);
    let both = Basic::new("test", echo()).unwrap().accept_iso_8859_1().normalize_users(nfc);
    assert_eq!(log_in(&both, b"ren\xe9:x").as_deref(), Some("ren\u{e9} x"));
}

// ==== lists ====

/// A token among the protocols of a WebSocket.
fn protocols() -> impl Identity<Principal = Name> {
    let identity = identity_fn(Challenge::bearer("test").unwrap(), |request: &Parts| {
        let lines = request.headers.get_all(SEC_WEBSOCKET_PROTOCOL).iter();
        let mut protocols = lines.flat_map(|line| line.to_str().unwrap().split(','));
        match protocols.find_map(|protocol| protocol.trim().strip_prefix("bearer.")) {
            None => Err(Unauthenticated::missing()),
            Some("tok-read") => Ok("socket"),
            Some(_) => Err(Unauthenticated::invalid()),
        }
    });
    identity.reads_headers([]).reads_list_headers([SEC_WEBSOCKET_PROTOCOL])
}

#[test]
fn a05_a_list_may_come_in_several_lines() {
    let layer = AuthenticateLayer::new(any_of((protocols(), bearer(), api_key())));
    for layer in [layer.clone(), layer.clone().optional(), layer.ignore_invalid_credentials()] {
        let server = Server::start(site().layer(layer));
        let (chat, token) =
            ("sec-websocket-protocol: chat", "sec-websocket-protocol: bearer.tok-read");
        assert_eq!(get(server.address, "/", &[chat, token]).text(), "socket");
        assert_eq!(get(server.address, "/", &[token, chat, token]).text(), "socket");
        let joined = "sec-websocket-protocol: chat, bearer.tok-read";
        assert_eq!(get(server.address, "/", &[joined]).text(), "socket");
        // Explicit credentials take precedence, and their own headers stay single.
        let explicit = "authorization: Bearer tok-rw";
        assert_eq!(get(server.address, "/", &[chat, token, explicit]).text(), "writer");
        assert_eq!(get(server.address, "/", &[token, explicit, explicit]).status, 400);
        let key = "x-api-key: key-1";
        assert_eq!(get(server.address, "/", &[chat, token, key, key]).status, 400);
    }
}

#[test]
fn a06_c03_the_only_header_of_a_stage_shows_the_scheme_also_if_it_is_a_list() {
    let routes = site().route("/scoped", axum::routing::get(lacking));
    async fn lacking() -> portcullis::Denial {
        portcullis::Denial::insufficient(portcullis::Requirement::scopes(["write"]).unwrap())
    }
    let server = Server::start(routes.layer(AuthenticateLayer::new(protocols())));
    let (wrong, right) =
        ("sec-websocket-protocol: bearer.no", "sec-websocket-protocol: bearer.tok-read");
    let answer = get(server.address, "/", &["sec-websocket-protocol: chat", wrong]);
    assert_eq!((answer.status, answer.error("Bearer").as_deref()), (401, Some("invalid_token")));
    let answer = get(server.address, "/scoped", &[right]);
    assert_eq!(
        (answer.status, answer.error("Bearer").as_deref()),
        (403, Some("insufficient_scope"))
    );
    // Without a token in it, nothing was attempted.
    let answer = get(server.address, "/", &["sec-websocket-protocol: chat"]);
    assert_eq!((answer.status, answer.error("Bearer")), (401, None));
}

#[test]
fn a05_a_header_is_a_list_only_if_every_identity_that_reads_it_says_so() {
    let key = || {
        let keys = portcullis::Tokens::new().with("k", "machine");
        ApiKey::new("test", SEC_WEBSOCKET_PROTOCOL, keys).unwrap()
    };
    let twice = ["sec-websocket-protocol: k", "sec-websocket-protocol: bearer.tok-read"];
    let first = AuthenticateLayer::new(any_of((protocols(), any_of((key(), bearer())))));
    let last = AuthenticateLayer::new(any_of((key(), any_of((bearer(), protocols())))));
    for server in [Server::start(site().layer(first)), Server::start(site().layer(last))] {
        assert_eq!(get(server.address, "/", &twice).status, 400);
        assert_eq!(get(server.address, "/", &twice[..1]).text(), "machine");
        assert_eq!(get(server.address, "/", &twice[1..]).text(), "socket");
    }
    // Two identities that read it as a list.
    let lists = any_of((protocols(), protocols()));
    let server = Server::start(site().layer(AuthenticateLayer::new(lists)));
    assert_eq!(get(server.address, "/", &[twice[1], twice[0]]).text(), "socket");
}

#[test]
fn a05_authorization_is_never_a_list() {
    let info = IdentityInfo::new(Challenge::bearer("test").unwrap());
    let info = info.reads_list_headers(["authorization", "forwarded"].map(HeaderName::from_static));
    assert_eq!(info.list_headers(), ["forwarded"]);
    assert_eq!(info.headers(), ["authorization", "forwarded"]);
    let identity = identity_fn(Challenge::bearer("test").unwrap(), |_: &Parts| Ok("in"));
    let identity = identity.reads_list_headers([http::header::AUTHORIZATION]);
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let line = "authorization: Bearer a";
    assert_eq!(get(server.address, "/", &[line, line]).status, 400);
}
