//! Section G: what a client may conclude from a response.

use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use portcullis::{Advice, AuthenticateLayer, Bearer, RetryAfter, Unauthenticated, verify_fn};
use proptest::prelude::*;
use tower::ServiceExt;

use crate::{DENIALS, FAILURES, Name, denials, identity};

/// The advice in one word; for challenges their schemes.
fn in_short(advice: &Advice) -> String {
    let schemes = |challenges: &Option<portcullis::challenge::Challenges>| match challenges {
        Some(challenges) => {
            challenges.iter().map(|it| it.scheme().to_owned()).collect::<Vec<_>>().join("+")
        }
        None => "nothing".to_owned(),
    };
    match advice {
        Advice::Proceed => "proceed".to_owned(),
        Advice::Authenticate(challenges) => format!("authenticate {}", schemes(challenges)),
        Advice::AuthenticateToProxy(challenges) => format!("proxy {}", schemes(challenges)),
        Advice::StepUp { acr_values, max_age, scope } => {
            let acr = acr_values.as_deref().unwrap_or("-");
            let age = max_age.map_or("-".to_owned(), |age| age.to_string());
            format!("step-up {acr} {age} {}", scope.as_deref().unwrap_or("-"))
        }
        Advice::WidenScope { scope } => format!("widen {}", scope.as_deref().unwrap_or("-")),
        Advice::Stop => "stop".to_owned(),
        Advice::Correct => "correct".to_owned(),
        Advice::Wait(None) => "wait".to_owned(),
        Advice::Wait(Some(RetryAfter::Seconds(seconds))) => format!("wait {seconds}"),
        Advice::Wait(Some(RetryAfter::Date(date))) => {
            let since = date.duration_since(SystemTime::UNIX_EPOCH).unwrap();
            format!("wait until {}", since.as_secs())
        }
        other => panic!("{other:?}"),
    }
}

fn advice(status: u16, lines: &[(&str, &[u8])]) -> String {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_bytes(value).unwrap());
    }
    in_short(&Advice::of_parts(StatusCode::from_u16(status).unwrap(), &headers))
}

/// With these lines of `WWW-Authenticate`.
#[track_caller]
fn assert_challenged(status: u16, lines: &[&str], expected: &str) {
    let sent: Vec<_> = lines.iter().map(|it| ("www-authenticate", it.as_bytes())).collect();
    assert_eq!(advice(status, &sent), expected, "{status} {lines:?}");
}

#[test]
fn g01_responses_that_refuse_nothing_are_gone_on_with() {
    for status in [100, 101, 103, 199, 200, 201, 204, 206, 299, 300, 301, 303, 304, 307, 399] {
        assert_eq!(advice(status, &[]), "proceed", "{status}");
        // A challenge on a success says that credentials might change it (RFC 9110 §11.6.1).
        assert_challenged(status, &["Basic realm=\"a\""], "proceed");
        assert_eq!(advice(status, &[("retry-after", b"9")]), "proceed", "{status}");
    }
}

#[test]
fn g02_a_401_asks_for_credentials_of_the_schemes_that_it_names() {
    for (lines, expected) in [
        (&["Bearer realm=\"a\""][..], "authenticate Bearer"),
        (&["Bearer realm=\"a\"", "Basic realm=\"a\""], "authenticate Bearer+Basic"),
        (&["Negotiate, Basic realm=\"a\""], "authenticate Negotiate+Basic"),
        (&["Bearer error=\"invalid_token\""], "authenticate Bearer"),
        (&["DPoP error=\"use_dpop_nonce\""], "authenticate DPoP"),
        (&["Bearer error=\"a new one\""], "authenticate Bearer"),
        (&["Digest realm=\"a\", nonce=\"n\", stale=true"], "authenticate Digest"),
    ] {
        assert_challenged(401, lines, expected);
    }
}

