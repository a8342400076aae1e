//! The leak probe against an application with every option of a stage switched on at once, in front of
//! hidden and of missing paths: D01–D06, D09, D12 and D14 with A24, A26, F05 to F10, F13 and F14.

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use portcullis::testing::{LeakProbe, basic};
use portcullis::{
    ApiKey, AuthenticateLayer, AuthorizeLayer, Basic, Bearer, ConcealLayer, Denial, DrainLayer,
    HasRoles, LoginPage, Principal, ProblemDetails, Requirement, Tokens, Users, any_of, role,
};
use tower::ServiceBuilder;
use tower::util::MapResponseLayer;
use tower_http::cors::{Any, CorsLayer};

use crate::negotiated::{MEMBER, User, negotiate};

fn cors() -> CorsLayer {
    CorsLayer::new().allow_origin(Any).allow_methods(Any).allow_headers([AUTHORIZATION])
}

/// Denies by the last segment of the path: each denial alone would show more than a 404 does.
async fn object(request: Request) -> Response {
    let caller = Principal::<User>::of(request.extensions());
    if caller.is_some_and(|caller| caller.has_role("admin")) {
        return "the object\n".into_response();
    }
    let is_call = request
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"));
    let denial = match request.uri().path().rsplit('/').next() {
        Some("1") => Denial::forbidden().concealed(),
        Some("2") => Denial::identity_needed(),
        Some("3") => Denial::insufficient(Requirement::scopes(["a"]).unwrap()),
        Some("4") => Denial::unavailable(),
        Some("5") => Denial::gone(),
        _ => return ProblemDetails::new(StatusCode::CONFLICT).into_response(),
    };
    let denial = denial.with_detail("It is there.").with_member(MEMBER, 1);
    if is_call { denial.into_grpc_response() } else { denial.into_response() }
}

/// Notes behind a policy that does not conceal, on one route only, with a CORS layer of their own; and
/// objects whose handler decides.
fn vault() -> Router {
    let admins = AuthorizeLayer::<User>::new(role("admin")).discloses_routes();
    let note = get(|| async { "the note\n" })
        .post(|Json(note): Json<u32>| async move { format!("{note}\n") });
    Router::new()
        .route("/vault/notes/{id}", note.layer(ServiceBuilder::new().layer(cors()).layer(admins)))
        .route("/vault/objects/{id}", any(object))
        .layer(MapResponseLayer::new(ProblemDetails::replace_plain_error))
}

#[derive(Clone, Copy, PartialEq)]
enum Admission {
    Optional,
    Required,
}

fn everything(admission: Admission) -> Router {
    let users = Users::new().with("alice", "wonderland", User("admin"));
    let users = users.with("bob", "builder", User("member"));
    let tokens = || Tokens::new().with("carol-token", User("member"));
    let identity = any_of((
        Bearer::new("vault", tokens()).unwrap(),
        Basic::new("vault", users).unwrap(),
        ApiKey::new("vault", HeaderName::from_static("x-api-key"), tokens()).unwrap(),
    ));
    let page = LoginPage::at("/login").unwrap().return_in("next").unwrap();
    let page = page.redirect_forms().redirect_htmx().link_for_turbo();
    let stage = AuthenticateLayer::new(identity)
        .respond_with(negotiate())
        .login_page(page)
        .suppress_dialogs_for_scripts()
        .exempt_preflights()
        .expose_challenges()
        .audited()
        .on_decision(|_| {});
    let stage = if admission == Admission::Optional { stage.optional() } else { stage };
    let area = ConcealLayer::routes_under("/vault").unwrap().respond_with(negotiate());
    let app = Router::new().fallback_service(vault()).layer(stage).layer(area);
    match admission {
        Admission::Optional => {
            let exposed = [WWW_AUTHENTICATE, RETRY_AFTER];
            app.layer(cors().expose_headers(exposed)).layer(DrainLayer::new())
        }
        // Without a CORS layer outside, so that preflights get to the exemption.
        Admission::Required => app.layer(DrainLayer::new()),
    }
}

fn assert_silent(probe: LeakProbe) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(probe.run()).unwrap();
    report.assert_no_leaks();
    assert!(report.variants() > 1000, "{report}");
}

fn probe(admission: Admission, concealed: &str, missing: &str) -> LeakProbe {
    let app = everything(admission);
    LeakProbe::of_service(app).pair(concealed, missing)
}

#[test]
fn d01_to_d06_d12_d14_the_probe_is_silent_with_everything_on_where_anonymous_callers_go_on() {
    let probe = probe(Admission::Optional, "/vault/notes/1", "/vault/other/1");
    let probe = probe.methods(["GET", "POST", "OPTIONS"]);
    let probe = probe.unauthorized("bob", basic("bob", "builder")).anonymous();
    assert_silent(probe.authorized("alice", basic("alice", "wonderland")));
}

#[test]
fn d01_to_d06_d12_d14_the_probe_is_silent_with_everything_on_where_an_identity_is_required() {
    let probe = probe(Admission::Required, "/vault/notes/1", "/vault/other/1");
    let probe = probe.methods(["GET", "POST", "OPTIONS"]);
    let probe = probe.unauthorized("bob", basic("bob", "builder")).anonymous();
    assert_silent(probe.authorized("alice", basic("alice", "wonderland")));
}

#[test]
fn d08_d09_d12_the_probe_is_silent_with_everything_on_where_the_handler_denies() {
    for id in 1..=6 {
        let (concealed, missing) = (format!("/vault/objects/{id}"), format!("/vault/nothing/{id}"));
        let probe = probe(Admission::Optional, &concealed, &missing).methods(["POST"]);
        let probe = probe.repetitions(0).anonymous();
        assert_silent(probe.authorized("alice", basic("alice", "wonderland")));
    }
}
