//! The first program of the README: `cargo run --example quickstart`.

use axum::{Router, routing::get};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, HasRoles, Principal, Tokens, Users, any_of,
    role,
};
use tower_http::cors::CorsLayer;

#[derive(Clone)]
struct User {
    name: &'static str,
    admin: bool,
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        role == "admin" && self.admin
    }
}

async fn hello(Principal(user): Principal<User>) -> String {
    format!("hello, {}\n", user.name)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt::init();
    let alice = User { name: "alice", admin: true };
    let bob = User { name: "bob", admin: false };

    // Authentication: accept a bearer token, or a user name and a password.
    let tokens = Tokens::new().with("alice-token", alice.clone());
    let users = Users::new().with("alice", "wonderland", alice).with("bob", "builder", bob);
    let identity = any_of((Bearer::new("notes", tokens)?, Basic::new("notes", users)?));

    // Authorization: permit users with the role `admin`.
    let admins = AuthorizeLayer::<User>::new(role("admin"));

    let app = Router::new()
        .route("/hello", get(hello))
        .route("/reports", get(|| async { "for admins\n" }).layer(admins))
        // Below all routes: in axum a layer wraps the routes above it.
        .layer(AuthenticateLayer::new(identity))
        // Outside: browsers ask without credentials, before a script may send some.
        .layer(CorsLayer::new());

    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
