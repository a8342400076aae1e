//! What each arrangement of layers is asked, and the rows that hold in it.

use crate::arrangements::Middleware::*;
use crate::arrangements::{Arrangement, PAGE, PLACES};
use crate::support::Answer;

const ALICE: (&str, &str) = ("authorization", "Bearer alice-token");
const BOB: (&str, &str) = ("authorization", "Bearer bob-token");
const WRONG: (&str, &str) = ("authorization", "Bearer wrong-token");
const GZIP: (&str, &str) = ("accept-encoding", "gzip");
const ASKS: (&str, &str) = ("access-control-request-method", "GET");
const ANYWHERE: [usize; 4] = PLACES;

/// Sends a request with these headers, and `Origin`, `Accept` and `X-Request-Id`.
pub type Ask<'a> = &'a dyn Fn(&str, &str, &[(&str, &str)]) -> Answer;

/// What the layers around a response of this depth do to it: `depth` is the number of stages that are
/// further in than where the response was made.
#[track_caller]
fn check_layers(arrangement: &Arrangement, answer: &Answer, depth: usize) {
    let outside = &PLACES[..PLACES.len() - depth];
    let expected = |middleware| arrangement.has(middleware, outside);
    let context = format!("{arrangement:?}: {answer:?}");
    assert_eq!(answer.field("access-control-allow-origin").is_some(), expected(Cors), "{context}");
    assert_eq!(answer.field("x-set").is_some(), expected(SetHeader), "{context}");
    assert_eq!(answer.field("x-request-id").is_some(), expected(PropagateRequestId), "{context}");
}

#[track_caller]
fn check_challenged(arrangement: &Arrangement, answer: &Answer, bearer: &str) {
    let context = format!("{arrangement:?}: {answer:?}");
    assert_eq!(answer.status, 401, "{context}");
    let [first, second] = answer.lines("www-authenticate")[..] else { panic!("{context}") };
    assert!(first.starts_with(bearer), "{context}");
    assert_eq!(second, "Basic realm=\"test\", charset=\"UTF-8\"", "{context}");
    assert_eq!(answer.lines("cache-control"), ["no-store"], "{context}");
    assert_eq!(answer.lines("access-control-expose-headers"), ["WWW-Authenticate"], "{context}");
}

#[track_caller]
fn check_problem(arrangement: &Arrangement, answer: &Answer) {
    assert_eq!(answer.json()["status"], answer.status, "{arrangement:?}: {answer:?}");
    assert_eq!(answer.lines("content-type"), ["application/problem+json"], "{arrangement:?}");
}

pub fn check(arrangement: &Arrangement, send: Ask<'_>) {
    let get = |path: &str, headers: &[(&str, &str)]| send("GET", path, headers);
    // A01, A06, F10: the stage's own refusals. 2 stages are further in than the conceal layer.
    let answer = get("/", &[]);
    check_challenged(arrangement, &answer, "Bearer realm=\"test\"");
    check_problem(arrangement, &answer);
    check_layers(arrangement, &answer, 2);
    let answer = get("/", &[WRONG, GZIP]);
    check_challenged(arrangement, &answer, "Bearer realm=\"test\", error=\"invalid_token\"");
    check_layers(arrangement, &answer, 2);
    // C02: refusals of the authorize stage, and of the handler.
    for (path, depth) in [("/reports", 1), ("/denied", 0)] {
        let answer = get(path, &[BOB]);
        assert_eq!(answer.status, 403, "{arrangement:?}: {answer:?}");
        assert!(answer.lines("www-authenticate").is_empty(), "{arrangement:?}: {answer:?}");
        check_problem(arrangement, &answer);
        check_layers(arrangement, &answer, depth);
    }
    // A10: a permitted response arrives as it is.
    for path in ["/reports", "/vault/notes"] {
        let answer = get(path, &[ALICE]);
        assert_eq!((answer.status, answer.text()), (200, PAGE), "{arrangement:?}");
        assert_eq!(answer.lines("cache-control"), ["private"], "{arrangement:?}");
        check_layers(arrangement, &answer, 0);
        let compressed = get(path, &[ALICE, GZIP]).field("content-encoding") == Some("gzip");
        assert_eq!(compressed, arrangement.has(Compression, &ANYWHERE), "{arrangement:?}");
    }
    // D01, D12: concealed and missing are the same, for anyone.
    for (method, headers) in [
        ("GET", &[BOB][..]),
        ("GET", &[BOB, GZIP]),
        ("GET", &[]),
        ("HEAD", &[BOB]),
        ("OPTIONS", &[BOB]),
        ("OPTIONS", &[ASKS]),
    ] {
        let concealed = send(method, "/vault/notes", headers).undated();
        let missing = send(method, "/vault/missing", headers).undated();
        assert_eq!(concealed, missing, "{arrangement:?}: {method} {headers:?}");
        let is_preflight = method == "OPTIONS" && arrangement.has(Cors, &[3]);
        let status = if headers.is_empty() { 401 } else { 404 };
        assert_eq!(concealed.status, if is_preflight { 200 } else { status }, "{arrangement:?}");
    }
    // F09: a CORS layer answers preflights wherever it is outside the authorize stage.
    let answer = send("OPTIONS", "/", &[ASKS]);
    if arrangement.has(Cors, &[3, 2, 1]) {
        assert_eq!((answer.status, &*answer.body), (200, &b""[..]), "{arrangement:?}");
        assert!(answer.field("access-control-allow-origin").is_some(), "{arrangement:?}");
    } else {
        check_challenged(arrangement, &answer, "Bearer realm=\"test\"");
        check_problem(arrangement, &answer);
    }
    // C10: the stages decide before a limit inside them does.
    let answer = send("POST", "/", &[("content-length", "100")]);
    let is_limited = arrangement.has(BodyLimit, &[3, 2]);
    assert_eq!(answer.status, if is_limited { 413 } else { 401 }, "{arrangement:?}");
}

#[track_caller]
pub fn check_panic(arrangement: &Arrangement, send: Ask<'_>) {
    if arrangement.has(CatchPanic, &ANYWHERE) {
        assert_eq!(send("GET", "/panic", &[ALICE]).status, 500, "{arrangement:?}");
    }
}
