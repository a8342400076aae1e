//! Chromium, without a window.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::digest::{self, Client};
use crate::node::node;
use crate::support::{Example, Ran, Scratch, Tool, run};
use crate::{CASES, Login, Site};

/// One at a time: each of them is many processes, and takes its time to start.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    // A test that failed has left nothing behind.
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a program of this folder that drives it.
pub fn drive(tool: &Tool, modules: &Path, program: &str, arguments: &[&str]) -> String {
    let _turn = turn();
    node(tool, modules, program, arguments)
}

/// Opens an address as a person would type it, and gives the page that is shown.
fn open(tool: &Tool, url: &str) -> Ran {
    let home = Scratch::new();
    let mut command = tool.command(&home);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]);
    command.args(["--no-first-run", "--disable-background-networking"]);
    command.args(["--disable-component-update", "--disable-sync", "--virtual-time-budget=5000"]);
    command.arg(format!("--user-data-dir={}", home.path().join("profile").display()));
    let _turn = turn();
    let mut ran = run(command.args(["--dump-dom", url]));
    // A machine without a desktop.
    ran.err = ran.err.lines().filter(|line| !line.contains(":dbus/")).collect();
    ran
}

#[test]
fn chromium_user_in_the_address() {
    let Some(tool) = Tool::find("chromium") else { return };
    let example = Example::start("decision_table");
    let address = example.address;
    let shown = open(&tool, &format!("http://alice:wonderland@{address}/me"));
    assert!(shown.out.contains(r#"<pre>{"name":"alice"}</pre>"#), "{shown:#?}");
    // What cannot be cured by logging in is shown as it is.
    let shown = open(&tool, &format!("http://bob:builder@{address}/admin/reports"));
    assert!(shown.out.contains(r#""status":403"#), "{shown:#?}");
    let shown = open(&tool, &format!("http://bob:builder@{address}/repos/wonder"));
    assert!(shown.out.contains(r#""status":404"#), "{shown:#?}");
    // It would ask; where nobody can be asked, it shows nothing.
    let shown = open(&tool, &format!("http://alice:wrong@{address}/me"));
    assert!(shown.err.contains("ERR_INVALID_AUTH_CREDENTIALS"), "{shown:#?}");
    assert!(!shown.out.contains("name"), "{shown:#?}");
}

#[test]
fn chromium_reads_basic_behind_bearer_on_another_line() {
    let Some(tool) = Tool::find("chromium") else { return };
    let site = Site::start();
    let shown = open(&tool, &format!("http://alice:wonderland@{}/page", site.address()));
    assert!(shown.out.contains("hello, alice"), "{shown:#?}");
    let mut seen = site.seen();
    seen.retain(|line| !line.contains("favicon"));
    // It is asked once; the script's request brings what the page was opened with.
    assert_eq!(seen, ["GET /page - 401", "GET /page Basic 200", "GET /me Basic 200"]);
}

/// The login that a person would type into the dialog, over several pages.
#[test]
fn chromium_login_of_the_dialog() {
    let (Some(tool), Some(chromium)) = (Tool::find("node"), Tool::find("chromium")) else { return };
    let Some(modules) = Tool::find("node/node_modules") else { return };
    let example = Example::start("decision_table");
    let base = format!("http://{}", example.address);
    let ask = |questions: Value| -> Vec<Value> {
        let program = chromium.path().display().to_string();
        let arguments = [&*program, &base, &questions.to_string()];
        let said = drive(&tool, modules.path(), "chromium.cjs", &arguments);
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"))
    };
    // Bearer is nothing that a browser does by itself.
    let cases = CASES.iter().filter(|case| !matches!(case.2, Login::Bearer(_)));
    let cases: Vec<_> = cases.collect();
    let told = ask(cases.iter().map(|case| case.json()).collect());
    for (case, told) in cases.iter().zip(&told) {
        assert_eq!(told["status"], case.3, "{case:?}: {told}");
    }
    assert_eq!(told.len(), cases.len());

    // One window: a page, the same again, one that is refused, and the first again.
    let bob = json!(["bob", "builder"]);
    let paths = ["/me", "/me", "/admin/reports", "/repos/castle", "/me"];
    let told = ask(json!([{ "basic": bob, "paths": paths }]));
    assert_eq!(told[0]["statuses"], json!([200, 200, 403, 200, 200]), "{told:?}");
}

/// F06, F07: a page that needs a login leads to the form, the form back to the page; and what the
/// page's own scripts are refused opens no dialog. C02: another site cannot log its visitor in.
#[test]
fn chromium_login_on_a_page() {
    let (Some(tool), Some(chromium)) = (Tool::find("node"), Tool::find("chromium")) else { return };
    let Some(modules) = Tool::find("node/node_modules") else { return };
    let example = Example::start("sessions");
    let base = format!("http://{}", example.address);
    let program = chromium.path().display().to_string();
    let said = drive(&tool, modules.path(), "chromium_form.cjs", &[&program, &base]);
    let told: Value = serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}"));
    let form = json!({ "path": "/login?next=/notes%3Fpage%3D2", "title": "Log in" });
    let notes = json!({ "path": "/notes?page=2", "title": "Notes" });
    let steps = json!({
        "asked": form,
        "script": { "status": 401, "challenge": "Bearer realm=\"sessions\"" },
        "submitted": notes,
        "scriptThen": { "status": 200, "challenge": null },
        "reloaded": notes,
        "cookies": [{ "name": "sid", "httpOnly": true, "sameSite": "Lax" }],
        "loggedOut": { "path": "/", "title": "Home" },
        "askedAgain": form,
        "fromElsewhere": { "status": 403, "cookies": 0 },
    });
    assert_eq!(told, steps);
}

/// It knows no SHA-512-256, and takes another challenge if there is one.
#[test]
fn chromium_digest() {
    digest::every_row(&Client {
        name: "Chromium",
        ask: |sessions| {
            let (tool, chromium) = (Tool::find("node")?, Tool::find("chromium")?);
            let modules = Tool::find("node/node_modules")?;
            let program = chromium.path().display().to_string();
            let arguments = [&*program, "", &digest::json(sessions).to_string()];
            let said = drive(&tool, modules.path(), "chromium.cjs", &arguments);
            Some(serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}")))
        },
        makes: [
            "SHA-256",
            "MD5",
            "SHA-256",
            "-",
            "SHA-256",
            "SHA-256",
            "SHA-256-sess",
            "MD5-sess",
            "SHA-256",
            "SHA-256",
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
