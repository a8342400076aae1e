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

/// Admits three attempts in total, unless they are given back. Records the outcomes.
#[derive(Clone, Default)]
struct Three(Arc<Mutex<(u32, Vec<Outcome>)>>);

impl Throttle for Three {
    fn admit(&self, _: &Attempt<'_>) -> Result<(), Duration> {
        let mut state = self.0.lock().unwrap();
        if state.0 == 3 {
            return Err(Duration::from_secs(7));
        }
        state.0 += 1;
        Ok(())
    }

    fn settle(&self, _: &Attempt<'_>, outcome: Outcome) {
        let mut state = self.0.lock().unwrap();
        state.0 -= u32::from(!outcome.counts());
        state.1.push(outcome);
    }
}

impl Three {
    /// Waits for this many outcomes other than `Deferred`, and takes them.
    #[track_caller]
    fn settled(&self, number: usize) -> Vec<Outcome> {
        let begun = Instant::now();
        loop {
            let mut state = self.0.lock().unwrap();
            state.1.retain(|outcome| *outcome != Outcome::Deferred);
            if state.1.len() >= number {
                return mem::take(&mut state.1);
            }
            drop(state);
            assert!(begun.elapsed() < PATIENCE, "not settled");
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until this many attempts count and the last one has been deferred.
    #[track_caller]
    fn admitted(&self, number: u32) {
        let begun = Instant::now();
        let is_admitted = || {
            let state = self.0.lock().unwrap();
            state.0 >= number && state.1.contains(&Outcome::Deferred)
        };
        while !is_admitted() {
            assert!(begun.elapsed() < PATIENCE, "not admitted");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Responds to the right password, and keeps all other requests waiting.
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

fn assert_right_login_gets(address: SocketAddr, status: u16) {
    assert_eq!(get(address, "/", &[&login("alice", "right")]).status, status);
}

#[test]
fn a21_attempts_over_connections_that_close_stay_counted() {
    let throttle = Three::default();
    let server = serve(&throttle);
    assert_right_login_gets(server.address, 200);
    assert_eq!(throttle.settled(1), [Outcome::Succeeded]);
    for number in 1..=3 {
        let mut connection = Connection::open(server.address);
        connection.write(&request("GET", "/", &[login("alice", "guess").as_bytes()]));
        throttle.admitted(number);
        drop(connection);
        assert_eq!(throttle.settled(1), [Outcome::Cancelled]);
    }
    assert_right_login_gets(server.address, 429);
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
        // Dropping the future resets the stream.
        answer.abort();
        let waiting = throttle.clone();
        let settled = tokio::task::spawn_blocking(move || waiting.settled(1)).await.unwrap();
        assert_eq!(settled, [Outcome::Cancelled]);
    }
    // The connection is still open.
    assert_eq!(client.send_request(sent("right")).await.unwrap().status(), 429);
    drop(client);
    connection.await.unwrap().unwrap();
}
