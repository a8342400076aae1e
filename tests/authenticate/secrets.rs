//! No `Debug` output contains a credential: F01.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::future::ready;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderName;
use http::request::Parts;
use portcullis::challenge::{AuthenticationInfo, Challenge, Credentials};
use portcullis::identity::{
    DigestAccount, DigestUser, MemoryReplayStore, NonceUse, ResponseHeaders, SchemeVerifier,
};
use portcullis::inspect::Exchange;
use portcullis::oauth::{
    AccessTokens, ClientAuth, Fetch, FetchError, Introspection, Keys, Resource,
};
use portcullis::testing::{self, Inspection, LeakProbe};
use portcullis::{
    ApiKey, Attempt, AuthenticateLayer, AuthorizeLayer, Basic, Bearer, BoxPolicy, Cause,
    ConcealLayer, ConnectionIdentity, Decision, Denial, Digest, DigestUsers, Identity, Login,
    OriginalTarget, Outcome, Principal, Refusal, Throttle, Tokens, Unauthenticated, Users, Verify,
    any_of, async_identity_fn, async_policy_fn, async_verify_fn, authenticated, identity_fn,
    policy_fn, resource_fn, respond_fn, verify_fn,
};
use tower::{Layer, service_fn};

use crate::Name;
use crate::no_credentials::NO_CREDENTIALS;
use crate::public_types::public_types;
use crate::support::{Events, Server, get};

const USER: &str = "u5er-of-secrets";
const PASSWORD: &str = "pa55word-of-secrets";
const TOKEN: &str = "t0ken-of-secrets";
const KEY: &str = "k3y-of-secrets";

/// The secrets that must not be printed, in every encoding.
fn secrets() -> Vec<String> {
    let login = format!("{USER}:{PASSWORD}");
    let plain = [USER, PASSWORD, TOKEN, KEY].map(str::to_owned);
    let as_bytes = plain.clone().map(|it| format!("{:?}", it.as_bytes()).replace(['[', ']'], ""));
    let as_base64 = plain.clone().map(|it| STANDARD.encode(it));
    let with_login = [login.clone(), STANDARD.encode(login)];
    plain.into_iter().chain(as_bytes).chain(as_base64).chain(with_login).collect()
}

#[track_caller]
fn assert_no_secret(text: &str) {
    let compact: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for secret in secrets() {
        assert!(!text.contains(&secret) && !compact.contains(&secret), "{secret:?} in {text}");
    }
}

#[track_caller]
fn assert_discreet<T: Debug>(value: &T) {
    let printed = format!("{value:?}");
    assert_no_secret(&printed);
    // It does print the name of its type.
    let path = std::any::type_name::<T>().split('<').next().unwrap_or_default();
    if let Some((_, name)) = path.rsplit_once("::").filter(|_| path.starts_with("portcullis")) {
        // `AuthParams` prints as the list of its names.
        assert!(printed.contains(name) || printed.starts_with('['), "{name}: {printed:?}");
    }
    // In that format, each number of a list is on its own line, followed by a comma.
    assert_no_secret(&format!("{value:#?}").replace(",\n", ", "));
}

fn tokens() -> Tokens<Name> {
    Tokens::new().with(TOKEN, "somebody").with(KEY, "something")
}

