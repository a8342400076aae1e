//! Exactly how many allocations a stage makes, and how large its futures are. Times and instructions
//! are in `benches/`.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use counting::{allocations, held};
use http::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use http_body_util::Full;
use portcullis::identity::{DigestAccount, DigestAlgorithm, DigestSecret, DigestUser};
use portcullis::oauth::TokenError;
use portcullis::policy::all;
use portcullis::respond::Format;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, Cause, ConcealLayer, Decision, Digest,
    DigestUsers, HasRoles, Identity, Login, LoginPage, Negotiate, Policy, ResponseBody, Tokens,
    Unauthenticated, Verify, any_of, async_policy_fn, conceal, role, verify_fn,
};
use tower::{Layer, Service, ServiceExt};

// ==== a service and its requests ====

const REALM: &str = "costs";
const RIGHT: HeaderValue = HeaderValue::from_static("Bearer alice-token");
const WRONG: HeaderValue = HeaderValue::from_static("Bearer mallory-token");

type Request = http::Request<Full<Bytes>>;
type Response<B> = http::Response<B>;

#[derive(Clone)]
struct User {
    admin: bool,
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        role == "admin" && self.admin
    }
}

/// Its response has a header, as those of services do: two allocations of its own.
#[derive(Clone)]
struct Inner;

const OWN: u64 = 2;

impl Service<Request> for Inner {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Full<Bytes>>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request) -> Self::Future {
        let mut response = Response::new(Full::new(Bytes::from_static(b"the reports")));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        ready(Ok(response))
    }
}

/// Whether the request's extensions hold something already, as those of hyper and axum do.
#[derive(Clone, Copy, PartialEq)]
enum Extensions {
    Empty,
    InUse,
}

use Extensions::{Empty, InUse};

fn request(authorization: Option<HeaderValue>, extensions: Extensions) -> Request {
    let mut request = Request::new(Full::default());
    if let Some(value) = authorization {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    if extensions == InUse {
        request.extensions_mut().insert(String::from("10.0.0.1"));
    }
    request
}

/// The status, and the allocations from the request's arrival until its response is dropped.
fn cost<S, B>(service: &mut S, request: impl Fn() -> Request) -> (StatusCode, u64)
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
{
    // Allocations that are made once in a process are made here.
    status_of(service, request());
    let request = request();
    let mut status = None;
    let count = allocations(|| status = Some(status_of(service, request)));
    (status.expect("a response"), count)
}

fn status_of<S, B>(service: &mut S, request: Request) -> StatusCode
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut future = pin!(service.call(request));
    loop {
        if let Poll::Ready(Ok(response)) = future.as_mut().poll(&mut cx) {
            return response.status();
        }
    }
}

// ==== the stages ====

fn verify(token: &str) -> Result<User, Unauthenticated> {
    if token == "alice-token" { Ok(User { admin: true }) } else { Err(Unauthenticated::invalid()) }
}

fn bearer() -> impl Identity<Principal = User> {
    Bearer::new(REALM, verify_fn(verify)).unwrap()
}

/// Verifies in an `async fn` that waits this many times, and never without a future.
struct Waits(usize);

impl Verify<str> for Waits {
    type Principal = User;

    async fn verify(&self, token: &str) -> Result<User, Unauthenticated> {
        let mut left = self.0;
        let wait = std::future::poll_fn(|_| {
            let done = left == 0;
            left = left.saturating_sub(1);
            if done { Poll::Ready(()) } else { Poll::Pending }
        });
        wait.await;
        verify(token)
    }
}

fn waiting(times: usize) -> impl Identity<Principal = User> {
    Bearer::new(REALM, Waits(times)).unwrap()
}

fn two_schemes() -> impl Identity<Principal = User> {
    let no_users = verify_fn(|_: &Login| Err::<User, _>(Unauthenticated::invalid()));
    any_of((bearer(), Basic::new(REALM, no_users).unwrap()))
}

