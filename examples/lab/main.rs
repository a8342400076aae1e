//! A lab: a server that sends every status, right and wrong, and sequences that a client has to master.
//!
//! `cargo run --example lab`, then open the address that it prints, or try its lines.
//!
//! - `simulator/`: each status as its RFC asks for it, and with one fault that the inspector finds.
//! - `sequences/`: what clients have to do right over several exchanges, such as refreshing a token once.
//! - `page/`: ten guided steps for a person who has never seen HTTP authentication.
//! - `exchange/`: performs the requests that are typed there, and inspects the responses.
//!
//! It listens on a loopback address, on `PORT` (3000 unless set), and on a second port for what it calls another
//! origin. It connects to no other host. Its passwords and tokens are for practice.

mod exchange;
mod page;
mod sequences;
mod simulator;

use std::env::{self, VarError};
use std::error::Error;
use std::io::ErrorKind;
use std::process::ExitCode;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use portcullis::ProblemDetails;
use tokio::net::TcpListener;
use tower::util::MapResponseLayer;

#[tokio::main]
async fn main() -> ExitCode {
    let run = match env::args_os().nth(1) {
        None => serve().await,
        Some(argument) if argument == "--help" || argument == "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        Some(_) => Err(USAGE.into()),
    };
    match run {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lab: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt()
        .with_env_filter(env::var("RUST_LOG").unwrap_or_else(|_| "portcullis=warn".to_owned()))
        .with_writer(std::io::stderr)
        .init();
    let port = port()?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    let listener = listener.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => format!("port {port} is in use: set PORT to another, or to 0"),
        _ => format!("cannot listen on port {port}: {error}"),
    })?;
    let lab = listener.local_addr()?;
    let address = format!("http://{lab}");
    let other = TcpListener::bind(("127.0.0.1", 0)).await?;

    let hosts = exchange::same_origin::Hosts::of(lab);
    let page = page::routes(lab)
        .merge(exchange::routes(lab))
        .route_layer(from_fn_with_state(hosts, exchange::same_origin::require))
        .route_layer(map_response(page::with_policy));
    let app = Router::new()
        .merge(page)
        // The reports that the page asks for.
        .nest_service("/app", simulator::several::app(None)?)
        .merge(simulator::routes()?)
        .merge(sequences::routes(other.local_addr()?)?)
        .layer(from_fn(exchange::same_origin::refuse_other_sites))
        .layer(MapResponseLayer::new(ProblemDetails::replace_plain_error));
    println!("listening on {address}");
    println!("{}", TRY.replace("ADDRESS", &address));
    tokio::try_join!(
        axum::serve(listener, app).into_future(),
        axum::serve(other, sequences::other_origin()).into_future(),
    )?;
    Ok(())
}

fn port() -> Result<u16, &'static str> {
    const WRONG: &str = "PORT has to be a number up to 65535; 0 takes a port that is free";
    match env::var("PORT") {
        Ok(port) => port.parse().map_err(|_| WRONG),
        Err(VarError::NotPresent) => Ok(3000),
        Err(VarError::NotUnicode(_)) => Err(WRONG),
    }
}

const USAGE: &str = "\
the lab has no arguments: `cargo run --example lab --all-features` starts it, and it prints its address.
PORT is its port, 3000 unless set.";

const TRY: &str = "
# 200, the guided page
curl -i ADDRESS/
# 401, with challenges
curl -i ADDRESS/status/401
# 401, without a challenge
curl -i 'ADDRESS/status/401?wrong=I01'
# 200, all faults
curl -i ADDRESS/wrong
# 401, though bob is known
curl -i -u bob:builder ADDRESS/wrong/I37/reports
# 200, all sequences
curl -i ADDRESS/visitors/me
# 200, a token
curl -i -u lab:secret -d grant_type=client_credentials ADDRESS/visitors/me/token
# 401, which token is needed
curl -i ADDRESS/visitors/me/401-once
# 200, after a nonce that is too old
curl -i --digest -u alice:wonderland ADDRESS/visitors/me/stale-nonce
# 407, the proxy first
curl -i -x ADDRESS http://origin.example/visitors/me/proxy
# 404, as if there were none
curl -i -u bob:builder ADDRESS/visitors/me/hidden/merger
# 404, with three leaks
curl -i -u bob:builder ADDRESS/visitors/me/hidden-leaking/merger
";
