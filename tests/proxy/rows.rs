//! What the authenticate stage of a proxy decides and sends.

use std::time::Duration;

use crate::support::{Answer, Server, send};
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use http::request::Parts;
use portcullis::authenticate::{IdentityService, InvalidProxy};
use portcullis::challenge::{Challenge, Challenges};
use portcullis::identity::ResponseHeaders;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, Identity, Login, Principal, Tokens,
    Unauthenticated, Users, any_of, async_verify_fn, identity_fn, policy_fn,
};

type Name = &'static str;

fn users() -> Users<Name> {
    Users::new().with("user", "passwd", "user")
}

fn identity() -> impl Identity<Principal = Name> {
    let tokens = Tokens::new().with("tok", "machine").with_expiring(
        "old",
        "machine",
        std::time::SystemTime::UNIX_EPOCH,
    );
    any_of((Basic::new("proxy", users()).unwrap(), Bearer::new("proxy", tokens).unwrap()))
}

/// An origin that requires its own credentials, and returns the headers that reached it.
async fn origin(request: Request) -> Response {
    let lines = |name: &str| {
        let lines = request.headers().get_all(name).iter();
        lines.map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join("|")
    };
    let seen = format!(
        "{};{};{}",
        lines("authorization"),
        lines("proxy-authorization"),
        Principal::<Name>::of(request.extensions()).unwrap_or(&"nobody")
    );
    match request.uri().path() {
        "/login" if lines("authorization").is_empty() => {
            let challenge = [("www-authenticate", "Basic realm=\"origin\", charset=\"UTF-8\"")];
            (StatusCode::UNAUTHORIZED, challenge, seen).into_response()
        }
        "/bare" => StatusCode::UNAUTHORIZED.into_response(),
        "/upstream" => {
            let challenge = [("proxy-authenticate", "Negotiate")];
            (StatusCode::PROXY_AUTHENTICATION_REQUIRED, challenge, seen).into_response()
        }
        "/cached" => ([("cache-control", "public, max-age=60")], seen).into_response(),
        _ => seen.into_response(),
    }
}

fn behind(layer: AuthenticateLayer<impl IdentityService<Principal = Name>>) -> Server {
    Server::start(Router::new().fallback(origin).layer(layer))
}

fn proxy() -> Server {
    behind(AuthenticateLayer::new(identity()).at_proxy().unwrap())
}

fn basic(name: &str, login: &str) -> String {
    format!("{name}: Basic {}", STANDARD.encode(login))
}

fn get(server: &Server, path: &str, headers: &[&str]) -> Answer {
    send(server.address, "GET", path, headers)
}

const TOKEN: &str = "proxy-authorization: Bearer tok";

#[test]
fn b01_a_proxy_sends_407_where_an_origin_sends_401() {
    let server = proxy();
    let wrong = basic("proxy-authorization", "user:wrong");
    let origins = basic("authorization", "user:passwd");
    let cases: [(&[&str], u16, Option<&str>); 9] = [
        (&[], 407, None),
        // Credentials for the origin do not count at the proxy.
        (&[&origins], 407, None),
        (&["authorization: Bearer tok"], 407, None),
        (&["proxy-authorization: Unknown x"], 407, None),
        (&["proxy-authorization: Bearer"], 407, None),
        (&[&wrong], 407, None),
        (&["proxy-authorization: Bearer nope"], 407, Some("invalid_token")),
        (&["proxy-authorization: Bearer old"], 407, Some("invalid_token")),
        (&[TOKEN, TOKEN], 400, Some("invalid_request")),
    ];
    for (headers, status, error) in cases {
        let answer = get(&server, "/", headers);
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(answer.schemes(), ["Bearer", "Basic"], "{headers:?}");
        assert_eq!(answer.error("Bearer").as_deref(), error, "{headers:?}");
        assert_eq!(answer.lines("proxy-authenticate").len(), 2);
        assert!(answer.lines("www-authenticate").is_empty());
        assert_eq!(answer.field("cache-control"), Some("no-store"));
        assert_eq!(answer.json()["status"], status);
    }
    assert_eq!(get(&server, "/", &[]).json()["title"], "Proxy Authentication Required");
}

#[test]
fn b01_the_text_of_a_407_speaks_of_the_proxy_and_that_of_a_401_does_not() {
    let origin = behind(AuthenticateLayer::new(identity()));
    let proxy = proxy();
    let detail = |server: &Server, name: &str, value: Option<&str>| {
        let value = value.map(|value| format!("{name}: {value}"));
        let headers: Vec<&str> = value.as_deref().into_iter().collect();
        let answer = get(server, "/", &headers);
        (answer.status, answer.json()["detail"].as_str().unwrap().to_owned())
    };
    for sent in [None, Some("Bearer nope"), Some("Bearer old"), Some("Bearer a b"), Some("Basic !")]
    {
        for _ in 0..2 {
            let (status, text) = detail(&proxy, "proxy-authorization", sent);
            assert_eq!((status, text.contains("proxy")), (407, true), "{sent:?}: {text}");
            let (status, text) = detail(&origin, "authorization", sent);
            assert_eq!((status, text.contains("proxy")), (401, false), "{sent:?}: {text}");
        }
    }
    let (_, text) = detail(&proxy, "proxy-authorization", None);
    assert_eq!(text, "Authenticate to the proxy to send this request.");
}

