//! The example as a process.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;

/// The program, which `cargo test` has built.
pub fn program() -> PathBuf {
    let test = env::current_exe().expect("the path of the test");
    let profile = test.ancestors().nth(2).expect("target/<profile>/deps/<test>");
    let path = profile.join("examples/observed").with_extension(env::consts::EXE_EXTENSION);
    assert!(path.exists(), "{}: `cargo build --example observed --all-features`", path.display());
    path
}

/// The running example; it is killed when this is dropped, and ends by itself if the test is killed.
pub struct Observed {
    /// Where its routes are.
    pub address: SocketAddr,
    /// Where its counters are.
    pub metrics: SocketAddr,
    process: Child,
    input: ChildStdin,
}

impl Observed {
    pub fn start(incident: &str) -> Self {
        let mut process = Command::new(program())
            .arg(incident)
            .env("PORT", "0")
            .env("METRICS_PORT", "0")
            .env("RUST_LOG", "off")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the example");
        let mut output = BufReader::new(process.stdout.take().expect("its output"));
        let mut line = |before: &str| {
            let mut line = String::new();
            output.read_line(&mut line).expect("a line");
            let rest = line.trim_end().strip_prefix(before);
            rest.unwrap_or_else(|| panic!("{incident} said {line:?}")).to_owned()
        };
        let address = line("listening on http://").parse().expect("an address");
        let metrics = line("metrics on http://");
        let metrics = metrics.strip_suffix("/metrics").expect("its path").parse();
        let metrics = metrics.expect("an address");
        thread::spawn(move || output.read_to_end(&mut Vec::new()));
        let input = process.stdin.take().expect("its input");
        Self { address, metrics, process, input }
    }

    /// Presses Enter.
    pub fn begin(&mut self) {
        self.input.write_all(b"\n").expect("a running example");
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
