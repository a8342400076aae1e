//! How many instructions does a stage take? `cargo bench --bench instructions`, with texts behind
//! `--` as in the bench `gate`.
//!
//! Needs valgrind. Each case runs by itself under callgrind, with N requests and with 2N; half of
//! the difference is what one takes, request included, and its base is subtracted from it. That
//! is exact, whatever else the machine does. Cases that hash are left out: valgrind lacks the
//! machine's SHA instructions.

#[path = "../gate/cases.rs"]
mod cases;
#[path = "../gate/floors.rs"]
mod floors;
#[path = "../gate/harness.rs"]
#[allow(dead_code, reason = "nothing is timed here")]
mod harness;
#[path = "../gate/peers.rs"]
mod peers;
#[path = "../gate/shapes.rs"]
mod shapes;
#[path = "../gate/world.rs"]
mod world;

use std::collections::BTreeMap;
use std::process::{Command, ExitCode};
use std::{env, io};

use cases::Case;

const REQUESTS: u64 = 1000;

fn main() -> ExitCode {
    if let Some((name, requests)) = wanted() {
        let cases = cases::wanted(&[]);
        let case = cases.iter().find(|case| case.name == name).expect("the case exists");
        let mut run = case.build();
        for _ in 0..requests {
            run.prepare(1);
            run.run();
        }
        return ExitCode::SUCCESS;
    }
    let texts: Vec<String> =
        env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let mut cases = cases::wanted(&texts);
    cases.retain(|case| !case.hashes);
    if let Err(error) = Command::new("valgrind").arg("--version").output() {
        eprintln!("valgrind is not there ({error}): install it, as in `apt-get install valgrind`");
        return ExitCode::FAILURE;
    }
    cases::same_denials();
    match count_all(&cases) {
        Ok(counted) => print(&cases, &counted),
        Err(error) => {
            eprintln!("valgrind did not count: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// `--case <name> <requests>`: what a child is asked to do.
fn wanted() -> Option<(String, u64)> {
    let mut arguments = env::args().skip_while(|argument| argument != "--case").skip(1);
    Some((arguments.next()?, arguments.next()?.parse().ok()?))
}

fn count_all(cases: &[Case]) -> io::Result<BTreeMap<&'static str, i64>> {
    cases
        .iter()
        .map(|case| {
            let once = count(case.name, REQUESTS)?;
            let twice = count(case.name, 2 * REQUESTS)?;
            Ok((case.name, (twice - once) / REQUESTS.cast_signed()))
        })
        .collect()
}

/// The instructions of a process that does it so many times.
fn count(case: &str, requests: u64) -> io::Result<i64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args(["--case", case, &requests.to_string()])
        .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected =
        report.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    match collected {
        Some(collected) if output.status.success() => Ok(collected),
        _ => Err(io::Error::other(report.into_owned())),
    }
}

fn print(cases: &[Case], counted: &BTreeMap<&'static str, i64>) {
    let delta = |case: &Case| {
        let count = |name| counted.get(name).copied().unwrap_or_default();
        count(case.name) - case.base.map_or(0, count)
    };
    println!("{:<44} {:>14} {:>8} {:>9}", "case", "Δ instructions", "Δ/floor", "future B");
    for case in cases {
        let floor = cases.iter().find(|floor| Some(floor.name) == case.floor);
        let ratio = floor.map_or_else(String::new, |floor| {
            format!("{:.3}", delta(case) as f64 / delta(floor) as f64)
        });
        let bytes = case.build().future_bytes();
        println!("{:<44} {:>14} {:>8} {:>9}", case.name, delta(case), ratio, bytes);
    }
}
