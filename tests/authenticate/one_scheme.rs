//! Several identities that read the same credentials: A08, and A18 around them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::request::Parts;
use http::{HeaderName, Request};
use portcullis::challenge::Challenge;
use portcullis::{
    ApiKey, Attempt, AuthenticateLayer, Basic, Bearer, Cause, ConnectionIdentity, Identity, Login,
    Outcome, Throttle, Unauthenticated, Users, any_of, async_verify_fn, identity_fn, verify_fn,
};

use crate::support::{Events, Server, get};
use crate::{Name, api_key, basic, bearer, login, site};

/// The verdicts of one issuer, by the part of the token that is meant for it: `a=ok;b=invalid`.
fn verdict(issuer: &'static str, token: &str) -> Result<Name, Unauthenticated> {
    let of_issuer = token.split('.').find_map(|part| part.strip_prefix(issuer)).unwrap_or("");
    match of_issuer {
        "-ok" => Ok(issuer),
        "-malformed" => Err(Unauthenticated::malformed()),
        "" | "-invalid" => Err(Unauthenticated::invalid()),
        "-expired" => Err(Unauthenticated::expired()),
        "-stale" => Err(Unauthenticated::stale()),
        "-down" => Err(Unauthenticated::unavailable()),
        "-suspended" => Err(Unauthenticated::suspended()),
        "-throttled" => Err(Unauthenticated::throttled(Duration::from_secs(3))),
        "-twice" => Err(Unauthenticated::ambiguous()),
        "-incomplete" => Err(Unauthenticated::invalid_request()),
        other => panic!("{other}"),
    }
    .map_err(|failure| failure.with_source(format!("{issuer} says {of_issuer}")))
}

/// In the order in which they count, of several refusals.
const RANKED: [(&str, Cause); 4] = [
    ("malformed", Cause::Malformed),
    ("invalid", Cause::Invalid),
    ("expired", Cause::Expired),
    ("down", Cause::Unavailable),
];

const FINAL: [(&str, Cause); 5] = [
    ("stale", Cause::Stale),
    ("suspended", Cause::Suspended),
    ("throttled", Cause::Throttled),
    ("twice", Cause::Ambiguous),
    ("incomplete", Cause::InvalidRequest),
];

fn request(token: &str) -> Parts {
    let request = Request::builder().header("authorization", format!("Bearer {token}"));
    request.body(()).unwrap().into_parts().0
}

/// Two issuers, at once or after a wait.
fn issuers(waits: [bool; 2]) -> impl Fn(&str) -> Result<Name, Cause> {
    let issuer = |name, waits| Bearer::new(name, Verdicts { name, waits }).unwrap();
    let identity = any_of((issuer("a", waits[0]), issuer("b", waits[1])));
    move |token| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let request = request(token);
        let decided = identity
            .identify_now(&request)
            .unwrap_or_else(|| runtime.block_on(identity.identify(&request)));
        decided.map_err(|failure| failure.cause())
    }
}

struct Verdicts {
    name: &'static str,
    waits: bool,
}

impl portcullis::Verify<str> for Verdicts {
    type Principal = Name;

    async fn verify(&self, token: &str) -> Result<Name, Unauthenticated> {
        tokio::task::yield_now().await;
        verdict(self.name, token)
    }

    fn verify_now(&self, token: &str) -> Option<Result<Name, Unauthenticated>> {
        (!self.waits).then(|| verdict(self.name, token))
    }
}

const WAITS: [[bool; 2]; 4] = [[false, false], [false, true], [true, false], [true, true]];

#[test]
fn a08_of_two_issuers_the_first_success_wins_and_a_recognised_account_is_final() {
    for ask in WAITS.map(issuers) {
        assert_eq!(ask("a-ok.b-ok"), Ok("a"));
        assert_eq!(ask("a-ok.b-suspended"), Ok("a"));
        for (refusal, _) in RANKED {
            assert_eq!(ask(&format!("a-{refusal}.b-ok")), Ok("b"), "{refusal}");
            assert_eq!(ask(&format!("a-ok.b-{refusal}")), Ok("a"), "{refusal}");
        }
        for (refusal, cause) in FINAL {
            assert_eq!(ask(&format!("a-{refusal}.b-ok")), Err(cause), "{refusal}");
            for (weaker, _) in RANKED {
                assert_eq!(ask(&format!("a-{weaker}.b-{refusal}")), Err(cause), "{weaker}");
            }
        }
    }
}

#[test]
fn a08_of_two_refusals_the_cause_that_counts_more_is_told_in_either_order() {
    for ask in WAITS.map(issuers) {
        for (index, (lower, _)) in RANKED.iter().enumerate() {
            for (higher, cause) in &RANKED[index..] {
                let both = [format!("a-{lower}.b-{higher}"), format!("a-{higher}.b-{lower}")];
                for token in both {
                    assert_eq!(ask(&token), Err(*cause), "{token}");
                }
            }
        }
    }
}

