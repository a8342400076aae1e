//! A service that conceals a path, and places for planted leaks.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::any as any_method;
use portcullis::testing::{LeakProbe, Report};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Denial, HasRoles, Users, conceal, role,
};

use crate::plants::PlantedLeak;

pub const CONCEALED: &str = "/vault/notes";
pub const MISSING: &str = "/vault/other";

pub const ALICE: [(&str, &str); 1] = [("authorization", "Basic YWxpY2U6d29uZGVybGFuZA==")];
pub const BOB: [(&str, &str); 1] = [("authorization", "Basic Ym9iOmJ1aWxkZXI=")];

#[derive(Clone)]
pub struct User(pub &'static str);

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.0 == role
    }
}

/// A service without leaks: the notes are visible to Alice only.
pub fn honest() -> Router {
    let users = Users::new().with("alice", "wonderland", User("admin")).with(
        "bob",
        "builder",
        User("member"),
    );
    let stage = AuthenticateLayer::new(Basic::new("vault", users).unwrap()).optional();
    let notes = any_method(|| async { "the notes" });
    let app = Router::new()
        .route(CONCEALED, notes.layer(AuthorizeLayer::<User>::new(conceal(role("admin")))))
        .fallback(|| async { Denial::not_found() });
    Router::new().fallback_service(app.layer(stage))
}

/// The requests to which a planted leak applies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// Those to the concealed path: a leak.
    OnConcealed,
    /// All requests: no leak.
    Everywhere,
}

/// The service with a planted leak outside of all its stages.
pub fn planted(plant: &'static PlantedLeak, place: Place) -> Router {
    planted_in(honest(), plant, place)
}

/// A service with a planted leak outside of it.
pub fn planted_in(app: Router, plant: &'static PlantedLeak, place: Place) -> Router {
    let plants = move |request: Request, next: Next| async move {
        let (head, body) = request.into_parts();
        let honest = next.run(Request::from_parts(head.clone(), Body::empty())).await;
        let applies = place == Place::Everywhere || is_concealed(&head);
        // A call is refused with 200 (F08), and most leaks are of services that answer no calls.
        let is_call = |value: &HeaderValue| value.as_bytes().starts_with(b"application/grpc");
        let is_refused = match plant.name.starts_with("gRPC") {
            true => honest.headers().get("content-type").is_some_and(is_call),
            false => honest.status() == 404,
        };
        let response = match applies && is_refused && (plant.when)(&head) {
            true => (plant.then)(head, body, honest).await,
            false => honest,
        };
        Ok::<Response, Infallible>(response)
    };
    Router::new().fallback_service(app).layer(from_fn(plants))
}

/// Whether some part of a service would take the path for the notes, or for a path below them: decoded
/// up to twice, without dot segments, in lower case.
fn is_concealed(head: &Parts) -> bool {
    let named = head.headers.values().any(|value| value.as_bytes().ends_with(CONCEALED.as_bytes()));
    let decoded = |path: String| {
        percent_encoding(&path).replace('\\', "/").replace(";x=1", "").replace("..;", "..")
    };
    let path = decoded(decoded(head.uri.path().to_ascii_lowercase()));
    let mut segments = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let path = format!("/{}", segments.join("/"));
    path.contains(CONCEALED) || (path == "/" && named)
}

/// Removes one layer of percent-encoding.
fn percent_encoding(path: &str) -> String {
    let mut parts = path.split('%');
    let mut decoded = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(octet) => {
                decoded.push(octet);
                decoded.extend(part[2..].bytes());
            }
            None => decoded.extend(format!("%{part}").bytes()),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// A probe as Bob.
pub fn probe(app: Router) -> LeakProbe {
    let probe = LeakProbe::of_service(app).pair(CONCEALED, MISSING);
    // Leaks in some responses have their own tests.
    probe.unauthorized("bob", BOB).authorized("alice", ALICE).repetitions(5)
}

pub fn run(probe: &LeakProbe) -> Report {
    runtime().block_on(probe.run()).expect("a report")
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Runs the check for each item, on two threads.
pub fn each<T: Send + Sync>(of: Vec<T>, check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let turns = || {
        while let Some(one) = of.get(next.fetch_add(1, Ordering::Relaxed)) {
            check(one);
        }
    };
    thread::scope(|scope| {
        scope.spawn(turns);
        turns();
    });
}
