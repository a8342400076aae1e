//! Looking up accounts and verifying responses: A06, A07, A10, A17, A20, C09.

use std::io;
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use http::request::Parts;
use portcullis::identity::{
    DigestAccount, DigestAlgorithm, DigestSecret, DigestUser, InvalidDigest,
};
use portcullis::{
    AuthenticateLayer, Basic, Digest, DigestUsers, Identity, Unauthenticated, Verify, any_of,
    async_verify_fn, verify_fn,
};

use crate::client::{Client, hash};
use crate::support::{Answer, Events, Server, get};
use crate::{ALL, Name, REALM, ask, serve, site};

const SECRET: &str = "Circle of Life";

fn look_up(user: &DigestUser) -> Result<DigestAccount<Name>, Unauthenticated> {
    assert_eq!(user.realm(), REALM);
    let account = |name: Name| DigestAccount::new(user.password(name, SECRET), name);
    let down = io::Error::new(io::ErrorKind::ConnectionRefused, "10.0.0.7:5432");
    match () {
        () if user.is("alice") => Ok(account("alice")),
        () if user.is("eve") => {
            Ok(account("eve").refused(Unauthenticated::suspended().with_source("fraud case 7")))
        }
        () if user.is("old") => Ok(account("old").refused(Unauthenticated::expired())),
        () if user.is("down") => Err(Unauthenticated::unavailable().with_source(down)),
        () if user.is("hasty") => Err(Unauthenticated::suspended().with_detail("hasty is locked")),
        () if user.is("odd") => Err(Unauthenticated::missing()),
        () if user.is("traced") => {
            Err(Unauthenticated::expired().with_detail("traced is gone").with_source("left in May"))
        }
        () if user.is("panics") => panic!("a panic"),
        () if user.is("mixed") => {
            let md5 = DigestSecret::of_password(DigestAlgorithm::Md5, "mixed", REALM, SECRET);
            Ok(DigestAccount::new(md5, "mixed"))
        }
        () if user.is("tired") => Err(Unauthenticated::throttled(Duration::from_secs(7))),
        () => Err(Unauthenticated::invalid()),
    }
}

struct Waiting;

impl Verify<DigestUser> for Waiting {
    type Principal = DigestAccount<Name>;

    async fn verify(&self, user: &DigestUser) -> Result<DigestAccount<Name>, Unauthenticated> {
        tokio::task::yield_now().await;
        look_up(user)
    }
}

fn servers() -> [Server; 3] {
    let closure = async_verify_fn(|user: &DigestUser| {
        let result = look_up(user);
        async move { result }
    });
    [
        serve(Digest::new(REALM, verify_fn(look_up)).unwrap().userhash(true)),
        serve(Digest::new(REALM, Waiting).unwrap().userhash(true)),
        serve(Digest::new(REALM, closure).unwrap().userhash(true).map(|name| name)),
    ]
}

fn login(server: &Server, user: &str, password: &str, hashed: bool) -> Answer {
    let client = Client::of(&get(server.address, "/", &[]), user, password);
    ask(server, &Client { hashed, ..client }.line("GET", "/"))
}

#[test]
fn a10_a_verifier_may_wait_or_not() {
    for server in servers() {
        for hashed in [false, true] {
            let answer = login(&server, "alice", SECRET, hashed);
            assert_eq!((answer.status, answer.text()), (200, "alice"));
            assert!(answer.field("authentication-info").is_some());
            assert_eq!(login(&server, "alice", "wrong", hashed).status, 401);
        }
    }
}

#[test]
fn a06_a17_without_the_right_secret_all_refusals_are_equal() {
    let comparable = |mut answer: Answer| {
        answer.fields.retain(|(name, _)| name != "www-authenticate");
        answer.undated()
    };
    for server in servers() {
        let wrong = comparable(login(&server, "alice", "wrong", false));
        assert_eq!(wrong.status, 401);
        for user in ["nobody", "eve", "old", "hasty", "odd", "traced", "mixed"] {
            for hashed in [false, true] {
                assert_eq!(comparable(login(&server, user, "wrong", hashed)), wrong, "{user}");
            }
        }
        // No password matches the dummy secret.
        for password in ["", SECRET, "nobody"] {
            assert_eq!(comparable(login(&server, "nobody", password, false)), wrong);
        }
        // A verifier's own refusal is replaced before the response was verified, and so is that of a
        // secret for another algorithm.
        for user in ["hasty", "mixed"] {
            assert_eq!(comparable(login(&server, user, SECRET, false)), wrong, "{user}");
        }
    }
}

