//! The responses once a limit is reached, and which callers are limited.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::routing::any;
use governor::Quota;
use governor::clock::FakeRelativeClock;
use http::{HeaderName, Request};
use portcullis::{
    ApiKey, AuthenticateLayer, Basic, Bearer, Cause, Denial, Identity, Login, Principal, Tokens,
    Unauthenticated, Verify, any_of,
};
use tower::ServiceBuilder;

use crate::login;
use crate::support::{Answer, Decisions, Server, get};
use crate::tries::{Limits, Tries};

type Name = &'static str;

/// A verifier that accepts alice and counts its calls.
#[derive(Clone, Default)]
struct Users {
    calls: Arc<AtomicUsize>,
    /// Whether it waits, so that the stage needs a future.
    waits: bool,
}

impl Users {
    fn look_up(&self, login: &Login) -> Result<Name, Unauthenticated> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let right = login.user() == "alice" && login.password() == "wonderland";
        right.then_some("alice").ok_or(Unauthenticated::invalid())
    }
}

impl Verify<Login> for Users {
    type Principal = Name;

    async fn verify(&self, login: &Login) -> Result<Name, Unauthenticated> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.look_up(login)
    }

    fn verify_now(&self, login: &Login) -> Option<Result<Name, Unauthenticated>> {
        (!self.waits).then(|| self.look_up(login))
    }
}

/// A site whose limits use a clock that the test sets.
#[derive(Clone, Default)]
struct World {
    clock: FakeRelativeClock,
    users: Users,
}

impl World {
    fn waiting() -> Self {
        Self { users: Users { waits: true, ..Users::default() }, ..Self::default() }
    }

    /// Ten attempts per address and thirty per IPv6 site; three per account and address, and then one
    /// in 1.5 seconds; twenty per account.
    fn tries(&self) -> Tries<FakeRelativeClock> {
        let quota = |burst: u32, period| {
            Quota::with_period(Duration::from_millis(period))
                .unwrap()
                .allow_burst(burst.try_into().unwrap())
        };
        let limits = Limits {
            address: quota(10, 60_000),
            site: quota(30, 60_000),
            account_from_address: quota(3, 1500),
            account: quota(20, 1000),
        };
        Tries::by(self.clock.clone(), &limits)
    }

    fn basic(&self) -> impl Identity<Principal = Name> {
        Basic::new("test", self.users.clone()).unwrap().throttled(self.tries())
    }

    fn take_calls(&self) -> usize {
        self.users.calls.swap(0, Ordering::Relaxed)
    }
}

async fn who(caller: Option<Principal<Name>>) -> Name {
    caller.map_or("nobody", |Principal(name)| name)
}

/// Sets the address of the connection: the value of `X-From`, or 192.0.2.1.
fn from(mut request: Request<axum::body::Body>) -> Request<axum::body::Body> {
    let from = request.headers().get("x-from").map(|it| it.to_str().unwrap());
    let from: IpAddr = from.unwrap_or("192.0.2.1").parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((from, 1))));
    request
}

macro_rules! serve {
    ($layer:expr) => {{
        let stages = ServiceBuilder::new().map_request(from).layer($layer);
        Server::start(Router::new().fallback(any(who)).layer(stages))
    }};
}

fn required(world: &World) -> Server {
    serve!(AuthenticateLayer::new(world.basic()))
}

#[track_caller]
fn assert_throttled(answer: &Answer, seconds: &str) {
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(answer.field("retry-after"), Some(seconds));
    assert_eq!(answer.field("cache-control"), Some("no-store"));
    assert_eq!(answer.lines("www-authenticate"), [""; 0]);
    assert_eq!(answer.field("content-type"), Some("application/problem+json"));
    let problem = answer.json();
    assert_eq!((&problem["status"], &problem["title"]), (&429.into(), &"Too Many Requests".into()));
    assert_eq!(problem["detail"], Cause::Throttled.detail());
}

#[test]
fn a18_the_429_for_an_existing_account_equals_that_for_an_unknown_one() {
    for world in [World::default(), World::waiting()] {
        let server = required(&world);
        let tries = |user: &str| {
            let answers = (0..5).map(|index| {
                let sent = login(user, &format!("guess {index}"));
                get(server.address, "/", &[&sent]).undated()
            });
            answers.collect::<Vec<_>>()
        };
        let existing = tries("alice");
        let calls = world.take_calls();
        assert_eq!(existing, tries("nobody"));
        assert_eq!([calls, world.take_calls()], [3, 3], "nothing is looked up for either");
        let statuses: Vec<_> = existing.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, [401, 401, 401, 429, 429]);
        // One and a half seconds, rounded up.
        assert_throttled(&existing[4], "2");
    }
}