#[test]
fn g03_a_401_without_a_readable_challenge_still_asks_for_credentials() {
    for lines in [&[][..], &[""], &[",,"], &["Basic realm=\"a"], &["Bearer a=1, a=2"], &["=", "@"]]
    {
        assert_challenged(401, lines, "authenticate nothing");
    }
    // The lines that can be read count.
    assert_challenged(401, &["Basic realm=\"a", "Bearer realm=\"a\""], "authenticate Bearer");
    assert_challenged(401, &["Bearer error=\"insufficient_scope\"", "@"], "widen -");
    // The other party's challenge is none.
    assert_eq!(
        advice(401, &[("proxy-authenticate", b"Basic realm=\"a\"")]),
        "authenticate nothing"
    );
}

#[test]
fn g04_g19_a_step_up_says_what_the_new_login_needs() {
    let error = "error=\"insufficient_user_authentication\"";
    for (params, expected) in [
        (", acr_values=\"gold silver\", max_age=60", "step-up gold silver 60 -"),
        (", acr_values=\"gold\", scope=\"a b\"", "step-up gold - a b"),
        (", max_age=\"0\"", "step-up - 0 -"),
        ("", "step-up - - -"),
        // What cannot be meant is left out.
        (", acr_values=\"\", max_age=\"+5\", scope=\" \"", "step-up - - -"),
        (", max_age=\"-1\"", "step-up - - -"),
        (", max_age=99999999999999999999", "step-up - 2147483648 -"),
    ] {
        assert_challenged(401, &[&format!("Bearer {error}{params}")], expected);
        assert_challenged(401, &[&format!("dpop {error}{params}")], expected);
    }
}

#[test]
fn g05_g06_of_several_errors_the_one_that_has_to_be_mended_first_counts() {
    let line =
        |scheme: &str, error: &str| format!("{scheme} error=\"{error}\", scope=\"{scheme}\"");
    let order = [
        "invalid_token",
        "insufficient_user_authentication",
        "insufficient_scope",
        "invalid_request",
    ];
    let alone = ["authenticate Bearer", "step-up - - Bearer", "widen Bearer", "correct"];
    for (first, error) in order.iter().enumerate() {
        assert_challenged(401, &[&line("Bearer", error)], alone[first]);
        assert_challenged(
            401,
            &["Basic realm=\"a\"", &line("Bearer", error)],
            match first {
                0 => "authenticate Basic+Bearer",
                _ => alone[first],
            },
        );
        for later in &order[first + 1..] {
            let lines = [line("Bearer", error), line("DPoP", later)];
            let (expected, expected_reversed) = match first {
                0 => ("authenticate Bearer+DPoP", "authenticate DPoP+Bearer"),
                _ => (alone[first], alone[first]),
            };
            assert_challenged(401, &[&lines[0], &lines[1]], expected);
            assert_challenged(401, &[&lines[1], &lines[0]], expected_reversed);
        }
    }
    // Of two alike, the server's first.
    let two = [line("DPoP", "insufficient_scope"), line("Bearer", "insufficient_scope")];
    assert_challenged(401, &[&two[0], &two[1]], "widen DPoP");
}

#[test]
fn g19_the_errors_of_oauth_are_read_in_its_schemes_alone() {
    for error in ["insufficient_scope", "insufficient_user_authentication", "invalid_request"] {
        assert_challenged(401, &[&format!("Other error=\"{error}\"")], "authenticate Other");
        assert_challenged(403, &[&format!("Other error=\"{error}\"")], "stop");
    }
}

#[test]
fn g07_a_403_ends_it() {
    for lines in [
        &[][..],
        &["Bearer realm=\"a\""],
        &["Basic realm=\"a\""],
        &["Bearer error=\"invalid_token\""],
        &["Bearer error=\"invalid_request\""],
        &["Bearer error=\"insufficient_scope"],
        &["Bearer realm=\"error=\\\"insufficient_scope\\\"\""],
    ] {
        assert_challenged(403, lines, "stop");
    }
}

