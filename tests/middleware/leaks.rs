//! The leak probe against a service as the example `vault`, with everything on that is for scripts of other
//! origins and for uploads: D12, D14.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderValue;
use axum::routing::get;
use portcullis::testing::{LeakProbe, Transport, bearer};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, DrainLayer, HasRoles, Tokens, conceal,
    role,
};
use tower_http::cors::CorsLayer;

use crate::support::Server;

#[derive(Clone)]
struct User(&'static str);

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        role == self.0
    }
}

/// Each route of the vault has a CORS layer, and so has the area.
fn app(optional: bool) -> Router {
    let cors = || CorsLayer::new().allow_origin(HeaderValue::from_static("https://app.example"));
    let notes = get(|| async { "notes" }).post(|body: Bytes| async move { body });
    let notes = notes.layer((cors(), DefaultBodyLimit::max(10)));
    let routes = Router::new().route("/notes", notes);
    let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    let area = Router::new().fallback_service(routes).layer(admins).layer(cors());

    let tokens = Tokens::new().with("alice-token", User("admin")).with("bob-token", User("none"));
    let stage = AuthenticateLayer::new(Bearer::new("vault", tokens).unwrap());
    let stage = stage.exempt_preflights().expose_challenges();
    let stage = if optional { stage.optional() } else { stage };
    let concealment = ConcealLayer::everywhere().hide_routes_under("/vault").unwrap();
    let concealment = concealment.time_floor(Duration::from_millis(2)).unwrap();
    Router::new()
        .fallback_service(Router::new().nest_service("/vault", area))
        .layer(stage)
        .layer(concealment)
        .layer(DrainLayer::new())
}

fn probe(optional: bool) {
    let server = Server::start(app(optional));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let probe = LeakProbe::of_address(server.address)
        .pair("/vault/notes", "/vault/missing")
        .unauthorized("bob", bearer("bob-token"))
        .anonymous()
        .authorized("alice", bearer("alice-token"))
        .methods(["OPTIONS", "POST"])
        .transports([Transport::Http1, Transport::Http2])
        .budget(300);
    let report = runtime.block_on(probe.run()).unwrap();
    report.assert_no_leaks();
    assert!(report.variants() > 200, "{report}");
}

#[test]
fn d12_d14_the_probe_finds_no_leak_with_cors_and_draining() {
    probe(false);
}

#[test]
fn d12_d14_the_probe_finds_no_leak_with_cors_and_draining_where_anonymous_callers_are_admitted() {
    probe(true);
}
