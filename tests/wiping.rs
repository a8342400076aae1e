//! Passwords are overwritten before their memory is freed. This test has its own binary because of its
//! global allocator.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use counting::{Watching, given_back_with};
use http::request::Parts;
use portcullis::identity::{DigestAlgorithm, DigestSecret};
use portcullis::{
    Basic, DigestUsers, Identity, Login, Unauthenticated, Users, Verify, async_verify_fn, verify_fn,
};

#[global_allocator]
static WATCHING: Watching = Watching;

const PASSWORD: &str = "correct horse battery staple";

/// `Authorization: Basic` with these bytes, decoded.
fn request(login: &[u8]) -> Parts {
    let value = format!("Basic {}", STANDARD.encode(login));
    http::Request::builder().header("authorization", value).body(()).unwrap().into_parts().0
}

/// Requests whose logins are right, wrong or malformed, with the password in all of them.
fn requests() -> Vec<Parts> {
    let logins = [
        format!("alice:{PASSWORD}").into_bytes(),
        // Long enough for a buffer that grows to leave the password behind.
        format!("bob:{PASSWORD}{}", "x".repeat(200)).into_bytes(),
        format!("no colon, {PASSWORD}").into_bytes(),
        format!("alice:\n{PASSWORD}").into_bytes(),
        [b"not UTF-8:\xff", PASSWORD.as_bytes()].concat(),
        [PASSWORD.as_bytes(), b":\xff"].concat(),
    ];
    let mut requests: Vec<Parts> = logins.iter().map(|login| request(login)).collect();
    // Malformed only at the end, once the password has been decoded.
    for junk in ["x", "=", "====", "-___", "AA=A", "AAB=", "AB=="] {
        let aligned = format!("alice:x{PASSWORD}x");
        assert_eq!(aligned.len() % 3, 0);
        let value = format!("Basic {}{junk}", STANDARD.encode(aligned));
        let mut parts = request(b"");
        parts.headers.insert("authorization", value.parse().unwrap());
        requests.push(parts);
    }
    requests
}

/// How often this identity frees memory with the password, over all requests.
fn given_back_by<I: Identity>(identity: &I, now: bool) -> u64 {
    let requests = requests();
    given_back_with(PASSWORD, || {
        for request in &requests {
            let _ = identity.account(request);
            if now {
                let _ = identity.identify_now(request);
            } else {
                let _ = wait_for(identity.identify(request));
            }
        }
    })
}

fn wait_for<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

#[test]
fn a_copy_is_found() {
    let careless = verify_fn(|login: &Login| {
        drop(std::hint::black_box(login.password().to_owned()));
        Err::<(), _>(Unauthenticated::invalid())
    });
    let identity = Basic::new("test", careless).unwrap();
    assert_eq!(given_back_by(&identity, true), 2);
}

#[test]
fn a_login_is_overwritten_whatever_its_result() {
    let users = Users::new().with("alice", PASSWORD, ());
    assert!(wait_for(users.verify(&Login::new("alice", PASSWORD))).is_ok());
    let waits = async_verify_fn(|login: &Login| {
        let right = login.password() == PASSWORD;
        async move {
            tokio::task::yield_now().await;
            right.then_some(()).ok_or(Unauthenticated::invalid())
        }
    });
    let (by_table, by_waiting) =
        (Basic::new("test", users).unwrap(), Basic::new("test", waits).unwrap());
    for now in [true, false] {
        assert_eq!(given_back_by(&by_table, now), 0);
        assert_eq!(given_back_by(&by_waiting, now), 0);
    }
    assert_eq!(given_back_with(PASSWORD, || Login::new(PASSWORD, PASSWORD)), 0);
    // A request that is cancelled while it waits.
    let request = &requests()[0];
    let cancelled = given_back_with(PASSWORD, || {
        let mut future = Box::pin(by_waiting.identify(request));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(future.as_mut().poll(&mut cx).is_pending());
    });
    assert_eq!(cancelled, 0);
}

#[test]
fn tables_keep_no_password_and_overwrite_equivalent_secrets() {
    let tables = || {
        let users = Users::new().with("alice", PASSWORD, ());
        let digest_users = DigestUsers::new("test").with("alice", PASSWORD, ());
        let login = Login::new("alice", PASSWORD);
        assert!(wait_for(users.verify(&login)).is_ok());
        assert!(wait_for(digest_users.verify(&login)).is_ok());
        (users, digest_users)
    };
    assert_eq!(given_back_with(PASSWORD, tables), 0);
    // H(user:realm:password) is enough to log in (RFC 7616 §5.13).
    const SECRET: &str = "939e7578ed9e3c518a452acee763bce9";
    let stored = || DigestSecret::stored(DigestAlgorithm::Md5, SECRET).unwrap();
    assert_eq!(given_back_with(SECRET, || Box::new(std::hint::black_box(stored()))), 0);
    assert_eq!(given_back_with(SECRET, || stored().as_hex().to_owned()), 1);
    let users = || DigestUsers::new("testrealm@host.com").with("Mufasa", "Circle Of Life", ());
    assert_eq!(given_back_with(SECRET, users), 0);
}
