//! A path counts as under a prefix if any reading of it is: D15.
//!
//! A million generated targets are sent through the layer. Its result is compared with the paths that
//! other implementations read: RFC 3986 §5.2.4, the `url` crate, a servlet container, axum's router;
//! and with every combination of answers to the questions of D15.

mod every_reading;
mod others;
mod targets;

use std::convert::Infallible;
use std::future::ready;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use axum::Router;
use axum::body::Body;
use axum::http::header::ALLOW;
use axum::response::IntoResponse;
use http::{Request, Response, StatusCode, Uri};
use portcullis::ConcealLayer;
use tower::{Layer, Service, service_fn};

use crate::support::{Server, send};
use others::{READERS, is_under};
use targets::Targets;

// ==== generated targets ====

const PREFIXES: [&str; 2] = ["/vault", "/api/vault"];

/// The number of targets for each prefix. `PROPTEST_CASES=1000` makes it ten times as many, to try a
/// mutant.
fn targets() -> usize {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|wanted| wanted.parse().ok());
    wanted.map_or(500_000, |cases: usize| 10 * cases)
}

/// A service that refuses every request, which the layer replaces where routes are hidden.
fn refusing() -> impl Service<Request<()>, Response = Response<Body>, Error = Infallible> + Clone {
    service_fn(|_: Request<()>| {
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::FORBIDDEN;
        ready(Ok(response))
    })
}

/// The response of a service that is ready at once.
fn status<S, B, T>(service: &mut S, target: &str) -> StatusCode
where
    S: Service<Request<B>, Response = Response<T>, Error = Infallible>,
    B: Default,
{
    let mut request = Request::new(B::default());
    *request.uri_mut() = target.parse().expect("a target that the server takes");
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    match pin!(service.call(request)).as_mut().poll(&mut cx) {
        Poll::Ready(Ok(answer)) => answer.status(),
        Poll::Ready(Err(error)) => match error {},
        Poll::Pending => panic!("nothing waits"),
    }
}

/// Whether the layer counts a target as under the prefix.
fn covers(prefix: &str) -> impl FnMut(&str) -> bool {
    let layer = ConcealLayer::routes_under(prefix).unwrap();
    let mut service = layer.layer(refusing());
    move |target| match status(&mut service, target) {
        StatusCode::NOT_FOUND => true,
        StatusCode::FORBIDDEN => false,
        other => panic!("{other}"),
    }
}

#[test]
fn d15_a_target_is_covered_if_and_only_if_some_reading_puts_it_under_the_prefix() {
    std::thread::scope(|scope| {
        for (prefix, seed) in PREFIXES.into_iter().zip(1..) {
            scope.spawn(move || compare(prefix, seed));
        }
    });
}

fn compare(prefix: &str, seed: u64) {
    let mut covers = covers(prefix);
    let (mut covered, mut read_by_others) = (0, 0);
    for (index, target) in Targets::new(seed).take(targets()).enumerate() {
        let is_covered = covers(&target);
        let mut is_read_so = false;
        for (name, read) in READERS {
            for path in read(&target) {
                if is_under(&path, prefix) {
                    let path = String::from_utf8_lossy(&path);
                    assert!(is_covered, "{prefix} does not cover {target}, for {name} {path}");
                    is_read_so = true;
                }
            }
        }
        // Uncovered targets are checked seldom, because each takes every combination.
        if is_covered && !is_read_so || !is_covered && index % 50 == 0 {
            assert_eq!(is_covered, every_reading::reaches(&target, prefix), "{prefix} {target}");
        }
        covered += usize::from(is_covered);
        read_by_others += usize::from(is_read_so);
    }
    println!("{prefix}: {covered} covered, {read_by_others} read so by others");
    // There are enough of each kind.
    assert!(
        covered > targets() / 20 && read_by_others > targets() / 50,
        "{covered} {read_by_others}"
    );
    assert!(covered < targets() / 2, "{covered}");
}

#[test]
fn d15_a_reading_treats_every_backslash_alike() {
    let mut covers = covers("/vault");
    for (target, is_covered) in [
        ("/\\host/vault", true),
        ("/\\host/x/../vault", true),
        ("/\\host/x/y/../../vault", true),
        // Either `host` is a host and `x` a segment that stays, or there is no host.
        ("/\\host/x\\y/../vault", false),
        ("/\\host/x\\y/../../vault", true),
    ] {
        assert_eq!(every_reading::reaches(target, "/vault"), is_covered, "{target}");
        assert_eq!(covers(target), is_covered, "{target}");
    }
}

#[test]
fn d15_a_target_that_axum_routes_to_the_prefix_is_covered() {
    const SAMPLE: usize = 50_000;
    for (prefix, seed) in PREFIXES.into_iter().zip(3..) {
        let nested = Router::new().fallback(|| async { StatusCode::OK });
        let mut router: Router = Router::new().nest(prefix, nested);
        let mut covers = covers(prefix);
        let mut routed = 0;
        for target in Targets::new(seed).take(SAMPLE) {
            if status::<_, Body, _>(&mut router, &target) == 200 {
                assert!(covers(&target), "{prefix} does not cover {target}, for axum");
                routed += 1;
            }
        }
        println!("{prefix}: {routed}");
        assert!(routed > SAMPLE / 100, "{routed}");
    }
}

// ==== real sockets ====

/// An application that reads the path in every way that others do. It has one route, and says which
/// methods that accepts.
fn application(prefix: &'static str) -> Router {
    let route = format!("{prefix}/notes").into_bytes();
    Router::new().fallback(move |target: Uri| async move {
        let mut paths = READERS.iter().flat_map(|(_, read)| read(&target.to_string()));
        match paths.any(|path| path == route) {
            true => (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET")]).into_response(),
            false => StatusCode::NOT_FOUND.into_response(),
        }
    })
}

#[test]
fn d15_a_hidden_route_is_like_a_missing_one_however_the_application_reads_the_path() {
    let targets = [
        ("/vault", "/x%2fy/../vault/"),
        ("/vault", "/x\\y/../vault/"),
        ("/vault", "/x%5cy/../vault/"),
        ("/vault", "/x%2f..%2fvault/"),
        ("/vault", "/x/%2e%2e/%76ault/"),
        ("/vault", "/x/..;/vault;y/"),
        ("/vault", "//host/vault/"),
        ("/vault", "/\\host\\vault/"),
        ("/api/vault", "/api//../vault/"),
        ("/api/vault", "/api/x;y/../vault/"),
    ];
    for prefix in PREFIXES {
        let bare = Server::start(application(prefix));
        let layer = ConcealLayer::routes_under(prefix).unwrap();
        let covered = Server::start(application(prefix).layer(layer));
        for (_, target) in targets.iter().filter(|(of, _)| *of == prefix) {
            let ask = |server: &Server, last| {
                send(server.address, "PUT", &format!("{target}{last}"), &[]).undated()
            };
            assert_eq!(ask(&bare, "notes").status, 405, "{target}");
            assert_eq!(ask(&bare, "none").status, 404, "{target}");
            let missing = ask(&covered, "none");
            assert_eq!(missing.status, 404);
            assert_eq!(ask(&covered, "notes"), missing, "{target}");
        }
    }
}
