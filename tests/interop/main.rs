//! Clients that people use, against the examples: each logs in, is refused with the right status,
//! and keeps working over several requests.
//!
//! A room is a family of clients. The table below is asked by all of them; what is particular to a
//! client stands in its room. `.ci/clients` installs what they need. The programs in other
//! languages read their questions as JSON and print what they were answered.

#[path = "../support/mod.rs"]
mod support;

mod auth_request;
mod chromium;
mod cross_origin;
mod curl;
mod destinations;
mod digest;
mod git;
mod httpie;
mod java;
mod node;
mod prefix;
mod proxy;
mod python;
mod refusals;
mod restart;
mod uploads;
mod wget;

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Html;
use axum::routing::get;
use axum::{Json, Router};
use http::header::AUTHORIZATION;
use portcullis::{AuthenticateLayer, Basic, Bearer, Principal, Tokens, Users, any_of};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::Server;

// ==== what every client is asked to do ====

/// What a client is told to log in with. Digest has a table of its own (`digest`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Login {
    Nothing,
    Basic(&'static str, &'static str),
    Bearer(&'static str),
}

use Login::{Basic as With, Bearer as Token, Nothing};

/// A request to the `decision_table` example, and what it gets: row, path, login, status.
#[derive(Clone, Copy)]
struct Case(&'static str, &'static str, Login, u16);

const ALICE: Login = With("alice", "wonderland");
const BOB: Login = With("bob", "builder");

/// In an order that shows what a client keeps from one request to the next.
const CASES: [Case; 16] = [
    Case("a02", "/", Nothing, 200),
    Case("a01", "/me", Nothing, 401),
    Case("a10", "/me", ALICE, 200),
    Case("a13", "/me", Nothing, 401),
    Case("a06 wrong password", "/me", With("alice", "wrong"), 401),
    Case("a06 unknown user", "/me", With("mallory", "wonderland"), 401),
    Case("a10 another user", "/me", BOB, 200),
    Case("c02", "/admin/reports", BOB, 403),
    Case("a10", "/admin/reports", ALICE, 200),
    Case("d08", "/repos/wonder", BOB, 404),
    Case("a07", "/outage", ALICE, 503),
    Case("a06 expired token", "/me", Token("bob-expired"), 401),
    Case("a06 unknown token", "/me", Token("nobody-token"), 401),
    Case("c03", "/reports", Token("bob-token"), 403),
    Case("a10", "/reports", Token("alice-token"), 200),
    Case("a10 again", "/me", ALICE, 200),
];

/// What a client made of an answer.
#[derive(Debug, Deserialize)]
struct Told {
    status: u16,
    /// `None` if it keeps it for itself.
    body: Option<String>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(row, path, login, status) = self;
        write!(f, "{row}: {path} with {login:?} is {status}")
    }
}

impl Case {
    fn url(&self, address: SocketAddr) -> String {
        format!("http://{address}{}", self.1)
    }

    /// As the programs in other languages read it.
    fn json(&self) -> Value {
        let mut question = json!({ "path": self.1 });
        match self.2 {
            Nothing => {}
            With(user, password) => question["basic"] = json!([user, password]),
            Token(token) => question["bearer"] = json!(token),
        }
        question
    }

    #[track_caller]
    fn check(&self, client: &str, told: &Told) {
        let Self(_, path, login, status) = *self;
        assert_eq!(told.status, status, "{client}: {self:?}: {told:?}");
        if let (200, "/me", With(name, _)) = (status, path, login) {
            let page = format!("{{\"name\":\"{name}\"}}");
            assert_eq!(told.body.as_deref(), Some(&*page), "{client}: {self:?}");
        }
        if let (400.., Some(body)) = (status, &told.body) {
            let problem: Value = serde_json::from_str(body)
                .unwrap_or_else(|error| panic!("{client}: {self:?}: {error}: {told:?}"));
            assert_eq!(problem["status"], status, "{client}: {self:?}");
        }
    }
}

