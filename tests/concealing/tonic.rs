//! Real gRPC: tonic's server with tonic's client, and with a client that shows the headers, the trailers
//! and the frames. D09, and D01, D07, D12 and D14 for gRPC.

#[path = "tonic/app.rs"]
mod app;
#[path = "tonic/calls.rs"]
mod calls;
#[path = "tonic/frames.rs"]
mod frames;

use std::time::Duration;

use app::{bare, by_axum, by_hyper, by_tonic, by_tonic_with_floor, with_web, without_curtain};
use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use calls::{CallResult, Kind, Wire, about, block_on, call, client, fields, message, send, wire};
use frames::frames;
use portcullis::ConcealLayer;
use portcullis::testing::{LeakProbe, Transport};
use tonic::Code;

use crate::support::Server;

/// Methods that only admins may know of: two of a hidden service, and one of a public service.
const HIDDEN: [&str; 3] = ["/notes.Hidden/Check", "/notes.Hidden/Watch", "/notes.Partly/Watch"];

/// Methods that do not exist: of no service, of a hidden one, of public ones.
const MISSING: [&str; 6] = [
    "/notes.Missing/Check",
    "/notes.Hidden/Nothing",
    "/notes.Hidden",
    "/notes.Partly/Nothing",
    "/grpc.health.v1.Health/Nothing",
    "/grpc.health.v1.Health/",
];

/// A public method, and one that streams.
const OPEN: [&str; 2] = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];

/// Callers who may not see: an anonymous one, one without the role, and one with an invalid token.
const STRANGERS: [&str; 3] = ["anonymous", "bob", "no"];

const KINDS: [Kind; 2] = [Kind::Unary, Kind::Streaming];

