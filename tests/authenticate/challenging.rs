//! Which challenges a response has: A07, A12, A14, A15, A17, A24.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::routing::get as on_get;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderName, StatusCode};
use portcullis::challenge::{Challenge, InvalidChallenge};
use portcullis::{
    ApiKey, AuthenticateLayer, Basic, Bearer, Denial, Identity, Login, Problem, Unauthenticated,
    any_of, identity_fn, verify_fn,
};

use crate::support::{Server, get};
use crate::{Name, Waiting, api_key, basic, bearer, login, site};

fn down<T>(_: &T) -> Result<Name, Unauthenticated>
where
    T: ?Sized,
{
    let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "10.0.0.7:5432");
    Err(Unauthenticated::unavailable().with_source(refused))
}

#[test]
fn a07_an_outage_is_503_with_a_time_to_wait_and_no_challenge() {
    let now = || any_of((Bearer::new("t", verify_fn(down::<str>)).unwrap(), basic()));
    let waiting = || any_of((Bearer::new("t", Waiting::<str>(down)).unwrap(), basic()));
    let servers = [
        Server::start(site().layer(AuthenticateLayer::new(now()))),
        Server::start(site().layer(AuthenticateLayer::new(now()).optional())),
        Server::start(site().layer(AuthenticateLayer::new(now()).ignore_invalid_credentials())),
        Server::start(site().layer(AuthenticateLayer::new(waiting()))),
        Server::start(site().layer(AuthenticateLayer::new(waiting()).optional())),
    ];
    for (index, server) in servers.iter().enumerate() {
        let answer = get(server.address, "/", &["authorization: Bearer tok-read"]);
        assert_eq!(answer.status, 503, "{index}");
        assert_eq!(answer.field("retry-after"), Some("10"));
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        assert_eq!(answer.lines("www-authenticate"), [""; 0]);
        assert_eq!(answer.lines("set-cookie"), [""; 0]);
        assert!(!answer.everything().contains("10.0.0.7"), "{answer:?}");
    }
    // Without credentials the store is not needed.
    assert_eq!(get(servers[0].address, "/", &[]).status, 401);
    assert_eq!(get(servers[1].address, "/", &[]).text(), "nobody");
    assert_eq!(get(servers[3].address, "/", &[]).status, 401);
    // The store of the other scheme is available.
    assert_eq!(get(servers[0].address, "/", &[&login("user", "passwd")]).text(), "user");
}

#[test]
fn a07_the_time_to_wait_is_configured_and_the_identity_may_know_better() {
    let tokens = verify_fn(|token: &str| {
        let down = Unauthenticated::unavailable();
        let challenge = Challenge::bearer("t").unwrap();
        Err::<Name, _>(match token {
            "soon" => down.with_retry_after(Duration::from_secs(2)),
            "challenging" => {
                down.with_challenge(challenge).with_detail("The key set is not loaded yet")
            }
            _ => down,
        })
    });
    let layer = AuthenticateLayer::new(Bearer::new("t", tokens).unwrap());
    let server = Server::start(site().layer(layer.retry_after(Duration::from_secs(75))));
    for (token, seconds) in [("later", "75"), ("soon", "2"), ("challenging", "75")] {
        let answer = get(server.address, "/", &[&format!("authorization: Bearer {token}")]);
        assert_eq!(answer.status, 503, "{token}");
        assert_eq!(answer.field("retry-after"), Some(seconds), "{token}");
        assert_eq!(answer.lines("www-authenticate"), [""; 0], "{token}");
    }
}

#[test]
fn a07_only_503_asks_to_wait() {
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((bearer(), basic())))));
    for field in ["accept: */*", "authorization: Bearer nope", "authorization: Basic %"] {
        assert_eq!(get(server.address, "/", &[field]).field("retry-after"), None, "{field}");
    }
}

