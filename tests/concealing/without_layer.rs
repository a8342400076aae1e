//! Section D, without a `ConcealLayer`: a concealed refusal and a missing resource, whether a policy
//! or a handler refuses, get the same response from the same renderer.

use crate::support::{Answer, Connection, Decisions, Events, Server, get, request};
use axum::Router;
use axum::extract::{Path, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::routing::any as any_method;
use bytes::Bytes;
use portcullis::policy::{all, any};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, Decision, Denial, HasRoles, Identity, Policy,
    Principal, Tokens, Users, any_of, async_policy_fn, authenticated, conceal, policy_fn,
    respond_fn, role,
};

#[derive(Clone)]
struct User {
    role: &'static str,
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.role == role
    }
}

fn identity() -> impl Identity<Principal = User> {
    let tokens = Tokens::new()
        .with("admin", User { role: "admin" })
        .with("bob", User { role: "member" })
        .with_expiring("old", User { role: "admin" }, std::time::SystemTime::UNIX_EPOCH);
    let users = Users::new().with("bob", "builder", User { role: "member" });
    any_of((Bearer::new("test", tokens).unwrap(), Basic::new("test", users).unwrap()))
}

/// Headers of callers who may not see the resource: anonymous, and another user by two schemes.
const STRANGERS: [&[&str]; 3] =
    [&[], &["authorization: Bearer bob"], &["authorization: Basic Ym9iOmJ1aWxkZXI="]];

/// Headers with credentials that fail.
const FAILED: [&[&str]; 3] = [
    &["authorization: Bearer wrong"],
    &["authorization: Bearer old"],
    &["authorization: Basic Ym9iOndyb25n"],
];

struct Object {
    children: &'static [u32],
}

/// `/stage/1` is concealed by a stage, `/object/1` by a handler that loaded it, `/object/1/child/7`
/// by its parent; other numbers and paths do not exist.
fn app() -> Router {
    let find = |id: u32| (id == 1).then_some(Object { children: &[7] });
    let hidden = || conceal(role("admin"));
    let by_object = move |caller: Option<Principal<User>>, Path(id): Path<u32>| async move {
        let object = find(id).ok_or(Denial::not_found())?;
        hidden().check(caller.as_deref(), &object).await?;
        Ok::<_, Denial>("the object")
    };
    let by_parent = move |caller: Option<Principal<User>>, Path((id, child)): Path<(u32, u32)>| async move {
        let object = find(id).ok_or(Denial::not_found())?;
        hidden().check(caller.as_deref(), &object).await?;
        let child = object.children.contains(&child);
        child.then_some("the child").ok_or(Denial::not_found())
    };
    Router::new()
        .route(
            "/stage/1",
            any_method(|| async { "behind the stage" })
                .layer(AuthorizeLayer::<User>::new(hidden())),
        )
        .route("/object/{id}", any_method(by_object))
        .route("/object/{id}/child/{child}", any_method(by_parent))
        .fallback(|| async { Denial::not_found() })
}

fn serve(layer: impl FnOnce(Router) -> Router) -> Server {
    Server::start(Router::new().fallback_service(layer(app())))
}

fn optional() -> Server {
    serve(|app| app.layer(AuthenticateLayer::new(identity()).optional()))
}

/// A concealed path, and a missing one to compare it with.
const PAIRS: [(&str, &str); 5] = [
    ("/stage/1", "/stage/2"),
    ("/object/1", "/object/2"),
    ("/object/1/child/7", "/object/2/child/7"),
    ("/object/1/child/7", "/object/1/child/8"),
    ("/stage/1", "/object/2"),
];

fn send(server: &Server, method: &str, path: &str, headers: &[&str], body: &[u8]) -> Answer {
    let headers: Vec<&[u8]> = headers.iter().map(|line| line.as_bytes()).collect();
    let bytes = [&request(method, path, &headers)[..], body].concat();
    Connection::open(server.address).send(&bytes).undated()
}

#[test]
fn d01_concealed_and_missing_are_the_same_bytes() {
    let server = optional();
    for (concealed, missing) in PAIRS {
        for caller in STRANGERS {
            let one = send(&server, "GET", concealed, caller, b"");
            let other = send(&server, "GET", missing, caller, b"");
            assert_eq!(one.status, 404);
            // Names, values and order of the headers, and the body.
            assert_eq!(one, other, "{concealed} {missing} {caller:?}");
        }
        let admin = &["authorization: Bearer admin"];
        assert_eq!(send(&server, "GET", concealed, admin, b"").status, 200);
        assert_eq!(send(&server, "GET", missing, admin, b"").status, 404);
    }
}

#[test]
fn d02_concealed_and_missing_are_the_same_for_every_method() {
    let server = optional();
    let methods =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB", "get"];
    for method in methods {
        for (concealed, missing) in PAIRS {
            for caller in STRANGERS {
                let one = send(&server, method, concealed, caller, b"");
                assert_eq!(one.status, 404, "{method} {concealed}");
                assert_eq!(
                    one,
                    send(&server, method, missing, caller, b""),
                    "{method} {concealed}"
                );
            }
        }
    }
}

