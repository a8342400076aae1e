//! The clients of the example.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::Request;
use axum::http::header::{AUTHORIZATION, HOST};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use crate::incident::Incident;

#[derive(Clone, Copy)]
enum Credentials {
    None,
    Token(&'static str),
    Login(&'static str, &'static str),
}

use Credentials::{Login, None as Nothing, Token};

/// The ordinary mix: how many of 200 requests, the path, the credentials.
const ORDINARY: [(u32, &str, Credentials); 16] = [
    (32, "/documents", Token("alice.key1")),
    (32, "/documents/7", Token("bob.key1")),
    (26, "/search", Token("carol.key1")),
    (20, "/search", Token("bob.key1")),
    (38, "/reports", Token("alice.key1")),
    (18, "/documents", Login("alice", "alice-password")),
    (6, "/documents/107", Login("carol", "carol-password")),
    (20, "/documents", Token("nightly.key1")),
    // A few refusals are ordinary, too: a first request without credentials, a token that has expired while
    // its user was away, one from before the last rotation, a typing error, a curious user, a scanner.
    (1, "/documents", Nothing),
    (1, "/documents", Token("alice.key1.expired")),
    (1, "/documents", Token("bob.key0")),
    (1, "/documents", Login("bob", "bob-pasword")),
    (1, "/reports", Token("bob.key1")),
    (1, "/favicon.ico", Token("bob.key1")),
    (1, "/documents/999", Token("carol.key1")),
    (1, "/documents/107", Token("bob.key1")),
];

#[derive(Clone)]
pub struct Traffic {
    address: SocketAddr,
    client: Client<HttpConnector, Empty<Bytes>>,
    /// Whether a proxy in front of the application removes `Authorization`.
    is_stripped: Arc<AtomicBool>,
}

impl Traffic {
    pub fn new(address: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { address, client, is_stripped: Arc::default() }
    }

    /// Some 50 requests a second, the rare ones evenly between the frequent ones.
    pub async fn ordinary(self) {
        let total: i64 = ORDINARY.iter().map(|(share, ..)| i64::from(*share)).sum();
        let mut due = [0_i64; ORDINARY.len()];
        loop {
            for (due, (share, ..)) in due.iter_mut().zip(ORDINARY) {
                *due += i64::from(share);
            }
            let next = (0..due.len()).max_by_key(|&index| due[index]).unwrap_or(0);
            due[next] -= total;
            let (_, path, credentials) = ORDINARY[next];
            self.send("acme.example", path, credentials).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What an incident sends besides, or changes in all that is sent.
    pub async fn of(self, incident: Incident) {
        match incident {
            Incident::StrippedHeader => self.is_stripped.store(true, Ordering::Relaxed),
            Incident::Probing => {
                for id in (101..=200).cycle() {
                    self.send("acme.example", &format!("/documents/{id}"), Token("bob.key1")).await;
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            }
            Incident::Guessing => {
                let accounts = ["admin", "root", "test", "bob", "dave", "erin", "frank", "grace"];
                for account in accounts.into_iter().cycle() {
                    self.send("acme.example", "/documents", Login(account, "letmein")).await;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
            _ => {}
        }
    }

    async fn send(&self, host: &str, path: &str, credentials: Credentials) {
        let credentials = match credentials {
            _ if self.is_stripped.load(Ordering::Relaxed) => None,
            Nothing => None,
            Token(token) => Some(format!("Bearer {token}")),
            Login(user, password) => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
            }
        };
        let mut request = Request::get(format!("http://{}{path}", self.address)).header(HOST, host);
        if let Some(credentials) = credentials {
            request = request.header(AUTHORIZATION, credentials);
        }
        let Ok(request) = request.body(Empty::new()) else { return };
        // How a request ends is for the counters to tell.
        if let Ok(response) = self.client.request(request).await {
            let _ = response.into_body().collect().await;
        }
    }
}