#[test]
fn a12_a_401_of_the_service_gets_the_challenges_that_it_lacks() {
    let bare = || async { StatusCode::UNAUTHORIZED };
    let own = || async {
        let challenges =
            [(WWW_AUTHENTICATE, "Newauth realm=\"own\""), (WWW_AUTHENTICATE, "Other x=\"y\"")];
        (StatusCode::UNAUTHORIZED, axum::response::AppendHeaders(challenges), "own")
    };
    let routes = || {
        Router::new()
            .route("/bare", on_get(bare))
            .route("/own", on_get(own))
            .route("/403", on_get(|| async { StatusCode::FORBIDDEN }))
            .route("/407", on_get(|| async { StatusCode::PROXY_AUTHENTICATION_REQUIRED }))
    };
    let required = AuthenticateLayer::new(any_of((basic(), bearer())));
    let optional = Server::start(routes().layer(required.clone().optional()));
    let required = Server::start(routes().layer(required));
    let token = "authorization: Bearer tok-read";
    for (server, fields) in [(&required, &[token][..]), (&optional, &[token]), (&optional, &[])] {
        let answer = get(server.address, "/bare", fields);
        assert_eq!(answer.status, 401);
        let plain = ["Bearer realm=test", "Basic realm=test|charset=UTF-8"];
        assert_eq!(answer.challenges(), plain);

        let answer = get(server.address, "/own", fields);
        assert_eq!((answer.status, answer.text()), (401, "own"));
        let lines = answer.lines("www-authenticate");
        assert_eq!(lines, ["Newauth realm=\"own\"", "Other x=\"y\""]);

        for path in ["/403", "/407"] {
            assert_eq!(get(server.address, path, fields).lines("www-authenticate"), [""; 0]);
        }
    }
}

#[test]
fn a12_an_empty_header_is_not_a_challenge() {
    let empty = || async { (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "")]) };
    let router = Router::new().route("/", on_get(empty)).layer(AuthenticateLayer::new(bearer()));
    let answer = get(Server::start(router).address, "/", &["authorization: Bearer tok-read"]);
    assert_eq!(answer.status, 401);
    let lines = answer.lines("www-authenticate");
    assert!(lines.contains(&"Bearer realm=\"test\""), "{lines:?}");
}

/// Texts of the application that must not get into a challenge.
const HOSTILE: [&str; 12] = [
    "\"\r\nset-cookie: sid=evil\r\n\r\n<html>",
    "a\nb",
    "quote \" inside",
    "back\\slash",
    "abgelaufen – bitte erneuern",
    "\u{7f}",
    "\0",
    "\t",
    "try scope=admin",
    "x, SCOPE=admin",
    "error=invalid_request",
    "see resource_metadata=https://evil.example/",
];

#[test]
fn a14_hostile_details_give_way_to_the_fixed_text() {
    let token = |index: &str| index.parse::<usize>().expect("an index");
    let tokens = verify_fn(move |index: &str| {
        Err::<Name, _>(Unauthenticated::invalid().with_detail(HOSTILE[token(index)]))
    });
    let identity = any_of((Bearer::new("test", tokens).unwrap(), basic()));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    for (index, detail) in HOSTILE.iter().enumerate() {
        let answer = get(server.address, "/", &[&format!("authorization: Bearer {index}")]);
        assert_eq!(answer.status, 401, "{detail:?}");
        let challenge = "Bearer realm=test|error=invalid_token|\
                         error_description=The access token is not valid";
        let challenges = [challenge, "Basic realm=test|charset=UTF-8"];
        assert_eq!(answer.challenges(), challenges, "{detail:?}");
        assert_eq!(answer.lines("set-cookie"), [""; 0]);
        // The JSON body can hold it.
        assert_eq!(answer.json()["detail"], *detail);
    }
}

#[test]
fn a14_details_that_fit_are_sent_and_an_empty_one_is_not() {
    let tokens = verify_fn(|token: &str| {
        let invalid = Unauthenticated::invalid();
        Err::<Name, _>(match token {
            "fits" => invalid.with_detail("Revoked: ask {your} admin; see §"[..28].to_owned()),
            _ => invalid.with_detail(""),
        })
    });
    let identity = Bearer::new("test", tokens).unwrap();
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let description = |token: &str| {
        let answer = get(server.address, "/", &[&format!("authorization: Bearer {token}")]);
        answer.param("Bearer", "error_description").expect("a description")
    };
    assert_eq!(description("fits"), "Revoked: ask {your} admin; s");
    assert_eq!(description("empty"), "The access token is not valid");
}

