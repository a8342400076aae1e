//! What is accepted, and what a [`Token`](portcullis::oauth::Token) tells of it.

use aws_lc_rs::rsa::KeySize;
use portcullis::oauth::{Jwt, Keys, TokenError};
use portcullis::policy::{HasAuthentication, HasRoles, HasScopes};
use serde_json::json;

use crate::mint::Signer;
use crate::{
    ISSUER, NOW, RESOURCE, at, claims, given, header, judge, resource, set, token, verifier,
    verify, with,
};

#[test]
fn j17_every_algorithm_of_the_backend_verifies() {
    let mut signers = vec![
        Signer::es256("a"),
        Signer::es384("b"),
        Signer::ed25519("c"),
        Signer::secret("d", &[7; 32]),
        Signer::rsa("e", KeySize::Rsa3072, "RS256"),
    ];
    for algorithm in ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] {
        signers.push(Signer::rsa("f", KeySize::Rsa2048, algorithm));
    }
    for signer in &signers {
        let result = verify(&verifier(signer), &token(signer));
        assert!(result.is_ok(), "{}: {result:?}", signer.algorithm());
    }
}

#[test]
fn j17_the_default_backend_of_the_process_is_not_used() {
    // Both backends are on in tests, so the default panics; no key or signature here has asked for it.
    let key = Signer::secret("mac", &[7; 32]);
    let sent = token(&key);
    let by_default = std::panic::catch_unwind(|| {
        let validation = jsonwebtoken::Validation::default();
        let secret = jsonwebtoken::DecodingKey::from_secret(&[7; 32]);
        jsonwebtoken::decode::<serde_json::Value>(&sent, &secret, &validation).is_ok()
    });
    assert!(by_default.is_err(), "there is a default: this test proves nothing");
    assert!(verify(&verifier(&key), &sent).is_ok());
}

#[test]
fn j12_ed25519_is_the_same_under_both_of_its_names() {
    let key = Signer::ed25519("ed");
    for name in ["EdDSA", "Ed25519"] {
        let header = with(header(&key), json!({"alg": name}));
        assert_eq!(judge(&verifier(&key), &key, &header, &claims()), Ok(()), "{name}");
    }
}

#[test]
fn j10_a_token_tells_what_its_claims_say_and_nothing_else() {
    let key = Signer::shared();
    let more = json!({
        "roles": ["author", {"value": "reviewer", "display": "Reviewer"}],
        "acr": "urn:example:mfa",
        "auth_time": NOW - 100,
        "azp": "another",
    });
    let sent = key.token(&header(key), &with(claims(), more));
    let token = verify(&verifier(key), &sent).unwrap();
    assert_eq!(token.issuer(), Some(ISSUER));
    assert_eq!(token.subject(), Some("alice"));
    assert_eq!(token.client(), Some("editor"));
    assert_eq!(token.id(), Some("a-token"));
    assert_eq!(token.scopes().collect::<Vec<_>>(), ["notes:read", "notes:write"]);
    assert_eq!(token.roles().collect::<Vec<_>>(), ["author", "reviewer"]);
    assert_eq!(token.expires(), Some(at(NOW + 300)));
    assert_eq!(token.acr(), Some("urn:example:mfa"));
    assert_eq!(token.authenticated_at(), Some(at(NOW - 100)));
    assert!(token.has_scope("notes:read") && !token.has_scope("notes:read notes:write"));
    assert!(token.has_role("reviewer") && !token.has_role("Reviewer") && !token.has_role("alice"));
    let printed = format!("{:?}", token.clone());
    let signature = sent.rsplit('.').next().unwrap();
    assert!(printed.contains("alice") && !printed.contains(signature), "{printed}");
}

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Extra {
    email: String,
    #[serde(default)]
    sub: String,
}