#[test]
fn a17_a_suspended_account_is_403_once_the_response_was_right() {
    for server in servers() {
        let suspended = login(&server, "eve", SECRET, false);
        assert_eq!((suspended.status, suspended.lines("www-authenticate").len()), (403, 0));
        assert!(!suspended.everything().contains("fraud"));
        assert_eq!(suspended.field("authentication-info"), None);
        let old = login(&server, "old", SECRET, false);
        assert_eq!((old.status, old.text().contains("expired")), (401, true));
        // Password and nonce are right: `stale` would make the client retry in vain.
        assert_eq!(old.param("Digest", "stale"), None);
        // A replay is refused as a replay.
        let mut client = Client::of(&get(server.address, "/", &[]), "eve", SECRET);
        let line = client.line("GET", "/");
        assert_eq!([ask(&server, &line).status, ask(&server, &line).status], [403, 401]);
    }
}

#[test]
fn a07_a_store_that_is_down_is_503_and_a_panic_is_500() {
    for server in servers() {
        let down = login(&server, "down", SECRET, false);
        assert_eq!((down.status, down.lines("www-authenticate").len()), (503, 0));
        assert_eq!(down.field("retry-after"), Some("10"));
        assert!(!down.everything().contains("10.0.0.7"));
        assert_eq!(login(&server, "panics", SECRET, false).status, 500);
    }
}

#[test]
fn a18_a_verifier_may_throttle_whatever_the_response() {
    for server in servers() {
        let answers = [SECRET, "wrong"].map(|password| {
            let answer = login(&server, "tired", password, false).undated();
            assert_eq!((answer.status, answer.field("retry-after")), (429, Some("7")));
            answer
        });
        assert_eq!(answers[0], answers[1]);
    }
}

#[test]
fn a06_a_secret_for_another_algorithm_is_refused_like_an_unknown_user() {
    /// Stores SHA-256 secrets only, as before MD5 was allowed.
    fn stored(user: &DigestUser) -> Result<DigestAccount<Name>, Unauthenticated> {
        if !user.is("alice") {
            return Err(Unauthenticated::invalid());
        }
        let digits = hash("SHA-256", &format!("alice:{REALM}:{SECRET}"));
        let secret = DigestSecret::stored(DigestAlgorithm::Sha256, &digits);
        let secret = secret.map_err(|error| Unauthenticated::invalid().with_source(error))?;
        Ok(DigestAccount::new(secret, "alice"))
    }
    let events = Events::capture();
    let layer = AuthenticateLayer::new(Digest::new(REALM, verify_fn(stored)).unwrap().allow_md5());
    let server = Server::start(site().layer(layer));
    let ask_by = |algorithm: &str, user: &str| {
        let mut client = Client::of(&get(server.address, "/", &[]), user, SECRET);
        client.algorithm = algorithm.to_owned();
        events.take();
        let mut answer = ask(&server, &client.line("GET", "/"));
        answer.fields.retain(|(name, _)| name != "www-authenticate");
        (answer.undated(), events.take())
    };
    assert_eq!(ask_by("SHA-256", "alice").0.status, 200);
    let (unknown, _) = ask_by("MD5", "nobody");
    let (known, events) = ask_by("MD5", "alice");
    assert_eq!(unknown.status, 401);
    assert_eq!(known, unknown);
    // Operators see the reason.
    assert_eq!(events[0].fields["source"], "the stored secret is not for this algorithm");
    assert_eq!(events[0].fields["cause"], "invalid");
}

#[test]
fn a10_a_stored_secret_works_with_the_algorithms_of_its_hash() {
    for algorithm in ALL {
        let stored = hash(algorithm.as_str(), &format!("Mufasa:{REALM}:{SECRET}"));
        let secret = DigestSecret::stored(algorithm, &stored).unwrap();
        let users = DigestUsers::new(REALM).with_secret("Mufasa", secret, "Mufasa");
        let identity = Digest::new(REALM, users).unwrap().userhash(true);
        let server = serve(identity.algorithms(ALL).unwrap());
        for chosen in ALL {
            let family = |name: &str| name.trim_end_matches("-sess").to_owned();
            let same = family(chosen.as_str()) == family(algorithm.as_str());
            for hashed in [false, true] {
                let mut client = Client::of(&get(server.address, "/", &[]), "Mufasa", SECRET);
                client.algorithm = chosen.as_str().to_owned();
                client.hashed = hashed;
                let answer = ask(&server, &client.line("GET", "/"));
                assert_eq!(answer.status, if same { 200 } else { 401 }, "{chosen} of {algorithm}");
            }
        }
    }
}

