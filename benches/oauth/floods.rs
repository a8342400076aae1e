//! Floods of tokens that a stranger makes: how many a second of the processor, and how much memory they take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use counting::{processor_time, resident};
use http::{Request, Response, StatusCode};
use portcullis::oauth::{Fetch, FetchError, Jwt, Keys};

use crate::issuer::{ISSUER, Issuer, KINDS, resource, with_wrong_signature};
use crate::server::{authorization, exchange_later, request, stages};

const DISTINCT: usize = 1_000_000;
const VERIFIED: usize = 50_000;
/// How many tokens are minted ahead of the clock.
const BATCH: usize = 1000;
/// Where the tokens of a flood would be remembered, if anything did.
const ENTRIES: usize = 10_000;

/// Serves a key set at once, and counts how often.
#[derive(Clone)]
struct Counted(Arc<(String, AtomicUsize)>);

impl Fetch for Counted {
    async fn fetch(&self, _: Request<Bytes>, _: usize) -> Result<Response<Bytes>, FetchError> {
        self.0.1.fetch_add(1, Ordering::Relaxed);
        Ok(Response::new(Bytes::from(self.0.0.clone())))
    }
}

pub fn all() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    println!("floods, through both stages; one right token after every 1000");
    println!(
        "  {:<34} {:>10} {:>10} {:>12} {:>8} {:>9}",
        "tokens", "number", "a second", "memory KiB", "status", "fetches"
    );
    let garbage = |number| format!("garbage-{number:040}");
    runtime.block_on(flood("garbage", "ES256", DISTINCT, 401, garbage));
    let dotted = |number| format!("eyJ{number:09}.eyJ{number:09}.{number:043}");
    runtime.block_on(flood("three parts of garbage", "ES256", DISTINCT, 401, dotted));
    let issuer = Issuer::new("ES256");
    let unknown = |number| issuer.token_of_unknown_key(number);
    runtime.block_on(flood("a random `kid`", "ES256", DISTINCT, 401, unknown));
    for (algorithm, length) in KINDS {
        let token = Issuer::new(algorithm).token(0, length);
        let wrong = |number| with_wrong_signature(&token, number);
        let name = format!("a wrong signature, {algorithm}");
        runtime.block_on(flood(&name, algorithm, VERIFIED, 401, wrong));
    }
    let issuer = Issuer::new("HS256");
    let right = |number| issuer.token(number, 690);
    runtime.block_on(flood("right, all different", "HS256", DISTINCT, 200, right));
}

async fn flood(
    name: &str,
    algorithm: &'static str,
    count: usize,
    expected: u16,
    token: impl Fn(usize) -> String,
) {
    let issuer = Issuer::new(algorithm);
    let fetch = Counted(Arc::new((issuer.jwks(), AtomicUsize::new(0))));
    let keys = match algorithm {
        // Such a key is accepted only where it is given.
        "HS256" => Keys::given(ISSUER, &issuer.jwks()).expect("keys"),
        _ => Keys::at(ISSUER, &format!("{ISSUER}/jwks"), fetch.clone()).expect("keys"),
    };
    let mut service = stages(Jwt::rfc9068(keys, &resource()).cached(ENTRIES));
    let right = authorization(&issuer.token(0, 690));
    let (mut before, mut spent, mut unavailable) = (0, Duration::ZERO, 0);
    for first in (0..count).step_by(BATCH) {
        let status = exchange_later(&mut service, request(right.clone())).await;
        assert_eq!(status, StatusCode::OK, "{name}: a right token");
        // What runs in the background gets its turn.
        tokio::task::yield_now().await;
        if first == count / 10 {
            before = resident();
        }
        let sent: Vec<_> =
            (first..first + BATCH).map(|number| request(authorization(&token(number)))).collect();
        let start = processor_time();
        for sent in sent {
            match exchange_later(&mut service, sent).await {
                StatusCode::SERVICE_UNAVAILABLE if name.contains("kid") => unavailable += 1,
                found => assert_eq!(found, expected, "{name}"),
            }
        }
        spent += processor_time() - start;
    }
    let grown = resident() - before;
    let statuses = if unavailable > 0 { "401/503".to_owned() } else { expected.to_string() };
    println!(
        "  {name:<34} {count:>10} {:>10.0} {grown:>+12} {statuses:>8} {:>9}",
        count as f64 / spent.as_secs_f64(),
        fetch.0.1.load(Ordering::Relaxed),
    );
}
