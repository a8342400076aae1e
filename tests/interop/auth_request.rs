//! A stage that decides for nginx (`auth_request`): nginx asks it with the head of each request, and knows
//! three answers: 2xx permits, 401 and 403 refuse, anything else is an error of its own.

use std::time::Duration;

use axum::Router;
use axum::routing::any;
use portcullis::identity::{Attempt, Outcome};
use portcullis::{
    AuthenticateLayer, Basic, Bearer, Denial, Identity, LoginPage, Principal, Throttle, Tokens,
    Users, any_of,
};

use crate::support::{Scratch, Server, Started, get};

const PAGE: [&str; 3] =
    ["accept: text/html", "sec-fetch-mode: navigate", "sec-fetch-dest: document"];

struct Never;

impl Throttle for Never {
    fn admit(&self, _: &Attempt<'_>) -> Result<(), Duration> {
        Err(Duration::from_secs(30))
    }

    fn settle(&self, _: &Attempt<'_>, _: Outcome) {}
}

fn front(login_page: bool) -> Option<(Started, Server)> {
    let users = Users::new().with("alice", "wonderland", "alice");
    let tokens = Tokens::new().with("token", "machine");
    let identity = any_of((
        Bearer::new("front", tokens).unwrap(),
        Basic::new("front", users).unwrap().throttled(Never),
    ));
    let mut stage = AuthenticateLayer::new(identity);
    if login_page {
        stage = stage.login_page(LoginPage::at("/login").unwrap());
    }
    let routes = Router::new()
        .route("/allowed", any(|_: Principal<&'static str>| async {}))
        .route("/forbidden", any(|| async { Denial::forbidden() }))
        .route("/missing", any(|| async { Denial::not_found() }))
        .route("/outage", any(|| async { Denial::unavailable() }));
    let server = Server::start(Router::new().fallback_service(routes).layer(stage));
    let directives = r"
        location / {
            auth_request /decide;
            root HERE;
        }
        location = /decide {
            internal;
            proxy_pass http://UPSTREAM$request_uri;
            proxy_pass_request_body off;
            proxy_set_header Content-Length '';
        }
    ";
    let files = Scratch::new();
    files.write("allowed", "a file");
    let directives = directives.replace("UPSTREAM", &server.address.to_string());
    Some((Started::nginx(files, &directives)?, server))
}

#[test]
fn a01_a06_c02_nginx_passes_on_401_and_403_and_makes_500_of_all_else() {
    let Some((nginx, _server)) = front(false) else { return };
    let token = "authorization: Bearer token";
    let (wrong, throttled) = ("authorization: Bearer wrong", "authorization: Basic YTpi");
    let answer = get(nginx.address, "/allowed", &[token]);
    assert_eq!((answer.status, answer.text()), (200, "a file"));
    for (path, sent, status, challenge) in [
        ("/allowed", &[][..], 401, "Bearer realm=\"front\""),
        ("/allowed", &PAGE[..], 401, "Bearer realm=\"front\""),
        ("/allowed", &[wrong][..], 401, "error=\"invalid_token\""),
        ("/forbidden", &[token][..], 403, ""),
        ("/missing", &[token][..], 500, ""),
        ("/outage", &[token][..], 500, ""),
        ("/allowed", &[throttled][..], 500, ""),
    ] {
        let answer = get(nginx.address, path, sent);
        assert_eq!(answer.status, status, "{path} {sent:?}");
        // Before version 1.23, nginx passes on the first line alone.
        let first = answer.lines("www-authenticate").first().copied().unwrap_or_default();
        assert_eq!(first.is_empty(), challenge.is_empty(), "{path} {sent:?}");
        assert!(first.contains(challenge), "{path} {sent:?}: {first}");
    }
    // So the stage must not redirect. nginx does, with `error_page 401 = @login`.
    let Some((nginx, _server)) = front(true) else { return };
    assert_eq!(get(nginx.address, "/allowed", &PAGE).status, 500);
    assert_eq!(get(nginx.address, "/allowed", &[]).status, 401);
}
