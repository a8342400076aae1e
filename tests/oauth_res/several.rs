//! J03: several resources in one layer, and behind one stage.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use http::header::{HOST, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{Response, StatusCode};
use portcullis::AuthenticateLayer;
use portcullis::oauth::{Resource, Resources};

use super::{WELL_KNOWN, inside, json, request, send, tokens};

fn host(request: &Parts) -> Option<&str> {
    request.uri.host().or_else(|| request.headers.get(HOST)?.to_str().ok())
}

fn tenants() -> Resources {
    ["a.example", "b.example"].into_iter().fold(Resources::chosen_by(host), |tenants, host| {
        let resource = Resource::new(&format!("https://{host}/notes")).unwrap();
        tenants.with(host, resource)
    })
}

fn app(tenants: &Resources) -> Router {
    let identity = tokens().ask_for("notes:read").unwrap().metadata_by_request(tenants);
    inside().layer(AuthenticateLayer::new(identity)).layer(tenants.layer())
}

async fn at(app: &Router, host: &str, path: &str) -> Response<Vec<u8>> {
    let mut request = request("GET", path);
    request.headers_mut().insert(HOST, host.parse().unwrap());
    send(app, request).await
}

fn challenge(response: &Response<Vec<u8>>) -> &str {
    response.headers()[WWW_AUTHENTICATE].to_str().unwrap()
}

#[tokio::test]
async fn j03_a_request_chooses_among_the_configured_resources() {
    let app = app(&tenants());
    for host in ["a.example", "b.example"] {
        let metadata = at(&app, host, &format!("{WELL_KNOWN}/notes")).await;
        assert_eq!(json(&metadata)["resource"], format!("https://{host}/notes"));
        let refused = at(&app, host, "/notes").await;
        let expected = format!(
            "Bearer realm=\"notes\", resource_metadata=\"https://{host}{WELL_KNOWN}/notes\", \
             scope=\"notes:read\""
        );
        assert_eq!(challenge(&refused), expected);
    }
}

#[tokio::test]
async fn j03_a_request_for_none_of_them_passes_through_and_repeats_nothing() {
    let app = app(&tenants());
    for host in ["c.example", "", "a.example.evil.example", "A.EXAMPLE", "a.example:81"] {
        let metadata = at(&app, host, &format!("{WELL_KNOWN}/notes")).await;
        // The stage inside refuses it.
        assert_eq!(metadata.status(), StatusCode::UNAUTHORIZED, "{host}");
        for response in [metadata, at(&app, host, "/notes").await] {
            assert_eq!(
                challenge(&response),
                "Bearer realm=\"notes\", scope=\"notes:read\"",
                "{host}"
            );
        }
    }
    let mut twice = request("GET", &format!("{WELL_KNOWN}/notes"));
    twice.headers_mut().append(HOST, "c.example".parse().unwrap());
    twice.headers_mut().append(HOST, "a.example".parse().unwrap());
    assert_eq!(send(&app, twice).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn j03_the_scopes_of_the_layer_replace_those_of_the_identity_here_too() {
    let tenants = tenants();
    let identity = tokens().metadata_by_request(&tenants).ask_for("notes:read").unwrap();
    let layer = AuthenticateLayer::new(identity).challenge_scope("notes:write").unwrap();
    let app = inside().layer(layer);
    let refused = at(&app, "a.example", "/notes").await;
    assert!(challenge(&refused).ends_with("scope=\"notes:write\""), "{}", challenge(&refused));
    let refused = at(&app, "c.example", "/notes").await;
    assert_eq!(challenge(&refused), "Bearer realm=\"notes\", scope=\"notes:write\"");
}

#[tokio::test]
async fn j03_resources_with_paths_of_their_own_need_no_closure_at_the_layer() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let none = Resources::chosen_by(move |_: &Parts| {
        count.fetch_add(1, Ordering::Relaxed);
        None
    });
    let tenants = ["/a", "/b"].into_iter().fold(none, |tenants, path| {
        tenants.with(path, Resource::new(&format!("https://api.example{path}")).unwrap())
    });
    let app = inside().layer(tenants.layer());
    for path in ["/a", "/b"] {
        let response = send(&app, request("GET", &format!("{WELL_KNOWN}{path}"))).await;
        assert_eq!(json(&response)["resource"], format!("https://api.example{path}"));
    }
    let response = send(&app, request("GET", "/elsewhere")).await;
    assert_eq!(response.body(), b"/elsewhere");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn j03_a_name_that_is_given_twice_is_the_last_resource() {
    let resource = |path| Resource::new(&format!("https://api.example{path}")).unwrap();
    let tenants =
        Resources::chosen_by(host).with("x", resource("/old")).with("x", resource("/new"));
    let app = inside().layer(tenants.layer());
    let old = send(&app, request("GET", &format!("{WELL_KNOWN}/old"))).await;
    assert_eq!(old.body(), format!("{WELL_KNOWN}/old").as_bytes());
    let new = send(&app, request("GET", &format!("{WELL_KNOWN}/new"))).await;
    assert_eq!(json(&new)["resource"], "https://api.example/new");
}

#[tokio::test]
async fn j03_a_closure_that_panics_has_chosen_none() {
    let tenants = ["a.example", "b.example"].into_iter().fold(
        Resources::chosen_by(|_: &Parts| panic!("a closure of the application")),
        |tenants, host| {
            tenants.with(host, Resource::new(&format!("https://{host}/notes")).unwrap())
        },
    );
    let app = app(&tenants);
    for path in ["/notes".to_owned(), format!("{WELL_KNOWN}/notes")] {
        let response = at(&app, "a.example", &path).await;
        assert_eq!(challenge(&response), "Bearer realm=\"notes\", scope=\"notes:read\"");
    }
}