#[test]
fn h06_users_in_memory_work_with_every_algorithm() {
    let users = || DigestUsers::new(REALM).with("Mufasa", SECRET, "Mufasa");
    for identity in [
        Digest::from_users(users()).unwrap().allow_md5(),
        Digest::new(REALM, users()).unwrap().algorithms(ALL).unwrap(),
    ] {
        let server = serve(identity);
        for algorithm in ["SHA-256", "MD5"] {
            let mut client = Client::of(&get(server.address, "/", &[]), "Mufasa", SECRET);
            assert_eq!(client.realm, REALM);
            client.algorithm = algorithm.to_owned();
            assert_eq!(ask(&server, &client.line("GET", "/")).text(), "Mufasa", "{algorithm}");
        }
    }
    assert!(matches!(
        Digest::from_users(DigestUsers::<Name>::new("\n")),
        Err(InvalidDigest::Challenge(_))
    ));
}

#[test]
fn a08_the_same_users_work_with_digest_and_basic() {
    let md5 = DigestSecret::of_password(DigestAlgorithm::Md5, "old", REALM, SECRET);
    let users = DigestUsers::new(REALM)
        .with("Mufasa", SECRET, "Mufasa")
        .with("", "", "nobody at all")
        .with_secret("old", md5, "old");
    let basic = Basic::new("another realm", users.clone()).unwrap();
    let server = serve(any_of((Digest::from_users(users).unwrap(), basic)));
    assert_eq!(login(&server, "Mufasa", SECRET, false).text(), "Mufasa");
    let basic = |user: &str, password: &str| {
        let login = BASE64_STANDARD.encode(format!("{user}:{password}"));
        ask(&server, &format!("authorization: Basic {login}")).undated()
    };
    for (user, password, name) in
        [("Mufasa", SECRET, "Mufasa"), ("old", SECRET, "old"), ("", "", "nobody at all")]
    {
        assert_eq!(basic(user, password).text(), name);
    }
    let digest = |mut answer: Answer| {
        answer.fields.retain(|(_, line)| !line.starts_with("Digest "));
        answer
    };
    let wrong = digest(basic("Mufasa", "wrong"));
    assert_eq!(wrong.status, 401);
    for (user, password) in
        [("Mufasa", ""), ("mufasa", SECRET), ("nobody", SECRET), ("old", "x"), ("", "x")]
    {
        assert_eq!(digest(basic(user, password)), wrong, "{user}");
    }
}

#[test]
fn a06_operators_learn_that_a_user_has_no_secret_for_the_algorithm() {
    let secret = DigestSecret::of_password(DigestAlgorithm::Sha256, "Mufasa", REALM, SECRET);
    let users = DigestUsers::new(REALM).with_secret("Mufasa", secret, "Mufasa");
    let events = Events::capture();
    let layer = AuthenticateLayer::new(Digest::new(REALM, users).unwrap().allow_md5());
    let server = Server::start(site().layer(layer));
    for user in ["Mufasa", "nobody"] {
        let mut client = Client::of(&get(server.address, "/", &[]), user, SECRET);
        client.algorithm = "MD5".to_owned();
        events.take();
        assert_eq!(ask(&server, &client.line("GET", "/")).status, 401);
        let source = "there is no such user, or none with a secret for MD5";
        assert_eq!(events.only().fields["source"], source, "{user}");
    }
}

#[test]
fn c09_users_of_another_realm_are_an_internal_error_and_not_a_refusal() {
    let events = Events::capture();
    let users = DigestUsers::new("another").with("Mufasa", SECRET, "Mufasa");
    let layer = AuthenticateLayer::new(Digest::new(REALM, users).unwrap());
    let server = Server::start(site().layer(layer));
    let line = Client::of(&get(server.address, "/", &[]), "Mufasa", SECRET).line("GET", "/");
    events.take();
    assert_eq!(ask(&server, &line).status, 500);
    let event = events.only();
    assert_eq!(
        event.fields["source"],
        "the users are of another realm: let `Digest::from_users` take it from them"
    );
    assert_eq!(event.fields["cause"], "internal_error");
}