/// A JWK set with a shared secret.
fn shared_key() -> String {
    let secret = URL_SAFE_NO_PAD.encode(KEY.repeat(3));
    format!(r#"{{"keys":[{{"kty":"oct","k":"{secret}"}}]}}"#)
}

fn users() -> Users<Name> {
    Users::new().with(USER, PASSWORD, "somebody")
}

fn key() -> HeaderName {
    HeaderName::from_static("x-api-key")
}

#[test]
fn f01_tables_verifiers_and_identities_print_no_credential() {
    assert_discreet(&tokens());
    assert_discreet(&users());
    assert_discreet(&Bearer::new("test", tokens()).unwrap());
    assert_discreet(&Basic::new("test", users()).unwrap());
    assert_discreet(&ApiKey::new("test", key(), tokens()).unwrap());
    let all = || {
        any_of((
            Bearer::new("test", tokens()).unwrap(),
            Basic::new("test", users()).unwrap(),
            ApiKey::new("test", key(), Arc::new(tokens())).unwrap(),
        ))
    };
    assert_discreet(&all());
    assert_discreet(&all().map(|name| name));

    let token = TOKEN.to_owned();
    let judge = verify_fn(move |sent: &str| match *sent == token {
        true => Ok("somebody"),
        false => Err(Unauthenticated::invalid()),
    });
    assert_discreet(&judge);
    assert_discreet(&Bearer::new("test", judge).unwrap());
    let token = TOKEN.to_owned();
    assert_discreet(&async_verify_fn(move |sent: &str| {
        let right = *sent == token;
        async move { right.then_some("somebody").ok_or(Unauthenticated::invalid()) }
    }));

    let layer = AuthenticateLayer::new(all());
    assert_discreet(&layer);
    let service = service_fn(|_: http::Request<()>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    let authorize = AuthorizeLayer::<Name>::new(authenticated());
    assert_discreet(&authorize);
    let inner = authorize.layer(service);
    assert_discreet(&inner);
    let inner = layer.layer(inner);
    assert_discreet(&inner);
    let conceal = ConcealLayer::everywhere();
    assert_discreet(&conceal);
    assert_discreet(&conceal.layer(inner));
}

#[test]
fn f01_credentials_print_their_scheme_and_no_more() {
    let login = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let values = [
        format!("Bearer {TOKEN}"),
        format!("Basic {login}"),
        format!("Digest username=\"{USER}\", response=\"{TOKEN}\", cnonce={KEY}"),
        format!("Unheard {TOKEN}"),
        // Some clients forget the scheme.
        TOKEN.to_owned(),
        format!("{TOKEN} {KEY}"),
        login,
        format!("Bearer {TOKEN}\" junk"),
    ];
    for value in &values {
        let Some(credentials) = Credentials::parse(value.as_bytes()) else { continue };
        assert_discreet(&credentials);
        if let Ok(params) = credentials.params() {
            assert_discreet(&params);
        }
        let _ = credentials.params().inspect_err(|error| assert_discreet(error));
    }
    let builder = Credentials::builder("Digest").param("username", USER).param("response", TOKEN);
    assert_discreet(&builder);
    assert_discreet(&builder.build().unwrap());
    let builder = Credentials::builder(TOKEN).token68(KEY);
    assert_discreet(&builder);
    assert_discreet(&Credentials::builder("Bearer").token68(TOKEN).build().unwrap());
    assert_discreet(&Credentials::builder("Bearer").token68(&format!("{TOKEN}\n")).build());
    let twice = Credentials::builder("Digest").param("nonce", KEY).param("nonce", TOKEN);
    assert_discreet(&twice.build());
}

/// Prints the credentials that it verifies, as a careless verifier would.
struct Printing(Arc<Mutex<String>>);

impl Verify<Login> for Printing {
    type Principal = Name;

    async fn verify(&self, login: &Login) -> Result<Name, Unauthenticated> {
        assert_eq!((login.user(), login.password()), (USER, PASSWORD));
        self.0.lock().unwrap().push_str(&format!("{login:?} {login:#?}"));
        Err(Unauthenticated::invalid())
    }
}

#[test]
fn f01_a_login_prints_neither_user_nor_password() {
    let printed = Arc::new(Mutex::new(String::new()));
    let identity = Basic::new("test", Printing(printed.clone())).unwrap();
    let server = Server::start(crate::site().layer(AuthenticateLayer::new(identity)));
    assert_eq!(get(server.address, "/", &[&crate::login(USER, PASSWORD)]).status, 401);
    let printed = printed.lock().unwrap();
    assert!(printed.contains("Login"), "{printed}");
    assert_no_secret(&printed);
}

#[test]
fn f01_events_and_denials_print_no_credential() {
    let events = Events::capture();
    let printed = Arc::new(Mutex::new(String::new()));
    let hook = {
        let printed = printed.clone();
        move |event: &portcullis::observe::RequestEvent<'_>| {
            let mut printed = printed.lock().unwrap();
            printed.push_str(&format!("{event:?} {event:#?} {:?}", event.denial()));
            if let Some(denial) = event.denial() {
                printed.push_str(&format!("{denial} {:?}", std::error::Error::source(denial)));
            }
        }
    };
    let known = Tokens::new().with("right", "somebody");
    let no_users = Users::<Name>::new();
    let identity = any_of((
        Bearer::new("test", known.clone()).unwrap(),
        Basic::new("test", no_users).unwrap(),
        ApiKey::new("test", key(), known).unwrap(),
    ));
    let app = axum::Router::new()
        .route("/handler", axum::routing::get(|_: Principal<Name>| async { "inside" }))
        .fallback(|| async { Denial::forbidden() });
    let layer = AuthenticateLayer::new(identity).on_decision(hook);
    let strict = Server::start(app.clone().layer(layer.clone()));
    let ignore_invalid_credentials = Server::start(app.layer(layer.ignore_invalid_credentials()));
    let sent = [
        format!("authorization: Bearer {TOKEN}"),
        format!("authorization: Bearer {TOKEN}\" junk"),
        format!("authorization: {TOKEN}"),
        format!("authorization: {TOKEN} {KEY}"),
        format!("x-api-key: {KEY}"),
        format!("x-api-key: {KEY} {KEY}"),
        crate::login(USER, PASSWORD),
    ];
    for server in [&strict, &ignore_invalid_credentials] {
        for field in &sent {
            for path in ["/handler", "/nothing"] {
                let answer = get(server.address, path, &[field]);
                assert!([401, 403].contains(&answer.status), "{field}: {answer:?}");
                assert_no_secret(&answer.everything());
            }
        }
        let twice = [&*sent[0], &*sent[6]];
        assert_eq!(get(server.address, "/", &twice).status, 400);
    }
    assert_no_secret(&printed.lock().unwrap());
    let happened = events.take();
    assert!(happened.len() > 20, "{}", happened.len());
    assert_no_secret(&format!("{happened:?}"));
}

#[test]
fn f01_why_a_credential_failed_prints_nothing_of_it() {
    let identity = Bearer::new("test", tokens()).unwrap();
    let ask = |token: &str| {
        let request = http::Request::builder().header("authorization", format!("Bearer {token}"));
        let (parts, ()) = request.body(()).unwrap().into_parts();
        identity.identify_now(&parts).expect("an answer at once")
    };
    assert_eq!(ask(TOKEN).unwrap(), "somebody");
    for wrong in [format!("{TOKEN}x"), format!("{TOKEN} {KEY}")] {
        let unauthenticated = ask(&wrong).unwrap_err();
        assert_discreet(&unauthenticated);
        assert_discreet(&Denial::from(unauthenticated));
    }
}

fn introspection() -> Introspection {
    /// Never asked.
    struct NoClient;

    impl Fetch for NoClient {
        async fn fetch(
            &self,
            _: http::Request<bytes::Bytes>,
            _: usize,
        ) -> Result<http::Response<bytes::Bytes>, FetchError> {
            Err(FetchError::new("never asked"))
        }
    }

    let resource = Resource::new("https://api.example/notes").unwrap();
    let auth = ClientAuth::basic(USER, PASSWORD);
    Introspection::at("https://login.example/introspect", NoClient, auth, &resource).unwrap()
}

/// The other public types, printed while they hold secrets.
fn printed() -> Vec<(&'static str, String)> {
    let mut printed = Vec::new();
    macro_rules! print {
        ($($name:literal: $value:expr),* $(,)?) => {$({
            let value = $value;
            printed.push(($name, format!("{value:?} {value:#?}").replace(",\n", ", ")));
        })*};
    }
    let digest_users = || DigestUsers::new("test").with(USER, PASSWORD, "somebody");
    let key = |bytes: &str| std::array::from_fn(|n| *bytes.as_bytes().get(n).unwrap_or(&0));
    let challenge = || Challenge::basic("test").unwrap();
    let [kept, kept_too, kept_as_well] = [TOKEN, KEY, PASSWORD].map(str::to_owned);
    let keep = |secret: &str, it: &str| {
        if it == secret { Ok("a") } else { Err(Unauthenticated::invalid()) }
    };
    let identity = || Basic::new("test", users()).unwrap();
    let policy = || policy_fn(|name: &Name, _: &Parts| Decision::permit_if(*name == TOKEN));
    let stage = AuthenticateLayer::new(identity());
    let authorize = AuthorizeLayer::<Name>::new(policy());
    let sent = http::Request::get("/").header("authorization", format!("Bearer {TOKEN}"));
    let sent = sent.header("cookie", format!("a={PASSWORD}")).body(()).unwrap();
    let echo = format!("Bearer realm={TOKEN}, realm=\"{PASSWORD}\"");
    let refused = http::Response::builder().status(401).header("www-authenticate", echo);
    let refused = refused.body(()).unwrap();
    let exchange = Exchange::new(&sent, &refused, TOKEN.as_bytes());
    print! {
        "Tokens": tokens(),
        "Users": users(),
        "Bearer": Bearer::new("test", tokens()).unwrap(),
        "AccessTokens": AccessTokens::new("test", tokens()).unwrap(),
        "Basic": identity(),
        "ApiKey": ApiKey::new("test", HeaderName::from_static("x-api-key"), tokens()).unwrap(),
        "AnyOf": any_of((identity(), Basic::new("test", users()).unwrap())),
        "Map": identity().map(|_| TOKEN),
        "RequestChallenges": identity().challenge_by(|_: &Parts| Challenge::bearer(TOKEN).ok()),
        "Throttled": identity().throttled(Arc::new(Admitting::default())),
        "ConnectionIdentity": ConnectionIdentity::<String, _>::new(challenge(), verify_fn(move |it: &String| keep(&kept, it))),
        "SchemeVerifier": SchemeVerifier::new(tokens()),
        "ClientAuth": [ClientAuth::basic(USER, PASSWORD), ClientAuth::post(KEY, TOKEN)],
        "Introspection": introspection(),
        "Cached": introspection().cached(100, std::time::Duration::from_secs(1)),
        "VerifyFn": verify_fn(move |it: &str| keep(&kept_too, it)),
        "AsyncVerifyFn": async_verify_fn(move |it: &str| ready(keep(&kept_as_well, it))),
        "IdentityFn": identity_fn(challenge(), |_: &Parts| Ok(TOKEN)),
        "AsyncIdentityFn": async_identity_fn(challenge(), |_: &Parts| ready(Ok(TOKEN))),
        "Digest": Digest::from_users(digest_users()).unwrap().key(key(KEY)),
        "DigestUsers": digest_users(),
        "MemoryReplayStore": MemoryReplayStore::new(),
        "Keys": Keys::given("https://a.example", &shared_key()).unwrap(),
        "NonceUse": NonceUse::new(key(KEY), 1, std::time::SystemTime::now()),
        "Login": Login::new(USER, PASSWORD),
        "Credentials": Credentials::parse(TOKEN.as_bytes()).unwrap(),
        "CredentialsBuilder": Credentials::builder(KEY).param(TOKEN, PASSWORD),
        "AuthParams": Credentials::parse(b"Digest response=\"pa55word-of-secrets\"").unwrap().params(),
        "ParseError": Credentials::parse(b"Digest t0ken-of-secrets").unwrap().params().unwrap_err(),
        "InvalidSyntax": Credentials::builder("Digest").param("nonce", KEY).param("nonce", TOKEN).build(),
        "AuthenticationInfo": AuthenticationInfo::builder().rspauth(TOKEN).cnonce(KEY).build(),
        "AuthenticationInfoBuilder": AuthenticationInfo::builder().next_nonce(KEY).qop(TOKEN),
        "Authenticate": stage.layer(TOKEN.len()),
        "AuthenticateLayer": &stage,
        "IdentityTimeout": stage.time_limit(std::time::Duration::from_secs(1)),
        "PolicyTimeout": authorize.clone().time_limit(std::time::Duration::from_secs(1)),
        "Authorize": authorize.layer(TOKEN.len()),
        "AuthorizeLayer": authorize,
        "PolicyFn": policy(),
        "AsyncPolicyFn": async_policy_fn(|it: &Name, _: &Parts| ready(Decision::permit_if(*it == KEY))),
        "ResourceFn": resource_fn(|name: &Name| Decision::permit_if(*name == TOKEN)),
        "BoxPolicy": BoxPolicy::new(policy()),
        "RespondFn": respond_fn(|_: &Refusal<'_>| http::Response::new(TOKEN.into())),
        "OriginalTarget": OriginalTarget(format!("/?token={TOKEN}").parse().unwrap()),
        "Denial": Denial::from(Unauthenticated::invalid()),
        "Unauthenticated": Unauthenticated::throttled(std::time::Duration::ZERO),
        "Exchange": exchange,
        "Finding": exchange.findings(),
        "LeakProbe": LeakProbe::of_service(crate::site())
            .unauthorized("bob", testing::basic(USER, PASSWORD))
            .authorized("alice", testing::bearer(TOKEN)),
        "Inspection": Inspection::of_service(crate::site())
            .target(format!("/?access_token={TOKEN}"))
            .permitted("alice", testing::basic(USER, PASSWORD))
            .expired(testing::bearer(TOKEN))
            .with_header("x-api-key", TOKEN),
    }
    printed.extend(printed_while_judged(key(KEY)));
    printed
}

/// Types that exist only during a decision, printed.
fn printed_while_judged(key: [u8; 32]) -> Vec<(&'static str, String)> {
    let printed = Arc::new(Mutex::new(Vec::new()));
    let users = {
        let printed = printed.clone();
        verify_fn(move |user: &DigestUser| {
            assert_eq!(user.name(), Some(USER));
            let secret = user.password(USER, PASSWORD);
            let account = DigestAccount::new(secret.clone(), "somebody");
            assert!(!format!("{secret:?} {account:?}").contains(secret.as_hex()));
            printed.lock().unwrap().extend([
                ("DigestUser", format!("{user:?}")),
                ("DigestSecret", format!("{secret:?} {secret:#?}")),
                ("DigestAccount", format!("{account:?} {account:#?}")),
            ]);
            Ok(account)
        })
    };
    let throttle = Arc::new(Admitting::default());
    let identity = Digest::new("test", users).unwrap().key(key).throttled(throttle.clone());
    let fields = ResponseHeaders::default();
    let challenges = identity.per_response_challenges(Cause::Missing, None).unwrap();
    let nonce = std::str::from_utf8(challenges.first().param("nonce").unwrap()).unwrap();
    let line = format!(
        "Digest username=\"{USER}\", realm=\"test\", uri=\"/\", nonce=\"{nonce}\", nc=00000001, \
         cnonce=\"{TOKEN}\", qop=auth, algorithm=SHA-256, response=\"{}\"",
        "0".repeat(64),
    );
    let request = http::Request::builder().header("authorization", line).body(()).unwrap();
    let (mut parts, ()) = request.into_parts();
    parts.extensions.insert(fields.clone());
    let refused = identity.identify_now(&parts).unwrap().unwrap_err();
    assert_eq!(refused.cause(), Cause::Invalid);
    fields.append(http::header::SET_COOKIE, TOKEN.parse().unwrap());
    let mut printed = std::mem::take(&mut *printed.lock().unwrap());
    printed.push(("ResponseHeaders", format!("{fields:?} {fields:#?}")));
    printed.push(("Attempt", throttle.0.lock().unwrap().clone()));
    printed
}

/// A throttle that admits everything, and prints it.
#[derive(Default)]
struct Admitting(Mutex<String>);

impl Throttle for Admitting {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), std::time::Duration> {
        assert_eq!(attempt.account(), Some(USER));
        self.0.lock().unwrap().push_str(&format!("{attempt:?} {attempt:#?}"));
        Ok(())
    }

    fn settle(&self, _: &Attempt<'_>, _: Outcome) {}
}

#[test]
fn f01_no_public_type_prints_a_credential() {
    let printed = printed();
    for (name, text) in &printed {
        assert!(text.len() > 3, "{name} printed {text:?}");
        assert_no_secret(text);
    }
    let known: BTreeSet<&str> =
        printed.iter().map(|(name, _)| *name).chain(NO_CREDENTIALS.iter().copied()).collect();
    assert_eq!(known.len(), printed.len() + NO_CREDENTIALS.len(), "a type is named twice");
    let public = public_types(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let public: BTreeSet<&str> = public.iter().map(String::as_str).collect();
    let unknown: Vec<_> = public.difference(&known).collect();
    assert!(unknown.is_empty(), "print these here, or name them in NO_CREDENTIALS: {unknown:?}");
    let gone: Vec<_> = known.difference(&public).collect();
    assert!(gone.is_empty(), "these are not there any more: {gone:?}");
}
