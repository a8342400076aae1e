//! What each refusal of the stage, of a policy and of a method is in each framing.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::Empty;
use portcullis::challenge::Challenge;
use portcullis::policy::all;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, BoxPolicy, Denial, HasRoles, HasScopes,
    Identity, Login, LoginPage, Requirement, Unauthenticated, any_of, conceal, policy_fn,
    respond_fn, role, scope, verify_fn,
};
use tower::{Layer, Service, service_fn};

use crate::calls::{Answer, Body, FRAMINGS, OTHER_METHODS, answer, call};
use crate::support::{Decisions, Events};

#[derive(Clone)]
struct User;

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        role == "member"
    }
}

impl HasScopes for User {
    fn has_scope(&self, scope: &str) -> bool {
        scope == "notes:read"
    }
}

fn verify(token: &str) -> Result<User, Unauthenticated> {
    match token {
        "right" => Ok(User),
        "expired" => Err(Unauthenticated::expired()),
        "suspended" => Err(Unauthenticated::suspended()),
        "throttled" => Err(Unauthenticated::throttled(Duration::from_millis(2500))),
        "down" => Err(Unauthenticated::unavailable()),
        "incomplete" => Err(Unauthenticated::invalid_request()),
        "panics" => panic!("a bug of the verifier"),
        _ => Err(Unauthenticated::invalid()),
    }
}

fn bearer() -> impl Identity<Principal = User> {
    Bearer::new("notes", verify_fn(verify)).unwrap()
}

fn bearer_and_basic() -> impl Identity<Principal = User> {
    let no_users = verify_fn(|_: &Login| Err::<User, _>(Unauthenticated::invalid()));
    any_of((bearer(), Basic::new("notes", no_users).unwrap()))
}

/// A service that denies as its path says, as a method of a gRPC server does.
fn methods()
-> impl Service<Request<Empty<Bytes>>, Response = Response<Body>, Error = Infallible> + Clone {
    service_fn(|request: Request<Empty<Bytes>>| async move {
        Ok(match denial(request.uri().path()) {
            Some(denial) => denial.into_grpc_response(),
            None => Response::new(Body::from(Bytes::from_static(b"a note"))),
        })
    })
}

fn denial(path: &str) -> Option<Denial> {
    let fresh = Requirement::max_age(Duration::from_secs(60));
    Some(match path {
        "/notes/Forbidden" => Denial::forbidden(),
        "/notes/Missing" => Denial::not_found().with_detail("never shown"),
        "/notes/Concealed" => Denial::forbidden().concealed().with_detail("never shown"),
        "/notes/Gone" => Denial::gone(),
        "/notes/LogOut" => Denial::reauthenticate(),
        "/notes/StepUp" => Denial::insufficient(fresh),
        "/notes/Down" => Denial::unavailable().with_retry_after(Duration::from_secs(3)),
        "/notes/Bug" => Denial::internal_error(),
        "/notes/Odd" => Denial::forbidden().with_detail("100 % grün\r\nx: y"),
        "/notes/Long" => Denial::forbidden().with_detail("ü".repeat(5000)),
        _ => return None,
    })
}

type Row =
    (&'static str, Option<&'static str>, &'static str, &'static str, &'static [&'static str]);

