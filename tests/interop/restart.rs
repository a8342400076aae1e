//! H02 across a restart, and at another replica: a client that has logged in goes on, and asks no
//! person again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use portcullis::identity::MemoryReplayStore;
use portcullis::{AuthenticateLayer, Digest, DigestUsers, Principal};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::chromium::drive;
use crate::curl::curl;
use crate::node::node;
use crate::python::python;
use crate::support::Tool;
use crate::{Noted, Site, Told};

/// A process, as far as nonces go: a random key, and a store of its own.
fn process() -> Router {
    let users = DigestUsers::new("notes").with("alice", "wonderland", "alice");
    let digest = Digest::from_users(users).unwrap();
    let digest = digest.replay_store(MemoryReplayStore::with_max_nonces(8));
    let who = |Principal(name): Principal<&'static str>| async move { name };
    Router::new().fallback(any(who)).layer(AuthenticateLayer::new(digest))
}

/// A site whose every target with `restart` in it is served by a new process when it is first
/// requested, as are the requests that follow.
fn restarting() -> Site {
    let current = Arc::new(Mutex::new(process()));
    let restarted = Arc::new(Mutex::new(HashSet::new()));
    Site::noting(Router::new().fallback(move |request: Request| {
        let target = request.uri().to_string();
        if target.contains("restart") && restarted.lock().unwrap().insert(target) {
            *current.lock().unwrap() = process();
        }
        let current = Arc::clone(&current);
        async move {
            let process = current.lock().unwrap().clone();
            process.oneshot(request).await.into_response()
        }
    }))
}

/// Two processes that take turns, and do not know each other's nonces.
fn replicas() -> Site {
    let (replicas, turn) = ([process(), process()], Mutex::new(0));
    let (replicas, turn) = (Arc::new(replicas), Arc::new(turn));
    Site::noting(Router::new().fallback(move |request: Request| {
        let mut turn = turn.lock().unwrap();
        *turn += 1;
        let process = replicas[*turn / 3 % 2].clone();
        async move { process.oneshot(request).await.into_response() as Response }
    }))
}

/// Without those that a browser makes unasked.
fn lines(noted: &[Noted]) -> Vec<&str> {
    noted.iter().map(|noted| &*noted.line).filter(|line| !line.contains("favicon")).collect()
}

#[test]
fn chromium_opens_no_dialog_after_a_restart() {
    let (Some(tool), Some(chromium)) = (Tool::find("node"), Tool::find("chromium")) else { return };
    let Some(modules) = Tool::find("node/node_modules") else { return };
    let site = restarting();
    let requests = json!([
        ["/me", "page"],
        ["/notes", "page"],
        ["/restart", "page"],
        ["/me", "page"],
        ["/restart?again", "script"],
        ["/api", "script"],
        ["/restart?post", "post"],
        ["/me", "page"],
    ]);
    let base = format!("http://{}", site.address());
    let program = chromium.path().display().to_string();
    let arguments = [&*program, &base, &requests.to_string()];
    let said = drive(&tool, modules.path(), "chromium_restart.cjs", &arguments);
    let told: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    // One dialog, at the first login.
    let dialogs = [1, 0, 0, 0, 0, 0, 0, 0];
    let requests = requests.as_array().unwrap().iter().zip(dialogs);
    let expected = requests.map(|(request, dialogs)| json!([request[0], 200, dialogs]));
    assert_eq!(told, expected.collect::<Value>(), "{:#?}", lines(&site.noted()));
}

/// Asks for a page, for one after the restart, and for another. Each is shown, and the login is sent again
/// without a question.
#[track_caller]
fn goes_on(client: &str, ask: impl Fn(&str, Value) -> Option<String>) {
    let site = restarting();
    let questions = ["/me", "/restart", "/me"].map(|path| {
        let login = ["alice", "wonderland"];
        json!({ "path": path, "digest": login, "session": 0, "algorithm": "SHA-256" })
    });
    let base = format!("http://{}", site.address());
    let Some(said) = ask(&base, json!(questions)) else { return };
    let told: Vec<Told> = serde_json::from_str(&said).unwrap();
    assert!(told.iter().all(|told| told.status == 200), "{client}: {told:?}");
    let noted = site.noted();
    let expected = [
        "GET /me - 401",
        "GET /me Digest 200",
        "GET /restart Digest 401",
        "GET /restart Digest 200",
        "GET /me Digest 200",
    ];
    assert_eq!(lines(&noted), expected, "{client}");
}

#[test]
fn python_goes_on_after_a_restart() {
    for program in ["python_requests.py", "python_httpx.py", "python_aiohttp.py"] {
        goes_on(program, |base, questions| {
            let tool = Tool::find("python/bin/python")?;
            Some(python(&tool, program, &[base, &questions.to_string()]))
        });
    }
}

#[test]
fn node_digest_fetch_goes_on_after_a_restart() {
    goes_on("digest-fetch", |base, questions| {
        let (tool, modules) = (Tool::find("node")?, Tool::find("node/node_modules")?);
        let arguments = [base, &questions.to_string()];
        Some(node(&tool, modules.path(), "node_digest_fetch.cjs", &arguments))
    });
}

/// It follows `stale=true` as often as it gets it.
#[test]
fn curl_goes_on_at_another_replica() {
    let Some(tool) = Tool::find("curl") else { return };
    let site = replicas();
    let url = |path: &str| format!("http://{}{path}", site.address());
    let (first, second, third) = (url("/a"), url("/b"), url("/c"));
    let login = ["--digest", "--user", "alice:wonderland"];
    let (code, _) = curl(&tool, &[&login[..], &[&first, &second, &third]].concat());
    assert_eq!(code, 0);
    let noted = site.noted();
    let mut served = lines(&noted);
    served.retain(|line| line.ends_with("200"));
    assert_eq!(served, ["GET /a Digest 200", "GET /b Digest 200", "GET /c Digest 200"]);
    // Two requests went to a replica that did not know their nonce.
    assert!(noted.iter().filter(|noted| noted.line.ends_with("Digest 401")).count() >= 1);
}
