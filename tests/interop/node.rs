//! Node: its own `fetch`, and `digest-fetch`.

use std::path::Path;

use crate::digest::{self, Client};
use crate::support::{Example, Scratch, Tool, run};
use crate::{Site, ask_all};

/// Runs a program of this folder with the packages of `target/clients`, and gives what it prints.
pub fn node(tool: &Tool, modules: &Path, program: &str, arguments: &[&str]) -> String {
    let home = Scratch::new();
    let path = format!("{}/tests/interop/{program}", env!("CARGO_MANIFEST_DIR"));
    let mut command = tool.command(&home);
    let ran = run(command.env("NODE_PATH", modules).arg(path).args(arguments));
    assert_eq!(ran.code, 0, "{program}: {ran:#?}");
    ran.out
}

#[track_caller]
fn whole_table(program: &str) {
    let Some(tool) = Tool::find("node") else { return };
    let Some(modules) = Tool::find("node/node_modules") else { return };
    let example = Example::start("decision_table");
    let base = format!("http://{}", example.address);
    ask_all(program, |questions| {
        node(&tool, modules.path(), program, &[&base, &questions.to_string()])
    });
}

#[test]
fn node_fetch() {
    whole_table("node_fetch.cjs");
}

#[test]
fn node_digest_fetch() {
    whole_table("node_digest_fetch.cjs");
}

/// Told to use Basic, it does not wait to be asked.
#[test]
fn node_digest_fetch_sends_basic_at_once() {
    let Some(tool) = Tool::find("node") else { return };
    let Some(modules) = Tool::find("node/node_modules") else { return };
    let site = Site::start();
    let base = format!("http://{}", site.address());
    let questions = r#"[{"path": "/me", "basic": ["alice", "wonderland"]}]"#;
    node(&tool, modules.path(), "node_digest_fetch.cjs", &[&base, questions]);
    assert_eq!(site.seen(), ["GET /me Basic 200"]);
}

/// It is told the algorithm, and does not look at what is offered. Whatever scheme comes first, it
/// answers with that name: Digest must stand before all others. It escapes no quotation mark, and
/// `fetch` sends names as latin-1 though they were hashed as UTF-8.
#[test]
fn node_digest_fetch_digest() {
    digest::every_row(&Client {
        name: "digest-fetch",
        ask: |sessions| {
            let (tool, modules) = (Tool::find("node")?, Tool::find("node/node_modules")?);
            let questions = digest::json(sessions).to_string();
            let said = node(&tool, modules.path(), "node_digest_fetch.cjs", &["", &questions]);
            Some(serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}")))
        },
        makes: [
            "SHA-256",
            "MD5",
            "SHA-256",
            "SHA-512-256",
            "SHA-512-256",
            "SHA-512-256",
            "SHA-256-sess",
            "MD5-sess",
            "SHA-256",
            "-",
            "SHA-256",
            "SHA-256",
            "-",
        ],
        offer: "SHA-256",
        keeps_nonces: true,
        quoted: 401,
        utf8: 401,
    });
}
