//! An area whose routes are hidden: before a permit only the 404 passes. D02, D06, D10, D11, D12, C07,
//! C13.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::Request;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};
use http::StatusCode;
use http::request::Parts;
use portcullis::conceal::InvalidConcealment;
use portcullis::policy::{all, not};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, Decision, Denial, Disclosed, HasRoles,
    Policy, Principal, Tokens, authenticated, conceal, conceal_unless, policy_fn, role,
};

use crate::support::{Answer, Events, Server, send};

#[derive(Clone)]
struct User {
    roles: &'static [&'static str],
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.roles.contains(&role)
    }
}

fn stage() -> AuthenticateLayer<impl portcullis::authenticate::IdentityService<Principal = User>> {
    let tokens = Tokens::new()
        .with("admin", User { roles: &["admin", "member"] })
        .with("member", User { roles: &["member"] })
        .with("bob", User { roles: &[] })
        .with_expiring("old", User { roles: &["admin"] }, std::time::SystemTime::UNIX_EPOCH);
    AuthenticateLayer::new(Bearer::new("test", tokens).unwrap())
}

fn hidden() -> ConcealLayer {
    ConcealLayer::everywhere().hide_routes_under("/vault").unwrap()
}

const ANONYMOUS: &[&str] = &[];
const BOB: &[&str] = &["authorization: Bearer bob"];
const MEMBER: &[&str] = &["authorization: Bearer member"];
const ADMIN: &[&str] = &["authorization: Bearer admin"];

fn status(status: u16) -> Response {
    StatusCode::from_u16(status).unwrap().into_response()
}

/// A vault whose routes respond with other statuses than 404, as routers and extractors do.
fn vault() -> Router {
    Router::new()
        .route("/get", get(|| async { "seen" }))
        .route("/number/{n}", get(|Path(n): Path<u32>| async move { n.to_string() }))
        .route("/json", post(|_: axum::Json<u32>| async { "read" }))
        .route("/slash/", any(|| async { Redirect::permanent("/vault/slash") }))
        .route("/status/{status}", any(|Path(code): Path<u16>| async move { status(code) }))
        .route("/challenged", any(|| async { ([("www-authenticate", "X")], status(401)) }))
}

fn ask(server: &Server, method: &str, path: &str, who: &[&str]) -> Answer {
    send(server.address, method, path, who).undated()
}

/// Requests that get no success from the vault, and the status that they get.
const REVEALING: [(&str, &str, u16); 16] = [
    ("DELETE", "/vault/get", 405),
    ("OPTIONS", "/vault/get", 405),
    ("TRACE", "/vault/status/200", 200),
    ("OPTIONS", "/vault/status/200", 200),
    ("GET", "/vault/number/x", 400),
    ("POST", "/vault/json", 415),
    ("GET", "/vault/slash/", 308),
    ("GET", "/vault/status/304", 304),
    ("GET", "/vault/status/400", 400),
    ("GET", "/vault/status/401", 401),
    ("GET", "/vault/status/403", 403),
    ("GET", "/vault/status/410", 410),
    ("GET", "/vault/status/429", 429),
    ("GET", "/vault/status/500", 500),
    ("GET", "/vault/status/503", 503),
    ("GET", "/vault/challenged", 401),
];

#[test]
fn d12_before_a_permit_only_the_404_passes_even_without_a_stage_outside_the_router() {
    // A stage that skips unmatched paths, as `route_layer` does.
    let skipping = vault().route_layer(AuthorizeLayer::<User>::new(conceal(role("admin"))));
    for vault in [vault(), skipping] {
        let app = Router::new().nest("/vault", vault);
        let app = Router::new().fallback_service(app).layer(stage().optional()).layer(hidden());
        let server = Server::start(app);
        for who in [ANONYMOUS, BOB] {
            for (method, path, _) in REVEALING {
                let missing = ask(&server, method, "/vault/none", who);
                assert_eq!(missing.status, 404);
                assert_eq!(missing, ask(&server, method, "/none", who));
                assert_eq!(ask(&server, method, path, who), missing, "{method} {path}");
            }
        }
    }
}

#[test]
fn d12_a_permitted_caller_gets_what_the_router_says() {
    let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    let vault = Router::new().fallback_service(vault()).layer(admins);
    let app = Router::new().nest("/vault", vault);
    let app = Router::new().fallback_service(app).layer(stage().optional()).layer(hidden());
    let server = Server::start(app);
    for (method, path, status) in REVEALING {
        assert_eq!(ask(&server, method, path, ADMIN).status, status, "{method} {path}");
        for who in [ANONYMOUS, BOB, MEMBER] {
            let missing = ask(&server, method, "/none", who);
            assert_eq!(ask(&server, method, path, who), missing, "{method} {path}");
        }
    }
    assert!(ask(&server, "DELETE", "/vault/get", ADMIN).field("allow").is_some());
    assert_eq!(ask(&server, "GET", "/vault/get", ADMIN).text(), "seen");
    assert_eq!(ask(&server, "HEAD", "/vault/get", ADMIN).status, 200);
}