/// Path, token, code, message, challenges.
#[rustfmt::skip]
const ROWS: [Row; 18] = [
    ("/notes/Read", None, "16", "This resource requires authentication.",
        &["Bearer realm=\"notes\""]),
    ("/notes/Read", Some("wrong"), "16", "The credentials are not valid.",
        &["Bearer realm=\"notes\", error=\"invalid_token\", error_description=\"The access token is not valid\""]),
    ("/notes/Read", Some("expired"), "16", "The credentials have expired.",
        &["Bearer realm=\"notes\", error=\"invalid_token\", error_description=\"The access token expired\""]),
    ("/notes/Read", Some("a b"), "16", "The credentials are malformed.",
        &["Bearer realm=\"notes\", error=\"invalid_token\", error_description=\"The access token is malformed\""]),
    ("/notes/Read", Some("incomplete"), "3", "The credentials are incomplete, or not for this request.",
        &["Bearer realm=\"notes\", error=\"invalid_request\", error_description=\"The credentials are incomplete, or not for this request\""]),
    ("/notes/Read", Some("suspended"), "7", "The account may not be used at present.", &[]),
    ("/notes/Read", Some("throttled"), "8", "Too many attempts. Try again later.", &[]),
    ("/notes/Read", Some("down"), "14", "Authorization is temporarily unavailable. Try again later.", &[]),
    ("/notes/Read", Some("panics"), "13", "Internal authorization error.", &[]),
    ("/notes/Forbidden", Some("right"), "7", "You are not permitted to do this.", &[]),
    ("/notes/Missing", Some("right"), "5", "There is no such resource.", &[]),
    ("/notes/Concealed", Some("right"), "5", "There is no such resource.", &[]),
    ("/notes/Gone", Some("right"), "5", "The resource was removed and will not return.", &[]),
    ("/notes/LogOut", Some("right"), "16", "This resource requires fresh authentication.",
        &["Bearer realm=\"notes\""]),
    ("/notes/StepUp", Some("right"), "16", "This requires a stronger or more recent authentication.",
        &["Bearer realm=\"notes\", error=\"insufficient_user_authentication\", \
           error_description=\"A stronger or more recent authentication is required\", max_age=\"60\""]),
    ("/notes/Down", Some("right"), "14", "Authorization is temporarily unavailable. Try again later.", &[]),
    ("/notes/Bug", Some("right"), "13", "Internal authorization error.", &[]),
    ("/notes/Odd", Some("right"), "7", "100 %25 gr%C3%BCn%0D%0Ax: y", &[]),
];

#[tokio::test]
async fn f08_each_refusal_has_its_code_its_message_and_its_challenges() {
    let service = AuthenticateLayer::new(bearer()).layer(methods());
    for (path, token, code, message, challenges) in ROWS {
        let mut refused = Vec::new();
        for content_type in FRAMINGS {
            let refusal = answer(service.clone(), call(path, content_type, token)).await;
            assert_eq!(refusal.status, 200, "{path} {token:?} {content_type}");
            assert_eq!(refusal.code(), Some(code), "{path} {token:?} {content_type}");
            assert_eq!(refusal.trailer("grpc-message"), Some(message));
            assert_eq!(refusal.trailers("www-authenticate"), challenges);
            refused.push(refusal);
        }
        is_framed(&refused);
    }
}

/// Whether a refusal has only what its framing has.
#[track_caller]
fn is_framed(refused: &[Answer]) {
    let [plain, web, text] = refused else { panic!("three framings") };
    assert_eq!(plain.header("content-type"), Some("application/grpc"));
    assert_eq!((plain.header("content-length"), &plain.body[..]), (Some("0"), &[][..]));
    for (refusal, content_type) in
        [(web, "application/grpc-web"), (text, "application/grpc-web-text")]
    {
        let names: Vec<_> = refusal.headers.keys().map(|name| name.as_str()).collect();
        assert_eq!(names, ["content-type", "content-length"]);
        assert_eq!(refusal.header("content-type"), Some(content_type));
        let length = refusal.body.len().to_string();
        assert_eq!(refusal.header("content-length"), Some(&*length));
        // The same trailers as in the header block of the other framing.
        let mut trailers = refusal.trailers.clone();
        trailers.insert("content-type", HeaderValue::from_static("application/grpc"));
        trailers.insert("content-length", HeaderValue::from_static("0"));
        assert_eq!(trailers, plain.headers);
    }
}

#[tokio::test]
async fn f08_a_long_message_is_cut() {
    let service = AuthenticateLayer::new(bearer()).layer(methods());
    let refusal = answer(service, call("/notes/Long", FRAMINGS[0], Some("right"))).await;
    let message = refusal.trailer("grpc-message").unwrap();
    assert_eq!(message, "%C3%BC".repeat(170));
}

