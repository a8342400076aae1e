//! One refusal of each kind that the stages of this crate send.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, ConcealLayer, Denial, Digest, DigestUsers,
    HasRoles, HasScopes, Login, LoginPage, Unauthenticated, Users, async_verify_fn, role, scope,
};

#[derive(Clone)]
pub struct User(&'static str);

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.0 == role
    }
}

impl HasScopes for User {
    fn has_scope(&self, _: &str) -> bool {
        false
    }
}

/// What is asked: name, target, header, and the status that comes.
pub const REFUSALS: [(&str, &str, &str, u16); 12] = [
    ("401, Basic", "/basic", "accept: */*", 401),
    ("401, Basic, wrong", "/basic", "authorization: Basic YWxpY2U6d3Jvbmc=", 401),
    ("401, Bearer", "/bearer", "accept: */*", 401),
    ("401, Bearer, wrong", "/bearer", "authorization: Bearer no-token", 401),
    ("401, Digest", "/digest", "accept: */*", 401),
    ("403", "/role", "authorization: Basic Ym9iOmJ1aWxkZXI=", 403),
    ("403, scope", "/scope", "authorization: Bearer bob-token", 403),
    ("404, concealed", "/hidden", "authorization: Basic Ym9iOmJ1aWxkZXI=", 404),
    ("407", "/proxy", "accept: */*", 407),
    ("429", "/throttled", "accept: */*", 429),
    ("503", "/outage", "authorization: Basic Ym9iOmJ1aWxkZXI=", 503),
    ("303, login", "/login-page", "accept: text/html", 303),
];

pub fn service() -> Router {
    let users = || Users::new().with("bob", "builder", User("member"));
    let basic = || Basic::new("reports", users()).expect("a realm");
    let bearer = || {
        let tokens = async_verify_fn(|token: &str| {
            let is_bob = token == "bob-token";
            async move { if is_bob { Ok(User("member")) } else { Err(Unauthenticated::invalid()) } }
        });
        Bearer::new("reports", tokens).expect("a realm")
    };
    let down =
        async_verify_fn(|_: &Login| async { Err::<User, _>(Unauthenticated::unavailable()) });
    let down = Basic::new("reports", down).expect("a realm");
    let digest = DigestUsers::new("reports").with("bob", "builder", User("member"));
    let page = LoginPage::at("/login").expect("a path");
    let ok = || get(async || Ok::<_, Infallible>("reports"));
    let auditors = || AuthorizeLayer::<User>::new(role("auditor"));
    let proxy = AuthenticateLayer::new(basic()).at_proxy().expect("a scheme for proxies");
    Router::new()
        .route("/basic", ok().layer(AuthenticateLayer::new(basic())))
        .route("/bearer", ok().layer(AuthenticateLayer::new(bearer())))
        .route(
            "/digest",
            ok().layer(AuthenticateLayer::new(Digest::from_users(digest).expect("a realm"))),
        )
        .route(
            "/role",
            ok().layer::<_, Infallible>(auditors()).layer(AuthenticateLayer::new(basic())),
        )
        .route(
            "/scope",
            ok().layer::<_, Infallible>(AuthorizeLayer::<User>::new(
                scope("reports:read").expect("a scope"),
            ))
            .layer(AuthenticateLayer::new(bearer())),
        )
        .route(
            "/hidden",
            get(async || Denial::forbidden().concealed())
                .layer::<_, Infallible>(AuthenticateLayer::new(basic()))
                .layer(ConcealLayer::everywhere()),
        )
        .route("/proxy", ok().layer(proxy))
        .route("/throttled", get(async || Denial::throttled(Duration::from_secs(30))))
        .route(
            "/outage",
            ok().layer(AuthenticateLayer::new(down).retry_after(Duration::from_secs(5))),
        )
        .route("/login-page", ok().layer(AuthenticateLayer::new(basic()).login_page(page)))
}