/// The same application in every shape of tonic.
fn servers() -> [(&'static str, Server); 4] {
    [
        ("tonic", by_tonic(ConcealLayer::everywhere())),
        ("tonic, with a floor", by_tonic_with_floor(Duration::from_millis(2), 100)),
        ("axum", by_axum(ConcealLayer::everywhere())),
        ("hyper", by_hyper(ConcealLayer::everywhere())),
    ]
}

/// A trailers-only response with only a status.
fn trailers_alone(status: &str) -> Wire {
    let fields = [("content-type", "application/grpc"), ("grpc-status", status)];
    let fields = fields.into_iter().chain([("content-length", "0")]);
    Wire {
        status: 200,
        fields: fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        ends: true,
        data: Vec::new(),
        trailers: None,
    }
}

#[track_caller]
fn assert_error(result: &CallResult, code: Code) {
    let CallResult::Error(refused) = result else { panic!("{result:?}") };
    assert_eq!((refused.code, refused.message.as_str(), &refused.details[..]), (code, "", &[][..]));
}

#[test]
fn d09_a_concealed_method_or_service_gets_the_response_of_an_unknown_one() {
    let unknown = block_on(wire(&bare(), MISSING[0], "x", "anonymous"));
    assert_eq!(unknown, trailers_alone("12"));
    for (shape, server) in servers() {
        for caller in STRANGERS {
            let missing = block_on(wire(&server, MISSING[0], "of alice", caller));
            if caller == "no" {
                // Invalid credentials are refused before the path is looked at.
                assert_eq!((missing.status, missing.field("grpc-status")), (200, Some("16")));
            } else {
                assert_eq!(missing, unknown);
            }
            for path in HIDDEN.into_iter().chain(MISSING) {
                let answer = block_on(wire(&server, path, "of alice", caller));
                assert_eq!(answer, missing, "{shape}: {path} for {caller}");
            }
        }
    }
}

#[test]
fn d09_a_client_of_tonic_sees_an_unknown_method() {
    for (shape, server) in servers() {
        for (caller, kind) in STRANGERS.into_iter().flat_map(|who| KINDS.map(|kind| (who, kind))) {
            block_on(async {
                let missing = call(&server, kind, MISSING[0], about("of alice", caller)).await;
                if caller != "no" {
                    assert_error(&missing, Code::Unimplemented);
                }
                for path in HIDDEN {
                    let result = call(&server, kind, path, about("of alice", caller)).await;
                    assert_eq!(result, missing, "{shape}: {path} for {caller}");
                }
            });
        }
    }
}

#[test]
fn d09_a_concealed_object_gets_the_response_of_a_missing_one() {
    for (shape, server) in servers() {
        for (caller, path) in STRANGERS.into_iter().flat_map(|who| OPEN.map(|path| (who, path))) {
            block_on(async {
                let missing = wire(&server, path, "missing", caller).await;
                if caller != "no" {
                    assert_eq!(missing, trailers_alone("5"));
                }
                let foreign = wire(&server, path, "of alice", caller).await;
                assert_eq!(foreign, missing, "{shape}: {path} for {caller}");
                for kind in KINDS {
                    let missing = call(&server, kind, path, about("missing", caller)).await;
                    if caller != "no" {
                        assert_error(&missing, Code::NotFound);
                    }
                    let foreign = call(&server, kind, path, about("of alice", caller)).await;
                    assert_eq!(foreign, missing, "{shape}: {path} for {caller}");
                }
            });
        }
    }
}

#[test]
fn d09_a_stream_that_ends_with_not_found_has_only_the_status_in_its_trailers() {
    for (shape, server) in servers() {
        for caller in ["anonymous", "bob"] {
            block_on(async {
                let of = async |note| {
                    let note = format!("in the stream: {note}");
                    wire(&server, OPEN[1], &note, caller).await
                };
                let missing = of("missing").await;
                assert_eq!(missing.data.len(), 5, "a message has left");
                let trailers = [("grpc-status".to_owned(), "5".to_owned())];
                assert_eq!(missing.trailers.as_deref(), Some(&trailers[..]));
                assert_eq!(of("of alice").await, missing, "{shape}");
            });
        }
    }
}

#[test]
fn d09_d14_the_frames_and_the_end_of_the_stream_are_the_same() {
    for (shape, server) in servers() {
        for complete in [true, false] {
            let of = |path| frames(&server, path, &fields("bob", &[]), &message("x"), complete);
            let missing = of(MISSING[0]);
            let headers = missing.iter().position(|frame| frame == "HEADERS 0x5 of 1");
            // A client with more to send gets a reset.
            let reset = missing.iter().position(|frame| frame == "3 0x0 of 1: [0, 0, 0, 0]");
            assert!(headers.is_some() && reset.is_some() != complete, "{shape}: {missing:?}");
            for path in [HIDDEN[0], HIDDEN[2], MISSING[1], MISSING[4]] {
                assert_eq!(of(path), missing, "{shape}: {path}, complete: {complete}");
            }
        }
        let of = |note| frames(&server, OPEN[0], &fields("bob", &[]), &message(note), true);
        assert_eq!(of("of alice"), of("missing"), "{shape}");
    }
}

#[test]
fn d01_d03_d09_a_request_without_the_content_type_of_grpc_reveals_nothing() {
    // tonic serves any request to the path of a method.
    let requests = [
        ("POST", "application/json"),
        ("POST", "application/grpcx"),
        ("POST", " "),
        ("GET", "application/grpc"),
        ("HEAD", "application/grpc"),
        ("OPTIONS", "application/grpc"),
        ("FROB", "application/grpc"),
    ];
    for (shape, server) in servers() {
        for (caller, (method, kind)) in
            STRANGERS.into_iter().flat_map(|who| requests.map(|it| (who, it)))
        {
            let fields = fields(caller, &[("content-type", kind.trim())]);
            block_on(async {
                let missing =
                    send(&server, method, MISSING[0], fields.clone(), message("of alice")).await;
                assert_eq!(missing.status, if caller == "no" { 401 } else { 404 });
                for path in [HIDDEN[0], HIDDEN[2], MISSING[4], OPEN[0], OPEN[1]] {
                    let answer =
                        send(&server, method, path, fields.clone(), message("of alice")).await;
                    assert_eq!(answer, missing, "{shape}: {method} {kind} {path} for {caller}");
                }
            });
        }
    }
}

#[test]
fn d01_to_d05_d09_and_d14_the_probe_finds_no_leak_in_tonic_over_http1() {
    probed(&by_axum(ConcealLayer::everywhere()), Transport::Http1);
}

#[test]
fn d01_to_d05_d09_and_d14_the_probe_finds_no_leak_in_tonic_over_http2() {
    probed(&by_tonic(ConcealLayer::everywhere()), Transport::Http2);
}

fn probed(server: &Server, transport: Transport) {
    let probe = LeakProbe::of_address(server.address)
        .transports([transport])
        .pair(HIDDEN[0], MISSING[0])
        .authorized("alice", [("authorization", "Bearer alice-token")])
        .unauthorized("bob", [("authorization", "Bearer bob-token")])
        .methods(["POST", "GET"])
        .with_header("content-type", "application/grpc");
    let report = block_on(probe.run()).unwrap();
    report.assert_no_leaks();
    assert!(report.requests() > 500, "{report}");
}

#[test]
fn d09_a_permitted_caller_gets_the_response_the_stream_and_the_trailers_unchanged() {
    let bare = without_curtain();
    for (shape, server) in servers() {
        for path in OPEN.into_iter().chain(HIDDEN) {
            block_on(async {
                let answer = wire(&server, path, "of alice", "alice").await;
                assert_eq!(answer, wire(&bare, path, "of alice", "alice").await, "{shape}: {path}");
                assert!(!answer.ends && !answer.data.is_empty());
                let trailers = answer.trailers.expect("trailers");
                let last = match path.ends_with("Watch") {
                    true => vec![
                        ("x-last", "line"),
                        ("grpc-status", "15"),
                        ("grpc-message", "torn%20off"),
                    ],
                    false => vec![("grpc-status", "0")],
                };
                let trailers: Vec<_> =
                    trailers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                assert_eq!(trailers, last);
            });
        }
        block_on(async {
            for path in [OPEN[1], HIDDEN[1], HIDDEN[2]] {
                let result = call(&server, Kind::Streaming, path, about("long", "alice")).await;
                let CallResult::Response { messages, end: Some(end), .. } = result else {
                    panic!("{result:?}")
                };
                assert!(messages.into_iter().eq(0..20_000), "{shape}: {path}");
                assert_eq!((end.code, end.message.as_str()), (Code::DataLoss, "torn off"));
                assert!(end.metadata.contains("x-last"), "{}", end.metadata);
            }
        });
    }
}

#[test]
fn d09_d12_a_hidden_service_responds_as_an_unknown_one_before_a_permit() {
    let server = by_tonic(ConcealLayer::routes_under("/notes.Hidden").unwrap());
    // Not a message, but the beginning of a long one.
    let torn = &[0, 0, 0, 1, 0, 0x0a][..];
    block_on(async {
        for (note, status) in
            [(&message("locked")[..], "7"), (&message("missing"), "5"), (torn, "13")]
        {
            for caller in ["anonymous", "bob"] {
                let of = |path| send(&server, "POST", path, fields(caller, &[]), note.to_vec());
                let missing = of("/notes.Hidden/Nothing").await;
                assert_eq!(missing, trailers_alone("12"));
                assert_eq!(of(HIDDEN[0]).await, missing);
            }
            let result =
                send(&server, "POST", HIDDEN[0], fields("alice", &[]), note.to_vec()).await;
            assert_eq!(result.field("grpc-status"), Some(status));
        }
        let locked = call(&server, Kind::Unary, HIDDEN[0], about("locked", "alice")).await;
        let CallResult::Error(refused) = locked else { panic!("{locked:?}") };
        assert_eq!((refused.code, refused.message.as_str()), (Code::PermissionDenied, "locked"));
    });
}

#[test]
fn d09_d12_a_refusal_of_the_hidden_service_itself_becomes_unimplemented() {
    // No policy runs here before the service sees the call.
    let server = by_tonic(ConcealLayer::routes_under("/grpc.health.v1.Health").unwrap());
    let huge = [&[0, 1, 0, 0, 0][..], &[0; 100]].concat();
    let torn = [0, 0, 0, 1, 0, 0x0a].to_vec();
    for body in [message("locked"), message("of alice"), message("missing"), huge, torn] {
        for path in OPEN.into_iter().chain([MISSING[4]]) {
            let call = send(&server, "POST", path, fields("bob", &[]), body.clone());
            assert_eq!(block_on(call), trailers_alone("12"), "{path}");
        }
    }
}

#[test]
fn d16_calls_that_wait_or_are_cancelled_use_up_the_limit_for_at_most_one_floor() {
    let floor = Duration::from_millis(200);
    let server = by_tonic_with_floor(floor, 4);
    block_on(async {
        let is_full = async || {
            let answer = wire(&server, OPEN[0], "of alice", "alice").await;
            answer.status == 200 && answer.field("grpc-status") == Some("14")
        };
        for path in [HIDDEN[0], MISSING[0]] {
            // This call and the calls that check the limit fill a period together, unless they are too
            // slow for it.
            let mut client = client(&server, path).await;
            loop {
                let waiting = client.check(about("x", "bob"));
                tokio::pin!(waiting);
                tokio::select! {
                    _ = &mut waiting => {}
                    () = async { while !is_full().await {} } => break,
                }
            }
            let freed = async { while is_full().await {} };
            tokio::time::timeout(Duration::from_secs(20), freed).await.expect("a new period");
        }
    });
}

#[test]
fn d07_d09_a_deadline_is_the_same_for_a_hidden_and_a_missing_method() {
    let server = by_tonic_with_floor(Duration::from_secs(3600), 100);
    block_on(async {
        let of = async |path, note, caller, timeout| {
            let fields = fields(caller, &[("grpc-timeout", timeout)]);
            send(&server, "POST", path, fields, message(note)).await
        };
        let missing = of(MISSING[0], "x", "bob", "50m").await;
        assert!(matches!(missing.field("grpc-status"), Some("1" | "4")), "{missing:?}");
        assert!(missing.ends);
        assert_eq!(of(HIDDEN[0], "x", "bob", "50m").await, missing);
        assert_eq!(of(OPEN[0], "of alice", "bob", "50m").await, missing);
        assert_eq!(of(OPEN[0], "missing", "bob", "50m").await, missing);
        // Other responses do not wait.
        assert!(of(OPEN[0], "of alice", "alice", "10S").await.trailers.is_some());
    });
}

#[test]
fn d03_d09_a_compressed_or_a_huge_message_reveals_nothing() {
    let huge = [&[0, 1, 0, 0, 0][..], &[0; 100]].concat();
    let squeezed = [("grpc-encoding", "gzip"), ("grpc-accept-encoding", "gzip")];
    for (shape, server) in servers() {
        block_on(async {
            for (more, body) in [(&squeezed[..], &message("of alice")), (&[], &huge)] {
                let of = |path| send(&server, "POST", path, fields("bob", more), body.clone());
                let missing = of(MISSING[0]).await;
                assert_eq!(missing, trailers_alone("12"));
                for path in HIDDEN.into_iter().chain(MISSING) {
                    assert_eq!(of(path).await, missing, "{shape}: {path}");
                }
            }
            // A public method reports that it cannot be read, whatever the message says.
            let of = |more, body: &[u8]| {
                send(&server, "POST", OPEN[0], fields("bob", more), body.to_vec())
            };
            assert_eq!(of(&[], &huge).await.field("grpc-status"), Some("11"), "{shape}");
            for more in [&squeezed[..], &[]] {
                let missing = of(more, &message("missing")).await;
                assert_eq!(of(more, &message("of alice")).await, missing);
            }
            // Longer than any window: the response comes before all of it is sent.
            let long = "x".repeat(5 << 20);
            let missing = call(&server, Kind::Unary, MISSING[0], about(&long, "bob")).await;
            assert_error(&missing, Code::Unimplemented);
            let hidden = call(&server, Kind::Unary, HIDDEN[0], about(&long, "bob")).await;
            assert_eq!(hidden, missing);
        });
    }
}

#[test]
fn d09_grpc_web_stays_grpc_web() {
    for (outside, kind) in [false, true].into_iter().flat_map(|outside| {
        ["application/grpc-web+proto", "application/grpc-web-text"].map(|kind| (outside, kind))
    }) {
        let server = with_web(outside);
        let is_text = kind.ends_with("text");
        block_on(async {
            let of = async |path, note, caller| {
                let fields = fields(caller, &[("content-type", kind), ("accept", kind)]);
                let message = message(note);
                let body = if is_text { BASE64.encode(message).into() } else { message };
                send(&server, "POST", path, fields, body).await
            };
            let missing = of(MISSING[0], "of alice", "bob").await;
            let answers_in = missing.field("content-type").expect("a type");
            let short = "application/grpc-web";
            assert!(answers_in.starts_with(if is_text { kind } else { short }), "{answers_in}");
            // The layer has it in the body; outside it, tonic-web leaves it among the headers.
            let assert_status = |wire: &Wire, status: &str| {
                let frame = format!(
                    "\u{80}\0\0\0{}grpc-status:{status}\r\n",
                    ['\u{f}', '\u{10}'][status.len() - 1]
                );
                let frame: Vec<u8> = frame.chars().map(|it| u32::from(it) as u8).collect();
                let frame = if is_text { BASE64.encode(frame).into() } else { frame };
                match outside {
                    true => assert_eq!(wire.field("grpc-status"), Some(status)),
                    false => assert_eq!((wire.field("grpc-status"), &wire.data), (None, &frame)),
                }
            };
            assert_status(&missing, "12");
            for path in HIDDEN.into_iter().chain(MISSING) {
                assert_eq!(of(path, "of alice", "bob").await, missing, "{path}");
            }
            let missing = of(OPEN[0], "missing", "bob").await;
            assert_status(&missing, "5");
            assert_eq!(of(OPEN[0], "of alice", "bob").await, missing);
            // Its trailers are in the body.
            let Wire { data, .. } = of(OPEN[0], "of alice", "alice").await;
            let last = b"\x80\0\0\0\x0fgrpc-status:0\r\n";
            let last = if is_text { BASE64.encode(last).into() } else { last.to_vec() };
            assert!(data.ends_with(&last), "{}", data.escape_ascii());
        });
    }
}
