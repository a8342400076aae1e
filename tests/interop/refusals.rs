//! What a program is told when it is refused: the same for every client. One application has all that
//! makes a refusal arrive: F05, F06, F09, A04, A18, A26.

use std::collections::HashMap;
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use portcullis::identity::{Attempt, Outcome};
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Denial, DrainLayer, Identity, LoginPage, Negotiate,
    Principal, Throttle, Tokens, Users, any_of,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tower_http::cors::CorsLayer;

use crate::java::java;
use crate::node::node;
use crate::python::python;
use crate::support::{Scratch, Server, Tool, run};

// ==== the application ====

/// Lets no attempt for `eve` pass.
struct NotEve;

impl Throttle for NotEve {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration> {
        if attempt.account() == Some("eve") { Err(Duration::from_secs(30)) } else { Ok(()) }
    }

    fn settle(&self, _: &Attempt<'_>, _: Outcome) {}
}

fn identity() -> impl Identity<Principal = &'static str> {
    let tokens = Tokens::new().with("1|abc", "machine").with("id:secret", "machine");
    let users = Users::new().with("alice", "wonderland", "alice");
    any_of((
        Bearer::new("api", tokens).unwrap().accept_opaque_tokens(),
        Basic::new("api", users).unwrap().throttled(NotEve),
    ))
}