#[test]
fn a08_the_response_to_two_refusals_tells_neither_which_nor_how_many() {
    let events = Events::capture();
    let issuer = |name: &'static str, realm| {
        Bearer::new(realm, verify_fn(move |token: &str| verdict(name, token))).unwrap()
    };
    let identity = any_of((issuer("a", "a"), basic(), issuer("b", "b")));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    let ask = |token: &str| {
        get(server.address, "/", &[&format!("authorization: Bearer {token}")]).undated()
    };
    let failed = |realm: &str, text: &str| {
        format!("Bearer realm={realm}|error=invalid_token|error_description={text}")
    };
    let invalid = ask("a-invalid.b-invalid");
    let text = "The access token is not valid";
    let expected = [&failed("a", text), &failed("b", text), "Basic realm=test|charset=UTF-8"];
    assert_eq!(invalid.challenges(), expected);
    assert_eq!(invalid, ask("c-unknown"));
    let expired = ask("a-expired.b-invalid");
    assert_eq!(expired.challenges()[1], failed("b", "The access token expired"));
    assert_eq!(expired, ask("a-invalid.b-expired"));
    // An outage of one is no 401, in either order, and operators see both.
    for token in ["a-down.b-invalid", "a-invalid.b-down"] {
        let _ = events.take();
        let answer = ask(token);
        assert_eq!((answer.status, answer.challenges().len()), (503, 0), "{token}");
        assert_eq!(answer.field("retry-after"), Some("10"), "{token}");
        let event = events.only();
        let both = format!("{} {}", event.fields["reasons"], event.fields["source"]);
        assert_eq!(event.level, tracing::Level::WARN, "{token}");
        assert!(both.contains("invalid (") && both.contains("says -down"), "{both}");
    }
    // One scheme refuses, no other is tried; the identity between them is asked for its own.
    assert_eq!(get(server.address, "/", &[&login("user", "passwd")]).text(), "user");
    assert_eq!(get(server.address, "/", &[&login("user", "wrong")]).status, 401);
}

#[test]
fn a08_two_tables_of_users_are_both_asked() {
    let other = Basic::new("other", Users::new().with("eve", "secret", "eve")).unwrap();
    let server = Server::start(site().layer(AuthenticateLayer::new(any_of((basic(), other)))));
    let ask = |user, password| get(server.address, "/", &[&login(user, password)]);
    assert_eq!(ask("user", "passwd").text(), "user");
    assert_eq!(ask("eve", "secret").text(), "eve");
    let expected = ["Basic realm=test|charset=UTF-8", "Basic realm=other|charset=UTF-8"];
    let refused = ask("user", "secret").undated();
    assert_eq!((refused.status, refused.challenges()), (401, expected.map(str::to_owned).to_vec()));
    for (user, password) in [("eve", "passwd"), ("nobody", "x")] {
        assert_eq!(ask(user, password).undated(), refused, "{user}");
    }
}

/// Counts how often it is asked.
static ASKED: AtomicUsize = AtomicUsize::new(0);

#[test]
fn a06_every_identity_of_a_scheme_does_the_same_work_for_every_wrong_login() {
    let table = |known: &'static str| {
        let users = verify_fn(move |login: &Login| {
            ASKED.fetch_add(1, Ordering::Relaxed);
            match (login.user() == known, login.password()) {
                (true, "right") => Ok(known),
                _ => Err(Unauthenticated::invalid()),
            }
        });
        Basic::new("test", users).unwrap()
    };
    let identity = any_of((table("first"), table("second")));
    let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
    for user in ["first", "second", "third"] {
        ASKED.store(0, Ordering::Relaxed);
        assert_eq!(get(server.address, "/", &[&login(user, "wrong")]).status, 401);
        assert_eq!(ASKED.load(Ordering::Relaxed), 2, "{user}");
    }
}

#[test]
fn a08_two_headers_of_api_keys_are_both_asked() {
    let other = |header: &'static str| {
        let keys = portcullis::Tokens::new().with("key-2", "other");
        ApiKey::new("test", HeaderName::from_static(header), keys).unwrap()
    };
    let one_header = any_of((api_key(), other("x-api-key")));
    let two_headers = any_of((api_key(), other("x-service-key")));
    let one = Server::start(site().layer(AuthenticateLayer::new(one_header)));
    let two = Server::start(site().layer(AuthenticateLayer::new(two_headers)));
    assert_eq!(get(one.address, "/", &["x-api-key: key-1"]).text(), "machine");
    assert_eq!(get(one.address, "/", &["x-api-key: key-2"]).text(), "other");
    assert_eq!(get(one.address, "/", &["x-api-key: key-3"]).status, 401);
    let (wrong, right) = ("x-api-key: nope", "x-service-key: key-2");
    assert_eq!(get(two.address, "/", &[right]).text(), "other");
    assert_eq!(get(two.address, "/", &[wrong, right]).text(), "other");
    assert_eq!(get(two.address, "/", &["x-api-key: key-1", "x-service-key: x"]).text(), "machine");
    assert_eq!(get(two.address, "/", &[wrong]).status, 401);
    assert_eq!(get(two.address, "/", &[wrong, "x-service-key: wrong"]).status, 401);
}