#[test]
fn d03_concealed_and_missing_are_the_same_whatever_the_request_adds() {
    let server = optional();
    let additions: [(&[&str], &[u8]); 14] = [
        (&["if-none-match: *"], b""),
        (&["if-match: \"x\""], b""),
        (&["if-modified-since: Sat, 29 Oct 1994 19:43:31 GMT"], b""),
        (&["range: bytes=0-1"], b""),
        (&["accept: text/html"], b""),
        (&["accept: application/x-nothing"], b""),
        (&["accept-encoding: gzip"], b""),
        (&["origin: https://a.example", "access-control-request-method: PUT"], b""),
        (&["content-type: application/json", "content-length: 3"], b"{]}"),
        (&["content-encoding: gzip", "content-length: 2"], b"\x1f\x8b"),
        (&["transfer-encoding: chunked"], b"3\r\nabc\r\n0\r\n\r\n"),
        (&["expect: 100-continue", "content-length: 5"], b""),
        (&["connection: upgrade", "upgrade: websocket"], b""),
        (&["cookie: a=b", "cookie: c=d"], b""),
    ];
    for (headers, body) in additions {
        for (concealed, missing) in PAIRS {
            for caller in STRANGERS {
                let headers = [headers, caller].concat();
                let one = send(&server, "POST", concealed, &headers, body);
                assert_eq!(one.status, 404, "{headers:?}");
                assert_eq!(one, send(&server, "POST", missing, &headers, body), "{headers:?}");
            }
        }
    }
    for query in ["?", "?id=1", "?%00"] {
        let one = send(&server, "GET", &format!("/object/1{query}"), &[], b"");
        assert_eq!(one, send(&server, "GET", &format!("/object/2{query}"), &[], b""));
    }
}

#[test]
fn d04_headers_of_an_existing_resource_are_not_on_its_concealed_response() {
    // A handler and a middleware that add headers to the responses of objects that exist.
    let add_headers = |response: Response| async {
        let mut response = response;
        let names = [
            "allow",
            "vary",
            "set-cookie",
            "etag",
            "link",
            "authentication-info",
            "dpop-nonce",
            "ratelimit-limit",
            "server-timing",
            "x-policy",
            "www-authenticate",
            "retry-after",
        ];
        for name in names {
            let name = HeaderName::from_static(name);
            response.headers_mut().insert(name, HeaderValue::from_static("added"));
        }
        response
    };
    let exists = |caller: Option<Principal<User>>| async move {
        let hidden = conceal(role("admin")).check(caller.as_deref(), &()).await;
        ([("etag", "\"1\""), ("x-owner", "alice")], hidden.map(|()| "seen")).into_response()
    };
    let app = Router::new()
        .route("/exists", any_method(exists).layer(axum::middleware::map_response(add_headers)))
        .fallback(|| async { Denial::not_found().with_detail("never shown").with_source("no row") })
        .layer(AuthenticateLayer::new(identity()).optional());
    let server = Server::start(app);
    for caller in STRANGERS {
        let one = send(&server, "GET", "/exists", caller, b"");
        let other = send(&server, "GET", "/missing", caller, b"");
        assert_eq!(one, other);
        let names: Vec<&str> = one.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["content-type", "content-length", "cache-control"]);
    }
}

#[test]
fn d04_a_renderer_cannot_tell_them_apart() {
    let renderer = respond_fn(|refusal| {
        let page = format!("{:?} {} {}", refusal.cause(), refusal.title(), refusal.detail());
        http::Response::new(Bytes::from(page))
    });
    let server = serve(|app| {
        app.layer(AuthenticateLayer::new(identity()).optional().respond_with(renderer))
    });
    for (concealed, missing) in PAIRS {
        let one = send(&server, "GET", concealed, &[], b"");
        assert_eq!(one.text(), "NotFound Not Found There is no such resource.");
        assert_eq!(one, send(&server, "GET", missing, &[], b""));
    }
}

#[test]
fn d04_a_concealed_denial_sends_no_detail_and_no_time_to_wait() {
    let detailed = policy_fn(|_: &User, _: &()| {
        Decision::unavailable().with_detail("the vault is closed").with_source("engine down")
    });
    let policy = std::sync::Arc::new(conceal(all((authenticated(), detailed))));
    let handler = move |caller: Option<Principal<User>>| async move {
        policy.check(caller.as_deref(), &()).await?;
        Ok::<_, Denial>(())
    };
    let direct = || async {
        Denial::unavailable()
            .with_detail("the vault is closed")
            .with_retry_after(std::time::Duration::from_secs(5))
            .concealed()
    };
    let app = Router::new()
        .route("/vault", any_method(handler))
        .route("/direct", any_method(direct))
        .fallback(|| async { Denial::not_found() })
        .layer(AuthenticateLayer::new(identity()).optional());
    let server = Server::start(app);
    for caller in STRANGERS {
        let missing = send(&server, "GET", "/missing", caller, b"");
        assert_eq!(send(&server, "GET", "/vault", caller, b""), missing);
        assert_eq!(send(&server, "GET", "/direct", caller, b""), missing);
    }
}

