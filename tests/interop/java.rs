//! The JDK's `HttpClient`.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::support::{Example, Scratch, Tool, run};
use crate::{Site, ask_all};

/// Asks all of it with one client, and gives what it prints. It is told the login (`user:password`) of its
/// `Authenticator`, or none. `None` if a JDK is missing: a JRE runs no source.
pub fn java(login: &str, base: &str, questions: &Value) -> Option<String> {
    let (tool, _compiler) = (Tool::find("java")?, Tool::find("javac")?);
    let home = Scratch::new();
    let mut command = tool.command(&home);
    // It starts sooner when it does not optimize.
    command.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/interop/JdkHttpClient.java"));
    command.arg(login).args(questions.as_array()?.iter().map(|question| lines(base, question)));
    let ran = run(&mut command);
    assert_eq!(ran.code, 0, "{ran:#?}");
    Some(ran.out)
}

/// A question as the program reads it.
fn lines(base: &str, question: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = vec![
        question["method"].as_str().unwrap_or("GET").to_owned(),
        format!("{base}{}", text(&question["path"])),
        question["upload"].as_u64().unwrap_or_default().to_string(),
    ];
    if let Some([user, password]) = question["basic"].as_array().map(Vec::as_slice) {
        let login = STANDARD.encode(format!("{}:{}", text(user), text(password)));
        lines.push(format!("Authorization: Basic {login}"));
    }
    if let Some(token) = question["bearer"].as_str() {
        lines.push(format!("Authorization: Bearer {token}"));
    }
    let headers = question["headers"].as_object().into_iter().flatten();
    lines.extend(headers.map(|(name, value)| format!("{name}: {}", text(value))));
    lines.join("\n")
}

fn at(address: SocketAddr) -> String {
    format!("http://{address}")
}

#[test]
fn jdk_http_client() {
    let Some(_tool) = Tool::find("javac") else { return };
    let example = Example::start("decision_table");
    ask_all("JDK HttpClient", |questions| java("", &at(example.address), &questions).unwrap());
}

/// Its `Authenticator` knows Basic alone. It waits to be asked, and then sends the login at once.
#[test]
fn jdk_authenticator_reads_basic_behind_bearer_on_another_line() {
    let site = Site::start();
    let questions = serde_json::json!([{ "path": "/me" }, { "path": "/me" }]);
    let Some(told) = java("alice:wonderland", &at(site.address()), &questions) else { return };
    assert_eq!(site.seen(), ["GET /me - 401", "GET /me Basic 200", "GET /me Basic 200"], "{told}");
}

/// It sends a wrong password four times, each of which a throttle counts (A18), and does not tell its caller
/// of the 401.
#[test]
fn jdk_authenticator_gives_up() {
    let site = Site::start();
    let questions = serde_json::json!([{ "path": "/me" }]);
    let Some(told) = java("alice:wrong", &at(site.address()), &questions) else { return };
    assert!(told.contains("too many authentication attempts"), "{told}");
    let again = "GET /me Basic 401";
    assert_eq!(site.seen(), ["GET /me - 401", again, again, again, again]);
}