#[tokio::test]
async fn f08_a_client_is_told_how_long_to_wait() {
    let layer = AuthenticateLayer::new(bearer()).retry_after(Duration::from_secs(7));
    for (path, token, seconds, milliseconds) in [
        ("/notes/Read", "down", "7", "7000"),
        ("/notes/Read", "throttled", "3", "3000"),
        ("/notes/Down", "right", "3", "3000"),
    ] {
        for content_type in FRAMINGS {
            let request = call(path, content_type, Some(token));
            let refusal = answer(layer.clone().layer(methods()), request).await;
            assert_eq!(refusal.trailer("retry-after"), Some(seconds));
            assert_eq!(refusal.trailer("grpc-retry-pushback-ms"), Some(milliseconds));
        }
    }
    let layer = AuthenticateLayer::new(bearer()).retry_after(Duration::ZERO);
    let refusal = answer(layer.layer(methods()), call("/", FRAMINGS[0], Some("down"))).await;
    assert_eq!(refusal.trailer("retry-after"), Some("0"));
    assert_eq!(refusal.trailer("grpc-retry-pushback-ms"), None);
    // The value is a signed 32-bit integer.
    let layer = AuthenticateLayer::new(bearer()).retry_after(Duration::MAX);
    let refusal = answer(layer.layer(methods()), call("/", FRAMINGS[0], Some("down"))).await;
    assert_eq!(refusal.trailer("grpc-retry-pushback-ms"), Some("2147483647"));
}

#[tokio::test]
async fn f08_c03_a_policy_says_which_scopes_are_needed() {
    let policy = all((scope("notes:read").unwrap(), scope("notes:write").unwrap()));
    let stages = AuthorizeLayer::<User>::new(policy).layer(methods());
    let service = AuthenticateLayer::new(bearer_and_basic()).layer(stages);
    let refusal = answer(service, call("/notes/Read", FRAMINGS[0], Some("right"))).await;
    assert_eq!(refusal.code(), Some("7"));
    assert_eq!(
        refusal.trailers("www-authenticate"),
        ["Bearer realm=\"notes\", error=\"insufficient_scope\", error_description=\"The access \
          token lacks a scope that this requires\", scope=\"notes:read notes:write\""]
    );
}

#[tokio::test]
async fn f08_a_policy_refuses_as_a_method_does() {
    let request = || call("/notes/Read", FRAMINGS[0], Some("right"));
    let refused =
        [(BoxPolicy::new(role("owner")), "7"), (BoxPolicy::new(conceal(role("owner"))), "5")];
    for (policy, code) in refused {
        let stages = AuthorizeLayer::<User>::new(policy).layer(methods());
        let refusal = answer(AuthenticateLayer::new(bearer()).layer(stages), request()).await;
        assert_eq!(refusal.code(), Some(code));
    }
    let broken = policy_fn(|_: &User, _: &http::request::Parts| -> portcullis::Decision {
        panic!("a bug of the policy")
    });
    let stages = AuthorizeLayer::<User>::new(broken).layer(methods());
    let refusal = answer(AuthenticateLayer::new(bearer()).layer(stages), request()).await;
    assert_eq!(refusal.code(), Some("13"));
}

#[tokio::test]
async fn a15_f08_each_challenge_is_an_entry_of_its_own() {
    let service = AuthenticateLayer::new(bearer_and_basic()).layer(methods());
    for content_type in FRAMINGS {
        let refusal = answer(service.clone(), call("/notes/Read", content_type, None)).await;
        assert_eq!(
            refusal.trailers("www-authenticate"),
            ["Bearer realm=\"notes\"", "Basic realm=\"notes\", charset=\"UTF-8\""]
        );
    }
}

#[tokio::test]
async fn a05_f08_two_tokens_are_an_invalid_argument() {
    let service = AuthenticateLayer::new(bearer()).layer(methods());
    let mut request = call("/notes/Read", FRAMINGS[0], Some("right"));
    request.headers_mut().append("authorization", HeaderValue::from_static("Bearer right"));
    let refusal = answer(service, request).await;
    assert_eq!(refusal.code(), Some("3"));
    assert!(refusal.trailer("www-authenticate").unwrap().contains("error=\"invalid_request\""));
}

#[tokio::test]
async fn b01_f08_a_proxy_challenges_under_its_own_name() {
    let service = AuthenticateLayer::new(bearer()).at_proxy().unwrap().layer(methods());
    let refusal = answer(service, call("/notes/Read", FRAMINGS[0], None)).await;
    assert_eq!(refusal.code(), Some("16"));
    assert_eq!(refusal.trailers("proxy-authenticate"), ["Bearer realm=\"notes\""]);
    assert_eq!(refusal.trailer("www-authenticate"), None);
}

