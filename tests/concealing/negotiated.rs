//! The leak probe against an application that negotiates its refusals and its own errors: D01–D05 with
//! F05 and F14 switched on, in the stage and in front of the area.

use axum::Router;
use axum::extract::Path;
use axum::routing::{any, get};
use axum::{Json, http::StatusCode};
use portcullis::respond::{MemberName, Negotiate, Translation};
use portcullis::testing::{LeakProbe, basic};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, ConcealLayer, Denial, HasRoles, Problem,
    ProblemDetails, Users, conceal, role,
};
use tower::util::MapResponseLayer;

#[derive(Clone)]
pub struct User(pub &'static str);

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.0 == role
    }
}

pub const MEMBER: MemberName = MemberName::from_static("member");

/// Everything that a response may depend on, switched on.
pub fn negotiate() -> Negotiate {
    let negotiate = Negotiate::new()
        .problem(Problem::new().type_base("urn:x:").member(MEMBER, "of every problem"))
        .instance(|request| {
            let id = request.headers.get("x-request-id")?.to_str().ok()?;
            Some(format!("urn:request:{id}"))
        });
    let german = |problem: &ProblemDetails, _: &str| {
        Some(Translation::new(format!("Nicht: {}", problem.title()), problem.detail()?.to_owned()))
    };
    negotiate.translate(["de"], german).unwrap()
}

/// An application as the example `vault`: notes that only Alice may see, and their own errors.
fn vault() -> Router {
    let note = |Path(id): Path<u32>| async move {
        match id {
            1 => Ok("the note\n"),
            2 => Err(ProblemDetails::new(StatusCode::NOT_FOUND).with_detail("There is no note 2.")),
            _ => Err(ProblemDetails::new(StatusCode::CONFLICT).with_member(MEMBER, id)),
        }
    };
    let add = |Json(note): Json<u32>| async move { format!("{note}") };
    let deny =
        |_: Path<u32>| async { Denial::forbidden().with_member(MEMBER, 1).with_detail("there") };
    let routes = Router::new()
        .route("/notes/{id}", get(note).post(add).put(deny))
        .layer(MapResponseLayer::new(ProblemDetails::replace_plain_error));
    let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    Router::new().nest("/vault", Router::new().fallback_service(routes).layer(admins))
}

fn stage(app: Router) -> Router {
    let users = Users::new().with("alice", "wonderland", User("admin"));
    let users = users.with("bob", "builder", User("member"));
    let stage = AuthenticateLayer::new(Basic::new("vault", users).unwrap()).optional();
    let stage = stage.respond_with(negotiate());
    Router::new().fallback_service(app).layer(stage)
}

fn probe(app: Router) -> LeakProbe {
    LeakProbe::of_service(app).pair("/vault/notes/1", "/vault/other/1")
}

fn assert_silent(probe: &LeakProbe) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let report = runtime.block_on(probe.run()).unwrap();
    report.assert_no_leaks();
    assert!(report.variants() > 100, "{report}");
}

/// Without an area in front: the handler hides the object, and the stage renders both 404s.
fn objects() -> Router {
    let hide = || async {
        Denial::forbidden().with_detail("it is there").with_member(MEMBER, 1).concealed()
    };
    let missing = || async { Denial::not_found() };
    Router::new().route("/vault/notes/{id}", any(hide)).fallback(missing)
}

#[test]
fn d01_to_d05_the_probe_finds_no_leak_where_a_stage_negotiates() {
    let objects = objects().layer(MapResponseLayer::new(ProblemDetails::replace_plain_error));
    let probe = probe(stage(objects)).methods(["GET", "POST"]);
    assert_silent(&probe.unauthorized("bob", basic("bob", "builder")));
}

#[test]
fn d01_to_d05_the_probe_finds_no_leak_where_an_area_negotiates() {
    let area = ConcealLayer::routes_under("/vault").unwrap().respond_with(negotiate());
    let probe = probe(stage(vault()).layer(area)).methods(["PUT", "GET"]);
    let probe = probe.unauthorized("bob", basic("bob", "builder"));
    assert_silent(&probe.authorized("alice", basic("alice", "wonderland")));
}