#[test]
fn g08_a_403_for_a_scope_or_for_a_login_says_what_would_help() {
    let scope = "Bearer error=\"insufficient_scope\"";
    assert_challenged(403, &[scope], "widen -");
    assert_challenged(403, &[&format!("{scope}, scope=\"a b\"")], "widen a b");
    assert_challenged(403, &["Bearer error=\"invalid_token\"", scope], "widen -");
    let step_up = "DPoP error=\"insufficient_user_authentication\", acr_values=\"gold\"";
    assert_challenged(403, &[step_up], "step-up gold - -");
    assert_challenged(403, &[scope, step_up], "step-up gold - -");
    let mut line = format!("{scope}, scope=\"").into_bytes();
    line.extend(b"\xff\"");
    assert_eq!(advice(403, &[("www-authenticate", &line)]), "widen -", "a scope that is no text");
}

#[test]
fn g09_what_is_missing_or_forbidden_by_law_is_not_requested_again() {
    for status in [402, 404, 410, 451, 511] {
        assert_challenged(status, &[], "stop");
        assert_challenged(status, &["Bearer error=\"insufficient_scope\""], "stop");
        assert_eq!(advice(status, &[("retry-after", b"9")]), "stop", "{status}");
    }
}

#[test]
fn g10_a_407_is_the_proxys() {
    let (basic, bearer) = (b"Basic realm=\"a\"", b"Bearer error=\"insufficient_scope\"");
    let (proxy, origin) = ("proxy-authenticate", "www-authenticate");
    assert_eq!(advice(407, &[(proxy, basic)]), "proxy Basic");
    assert_eq!(advice(407, &[(proxy, bearer), (origin, basic)]), "proxy Bearer");
    for lines in [&[][..], &[(origin, &basic[..])], &[(proxy, b"@")]] {
        assert_eq!(advice(407, lines), "proxy nothing");
    }
}

#[test]
fn g11_g16_errors_of_the_request_ask_for_another_one() {
    let known = [400, 405, 406, 409, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424];
    for status in known.into_iter().chain([426, 428, 431, 420, 430, 460, 499]) {
        assert_challenged(status, &[], "correct");
        assert_challenged(status, &["Bearer error=\"invalid_request\""], "correct");
        assert_challenged(status, &["Bearer error=\"invalid_token\""], "correct");
    }
    // The server has not the method, the version or the extension.
    for status in [501, 505, 510] {
        assert_eq!(advice(status, &[("retry-after", b"9")]), "correct", "{status}");
    }
}

#[test]
fn g12_a_request_that_came_too_slowly_or_too_early_is_right() {
    for status in [408, 425] {
        assert_eq!(advice(status, &[]), "wait", "{status}");
    }
    assert_eq!(advice(413, &[("retry-after", b"60")]), "wait 60");
    assert_eq!(advice(413, &[("retry-after", b"soon")]), "wait");
}

#[test]
fn g13_g14_g15_servers_that_ask_to_wait_or_are_at_fault_have_not_refused_the_credentials() {
    for status in [429, 500, 502, 503, 504, 506, 507, 508, 520, 599, 600, 999] {
        assert_challenged(status, &[], "wait");
        assert_challenged(status, &["Bearer error=\"invalid_token\""], "wait");
        assert_eq!(advice(status, &[("retry-after", b"9")]), "wait 9", "{status}");
    }
}