/// Puts the whole table to a client that answers one question at a time.
#[track_caller]
fn ask_each(client: &str, ask: impl Fn(&Case) -> Told) {
    for case in &CASES {
        case.check(client, &ask(case));
    }
}

/// Puts the whole table to a client that takes it as JSON, and keeps one session for all of it.
#[track_caller]
fn ask_all(client: &str, ask: impl Fn(Value) -> String) {
    let said = ask(CASES.iter().map(Case::json).collect());
    let told: Vec<Told> =
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{client}: {error}: {said}"));
    assert_eq!(told.len(), CASES.len(), "{client}");
    for (case, told) in CASES.iter().zip(&told) {
        case.check(client, told);
    }
}

// ==== what a client sends on its own ====

/// A service that notes what it is sent.
struct Site {
    server: Server,
    seen: Arc<Mutex<Vec<Noted>>>,
}

/// A request, as it came.
#[derive(Clone, Debug)]
struct Noted {
    /// Method, path, the scheme of the credentials, the answer: `GET /me Basic 200`.
    line: String,
    /// Bytes above ASCII are read as latin-1.
    fields: Vec<(String, String)>,
    status: u16,
}

impl Noted {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(found, _)| found == name).map(|(_, value)| &**value)
    }
}

impl Site {
    /// `/me` needs a login, and `/page` has a script that requests it. The challenges are those of the
    /// example `decision_table`: Bearer, and Basic on a line of its own. The script uses an absolute
    /// URL: a relative one would inherit the login in the page's URL, which a script may not send.
    fn start() -> Self {
        let users = Users::new().with("alice", "wonderland", "alice").with("bob", "builder", "bob");
        let tokens = Tokens::new().with("alice-token", "alice");
        let identity = any_of((
            Bearer::new("site", tokens).unwrap(),
            Basic::new("site", users).unwrap(), //
        ));
        let me =
            |Principal(name): Principal<&'static str>| async move { Json(json!({ "name": name })) };
        let page = "<!doctype html><title>a page</title><script>
            fetch(location.origin + '/me').then(answer => answer.json()).then(me => document.body.append(me.name))
        </script><body>hello, </body>";
        let routes = Router::new().route("/me", get(me)).route("/page", get(Html(page)));
        Self::noting(routes.layer(AuthenticateLayer::new(identity)))
    }

    /// Notes what this is sent.
    fn noting(routes: Router) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let notes = Arc::clone(&seen);
        let note = middleware::from_fn(move |request: Request, next: Next| {
            let notes = Arc::clone(&notes);
            async move {
                let scheme = match request.headers().get(AUTHORIZATION).map(|it| it.as_bytes()) {
                    Some(value) => value.split(|&byte| byte == b' ').next().unwrap_or_default(),
                    None => b"-",
                };
                let scheme = String::from_utf8_lossy(scheme);
                let line = format!("{} {} {scheme}", request.method(), request.uri().path());
                let fields = request.headers().iter().map(|(name, value)| {
                    let latin1 = value.as_bytes().iter().map(|&byte| char::from(byte));
                    (name.to_string(), latin1.collect())
                });
                let fields = fields.collect();
                let response = next.run(request).await;
                let status = response.status().as_u16();
                let line = format!("{line} {status}");
                notes.lock().unwrap().push(Noted { line, fields, status });
                response
            }
        });
        // `Router::layer` leaves unmatched paths alone in a router without a fallback.
        let routes = Router::new().fallback_service(routes).layer(note);
        Self { server: Server::start(routes), seen }
    }

    fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// What it was sent since it was last asked, as `GET /me Basic 200`.
    fn seen(&self) -> Vec<String> {
        self.noted().into_iter().map(|noted| noted.line).collect()
    }

    /// The same, with the fields.
    fn noted(&self) -> Vec<Noted> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}
