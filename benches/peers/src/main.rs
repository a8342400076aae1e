//! The same permitted request to resource servers of several crates, over loopback:
//! `cargo run --release --manifest-path benches/peers/Cargo.toml`, about four minutes; behind `--`, texts
//! that the names of the wanted peers contain.
//!
//! Needs `wrk`, `taskset`, and two cores that do nothing else. Each peer runs between two runs of the same
//! router without a check, of the same version of axum; what counts is the median of the ratios. All
//! crates get the same key set and the same token, check signature, issuer, audience and expiry, and hand
//! the claims to a handler that reads the subject.

mod apps;
#[allow(dead_code, reason = "the bench `oauth` uses more of it")]
#[path = "../../oauth/issuer.rs"]
mod issuer;
mod wrk;

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, ExitCode, Stdio};
use std::{env, fs};

use tokio::net::TcpListener;

use self::apps::Peer;
use self::issuer::{Issuer, KINDS, with_wrong_signature};

const ROUNDS: usize = 5;
/// The core that all servers have; only one of them has something to do at a time.
const CORE: &str = "0";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match &arguments[..] {
        [option, name, algorithm, jwks] if option == "--serve" => serve(name, algorithm, jwks),
        texts => {
            KINDS.iter().try_for_each(|(algorithm, length)| compare(algorithm, *length, texts))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(algorithm: &'static str, length: usize, texts: &[String]) -> io::Result<()> {
    let issuer = Issuer::new(algorithm);
    let token = issuer.token(0, length);
    let wrong = with_wrong_signature(&token, 0);
    let is_wanted =
        |peer: &Peer| texts.is_empty() || texts.iter().any(|text| peer.name().contains(text));
    let peers: Vec<Peer> = Peer::GUARDED.into_iter().filter(is_wanted).collect();
    let start = |peer| Server::start(peer, algorithm, &issuer);
    let servers: Vec<Server> = peers.iter().map(|peer| start(*peer)).collect::<io::Result<_>>()?;
    for (peer, server) in peers.iter().zip(&servers) {
        let of_peer = |error| io::Error::other(format!("{}: {error}", peer.name()));
        wrk::check(server.port, &token, &wrong).map_err(of_peer)?;
    }
    let bases: Vec<Server> =
        peers.iter().map(|peer| start(peer.base())).collect::<io::Result<_>>()?;
    let mut ratios = vec![Vec::new(); peers.len()];
    let mut costs = vec![Vec::new(); peers.len()];
    for round in 1..=ROUNDS {
        eprint!("\r{algorithm}: round {round} of {ROUNDS} …");
        for (index, (server, base)) in servers.iter().zip(&bases).enumerate() {
            let before = base.measure(&token)?;
            let own = server.measure(&token)?;
            let after = base.measure(&token)?;
            ratios[index].push(own.rate / ((before.rate + after.rate) / 2.0));
            costs[index].push(own.processor - (before.processor + after.processor) / 2.0);
        }
    }
    eprintln!();
    println!("{algorithm}, {} bytes", token.len());
    println!("  {:<34} {:>22} {:>16}", "peer", "of the rate without", "µs a request");
    for ((peer, ratios), costs) in peers.iter().zip(&mut ratios).zip(&mut costs) {
        let (least, middle, most) = spread(ratios);
        let cost = spread(costs).1;
        let rate = format!("{middle:.3} ({least:.3}–{most:.3})");
        println!("  {:<34} {rate:>22} {cost:>16.2}", peer.name());
    }
    Ok(())
}

fn spread(values: &mut [f64]) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2], values[values.len() - 1])
}

// ==== the servers ====

/// A running server; it is ended when this is dropped.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(peer: Peer, algorithm: &str, issuer: &Issuer) -> io::Result<Self> {
        let mut child = Command::new("taskset")
            .args(["-c", CORE])
            .arg(env::current_exe()?)
            .args(["--serve", peer.name(), algorithm, &issuer.jwks()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let port = line.trim().parse();
        let port = port.map_err(|_| io::Error::other(format!("{} did not start", peer.name())))?;
        Ok(Self { child, port })
    }

    fn measure(&self, token: &str) -> io::Result<wrk::Run> {
        wrk::measure(self.port, token, || self.processor())
    }

    /// Nanoseconds that the server has had of the processor: all of it runs on one thread.
    fn processor(&self) -> io::Result<f64> {
        let told = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id()))?;
        let spent = told.split(' ').next().and_then(|spent| spent.parse().ok());
        spent.ok_or_else(|| io::Error::other("/proc has no schedstat"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the child does: it serves until it is ended.
fn serve(name: &str, algorithm: &str, jwks: &str) -> io::Result<()> {
    let peer = Peer::named(name).ok_or_else(|| io::Error::other("no such peer"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let app = peer.app(algorithm, jwks).await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        println!("{}", listener.local_addr()?.port());
        app.serve(listener).await
    })
}