#[test]
fn a06_operators_learn_what_the_client_does_not() {
    let events = Events::capture();
    let server = serve(Digest::new(REALM, verify_fn(look_up)).unwrap());
    let mut client = Client::of(&get(server.address, "/", &[]), "alice", SECRET);
    let line = client.line("GET", "/");
    assert_eq!(ask(&server, &line).status, 200);
    events.take();
    ask(&server, &line);
    assert_eq!(events.only().fields["source"], "the nonce count was used before");
    for (user, source) in [
        ("alice", "the response is wrong"),
        ("nobody", "the verifier has no account for this user"),
        ("traced", "left in May"),
    ] {
        login(&server, user, "wrong", false);
        assert_eq!(events.take().last().unwrap().fields["source"], source, "{user}");
    }
    get(server.address, "/other", &[&client.line("GET", "/")]);
    let event = events.only();
    assert_eq!(event.fields["source"], "the uri is not the request target");
    assert_eq!(event.fields["cause"], "invalid_request");
    for (_, value) in event.fields {
        for secret in [&*client.nonce, &client.cnonce, "alice", SECRET] {
            assert!(!value.contains(secret), "{value}");
        }
    }
}

#[test]
fn a06_debug_prints_no_secret() {
    let users = DigestUsers::new(REALM).with("Mufasa", SECRET, "principal");
    let identity = Digest::new(REALM, users.clone()).unwrap().key([0x41; 32]);
    let looking = verify_fn(|user: &DigestUser| {
        let printed = format!("{user:?} {:?}", look_up(user));
        assert!(!printed.contains("alice"), "{printed}");
        look_up(user)
    });
    let server = serve(Digest::new(REALM, looking).unwrap());
    assert_eq!(login(&server, "alice", SECRET, false).status, 200);
    let printed = format!("{identity:?} {users:?}");
    for secret in ["Mufasa", SECRET, "principal", "AAAA", "65, 65", "4141"] {
        assert!(!printed.contains(secret), "{printed}");
    }
    let (parts, ()) = http::Request::new(()).into_parts();
    let parts: Parts = parts;
    assert!(identity.identify_now(&parts).unwrap().unwrap_err().is_missing());
}

/// Remembers the names that it was given.
#[derive(Clone, Default)]
struct Named(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl Verify<DigestUser> for Named {
    type Principal = DigestAccount<Name>;

    async fn verify(&self, user: &DigestUser) -> Result<DigestAccount<Name>, Unauthenticated> {
        let text = format!("{:?} {:?} {}", user.name(), user.userhash(), user.algorithm());
        self.0.lock().unwrap().push(text);
        Ok(DigestAccount::new(user.password("alice", SECRET), "alice"))
    }
}

#[test]
fn a10_a_verifier_gets_the_name_or_its_hash() {
    let named = Named::default();
    let server = serve(Digest::new(REALM, named.clone()).unwrap().userhash(true));
    assert_eq!(login(&server, "alice", SECRET, false).text(), "alice");
    assert_eq!(login(&server, "alice", SECRET, true).text(), "alice");
    let userhash = hash("SHA-256", &format!("alice:{REALM}"));
    assert_eq!(
        *named.0.lock().unwrap(),
        ["Some(\"alice\") None SHA-256".to_owned(), format!("None Some({userhash:?}) SHA-256")]
    );
}

#[test]
fn a10_digest_does_not_wait_if_users_and_store_do_not() {
    let users = DigestUsers::new(REALM).with("alice", SECRET, "alice");
    let store = std::sync::Arc::new(portcullis::identity::MemoryReplayStore::new());
    for identity in [
        Digest::from_users(users.clone()).unwrap().replay_store(store.clone()),
        Digest::new(REALM, users).unwrap().replay_store(store),
    ] {
        let server = serve(identity.clone());
        let line = Client::of(&get(server.address, "/", &[]), "alice", SECRET).line("GET", "/");
        let (_, value) = line.split_once(": ").unwrap();
        let request = http::Request::builder().header("authorization", value).body(()).unwrap();
        let (parts, ()) = request.into_parts();
        assert_eq!(
            identity.identify_now(&parts).expect("a result without waiting").unwrap(),
            "alice"
        );
    }
}