#[tokio::test]
async fn f08_a_request_that_is_no_call_gets_what_it_gets_without_grpc() {
    let layer = AuthenticateLayer::new(bearer());
    let bare = layer.clone().without_grpc();
    let mut requests: Vec<_> =
        ["application/json", "application/grpcx", "application/grpc/web", "x"]
            .map(|content_type| call("/notes/Read", content_type, None))
            .into();
    for method in OTHER_METHODS {
        let mut request = call("/notes/Read", FRAMINGS[0], None);
        *request.method_mut() = method;
        requests.push(request);
    }
    for request in requests {
        let refusal = answer(layer.layer(methods()), request.clone()).await;
        assert_eq!(refusal, answer(bare.layer(methods()), request).await);
        assert_eq!(refusal.status, 401);
        assert_eq!(refusal.header("content-type"), Some("application/problem+json"));
        assert_eq!(refusal.header("grpc-status"), None);
    }
}

#[tokio::test]
async fn f08_without_grpc_a_call_gets_what_others_get() {
    let layer = AuthenticateLayer::new(bearer()).without_grpc();
    for (path, token, status) in [("/x", None, 401), ("/notes/Concealed", Some("right"), 404)] {
        for content_type in FRAMINGS {
            let request = call(path, content_type, token);
            let refusal = answer(layer.layer(methods()), request).await;
            assert_eq!(refusal.status, status);
            assert_eq!(refusal.header("content-type"), Some("application/problem+json"));
            assert_eq!(refusal.header("grpc-status"), None, "F03: of the method's own response");
        }
    }
}

#[tokio::test]
async fn f08_a_renderer_is_not_called() {
    let renderer = respond_fn(|_| {
        let response = Response::builder().header("content-type", "text/html").header("x-own", "1");
        response.body(Bytes::from_static(b"<h1>no</h1>")).unwrap()
    });
    let own = AuthenticateLayer::new(bearer()).respond_with(renderer).layer(methods());
    let default = AuthenticateLayer::new(bearer()).layer(methods());
    for content_type in FRAMINGS {
        let request = call("/notes/Read", content_type, None);
        let refusal = answer(own.clone(), request.clone()).await;
        assert_eq!(refusal, answer(default.clone(), request).await);
    }
}

