//! B02: a stage at a proxy removes the headers that its identities read, and forwards all others.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use crate::support::{Server, get, send_http2};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderName, StatusCode, Version};
use portcullis::authenticate::{IdentityService, InvalidProxy};
use portcullis::challenge::Challenge;
use portcullis::{
    ApiKey, AuthenticateLayer, Basic, ConnectionIdentity, Identity, IdentityInfo, Principal,
    Tokens, Unauthenticated, Users, any_of, identity_fn, verify_fn,
};
use tower::{Layer, ServiceExt, service_fn};

type Name = &'static str;

/// Reads a key, a login, or a ticket in two headers.
fn several_headers() -> impl Identity<Principal = Name> {
    let keys = Tokens::new().with("key-of-machine", "machine");
    let ticket = Challenge::builder("Ticket").realm("proxy").build().unwrap();
    let tickets = identity_fn(ticket, |request: &Parts| {
        let ticket = request.headers.get("x-ticket").ok_or(Unauthenticated::missing())?;
        (ticket == "ticket-of-guest").then_some("guest").ok_or(Unauthenticated::invalid())
    });
    any_of((
        ApiKey::new("proxy", HeaderName::from_static("x-api-key"), keys).unwrap(),
        Basic::new("proxy", Users::new().with("user", "passwd", "user")).unwrap(),
        tickets.reads_headers(["x-ticket", "x-ticket-seal"].map(HeaderName::from_static)),
    ))
}

/// The headers that this identity reads at a proxy.
const CONSUMED: [&str; 4] = ["proxy-authorization", "x-api-key", "x-ticket", "x-ticket-seal"];

/// An identity that waits.
struct Slow<I>(I);

impl<I: Identity> Identity for Slow<I> {
    type Principal = I::Principal;

    fn describe(&self) -> IdentityInfo {
        self.0.describe()
    }

    async fn identify(&self, request: &Parts) -> Result<I::Principal, Unauthenticated> {
        tokio::task::yield_now().await;
        self.0.identify(request).await
    }
}

const LOGIN: (&str, &str) = ("proxy-authorization", "Basic dXNlcjpwYXNzd2Q=");
const WRONG_LOGIN: (&str, &str) = ("proxy-authorization", "Basic dXNlcjp3cm9uZw==");
const KEY: (&str, &str) = ("x-api-key", "key-of-machine");
const WRONG_KEY: (&str, &str) = ("x-api-key", "key-of-nobody");
const TICKET: (&str, &str) = ("x-ticket", "ticket-of-guest");
const WRONG_TICKET: (&str, &str) = ("x-ticket", "ticket-of-nobody");
const SEAL: (&str, &str) = ("x-ticket-seal", "seal");

type Fields = &'static [(&'static str, &'static str)];

/// The headers for the proxy, and the result: a principal, anonymous, or a refusal.
const SENT: [(Fields, Result<Name, StatusCode>); 17] = [
    (&[KEY], Ok("machine")),
    (&[KEY, WRONG_TICKET], Ok("machine")),
    (&[LOGIN], Ok("user")),
    // `Proxy-Authorization` takes precedence over the key, which is not verified.
    (&[LOGIN, KEY], Ok("user")),
    (&[WRONG_KEY, LOGIN, SEAL], Ok("user")),
    (&[TICKET, SEAL], Ok("guest")),
    // `Connection` cannot exempt a header from these rules.
    (&[("connection", "x-api-key, x-ticket"), KEY], Ok("machine")),
    (&[WRONG_KEY], Err(StatusCode::PROXY_AUTHENTICATION_REQUIRED)),
    (&[("x-api-key", "no key"), SEAL], Err(StatusCode::PROXY_AUTHENTICATION_REQUIRED)),
    (&[WRONG_TICKET, SEAL], Err(StatusCode::PROXY_AUTHENTICATION_REQUIRED)),
    (&[WRONG_LOGIN, TICKET], Err(StatusCode::PROXY_AUTHENTICATION_REQUIRED)),
    // In two lines (A05), at every stage.
    (&[KEY, WRONG_KEY], Err(StatusCode::BAD_REQUEST)),
    (&[LOGIN, WRONG_LOGIN], Err(StatusCode::BAD_REQUEST)),
    // No credentials for the proxy.
    (&[SEAL], Ok("nobody")),
    (&[("x-api-key", "")], Ok("nobody")),
    (&[("proxy-authorization", "Bearer of-another-proxy")], Ok("nobody")),
    (&[], Ok("nobody")),
];

