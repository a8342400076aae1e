//! The command at a terminal: it asks for secrets, and shows none.

use serde_json::Value;

use super::server::{honest, start, url};
use crate::support::{Scratch, Tool, run};

#[test]
#[cfg(target_os = "linux")]
fn secrets_are_asked_for_and_not_shown() {
    let Some(python) = Tool::find("python3") else { return };
    let server = start(honest);
    let home = Scratch::new();
    let mut command = python.command(&home);
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/inspect_programs/command/terminal.py"));
    command.args(["builder\nwonderland", env!("CARGO_BIN_EXE_portcullis"), "inspect"]);
    command.args([&url(&server), "--but-not", "bob:-", "--as", "alice:-"]);
    let ran = run(&mut command);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let ran: Value =
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:#?}"));
    let shown = ran["shown"].as_str().expect("a text");
    assert!(shown.starts_with("The password of bob: \r\nThe password of alice: \r\n"), "{shown:?}");
    assert!(!shown.contains("builder") && !shown.contains("wonderland"), "{shown:?}");
    assert!(shown.contains("no errors, no warnings"), "{shown:?}");
    assert_eq!((&ran["status"], &ran["echo"]), (&0.into(), &true.into()), "{ran}");
}