#[test]
fn d12_a_permit_of_a_stage_that_does_not_disclose_routes_discloses_nothing() {
    // The outer stage permits every known caller. That says nothing about the vault, whatever the
    // policy is: it may conceal, or be a closure that the stage cannot inspect.
    type Outer = fn(Router) -> Router;
    let outer: [Outer; 4] = [
        |app| app.layer(AuthorizeLayer::<User>::new(authenticated())),
        |app| app.layer(AuthorizeLayer::<User>::new(conceal(authenticated()))),
        |app| {
            let not_banned =
                policy_fn(|user: &User, _: &Parts| Decision::permit_if(user.roles != ["banned"]));
            app.layer(AuthorizeLayer::<User>::new(not_banned))
        },
        |app| app.layer(AuthorizeLayer::<User>::new(conceal(not(role("banned"))))),
    ];
    // The inner stage forgot to conceal, and skips unmatched paths.
    let forgot = || AuthorizeLayer::<User>::new(role("admin"));
    for (outer, vault) in outer.iter().flat_map(|outer| {
        [vault(), vault().route_layer(forgot()), vault().layer(forgot())].map(|it| (outer, it))
    }) {
        let app = outer(Router::new().nest("/vault", vault));
        let app = Router::new().fallback_service(app).layer(stage()).layer(hidden());
        let server = Server::start(app);
        let missing = ask(&server, "GET", "/vault/none", BOB);
        for (method, path, _) in REVEALING {
            assert_eq!(ask(&server, method, path, BOB), missing, "{method} {path}");
        }
    }
}

#[test]
fn d12_a_policy_that_forgot_to_conceal_is_covered() {
    let forgot = |router: Router| router.layer(AuthorizeLayer::<User>::new(role("admin")));
    let app = Router::new().nest("/vault", forgot(vault()));
    let app = Router::new().fallback_service(app).layer(stage().optional()).layer(hidden());
    let server = Server::start(app);
    for who in [ANONYMOUS, BOB] {
        let missing = ask(&server, "GET", "/none", who);
        // Without the layer: 401 and 403.
        assert_eq!(ask(&server, "GET", "/vault/get", who), missing);
    }
    assert_eq!(ask(&server, "GET", "/vault/get", ADMIN).text(), "seen");
}

#[test]
fn c07_a_caller_who_may_see_it_gets_the_403() {
    let by_stage = AuthorizeLayer::<User>::new(conceal_unless(role("member"), role("admin")));
    let by_stage = by_stage.discloses_routes();
    // One mark is enough: a part without one does not remove it.
    let in_company = AuthorizeLayer::<User>::new(all((
        role("admin"),
        conceal_unless(role("member"), role("admin")),
    )));
    let in_company = in_company.discloses_routes();
    let by_handler = |caller: Option<Principal<User>>| async move {
        let policy = conceal_unless(role("member"), role("admin"));
        policy.check(caller.as_ref().map(|it| &it.0), &()).await?;
        Ok::<_, Denial>((Disclosed, StatusCode::CONFLICT))
    };
    let by_hand = |Path(word): Path<String>| async move {
        match word.as_str() {
            "gone" => Denial::gone(),
            "gone-and-known" => Denial::gone().disclosed(),
            _ => Denial::gone().disclosed().concealed(),
        }
    };
    let vault = Router::new()
        .route("/stage", any(|| async { status(409) }).layer(by_stage))
        .route("/company", any(|| async { status(409) }).layer(in_company))
        .route("/handler", any(by_handler))
        .route("/hand/{word}", any(by_hand));
    let app = Router::new().nest("/vault", vault);
    let app = Router::new().fallback_service(app).layer(stage().optional()).layer(hidden());
    let server = Server::start(app);
    for path in ["/vault/stage", "/vault/company", "/vault/handler"] {
        assert_eq!(ask(&server, "GET", path, ANONYMOUS).status, 404);
        assert_eq!(ask(&server, "GET", path, BOB).status, 404);
        assert_eq!(ask(&server, "GET", path, MEMBER).status, 403, "{path}");
        assert_eq!(ask(&server, "GET", path, ADMIN).status, 409, "{path}");
    }
    // C13: gone, for a caller who may know it.
    assert_eq!(ask(&server, "GET", "/vault/hand/gone", ANONYMOUS).status, 404);
    assert_eq!(ask(&server, "GET", "/vault/hand/gone-and-known", ANONYMOUS).status, 410);
    assert_eq!(ask(&server, "GET", "/vault/hand/concealed", ANONYMOUS).status, 404);
}