#[test]
fn a18_the_right_password_is_throttled_too_and_is_right_after_the_wait() {
    for world in [World::default(), World::waiting()] {
        let server = required(&world);
        let right = login("alice", "wonderland");
        assert_eq!(get(server.address, "/", &[&right]).text(), "alice");
        let wrong: Vec<_> =
            (0..4).map(|_| get(server.address, "/", &[&login("alice", "wrong")])).collect();
        assert_throttled(&wrong[3], "2");
        world.take_calls();
        let answer = get(server.address, "/", &[&right]);
        assert_throttled(&answer, "2");
        assert_eq!(answer.undated(), wrong[3].clone().undated());
        assert_eq!(world.take_calls(), 0);

        world.clock.advance(Duration::from_millis(1400));
        assert_throttled(&get(server.address, "/", &[&right]), "1");
        world.clock.advance(Duration::from_millis(100));
        // Any number of times: successful attempts do not count.
        for _ in 0..5 {
            assert_eq!(get(server.address, "/", &[&right]).text(), "alice");
        }
        // But the wait has restored only one wrong attempt.
        assert_eq!(get(server.address, "/", &[&login("alice", "wrong")]).status, 401);
        assert_throttled(&get(server.address, "/", &[&right]), "2");
    }
}

#[test]
fn a18_another_account_and_another_address_are_not_affected() {
    let world = World::default();
    let server = required(&world);
    let wrong = login("alice", "wrong");
    for _ in 0..3 {
        assert_eq!(get(server.address, "/", &[&wrong]).status, 401);
    }
    assert_throttled(&get(server.address, "/", &[&wrong]), "2");
    assert_eq!(get(server.address, "/", &[&login("bob", "wrong")]).status, 401);
    let right = login("alice", "wonderland");
    assert_eq!(get(server.address, "/", &[&right, "x-from: 192.0.2.2"]).text(), "alice");
}

#[test]
fn a18_an_address_is_throttled_whatever_accounts_it_tries() {
    let world = World::default();
    let server = required(&world);
    // These addresses are in one /64, which belongs to one subscriber.
    for (index, from) in
        ["2001:db8::1", "2001:db8::2", "2001:db8::ffff:1"].iter().cycle().take(10).enumerate()
    {
        let sent = login(&format!("user-{index}"), "wrong");
        assert_eq!(get(server.address, "/", &[&sent, &format!("x-from: {from}")]).status, 401);
    }
    let right = login("alice", "wonderland");
    assert_throttled(&get(server.address, "/", &[&right, "x-from: 2001:db8::3"]), "60");
    assert_eq!(get(server.address, "/", &[&right, "x-from: 2001:db8:0:1::3"]).text(), "alice");
    assert_eq!(get(server.address, "/", &[&right]).text(), "alice");
    // A refused attempt does not count for the account.
    for _ in 0..4 {
        assert_throttled(
            &get(server.address, "/", &[&login("bob", "x"), "x-from: 2001:db8::3"]),
            "60",
        );
    }
    world.clock.advance(Duration::from_secs(60));
    let answer = get(server.address, "/", &[&login("bob", "x"), "x-from: 2001:db8::3"]);
    assert_eq!(answer.status, 401);
}

/// One subscriber may have 65,536 networks of 64 bits, each with the attempts of one address.
#[test]
fn a18_an_ipv6_site_is_throttled_over_all_of_its_addresses() {
    let world = World::default();
    let server = required(&world);
    let ask = |index: u16, from: &str| {
        let sent = login(&format!("user-{index}"), "wrong");
        get(server.address, "/", &[&sent, &format!("x-from: {from}")])
    };
    for index in 0..30 {
        assert_eq!(ask(index, &format!("2001:db8:7:{index:x}::1")).status, 401);
    }
    assert_throttled(&ask(30, "2001:db8:7:ffff::1"), "60");
    assert_eq!(ask(30, "2001:db8:8::1").status, 401);
    // Each IPv4 address is its own site, even in its IPv6 form.
    for index in 0..40 {
        assert_eq!(ask(index, &format!("::ffff:192.0.2.{index}")).status, 401);
    }
}

#[test]
fn a18_an_account_is_throttled_across_any_number_of_addresses() {
    let world = World::default();
    let server = required(&world);
    let ask = |index: u8, password: &str| {
        let from = format!("x-from: 192.0.2.{index}");
        get(server.address, "/", &[&login("alice", password), &from])
    };
    for index in 1..=20 {
        assert_eq!(ask(index, "wrong").status, 401);
    }
    assert_throttled(&ask(21, "wonderland"), "1");
}

#[test]
fn a18_of_many_simultaneous_attempts_no_more_are_verified_than_the_limit() {
    let world = World::waiting();
    let server = required(&world);
    let start = Arc::new(Barrier::new(32));
    let tries: Vec<_> = (0..32)
        .map(|index| {
            let (start, address) = (start.clone(), server.address);
            thread::spawn(move || {
                let sent = login("alice", &format!("guess {index}"));
                start.wait();
                get(address, "/", &[&sent]).status
            })
        })
        .collect();
    let mut statuses: Vec<_> = tries.into_iter().map(|it| it.join().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[401; 3].as_slice(), &[429; 29]].concat());
    assert_eq!(world.take_calls(), 3);
}

