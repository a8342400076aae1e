//! Chromium goes through the page by keyboard, right and wrong.

use serde_json::{Value, json};

use crate::support::{Example, Scratch, Tool, run};

/// `None` if a program is not installed.
fn walk() -> Option<Value> {
    let (node, chromium) = (Tool::find("node")?, Tool::find("chromium")?);
    let modules = Tool::find("node/node_modules/axe-core")?;
    let home = Scratch::new();
    let lab = Example::start("lab");
    let mut command = node.command(&home);
    command.env("NODE_PATH", modules.path().parent().expect("a folder"));
    command.arg(format!("{}/tests/inspect_programs/lab/chromium.cjs", env!("CARGO_MANIFEST_DIR")));
    command.arg(chromium.path()).arg(lab.address.port().to_string());
    let ran = run(&mut command);
    assert_eq!(ran.code, 0, "{ran:#?}");
    Some(serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:#?}")))
}

#[test]
fn chromium_passes_all_steps_by_keyboard() {
    let Some(told) = walk() else { return };
    let passed: Vec<_> = (1..=10).map(|step| format!("step-{step}")).collect();
    assert_eq!(told["passed"], json!(passed));
    // A wrong attempt passes no task that it does not say, and is told what is wrong.
    assert_eq!(told["wrong"], json!({}), "steps that took a wrong attempt for right");
    assert_eq!(told["afterReload"], json!("10 of 10 steps passed"));
    assert_eq!(told["quiz"], json!("Right Right Right Right"));
    assert_eq!(
        told["wrongAnswer"],
        json!(
            "No: A 401 asks for credentials. Bob has sent the right ones, and sending them again changes nothing."
        )
    );
    assert_eq!(told["withoutText"], json!([]), "hints and answers that explain nothing");
    assert_eq!(told["missing"], json!(1), "what to do after a 404");
    // Markup in a request and a response is text.
    assert_eq!(told["hostile"], json!({ "elements": 0, "isShown": true }));
    assert_eq!(told["findings"], json!({ "missing": true, "marked": true }));
    assert_eq!(told["axe"], json!([]), "what axe-core says");
    assert_eq!(told["wide"], json!([]), "sections that scroll to the side at 360 px");
    assert_eq!(told["elsewhere"], json!([]), "requests to other hosts");
    assert_eq!(told["errors"], json!([]), "errors and refused content");
    // Two browsers share no tokens.
    let another = json!({ "isOwn": true, "isShown": true, "isKept": true });
    assert_eq!(told["another"], another);
    assert_eq!(told["plain"], json!({ "steps": 10, "curl": 10 }), "without scripts");
}

#[test]
fn the_page_is_short_and_strict() {
    let lab = Example::start("lab");
    let get = |path: &str| {
        let host = format!("host: {}\r\n", lab.address);
        let request = format!("GET {path} HTTP/1.1\r\n{host}\r\n");
        crate::support::Connection::open(lab.address).send(request.as_bytes())
    };
    let script = get("/page/script.js");
    assert_eq!(script.status, 200);
    assert!(script.body.len() < 30_000, "{}", script.body.len());
    let page = get("/");
    let policy = page.field("content-security-policy").expect("a policy");
    for rule in
        ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]
    {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
    let address = format!("http://{}/", lab.address);
    assert!(page.text().contains(&format!("curl -i {address}app/reports")));
    for made in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
        assert!(!script.text().contains(made), "{made}");
    }
}
