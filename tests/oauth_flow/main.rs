//! The example `resource_server` between issuers and clients that others have written.

#[path = "../support/mod.rs"]
mod support;

mod commands;
mod flows;
mod issuers;
mod refused;
mod rotation;

use serde_json::Value;

use crate::support::{Example, Scratch, Tool, run};

/// The example with these variables, and the identifier of its resource.
fn resource_server(variables: &[(&str, &str)]) -> (Example, String) {
    let example = Example::start_with("resource_server", variables);
    let resource = format!("http://localhost:{}/notes", example.address.port());
    (example, resource)
}

/// A call of a program of this folder, with the packages of `target/clients`.
fn node(program: &str, home: &Scratch) -> Option<std::process::Command> {
    let (tool, modules) = (Tool::find("node")?, Tool::find("node/node_modules")?);
    let mut command = tool.command(home);
    let path = format!("{}/tests/oauth_flow/{program}", env!("CARGO_MANIFEST_DIR"));
    command.env("NODE_PATH", modules.path()).arg(path);
    Some(command)
}

/// What `oauth4webapi` receives, as `oauth4webapi.cjs` prints it.
#[track_caller]
fn oauth4webapi(arguments: &[&str]) -> Vec<Value> {
    let home = Scratch::new();
    let mut command = node("oauth4webapi.cjs", &home).expect("what an issuer needed before");
    let ran = run(command.args(arguments));
    assert_eq!(ran.code, 0, "{arguments:?}: {ran:#?}");
    ran.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}
