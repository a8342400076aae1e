//! K01: the events of each stage are the responses that it gave, whatever the arrangement of stages, under
//! load and cancellation, over HTTP/1.1 and HTTP/2.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::pending;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::{any, get};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::Empty;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use portcullis::observe::RequestOutcome;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, Denial, ProblemDetails, Unauthenticated,
    async_verify_fn, authenticated, conceal, role,
};
use tower::{Layer, Service};

use crate::support::Server;
use crate::{Recorder, User, keys};

// ==== what a stage gave, counted outside it ====

#[derive(Default)]
struct Given {
    statuses: Mutex<BTreeMap<u16, usize>>,
    cancelled: AtomicUsize,
    running: AtomicUsize,
}

#[derive(Clone)]
struct Count(Arc<Given>);

#[derive(Clone)]
struct Counted<S>(S, Arc<Given>);

struct Running(Arc<Given>, bool);

impl<S> Layer<S> for Count {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted(inner, self.0.clone())
    }
}

impl<S> Service<Request> for Counted<S>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.1.running.fetch_add(1, Ordering::SeqCst);
        let mut running = Running(self.1.clone(), false);
        let response = self.0.call(request);
        Box::pin(async move {
            let response = response.await?;
            running.finish(response.status().as_u16());
            Ok(response)
        })
    }
}

