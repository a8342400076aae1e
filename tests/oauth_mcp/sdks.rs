//! The SDKs: from our 401 to a token, to a wider one, to a new one.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Site;
use crate::support::{Example, Scratch, Tool, run};

/// A client, and whether it has sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sdk {
    /// Up to 2025-11-25.
    JavaScript,
    /// 2026-07-28.
    Python,
    /// Up to 2025-11-25.
    PythonLegacy,
}

use Sdk::{JavaScript, Python, PythonLegacy};

/// What came of a plan.
#[derive(Debug, Deserialize)]
struct Came {
    /// Of each step.
    answers: Vec<Value>,
    /// What the user was asked for.
    authorizations: Vec<Asked>,
    refreshes: u32,
}

#[derive(Debug, Deserialize)]
struct Asked {
    scope: String,
    resource: String,
}

impl Came {
    fn scopes(&self) -> Vec<&str> {
        self.authorizations.iter().map(|asked| &*asked.scope).collect()
    }
}

impl Sdk {
    /// `None` if it is not installed.
    #[track_caller]
    fn follow(self, plan: &Value) -> Option<Came> {
        let home = Scratch::new();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oauth_mcp");
        let mut plan = plan.clone();
        let ran = if self == JavaScript {
            let (node, modules) = (Tool::find("node")?, Tool::find("node/node_modules")?);
            let mut command = node.command(&home);
            command.env("NODE_PATH", modules.path()).arg(format!("{folder}/sdk.cjs"));
            run(command.arg(plan.to_string()))
        } else {
            plan["mode"] = if self == Python { "auto" } else { "legacy" }.into();
            // `-B` writes no bytecode beside the programs.
            let mut command = Tool::find("python/bin/python")?.command(&home);
            run(command.arg("-B").arg(format!("{folder}/sdk.py")).arg(plan.to_string()))
        };
        assert_eq!(ran.code, 0, "{self:?}: {ran:#?}");
        let came = serde_json::from_str(&ran.out);
        Some(came.unwrap_or_else(|error| panic!("{self:?}: {error}: {ran:#?}")))
    }
}

/// From the 401 to the metadata, to the issuer, to a token for this resource and no more than it takes to
/// begin. Then a tool needs more: one more authorization, for both scopes, and the call that was refused
/// succeeds. Nothing after it is refused.
#[track_caller]
fn discovers_and_steps_up(sdk: Sdk, resource: &str) {
    let plan = json!({ "url": resource, "steps": [
        ["connect"],
        ["tools"],
        ["call", "whoami", {}],
        ["scope"],
        ["call", "add_note", { "text": "buy milk" }],
        ["scope"],
        ["call", "list_notes", {}],
        ["call", "add_note", { "text": "drink it" }],
    ]});
    let Some(came) = sdk.follow(&plan) else { return };
    let answers: Vec<_> =
        came.answers.iter().map(|answer| answer.as_str().unwrap_or("-")).collect();
    assert_eq!(came.answers[1], json!(["add_note", "list_notes", "whoami"]), "{sdk:?}: {came:#?}");
    assert!(answers[2].starts_with("alice, by the client "), "{sdk:?}: {came:#?}");
    let rest = [
        "notes:read",
        "added as number 1",
        "notes:read notes:write",
        "buy milk",
        "added as number 2",
    ];
    assert_eq!(answers[3..], rest, "{sdk:?}: {came:#?}");
    assert_eq!(came.scopes(), ["notes:read", "notes:read notes:write"], "{sdk:?}");
    assert!(
        came.authorizations.iter().all(|asked| asked.resource == resource),
        "{sdk:?}: {came:#?}"
    );
    assert_eq!(came.refreshes, 0, "{sdk:?}");
}

#[test]
fn javascript_discovers_and_steps_up() {
    discovers_and_steps_up(JavaScript, &Site::start().resource);
}

#[test]
fn python_discovers_and_steps_up() {
    discovers_and_steps_up(Python, &Site::start().resource);
}

#[test]
fn python_with_sessions_discovers_and_steps_up() {
    discovers_and_steps_up(PythonLegacy, &Site::start().resource);
}

/// The program itself, which gets its keys from its issuer.
#[test]
fn the_example_does_as_well() {
    let example = Example::start("mcp_server");
    discovers_and_steps_up(Python, &format!("http://{}/mcp", example.address));
}

/// A token expires: the client gets another one by its refresh token, and the user is not asked.
#[test]
fn an_expired_token_is_refreshed() {
    for sdk in [JavaScript, Python, PythonLegacy] {
        let site = Site::start();
        let expired = site.issuer.sign("alice", "test", "notes:read", &site.resource, -3600);
        let plan = json!({ "url": site.resource, "offline": true, "steps": [
            ["connect"],
            // Python refreshes when it knows of the expiry. After a 401 it asks the user.
            ["token", { "access_token": expired, "expires_in": 0 }],
            ["call", "list_notes", {}],
        ]});
        let Some(came) = sdk.follow(&plan) else { continue };
        assert_eq!(came.answers, [json!(null), json!(null), json!("")], "{sdk:?}: {came:#?}");
        assert_eq!((came.scopes(), came.refreshes), (vec!["notes:read"], 1), "{sdk:?}");
    }
}

/// With a refresh token, JavaScript does not ask the user for the wider scope: it refreshes, gets the old
/// scope, and gives up. A resource server cannot help it, but there is no endless alternation.
#[test]
fn javascript_with_a_refresh_token_does_not_step_up() {
    let site = Site::start();
    let plan = json!({ "url": site.resource, "offline": true, "steps": [
        ["connect"],
        ["call", "add_note", { "text": "buy milk" }],
        ["call", "list_notes", {}],
    ]});
    let Some(came) = JavaScript.follow(&plan) else { return };
    assert_eq!(came.answers[1..], [json!({ "error": "403" }), json!("")], "{came:#?}");
    assert_eq!((came.scopes(), came.refreshes), (vec!["notes:read"], 1));
}

/// The session ends when its client ends it.
#[test]
fn javascript_ends_its_session() {
    let site = Site::start();
    let plan =
        json!({ "url": site.resource, "steps": [["connect"], ["session"], ["end"], ["session"]] });
    let Some(came) = JavaScript.follow(&plan) else { return };
    assert_eq!(came.answers[1..], [json!("string"), json!("undefined"), json!("undefined")]);
}