/// Knows alice; bob's secret is for an algorithm that is not offered.
fn digest() -> impl Identity<Principal = User> {
    let user = |user: &DigestUser| match user.name() {
        Some("alice") => {
            Ok(DigestAccount::new(user.password("alice", "right"), User { admin: true }))
        }
        Some("bob") => {
            let md5 = DigestSecret::of_password(DigestAlgorithm::Md5, "bob", REALM, "right");
            Ok(DigestAccount::new(md5, User { admin: false }))
        }
        _ => Err(Unauthenticated::invalid()),
    };
    Digest::new(REALM, verify_fn(user)).unwrap()
}

fn both_stages(
    identity: impl Identity<Principal = User>,
    policy: impl Policy<User> + 'static,
) -> impl Service<Request, Response = Response<Full<Bytes>>, Error = Infallible> {
    AuthenticateLayer::new(identity).layer(AuthorizeLayer::<User>::new(policy).layer(Inner))
}

// ==== allow ====

/// The first entry of the extensions: the map, its table, and the boxed entry.
const FIRST_ENTRY: u64 = 3;
/// Another entry: its box.
const NEXT_ENTRY: u64 = 1;

fn permits<S, B>(mut service: S)
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
{
    let empty = cost(&mut service, || request(Some(RIGHT), Empty));
    assert_eq!(empty, (StatusCode::OK, OWN + FIRST_ENTRY));
    let in_use = cost(&mut service, || request(Some(RIGHT), InUse));
    assert_eq!(in_use, (StatusCode::OK, OWN + NEXT_ENTRY));
}

#[test]
fn permitting_allocates_nothing_but_the_principal() {
    permits(both_stages(bearer(), role("admin")));
}

#[test]
fn several_schemes_allocate_nothing_more() {
    permits(both_stages(two_schemes(), role("admin")));
}

#[test]
fn a_table_of_tokens_allocates_nothing_more() {
    let tokens: Tokens<User> = Tokens::new().with("alice-token", User { admin: true });
    permits(both_stages(Bearer::new(REALM, tokens).unwrap(), role("admin")));
}

#[test]
fn an_identity_in_an_async_fn_is_not_boxed() {
    permits(both_stages(waiting(0), role("admin")));
    permits(both_stages(waiting(1), role("admin")));
    permits(both_stages(any_of((waiting(0), waiting(1))), role("admin")));
}

#[test]
fn a_policy_in_an_async_fn_is_not_boxed() {
    let policy =
        || async_policy_fn(|user: &User, _: &Parts| ready(Decision::permit_if(user.admin)));
    permits(both_stages(bearer(), policy()));
    permits(both_stages(waiting(1), all((role("admin"), policy()))));
}

#[test]
fn an_optional_stage_allocates_nothing_for_a_request_without_credentials() {
    let mut service = AuthenticateLayer::new(bearer()).optional().layer(Inner);
    let in_use = cost(&mut service, || request(None, InUse));
    assert_eq!(in_use, (StatusCode::OK, OWN));
    // Its marker has no size, so only the map is allocated for it.
    let empty = cost(&mut service, || request(None, Empty));
    assert_eq!(empty, (StatusCode::OK, OWN + FIRST_ENTRY - 1));
}

#[test]
fn a_login_page_allocates_nothing_for_requests_that_are_no_navigation() {
    let page = LoginPage::at("/login").unwrap().return_in("next").unwrap();
    let stage = AuthenticateLayer::new(bearer()).login_page(page).suppress_dialogs_for_scripts();
    permits(stage.layer(AuthorizeLayer::<User>::new(role("admin")).layer(Inner)));
    let mut refusing = stage.layer(Inner);
    refuses(&mut refusing, None, StatusCode::UNAUTHORIZED, HEADERS);
    refuses(&mut refusing, Some(WRONG), StatusCode::UNAUTHORIZED, HEADERS);
}

/// A gRPC call.
fn grpc_call(authorization: Option<HeaderValue>) -> Request {
    let mut call = request(authorization, InUse);
    *call.method_mut() = Method::POST;
    call.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    call
}

#[test]
fn f08_permitting_a_grpc_call_allocates_nothing_but_the_principal() {
    let mut service = both_stages(bearer(), role("admin"));
    let permitted = cost(&mut service, || grpc_call(Some(RIGHT)));
    assert_eq!(permitted, (StatusCode::OK, OWN + NEXT_ENTRY));
}