const FOR_THE_ORIGIN: [(&str, &str); 4] = [
    ("authorization", "Bearer for-the-origin"),
    ("cookie", "sid=1"),
    ("cookie", "theme=dark"),
    ("x-other", "visible"),
];

/// The headers and the principal that reach the origin, or the status of the proxy's refusal.
async fn forwarded(
    layer: AuthenticateLayer<impl IdentityService<Principal = Name, Future: Send>>,
    request: http::Request<Body>,
) -> Result<(HeaderMap, Name), StatusCode> {
    let reached = Arc::new(Mutex::new(None));
    let origin = {
        let reached = reached.clone();
        service_fn(move |request: Request| {
            let name = Principal::<Name>::of(request.extensions()).copied();
            let headers = request.headers().clone();
            *reached.lock().unwrap() = Some((headers, name.unwrap_or("nobody")));
            async { Ok::<_, Infallible>(Response::new(Body::empty())) }
        })
    };
    let status = layer.layer(origin).oneshot(request).await.unwrap().status();
    let reached = reached.lock().unwrap().take();
    assert_eq!(reached.is_some(), status == StatusCode::OK);
    reached.ok_or(status)
}

async fn removes_the_headers_it_reads(identity: impl Identity<Principal = Name>) {
    let required = AuthenticateLayer::new(identity).at_proxy().unwrap();
    let layers =
        [required.clone(), required.clone().optional(), required.ignore_invalid_credentials()];
    let targets =
        [("GET", "/"), ("POST", "http://origin.example/"), ("CONNECT", "origin.example:443")];
    for (sent, is) in SENT {
        for ((method, target), version) in
            targets.into_iter().flat_map(|it| [(it, Version::HTTP_11), (it, Version::HTTP_2)])
        {
            let request = || {
                let mut request = http::Request::builder();
                for (name, value) in sent.iter().chain(&FOR_THE_ORIGIN) {
                    request = request.header(*name, *value);
                }
                let request = request.method(method).uri(target).version(version);
                request.body(Body::empty()).unwrap()
            };
            let mut fields = request().headers().clone();
            for name in CONSUMED {
                fields.remove(name);
            }
            let refused = Err(StatusCode::PROXY_AUTHENTICATION_REQUIRED);
            let expected = match is {
                Ok("nobody") => [refused, is, is],
                Err(StatusCode::PROXY_AUTHENTICATION_REQUIRED) => [refused, refused, Ok("nobody")],
                _ => [is; 3],
            };
            for (layer, expected) in layers.iter().zip(expected) {
                let expected = expected.map(|name| (fields.clone(), name));
                let forwarded = forwarded(layer.clone(), request()).await;
                assert_eq!(forwarded, expected, "{layer:?} {method} {version:?} {sent:?}");
            }
        }
    }
}

#[tokio::test]
async fn b02_every_header_that_an_identity_reads_is_removed_whatever_its_value() {
    removes_the_headers_it_reads(several_headers()).await;
    removes_the_headers_it_reads(Slow(several_headers())).await;
    removes_the_headers_it_reads(Arc::new(several_headers()).map(|name| name)).await;
}

#[test]
fn b02_a_key_for_the_proxy_does_not_reach_the_origin_by_wire() {
    let layer = AuthenticateLayer::new(several_headers()).at_proxy().unwrap();
    let mirror = |request: Request| async move { format!("{:?}", request.headers()) };
    let server = Server::start(Router::new().fallback(mirror).layer(layer));
    let sent = ["X-API-Key: key-of-machine", "x-ticket: any", "x-other: visible"];
    let answer = get(server.address, "/", &sent);
    let fields = "{\"host\": \"localhost\", \"x-other\": \"visible\"}";
    assert_eq!((answer.status, answer.text()), (200, fields));
    let sent = [KEY, TICKET, ("x-other", "visible")];
    let (status, _, body) = send_http2(server.address, "GET", "/", &sent);
    assert_eq!((status, &*body), (StatusCode::OK, &b"{\"x-other\": \"visible\"}"[..]));
}

