//! The example `quickstart`, which listens on a fixed port: its application, line by line.

use axum::{Router, routing::get};
use portcullis::testing::{Inspection, basic, bearer};
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

fn app() -> Result<Router, Box<dyn std::error::Error>> {
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

    Ok(app)
}

#[test]
fn the_lines_are_those_of_the_example() {
    let [own, example] =
        [include_str!("quickstart.rs"), include_str!("../../../examples/quickstart.rs")];
    for (from, until) in
        [("#[derive(Clone)]", "\n}\n\n"), ("    let alice", "\n\n    let listener")]
    {
        let lines = example.split_once(from).expect("a beginning").1;
        let lines = lines.split_once(until).expect("an end").0;
        assert!(own.contains(lines), "{lines}");
    }
}

#[tokio::test]
async fn quickstart() {
    for (target, alice) in [
        ("/reports", basic("alice", "wonderland")),
        ("/reports", bearer("alice-token")),
        ("/hello", basic("alice", "wonderland")),
    ] {
        let inspection = Inspection::of_service(app().unwrap()).target(target);
        let inspection = inspection.permitted("alice", alice).crawler().with_methods(["POST"]);
        let inspection = match target {
            "/reports" => inspection.refused("bob", basic("bob", "builder")),
            _ => inspection,
        };
        inspection.run().await.expect("a report").assert_clean();
    }
}
