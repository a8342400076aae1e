//! A21: requests that clients cancel over real connections.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{mem, thread};

use axum::Router;
use axum::routing::any;
use bytes::Bytes;
use http::{Request, Version};
use http_body_util::Empty;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use portcullis::{
    Attempt, AuthenticateLayer, Basic, Identity, Login, Outcome, Throttle, Unauthenticated,
    async_verify_fn,
};
use tokio::net::TcpStream;

use crate::login;
use crate::support::{Connection, Server, get, request};

const PATIENCE: Duration = Duration::from_secs(20);

/// Three attempts for an account, ever, unless they are given back; notes what it was told.
#[derive(Clone, Default)]
struct Three(Arc<Mutex<(u32, Vec<Outcome>)>>);

impl Throttle for Three {
    fn admit(&self, _: &Attempt<'_>) -> Result<(), Duration> {
        let mut told = self.0.lock().unwrap();
        if told.0 == 3 {
            return Err(Duration::from_secs(7));
        }
        told.0 += 1;
        Ok(())
    }

    fn settle(&self, _: &Attempt<'_>, outcome: Outcome) {
        let mut told = self.0.lock().unwrap();
        told.0 -= u32::from(!outcome.counts());
        told.1.push(outcome);
    }
}

impl Three {
    /// Waits until it was told so many outcomes besides those that defer, and takes them.
    #[track_caller]
    fn settled(&self, number: usize) -> Vec<Outcome> {
        let begun = Instant::now();
        loop {
            let mut told = self.0.lock().unwrap();
            told.1.retain(|outcome| *outcome != Outcome::Deferred);
            if told.1.len() >= number {
                return mem::take(&mut told.1);
            }
            drop(told);
            assert!(begun.elapsed() < PATIENCE, "not settled");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until this many attempts count, the last of which may wait for its answer.
    #[track_caller]
    fn admitted(&self, number: u32) {
        let begun = Instant::now();
        let is_admitted = || {
            let told = self.0.lock().unwrap();
            told.0 >= number && told.1.contains(&Outcome::Deferred)
        };
        while !is_admitted() {
            assert!(begun.elapsed() < PATIENCE, "not admitted");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Answers who knows the password, and keeps others waiting.
fn serve(throttle: &Three) -> Server {
    let users = async_verify_fn(|login: &Login| {
        let right = login.password() == "right";
        async move {
            if !right {
                std::future::pending::<()>().await;
            }
            Ok::<_, Unauthenticated>("alice")
        }
    });
    let identity = Basic::new("test", users).unwrap().throttled(throttle.clone());
    let routes = Router::new().fallback(any(|| async { "hello" }));
    Server::start(routes.layer(AuthenticateLayer::new(identity)))
}

fn right_is(address: SocketAddr, status: u16) {
    assert_eq!(get(address, "/", &[&login("alice", "right")]).status, status);
}

#[test]
fn a21_attempts_over_connections_that_close_stay_counted() {
    let throttle = Three::default();
    let server = serve(&throttle);
    right_is(server.address, 200);
    assert_eq!(throttle.settled(1), [Outcome::Succeeded]);
    for number in 1..=3 {
        let mut connection = Connection::open(server.address);
        connection.write(&request("GET", "/", &[login("alice", "guess").as_bytes()]));
        throttle.admitted(number);
        drop(connection);
        assert_eq!(throttle.settled(1), [Outcome::Cancelled]);
    }
    right_is(server.address, 429);
}

#[tokio::test]
async fn a21_attempts_over_streams_that_are_reset_stay_counted() {
    let throttle = Three::default();
    let server = serve(&throttle);
    let stream = TcpStream::connect(server.address).await.unwrap();
    let (mut client, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let sent = |password: &str| {
        let (name, value) = login("alice", password)
            .split_once(": ")
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .unwrap();
        let request = Request::get(format!("http://{}/", server.address)).version(Version::HTTP_2);
        request.header(name, value).body(Empty::<Bytes>::new()).unwrap()
    };
    for number in 1..=3 {
        let answer = tokio::spawn(client.send_request(sent("guess")));
        let waiting = throttle.clone();
        tokio::task::spawn_blocking(move || waiting.admitted(number)).await.unwrap();
        // Dropping it resets the stream.
        answer.abort();
        let waiting = throttle.clone();
        let settled = tokio::task::spawn_blocking(move || waiting.settled(1)).await.unwrap();
        assert_eq!(settled, [Outcome::Cancelled]);
    }
    // The connection is the same, and goes on.
    assert_eq!(client.send_request(sent("right")).await.unwrap().status(), 429);
    drop(client);
    connection.await.unwrap().unwrap();
}