#[test]
fn g17_retry_after_is_seconds_or_a_date_and_else_nothing() {
    for (value, expected) in [
        ("0", "wait 0"),
        ("120", "wait 120"),
        (" 7 ", "wait 7"),
        ("0000000000000000000000012", "wait 12"),
        ("2147483647", "wait 2147483647"),
        ("2147483649", "wait 2147483648"),
        ("18446744073709551616", "wait 2147483648"),
        // The three forms of a date: RFC 9110 §5.6.7.
        ("Sun, 06 Nov 1994 08:49:37 GMT", "wait until 784111777"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "wait until 784111777"),
        ("Sun Nov  6 08:49:37 1994", "wait until 784111777"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "wait until 253402300799"),
        ("", "wait"),
        ("+5", "wait"),
        ("-5", "wait"),
        ("1.5", "wait"),
        ("5 s", "wait"),
        ("5, 6", "wait"),
        ("tomorrow", "wait"),
        ("1994-11-06T08:49:37Z", "wait"),
    ] {
        // A server's parser removes the white space around a value (RFC 9110 §5.5).
        let value = value.trim();
        assert_eq!(advice(503, &[("retry-after", value.as_bytes())]), expected, "{value:?}");
    }
    let twice: [(&str, &[u8]); 2] = [("retry-after", b"5"), ("retry-after", b"6")];
    assert_eq!(advice(503, &twice), "wait", "two lines");
    assert_eq!(advice(503, &[("retry-after", b"\xff")]), "wait");

    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
    assert_eq!(RetryAfter::Seconds(7).delay(now), Duration::from_secs(7));
    let date = RetryAfter::Date(now + Duration::from_secs(3));
    assert_eq!(date.delay(now), Duration::from_secs(3));
    assert_eq!(date.delay(now + Duration::from_secs(4)), Duration::ZERO);
}

#[test]
fn g18_the_status_of_a_grpc_call_counts_in_place_of_its_200() {
    let challenge: (&str, &[u8]) = ("www-authenticate", b"Bearer error=\"insufficient_scope\"");
    let proxy: (&str, &[u8]) = ("proxy-authenticate", b"Basic realm=\"a\"");
    for (code, lines, expected) in [
        ("0", &[][..], "proceed"),
        ("0", &[challenge], "proceed"),
        ("16", &[], "authenticate nothing"),
        ("16", &[("www-authenticate", b"Bearer realm=\"a\"")], "authenticate Bearer"),
        ("16", &[proxy], "proxy Basic"),
        ("16", &[proxy, ("www-authenticate", b"Bearer realm=\"a\"")], "authenticate Bearer"),
        ("7", &[], "stop"),
        ("7", &[challenge], "widen -"),
        ("5", &[], "stop"),
        ("12", &[], "stop"),
        ("3", &[], "correct"),
        ("6", &[], "correct"),
        ("9", &[], "correct"),
        ("11", &[], "correct"),
        ("8", &[("retry-after", b"3")], "wait 3"),
        ("14", &[("retry-after", b"3")], "wait 3"),
    ] {
        let lines = [&[("grpc-status", code.as_bytes())], lines].concat();
        assert_eq!(advice(200, &lines), expected, "{code} {lines:?}");
        // A proxy between that answers in HTTP is heard.
        assert_eq!(advice(404, &lines), "stop", "{code}");
    }
    for code in ["13", "1", "2", "4", "10", "15", "99", "-1", "", "no number"] {
        assert_eq!(advice(200, &[("grpc-status", code.as_bytes())]), "wait", "{code}");
    }
}

/// What the stages respond with, for each cause, by a name of `DENIALS` or `FAILURES`.
fn right_advice(what: &str) -> &'static str {
    match what {
        "forbidden" | "hopeless" | "because" | "suspended" => "stop",
        "not-found" | "concealed" | "gone" => "stop",
        "nothing" | "identity" | "reauthenticate" => "authenticate Bearer+Basic",
        "invalid" | "expired" | "stale" | "malformed" => "authenticate Bearer+Basic",
        "scope" => "widen a b",
        "step-up" => "step-up - 60 -",
        "ambiguous" | "invalid_request" => "correct",
        "unavailable" => "wait 10",
        "throttled" => "wait 30",
        "internal_error" | "panics" => "wait",
        what => panic!("{what}"),
    }
}

