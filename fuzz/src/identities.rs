//! A stage that takes Bearer, Basic, Digest and an API key: A01 to A06, A08, D05, F01, F02, F04.
//!
//! The input is a request. In it `@NONCE@` stands for a nonce of the stage, and `@RESPONSE@` for
//! the response that a client with the right password computes.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt::Write;
use std::future::ready;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, VARY, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, Method, Request, Response, StatusCode, Uri};
use http_body_util::Full;
use portcullis::challenge::Challenges;
use portcullis::identity::DigestAlgorithm;
use portcullis::{
    ApiKey, AuthenticateLayer, Basic, Bearer, Cause, Digest, DigestUsers, Identity, Principal,
    Tokens, Users, any_of,
};
use sha2::Digest as _;
use tower::{Layer, service_fn};

use crate::{SECRET, reference, wire};

const KEY_FIELD: HeaderName = HeaderName::from_static("x-api-key");
const TOKEN: &str = "token-Zq7";
const KEY: &str = "key-Zq7";
const USER: &str = "alice";
const PASSWORD: &str = "Zq7:wonder land";
const REALM: &str = "notes";

/// By which credentials the caller is known.
type Account = &'static str;

pub fn check(data: &[u8]) -> Option<()> {
    STAGES.with(|stages| {
        for is_optional in [false, true] {
            // With a nonce of its own, so that its count was not used before.
            let (request, nonce) = request(data, (stages.nonce)())?;
            let answer = (stages.ask)(&request, is_optional);
            assert_answer(&request, &answer, &Expected::of(&request, &nonce), is_optional);
        }
        Some(())
    })
}

/// The stage, required and optional. It is made once: that takes longer than to answer a request.
struct Stages {
    nonce: Box<dyn Fn() -> String>,
    ask: Box<Ask>,
}

/// Asks the optional one, or the other.
type Ask = dyn Fn(&Request<()>, bool) -> Response<Bytes>;

thread_local! {
    static STAGES: Stages = Stages::new();
    /// What operators were shown last.
    static EVENT: RefCell<String> = const { RefCell::new(String::new()) };
}

impl Stages {
    fn new() -> Self {
        let identity = Arc::new(identity());
        let layer = AuthenticateLayer::new(identity.clone()).on_decision(|event| {
            EVENT.with_borrow_mut(|shown| *shown = format!("{event:?}"));
        });
        let optional = layer.clone().optional();
        let handler = || {
            service_fn(|request: Request<()>| {
                let who = Principal::<Account>::of(request.extensions()).copied();
                let body = Full::<Bytes>::from(who.unwrap_or("anonymous"));
                ready(Ok::<_, Infallible>(Response::new(body)))
            })
        };
        let ask = move |request: &Request<()>, is_optional| {
            let (parts, ()) = request.clone().into_parts();
            let request = Request::from_parts(parts, ());
            match is_optional {
                true => wire::answer(optional.layer(handler()), request),
                false => wire::answer(layer.layer(handler()), request),
            }
        };
        let nonce = move || {
            let fresh = identity.per_response_challenges(Cause::Missing, None).expect("Digest's");
            let nonce = fresh.iter().find_map(|challenge| challenge.param("nonce"));
            String::from_utf8(nonce.expect("a nonce").to_vec()).expect("digits")
        };
        Self { nonce: Box::new(nonce), ask: Box::new(ask) }
    }
}

fn identity() -> impl Identity<Principal = Account> {
    let digest = Digest::from_users(DigestUsers::new(REALM).with(USER, PASSWORD, "digest"));
    let digest = digest
        .and_then(|digest| {
            digest.algorithms([DigestAlgorithm::Sha256, DigestAlgorithm::Sha256Sess])
        })
        .expect("a realm")
        .userhash(true)
        .key([7; 32]);
    any_of((
        Bearer::new(REALM, Tokens::new().with(TOKEN, "token")).expect("a realm"),
        Basic::new(REALM, Users::new().with(USER, PASSWORD, "login")).expect("a realm"),
        digest,
        ApiKey::new(REALM, KEY_FIELD, Tokens::new().with(KEY, "key")).expect("a realm"),
    ))
}

/// The request, with what only a client of this very stage can know.
fn request(data: &[u8], nonce: String) -> Option<(Request<()>, String)> {
    let text = str::from_utf8(data).ok().map(|text| text.replace("@NONCE@", &nonce));
    let mut text = text.map_or_else(|| data.to_vec(), String::into_bytes);
    let request = wire::request(&text)?;
    if let Ok(with_response) = str::from_utf8(&text)
        && with_response.contains("@RESPONSE@")
    {
        let response = response(&request).unwrap_or_default();
        text = with_response.replace("@RESPONSE@", &response).into_bytes();
    }
    Some((wire::request(&text)?, nonce))
}

