//! Clients of gRPC over HTTP/2: tonic and Python's grpcio.

use std::sync::atomic::Ordering;

use serde_json::Value;

use crate::app::{Case, Told, block_on, channel, server, tonic_call};
use crate::support::{Scratch, Tool, run};

const REALM: Option<&str> = Some("Bearer realm=\"notes\"");
const LATER: &str = "Authorization is temporarily unavailable. Try again later.";

#[rustfmt::skip]
pub const CASES: [Case; 15] = [
    Case { method: "Read", name: "open", tokens: &["right"], code: 0, message: "", challenge: None },
    Case { method: "Read", name: "open", tokens: &[], code: 16, message: "This resource requires authentication.", challenge: REALM },
    Case { method: "Read", name: "open", tokens: &["wrong"], code: 16, message: "The credentials are not valid.", challenge: Some("error=\"invalid_token\"") },
    Case { method: "Read", name: "step up", tokens: &["right"], code: 16, message: "This requires a stronger or more recent authentication.", challenge: Some("max_age=\"60\"") },
    Case { method: "Read", name: "open", tokens: &["suspended"], code: 7, message: "The account may not be used at present.", challenge: None },
    Case { method: "Read", name: "forbidden", tokens: &["right"], code: 7, message: "100 % für alice", challenge: None },
    Case { method: "Append", name: "open", tokens: &["right"], code: 7, message: "The access token lacks a scope that this requires.", challenge: Some("scope=\"notes:append\"") },
    Case { method: "Read", name: "concealed", tokens: &["right"], code: 5, message: "There is no such resource.", challenge: None },
    Case { method: "Read", name: "missing", tokens: &["right"], code: 5, message: "There is no such resource.", challenge: None },
    Case { method: "Read", name: "open", tokens: &["down"], code: 14, message: LATER, challenge: None },
    Case { method: "Read", name: "down", tokens: &["right"], code: 14, message: LATER, challenge: None },
    Case { method: "Read", name: "open", tokens: &["right", "right"], code: 3, message: "Credentials were sent more than once.", challenge: Some("error=\"invalid_request\"") },
    Case { method: "Read", name: "open", tokens: &["throttled"], code: 8, message: "Too many attempts. Try again later.", challenge: None },
    Case { method: "Read", name: "open", tokens: &["panics"], code: 13, message: "Internal authorization error.", challenge: None },
    Case { method: "Read", name: "bug", tokens: &["right"], code: 13, message: "Internal authorization error.", challenge: None },
];

/// Each case as a unary call, and as one whose answer streams.
pub fn calls() -> Vec<(Case, bool)> {
    let streaming = |case: Case| match case.method {
        "Read" => Case { method: "Follow", ..case },
        _ => case,
    };
    CASES.into_iter().flat_map(|case| [(case, false), (streaming(case), true)]).collect()
}

#[test]
fn f08_tonic_reports_the_code_the_message_and_the_challenge() {
    let (server, _) = server(true);
    block_on(async {
        let channel = channel(server.address).await;
        for (case, streams) in calls() {
            case.check("tonic", &tonic_call(channel.clone(), server.address, &case, streams).await);
        }
    });
}

/// Why there is F08: what tonic makes of an HTTP response with a problem body.
#[test]
fn f08_without_grpc_tonic_reports_a_broken_message() {
    let (server, _) = server(false);
    block_on(async {
        let told =
            tonic_call(channel(server.address).await, server.address, &CASES[1], false).await;
        assert_eq!(told.code, 13, "{told:?}");
        assert!(told.message.contains("invalid compression flag"), "{told:?}");
    });
}

/// Calls methods by a program in Python; `retries` turns on a policy for UNAVAILABLE.
pub fn grpcio(
    address: std::net::SocketAddr,
    calls: &[(Case, bool)],
    retries: bool,
) -> Option<Vec<Told>> {
    grpcio_asks(address, calls.iter().map(|(case, streams)| case.json(*streams)).collect(), retries)
}

fn grpcio_asks(
    address: std::net::SocketAddr,
    questions: Value,
    retries: bool,
) -> Option<Vec<Told>> {
    let tool = Tool::find("python/bin/python")?;
    let program = format!("{}/tests/interop/python_grpcio.py", env!("CARGO_MANIFEST_DIR"));
    let home = Scratch::new();
    // `-B` writes no bytecode beside the programs.
    let mut command = tool.command(&home);
    command.args(["-B", &program, &address.to_string(), &questions.to_string()]);
    let ran = run(if retries { command.arg("retries") } else { &mut command });
    assert_eq!(ran.code, 0, "{ran:#?}");
    Some(serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:#?}")))
}

#[test]
fn f08_grpcio_reports_the_code_the_message_and_the_challenge() {
    let (server, _) = server(true);
    let Some(told) = grpcio(server.address, &calls(), false) else { return };
    assert_eq!(told.len(), calls().len());
    for ((case, _), told) in calls().iter().zip(&told) {
        case.check("grpcio", told);
    }
}

/// As grpc #31657 reports of another server: a client that is still sending is told UNKNOWN.
#[test]
fn f08_grpcio_is_told_while_it_is_still_sending() {
    let (server, _) = server(true);
    let refused = CASES.iter().filter(|case| case.name == "open" && case.code != 0).take(2);
    let calls: Vec<_> = refused.flat_map(|case| [(*case, false), (*case, true)]).collect();
    let asks = calls.iter().map(|(case, streams)| {
        let mut question = case.json(*streams);
        // Far more than a stream's window.
        question["repeat"] = 5_000_000.into();
        question
    });
    let Some(told) = grpcio_asks(server.address, asks.collect(), false) else { return };
    for ((case, _), told) in calls.iter().zip(&told) {
        case.check("grpcio", told);
    }
}

/// A client with a retry policy calls again during an outage, and leaves a throttled identity alone.
#[test]
fn f08_grpcio_retries_an_outage_and_no_other_refusal() {
    let (server, asked) = server(true);
    for case in CASES.iter().filter(|case| case.tokens.len() == 1 && case.name == "open") {
        asked.store(0, Ordering::Relaxed);
        let Some(told) = grpcio(server.address, &[(*case, false)], true) else { return };
        case.check("grpcio", &told[0]);
        let attempts = if case.code == 14 { 3 } else { 1 };
        assert_eq!(asked.load(Ordering::Relaxed), attempts, "{case:?}");
    }
}
