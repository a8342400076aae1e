//! Leaks in HTTP/2 frames that frameworks do not send on their own, from a server that sends them, and the
//! number of connections of a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response, StatusCode};
use axum::middleware::{Next, from_fn};
use h2::server::{Connection, SendResponse};
use h2::{Reason, RecvStream};
use portcullis::testing::{Aspect, LeakProbe, Report, Transport};
use portcullis::{ConcealLayer, Denial};
use tokio::net::{TcpListener, TcpStream};

use crate::app::{CONCEALED, MISSING, run};
use crate::support::Server;

/// What the server does for the concealed path, in addition to its response.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Behavior {
    Nothing,
    /// Sends an interim response first.
    Interim,
    /// Sends `GOAWAY` after the response, and serves the open streams.
    GoAway,
    /// Ends the connection with an error instead.
    Abort,
    /// Refuses the rest of the request body.
    Refuse,
    /// Sends `GOAWAY` for either path after the response to a `Range`, and 405 to a script.
    RangeAndScript,
}

impl Behavior {
    fn run(self, method: &'static str) -> Report {
        let server = Server::running(move |listener| self.serve(listener));
        let probe = LeakProbe::of_address(server.address).pair(CONCEALED, MISSING).anonymous();
        run(&probe.transports([Transport::Http2]).methods([method]).budget(400).repetitions(5))
    }

    async fn serve(self, listener: TcpListener) {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            tokio::spawn(async move {
                let Ok(mut connection) = h2::server::handshake(stream).await else { return };
                while let Some(Ok((request, respond))) = connection.accept().await {
                    self.response(&mut connection, request, respond);
                }
            });
        }
    }

    fn response(
        self,
        connection: &mut Connection<TcpStream, Bytes>,
        request: Request<RecvStream>,
        mut respond: SendResponse<Bytes>,
    ) {
        let does = match request.uri().path() {
            CONCEALED => self,
            _ if self == Self::RangeAndScript && request.headers().contains_key("range") => {
                Self::GoAway
            }
            _ => Self::Nothing,
        };
        let matches_leak =
            does == Self::RangeAndScript && request.headers().contains_key("x-requested-with");
        let response = |status| Response::builder().status(status).body(()).unwrap();
        if does == Self::Interim {
            respond.send_informational(response(StatusCode::EARLY_HINTS)).expect("an open stream");
        }
        let status =
            if matches_leak { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_FOUND };
        respond.send_response(response(status), true).expect("an open stream");
        match does {
            Self::RangeAndScript if request.headers().contains_key("range") => {
                connection.graceful_shutdown();
            }
            Self::GoAway => connection.graceful_shutdown(),
            Self::Abort => connection.abrupt_shutdown(Reason::ENHANCE_YOUR_CALM),
            // A body that is dropped unread is refused after the response.
            Self::Refuse => drop(request),
            Self::Nothing | Self::Interim | Self::RangeAndScript => {
                drop(tokio::spawn(drain(request.into_body())))
            }
        }
    }
}

async fn drain(mut body: RecvStream) {
    while let Some(Ok(data)) = body.data().await {
        let _ = body.flow_control().release_capacity(data.len());
    }
}

#[track_caller]
fn assert_found(report: &Report, aspect: &Aspect, text: &str) {
    let leak = report.leaks().iter().find(|leak| leak.aspect() == aspect);
    let leak = leak.unwrap_or_else(|| panic!("{aspect}: {report}"));
    assert!(leak.sentence().contains(text), "{text}: {report}");
}

#[test]
fn an_interim_response_is_found() {
    let report = Behavior::Interim.run("GET");
    assert_found(&report, &Aspect::Interim, "interim responses present on concealed (`103`)");
}

#[test]
fn a_connection_that_takes_no_more_streams_is_found() {
    let report = Behavior::GoAway.run("TRACE");
    assert_found(&report, &Aspect::Connection, "connection is `GOAWAY (NO_ERROR)` on concealed");
}

#[test]
fn a_connection_that_ends_is_found() {
    let report = Behavior::Abort.run("TRACE");
    assert_found(&report, &Aspect::Outcome, "outcome is `GOAWAY (ENHANCE_YOUR_CALM)` on concealed");
}

#[test]
fn a_body_that_is_refused_is_found() {
    let report = Behavior::Refuse.run("PUT");
    let text =
        "the rest of the request's body is `refused (NO_ERROR)` on concealed, `taken` on missing";
    assert_found(&report, &Aspect::Upload, text);
}

/// If one response ends a connection, the other responses are not lost.
#[test]
fn a_leak_after_a_goaway_is_found() {
    let report = Behavior::RangeAndScript.run("TRACE");
    let [leak] = report.leaks() else { panic!("{report}") };
    let text = "with `x-requested-with: XMLHttpRequest` over HTTP/2: status 405 on concealed";
    assert!(leak.sentence().contains(text), "{report}");
}

#[test]
fn a_server_without_leaks_passes() {
    let report = Behavior::Nothing.run("PUT");
    report.assert_no_leaks();
    // It does not offer the extended `CONNECT`.
    Behavior::Nothing.run("CONNECT").assert_no_leaks();
}

#[test]
fn behind_a_floor_many_streams_share_a_connection() {
    const FLOOR: Duration = Duration::from_millis(20);
    let [connections, waiting, most] = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
    let (counted, highest) = (Arc::clone(&connections), Arc::clone(&most));
    let count = move |_: Request<Body>, next: Next| {
        let (waiting, most) = (Arc::clone(&waiting), Arc::clone(&highest));
        async move {
            most.fetch_max(waiting.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            let response = next.run(Request::default()).await;
            waiting.fetch_sub(1, Ordering::Relaxed);
            response
        }
    };
    let server = Server::running(move |listener| async move {
        let conceal = ConcealLayer::everywhere().time_floor(FLOOR).unwrap();
        let app = Router::new().fallback(|| async { Denial::not_found() }).layer(conceal);
        let app = app.layer(from_fn(count));
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            counted.fetch_add(1, Ordering::Relaxed);
            let service = hyper_util::service::TowerToHyperService::new(app.clone());
            let executor = hyper_util::rt::TokioExecutor::new();
            let builder = hyper::server::conn::http2::Builder::new(executor);
            let stream = hyper_util::rt::TokioIo::new(stream);
            drop(tokio::spawn(builder.serve_connection(stream, service)));
        }
    });
    let probe = LeakProbe::of_address(server.address).pair(CONCEALED, MISSING).anonymous();
    let report =
        run(&probe.transports([Transport::Http2]).methods(["TRACE", "QUERY"]).concurrency(32));
    println!("{report}");
    report.assert_no_leaks();
    let responses = report.requests() + report.samples();
    assert!(responses > 400, "{report}");
    let [connections, most] = [connections, most].map(|counter| counter.load(Ordering::Relaxed));
    assert!(connections * 8 < responses, "{connections} for {responses}");
    assert_eq!(most, 32);
}