#[test]
fn b01_a_tunnel_needs_credentials_too() {
    let server = proxy();
    let answer = send(server.address, "CONNECT", "origin.example:443", &[]);
    assert_eq!((answer.status, answer.schemes()), (407, vec!["Bearer".into(), "Basic".into()]));
    assert_eq!(send(server.address, "CONNECT", "origin.example:443", &[TOKEN]).status, 200);
}

#[test]
fn b01_an_outage_is_503_without_a_challenge() {
    let down =
        async_verify_fn(|_: &Login| async { Err::<Name, _>(Unauthenticated::unavailable()) });
    let layer = AuthenticateLayer::new(Basic::new("proxy", down).unwrap());
    let server = behind(layer.at_proxy().unwrap().retry_after(Duration::from_secs(7)));
    let answer = get(&server, "/", &[&basic("proxy-authorization", "user:passwd")]);
    assert_eq!((answer.status, answer.field("retry-after")), (503, Some("7")));
    assert!(answer.schemes().is_empty());
}

#[test]
fn b02_a_forwarded_request_has_the_headers_for_the_origin_and_not_those_for_the_proxy() {
    let server = proxy();
    let login = basic("proxy-authorization", "user:passwd");
    let answer = get(&server, "/", &[&login, "authorization: Bearer for-the-origin"]);
    assert_eq!(answer.text(), "Bearer for-the-origin;;user");
    let answer = get(&server, "/", &[TOKEN]);
    assert_eq!(answer.text(), ";;machine");
    // A duplicate `Authorization` is for the origin to refuse: both lines arrive.
    let two = ["authorization: Basic a", TOKEN, "authorization: Basic b"];
    assert_eq!(get(&server, "/", &two).text(), "Basic a|Basic b;;machine");
    // The origin's challenge and cache headers stay as they are.
    let answer = get(&server, "/login", &[TOKEN]);
    assert_eq!(
        (answer.status, answer.field("www-authenticate")),
        (401, Some("Basic realm=\"origin\", charset=\"UTF-8\""))
    );
    assert!(answer.lines("proxy-authenticate").is_empty());
    assert_eq!(get(&server, "/cached", &[TOKEN]).lines("cache-control"), ["public, max-age=60"]);
    assert_eq!(get(&server, "/", &[TOKEN]).field("cache-control"), None);
}

#[test]
fn b02_an_identity_that_waits_returns_the_headers_as_well() {
    let slow = async_verify_fn(|login: &Login| {
        let right = login.user() == "user" && login.password() == "passwd";
        async move {
            tokio::task::yield_now().await;
            if right { Ok("user") } else { Err(Unauthenticated::invalid()) }
        }
    });
    let layer = AuthenticateLayer::new(Basic::new("proxy", slow).unwrap()).at_proxy().unwrap();
    let server = behind(layer.time_limit(Duration::from_secs(10)));
    let login = basic("proxy-authorization", "user:passwd");
    let answer = get(&server, "/", &[&login, "authorization: Bearer for-the-origin"]);
    assert_eq!(answer.text(), "Bearer for-the-origin;;user");
    assert_eq!(get(&server, "/", &[&basic("proxy-authorization", "user:no")]).status, 407);
}

#[test]
fn b02_an_optional_proxy_consumes_what_it_reads_and_tells_caches_nothing() {
    let optional = || AuthenticateLayer::new(identity()).at_proxy().unwrap().optional();
    let server = behind(optional());
    let answer = get(&server, "/", &["authorization: Basic x"]);
    assert_eq!((answer.status, answer.text()), (200, "Basic x;;nobody"));
    assert!(answer.lines("vary").is_empty());
    assert_eq!(get(&server, "/", &["proxy-authorization: Bearer nope"]).status, 407);
    let lenient = behind(optional().ignore_invalid_credentials());
    assert_eq!(get(&lenient, "/", &["proxy-authorization: Bearer nope"]).text(), ";;nobody");
}

#[test]
fn b03_the_proxy_authenticates_first_and_then_the_origin() {
    let server = proxy();
    assert_eq!(get(&server, "/login", &[]).status, 407);
    assert_eq!(get(&server, "/login", &["authorization: Basic x"]).status, 407);
    let answer = get(&server, "/login", &[TOKEN]);
    assert_eq!((answer.status, answer.schemes()), (401, vec!["Basic".to_owned()]));
    let answer = get(&server, "/login", &[TOKEN, "authorization: Basic x"]);
    assert_eq!((answer.status, answer.text()), (200, "Basic x;;machine"));
}