#[test]
fn a08_an_identity_that_only_names_the_challenge_of_a_scheme_is_no_second_one_of_it() {
    // It would admit the caller, whatever was sent.
    let peer =
        || identity_fn(Challenge::bearer("test").unwrap(), |_: &Parts| Ok::<Name, _>("peer"));
    let session = || peer().reads_headers([http::header::COOKIE]);
    let key = || peer().reads_headers([HeaderName::from_static("x-peer")]);
    let certificate = || {
        let peers = verify_fn(|(): &()| Ok::<Name, Unauthenticated>("peer"));
        ConnectionIdentity::<(), _>::new(Challenge::bearer("test").unwrap(), peers)
    };
    let with_certificate = |router: axum::Router| {
        router.layer(axum::middleware::map_request(|mut request: axum::extract::Request| async {
            request.extensions_mut().insert(());
            request
        }))
    };
    let layers = [
        site().layer(AuthenticateLayer::new(any_of((bearer(), session())))),
        site().layer(AuthenticateLayer::new(any_of((session(), bearer())))),
        site().layer(AuthenticateLayer::new(any_of((bearer(), key())))),
        site().layer(AuthenticateLayer::new(any_of((key(), bearer())))),
        with_certificate(site().layer(AuthenticateLayer::new(any_of((bearer(), certificate()))))),
        with_certificate(site().layer(AuthenticateLayer::new(any_of((certificate(), bearer()))))),
    ];
    for (index, router) in layers.into_iter().enumerate() {
        let server = Server::start(router);
        let sent = ["authorization: Bearer nope", "cookie: a=b", "x-peer: c"];
        assert_eq!(get(server.address, "/", &sent).status, 401, "{index}");
        let sent = ["authorization: Bearer tok-read", "cookie: a=b", "x-peer: c"];
        assert_eq!(get(server.address, "/", &sent).text(), "reader", "{index}");
        assert_eq!(get(server.address, "/", &sent[1..]).text(), "peer", "{index}");
    }
}

// ==== A18 ====

/// Notes the outcomes that it is told.
#[derive(Default)]
struct Noting(Mutex<Vec<Outcome>>);

impl Throttle for Noting {
    fn admit(&self, _: &Attempt<'_>) -> Result<(), Duration> {
        Ok(())
    }

    fn settle(&self, _: &Attempt<'_>, outcome: Outcome) {
        self.0.lock().unwrap().push(outcome);
    }
}

impl Noting {
    fn counted(&self) -> Vec<bool> {
        std::mem::take(&mut *self.0.lock().unwrap()).into_iter().map(Outcome::counts).collect()
    }
}

#[test]
fn a18_an_attempt_that_one_identity_has_tested_counts_whatever_the_others_say() {
    let throttle = std::sync::Arc::new(Noting::default());
    let issuer = |name: &'static str| {
        let tokens = async_verify_fn(move |token: &str| {
            let decided = verdict(name, token);
            async {
                tokio::task::yield_now().await;
                decided
            }
        });
        Bearer::new("test", tokens).unwrap()
    };
    let identity = any_of((issuer("a"), issuer("b"))).throttled(throttle.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (token, counts) in [
        ("a-invalid.b-invalid", true),
        // Guesses at one are not free during an outage of the other, nor where the other refuses.
        ("a-invalid.b-down", true),
        ("a-down.b-invalid", true),
        ("a-invalid.b-throttled", true),
        ("a-invalid.b-incomplete", true),
        // Nothing was tested, or the secret is or was right.
        ("a-down.b-down", false),
        ("a-malformed.b-down", false),
        ("a-invalid.b-ok", false),
        ("a-invalid.b-expired", false),
        ("a-expired.b-invalid", false),
        ("a-invalid.b-suspended", false),
    ] {
        let _ = runtime.block_on(identity.identify(&request(token)));
        assert_eq!(throttle.counted(), [counts], "{token}");
    }
}

#[test]
fn a18_each_of_two_throttled_identities_counts_an_attempt_once() {
    // The second waits, so that nothing can be decided without waiting.
    for [first_waits, second_waits] in WAITS {
        let [first, second] = [(); 2].map(|()| std::sync::Arc::new(Noting::default()));
        let issuer = |name, waits, throttle: &std::sync::Arc<Noting>| {
            Bearer::new("test", Verdicts { name, waits }).unwrap().throttled(throttle.clone())
        };
        let identity =
            any_of((issuer("a", first_waits, &first), issuer("b", second_waits, &second)));
        let server = Server::start(site().layer(AuthenticateLayer::new(identity)));
        let ask = |token: &str| {
            get(server.address, "/", &[&format!("authorization: Bearer {token}")]).status
        };
        assert_eq!(ask("a-invalid.b-invalid"), 401);
        assert_eq!((first.counted(), second.counted()), (vec![true], vec![true]));
        assert_eq!(ask("a-invalid.b-ok"), 200);
        assert_eq!((first.counted(), second.counted()), (vec![true], vec![false]));
        assert_eq!(ask("a-invalid.b-down"), 503);
        assert_eq!((first.counted(), second.counted()), (vec![true], vec![false]));
        assert_eq!(ask("a-ok.b-ok"), 200);
        assert_eq!((first.counted(), second.counted()), (vec![false], vec![]));
    }
}