#[test]
fn d05_both_have_no_store_and_no_other_header_about_caching() {
    let server = optional();
    for (concealed, missing) in PAIRS {
        for path in [concealed, missing] {
            let answer = send(&server, "GET", path, &[], b"");
            assert_eq!(answer.lines("cache-control"), ["no-store"], "{path}");
            assert!(answer.lines("vary").is_empty(), "{path}");
        }
    }
}

#[test]
fn d06_anonymous_callers_get_404_for_both_or_the_same_401_for_both() {
    let server = optional();
    let required = serve(|app| app.layer(AuthenticateLayer::new(identity())));
    for (concealed, missing) in PAIRS {
        let one = send(&server, "GET", concealed, &[], b"");
        assert_eq!((one.status, &one), (404, &send(&server, "GET", missing, &[], b"")));
        let one = send(&required, "GET", concealed, &[], b"");
        assert_eq!((one.status, one.lines("www-authenticate").len()), (401, 2));
        assert_eq!(one, send(&required, "GET", missing, &[], b""));
    }
}

#[test]
fn d08_a_foreign_id_gets_the_response_of_an_unknown_id_and_a_hidden_parent_hides_its_children() {
    let server = optional();
    let bob = &["authorization: Bearer bob"];
    let unknown = send(&server, "GET", "/object/99", bob, b"");
    for path in ["/object/1", "/object/1/child/7", "/object/1/child/8", "/object/99/child/7"] {
        assert_eq!(send(&server, "GET", path, bob, b""), unknown, "{path}");
    }
}

#[test]
fn d10_operators_see_the_cause_beside_the_status_that_was_sent() {
    let events = Events::capture();
    let decisions = Decisions::default();
    let layer = AuthenticateLayer::new(identity()).optional().on_decision(decisions.hook());
    let server = serve(|app| app.layer(layer));
    let bob = &["authorization: Bearer bob"];
    for (path, stage) in [("/stage/1", "authorize"), ("/object/1", "handler")] {
        get(server.address, path, bob);
        let event = events.only();
        let field = |name: &str| event.fields[name].as_str();
        assert_eq!(event.level, tracing::Level::INFO);
        assert_eq!((field("stage"), field("status"), field("cause")), (stage, "404", "forbidden"));
        assert_eq!((field("concealed"), field("scheme")), ("true", "Bearer"));
        assert_eq!(field("reasons"), "role `admin`: forbidden");
        let [decision] = &decisions.take()[..] else { panic!("one decision") };
        assert!(decision.concealed && !decision.anonymous);
        assert_eq!(
            (decision.cause, decision.status),
            (Some(portcullis::Cause::Forbidden), Some(404))
        );
    }
    get(server.address, "/object/2", bob);
    let event = events.only();
    assert_eq!((&*event.fields["cause"], &*event.fields["concealed"]), ("not_found", "false"));
    assert!(!format!("{event:?}").contains("bob"), "no credential");
    assert!(!decisions.take()[0].concealed);
}

#[test]
fn d11_a_failed_credential_behaves_as_on_a_path_that_does_not_exist() {
    for server in [
        optional(),
        serve(|app| app.layer(AuthenticateLayer::new(identity()).ignore_invalid_credentials())),
    ] {
        for (concealed, missing) in PAIRS {
            for caller in FAILED {
                let one = send(&server, "GET", concealed, caller, b"");
                assert_eq!(one, send(&server, "GET", missing, caller, b""), "{caller:?}");
            }
        }
    }
}

#[test]
fn d01_a_policy_that_waits_or_panics_conceals_as_well() {
    let waiting = async_policy_fn(|_: &User, _: &http::request::Parts| async {
        tokio::task::yield_now().await;
        Decision::forbidden()
    });
    let panicking = policy_fn(|_: &User, _: &http::request::Parts| std::panic::panic_any(()));
    let behind = |policy: portcullis::BoxPolicy<User>| {
        any_method(|| async { "inside" }).layer(AuthorizeLayer::<User>::new(policy))
    };
    let app = Router::new()
        .route("/waiting", behind(portcullis::BoxPolicy::new(conceal(waiting))))
        .route(
            "/panicking",
            behind(portcullis::BoxPolicy::new(conceal(any((panicking, role("x")))))),
        )
        .fallback(|_: Request| async { Denial::not_found() })
        .layer(AuthenticateLayer::new(identity()).optional());
    let server = Server::start(app);
    for caller in STRANGERS {
        let missing = send(&server, "GET", "/missing", caller, b"");
        assert_eq!(missing.status, 404);
        for path in ["/waiting", "/panicking"] {
            assert_eq!(send(&server, "GET", path, caller, b""), missing, "{path} {caller:?}");
        }
    }
}