#[test]
fn f08_refusing_a_grpc_call_allocates_two() {
    let mut service = both_stages(bearer(), role("admin"));
    let refused = cost(&mut service, || grpc_call(Some(WRONG)));
    assert_eq!(refused, (StatusCode::OK, HEADERS));
}

#[test]
fn d10_a_hook_allocates_one_for_the_request_and_an_audit_six_more() {
    let stage = AuthenticateLayer::new(bearer()).on_decision(|event| {
        assert_eq!(event.target().path(), "/");
    });
    let mut hooked = stage.clone().layer(Inner);
    let with_a_hook = cost(&mut hooked, || request(Some(RIGHT), InUse));
    assert_eq!(with_a_hook, (StatusCode::OK, OWN + NEXT_ENTRY + 1));
    // The principal, the record, the name of the scheme, and the extensions of the response.
    let mut audited = stage.audited().layer(Inner);
    let with_an_audit = cost(&mut audited, || request(Some(RIGHT), InUse));
    assert_eq!(with_an_audit, (StatusCode::OK, OWN + NEXT_ENTRY + 1 + 3 + FIRST_ENTRY));
}

#[test]
fn f05_negotiating_allocates_nothing_for_permitted_requests_whatever_they_accept() {
    let translate = Negotiate::new().translate(["de", "fr"], |_, _| None).unwrap();
    let stage = AuthenticateLayer::new(bearer()).respond_with(translate);
    let mut service = stage.layer(Inner);
    let megabyte = format!("text/html,{}", "x,".repeat(1 << 19));
    for accepted in ["*/*", "text/html;level=1,application/json;q=0.9,*/*;q=0.8", &megabyte] {
        for lines in [1, 64, 10_000] {
            let value = HeaderValue::from_str(accepted).unwrap();
            // Once, because the first clone allocates the reference count.
            let _ = value.clone();
            let sent = || {
                let mut request = request(Some(RIGHT), InUse);
                for _ in 0..lines {
                    request.headers_mut().append(ACCEPT, value.clone());
                    request.headers_mut().append(ACCEPT_LANGUAGE, value.clone());
                }
                request
            };
            let found = cost(&mut service, sent);
            assert_eq!(found, (StatusCode::OK, OWN + NEXT_ENTRY), "{lines} lines");
        }
    }
}

#[test]
fn a_conceal_layer_allocates_nothing_for_permitted_requests() {
    let everywhere = ConcealLayer::everywhere;
    let both = |policy| both_stages(bearer(), policy).map_response(ResponseBody::wrap);
    permits(everywhere().layer(both(role("admin"))));
    permits(ConcealLayer::under("/vault").unwrap().layer(both(role("admin"))));
    // Its marker for the stages inside has no size, and the map is there for the principal anyway.
    let hidden = || ConcealLayer::routes_under("/").unwrap();
    permits(hidden().layer(both(role("admin"))));
}

#[test]
fn d15_reading_a_path_allocates_nothing_without_dot_dot() {
    let mut service =
        ConcealLayer::under("/vault").unwrap().layer(Inner.map_response(ResponseBody::wrap));
    let long = "/".repeat(60_000);
    for path in ["/repos/8", "/vault/8", "/a%20b", "/.well-known/x", "//a;b\\c/%2f/./d", &long] {
        let target: http::Uri = path.parse().unwrap();
        let sent = || {
            let mut request = request(None, InUse);
            *request.uri_mut() = target.clone();
            request
        };
        assert_eq!(cost(&mut service, sent), (StatusCode::OK, OWN), "{path}");
    }
}

// ==== deny ====

/// A map of headers.
const HEADERS: u64 = 2;
/// A header with more than one value.
const SECOND_CHALLENGE: u64 = 1;
/// A denial in the extensions of the response of an inner stage.
const PENDING_DENIAL: u64 = 1;

