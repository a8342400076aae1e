//! Python: requests, httpx, aiohttp. Each keeps one session for the whole table.

use crate::support::{Example, Scratch, Tool, run};
use crate::{Site, ask_all};

fn python(tool: &Tool, program: &str, arguments: &[&str]) -> String {
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
    let example = Example::start("quickstart");
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