fn app() -> Router {
    let routes = Router::new()
        .route("/me", any(|Principal(name): Principal<&'static str>| async move { name }))
        .route("/outage", any(|| async { Denial::unavailable() }))
        .fallback(|| async { Denial::not_found() });
    let page = LoginPage::at("/login").unwrap().return_in("next").unwrap();
    let stage = AuthenticateLayer::new(identity())
        .login_page(page)
        .exempt_preflights()
        .respond_with(Negotiate::new());
    // The layer for CORS is inside, as where a library has brought it.
    let routes = Router::new().fallback_service(routes).layer(CorsLayer::permissive());
    let routes = Router::new().fallback_service(routes.layer(stage));
    routes.route("/login", any(|| async { "a form" })).layer(DrainLayer::new())
}

// ==== what is asked, and what has to arrive ====

/// What a client made of a response.
#[derive(Debug, Deserialize)]
struct Told {
    status: u16,
    headers: HashMap<String, String>,
    body: String,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

struct Row {
    what: &'static str,
    question: Value,
    status: u16,
    /// Of these headers, what they contain. Empty: they are not there.
    headers: &'static [(&'static str, &'static str)],
    /// A part of the body.
    body: &'static str,
}

/// Stands for the challenges that a client is sent: [`OF_BOTH`], or fewer.
const CHALLENGES: &str = "the challenges";
const OF_BOTH: &str = r#"Bearer realm="api", Basic realm="api", charset="UTF-8""#;
const INVALID_TOKEN: &str = r#"Bearer realm="api", error="invalid_token""#;
const PROBLEM: &[(&str, &str)] = &[
    ("www-authenticate", CHALLENGES),
    ("content-type", "application/problem+json"),
    ("vary", "accept"),
    ("cache-control", "no-store"),
    ("location", ""),
];

fn rows() -> Vec<Row> {
    let row = |what, question, status, headers, body| Row { what, question, status, headers, body };
    let accepting = |range: &str| json!({ "path": "/me", "headers": { "Accept": range } });
    let preflight = json!({
        "method": "OPTIONS", "path": "/me",
        "headers": { "Origin": "http://other.example", "Access-Control-Request-Method": "PUT" },
    });
    let mut rows = vec![
        row("a10", json!({ "path": "/me", "basic": ["alice", "wonderland"] }), 200, &[], "alice"),
        // With a login page, which a program is not sent to.
        row("a01 f06", json!({ "path": "/me" }), 401, PROBLEM, r#""status":401"#),
        row("a01, HEAD", json!({ "path": "/me", "method": "HEAD" }), 401, PROBLEM, ""),
        row("f05, any", accepting("*/*"), 401, PROBLEM, r#""status":401"#),
        row(
            "f05, JSON",
            accepting("application/json"),
            401,
            &[("content-type", "application/json"), ("www-authenticate", CHALLENGES)],
            r#""status":401"#,
        ),
        row(
            "f05, text",
            accepting("text/plain, application/json;q=0.5"),
            401,
            &[("content-type", "text/plain; charset=utf-8"), ("www-authenticate", CHALLENGES)],
            "401 Unauthorized\n\n",
        ),
        // JSON is preferred, so this is no page load.
        row(
            "f05, HTML for a script",
            accepting("text/html;q=0.9, image/png"),
            401,
            &[("content-type", "text/html; charset=utf-8"), ("location", "")],
            "<!doctype html>",
        ),
        row("f05, unacceptable", accepting("image/png"), 401, PROBLEM, r#""status":401"#),
        row("f05, unparsable", accepting("no type; at \"all"), 401, PROBLEM, r#""status":401"#),
        row(
            "a06",
            json!({ "path": "/me", "basic": ["alice", "wrong"] }),
            401,
            PROBLEM,
            r#""status":401"#,
        ),
        row("a04, opaque token", json!({ "path": "/me", "bearer": "1|abc" }), 200, &[], "machine"),
        row(
            "a04, and a colon",
            json!({ "path": "/me", "bearer": "id:secret" }),
            200,
            &[],
            "machine",
        ),
        row(
            "a06, opaque token",
            json!({ "path": "/me", "bearer": "2|abc" }),
            401,
            &[("www-authenticate", INVALID_TOKEN), ("content-type", "application/problem+json")],
            r#""status":401"#,
        ),
        row(
            "a18",
            json!({ "path": "/me", "basic": ["eve", "guess"] }),
            429,
            &[
                ("retry-after", "30"),
                ("www-authenticate", ""),
                ("content-type", "application/problem+json"),
            ],
            r#""status":429"#,
        ),
        row(
            "a07",
            json!({ "path": "/outage", "bearer": "1|abc" }),
            503,
            &[("retry-after", "10"), ("www-authenticate", "")],
            r#""status":503"#,
        ),
        row(
            "d08",
            json!({ "path": "/nothing", "bearer": "1|abc" }),
            404,
            &[("www-authenticate", "")],
            r#""status":404"#,
        ),
        row(
            "f09",
            preflight,
            200,
            &[("access-control-allow-origin", "*"), ("www-authenticate", "")],
            "",
        ),
        row("f09, no preflight", json!({ "method": "OPTIONS", "path": "/me" }), 401, &[], ""),
    ];
    for _ in 0..4 {
        let question = json!({ "method": "POST", "path": "/me", "upload": 30_000_000 });
        rows.push(row("a26", question, 401, PROBLEM, r#""status":401"#));
    }
    rows.push(row("a10 again", json!({ "path": "/me", "bearer": "1|abc" }), 200, &[], "machine"));
    rows
}

#[track_caller]
fn every_row(client: &str, challenges: &str, ask: impl Fn(&str, Value) -> Option<String>) {
    let server = Server::start(app());
    let base = format!("http://{}", server.address);
    let rows = rows();
    let questions = rows.iter().map(|row| row.question.clone()).collect();
    let Some(said) = ask(&base, questions) else { return };
    let told: Vec<Told> =
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{client}: {error}: {said}"));
    assert_eq!(told.len(), rows.len(), "{client}");
    for (row, told) in rows.iter().zip(&told) {
        let what = format!("{client}: {}: {told:?}", row.what);
        assert_eq!(told.status, row.status, "{what}");
        for (name, value) in row.headers {
            let value = if *value == CHALLENGES { challenges } else { value };
            let found = told.header(name);
            assert_eq!(value.is_empty(), found.is_empty(), "{name}: {what}");
            assert!(found.contains(value), "{name}: {what}");
        }
        assert!(told.body.contains(row.body), "{what}");
    }
}

// ==== the clients ====

fn with_python(program: &str) {
    every_row(program, OF_BOTH, |base, questions| {
        let tool = Tool::find("python/bin/python")?;
        Some(python(&tool, program, &[base, &questions.to_string()]))
    });
}

#[test]
fn python_requests_is_told_each_refusal() {
    with_python("python_requests.py");
}

#[test]
fn python_httpx_is_told_each_refusal() {
    with_python("python_httpx.py");
}

#[test]
fn python_aiohttp_is_told_each_refusal() {
    with_python("python_aiohttp.py");
}

/// It sends `Sec-Fetch-Mode: cors`, so it is taken for a page's script, in whose window Basic would open a
/// dialog (F07).
#[test]
fn node_fetch_is_told_each_refusal() {
    every_row("fetch", r#"Bearer realm="api""#, |base, questions| {
        let (tool, none) = (Tool::find("node")?, std::path::Path::new(""));
        Some(node(&tool, none, "node_fetch.cjs", &[base, &questions.to_string()]))
    });
}

#[test]
fn jdk_http_client_is_told_each_refusal() {
    every_row("JDK HttpClient", OF_BOTH, |base, questions| java("", base, &questions));
}

#[test]
fn curl_is_told_each_refusal() {
    every_row("curl", OF_BOTH, |base, questions| {
        let tool = Tool::find("curl")?;
        let told = questions.as_array()?.iter().map(|question| with_curl(&tool, base, question));
        Some(told.collect::<Value>().to_string())
    });
}

fn with_curl(tool: &Tool, base: &str, question: &Value) -> Value {
    let home = Scratch::new();
    let mut command = tool.command(&home);
    command.args(["--silent", "--max-time", "60", "--include", "--location"]);
    match question["method"].as_str() {
        Some("HEAD") => _ = command.arg("--head"),
        Some(method) => _ = command.args(["--request", method]),
        None => {}
    }
    for (name, value) in question["headers"].as_object().into_iter().flatten() {
        command.args(["--header", &format!("{name}: {}", value.as_str().unwrap())]);
    }
    if let Some([user, password]) = question["basic"].as_array().map(Vec::as_slice) {
        let login = format!("{}:{}", user.as_str().unwrap(), password.as_str().unwrap());
        command.args(["--basic", "--user", &login]);
    }
    if let Some(token) = question["bearer"].as_str() {
        command.args(["--oauth2-bearer", token]);
    }
    if let Some(bytes) = question["upload"].as_u64() {
        let file = home.write("upload", vec![b'x'; usize::try_from(bytes).unwrap()]);
        // It would wait for a 100 before it sends anything.
        command.args(["--header", "expect:", "--data-binary"]);
        command.arg(format!("@{}", file.display()));
    }
    let ran = run(command.arg(format!("{base}{}", question["path"].as_str().unwrap())));
    assert_eq!(ran.code, 0, "{question}: {ran:?}");
    let (head, body) = ran.out.split_once("\r\n\r\n").expect("a head");
    let mut lines = head.lines();
    let status: u16 = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HashMap::<String, String>::new();
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        let values = headers.entry(name.to_lowercase()).or_default();
        *values += if values.is_empty() { "" } else { ", " };
        *values += value;
    }
    json!({ "status": status, "headers": headers, "body": body })
}