#[test]
fn b02_an_inner_stage_does_not_get_the_credentials_for_the_proxy() {
    let key = |realm, field, key| {
        let field = HeaderName::from_static(field);
        ApiKey::new(realm, field, Tokens::<Name>::new().with(key, "machine")).unwrap()
    };
    let proxy = || AuthenticateLayer::new(key("proxy", "x-api-key", "a-key")).at_proxy().unwrap();
    let app =
        |origin| Router::new().fallback(origin_of_names).layer(AuthenticateLayer::new(origin));
    // The key for the proxy does not count at the origin, even if it would be right there.
    let server = Server::start(app(key("origin", "x-api-key", "a-key")).layer(proxy()));
    let answer = get(server.address, "/", &["x-api-key: a-key"]);
    assert_eq!((answer.status, answer.param("ApiKey", "realm").as_deref()), (401, Some("origin")));
    let server = Server::start(app(key("origin", "x-origin-key", "a-key")).layer(proxy()));
    let answer = get(server.address, "/", &["x-api-key: a-key", "x-origin-key: a-key"]);
    assert_eq!((answer.status, answer.text()), (200, "machine"));
}

async fn origin_of_names(Principal(name): Principal<Name>) -> Name {
    name
}

#[test]
fn b02_a_stage_that_would_remove_what_the_origin_needs_is_not_built() {
    let reading = |fields: &[&'static str]| {
        let fields: Vec<_> = fields.iter().map(|name| HeaderName::from_static(name)).collect();
        let identity =
            identity_fn(Challenge::basic("proxy").unwrap(), |_: &Parts| Ok::<Name, _>("a"));
        AuthenticateLayer::new(identity.reads_headers(fields))
    };
    let needed = [
        "cookie",
        "dpop",
        "host",
        "connection",
        "content-length",
        "transfer-encoding",
        "upgrade",
        "te",
        "content-type",
        "content-digest",
        "signature",
        "signature-input",
        "forwarded",
        "origin",
        "referer",
        "user-agent",
        "date",
        "range",
        "if-match",
        "accept",
        "sec-websocket-protocol",
        // WebDAV and CalDAV
        "depth",
        "destination",
        "if",
        "if-schedule-tag-match",
        "lock-token",
        "overwrite",
        "position",
        "schedule-reply",
        "timeout",
        // added by a proxy for the origin
        "cdn-loop",
        "client-cert",
        "client-cert-chain",
        "via",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-prefix",
        "x-forwarded-proto",
        // other
        "a-im",
        "accept-datetime",
        "alt-used",
        "available-dictionary",
        "content-disposition",
        "content-md5",
        "dictionary-id",
        "grpc-timeout",
        "http2-settings",
        "idempotency-key",
        "last-event-id",
        "sec-token-binding",
        "slug",
        "topic",
        "ttl",
        "urgency",
        "want-digest",
    ];
    for field in needed {
        for fields in [&[field][..], &["authorization", "x-api-key", field]] {
            // At an origin this is allowed.
            let error = reading(fields).at_proxy().unwrap_err();
            assert_eq!(error, InvalidProxy::NeededByOrigin(HeaderName::from_static(field)));
            let text = error.to_string();
            assert!(
                text.contains(&format!("`{field}`")) && text.contains("`reads_headers`"),
                "{text}"
            );
        }
    }
    let error = reading(&["proxy-authorization"]).at_proxy().unwrap_err();
    assert_eq!(error, InvalidProxy::ReadsProxyAuthorization);
    assert!(error.to_string().contains("`Authorization`"), "{error}");
    // One such header is enough, and the order of the configuration does not matter.
    let cookies = reading(&["cookie"]).optional().preserve_challenge_order();
    assert!(cookies.at_proxy().is_err());
    for fields in [&[][..], &["authorization"], &["x-api-key", "x-ticket"], &["x-forwarded-user"]] {
        assert!(reading(fields).at_proxy().is_ok(), "{fields:?}");
        assert!(reading(fields).at_proxy().unwrap().at_proxy().is_ok(), "twice {fields:?}");
    }
    let peer = ConnectionIdentity::new(
        Challenge::basic("proxy").unwrap(),
        verify_fn(|_: &u8| Ok::<Name, _>("a")),
    );
    assert!(AuthenticateLayer::new(peer).at_proxy().is_ok());
}