#[test]
fn a14_hostile_realms_and_parameters_are_refused_when_they_are_configured() {
    for text in ["a\r\nb", "a\nb", "\0", "café", "scope=admin", "x error=y"] {
        let bearer = Bearer::new(text, verify_fn(down::<str>));
        assert!(bearer.is_err(), "{text:?}");
        assert!(Basic::new(text, verify_fn(down::<Login>)).is_err(), "{text:?}");
    }
    assert!(bearer().scope("a \"b\"").is_err());
    assert!(bearer().scope("a  b").is_err());
    assert!(bearer().scope("").is_err());
    assert!(bearer().resource_metadata("https://a.example/\r\n").is_err());
    let twice = Challenge::builder("Bearer").realm("a").param("Realm", "b").build();
    assert!(matches!(twice, Err(InvalidChallenge::Syntax(_))), "{twice:?}");
}

#[test]
fn a14_a_realm_with_quotes_is_escaped_and_read_back() {
    let realm = r#"the "test" \ realm, charset="UTF-8""#;
    let identity = any_of((
        Bearer::new(realm, verify_fn(down::<str>)).unwrap(),
        Basic::new(realm, verify_fn(down::<Login>)).unwrap(),
    ));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let answer = get(server.address, "/", &[]);
    assert_eq!(answer.param("Bearer", "realm").as_deref(), Some(realm));
    assert_eq!(answer.param("Basic", "realm").as_deref(), Some(realm));
}

#[test]
fn a15_bearer_comes_first_unless_the_order_is_kept() {
    let identity = || any_of((basic(), api_key(), bearer()));
    let first = Server::start(site().layer(AuthenticateLayer::new(identity())));
    let kept = AuthenticateLayer::new(identity()).preserve_challenge_order();
    let kept = Server::start(site().layer(kept));
    let wrong = "authorization: Bearer nope";
    for fields in [&[][..], &[wrong], &["x-api-key: nope"]] {
        let answer = get(first.address, "/", fields);
        assert_eq!(answer.schemes(), ["Bearer", "Basic", "ApiKey"]);
        let answer = get(kept.address, "/", fields);
        assert_eq!(answer.schemes(), ["Basic", "ApiKey", "Bearer"]);
    }
    // The error is on the attempted scheme, in either order.
    for server in [first, kept] {
        let answer = get(server.address, "/", &[wrong]);
        assert_eq!(answer.error("Bearer").as_deref(), Some("invalid_token"));
    }
}

#[test]
fn a15_of_bearer_and_dpop_the_attempted_one_comes_first_unless_the_order_is_kept() {
    let dpop = Challenge::builder("DPoP").param("algs", "ES256").build().unwrap();
    let dpop = || {
        let refuses = |request: &http::request::Parts| match request.headers.get(AUTHORIZATION) {
            Some(value) if value.as_bytes().starts_with(b"DPoP ") => {
                Err::<Name, _>(Unauthenticated::invalid())
            }
            _ => Err(Unauthenticated::missing()),
        };
        identity_fn(dpop.clone(), refuses)
    };
    let layer = AuthenticateLayer::new(any_of((basic(), bearer(), dpop())));
    let first = Server::start(site().layer(layer.clone()));
    let kept = Server::start(site().layer(layer.preserve_challenge_order()));
    let schemes = |server: &Server, sent: &[&str]| {
        let answer = get(server.address, "/", sent);
        assert_eq!(answer.status, 401);
        answer.schemes()
    };
    for _ in 0..2 {
        assert_eq!(schemes(&first, &[]), ["Bearer", "DPoP", "Basic"]);
        let sent = ["authorization: DPoP nope"];
        assert_eq!(schemes(&first, &sent), ["DPoP", "Bearer", "Basic"]);
        assert_eq!(get(first.address, "/", &sent).error("DPoP").unwrap(), "invalid_token");
        assert_eq!(get(first.address, "/", &sent).error("Bearer"), None);
        let sent = ["authorization: Bearer nope"];
        assert_eq!(schemes(&first, &sent), ["Bearer", "DPoP", "Basic"]);
        // Basic, which has no error, is after both.
        let sent = ["authorization: Basic eDp5"];
        assert_eq!(schemes(&first, &sent), ["Bearer", "DPoP", "Basic"]);
        for sent in ["authorization: DPoP nope", "authorization: Bearer nope"] {
            assert_eq!(schemes(&kept, &[sent]), ["Basic", "Bearer", "DPoP"]);
        }
    }
}