fn refuses<S, B>(service: &mut S, sent: Option<HeaderValue>, status: StatusCode, expected: u64)
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
{
    assert_eq!(cost(service, || request(sent.clone(), InUse)), (status, expected));
}

#[test]
fn refusing_allocates_two() {
    let mut service = both_stages(bearer(), role("admin"));
    refuses(&mut service, None, StatusCode::UNAUTHORIZED, HEADERS);
    refuses(&mut service, Some(WRONG), StatusCode::UNAUTHORIZED, HEADERS);
    let mut service = both_stages(waiting(1), role("admin"));
    refuses(&mut service, None, StatusCode::UNAUTHORIZED, HEADERS);
    refuses(&mut service, Some(WRONG), StatusCode::UNAUTHORIZED, HEADERS);
}

#[test]
fn f05_refusing_in_json_allocates_two() {
    let mut service = AuthenticateLayer::new(bearer()).respond_with(Negotiate::new()).layer(Inner);
    refuses(&mut service, None, StatusCode::UNAUTHORIZED, HEADERS);
    refuses(&mut service, Some(WRONG), StatusCode::UNAUTHORIZED, HEADERS);
}

#[test]
fn f11_refusing_with_a_private_source_allocates_two_more_for_the_source() {
    let tokens = verify_fn(|token: &str| match token {
        "alice-token" => Err::<User, _>(TokenError::Signature.into()),
        _ => Err(Unauthenticated::invalid().with_source(TokenError::Signature)),
    });
    // Each page that is rendered is allocated. An error of another crate is boxed first.
    let stage = AuthenticateLayer::new(Bearer::new(REALM, tokens).unwrap());
    let mut html = stage.respond_with(Negotiate::new().offer(Format::Html, [])).layer(Inner);
    refuses(&mut html, Some(RIGHT), StatusCode::UNAUTHORIZED, HEADERS + 2);
    refuses(&mut html, Some(WRONG), StatusCode::UNAUTHORIZED, HEADERS + 3);
}

#[test]
fn refusing_with_several_challenges_allocates_three() {
    let mut service = both_stages(two_schemes(), role("admin"));
    refuses(&mut service, None, StatusCode::UNAUTHORIZED, HEADERS + SECOND_CHALLENGE);
    refuses(&mut service, Some(WRONG), StatusCode::UNAUTHORIZED, HEADERS + SECOND_CHALLENGE);
}

#[test]
fn refusing_in_an_inner_stage_allocates_one_more() {
    let (user, right) = (NEXT_ENTRY, Some(RIGHT));
    let mut forbidding = both_stages(bearer(), role("owner"));
    refuses(&mut forbidding, right.clone(), StatusCode::FORBIDDEN, user + PENDING_DENIAL + HEADERS);

    let mut concealing = both_stages(bearer(), conceal(role("owner")));
    refuses(&mut concealing, right.clone(), StatusCode::NOT_FOUND, user + PENDING_DENIAL + HEADERS);

    // The layer outside replaces that response by its own.
    let inside = both_stages(bearer(), conceal(role("owner"))).map_response(ResponseBody::wrap);
    let mut concealing = ConcealLayer::everywhere().layer(inside);
    refuses(&mut concealing, right, StatusCode::NOT_FOUND, user + PENDING_DENIAL + 2 * HEADERS);

    let inside = AuthorizeLayer::<User>::new(role("admin")).layer(Inner);
    let mut optional = AuthenticateLayer::new(bearer()).optional().layer(inside);
    refuses(&mut optional, None, StatusCode::UNAUTHORIZED, PENDING_DENIAL + HEADERS);
}

#[test]
fn a06_refusing_allocates_the_same_whether_the_account_exists() {
    let by_table =
        Digest::from_users(DigestUsers::new(REALM).with("alice", "right", User { admin: true }))
            .unwrap();
    let (alice, bob, unknown) = ("alice", "bob", "mallory");
    let of_verifier = [alice, bob, unknown].map(|user| wrong_digest(&digest(), user));
    assert_eq!(of_verifier, [of_verifier[0]; 3]);
    let of_table = [alice, unknown].map(|user| wrong_digest(&by_table, user));
    assert_eq!(of_table, [of_table[0]; 2]);
}

