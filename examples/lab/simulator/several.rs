//! Applications with a fault that shows only when several exchanges are compared.
//!
//! Each is at `/wrong/{number}/reports`, and right but for its fault. Their users: alice (password
//! `wonderland`, token `alice-token`) may read the reports, bob (`builder`, `bob-token`) may not. The token
//! `alice-yesterday` has expired.
//!
//! I43 is about `/robots.txt`, which is that of the whole server: inspect [`app`] as a service of its own.

use std::error::Error;

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any_service, get};
use axum::{Json, Router};
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Denial, Identity, LoginPage, Principal, ProblemDetails,
    Unauthenticated, Users, any_of, verify_fn,
};
use serde_json::{Value, json};
use tower::util::MapResponseLayer;
use tower_http::cors::{AllowHeaders, AllowOrigin, Any, CorsLayer};

use super::faults::{FAULTS, Fault, Shows};

/// Their users; in an application without a fault too.
pub const PERMITTED: (&str, &str) = ("alice", "wonderland");
pub const REFUSED: (&str, &str) = ("bob", "builder");
pub const EXPIRED: &str = "alice-yesterday";

type User = &'static str;

/// All of them, each by its number and by its id; and one without a fault, `/wrong/nothing/reports`.
pub fn routes() -> Result<Router, Box<dyn Error>> {
    let mut routes = Router::new().nest_service("/wrong/nothing", app(None)?);
    for fault in FAULTS.iter().filter(|fault| matches!(fault.shows, Shows::BetweenSeveral)) {
        for name in [fault.number, fault.id] {
            let place = format!("/wrong/{name}");
            routes = routes.nest_service(&place, app_at(&place, Some(fault))?);
        }
    }
    Ok(routes)
}

/// The application with this fault, for the root of a server.
pub fn app(fault: Option<&Fault>) -> Result<Router, Box<dyn Error>> {
    app_at("", fault)
}

/// The application with this fault, to be nested at this path.
fn app_at(place: &str, fault: Option<&Fault>) -> Result<Router, Box<dyn Error>> {
    let fault = fault.map_or("", |fault| fault.number);
    let mut stage = AuthenticateLayer::new(identity(fault == "I40")?).expose_challenges();
    if fault != "I35" {
        // The scripts of other origins ask before they send a token.
        stage = stage.exempt_preflights();
    }
    if fault == "I42" {
        stage = stage.login_page(LoginPage::at(&format!("{place}/login"))?);
    }
    let reports = match fault {
        "I37" => get(reports_or_login),
        _ => get(reports),
    };
    let app = match fault {
        // The stage covers the methods of the route, and not what the router says of others.
        "I39" => Router::new().route("/reports", reports.route_layer(stage).layer(cors())),
        _ => Router::new()
            .route("/reports", reports.layer(cors()))
            .fallback(|| async { Denial::not_found() })
            .layer(MapResponseLayer::new(ProblemDetails::replace_plain_error))
            .layer(stage),
    };
    // What needs no login is outside of the stage.
    let app = match fault {
        "I36" => app.layer(middleware::from_fn(forbid_anonymous)),
        "I38" => app.layer(middleware::from_fn(first_line_only)),
        "I41" => Router::new()
            .route("/reports", any_service(app))
            .fallback(|| async { page("<title>Reports</title><div id=root></div>") }),
        "I42" => Router::new().route("/login", get(|| async { page(LOGIN) })).fallback_service(app),
        "I45" => app.layer(middleware::from_fn(fail_for_expired)),
        _ => app,
    };
    let rules = get(|| async { "User-agent: *\nDisallow: /\n" });
    let app = match fault {
        // Crawlers need a login to read their rules.
        "I43" => app,
        _ => Router::new().route("/robots.txt", rules).fallback_service(app),
    };
    Ok(app.layer(MapResponseLayer::new(ProblemDetails::replace_plain_error)))
}

const LOGIN: &str =
    "<title>Log in</title><form method=post><input name=user><input type=password></form>";

fn page(body: &'static str) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Html(format!("<!doctype html><html lang=en>{body}</html>")))
}

fn cors() -> CorsLayer {
    let origin = AllowOrigin::mirror_request();
    let headers = AllowHeaders::mirror_request();
    CorsLayer::new().allow_origin(origin).allow_methods(Any).allow_headers(headers)
}

fn identity(expired_is_forbidden: bool) -> Result<impl Identity<Principal = User>, Box<dyn Error>> {
    let tokens = verify_fn(move |token: &str| match token {
        "alice-token" => Ok("alice"),
        "bob-token" => Ok("bob"),
        // I40: the client drops its login, or gives up, where it should refresh its token.
        EXPIRED if expired_is_forbidden => Err(Unauthenticated::suspended()),
        EXPIRED => Err(Unauthenticated::expired()),
        _ => Err(Unauthenticated::invalid()),
    });
    let users = [PERMITTED, REFUSED];
    let users = users
        .into_iter()
        .fold(Users::new(), |users, (name, password)| users.with(name, password, name));
    Ok(any_of((Bearer::new("lab", tokens)?, Basic::new("lab", users)?)))
}

async fn reports(Principal(user): Principal<User>) -> Result<Json<Value>, Denial> {
    match user == PERMITTED.0 {
        true => Ok(Json(json!({ "reports": ["spring", "summer"] }))),
        false => Err(Denial::forbidden()),
    }
}

/// I37: asks a known user to log in again, which changes nothing.
async fn reports_or_login(user: Principal<User>) -> Result<Json<Value>, Denial> {
    reports(user).await.map_err(|_| Denial::reauthenticate())
}

/// I36: 403 for an anonymous caller, as where the first authenticator of a framework has no challenge.
async fn forbid_anonymous(request: Request, next: Next) -> Response {
    let is_anonymous = !request.headers().contains_key(AUTHORIZATION);
    let response = next.run(request).await;
    match response.status() {
        StatusCode::UNAUTHORIZED if is_anonymous => {
            ProblemDetails::new(StatusCode::FORBIDDEN).into_response()
        }
        _ => response,
    }
}

/// I38: a second line of `Authorization` is not looked at.
async fn first_line_only(mut request: Request, next: Next) -> Response {
    if let Some(first) = request.headers().get(AUTHORIZATION).cloned() {
        request.headers_mut().insert(AUTHORIZATION, first);
    }
    next.run(request).await
}

/// I45: a library for tokens has an error for an expired one, and nothing handles it.
async fn fail_for_expired(request: Request, next: Next) -> Response {
    let sent = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    match sent.and_then(|sent| sent.strip_prefix("Bearer ")) {
        Some(EXPIRED) => ProblemDetails::new(StatusCode::INTERNAL_SERVER_ERROR).into_response(),
        _ => next.run(request).await,
    }
}