#[test]
fn b03_an_origins_stage_in_the_same_process_keeps_its_401() {
    let origin_stage = AuthenticateLayer::new(Basic::new("origin", users()).unwrap());
    let app = Router::new()
        .fallback(origin)
        .layer(origin_stage)
        .layer(AuthenticateLayer::new(identity()).at_proxy().unwrap());
    let server = Server::start(app);
    assert_eq!(get(&server, "/", &[]).status, 407);
    let answer = get(&server, "/", &[TOKEN]);
    assert_eq!((answer.status, answer.param("Basic", "realm").as_deref()), (401, Some("origin")));
    let login = basic("authorization", "user:passwd");
    let answer = get(&server, "/", &[TOKEN, &login]);
    assert_eq!((answer.status, answer.text().ends_with(";;user")), (200, true));
}

#[test]
fn b01_a_forbidden_caller_gets_403_and_an_unauthenticated_one_407() {
    let people = AuthorizeLayer::<Name>::new(policy_fn(|name: &Name, _: &Parts| {
        portcullis::Decision::permit_if(*name == "user")
    }));
    let layer = AuthenticateLayer::new(identity()).at_proxy().unwrap().optional();
    let server = Server::start(Router::new().fallback(origin).layer(people).layer(layer));
    let answer = get(&server, "/", &[TOKEN]);
    assert_eq!((answer.status, answer.schemes()), (403, vec![]));
    let answer = get(&server, "/", &[]);
    assert_eq!((answer.status, answer.lines("proxy-authenticate").len()), (407, 2));
    assert!(answer.lines("www-authenticate").is_empty());
}

#[test]
fn b05_the_407_of_a_proxy_further_on_passes_unchanged() {
    let server = proxy();
    let answer = get(&server, "/upstream", &[TOKEN]);
    assert_eq!((answer.status, answer.lines("proxy-authenticate")), (407, vec!["Negotiate"]));
    assert_eq!(answer.text(), ";;machine");
    // A 401 without a challenge is not completed either (A12 is for origins).
    let answer = get(&server, "/bare", &[TOKEN]);
    assert_eq!((answer.status, answer.schemes()), (401, vec![]));
}

/// An identity with these schemes, some of which a proxy cannot offer.
fn offering(schemes: &'static [&'static str]) -> impl Identity<Principal = Name> {
    let challenge = |scheme: &&str| {
        let challenge = Challenge::builder(scheme).realm("r");
        let challenge = match *scheme {
            "Digest" => challenge
                .param("domain", "/a")
                .param("nonce", "n")
                .param("qop", "auth")
                .token_param("algorithm", "SHA-256"),
            "DPoP" => challenge.param("algs", "ES256"),
            "Other" => challenge.param("domain", "/a"),
            _ => challenge,
        };
        challenge.build().unwrap()
    };
    let mut challenges = schemes.iter().map(challenge);
    let first = Challenges::new(challenges.next().unwrap());
    let challenges = challenges.fold(first, Challenges::and);
    identity_fn(challenges, |request: &Parts| {
        if let Some(headers) = ResponseHeaders::of(&request.extensions) {
            let name = http::HeaderName::from_static("authentication-info");
            headers.insert(name, http::HeaderValue::from_static("nextnonce=\"m\""));
        }
        Err::<Name, _>(Unauthenticated::missing())
    })
}

#[test]
fn b04_a_proxy_offers_no_dpop_and_digest_without_a_domain() {
    let layer = AuthenticateLayer::new(offering(&["Basic", "Digest", "DPoP"]));
    let server = behind(layer.clone().at_proxy().unwrap());
    let answer = get(&server, "/", &[]);
    assert_eq!(
        answer.lines("proxy-authenticate"),
        ["Basic realm=\"r\"", "Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=SHA-256"]
    );
    // In other schemes that parameter may mean anything.
    let other = behind(AuthenticateLayer::new(offering(&["Other"])).at_proxy().unwrap());
    let other = get(&other, "/", &[]);
    assert_eq!(other.lines("proxy-authenticate"), ["Other realm=\"r\", domain=\"/a\""]);
    // An origin offers all schemes.
    let answer = get(&behind(layer), "/", &[]);
    assert_eq!(answer.lines("www-authenticate").len(), 3);
    assert!(answer.lines("www-authenticate")[2].contains("domain=\"/a\""));
}

#[test]
fn b04_a_layer_without_a_scheme_to_offer_is_not_built() {
    let error = AuthenticateLayer::new(offering(&["DPoP"])).at_proxy().unwrap_err();
    assert_eq!(error, InvalidProxy::NoScheme);
    assert!(error.to_string().contains("RFC 9449 §7.1"), "{error}");
}