#[test]
fn h02_refusing_allocates_the_same_whatever_the_nonce() {
    let forged = ["0".repeat(64), "of another server".to_owned()];
    let counts = ["alice", "bob", "mallory"].map(|user| {
        let issued = wrong_digest(&digest(), user);
        forged.iter().for_each(|nonce| {
            assert_eq!(wrong_digest_for(&digest(), user, nonce), issued, "{user} {nonce}");
        });
        issued
    });
    assert_eq!(counts, [counts[0]; 3]);
}

/// The allocations of refusing a wrong digest response.
fn wrong_digest(identity: &impl Identity, user: &str) -> u64 {
    let challenges = identity.per_response_challenges(Cause::Missing, None).unwrap();
    let nonce = str::from_utf8(challenges.first().param("nonce").unwrap()).unwrap();
    wrong_digest_for(identity, user, nonce)
}

fn wrong_digest_for(identity: &impl Identity, user: &str, nonce: &str) -> u64 {
    let line = format!(
        "Digest username=\"{user}\", realm=\"{REALM}\", uri=\"/\", nonce=\"{nonce}\", nc=00000001, \
         cnonce=\"c\", qop=auth, algorithm=SHA-256, response=\"{}\"",
        "0".repeat(64),
    );
    let line = HeaderValue::try_from(line).unwrap();
    let (parts, _) = request(Some(line), InUse).into_parts();
    allocations(|| {
        let refused = identity.identify_now(&parts).unwrap().err().unwrap();
        assert_eq!(refused.cause(), Cause::Invalid);
    })
}

// ==== memory ====

#[test]
fn a_token_takes_75_to_149_bytes_with_a_principal_of_16() {
    let full = 65_536_u64 * 7 / 8;
    for (tokens, bytes) in [(full, 75), (full + 1, 149)] {
        let before = held();
        let table: Tokens<&str> = (0..tokens).map(|n| (format!("token {n}"), "a user")).collect();
        let each = u64::try_from(held() - before).unwrap().div_ceil(tokens);
        assert_eq!(each, bytes, "{tokens} tokens");
        drop(table);
    }
}

// ==== futures ====

fn future_size<S: Service<Request>>(_: &S) -> usize {
    size_of::<S::Future>()
}

#[test]
fn futures_carry_the_request_and_little_more() {
    let bare = future_size(&Inner);
    // The future holds the request head and body, and the service's future. The words are for the
    // futures of the identity and its verifier, the configuration, what the stage saw of the request,
    // and the state that each is in.
    let carried = size_of::<Parts>() + size_of::<Full<Bytes>>();
    let words = 24 * size_of::<usize>();

    let authenticate = future_size(&AuthenticateLayer::new(bearer()).layer(Inner));
    assert!(authenticate <= carried + words, "{authenticate} > {carried} + {words}");
    let authorize = future_size(&AuthorizeLayer::<User>::new(role("admin")).layer(Inner));
    assert!(authorize <= carried + words, "{authorize} > {carried} + {words}");
    let both = future_size(&both_stages(bearer(), role("admin")));
    assert!(both <= carried + 2 * words, "{both} > {carried} + 2 × {words}");
    assert!(bare < carried, "a bare future has {bare} bytes");
}

#[test]
fn futures_with_digest_keep_the_user_or_the_nonce_count_and_nothing_else_of_the_credentials() {
    // Nonce and count take 12 words, a user no more than that.
    let word = size_of::<usize>();
    let bearer = future_size(&AuthenticateLayer::new(bearer()).layer(Inner));
    let digests = future_size(&AuthenticateLayer::new(digest()).layer(Inner));
    assert!(digests <= bearer + 16 * word, "{digests} > {bearer} + 16 words");
    let users = verify_fn(|_: &Login| Err::<User, _>(Unauthenticated::invalid()));
    let several = any_of((digest(), Basic::new(REALM, users).unwrap()));
    let several = future_size(&AuthenticateLayer::new(several).layer(Inner));
    assert!(several <= digests + 12 * word, "{several} > {digests} + 12 words");
}