#[test]
fn j20_claims_of_your_own_are_read_into_your_type() {
    let key = Signer::shared();
    let tokens = verifier(key).claims::<Extra>();
    let sent = key.token(&header(key), &with(claims(), json!({"email": "a@example.com"})));
    let extra = Extra { email: "a@example.com".into(), sub: "alice".into() };
    assert_eq!(verify(&tokens, &sent).unwrap().extra(), &extra);
    // A token without them does not fit.
    assert_eq!(verify(&tokens, &token(key)).map(drop), Err(TokenError::Claims));
    assert_eq!(verify(&tokens.claims::<()>(), &token(key)).map(drop), Ok(()));
}

#[test]
fn j13_an_audience_may_be_one_of_several_on_either_side() {
    let key = Signer::shared();
    let tokens = || verifier(key);
    for (aud, accepted) in [
        (json!(RESOURCE), true),
        (json!(["https://other.example", RESOURCE]), true),
        (json!(["urn:notes"]), false),
        (json!([]), false),
        (json!(""), false),
        (json!("https://api.example.com/notes/"), false),
        (json!("https://api.example.com/note"), false),
        (json!("HTTPS://API.EXAMPLE.COM/notes"), false),
        (json!("https://api.example.com/notes https://other.example"), false),
    ] {
        let expected = if accepted { Ok(()) } else { Err(TokenError::Audience) };
        let claims = with(claims(), json!({"aud": aud}));
        assert_eq!(judge(&tokens(), key, &header(key), &claims), expected, "{aud}");
    }
    let claims = with(claims(), json!({"aud": ["urn:notes"]}));
    assert_eq!(judge(&tokens().and_audience("urn:notes"), key, &header(key), &claims), Ok(()));
}

#[test]
fn j13_two_verifiers_with_different_audiences_do_not_share_a_token() {
    let key = Signer::shared();
    let other = portcullis::oauth::Resource::new("https://api.example.com/mail").unwrap();
    let other = Jwt::rfc9068(given(&[key]), &other).clock(|| at(NOW));
    assert!(verify(&verifier(key), &token(key)).is_ok());
    assert_eq!(verify(&other, &token(key)).map(drop), Err(TokenError::Audience));
}

#[test]
fn j13_each_issuer_signs_with_its_own_keys_only() {
    const OTHER: &str = "https://other.example.com";
    let (key, other) = (Signer::es256("same"), Signer::es256("same"));
    let keys = Keys::given(OTHER, &set(&[&other])).unwrap();
    let tokens = verifier(&key).and_issuer(keys).unwrap();
    let of_other = with(claims(), json!({"iss": OTHER}));
    assert_eq!(judge(&tokens, &key, &header(&key), &claims()), Ok(()));
    assert_eq!(judge(&tokens, &other, &header(&key), &of_other), Ok(()));
    assert_eq!(judge(&tokens, &other, &header(&key), &claims()), Err(TokenError::Signature));
    assert_eq!(judge(&tokens, &key, &header(&key), &of_other), Err(TokenError::Signature));
    let issuer = verify(&tokens, &other.token(&header(&key), &of_other)).unwrap();
    assert_eq!(issuer.issuer(), Some(OTHER));
}

#[test]
fn j13_an_issuer_that_is_there_already_cannot_be_added() {
    let key = Signer::shared();
    let error = verifier(key).and_issuer(given(&[key])).unwrap_err();
    assert!(error.to_string().contains(ISSUER), "{error}");
    assert!(Jwt::relaxed(given(&[key]), &resource()).and_issuer(given(&[key])).is_err());
}

#[test]
fn j13_an_issuer_is_compared_character_by_character() {
    let key = Signer::shared();
    for iss in [
        "https://login.example.com/tenant/",
        "https://login.example.com/Tenant",
        "https://login.example.com",
        "https://login.example.com/tenant\u{0}",
        "https://login.example.com/ten\u{0430}nt",
        "",
    ] {
        let claims = with(claims(), json!({"iss": iss}));
        let result = judge(&verifier(key), key, &header(key), &claims);
        assert_eq!(result, Err(TokenError::Issuer), "{iss}");
    }
}
