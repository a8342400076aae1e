//! The example `grpc_server`, called by tonic and by grpcio.

use crate::app::{Case, block_on, channel, tonic_call};
use crate::clients::grpcio;
use crate::support::Example;

const MISSING: &str = "";

#[rustfmt::skip]
const CASES: [Case; 9] = [
    Case { method: "Read", name: "wonder", tokens: &["alice-token"], code: 0, message: "", challenge: None },
    Case { method: "Follow", name: "castle", tokens: &["bob-token"], code: 0, message: "", challenge: None },
    Case { method: "Read", name: "wonder", tokens: &[], code: 16, message: "This resource requires authentication.", challenge: Some("Bearer realm=\"notes\"") },
    Case { method: "Follow", name: "castle", tokens: &["bob-expired"], code: 16, message: "The credentials have expired.", challenge: Some("error=\"invalid_token\"") },
    Case { method: "Append", name: "castle", tokens: &["bob-token"], code: 7, message: "The access token lacks a scope that this requires.", challenge: Some("error=\"insufficient_scope\"") },
    Case { method: "Follow", name: "wonder", tokens: &["bob-token"], code: 5, message: MISSING, challenge: None },
    Case { method: "Read", name: "nothing", tokens: &["bob-token"], code: 5, message: MISSING, challenge: None },
    Case { method: "Delete", name: "wonder", tokens: &["bob-token"], code: 12, message: MISSING, challenge: None },
    Case { method: "Read", name: "wonder", tokens: &["alice-token", "bob-token"], code: 3, message: "Credentials were sent more than once.", challenge: Some("error=\"invalid_request\"") },
];

fn streams(case: &Case) -> bool {
    case.method == "Follow"
}

#[test]
fn f08_the_example_serves_tonic() {
    let example = Example::start("grpc_server");
    block_on(async {
        let channel = channel(example.address).await;
        for case in &CASES {
            case.check(
                "tonic",
                &tonic_call(channel.clone(), example.address, case, streams(case)).await,
            );
        }
    });
}

#[test]
fn f08_the_example_serves_grpcio() {
    let example = Example::start("grpc_server");
    let calls = CASES.map(|case| (case, streams(&case)));
    let Some(told) = grpcio(example.address, &calls, false) else { return };
    assert_eq!(told.len(), CASES.len());
    for (case, told) in CASES.iter().zip(&told) {
        case.check("grpcio", told);
    }
}

#[test]
fn a07_f08_the_example_says_that_its_table_of_tokens_is_down() {
    let example = Example::start_with("grpc_server", &[("OUTAGE", "1")]);
    let case = Case {
        code: 14,
        message: "Authorization is temporarily unavailable. Try again later.",
        ..CASES[0]
    };
    let told = block_on(async {
        tonic_call(channel(example.address).await, example.address, &case, false).await
    });
    case.check("tonic", &told);
    let retry = told.metadata.iter().find(|(name, _)| name == "retry-after");
    assert_eq!(retry.map(|(_, value)| value.as_str()), Some("10"));
}

#[test]
fn f08_the_lines_of_the_example_work() {
    use crate::support::{Scratch, Tool, run};

    if Tool::find("curl").is_none() {
        return;
    }
    let Some(shell) = Tool::find("bash") else { return };
    let example = Example::start("grpc_server");
    let codes = ["16", "7", "0", "5", "5"];
    assert_eq!(example.lines.len(), codes.len());
    for (line, code) in example.lines.iter().zip(codes) {
        let ran = run(shell.command(&Scratch::new()).args(["-c", line]));
        assert!(ran.out.contains(&format!("grpc-status: {code}\r\n")), "{line}: {ran:#?}");
    }
}