async fn ask(app: Router, path: &str, token: Option<&str>, is_grpc: bool) -> String {
    let mut request = Request::builder().uri(path);
    if let Some(token) = token {
        request = request.header(AUTHORIZATION, format!("Bearer {token}"));
    }
    if is_grpc {
        request = request.method(Method::POST).header(CONTENT_TYPE, "application/grpc");
    }
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(is_grpc, response.status() == StatusCode::OK, "{path}");
    in_short(&Advice::of(&response))
}

#[tokio::test]
async fn g01_to_g18_what_the_stages_respond_with_gives_the_advice_that_its_cause_needs() {
    let app = || denials().layer(AuthenticateLayer::new(identity()));
    let throttled =
        || verify_fn(|_: &str| Err::<Name, _>(Unauthenticated::throttled(Duration::from_secs(30))));
    for is_grpc in [false, true] {
        for (word, ..) in DENIALS {
            let given = ask(app(), &format!("/denials/{word}"), Some("tok-read"), is_grpc).await;
            assert_eq!(given, right_advice(word), "{word}, gRPC: {is_grpc}");
        }
        for (word, ..) in FAILURES {
            let given = ask(app(), "/denials/gone", Some(word), is_grpc).await;
            assert_eq!(given, right_advice(word), "{word}, gRPC: {is_grpc}");
        }
        let given = ask(app(), "/denials/gone", None, is_grpc).await;
        assert_eq!(given, right_advice("nothing"), "gRPC: {is_grpc}");
        let limited = Bearer::new("test", throttled()).unwrap();
        let limited = denials().layer(AuthenticateLayer::new(limited));
        let given = ask(limited, "/denials/gone", Some("any"), is_grpc).await;
        assert_eq!(given, right_advice("throttled"), "gRPC: {is_grpc}");
    }
}

#[tokio::test]
async fn g10_what_a_stage_at_a_proxy_refuses_is_advised_as_the_proxys() {
    let app = || denials().layer(AuthenticateLayer::new(identity()).at_proxy().unwrap());
    for is_grpc in [false, true] {
        let given = ask(app(), "/denials/gone", None, is_grpc).await;
        assert_eq!(given, "proxy Bearer+Basic", "gRPC: {is_grpc}");
    }
}

#[test]
fn g02_advice_is_displayed_with_the_schemes_of_challenges() {
    let lines = [
        "Digest realm=\"r-1\", nonce=\"n-1\"",
        "digest realm=\"r-2\", nonce=\"n-2\"",
        "Basic realm=\"r\"",
    ];
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("www-authenticate", HeaderValue::from_static(line));
    }
    let advice = Advice::of_parts(StatusCode::UNAUTHORIZED, &headers);
    assert_eq!(
        advice.to_string(),
        "Get fresh or different credentials for Digest or Basic, and retry once.",
    );
    let mut headers = HeaderMap::new();
    headers.append("proxy-authenticate", HeaderValue::from_static(lines[2]));
    assert_eq!(
        Advice::of_parts(StatusCode::PROXY_AUTHENTICATION_REQUIRED, &headers).to_string(),
        "Authenticate to the proxy with Basic, in Proxy-Authorization, and retry once.",
    );
    for (seconds, expected) in [("0", "0 seconds"), ("1", "1 second"), ("2", "2 seconds")] {
        let mut headers = HeaderMap::new();
        headers.append("retry-after", HeaderValue::from_static(seconds));
        let advice = Advice::of_parts(StatusCode::SERVICE_UNAVAILABLE, &headers).to_string();
        assert!(advice.starts_with(&format!("Wait {expected}, then")), "{advice}");
    }
}

