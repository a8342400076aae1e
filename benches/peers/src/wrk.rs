//! Asking a server with wrk.

use std::io;
use std::process::Command;

/// The core that asks.
const CORE: &str = "1";

/// What a run of wrk has found.
pub struct Run {
    /// Requests a second.
    pub rate: f64,
    /// Microseconds of the server's processor for each request.
    pub processor: f64,
}

/// Asks with the right token, and then with a wrong signature and without a token, which has to be refused.
pub fn check(port: u16, token: &str, wrong: &str) -> io::Result<()> {
    let right = ask(port, Some(token), "1")?;
    if refused(&right) > 0.0 {
        return Err(io::Error::other(format!("the server refuses the right token: {right}")));
    }
    for token in [Some(wrong), None] {
        let report = ask(port, token, "1")?;
        if refused(&report) == 0.0 {
            return Err(io::Error::other(format!("the server does not check: {report}")));
        }
    }
    Ok(())
}

/// Asks for a while with the token, which has to be accepted.
pub fn measure(port: u16, token: &str, processor: impl Fn() -> io::Result<f64>) -> io::Result<Run> {
    let before = processor()?;
    let report = ask(port, Some(token), "16")?;
    let spent = processor()? - before;
    let rate = number(&report, "Requests/sec:");
    let requests = report.lines().find_map(|line| line.trim().split_once(" requests in"));
    let requests = requests.and_then(|(requests, _)| requests.parse::<f64>().ok());
    match (rate, requests) {
        (Some(rate), Some(requests)) if requests > 0.0 && refused(&report) == 0.0 => {
            Ok(Run { rate, processor: spent / 1000.0 / requests })
        }
        _ => Err(io::Error::other(format!("wrk did not measure: {report}"))),
    }
}

fn refused(report: &str) -> f64 {
    number(report, "Non-2xx or 3xx responses:").unwrap_or(0.0)
}

fn number(report: &str, before: &str) -> Option<f64> {
    let (_, rest) = report.split_once(before)?;
    rest.lines().next()?.trim().parse().ok()
}

fn ask(port: u16, token: Option<&str>, connections: &str) -> io::Result<String> {
    let mut command = Command::new("taskset");
    command.args(["-c", CORE, "wrk", "-t", "1", "-c", connections, "-d", "1s"]);
    if let Some(token) = token {
        command.args(["-H", &format!("authorization: Bearer {token}")]);
    }
    let output = command.arg(format!("http://127.0.0.1:{port}/notes")).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
