//! What the probe learns from responses: values that are always new, echoes of the path, and the headers
//! that an authorized caller receives.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use portcullis::testing::{Aspect, LeakProbe};
use portcullis::{AuthenticateLayer, Digest, DigestUsers};

use crate::app::{ALICE, BOB, CONCEALED, MISSING, Place, honest, planted_in, probe, run};
use crate::plants_frameworks::{FRAMEWORKS, random};

#[test]
fn an_id_of_another_form_is_a_leak() {
    let plant = FRAMEWORKS.iter().find(|plant| plant.name == "an id that is longer").unwrap();
    let app = planted_in(honest(), plant, Place::OnConcealed);
    let shorter = from_fn(|request: Request, next: Next| async move {
        let mut response = next.run(request).await;
        let id = HeaderValue::from_str(&format!("{:016x}", random() as u64)).unwrap();
        response.headers_mut().entry("x-request-id").or_insert(id);
        response
    });
    let report = run(&probe(app.layer(shorter)).methods(["GET"]).budget(100));
    let [leak] = report.leaks() else { panic!("{report}") };
    assert!(leak.is_unsteady(), "{report}");
    assert_eq!(*leak.aspect(), Aspect::Header("x-request-id".to_owned()));
    assert!(leak.sentence().contains("of another form on concealed (`"), "{report}");
}

#[test]
fn of_a_digest_challenge_only_the_nonce_may_differ() {
    let stage = |realm: &'static str| {
        let users = DigestUsers::new(realm).with("carol", "carol's", ());
        AuthenticateLayer::new(Digest::from_users(users).unwrap())
    };
    let vault = |realm| {
        let routes = Router::new()
            .route(CONCEALED, any(async || "for members").layer(stage(realm)))
            .fallback_service(any(async || "for members").layer(stage("all")));
        LeakProbe::of_service(routes).pair(CONCEALED, MISSING).anonymous().methods(["GET"])
    };
    run(&vault("all").budget(200)).assert_no_leaks();
    let report = run(&vault("vault").budget(200));
    assert!(report.leaks()[0].sentence().contains("`www-authenticate`"), "{report}");
}

#[test]
fn headers_to_an_authorized_caller_are_sent_by_the_others() {
    let known = async |headers: HeaderMap| {
        if headers.get("authorization").is_some_and(|value| value == ALICE[0].1) {
            return ([("etag", "\"8f3a\"")], "the notes").into_response();
        }
        match headers.get("if-none-match").is_some_and(|value| value == "\"8f3a\"") {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => StatusCode::NOT_FOUND.into_response(),
        }
    };
    let app =
        Router::new().route(CONCEALED, get(known)).fallback(|| async { StatusCode::NOT_FOUND });
    let report = run(&probe(app.clone()).methods(["GET"]));
    let text = "with `if-none-match: \"8f3a\"`: status 304 on concealed, 404 on missing";
    assert!(report.leaks()[0].sentence().contains(text), "{report}");
    let without = LeakProbe::of_service(app).pair(CONCEALED, MISSING).unauthorized("bob", BOB);
    run(&without.methods(["GET"])).assert_no_leaks();
}

#[test]
fn values_that_are_different_for_every_path_are_learned_from_other_paths() {
    // The sum of the bytes, which is different for every path.
    let sum = |path: &str| path.bytes().map(u32::from).sum::<u32>().to_string();
    let app = |concealed: &'static str| {
        Router::new().fallback(async move |uri: axum::http::Uri| {
            let of = if uri.path().starts_with(CONCEALED) { concealed } else { "" };
            (StatusCode::NOT_FOUND, [("x-sum", sum(uri.path()) + of)])
        })
    };
    let probe = |of| LeakProbe::of_service(app(of)).pair(CONCEALED, MISSING).anonymous();
    let report = run(&probe("").methods(["GET"]).budget(200));
    report.assert_no_leaks();
    assert_eq!(report.by_form().count(), 1);
    let report = run(&probe("0").methods(["GET"]).budget(200));
    assert!(report.leaks()[0].sentence().contains("`x-sum` is `"), "{report}");
}

#[test]
fn lengths_that_follow_from_the_length_of_the_path_are_no_leak() {
    let app = |more: &'static str| {
        Router::new().fallback(async move |uri: axum::http::Uri| {
            let more = if uri.path().ends_with("notes") { more } else { "" };
            (StatusCode::NOT_FOUND, format!("nothing at {}{more}", uri.path()))
        })
    };
    let probe =
        |more| LeakProbe::of_service(app(more)).pair("/a/notes", "/a/something").anonymous();
    run(&probe("").methods(["GET", "HEAD"]).budget(400)).assert_no_leaks();
    let report = run(&probe("!").methods(["HEAD"]).budget(50));
    assert_eq!(*report.leaks()[0].aspect(), Aspect::Length, "{report}");
}

#[test]
fn a_number_that_echoes_the_path_is_distinguished_from_one_that_does_not() {
    let app = |count: fn(&str) -> String| {
        Router::new()
            .fallback(async move |uri: axum::http::Uri| (StatusCode::NOT_FOUND, count(uri.path())))
    };
    let probe = |count| LeakProbe::of_service(app(count)).pair("/items/7", "/items/9").anonymous();
    run(&probe(|path| format!("no {}", path.trim_start_matches("/items/")))
        .methods(["GET"])
        .budget(200))
    .assert_no_leaks();
    let versions =
        |path: &str| format!("version {}", if path.starts_with("/items/7") { 7 } else { 9 });
    assert!(!run(&probe(versions).methods(["GET"]).budget(50)).has_no_leaks());
}

#[test]
fn of_many_additions_the_report_names_those_that_matter() {
    let needs_two = async |headers: HeaderMap| match headers.contains_key("forwarded")
        && headers.contains_key("prefer")
    {
        true => StatusCode::FORBIDDEN,
        false => StatusCode::NOT_FOUND,
    };
    let app =
        Router::new().route(CONCEALED, any(needs_two)).fallback(async || StatusCode::NOT_FOUND);
    let probe = |seed| {
        let probe = LeakProbe::of_service(app.clone()).pair(CONCEALED, MISSING).anonymous();
        run(&probe.methods(["GET"]).seed(seed))
    };
    // Whether two of a thousand names are sent together depends on the seed.
    let report = (0..9).map(probe).find(|report| !report.has_no_leaks()).expect("found");
    let sentence = report.leaks()[0].sentence();
    assert_eq!(sentence.matches(": ").count(), 3, "{sentence}");
    assert!(sentence.contains("`forwarded: ") && sentence.contains("`prefer: "), "{sentence}");
}
