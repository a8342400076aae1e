//! Asking a server with wrk.

use std::io;
use std::process::Command;

use crate::server::Server;
use crate::shapes::PATH;
use crate::world::TOKEN;

/// The core that asks.
const CORE: &str = "1";
const CONNECTIONS: &str = "16";
/// The least that wrk takes.
const TIME: &str = "1s";

/// What a run of wrk has found.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Requests a second.
    pub rate: f64,
    /// Microseconds of the server's processor for each request.
    pub processor: f64,
}

/// Whether a program is there.
pub fn find(program: &str) -> io::Result<()> {
    match Command::new(program).arg("--version").output() {
        Ok(_) => Ok(()),
        Err(error) => Err(io::Error::other(format!(
            "{program} is not there ({error}): install it, as in `apt-get install wrk util-linux`"
        ))),
    }
}

/// Asks for a while. Either all answers are refusals or none is.
pub fn measure(server: &Server, with_token: bool, refuses: bool) -> io::Result<Run> {
    let before = server.processor()?;
    let mut command = Command::new("taskset");
    command.args(["-c", CORE, "wrk", "-t", "1", "-c", CONNECTIONS, "-d", TIME]);
    if with_token {
        command.args(["-H", &format!("authorization: Bearer {TOKEN}")]);
    }
    let output = command.arg(format!("http://127.0.0.1:{}{PATH}", server.port)).output()?;
    let spent = server.processor()? - before;
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = |before: &str, after: &str| -> Option<f64> {
        let (_, rest) = report.split_once(before)?;
        rest.split(after).next()?.trim().parse().ok()
    };
    let refused = number("Non-2xx or 3xx responses:", "\n").unwrap_or(0.0);
    let rate = number("Requests/sec:", "\n");
    let requests = report.lines().find_map(|line| line.trim().split_once(" requests in"));
    let requests = requests.and_then(|(requests, _)| requests.parse::<f64>().ok());
    match (rate, requests) {
        (Some(rate), Some(requests)) if requests > 0.0 => {
            let expected = if refuses { requests } else { 0.0 };
            if refused != expected {
                return Err(io::Error::other(format!("{refused} of {requests} were refused")));
            }
            Ok(Run { rate, processor: spent / 1000.0 / requests })
        }
        _ => Err(io::Error::other(format!("wrk did not measure: {report}"))),
    }
}