#[test]
fn a18_a_throttled_caller_is_never_anonymous() {
    for ignore_invalid_credentials in [false, true] {
        let world = World::default();
        let layer = AuthenticateLayer::new(world.basic());
        let layer = if ignore_invalid_credentials {
            layer.ignore_invalid_credentials()
        } else {
            layer.optional()
        };
        let decisions = Decisions::default();
        let server = serve!(layer.on_decision(decisions.hook()));
        let wrong = login("alice", "wrong");
        for _ in 0..3 {
            let answer = get(server.address, "/", &[&wrong]);
            assert_eq!(answer.status, if ignore_invalid_credentials { 200 } else { 401 });
        }
        decisions.take();
        assert_throttled(&get(server.address, "/", &[&wrong]), "2");
        let [decision] = &decisions.take()[..] else { panic!("one decision") };
        assert_eq!((decision.cause, decision.status), (Some(Cause::Throttled), Some(429)));
        assert_eq!(decision.scheme.as_deref(), Some("Basic"));
        // No credentials, or those of a scheme that is not offered, are no attempt.
        for sent in [&[][..], &["authorization: Bearer x"], &["authorization: Basicx"]] {
            assert_eq!(get(server.address, "/", sent).text(), "nobody");
        }
    }
}

#[test]
fn a18_a_throttled_scheme_ends_the_search_and_others_go_on() {
    let tokens = || Bearer::new("test", Tokens::new().with("token", "reader")).unwrap();
    let keys = || {
        let header = HeaderName::from_static("x-api-key");
        ApiKey::new("test", header, Tokens::new().with("key", "machine")).unwrap()
    };
    for order in [0, 1] {
        let world = World::waiting();
        let server = match order {
            0 => serve!(AuthenticateLayer::new(any_of((world.basic(), tokens(), keys())))),
            _ => serve!(AuthenticateLayer::new(any_of((keys(), tokens(), world.basic())))),
        };
        let right = login("alice", "wonderland");
        assert_eq!(get(server.address, "/", &[&right]).text(), "alice");
        for _ in 0..3 {
            let answer = get(server.address, "/", &[&login("alice", "wrong")]);
            assert_eq!((answer.status, answer.schemes().len()), (401, 3));
        }
        assert_throttled(&get(server.address, "/", &[&right]), "2");
        assert_throttled(&get(server.address, "/", &[&right, "x-api-key: key"]), "2");
        let token = "authorization: Bearer token";
        assert_eq!(get(server.address, "/", &[token]).text(), "reader");
        assert_eq!(get(server.address, "/", &["x-api-key: key"]).text(), "machine");
    }
}

#[test]
fn a18_all_schemes_may_be_throttled_together() {
    let world = World::default();
    let tokens = Bearer::new("test", Tokens::new().with("token", "reader")).unwrap();
    let basic = Basic::new("test", world.users.clone()).unwrap();
    let identity = any_of((tokens, basic.map(|name| name))).throttled(world.tries());
    let server = serve!(AuthenticateLayer::new(identity));
    for _ in 0..3 {
        assert_eq!(get(server.address, "/", &[&login("alice", "wrong")]).status, 401);
    }
    assert_throttled(&get(server.address, "/", &[&login("alice", "wonderland")]), "2");
    let token = "authorization: Bearer token";
    assert_eq!(get(server.address, "/", &[token]).text(), "reader");
    // Tokens name no account, so that only the address counts. It has failed three times already.
    for _ in 0..7 {
        let answer = get(server.address, "/", &["authorization: Bearer guess"]);
        assert_eq!(answer.error("Bearer").as_deref(), Some("invalid_token"));
    }
    assert_throttled(&get(server.address, "/", &[token]), "60");
}

#[test]
fn a18_at_a_proxy_it_is_429_too() {
    let world = World::default();
    let server = serve!(AuthenticateLayer::new(world.basic()).at_proxy().unwrap());
    let sent = login("alice", "wrong").replace("authorization", "proxy-authorization");
    for _ in 0..3 {
        assert_eq!(get(server.address, "/", &[&sent]).status, 407);
    }
    let answer = get(server.address, "/", &[&sent]);
    assert_throttled(&answer, "2");
    assert_eq!(answer.lines("proxy-authenticate"), [""; 0]);
}

#[test]
fn a18_a_handler_throttles_with_the_same_response() {
    let world = World::default();
    let refuse = || async { Denial::throttled(Duration::from_millis(1001)) };
    let layer = AuthenticateLayer::new(world.basic()).optional();
    let server = Server::start(Router::new().fallback(any(refuse)).layer(layer));
    assert_throttled(&get(server.address, "/", &[]), "2");
}
