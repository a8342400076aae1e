//! Callers who send one request after the other.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use crate::issuer::Signer;
use crate::service::request_with;
use crate::support::{Answer, Connection};

/// How many requests are sent before the first of their responses is read.
const TOGETHER: usize = 16;

/// How many responses had each status.
pub type Statuses = BTreeMap<u16, usize>;

/// Ends what others do when it is dropped, also by a test that fails.
#[derive(Default)]
pub struct End(AtomicBool);

impl End {
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    pub fn when_dropped(&self) -> impl Drop {
        struct Guard<'a>(&'a AtomicBool);
        impl Drop for Guard<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        Guard(&self.0)
    }
}

/// Sends requests with these tokens over one connection, as fast as it goes, and looks at each response.
pub fn send_until(
    end: &End,
    address: SocketAddr,
    mut token: impl FnMut() -> String,
    see: impl Fn(&Answer),
) -> Statuses {
    let mut connection = Connection::open(address);
    let mut statuses = Statuses::new();
    while !end.is_over() {
        let requests: String = (0..TOGETHER).map(|_| request_with(&token())).collect();
        connection.write(requests.as_bytes());
        for _ in 0..TOGETHER {
            let answer = connection.answer(false);
            see(&answer);
            *statuses.entry(answer.status).or_default() += 1;
        }
    }
    statuses
}

/// The sum of what several callers have counted.
pub fn sum(all: impl IntoIterator<Item = Statuses>) -> Statuses {
    let mut sum = Statuses::new();
    for (status, count) in all.into_iter().flatten() {
        *sum.entry(status).or_default() += count;
    }
    sum
}

/// A token that names this key, and has a wrong signature, another one for each `id`. Both of its numbers are in
/// range, so that it costs a verification.
pub fn wrong_token(signer: &Signer, key: &str, id: u64) -> String {
    let mut signature = [1; 64];
    signature[..8].copy_from_slice(&id.to_be_bytes());
    signature[63] = 0;
    format!("{}.{}", signer.message(key, id), BASE64_URL_SAFE_NO_PAD.encode(signature))
}
