//! The examples, run as a reader would run them.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A running example; it is killed when this is dropped.
pub struct Example {
    pub address: SocketAddr,
    /// The lines that it prints for its reader to try.
    pub lines: Vec<String>,
    process: Child,
    /// Kept open: an example that prints into a closed pipe panics.
    _output: BufReader<ChildStdout>,
}

impl Example {
    /// Starts `examples/NAME`, which `cargo test` has built, on a port that is free, and waits
    /// until it listens.
    pub fn start(name: &str) -> Self {
        Self::start_with(name, &[])
    }

    /// As [`start`](Self::start), with these variables in its environment.
    pub fn start_with(name: &str, variables: &[(&str, &str)]) -> Self {
        let test = env::current_exe().expect("the path of the test");
        let profile = test.ancestors().nth(2).expect("target/<profile>/deps/<test>");
        let path = profile.join("examples").join(name).with_extension(env::consts::EXE_EXTENSION);
        let mut process = Command::new(&path)
            .env("PORT", "0")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("{}: {error}: `cargo build --examples`", path.display())
            });
        let mut output = BufReader::new(process.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        let address = line.trim_end().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("{name} said {line:?}"));
        let address = address.parse().expect("an address");
        // An empty line stands before them, and one behind.
        let lines = output.by_ref().lines().map(|line| line.expect("a line"));
        let lines = lines.skip(1).take_while(|line| !line.is_empty()).collect();
        Self { address, lines, process, _output: output }
    }
}

impl Example {
    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
