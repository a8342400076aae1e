//! H03: Digest inside axum's `nest`, and behind an nginx that removes a prefix.

use std::net::SocketAddr;

use axum::Router;
use axum::extract::OriginalUri;
use http::request::Parts;
use portcullis::{AuthenticateLayer, Digest, DigestUsers, OriginalTarget};
use serde_json::{Value, json};

use crate::Told;
use crate::chromium::drive;
use crate::curl::curl;
use crate::python::python;
use crate::support::{Scratch, Server, Started, Tool};

/// Only the front server knows it.
const KEY: &str = "c2lkZQ";

fn digest() -> Digest<DigestUsers<&'static str>> {
    Digest::from_users(DigestUsers::new("notes").with("alice", "wonderland", "alice")).unwrap()
}

fn is_front(head: &Parts) -> bool {
    head.headers.get("x-front-key").is_some_and(|key| key == KEY)
}

fn original_uri(head: &Parts) -> Option<http::Uri> {
    let told = head.headers.get("x-original-uri").filter(|_| is_front(head));
    if let Some(told) = told {
        return told.to_str().ok()?.parse().ok();
    }
    head.extensions.get::<OriginalUri>().map(|OriginalUri(target)| target.clone())
}

/// Says which target the client has used, as far as the stage knows.
fn site() -> Server {
    let stage = AuthenticateLayer::new(digest())
        .original_target(original_uri)
        .trust_forwarded_prefix(is_front);
    let target = |head: Parts| async move { OriginalTarget::of(&head).to_string() };
    let notes = Router::new().fallback(target).layer(stage);
    Server::start(Router::new().nest("/notes", notes))
}

/// `/app/` is removed and named; under `/raw/` the whole target is passed on, since nginx decodes the
/// path and encodes it anew.
fn nginx(upstream: SocketAddr) -> Option<Started> {
    let server = r#"
        proxy_set_header X-Front-Key KEY;
        proxy_set_header X-Forwarded-Prefix "";
        location /app/ {
            proxy_pass http://UPSTREAM/;
            proxy_set_header X-Front-Key KEY;
            proxy_set_header X-Forwarded-Prefix /app;
        }
        location /raw/ {
            proxy_pass http://UPSTREAM/;
            proxy_set_header X-Front-Key KEY;
            proxy_set_header X-Original-URI $request_uri;
        }
        location / { proxy_pass http://UPSTREAM; }
    "#;
    let server = server.replace("UPSTREAM", &upstream.to_string()).replace("KEY", KEY);
    Started::nginx(Scratch::new(), &server)
}

/// Targets that a client and nginx write alike.
const TARGETS: [&str; 4] =
    ["/notes/me", "/notes/all/?q", "/notes/a%20b?x=%C3%A4&y=a+b", "/notes/list;v=1/(a)?c=;d"];

fn curl_each(tool: &Tool, address: SocketAddr, prefix: &str, targets: &[&str]) {
    for target in targets {
        let url = format!("http://{address}{prefix}{target}");
        let login = ["--digest", "--user", "alice:wonderland", "--path-as-is", &url];
        let (_, told) = curl(tool, &login);
        let expected = format!("{prefix}{target}");
        assert_eq!((told.status, told.body.as_deref()), (200, Some(&*expected)), "{url}");
    }
}

#[test]
fn curl_digest_in_nest_and_behind_a_prefix() {
    let (Some(tool), site) = (Tool::find("curl"), site()) else { return };
    curl_each(&tool, site.address, "", &TARGETS);
    let Some(nginx) = nginx(site.address) else { return };
    curl_each(&tool, nginx.address, "", &TARGETS);
    curl_each(&tool, nginx.address, "/app", &TARGETS);
    let other =
        ["/notes/%7Efoo", "/notes/a%2Fb", "/notes//two/?%41", "/notes/x/../y", "/notes/caf%C3%A9"];
    curl_each(&tool, nginx.address, "/raw", &other);
    // nginx writes `~` for `%7E`, so that the prefix alone does not say what the client has used.
    let url = format!("http://{}/app/notes/%7Efoo", nginx.address);
    assert_eq!(curl(&tool, &["--digest", "--user", "alice:wonderland", &url]).1.status, 400);
    // The header of a client that comes past the front server has no effect.
    let url = format!("http://{}/notes/me", site.address);
    let forged = ["-H", "x-forwarded-prefix: /app", "-H", "x-original-uri: /x"];
    let login = ["--digest", "--user", "alice:wonderland", &url];
    let (_, told) = curl(&tool, &[&forged[..], &login].concat());
    assert_eq!((told.status, told.body.as_deref()), (200, Some("/notes/me")));
}

#[test]
fn python_requests_digest_in_nest_and_behind_a_prefix() {
    let (Some(tool), site) = (Tool::find("python/bin/python"), site()) else { return };
    let Some(nginx) = nginx(site.address) else { return };
    for (address, prefix) in [(site.address, ""), (nginx.address, "/app")] {
        let ask = |target: &&str| json!({"path": target, "digest": ["alice", "wonderland"], "session": 0});
        let questions: Value = TARGETS.iter().map(ask).collect();
        let base = format!("http://{address}{prefix}");
        let said = python(&tool, "python_requests.py", &[&base, &questions.to_string()]);
        let told: Vec<Told> = serde_json::from_str(&said).unwrap();
        for (target, told) in TARGETS.iter().zip(&told) {
            let expected = format!("{prefix}{target}");
            assert_eq!((told.status, told.body.as_deref()), (200, Some(&*expected)), "{base}");
        }
        assert_eq!(told.len(), TARGETS.len());
    }
}

#[test]
fn chromium_digest_behind_a_prefix() {
    let (Some(tool), Some(chromium)) = (Tool::find("node"), Tool::find("chromium")) else { return };
    let (Some(modules), site) = (Tool::find("node/node_modules"), site()) else { return };
    let Some(nginx) = nginx(site.address) else { return };
    let base = format!("http://{}/app", nginx.address);
    let requests =
        json!([["/notes/me", "page"], ["/notes/a%20b?x=1", "page"], ["/notes/api", "script"]]);
    let program = chromium.path().display().to_string();
    let arguments = [&*program, &base, &requests.to_string()];
    let said = drive(&tool, modules.path(), "chromium_restart.cjs", &arguments);
    let told: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    let expected =
        json!([["/notes/me", 200, 1], ["/notes/a%20b?x=1", 200, 0], ["/notes/api", 200, 0]]);
    assert_eq!(told, expected);
}