#[test]
fn a15_a_bare_401_of_the_service_offers_the_scheme_of_the_token_first() {
    let dpop = Challenge::builder("DPoP").param("algs", "ES256").build().unwrap();
    let dpop = identity_fn(dpop, |request: &http::request::Parts| {
        let value = request.headers.get(AUTHORIZATION).ok_or(Unauthenticated::missing())?;
        match value.as_bytes().starts_with(b"DPoP ") {
            true => Ok(()),
            false => Err(Unauthenticated::missing()),
        }
    });
    let tokens = verify_fn(|_: &str| Ok(()));
    let identity = any_of((Bearer::new("test", tokens).unwrap(), dpop));
    let bare = Router::new().route("/", on_get(|| async { http::StatusCode::UNAUTHORIZED }));
    let server = Server::start(bare.layer(AuthenticateLayer::new(identity).optional()));
    let schemes = |sent: &[&str]| get(server.address, "/", sent).schemes();
    assert_eq!(schemes(&["authorization: DPoP right"]), ["DPoP", "Bearer"]);
    assert_eq!(schemes(&["authorization: Bearer right"]), ["Bearer", "DPoP"]);
    assert_eq!(schemes(&[]), ["Bearer", "DPoP"]);
}

#[test]
fn a15_a_layer_that_was_in_use_can_be_configured_anew() {
    let down = |token: &str| match token {
        "down" => Err::<Name, _>(Unauthenticated::unavailable()),
        _ => Err(Unauthenticated::invalid()),
    };
    let identity = any_of((basic(), Bearer::new("test", verify_fn(down)).unwrap()));
    let used = AuthenticateLayer::new(identity);
    // Each in turn gets the same requests, so none can send a response that another has cached.
    let ask = |server: &Server| {
        let wait = get(server.address, "/", &["authorization: Bearer down"]);
        let wrong = get(server.address, "/", &["authorization: Bearer nope"]);
        let kind = wrong.json()["type"].as_str().unwrap().to_owned();
        (wrong.schemes(), wait.field("retry-after").unwrap().to_owned(), kind)
    };
    let blank = "about:blank".to_owned();
    for _ in 0..2 {
        let bearer_first = ["Bearer", "Basic"].map(str::to_owned).to_vec();
        let basic_first = ["Basic", "Bearer"].map(str::to_owned).to_vec();
        let server = Server::start(site().layer(used.clone()));
        assert_eq!(ask(&server), (bearer_first.clone(), "10".to_owned(), blank.clone()));
        let server = Server::start(site().layer(used.clone().preserve_challenge_order()));
        assert_eq!(ask(&server), (basic_first, "10".to_owned(), blank.clone()));
        let server = used.clone().retry_after(Duration::from_secs(7));
        let server = Server::start(site().layer(server));
        assert_eq!(ask(&server), (bearer_first.clone(), "7".to_owned(), blank.clone()));
        let server = used.clone().respond_with(Problem::new().type_base("urn:"));
        let server = Server::start(site().layer(server));
        assert_eq!(ask(&server), (bearer_first, "10".to_owned(), "urn:invalid".to_owned()));
    }
}

