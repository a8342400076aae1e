//! Authorization servers that others have written.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use serde_json::Value;

use crate::node;
use crate::support::{Scratch, Tool, end};

/// The issuer that tests share, unless they replace its keys. The program ends with its input, so with
/// this process. `None` if it is not installed.
pub static OIDC_PROVIDER: LazyLock<Option<Issuer>> = LazyLock::new(oidc_provider);

/// An issuer that is running.
pub struct Issuer {
    /// Its identifier.
    pub url: String,
    talk: Mutex<Talk>,
    _home: Option<Scratch>,
}

struct Talk {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

/// `oidc-provider`, by `oidc_provider.cjs`.
pub fn oidc_provider() -> Option<Issuer> {
    Tool::find("node/node_modules/oidc-provider")?;
    let home = Scratch::new();
    let command = node("oidc_provider.cjs", &home)?;
    // It keeps nothing in its home, which goes now, since a `static` is never dropped.
    Some(Issuer::start(command, None))
}

/// `glewlwyd`, by `glewlwyd.cjs`.
pub fn glewlwyd() -> Option<Issuer> {
    let program = Tool::find("glewlwyd")?;
    Tool::find("sqlite3")?;
    let home = Scratch::new();
    let mut command = node("glewlwyd.cjs", &home)?;
    command.arg(program.path()).arg(home.path());
    Some(Issuer::start(command, Some(home)))
}

impl Issuer {
    fn start(mut command: std::process::Command, home: Option<Scratch>) -> Self {
        let spawned =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let mut talk = Talk { process, input, output };
        let told = talk.hear();
        let url = told["issuer"].as_str().expect("an issuer").to_owned();
        Self { url, talk: Mutex::new(talk), _home: home }
    }

    /// Sends it a line, and returns what it says.
    #[track_caller]
    pub fn say(&self, line: &str) -> Value {
        let mut talk = self.talk.lock().expect("the issuer");
        writeln!(talk.input.as_mut().expect("its input"), "{line}").expect("to write");
        talk.hear()
    }
}

impl Talk {
    #[track_caller]
    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"))
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        // The end of its input ends it, and what it has started.
        drop(self.input.take());
        if end(&mut self.process, Duration::from_secs(10)).is_none() {
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}
