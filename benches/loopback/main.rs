//! What do the stages cost a server? `cargo bench --bench loopback`, about three minutes; behind
//! `--`, texts that the names of the wanted shapes contain, as in the bench `gate`.
//!
//! Each shape of `benches/gate/shapes.rs` is served by axum in a process of its own, on one core,
//! and asked by wrk from another. A run of a shape stands between two runs of the application
//! without stages, and is compared with both: whatever slows the machine down slows all three
//! down. The shapes take turns, round by round.
//!
//! Needs `wrk` and `taskset`, two cores, and a machine that does nothing else.

#[path = "../gate/floors.rs"]
#[allow(dead_code, reason = "only the check of the token is used here")]
mod floors;
mod server;
#[path = "../gate/shapes.rs"]
mod shapes;
#[path = "../gate/world.rs"]
#[allow(dead_code, reason = "only the identity is used here")]
mod world;
mod wrk;

use std::process::ExitCode;
use std::thread::available_parallelism;
use std::{env, fs, io};

use server::Server;
use shapes::Shape;
use wrk::{Run, measure};

const ROUNDS: usize = 5;

/// A shape, and whether its requests have a token.
#[derive(Clone, Copy)]
struct Case {
    shape: Shape,
    permitted: bool,
}

impl Case {
    fn all() -> Vec<Self> {
        let shapes = || Shape::ALL.into_iter().filter(|shape| *shape != Shape::Open);
        let permitted = shapes().map(|shape| Self { shape, permitted: true });
        // Where nothing is hidden, the token is asked for.
        let refusing = |shape: &Shape| !matches!(shape, Shape::Hidden | Shape::HiddenAround);
        let refused = shapes().filter(refusing).map(|shape| Self { shape, permitted: false });
        permitted.chain(refused).collect()
    }

    fn name(self) -> String {
        format!("{}{}", self.shape.name(), if self.permitted { "" } else { ": 401" })
    }
}

fn main() -> ExitCode {
    let mut arguments = env::args().skip_while(|argument| argument != "--serve").skip(1);
    if let Some(name) = arguments.next() {
        server::serve(&name);
        return ExitCode::SUCCESS;
    }
    if let Err(error) = compare() {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn compare() -> io::Result<()> {
    for program in ["wrk", "taskset"] {
        wrk::find(program)?;
    }
    let cores = available_parallelism()?.get();
    if cores < 2 {
        return Err(io::Error::other("this needs two cores: one to serve, and one to ask"));
    }
    if let Ok(load) = fs::read_to_string("/proc/loadavg") {
        eprintln!("load average before the first run: {}", load.trim());
    }
    let texts: Vec<String> =
        env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let mut cases = Case::all();
    cases.retain(|case| {
        texts.is_empty() || texts.iter().any(|text| case.name().contains(text.as_str()))
    });

    let open = Server::start(Shape::Open)?;
    let servers: Vec<Server> =
        cases.iter().map(|case| Server::start(case.shape)).collect::<io::Result<_>>()?;
    let mut rows: Vec<Vec<Pair>> = cases.iter().map(|_| Vec::new()).collect();
    for round in 1..=ROUNDS {
        eprint!("\rround {round} of {ROUNDS} …");
        let mut before = measure(&open, true, false)?;
        for ((case, server), pairs) in cases.iter().zip(&servers).zip(&mut rows) {
            let own = measure(server, case.permitted, !case.permitted)?;
            let after = measure(&open, true, false)?;
            pairs.push(Pair::new(own, [before, after]));
            before = after;
        }
    }
    eprintln!();
    print(&cases, &mut rows);
    Ok(())
}

/// A shape, and the application without stages before and after it.
struct Pair {
    /// Requests a second, of those without stages.
    rate: f64,
    /// Microseconds of the server's processor for each request, beyond those without stages.
    cost: f64,
}

impl Pair {
    fn new(own: Run, open: [Run; 2]) -> Self {
        let mean = |of: fn(&Run) -> f64| (of(&open[0]) + of(&open[1])) / 2.0;
        Self {
            rate: own.rate / mean(|run| run.rate),
            cost: own.processor - mean(|run| run.processor),
        }
    }
}

fn print(cases: &[Case], rows: &mut [Vec<Pair>]) {
    println!(
        "{:<40} {:>12} {:>15} {:>12} {:>17}",
        "shape", "of open rate", "(of rounds)", "µs a request", "(of rounds)"
    );
    for (case, pairs) in cases.iter().zip(rows) {
        let [rate, cost] = [|pair: &Pair| pair.rate, |pair: &Pair| pair.cost].map(|of| {
            let mut values: Vec<f64> = pairs.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            [values[values.len() / 2], values[0], values[values.len() - 1]]
        });
        println!(
            "{:<40} {:>12.3} {:>15} {:>12.2} {:>17}",
            case.name(),
            rate[0],
            format!("({:.3}–{:.3})", rate[1], rate[2]),
            cost[0],
            format!("({:.2}–{:.2})", cost[1], cost[2]),
        );
    }
}
