//! Runs the command.

use std::io::Write;
use std::process::{Child, Command, Stdio};

/// What the command has printed.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The ids of the findings of JSON.
    pub fn ids(&self) -> Vec<String> {
        let findings = self.json()["findings"].as_array().expect("findings").clone();
        findings.iter().map(|finding| finding["id"].as_str().expect("an id").to_owned()).collect()
    }
}

/// The command with these arguments, and no variables but these.
pub fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end, with this standard input.
pub fn run(arguments: &[&str], variables: &[(&str, &str)], input: &[u8]) -> Ran {
    let mut child = command(arguments, variables).spawn().expect("the command");
    // It may end without reading.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    finish(child)
}

pub fn finish(child: Child) -> Ran {
    let output = child.wait_with_output().expect("its output");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let status = output.status.code().expect("no signal");
    Ran { status, out: text(output.stdout), err: text(output.stderr) }
}

pub fn paste(text: &[u8], arguments: &[&str]) -> Ran {
    run(&[&["inspect", "-"], arguments].concat(), &[], text)
}