#[test]
fn a15_layout_is_what_the_rfcs_write() {
    let bearer = bearer().scope("reports:read repos:read").unwrap();
    let bearer = bearer.resource_metadata("https://api.example/.well-known/x").unwrap();
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((basic(), bearer)))));
    let lines = [
        "Bearer realm=\"test\", scope=\"reports:read repos:read\", \
         resource_metadata=\"https://api.example/.well-known/x\"",
        "Basic realm=\"test\", charset=\"UTF-8\"",
    ];
    let answer = get(server.address, "/", &[]);
    assert_eq!(answer.lines("www-authenticate"), lines);
    assert_eq!(answer.challenges().len(), 2);
    let wrong = get(server.address, "/", &["authorization: Bearer nope"]);
    assert_eq!(wrong.error("Bearer").as_deref(), Some("invalid_token"));
    let metadata = wrong.param("Bearer", "resource_metadata");
    assert_eq!(metadata.as_deref(), Some("https://api.example/.well-known/x"));
}

#[test]
fn a15_an_identity_may_refuse_with_its_own_challenge() {
    let own = || Challenge::builder("Ticket").realm("fair").param("gate", "7").build().unwrap();
    let plain = Challenge::builder("Ticket").realm("fair").build().unwrap();
    let tickets = identity_fn(plain, move |request: &http::request::Parts| {
        if request.uri.path() == "/other" {
            let other = Challenge::builder("Other").realm("x").build().unwrap();
            return Err::<Name, _>(Unauthenticated::invalid().with_challenge(other));
        }
        Err(Unauthenticated::missing().with_challenge(own()))
    });
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((tickets, bearer())))));
    let answer = get(server.address, "/other", &[]);
    assert_eq!(answer.challenges(), ["Bearer realm=test", "Ticket realm=fair", "Other realm=x"]);

    let tickets = identity_fn(own(), |_: &http::request::Parts| {
        Err::<Name, _>(Unauthenticated::invalid().with_challenge(Challenge::basic("now").unwrap()))
    });
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((tickets, basic())))));
    let answer = get(server.address, "/", &[]);
    assert_eq!(answer.challenges(), ["Ticket realm=fair|gate=7", "Basic realm=now|charset=UTF-8"]);
}

#[test]
fn a15_a_challenge_of_an_identitys_own_stands_once_for_all_of_its_scheme() {
    let failing = |why: fn() -> Unauthenticated, own: fn() -> Challenge| {
        let judge = move |_: &str| Err::<Name, _>(why().with_challenge(own()));
        let key = |field: &'static str| {
            let verifier = verify_fn(judge);
            ApiKey::new("test", HeaderName::from_static(field), verifier).unwrap()
        };
        let identity = any_of((
            basic(),
            key("x-api-key"),
            Bearer::new("test", verify_fn(judge)).unwrap(),
            key("x-service-key"),
        ));
        let layer = AuthenticateLayer::new(identity);
        let servers = [layer.clone(), layer.clone().optional(), layer.ignore_invalid_credentials()];
        servers.map(|layer| Server::start(Router::new().route("/", on_get(needy)).layer(layer)))
    };
    async fn needy(_: portcullis::Principal<Name>) {}
    let plain = ["Bearer realm=test", "Basic realm=test|charset=UTF-8"];
    let keys = ["ApiKey realm=test|field=x-api-key", "ApiKey realm=test|field=x-service-key"];
    let failed = "Bearer realm=test|error=invalid_token|\
                  error_description=The access token is not valid";
    let own_failed = "bearer realm=own|error=invalid_token|\
                      error_description=The access token is not valid";
    let [bearer, basic] = plain;
    let [one, other] = keys;
    let own_key = || Challenge::builder("apikey").realm("own").build().unwrap();
    let own_bearer = || Challenge::builder("bearer").realm("own").build().unwrap();
    let unoffered = || Challenge::builder("Ticket").realm("own").build().unwrap();
    type Own = fn() -> Challenge;
    #[rustfmt::skip]
    let cases: [(Own, &str, &[&str]); 6] = [
        (own_key, "x-api-key: a", &[bearer, basic, "apikey realm=own"]),
        (own_key, "x-service-key: a", &[bearer, basic, "apikey realm=own"]),
        (own_key, "authorization: Bearer a", &[failed, basic, "apikey realm=own"]),
        (own_bearer, "authorization: Bearer a", &[own_failed, basic, one, other]),
        (own_bearer, "x-api-key: a", &["bearer realm=own", basic, one, other]),
        (unoffered, "authorization: Bearer a", &[failed, basic, one, other, "Ticket realm=own"]),
    ];
    for (own, field, expected) in cases {
        for server in failing(Unauthenticated::invalid, own) {
            let answer = get(server.address, "/", &[field]);
            assert_eq!(answer.status, 401, "{field}");
            assert_eq!(answer.challenges(), expected, "{field}");
        }
        // Neither a suspended account nor an outage has a challenge, also if the identity gave one.
        for (why, status) in
            [(Unauthenticated::suspended as fn() -> _, 403), (Unauthenticated::unavailable, 503)]
        {
            for server in failing(why, own) {
                let answer = get(server.address, "/", &[field]);
                assert_eq!((answer.status, answer.challenges()), (status, Vec::new()), "{field}");
            }
        }
    }
}

