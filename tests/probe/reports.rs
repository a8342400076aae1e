//! The texts of reports and errors.

use axum::Router;
use axum::routing::get;
use portcullis::testing::{Aspect, LeakProbe, ProbeError, Transport};

use crate::app::{ALICE, BOB, CONCEALED, MISSING, Place, honest, planted, probe, run, runtime};
use crate::plants::PLANTS;

fn plant(name: &str) -> Router {
    let plant = PLANTS.iter().find(|plant| plant.name == name).expect("such a plant");
    planted(plant, Place::OnConcealed)
}

fn refused(probe: &LeakProbe) -> ProbeError {
    runtime().block_on(probe.run()).expect_err("no report")
}

#[test]
fn one_cause_is_one_paragraph_with_its_count_and_its_first_request() {
    let probe = probe(plant("`Allow`, for one method")).anonymous();
    let report = run(&probe.methods(["GET", "OPTIONS"]));

    let [leak] = report.leaks() else { panic!("{report}") };
    assert_eq!(leak.callers().collect::<Vec<_>>(), ["bob", "anonymous"]);
    assert_eq!(leak.methods().collect::<Vec<_>>(), ["OPTIONS"]);
    let (variants, text) = (leak.variants(), report.to_string());
    assert!(variants > 100, "{text}");
    for part in [
        "1 leak in ",
        "1. `OPTIONS /vault/notes`: `allow` present on concealed (`GET,HEAD`), absent on missing",
        &format!("variants: {variants} (OPTIONS {variants})"),
        "callers: bob, anonymous; pairs: /vault/notes and /vault/other",
        "first seen by bob: OPTIONS /vault/notes",
        "compared with:    OPTIONS /vault/other",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Basic Ym9i"), "no credential");
    assert!(!format!("{probe:?} {report:?}", probe = self::probe(honest())).contains("Ym9i"));
}

#[test]
fn the_same_leaks_have_the_same_report() {
    let text = || {
        let report = run(&probe(plant("an `ETag`")).methods(["PUT", "GET"]).budget(500));
        report.leaks().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(text(), text());
}

#[test]
#[should_panic(expected = "`DELETE /vault/notes`: status 405 on concealed, 404 on missing")]
fn a_test_that_fails_shows_the_report() {
    run(&probe(plant("405")).methods(["DELETE"])).assert_no_leaks();
}

#[test]
fn a_leak_for_one_caller_names_the_caller() {
    let report = run(&probe(plant("a leak for one caller")).anonymous().methods(["PROPFIND"]));
    let [leak] = report.leaks() else { panic!("{report}") };
    assert_eq!(leak.callers().collect::<Vec<_>>(), ["bob"]);
}

#[test]
fn a_request_id_is_compared_by_its_form_or_not_at_all() {
    use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};
    let app = || {
        honest()
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
    };
    let report = run(&probe(app()).methods(["GET"]));
    report.assert_no_leaks();
    let id = Aspect::Header("x-request-id".to_owned());
    assert_eq!(report.by_form().collect::<Vec<_>>(), [&id]);
    assert!(report.to_string().contains("compared by form only"), "{report}");
    assert!(report.requests() < 2 * report.variants() + 100, "repeated a few times, not always");

    let report = run(&probe(app()).methods(["GET"]).ignore_header_value("X-Request-Id"));
    report.assert_no_leaks();
    assert_eq!(report.by_form().count(), 0);
}

#[test]
fn the_report_names_its_seed_and_a_budget_is_kept() {
    let probe = probe(honest()).budget(77).seed(4_711).transports([Transport::Http1]);
    let report = run(&probe);
    assert_eq!((report.variants(), report.seed()), (77, 4_711));
    assert!(
        report
            .to_string()
            .contains("(variants: 77 over HTTP/1.1; pairs: 1, callers: 1, seed: 4711)"),
        "{report}"
    );
}

#[test]
fn a_rate_limit_is_reported() {
    let app = Router::new().fallback(|| async { http::StatusCode::TOO_MANY_REQUESTS });
    let probe = LeakProbe::of_service(app).pair(CONCEALED, MISSING).anonymous().methods(["GET"]);
    let report = run(&probe.budget(50).transports([Transport::Http1]));
    assert!(
        report.to_string().contains("100 responses were 429 or 503: a rate limit hides"),
        "{report}"
    );
}

#[test]
fn an_echo_of_the_path_is_no_leak() {
    let echo = |uri: axum::http::Uri| async move { (http::StatusCode::NOT_FOUND, uri.to_string()) };
    let app = Router::new().fallback(echo);
    let probe = LeakProbe::of_service(app).pair(CONCEALED, MISSING).anonymous();
    run(&probe.methods(["GET", "TRACE"])).assert_no_leaks();
}

#[test]
fn a_page_that_is_visible_to_every_caller_is_a_leak() {
    let app = Router::new().fallback(get(|| async { "the same page for every path" }));
    let probe = LeakProbe::of_service(app).pair(CONCEALED, MISSING).anonymous();
    let report = run(&probe.methods(["GET"]));
    let [leak] = report.leaks() else { panic!("{report}") };
    assert_eq!(*leak.aspect(), Aspect::Seen);
    let text = "`GET /vault/notes`: status 200 on concealed and missing: the resource is visible";
    assert_eq!(leak.sentence(), text);
}

#[test]
fn a_header_of_the_user_is_tried_too() {
    let app = Router::new()
        .route(
            CONCEALED,
            get(async |headers: http::HeaderMap| match headers.get("x-leaflet") {
                Some(_) => http::StatusCode::FORBIDDEN,
                None => http::StatusCode::NOT_FOUND,
            }),
        )
        .fallback(|| async { http::StatusCode::NOT_FOUND });
    let probe =
        || LeakProbe::of_service(app.clone()).pair(CONCEALED, MISSING).anonymous().methods(["GET"]);
    run(&probe()).assert_no_leaks();
    let report = run(&probe().with_header("x-leaflet", "1"));
    let text = "`GET /vault/notes` with `x-leaflet: 1`: status 403 on concealed, 404 on missing";
    assert_eq!(report.leaks()[0].sentence(), text);
}

#[test]
fn a_probe_that_would_show_nothing_says_what_to_do() {
    let of = || LeakProbe::of_service(honest());
    let cases = [
        (of().anonymous(), "add `.pair("),
        (of().pair(CONCEALED, MISSING), "add `.anonymous()`"),
        (of().pair("vault", MISSING).anonymous(), "\"vault\" is no path"),
        (of().pair("/a b", MISSING).anonymous(), "\"/a b\" is no path"),
        (of().pair("/a?b", MISSING).anonymous(), "\"/a?b\" is no path"),
        (of().pair(MISSING, MISSING).anonymous(), "paired with itself"),
        (of().pair(CONCEALED, MISSING).unauthorized("x", [("a b", "c")]), "\"a b\" cannot be sent"),
        (
            of().pair(CONCEALED, MISSING).unauthorized("x", [("a", "b\r\nc: d")]),
            "\"a\" cannot be sent",
        ),
        (of().pair(CONCEALED, MISSING).anonymous().methods([]), "name a method"),
        (of().pair(CONCEALED, MISSING).anonymous().concurrency(0), "say 1 in `.concurrency("),
        (of().pair(CONCEALED, MISSING).anonymous().methods(["G T"]), "\"G T\" is no method"),
        (
            of().pair("/vault/typo", MISSING).anonymous().authorized("alice", ALICE),
            "alice may see /vault/typo, and gets 404",
        ),
        (
            of().pair(CONCEALED, MISSING).anonymous().authorized("bob", BOB),
            "bob may see /vault/notes, and gets 404",
        ),
    ];
    for (probe, text) in cases {
        let error = refused(&probe).to_string();
        assert!(error.contains(text), "{text}: {error}");
    }
}

#[test]
fn a_missing_path_that_is_there_is_refused() {
    let app = Router::new().fallback(get(|| async { "here" }));
    let probe = LeakProbe::of_service(app).pair(CONCEALED, MISSING).anonymous();
    let error = refused(&probe.authorized("alice", ALICE));
    assert!(matches!(error, ProbeError::NotMissing { .. }), "{error}");
}

#[test]
fn a_closed_port_is_an_error() {
    // Bound, so that no other process can listen on it.
    let port = tokio::net::TcpSocket::new_v4().unwrap();
    port.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = port.local_addr().unwrap();
    let probe = LeakProbe::of_address(address).pair(CONCEALED, MISSING).anonymous();
    assert!(matches!(refused(&probe), ProbeError::Connect(_)));
}