/// The response of RFC 7616 §3.4.1 to the other parameters.
fn response(request: &Request<()>) -> Option<String> {
    let value = request.headers().get(AUTHORIZATION)?.as_bytes();
    // `@` is in no token: the placeholder has to stand in quotes.
    let params = reference::params("Digest", value)?;
    let param = |name| reference::param(&params, name);
    let mut key = hash(&[USER.as_bytes(), REALM.as_bytes(), PASSWORD.as_bytes()]);
    if param("algorithm")?.eq_ignore_ascii_case(b"SHA-256-sess") {
        key = hash(&[key.as_bytes(), param("nonce")?, param("cnonce")?]);
    }
    let target = hash(&[request.method().as_str().as_bytes(), param("uri")?]);
    let parts = [key.as_bytes(), param("nonce")?, param("nc")?, param("cnonce")?, param("qop")?];
    Some(hash(&[&parts[..], &[target.as_bytes()]].concat()))
}

fn hash(parts: &[&[u8]]) -> String {
    let digest = sha2::Sha256::digest(parts.join(&b':'));
    digest.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What the specification says of a request, read off it by other means.
#[derive(Debug, PartialEq)]
enum Expected {
    /// Nothing was sent for any of the schemes (A01, A02, A03).
    Nothing,
    /// Something occurs twice (A05).
    Twice,
    /// Refused by the scheme that was attempted (A04, A06).
    Refused(Attempt),
    Known(Account),
    /// Digest that is right, but for a form that other rows judge: known, or refused.
    KnownOrRefused,
}

#[derive(Debug, PartialEq)]
enum Attempt {
    Bearer,
    Digest,
    Other,
}

impl Expected {
    fn of(request: &Request<()>, nonce: &str) -> Self {
        let lines = |name| request.headers().get_all(name).iter().collect::<Vec<_>>();
        let (said, keys) = (lines(AUTHORIZATION), lines(KEY_FIELD));
        if said.len() > 1 || keys.len() > 1 {
            return Self::Twice;
        }
        let said = said.first().and_then(|line| reference::scheme(line.as_bytes()));
        let key = keys.first().map(|line| line.as_bytes());
        let token68 = said.as_ref().and_then(|(_, rest)| reference::token68(rest));
        if key.is_some() && token68.map(str::as_bytes) == key {
            return Self::Twice;
        }
        let known = |account, is_right: bool, attempt| {
            if is_right { Self::Known(account) } else { Self::Refused(attempt) }
        };
        let is_bare = said.as_ref().is_some_and(|(_, rest)| rest.trim_ascii().is_empty());
        match said.as_ref().map(|(scheme, _)| &**scheme) {
            Some("bearer") if !is_bare => known("token", token68 == Some(TOKEN), Attempt::Bearer),
            Some("basic") => {
                let login = token68.and_then(reference::login);
                let is_right = login == Some((USER.to_owned(), PASSWORD.to_owned()));
                known("login", is_right, Attempt::Other)
            }
            Some("digest") if !is_bare => digest(request, nonce),
            _ => match key {
                None | Some(b"") => Self::Nothing,
                Some(key) => known("key", key == KEY.as_bytes(), Attempt::Other),
            },
        }
    }
}

/// Whether the credentials are those of a client that knows the password, for this request.
fn digest(request: &Request<()>, nonce: &str) -> Expected {
    let refused = Expected::Refused(Attempt::Digest);
    let value = request.headers()[AUTHORIZATION].as_bytes();
    // `http-auth` takes no second space and nothing outside ASCII.
    let Some(params) = reference::params("Digest", value) else { return Expected::KnownOrRefused };
    let param = |name| reference::param(&params, name).and_then(|value| str::from_utf8(value).ok());
    let is = |name, expected: &str| {
        param(name).is_some_and(|value: &str| value.eq_ignore_ascii_case(expected))
    };
    let is_user = match (is("userhash", "true"), param("username"), param("username*")) {
        (false, Some(name), None) => name == USER,
        (true, Some(name), None) => {
            name.eq_ignore_ascii_case(&hash(&[USER.as_bytes(), REALM.as_bytes()]))
        }
        (false, None, Some(name)) => {
            reference::percent_decode(name.as_bytes()).ends_with(format!("'{USER}").as_bytes())
        }
        _ => false,
    };
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let uri = param("uri").unwrap_or_default();
    let is_absolute = uri.parse::<Uri>().is_ok_and(|uri| {
        uri.authority().is_some()
            && (uri.path_and_query().map_or("", |it| it.as_str()) == target || target.is_empty())
    });
    let is_known = is_user
        && param("realm") == Some(REALM)
        && is("nonce", nonce)
        && is("qop", "auth")
        && (is("algorithm", "SHA-256") || is("algorithm", "SHA-256-sess"))
        && param("nc").is_some_and(|nc| nc.len() == 8)
        && response(request).is_some_and(|response| is("response", &response));
    let is_canonical = is_known
        && uri == target
        && uri != "*"
        && param("qop") == Some("auth")
        && param("username") == Some(USER)
        && param("userhash").is_none()
        && param("cnonce")
            .is_some_and(|value| value.bytes().all(|it| reference::is_printable(&it)))
        && param("nc").is_some_and(|nc| nc == "00000001");
    match () {
        () if is_canonical => Expected::Known("digest"),
        () if is_known && (is_absolute || uri == target) => Expected::KnownOrRefused,
        () => refused,
    }
}

fn assert_answer(
    request: &Request<()>,
    answer: &Response<Bytes>,
    expected: &Expected,
    is_optional: bool,
) {
    let shown = || format!("{expected:?}, and this was answered:\n{}", wire::text(answer));
    let account = str::from_utf8(answer.body()).unwrap_or_default();
    match (expected, answer.status()) {
        (Expected::Known(who), StatusCode::OK) => assert_eq!(account, *who),
        (Expected::KnownOrRefused, StatusCode::OK) => assert_eq!(account, "digest"),
        (Expected::Nothing, StatusCode::OK) if is_optional => {
            assert_eq!(account, "anonymous");
            // Or a shared cache would give it to those who are known (A02).
            let fields = answer.headers().get_all(VARY).iter().collect::<Vec<_>>();
            assert_eq!(fields, ["authorization", "x-api-key"]);
        }
        (Expected::Nothing, StatusCode::UNAUTHORIZED) if !is_optional => {
            assert_refusal(request, answer, None);
        }
        (Expected::Twice, StatusCode::BAD_REQUEST) => {
            assert_refusal(request, answer, Some("invalid_request"));
        }
        (Expected::Refused(Attempt::Bearer), StatusCode::UNAUTHORIZED) => {
            assert_refusal(request, answer, Some("invalid_token"));
        }
        (Expected::Refused(Attempt::Other), StatusCode::UNAUTHORIZED) => {
            assert_refusal(request, answer, None);
        }
        // Incomplete, or for another target: 400 (H03), and Bearer has nothing to say about it.
        (
            Expected::Refused(Attempt::Digest) | Expected::KnownOrRefused,
            StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST,
        ) => assert_refusal(request, answer, None),
        _ => panic!("expected {}", shown()),
    }
}

fn assert_refusal(request: &Request<()>, answer: &Response<Bytes>, error: Option<&str>) {
    let headers = answer.headers();
    let lines = |name| headers.get_all(name).iter().collect::<Vec<_>>();
    assert_eq!(lines(CACHE_CONTROL), ["no-store"]);
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_challenged(headers, error);
    if request.method() == Method::HEAD {
        assert!(answer.body().is_empty());
    } else {
        assert_eq!(headers[CONTENT_LENGTH], answer.body().len().to_string());
        let problem: serde_json::Value = serde_json::from_slice(answer.body()).expect("JSON");
        assert_eq!(problem["status"], answer.status().as_u16());
    }
    if request.method().as_str().contains(SECRET) {
        // The event has the method, which is no place for a credential.
        return;
    }
    let shown = EVENT.with_borrow(|event| format!("{event}\n{}", wire::text(answer)));
    assert!(!shown.contains(SECRET), "{shown}");
}

/// One line for each scheme, Bearer first and with this error (A01, A04, A05, A06, A15).
fn assert_challenged(headers: &HeaderMap, error: Option<&str>) {
    let lines = headers.get_all(WWW_AUTHENTICATE);
    let read = Challenges::parse(lines.iter()).expect("challenges");
    let schemes: Vec<&str> = read.iter().map(|challenge| challenge.scheme()).collect();
    assert_eq!(schemes, ["Bearer", "Basic", "Digest", "Digest", "ApiKey"]);
    assert_eq!(lines.iter().count(), read.len());
    for challenge in &read {
        assert_eq!(challenge.realm(), Some(REALM.as_bytes()));
        let error = error.filter(|_| challenge.is("Bearer")).map(str::as_bytes);
        assert_eq!(challenge.param("error"), error, "{challenge:?}");
    }
}
