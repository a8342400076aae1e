//! `Authorization`: A03, A04 and the readings of Basic, Bearer and Digest.
//!
//! The input is the field's value; and, in base64, what Basic encodes.

use std::fmt::Debug;

use base64::prelude::{BASE64_STANDARD, Engine};
use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;
use portcullis::challenge::{AuthParams, Credentials};
use portcullis::{
    Basic, Bearer, Cause, Digest, DigestUsers, Identity, Login, Unauthenticated, verify_fn,
};

use crate::{SECRET, reference};

pub fn check(data: &[u8]) -> Option<()> {
    let login = format!("Basic {}", BASE64_STANDARD.encode(data));
    assert_basic(&request(login.parse().expect("ASCII")));
    let value = HeaderValue::from_bytes(data.trim_ascii()).ok()?;
    assert_credentials(value.as_bytes());
    let request = request(value);
    assert_basic(&request);
    assert_bearer(&request);
    assert_digest(&request);
    Some(())
}

fn request(authorization: HeaderValue) -> Parts {
    let (mut request, ()) = http::Request::new(()).into_parts();
    request.headers.insert(AUTHORIZATION, authorization);
    request
}

fn assert_credentials(value: &[u8]) {
    let Some(sent) = Credentials::parse(value) else {
        return assert_eq!(reference::scheme(value), None);
    };
    let (scheme, rest) = reference::scheme(value).expect("a scheme");
    assert!(sent.is(&scheme) && sent.scheme().eq_ignore_ascii_case(&scheme));
    assert_eq!(sent.token68(), reference::token68(rest));
    assert_eq!(sent.is_bare(), rest.trim_ascii().is_empty());
    assert_shows_no_secret(&sent);

    if let Some(token68) = sent.token68() {
        assert!(!sent.is_bare() && sent.params().is_err());
        let built = Credentials::builder(sent.scheme()).token68(token68);
        assert_shows_no_secret(&built);
        let built = built.build().expect("it was read");
        assert_eq!(format!("{built:?}"), "Sensitive");
        let again = Credentials::parse(built.as_bytes()).expect("what is written is read");
        assert_eq!((again.scheme(), again.token68()), (sent.scheme(), Some(token68)));
    }
    match sent.params() {
        Ok(params) => assert_params(sent.scheme(), &params),
        Err(error) => {
            assert!(error.position() <= value.len() && error.line() == 0);
            assert_shows_no_secret(&error);
        }
    }
    // Of commas alone a list of challenges takes more behind a scheme than credentials do.
    if let Some(expected) = reference::params(&scheme, value).filter(|params| !params.is_empty()) {
        let params = sent.params().expect("http-auth reads it");
        assert!(params.iter().eq(expected.iter().map(|(name, value)| (&**name, &**value))));
    }
}

fn assert_params(scheme: &str, params: &AuthParams<'_>) {
    let names: Vec<&str> = params.iter().map(|(name, _)| name).collect();
    assert_eq!(format!("{params:?}"), format!("{names:?}"));
    let mut builder = Credentials::builder(scheme);
    for (name, value) in params.iter() {
        assert_eq!(params.get(&name.to_ascii_uppercase()), Some(value));
        let Ok(value) = str::from_utf8(value) else { return };
        builder = builder.param(name, value);
    }
    let is_printable = params.iter().all(|(_, value)| value.iter().all(reference::is_printable));
    let built = builder.build();
    assert_eq!(built.is_ok(), is_printable);
    if let Ok(built) = built {
        assert!(built.is_sensitive() && built.as_bytes().iter().all(reference::is_printable));
        let again = Credentials::parse(built.as_bytes()).expect("what is written is read");
        assert_eq!(&again.params().expect("what is written is read"), params);
    }
}

/// Basic is read as by the reference: missing, malformed, or this user and password.
fn assert_basic(request: &Parts) {
    let echo = |login: &Login| {
        assert_eq!(format!("{login:?}"), "Login { .. }");
        Ok((login.user().to_owned(), login.password().to_owned()))
    };
    let found = Basic::new("notes", verify_fn(echo)).expect("a realm").identify_now(request);
    let expected = match reference::scheme(request.headers[AUTHORIZATION].as_bytes()) {
        Some((scheme, rest)) if scheme == "basic" => {
            reference::token68(rest).and_then(reference::login).ok_or(Cause::Malformed)
        }
        _ => Err(Cause::Missing),
    };
    assert_found(found, expected);
}

/// Bearer is read as by the reference: missing, malformed, or this token.
fn assert_bearer(request: &Parts) {
    let echo = |token: &str| Ok(token.to_owned());
    let found = Bearer::new("notes", verify_fn(echo)).expect("a realm").identify_now(request);
    let expected = match reference::scheme(request.headers[AUTHORIZATION].as_bytes()) {
        Some((scheme, rest)) if scheme == "bearer" && !rest.trim_ascii().is_empty() => {
            reference::token68(rest).map(str::to_owned).ok_or(Cause::Malformed)
        }
        _ => Err(Cause::Missing),
    };
    assert_found(found, expected);
}

/// Nobody has a password here, so that Digest refuses everything; and it names the account of
/// whatever has all that RFC 7616 §3.4 asks for.
fn assert_digest(request: &Parts) {
    let identity =
        Digest::from_users(DigestUsers::<()>::new("notes")).expect("a realm").key([7; 32]);
    let refusal = identity.identify_now(request).expect("an answer").expect_err("no account");
    assert_ne!(refusal.cause(), Cause::InternalError);
    assert_shows_no_secret(&refusal);

    let value = request.headers[AUTHORIZATION].as_bytes();
    let is_digest = reference::scheme(value).is_some_and(|(scheme, _)| scheme == "digest");
    let account = identity.account(request);
    assert!(account.is_none() || is_digest);
    let expected = reference::params("Digest", value).filter(|_| is_digest);
    if let Some(name) = expected.and_then(|params| plain_user(&params)) {
        assert_eq!(account, Some(name));
    }
}

/// The user of credentials that are complete and have the form that RFC 7616 shows.
fn plain_user(params: &[(String, Vec<u8>)]) -> Option<String> {
    let param = |name| reference::param(params, name);
    let is_hex =
        |value: &[u8], digits| value.len() == digits && value.iter().all(u8::is_ascii_hexdigit);
    let has_all = ["realm", "nonce", "uri", "cnonce", "qop"]
        .iter()
        .all(|name| param(name).is_some_and(|value| value.iter().all(reference::is_printable)));
    let is_complete = has_all
        && param("algorithm").is_some_and(|name| name.eq_ignore_ascii_case(b"SHA-256"))
        && is_hex(param("response")?, 64)
        && is_hex(param("nc")?, 8)
        && param("username*").is_none()
        && param("userhash").is_none_or(|flag| flag == b"false");
    let name = String::from_utf8(param("username")?.to_vec()).ok()?;
    (is_complete && !name.chars().any(char::is_control)).then_some(name)
}

#[track_caller]
fn assert_found<P: PartialEq + Debug>(
    found: Option<Result<P, Unauthenticated>>,
    expected: Result<P, Cause>,
) {
    let found = found.expect("an answer").inspect_err(assert_shows_no_secret);
    assert_eq!(found.map_err(|refusal| refusal.cause()), expected);
}

fn assert_shows_no_secret(value: &impl Debug) {
    let shown = format!("{value:?}");
    assert!(!shown.contains(SECRET), "{shown}");
}
