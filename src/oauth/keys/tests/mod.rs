//! Keys of an issuer in the same process, by Tokio's clock.

mod discovering;
mod failing;
mod refreshing;
mod runtimes;
mod unknown;

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tokio::time::sleep;

use super::{Algorithm, Key, KeySet, Keys, KeysUnavailable};
use crate::oauth::fetch::{Fetch, FetchError};

const ISSUER: &str = "https://issuer.example";
const KEYS_URL: &str = "https://issuer.example/keys";
const SECOND: Duration = Duration::from_secs(1);

/// What an issuer does with a request.
#[derive(Clone)]
enum Reply {
    Body(StatusCode, Vec<(&'static str, &'static str)>, String),
    Refused,
    Hangs,
    Panics,
}

/// An issuer. A reply is chosen when the request arrives, and sent after `latency`.
#[derive(Clone)]
struct Issuer(Arc<Mutex<State>>);

struct State {
    replies: Vec<(String, Reply)>,
    latency: Duration,
    asked: Vec<String>,
}

impl Issuer {
    /// With keys of these names at `KEYS_URL`.
    fn with_keys(names: &[&str]) -> Self {
        let issuer = Self::empty();
        issuer.set(KEYS_URL, Reply::ok(key_set(names)));
        issuer
    }

    /// With keys of these names, which are loaded. That request is not one of those [`asked`](Self::asked).
    async fn loaded(names: &[&str]) -> (Self, Keys) {
        let issuer = Self::with_keys(names);
        let keys = issuer.keys();
        keys.load().await.unwrap();
        issuer.asked();
        (issuer, keys)
    }

    fn empty() -> Self {
        let state = State { replies: Vec::new(), latency: Duration::ZERO, asked: Vec::new() };
        Self(Arc::new(Mutex::new(state)))
    }

    fn set(&self, url: &str, reply: Reply) {
        let mut state = self.0.lock().unwrap();
        state.replies.retain(|(known, _)| known != url);
        state.replies.push((url.to_owned(), reply));
    }

    fn set_keys(&self, names: &[&str]) {
        self.set(KEYS_URL, Reply::ok(key_set(names)));
    }

    fn set_latency(&self, latency: Duration) {
        self.0.lock().unwrap().latency = latency;
    }

    /// The requests since this was last called.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().asked)
    }

    fn keys(&self) -> Keys {
        Keys::at(ISSUER, KEYS_URL, self.clone()).unwrap()
    }

    fn discovered(&self) -> Keys {
        Keys::of_issuer(ISSUER, self.clone()).unwrap()
    }
}

impl Fetch for Issuer {
    async fn fetch(
        &self,
        request: Request<Bytes>,
        _: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        let url = request.uri().to_string();
        let (reply, latency) = {
            let mut state = self.0.lock().unwrap();
            state.asked.push(url.clone());
            let reply = state.replies.iter().find(|(known, _)| *known == url);
            let missing = Reply::Body(StatusCode::NOT_FOUND, Vec::new(), String::new());
            (reply.map_or(missing, |(_, reply)| reply.clone()), state.latency)
        };
        if !latency.is_zero() {
            sleep(latency).await;
        }
        match reply {
            Reply::Body(status, headers, body) => {
                let mut response = Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(name, value);
                }
                Ok(response.body(body.into()).unwrap())
            }
            Reply::Refused => Err(FetchError::new("connection refused")),
            Reply::Hangs => pending().await,
            Reply::Panics => panic!("the client panics"),
        }
    }
}

impl Reply {
    fn ok(body: impl Into<String>) -> Self {
        Self::Body(StatusCode::OK, Vec::new(), body.into())
    }

    fn status(status: u16) -> Self {
        Self::Body(StatusCode::from_u16(status).unwrap(), Vec::new(), key_set(&["a"]))
    }
}

/// A JWK set with one Ed25519 key for each name.
fn key_set(names: &[&str]) -> String {
    let keys = names.iter().map(|name| {
        let mut point = [0; 32];
        point[..name.len()].copy_from_slice(name.as_bytes());
        let x = URL_SAFE_NO_PAD.encode(point);
        format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{name}","x":"{x}"}}"#)
    });
    format!(r#"{{"keys":[{}]}}"#, keys.collect::<Vec<_>>().join(","))
}

fn key(set: &KeySet, name: &str) -> Option<Arc<Key>> {
    set.matching(Some(name), Algorithm::Ed25519).next().cloned()
}

async fn find(keys: &Keys, name: &str) -> Result<Option<Arc<Key>>, KeysUnavailable> {
    keys.find(|set| key(set, name)).await
}

fn unavailable<T>(seconds: u64) -> Result<T, KeysUnavailable> {
    Err(KeysUnavailable { retry_after: Duration::from_secs(seconds) })
}

/// `Ok(true)` if the key is there.
async fn has(keys: &Keys, name: &str) -> Result<bool, KeysUnavailable> {
    Ok(find(keys, name).await?.is_some())
}