/// A server chooses the parameters that say what to get: none of them reaches a terminal as it is.
#[test]
fn g19_advice_is_displayed_with_parameters_that_a_terminal_can_show() {
    let shown = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.append("www-authenticate", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        Advice::of_parts(StatusCode::FORBIDDEN, &headers).to_string()
    };
    assert_eq!(
        shown(r#"Bearer error="insufficient_scope", scope="reports:read reports:write""#),
        r#"Get a token with the scope "reports:read reports:write", and retry once."#,
    );
    assert_eq!(
        shown(
            r#"Bearer error="insufficient_user_authentication", acr_values="gold", max_age=5, scope="a""#
        ),
        "Log the user in again, with one of the authentication contexts \"gold\", at most 5 seconds before the \
         request, for the scope \"a\".",
    );
    // Quotes, a direction, an escape of eight bits, a letter that joins its neighbour, a mark of its own.
    let hostile = "a\\\"b\u{202e}c\u{9b}d\u{200d}\u{301}\u{2028}\u{61c}é";
    for error in ["insufficient_scope", "insufficient_user_authentication"] {
        for name in ["scope", "acr_values"] {
            let text = shown(&format!("Bearer error=\"{error}\", {name}=\"{hostile}\""));
            assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
        }
    }
    let long =
        shown(&format!("Bearer error=\"insufficient_scope\", scope=\"{}\"", "é".repeat(4000)));
    assert!(long.len() < 1200 && long.ends_with("…\", and retry once."), "{long}");
    let mut headers = HeaderMap::new();
    headers.append("www-authenticate", HeaderValue::from_str(&"x".repeat(50_000)).unwrap());
    let advice = Advice::of_parts(StatusCode::UNAUTHORIZED, &headers).to_string();
    assert!(advice.len() < 300, "{}", advice.len());
}

/// A line that is a challenge more often than not.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let error = "(Bearer|DPoP|Basic) error=\"(insufficient_scope|invalid_request|invalid_token|\
                 insufficient_user_authentication)\"(, (scope|acr_values|max_age)=\"[a-z0-9 +-]{0,22}\"){0,2}";
    prop_oneof![
        error.prop_map(String::into_bytes),
        "[ -~]{0,24}".prop_map(String::into_bytes),
        "[0-9+-]{0,24}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..24),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn g20_every_response_has_an_advice_which_its_status_bounds(
        status in prop_oneof![100_u16..=999, proptest::sample::select(vec![200_u16, 401, 403, 407, 503])],
        lines in proptest::collection::vec((0_usize..5, line()), 0..4),
    ) {
        let names = ["www-authenticate", "proxy-authenticate", "retry-after", "grpc-status", "content-type"];
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.append(names[name], value);
            }
        }
        let status = StatusCode::from_u16(status).unwrap();
        let advice = Advice::of_parts(status, &headers);
        prop_assert_eq!(&advice, &Advice::of_parts(status, &headers));
        prop_assert!(advice.to_string().ends_with('.'), "{}", advice);
        let is_grpc = status == StatusCode::OK && headers.contains_key("grpc-status");
        let fits = match (&advice, status.as_u16()) {
            _ if is_grpc => true,
            (Advice::Proceed, 100..=399) => true,
            (_, 100..=399) => false,
            (Advice::Authenticate(_), status) => status == 401,
            (Advice::StepUp { .. } | Advice::WidenScope { .. }, status) => matches!(status, 401 | 403),
            (Advice::AuthenticateToProxy(_), status) => status == 407,
            (Advice::Stop, status) => matches!(status, 402 | 403 | 404 | 410 | 451 | 511),
            (Advice::Correct, status) => {
                matches!(status, 400..=499 | 501 | 505 | 510) && !matches!(status, 403 | 404 | 407)
            }
            (Advice::Wait(_), status) => (status >= 500 && status != 511) || matches!(status, 408 | 413 | 425 | 429),
            _ => false,
        };
        prop_assert!(fits, "{} {:?}", status, advice);
        if let Advice::Wait(Some(wait)) = advice {
            prop_assert!(headers.contains_key(RETRY_AFTER));
            let later = SystemTime::UNIX_EPOCH.checked_add(wait.delay(SystemTime::UNIX_EPOCH));
            prop_assert!(later.is_some());
        }
    }
}
