//! The resource server, and what it says of itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use counting::{held, processor_time, resident};
use http::{Request, Response};
use portcullis::oauth::{Fetch, FetchError, HttpClient, Jwt, Keys, Resource};

use crate::issuer::{AUDIENCE, Issuer, KEYS};
use crate::service::{client, serve_tokens};
use crate::support::{Connection, Server, request};

/// How many tokens it remembers: few, so that the cache is soon full.
const REMEMBERED: usize = 1000;

/// An HTTP client, and how often it was used, which the issuer does not know while it is down.
#[derive(Clone)]
pub struct Counted(Arc<(HttpClient, AtomicUsize)>);

impl Counted {
    pub fn new() -> Self {
        Self(Arc::new((client(), AtomicUsize::new(0))))
    }

    pub fn fetches(&self) -> usize {
        self.0.1.load(Ordering::Relaxed)
    }

    pub fn keys_of(&self, issuer: &Issuer) -> Keys {
        Keys::at(&issuer.name(), &issuer.url(KEYS), self.clone()).unwrap()
    }
}

impl Fetch for Counted {
    async fn fetch(
        &self,
        request: Request<Bytes>,
        max_body: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        self.0.1.fetch_add(1, Ordering::Relaxed);
        self.0.0.fetch(request, max_body).await
    }
}

/// What the server's thread has used.
pub struct Used {
    /// Bytes that it has allocated and not given back.
    pub held: i64,
    pub processor: Duration,
    /// KiB of the process, to which the callers belong.
    pub resident: i64,
}

pub struct ResourceServer {
    pub server: Server,
}

impl ResourceServer {
    pub fn start(keys: Keys) -> Self {
        let tokens = Jwt::rfc9068(keys, &Resource::new(AUDIENCE).unwrap()).cached(REMEMBERED);
        let used = async || format!("{} {} {}", held(), processor_time().as_nanos(), resident());
        Self { server: serve_tokens(tokens, Router::new().route("/used", get(used))) }
    }

    pub fn used(&self, token: &str) -> Used {
        let authorization = format!("authorization: Bearer {token}");
        let request = request("GET", "/used", &[authorization.as_bytes()]);
        let answer = Connection::open(self.server.address).send(&request);
        let mut figures = answer.text().split(' ').map(|figure| figure.parse::<i64>().unwrap());
        let mut next = || figures.next().unwrap();
        let (held, processor, resident) = (next(), next(), next());
        Used { held, processor: Duration::from_nanos(processor.unsigned_abs()), resident }
    }
}