#[test]
fn a17_a_suspended_account_is_403_once_the_secret_was_right() {
    fn judge(login: &Login) -> Result<Name, Unauthenticated> {
        match (login.user(), login.password()) {
            ("eve", "right") => Err(Unauthenticated::suspended().with_source("fraud case 7")),
            ("alice", "right") => Ok("alice"),
            _ => Err(Unauthenticated::invalid()),
        }
    }
    let now = Basic::new("test", verify_fn(judge)).unwrap();
    let waiting = Basic::new("test", Waiting::<Login>(judge)).unwrap();
    let servers = [
        Server::start(site().layer(AuthenticateLayer::new(now))),
        Server::start(site().layer(AuthenticateLayer::new(waiting).optional())),
    ];
    for server in servers {
        let suspended = get(server.address, "/", &[&login("eve", "right")]);
        assert_eq!(suspended.status, 403);
        assert_eq!(suspended.lines("www-authenticate"), [""; 0]);
        assert_eq!(suspended.field("cache-control"), Some("no-store"));
        assert!(!suspended.everything().contains("fraud"));

        let wrong = get(server.address, "/", &[&login("eve", "wrong")]).undated();
        assert_eq!(wrong.status, 401);
        assert_eq!(wrong, get(server.address, "/", &[&login("alice", "wrong")]).undated());
        assert_eq!(wrong, get(server.address, "/", &[&login("nobody", "x")]).undated());
    }
}

#[test]
fn a24_a_handler_may_ask_for_new_credentials_on_purpose() {
    let log_out = || async { Err::<(), _>(Denial::reauthenticate().with_source("logged out")) };
    let routes = || Router::new().route("/logout", on_get(log_out));
    let required = AuthenticateLayer::new(any_of((basic(), bearer())));
    let ignore_invalid_credentials =
        Server::start(routes().layer(required.clone().ignore_invalid_credentials()));
    let required = Server::start(routes().layer(required));
    let wrong = login("user", "wrong");
    let token = "authorization: Bearer tok-read";
    let cases = [
        (&required, &[token][..]),
        (&required, &[&login("user", "passwd")]),
        (&ignore_invalid_credentials, &[]),
        (&ignore_invalid_credentials, &[&wrong]),
        (&ignore_invalid_credentials, &["authorization: Bearer nope"]),
    ];
    for (server, fields) in cases {
        let answer = get(server.address, "/logout", fields);
        assert_eq!(answer.status, 401, "{fields:?}");
        let plain = ["Bearer realm=test", "Basic realm=test|charset=UTF-8"];
        assert_eq!(answer.challenges(), plain, "{fields:?}");
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        assert_eq!(answer.json()["detail"], "This resource requires fresh authentication.");
    }
}

#[test]
fn a24_a_mapped_identity_offers_what_it_maps() {
    let server = Server::start(site().layer(AuthenticateLayer::new(basic().map(|name| name))));
    assert_eq!(get(server.address, "/", &[]).schemes(), ["Basic"]);
    assert_eq!(get(server.address, "/", &[&login("user", "passwd")]).text(), "user");
}