impl Running {
    fn finish(&mut self, status: u16) {
        *self.0.statuses.lock().unwrap().entry(status).or_default() += 1;
        self.1 = true;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.1 {
            self.0.cancelled.fetch_add(1, Ordering::SeqCst);
        }
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

// ==== arrangements ====

/// Numbers that look random, and are the same in each run.
#[derive(Clone)]
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// The token `stuck` is never verified, and `slow` only after a while.
fn bearer() -> Bearer<impl portcullis::Verify<str, Principal = User>> {
    let verify = async_verify_fn(|token: &str| {
        let token = token.to_owned();
        async move {
            match &*token {
                "admin" => Ok(User { role: "admin" }),
                "user" => Ok(User { role: "user" }),
                "slow" => {
                    tokio::task::yield_now().await;
                    Ok(User { role: "user" })
                }
                "stuck" => pending().await,
                "down" => Err(Unauthenticated::unavailable()),
                _ => Err(Unauthenticated::invalid()),
            }
        }
    });
    Bearer::new("test", verify).unwrap()
}

fn routes() -> Router {
    let admins = Router::new().route("/admin", get(|| async { "reports" }));
    let hidden = Router::new().route("/hidden", get(|| async { "reports" }));
    Router::new()
        .merge(admins.route_layer(AuthorizeLayer::<User>::new(role("admin"))))
        .merge(hidden.route_layer(AuthorizeLayer::<User>::new(conceal(role("admin")))))
        .route("/", any(|| async { "hello" }))
        .route("/denied", get(|| async { Denial::forbidden() }))
        .route("/bare", get(|| async { StatusCode::UNAUTHORIZED }))
        .route("/problem", get(|| async { ProblemDetails::new(StatusCode::CONFLICT) }))
        .route("/stuck", get(pending::<()>))
}

const PATHS: [&str; 8] =
    ["/", "/admin", "/hidden", "/denied", "/bare", "/problem", "/missing", "/stuck"];
const TOKENS: [&str; 7] = ["", "admin", "user", "slow", "wrong", "stuck", "down"];

/// Puts one more layer around the routes. An authenticate stage gets a recorder, and a count outside it.
fn around(app: Router, kind: usize, stages: &mut Vec<(Recorder, Arc<Given>)>) -> Router {
    let recorder = if kind.is_multiple_of(2) { Recorder::default() } else { Recorder::measuring() };
    let observed = recorder.clone();
    let app = match kind {
        0 => app.layer(AuthenticateLayer::new(bearer()).observe(observed)),
        1 => app.layer(AuthenticateLayer::new(bearer()).optional().observe(observed)),
        2 => {
            let layer = AuthenticateLayer::new(bearer()).ignore_invalid_credentials();
            app.layer(layer.observe(observed))
        }
        3 => app.layer(AuthenticateLayer::new(keys("x-key")).optional().observe(observed)),
        4 => {
            let layer = AuthenticateLayer::new(bearer()).at_proxy().unwrap();
            app.layer(layer.observe(observed).on_decision(|_| {}))
        }
        _ => return app.layer(AuthorizeLayer::<User>::new(authenticated())),
    };
    let given = Arc::new(Given::default());
    stages.push((recorder, given.clone()));
    app.layer(Count(given))
}

// ==== clients ====

fn next_request(address: SocketAddr, numbers: &mut Numbers) -> http::Request<Empty<Bytes>> {
    let path = numbers.pick(&PATHS);
    let mut request = http::Request::builder()
        .method(numbers.pick(&["GET", "GET", "HEAD", "POST", "OPTIONS"]))
        .uri(format!("http://{address}{path}"))
        .header("host", address.to_string());
    for name in ["authorization", "proxy-authorization"] {
        match numbers.pick(&TOKENS) {
            "" => {}
            token => request = request.header(name, format!("Bearer {token}")),
        }
    }
    if numbers.below(3) == 0 {
        request = request.header("x-key", numbers.pick(&["user", "wrong"]));
    }
    request.body(Empty::new()).unwrap()
}

/// Long enough for a response that comes at all, mostly; too short for it is a cancellation as well.
const PATIENCE: Duration = Duration::from_millis(40);

async fn http1_client(address: SocketAddr, mut numbers: Numbers, requests: usize) {
    let mut sent = 0;
    while sent < requests {
        let stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        while sent < requests {
            sent += 1;
            let asked = sender.send_request(next_request(address, &mut numbers));
            let Ok(Ok(_)) = tokio::time::timeout(PATIENCE, asked).await else { break };
            if sender.ready().await.is_err() {
                break;
            }
        }
        // Closes the connection, and so cancels what is still running.
        connection.abort();
    }
}

async fn http2_client(address: SocketAddr, mut numbers: Numbers, requests: usize) {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut streams = Vec::new();
    for _ in 0..requests {
        let asked = sender.clone().send_request(next_request(address, &mut numbers));
        // Dropped, it resets the stream.
        streams.push(tokio::spawn(tokio::time::timeout(PATIENCE, asked)));
    }
    for stream in streams {
        let _ = stream.await.unwrap();
    }
    drop(sender);
    connection.abort();
}

#[test]
fn k01_events_add_up_to_responses_for_any_arrangement_under_load_and_cancellation() {
    let mut outcomes = [0; 3];
    let (mut cancelled, mut responses) = (0, 0);
    for seed in 1..=8 {
        let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let mut stages = Vec::new();
        // The innermost is an authenticate stage, since the routes need one.
        let mut kinds = vec![numbers.below(5)];
        kinds.extend((0..numbers.below(4)).map(|_| numbers.below(6)));
        if *kinds.last().unwrap() == 5 {
            kinds.push(1);
        }
        let app = kinds.iter().fold(routes(), |app, kind| around(app, *kind, &mut stages));
        let server = Server::start(app);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut clients = tokio::task::JoinSet::new();
            for client in 0..4 {
                let numbers = Numbers(numbers.0.wrapping_add(client * 0x1234_5677 + 1));
                clients.spawn(http1_client(server.address, numbers.clone(), 25));
                clients.spawn(http2_client(server.address, numbers, 50));
            }
            while let Some(client) = clients.join_next().await {
                client.unwrap();
            }
        });
        drop(runtime);
        // The server learns of the closed connections.
        let start = Instant::now();
        for (_, given) in &stages {
            while given.running.load(Ordering::SeqCst) > 0 {
                assert!(start.elapsed() < Duration::from_secs(20), "a request is still running");
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        for (index, (recorder, given)) in stages.iter().enumerate() {
            let context = format!("seed {seed}, stage {index} of {kinds:?}");
            let told = recorder.take();
            let mut statuses = BTreeMap::new();
            for told in &told {
                *statuses.entry(told.status).or_insert(0) += 1;
                outcomes[told.outcome as usize] += 1;
                assert_eq!(
                    told.cause.is_some(),
                    told.outcome == RequestOutcome::Refused,
                    "{context}"
                );
            }
            assert_eq!(statuses, *given.statuses.lock().unwrap(), "{context}");
            let dropped = given.cancelled.load(Ordering::SeqCst);
            assert_eq!(recorder.begun(), told.len() + dropped, "{context}");
            assert_eq!(recorder.alive(), 0, "{context}: a context was kept");
            responses += told.len();
            cancelled += dropped;
        }
    }
    assert!(outcomes.iter().all(|count| *count > 50), "{outcomes:?}");
    assert!(responses > 1000 && cancelled > 50, "{responses} responses, {cancelled} cancelled");
}
