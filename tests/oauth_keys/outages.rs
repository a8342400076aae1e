//! Issuers that are down, for tokens of callers: J33–J37, J44, J47.

use std::time::Duration;

use portcullis::oauth::Keys;

use crate::issuer::{Issuer, KEYS, METADATA, Sent, key_set};
use crate::service::{
    ask, ask_once, ask_until_served, assert_unavailable, at_url, discovered, request_with, serve,
    wait_until,
};
use crate::support::{Connection, Events};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn j37_while_the_issuer_is_down_tokens_of_known_keys_are_served() {
    let mut issuer = Issuer::start(&["old"]);
    let keys = discovered(&issuer).refresh_after(SECOND);
    let server = serve(keys.clone(), None);
    let (old, new) = (issuer.token("old"), issuer.token("new"));
    assert_eq!(ask_once(&server, &old).status, 200);
    issuer.kill();

    let mut connection = Connection::open(server.address);
    let mut requests = 0;
    let mut refused_new = 0;
    // Until several refreshes in the background have failed.
    wait_until("refreshes fail", || {
        for _ in 0..100 {
            assert_eq!(ask(&mut connection, &old).status, 200);
            requests += 1;
        }
        assert_unavailable(&ask(&mut connection, &new));
        refused_new += 1;
        refused_new > 20 && keys.last_failure().is_some()
    });
    assert!(requests >= 2000);

    issuer.set_keys(&["old", "new"]);
    issuer.start_again();
    ask_until_served(&server, &new);
    assert_eq!(ask(&mut connection, &old).status, 200);
    assert!(keys.last_failure().is_none());
}

#[test]
fn j33_a_service_starts_without_its_issuer() {
    let mut issuer = Issuer::not_started(&["a"]);
    let server = serve(discovered(&issuer), None);
    let token = issuer.token("a");
    assert_unavailable(&ask_once(&server, &token));
    issuer.start_again();
    ask_until_served(&server, &token);
}

#[test]
fn j44_tokens_of_another_issuer_are_served_while_one_is_down_or_hangs() {
    let (good, mut bad) = (Issuer::start(&["a"]), Issuer::start(&["a"]));
    let server = serve(discovered(&bad), Some(discovered(&good)));
    bad.set(METADATA, Sent::Nothing);
    let mut waiting = Connection::open(server.address);
    waiting.write(request_with(&bad.token("a")).as_bytes());
    wait_until("the bad issuer is asked", || bad.asked(METADATA) == 1);
    assert_eq!(ask_once(&server, &good.token("a")).status, 200);
    bad.kill();
    assert_unavailable(&waiting.answer(false));
    assert_unavailable(&ask_once(&server, &bad.token("a")));
    assert_eq!(ask_once(&server, &good.token("a")).status, 200);
}

#[test]
fn j34_j35_a_rotation_is_noticed_by_the_first_token_and_by_age() {
    let issuer = Issuer::start(&["a"]);
    let server = serve(discovered(&issuer), None);
    assert_eq!(ask_once(&server, &issuer.token("a")).status, 200);
    issuer.set_keys(&["b"]);
    assert_eq!(ask_once(&server, &issuer.token("a")).status, 200, "not noticed yet");
    assert_eq!(ask_once(&server, &issuer.token("b")).status, 200);
    // The old key is gone with the same fetch. Its tokens are refused by a fetch of their own.
    let refused = ask_once(&server, &issuer.token("a"));
    assert_eq!(refused.status, 401);
    assert!(refused.field("www-authenticate").unwrap().contains("invalid_token"));
    assert_eq!(issuer.asked(METADATA), 1);
    assert_eq!(issuer.asked(KEYS), 3);

    let server = serve(discovered(&issuer).refresh_after(SECOND), None);
    assert_eq!(ask_once(&server, &issuer.token("b")).status, 200);
    issuer.set_keys(&["c"]);
    let fetched = issuer.asked(KEYS);
    wait_until("a refresh", || issuer.asked(KEYS) > fetched + 1);
    assert_eq!(ask_once(&server, &issuer.token("b")).status, 401);
}

#[test]
fn j35_random_kids_cannot_make_more_requests_than_the_budget() {
    let issuer = Issuer::start(&["a"]);
    let server = serve(at_url(&issuer), None);
    let mut connection = Connection::open(server.address);
    assert_eq!(ask(&mut connection, &issuer.token("a")).status, 200);
    let mut refused = 0;
    for n in 0..2000 {
        let answer = ask(&mut connection, &issuer.token(&format!("random {n}")));
        match answer.status {
            401 => refused += 1,
            _ => assert_unavailable(&answer),
        }
        if n % 100 == 0 {
            assert_eq!(ask(&mut connection, &issuer.token("a")).status, 200);
        }
    }
    // One for the start, five at once, and one in 30 s; a slow machine has time for a few.
    assert_eq!(issuer.asked(KEYS), 1 + refused);
    assert!((5..10).contains(&refused), "{refused}");
}

#[test]
fn j46_one_broken_key_does_not_take_the_others_along() {
    let issuer = Issuer::start(&["a"]);
    let good = key_set(&["a"]).replace(r#"{"keys":["#, "");
    let broken = [r#"{"kty":"EC","crv":"P-256","x":"AA"}"#, r#"{"kty":7}"#, "null", r#""a""#];
    issuer.set(KEYS, Sent::ok(format!(r#"{{"keys":[{},{good}"#, broken.join(","))));
    let server = serve(discovered(&issuer), None);
    assert_eq!(ask_once(&server, &issuer.token("a")).status, 200);
}

#[test]
fn j47_an_operator_sees_each_failure_once_and_the_recovery() {
    let events = Events::capture();
    let mut issuer = Issuer::not_started(&["a"]);
    let keys = discovered(&issuer);
    let server = serve(keys.clone(), None);
    let token = issuer.token("a");
    let of_keys = || {
        let mut events = events.take();
        events.retain(|event| event.fields.contains_key("issuer"));
        events
    };
    assert_unavailable(&ask_once(&server, &token));
    let failed = of_keys();
    assert!(!failed.is_empty(), "an event");
    for event in &failed {
        assert_eq!(event.level, tracing::Level::WARN);
        assert_eq!(event.fields["message"], "the keys of an issuer could not be fetched");
        assert_eq!(event.fields["issuer"], issuer.name());
        assert_eq!(event.fields["keys_loaded"], "false");
        let error = &event.fields["error"];
        assert!(error.contains(METADATA) && error.contains("refused"), "{error}");
        assert!(!error.contains(&token));
    }
    let failure = keys.last_failure().unwrap().to_string();
    assert_eq!(failure, failed[0].fields["error"]);
    issuer.start_again();
    ask_until_served(&server, &token);
    let later = of_keys();
    let recovered = later.last().unwrap();
    assert_eq!(recovered.level, tracing::Level::INFO);
    assert_eq!(recovered.fields["message"], "the keys of an issuer could be fetched again");
}

#[test]
fn j31_a_wrong_issuer_is_refused() {
    let issuer = Issuer::start(&["a"]);
    let keys = Keys::of_issuer(&format!("{}/", issuer.name()), crate::service::client()).unwrap();
    let server = serve(keys.clone(), None);
    let token = crate::issuer::token(&format!("{}/", issuer.name()), "a");
    assert_unavailable(&ask_once(&server, &token));
    let failure = keys.last_failure().unwrap().to_string();
    assert!(failure.contains("configure exactly this issuer"), "{failure}");
    assert_eq!(issuer.asked(KEYS), 0);
}