/// The last case is the row for replaced responses in the table under D16.
#[test]
fn d12_an_error_page_between_two_stages_hides_a_refusal_if_it_keeps_the_extensions() {
    async fn in_place(mut response: Response) -> Response {
        if response.status() == 403 {
            *response.body_mut() = Body::from("an error page");
        }
        response
    }
    async fn replaced(response: Response) -> Response {
        if response.status() == 403 {
            return (StatusCode::FORBIDDEN, "an error page").into_response();
        }
        response
    }
    type Pages = fn(Router) -> Router;
    let none: Pages = |app| app;
    let pages_in_place: Pages = |app| app.layer(axum::middleware::map_response(in_place));
    let pages_replace: Pages = |app| app.layer(axum::middleware::map_response(replaced));
    for (inside, outside, expected) in [
        (none, none, 404),
        (pages_in_place, none, 404),
        (none, pages_in_place, 404),
        (none, pages_replace, 404),
        (pages_replace, none, 403),
    ] {
        let admins = AuthorizeLayer::<User>::new(role("admin"));
        let members = AuthorizeLayer::<User>::new(conceal(role("member"))).discloses_routes();
        let vault = inside(Router::new().fallback_service(vault()).layer(admins)).layer(members);
        let app = outside(Router::new().nest("/vault", Router::new().fallback_service(vault)));
        let app = Router::new().fallback_service(app).layer(stage().optional()).layer(hidden());
        let server = Server::start(app);
        let answer = ask(&server, "GET", "/vault/get", MEMBER);
        assert_eq!(answer.status, expected);
        if expected == 404 {
            assert_eq!(answer, ask(&server, "GET", "/none", MEMBER));
        } else {
            assert_eq!(answer.text(), "an error page");
        }
        assert_eq!(ask(&server, "GET", "/vault/get", ADMIN).text(), "seen");
    }
}

#[test]
fn d06_d11_the_response_to_credentials_is_the_same_on_every_path() {
    let admins = || AuthorizeLayer::<User>::new(conceal(role("admin")));
    for required in [false, true] {
        let vault = Router::new().fallback_service(vault()).layer(admins());
        let app = Router::new().fallback_service(Router::new().nest("/vault", vault));
        let stage = if required { stage() } else { stage().optional() };
        let server = Server::start(app.layer(stage).layer(hidden()));
        let wrong: &[&str] = &["authorization: Bearer wrong"];
        let old: &[&str] = &["authorization: Bearer old"];
        let twice: &[&str] = &["authorization: Bearer bob", "authorization: Bearer bob"];
        for (who, expected) in [
            (ANONYMOUS, if required { 401 } else { 404 }),
            (wrong, 401),
            (old, 401),
            (twice, 400),
            (BOB, 404),
        ] {
            let missing = ask(&server, "GET", "/none", who);
            assert_eq!(missing.status, expected, "{who:?}");
            for path in ["/vault/none", "/vault/get", "/vault/status/500"] {
                assert_eq!(ask(&server, "GET", path, who), missing, "{path} {who:?}");
            }
        }
    }
}

#[test]
fn d10_operators_see_the_original_status() {
    let events = Events::capture();
    let app = Router::new().fallback(|| async { StatusCode::CONFLICT });
    let layer = ConcealLayer::routes_under("/vault").unwrap();
    let server = Server::start(app.layer(layer));
    assert_eq!(ask(&server, "GET", "/vault/x", ANONYMOUS).status, 404);
    let event = events.only();
    assert_eq!(event.level, tracing::Level::DEBUG);
    let field = |name: &str| event.fields[name].as_str();
    assert_eq!((field("stage"), field("covered"), field("status")), ("conceal", "409", "404"));
    assert!(field("message").contains("Disclosed"), "it says what to do");
    // The layer does not report responses outside the area.
    assert_eq!(ask(&server, "GET", "/else", ANONYMOUS).status, 409);
    assert!(events.take().is_empty());
}

#[test]
fn d12_an_upgrade_does_not_pass_without_a_mark() {
    let upgrading = |disclosed: bool| {
        move |_: Request<Body>| async move {
            let mut response = StatusCode::SWITCHING_PROTOCOLS.into_response();
            response.headers_mut().insert("upgrade", http::HeaderValue::from_static("x"));
            if disclosed { Disclosed::mark(response) } else { response }
        }
    };
    let app = Router::new()
        .route("/vault/silent", get(upgrading(false)))
        .route("/vault/disclosed", get(upgrading(true)));
    let server = Server::start(app.layer(hidden()));
    let fields = &["connection: upgrade", "upgrade: x"];
    assert_eq!(ask(&server, "GET", "/vault/silent", fields).status, 404);
    assert_eq!(ask(&server, "GET", "/vault/disclosed", fields).status, 101);
}

#[test]
fn an_area_that_no_path_is_in_is_refused_when_it_is_built() {
    let error = ConcealLayer::everywhere().hide_routes_under("vault").unwrap_err();
    assert!(matches!(error, InvalidConcealment::Prefix(_)), "{error}");
    for prefix in ["/a?b", "", "*", "/users/{id}/vault", "/{*rest}"] {
        let error = ConcealLayer::routes_under(prefix).unwrap_err();
        assert!(
            error.to_string().contains(prefix) && error.to_string().contains("`{id}`"),
            "{error}"
        );
    }
}
