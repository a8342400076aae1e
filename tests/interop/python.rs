//! Python: requests, httpx, aiohttp. Each keeps one session for the whole table.

use crate::digest::{self, Client, Session};
use crate::support::{Example, Scratch, Tool, run};
use crate::{Site, Told, ask_all};

pub fn python(tool: &Tool, program: &str, arguments: &[&str]) -> String {
    let home = Scratch::new();
    let path = format!("{}/tests/interop/{program}", env!("CARGO_MANIFEST_DIR"));
    // `-B` writes no bytecode beside the programs.
    let ran = run(tool.command(&home).arg("-B").arg(path).args(arguments));
    assert_eq!(ran.code, 0, "{program}: {ran:#?}");
    ran.out
}

#[track_caller]
fn whole_table(program: &str) {
    let Some(tool) = Tool::find("python/bin/python") else { return };
    let example = Example::start("decision_table");
    let base = format!("http://{}", example.address);
    ask_all(program, |questions| python(&tool, program, &[&base, &questions.to_string()]));
}

#[test]
fn python_requests() {
    whole_table("python_requests.py");
}

#[test]
fn python_httpx() {
    whole_table("python_httpx.py");
}

#[test]
fn python_aiohttp() {
    whole_table("python_aiohttp.py");
}

/// None of them waits to be asked, and all of them take a login from the address.
#[test]
fn python_sends_the_login_of_the_address_at_once() {
    let Some(tool) = Tool::find("python/bin/python") else { return };
    for program in ["python_requests.py", "python_httpx.py", "python_aiohttp.py"] {
        let site = Site::start();
        let base = format!("http://alice:wonderland@{}", site.address());
        let told = python(&tool, program, &[&base, r#"[{"path": "/me"}, {"path": "/me"}]"#]);
        assert_eq!(site.seen(), ["GET /me Basic 200"; 2], "{program}: {told}");
    }
}

// ==== Digest ====

fn digest(program: &str, sessions: &[&Session]) -> Option<Vec<Told>> {
    let tool = Tool::find("python/bin/python")?;
    let said = python(&tool, program, &["", &digest::json(sessions).to_string()]);
    Some(serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}")))
}

/// It joins the lines, and takes of all Digest challenges the last; of the `-sess` variants it knows
/// MD5's alone. It escapes no quotation mark, in a name or a realm that it was told, and sends names
/// as latin-1 though it hashes them as UTF-8.
#[test]
fn python_requests_digest() {
    digest::every_row(&Client {
        name: "requests",
        ask: |sessions| digest("python_requests.py", sessions),
        makes: [
            "SHA-256", "MD5", "MD5", "-", "SHA-256", "MD5", "-", "MD5-sess", "SHA-256", "SHA-256",
            "SHA-256", "SHA-256", "-",
        ],
        offer: "SHA-256",
        keeps_nonces: true,
        quoted: 401,
        utf8: 401,
    });
}

/// It takes the first Digest challenge, whatever it asks for: a `KeyError` is SHA-512-256. It escapes
/// no quotation mark either, and fails on a name beyond ASCII.
#[test]
fn python_httpx_digest() {
    digest::every_row(&Client {
        name: "httpx",
        ask: |sessions| digest("python_httpx.py", sessions),
        makes: [
            "SHA-256",
            "MD5",
            "SHA-256",
            "fails",
            "fails",
            "fails",
            "SHA-256-sess",
            "MD5-sess",
            "SHA-256",
            "SHA-256",
            "SHA-256",
            "SHA-256",
            "-",
        ],
        offer: "SHA-256",
        keeps_nonces: true,
        quoted: 401,
        utf8: 0,
    });
}

/// It looks at the first line alone: Digest must stand before all others. Of SHA-512-256 it says that
/// it does not know it.
#[test]
fn python_aiohttp_digest() {
    digest::every_row(&Client {
        name: "aiohttp",
        ask: |sessions| digest("python_aiohttp.py", sessions),
        makes: [
            "SHA-256",
            "MD5",
            "SHA-256",
            "fails",
            "fails",
            "fails",
            "SHA-256-sess",
            "MD5-sess",
            "SHA-256",
            "-",
            "SHA-256",
            "SHA-256",
            "SHA-256",
        ],
        offer: "SHA-256",
        keeps_nonces: true,
        quoted: 200,
        utf8: 200,
    });
}