#[tokio::test]
async fn f03_f08_headers_of_middleware_survive_and_those_of_the_replaced_response_do_not() {
    let inner = service_fn(|request: Request<Empty<Bytes>>| async move {
        let concealed = request.uri().path() == "/concealed";
        let denial = Denial::forbidden();
        let denial = if concealed { denial.concealed() } else { denial };
        let mut response: Response<Body> = denial.into_grpc_response();
        for (name, value) in [
            ("x-request-id", "7"),
            ("access-control-allow-origin", "*"),
            ("etag", "\"1\""),
            ("grpc-status", "0"),
            ("grpc-message", "fine"),
            ("grpc-status-details-bin", "AAAA"),
            ("grpc-encoding", "gzip"),
            ("www-authenticate", "Negotiate"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        Ok::<_, Infallible>(response)
    });
    let service = AuthenticateLayer::new(bearer()).layer(inner);
    for (content_type, own) in FRAMINGS.into_iter().zip([true, false, false]) {
        let refusal = answer(service.clone(), call("/x", content_type, Some("right"))).await;
        assert_eq!(refusal.code(), Some("7"));
        for name in ["x-request-id", "access-control-allow-origin"] {
            assert!(refusal.headers.contains_key(name), "{name}");
        }
        let replaced = ["etag", "grpc-status-details-bin", "grpc-encoding", "www-authenticate"];
        for name in replaced {
            assert!(!refusal.headers.contains_key(name), "{name}");
        }
        assert_eq!(refusal.headers.get_all("grpc-status").iter().count(), usize::from(own));
        let missing =
            answer(service.clone(), call("/concealed", content_type, Some("right"))).await;
        assert!(!missing.headers.contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn f06_f07_a_call_gets_no_redirect() {
    let page = LoginPage::at("/login").unwrap();
    let layer = AuthenticateLayer::new(bearer_and_basic()).login_page(page);
    let layer = layer.suppress_dialogs_for_scripts();
    let mut request = call("/notes/Read", FRAMINGS[1], None);
    for (name, value) in [("accept", "text/html"), ("sec-fetch-mode", "navigate")] {
        request.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    let refusal = answer(layer.layer(methods()), request).await;
    assert_eq!((refusal.status, refusal.code()), (200, Some("16")));
    assert_eq!(refusal.header("location"), None);
    // A script's call: the challenges that would open a dialog are left out.
    let mut request = call("/notes/Read", FRAMINGS[1], None);
    request.headers_mut().insert("sec-fetch-mode", HeaderValue::from_static("cors"));
    let refusal = answer(layer.layer(methods()), request).await;
    assert_eq!(refusal.trailers("www-authenticate"), ["Bearer realm=\"notes\""]);
}

#[tokio::test]
async fn f08_an_own_challenge_is_metadata() {
    let own = Challenge::builder("Bearer").param("realm", "other").build().unwrap();
    let identity = Bearer::new(
        "notes",
        verify_fn(move |_: &str| {
            Err::<User, _>(Unauthenticated::invalid().with_challenge(own.clone()))
        }),
    );
    let service = AuthenticateLayer::new(identity.unwrap()).layer(methods());
    let refusal = answer(service, call("/notes/Read", FRAMINGS[1], Some("x"))).await;
    // With the error, which it does not have itself (A15).
    let own = "Bearer realm=\"other\", error=\"invalid_token\", \
               error_description=\"The access token is not valid\"";
    assert_eq!(refusal.trailers("www-authenticate"), [own]);
}

#[tokio::test]
async fn d10_f08_operators_see_the_http_status_and_the_code() {
    let events = Events::capture();
    let decisions = Decisions::default();
    let codes = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let (hook, seen) = (decisions.hook(), codes.clone());
    let layer = AuthenticateLayer::new(bearer()).on_decision(move |event| {
        seen.lock().unwrap().push(event.grpc_code());
        hook(event);
    });
    for (request, status, code) in [
        (call("/notes/Read", FRAMINGS[0], None), 200, Some(16)),
        (call("/notes/Read", FRAMINGS[2], Some("down")), 200, Some(14)),
        (call("/notes/Concealed", FRAMINGS[0], Some("right")), 200, Some(5)),
        (call("/notes/Read", "application/json", None), 401, None),
    ] {
        answer(layer.layer(methods()), request).await;
        let happened = events.only();
        let field = |name: &str| happened.fields.get(name).cloned();
        assert_eq!(field("status"), Some(format!("{status}")));
        assert_eq!(field("grpc_status"), code.map(|code: i32| code.to_string()));
        assert_eq!(decisions.take()[0].status, Some(status));
        assert_eq!(std::mem::take(&mut *codes.lock().unwrap()), [code]);
    }
}

#[test]
fn f08_a_denial_has_the_code_that_it_gets_without_a_stage() {
    for (denial, code, message) in [
        (Denial::forbidden(), 7, "You are not permitted to do this."),
        (Denial::forbidden().with_detail("Ask alice."), 7, "Ask alice."),
        (Denial::forbidden().concealed().with_detail("x"), 5, "There is no such resource."),
        (Denial::not_found(), 5, "There is no such resource."),
        (Denial::identity_needed(), 16, "This resource requires authentication."),
        (Denial::unavailable(), 14, "Authorization is temporarily unavailable. Try again later."),
        (Denial::throttled(Duration::ZERO), 8, "Too many attempts. Try again later."),
        (Denial::internal_error(), 13, "Internal authorization error."),
        // Without a challenge, the caller does not learn how to step up.
        (
            Denial::insufficient(Requirement::max_age(Duration::ZERO)),
            7,
            "You are not permitted to do this.",
        ),
    ] {
        assert_eq!((denial.grpc_code(), denial.grpc_message()), (code, message), "{denial:?}");
        let response: Response<String> = denial.into_grpc_response();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["grpc-status"], code.to_string());
        assert_eq!(response.headers()["grpc-message"], message);
    }
}
