//! How the lab starts, and what it says on the standard error.

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};

use crate::support::Connection;

/// The example, which `cargo test` has built.
fn lab(port: &str) -> Command {
    let test = env::current_exe().expect("the path of the test");
    let profile = test.ancestors().nth(2).expect("target/<profile>/deps/<test>");
    let path = profile.join("examples/lab").with_extension(env::consts::EXE_EXTENSION);
    let mut command = Command::new(path);
    command.env("PORT", port).stdin(Stdio::null());
    command
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    for (port, expected) in [
        (&*port, format!("lab: port {port} is in use: set PORT")),
        ("abc", "lab: PORT has to be a number".to_owned()),
        ("65536", "lab: PORT has to be a number".to_owned()),
    ] {
        let output = lab(port).output().expect("the lab");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.starts_with(&expected), "{output:?}");
    }
}

#[test]
fn help_starts_no_server() {
    let output = lab("70000").arg("--help").output().expect("the lab");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("PORT is its port"), "{output:?}");
    assert!(!lab("0").arg("--port").output().expect("the lab").status.success());
}

/// A denial that no stage renders is a mistake of the program, and logged.
#[test]
fn two_lines_of_credentials_are_no_mistake_of_the_lab() {
    let mut process =
        lab("0").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the lab");
    let mut output = BufReader::new(process.stdout.take().expect("its output"));
    let mut line = String::new();
    output.read_line(&mut line).expect("a line");
    let address = line.trim_end().trim_start_matches("listening on http://");
    let address: SocketAddr = address.parse().expect("an address");
    for status in [403, 410, 429, 500, 503] {
        let twice = "authorization: Bearer a\r\nauthorization: Bearer b\r\n";
        let request = format!("GET /status/{status} HTTP/1.1\r\nhost: {address}\r\n{twice}\r\n");
        assert_eq!(Connection::open(address).send(request.as_bytes()).status, 400);
    }
    process.kill().expect("the lab runs");
    let mut said = String::new();
    process.stderr.take().expect("its errors").read_to_string(&mut said).expect("text");
    process.wait().expect("the lab has ended");
    assert_eq!(said, "");
}
