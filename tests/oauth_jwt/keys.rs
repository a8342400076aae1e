//! Keys that are given: which of them are used, and for what.

use aws_lc_rs::rsa::KeySize;
use portcullis::oauth::{InvalidKeys, Jwt, Keys, TokenError};
use serde_json::{Value, json};

use crate::mint::{Signer, encode};
use crate::{
    ISSUER, NOW, at, given, header, resource, set, token, verifier, verify, with, without,
};

fn keys(jwks: Value) -> Result<Keys, InvalidKeys> {
    Keys::given(ISSUER, &json!({ "keys": jwks }).to_string())
}

/// Whether a key of this JWK is used at all.
fn is_used(jwk: &Value) -> bool {
    match keys(json!([jwk])) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error, InvalidKeys::Empty, "{jwk}");
            false
        }
    }
}

#[test]
fn j12_a_key_that_cannot_verify_signatures_is_not_used() {
    let (ec, ed, rsa) =
        (Signer::shared().jwk(), Signer::ed25519("ed").jwk(), Signer::shared_rsa().jwk());
    let p384 = Signer::es384("p384").jwk();
    let secret = Signer::secret("secret", &[1; 32]).jwk();
    for right in [&ec, &ed, &rsa, &p384, &secret] {
        assert!(is_used(right), "{right}");
        for (members, used) in [
            (json!({"use": "sig"}), true),
            (json!({"use": "enc"}), false),
            (json!({"use": "SIG"}), false),
            (json!({"use": 7}), false),
            (json!({"key_ops": ["verify"]}), true),
            (json!({"key_ops": ["sign", "verify"]}), true),
            (json!({"key_ops": ["sign"]}), false),
            (json!({"key_ops": []}), false),
            (json!({"key_ops": "verify"}), false),
            (json!({"use": "sig", "key_ops": ["encrypt"]}), false),
            (json!({"use": "enc", "key_ops": ["verify"]}), false),
            (json!({"alg": "none"}), false),
            (json!({"alg": "RSA-OAEP"}), false),
            (json!({"alg": "ES512"}), false),
            (json!({"alg": 7}), false),
            (json!({"kty": "unknown"}), false),
            (json!({"kty": null}), false),
            (json!({"kid": 7}), false),
            (json!({"x5c": ["garbage"], "x5u": 7, "own": {}}), true),
        ] {
            assert_eq!(is_used(&with(right.clone(), members.clone())), used, "{right} {members}");
        }
        assert!(!is_used(&without(right.clone(), "kty")));
    }
    for (jwk, algorithm) in [
        (&ec, "RS256"),
        (&ec, "ES384"),
        (&ed, "ES256"),
        (&rsa, "HS256"),
        (&secret, "RS256"),
        (&secret, "HS384"),
        (&p384, "ES256"),
    ] {
        assert!(!is_used(&with(jwk.clone(), json!({"alg": algorithm}))), "{jwk} {algorithm}");
    }
    let short = encode(&[7; 31]);
    let long = encode(&[7; 33]);
    for (jwk, members) in [
        (&ec, json!({"x": short})),
        (&ec, json!({"y": long})),
        (&ec, json!({"x": short, "y": long})),
        (&ec, json!({"x": ""})),
        (&ec, json!({"x": "===="})),
        (&ec, json!({"y": null})),
        (&ec, json!({"crv": "P-384"})),
        (&ec, json!({"crv": "secp256k1"})),
        (&ed, json!({"x": short})),
        (&ed, json!({"x": long})),
        (&ed, json!({"crv": "Ed448"})),
        (&ed, json!({"crv": "X25519"})),
        (&secret, json!({"k": short})),
        (&secret, json!({"k": ""})),
        (&rsa, json!({"n": encode(&[0xff; 255])})),
        (&rsa, json!({"n": encode(&[&[0x7f], &[0xff; 255][..]].concat())})),
        (&rsa, json!({"n": encode(&[&[0; 200], &[0xff; 255][..]].concat())})),
        (&rsa, json!({"n": encode(&[0xff; 1025])})),
        (&rsa, json!({"n": encode(&[0xfe; 256])})),
        (&rsa, json!({"n": ""})),
        (&rsa, json!({"e": ""})),
        (&rsa, json!({"e": "AA"})),
        (&rsa, json!({"e": "AQ"})),
        (&rsa, json!({"e": "AQAC"})),
        (&rsa, json!({"e": encode(&[3; 9])})),
        (&rsa, json!({"e": 65537})),
    ] {
        assert!(!is_used(&with(jwk.clone(), members.clone())), "{jwk} {members}");
    }
    // Zeros in front do not belong there, and do not change a number.
    let (n, e) = (rsa["n"].clone(), "AAEAAQ");
    assert!(is_used(&with(rsa, json!({"n": n, "e": e}))));
}

#[test]
fn j12_each_key_of_a_set_is_read_by_itself() {
    let key = Signer::shared();
    let broken =
        [json!(null), json!(7), json!({}), json!({"kty": "EC", "crv": "P-256"}), json!([])];
    let mut all = broken.to_vec();
    all.push(key.jwk());
    all.extend(broken);
    let tokens = Jwt::rfc9068(keys(all.into()).unwrap(), &resource()).clock(|| at(NOW));
    assert!(verify(&tokens, &token(key)).is_ok());
}

#[test]
fn j12_a_set_is_an_object_with_keys() {
    for (text, error) in [
        ("", InvalidKeys::NotASet),
        ("[]", InvalidKeys::NotASet),
        ("{}", InvalidKeys::NotASet),
        ("<html>", InvalidKeys::NotASet),
        (r#"{"keys":{}}"#, InvalidKeys::NotASet),
        (r#"{"keys":[],"keys":[]}"#, InvalidKeys::NotASet),
        (r#"{"keys":[]} {}"#, InvalidKeys::NotASet),
        (r#"{"keys":[]}"#, InvalidKeys::Empty),
        (r#"{"keys":[{"kty":"EC"}],"more":1}"#, InvalidKeys::Empty),
    ] {
        assert_eq!(Keys::given(ISSUER, text).unwrap_err(), error, "{text}");
    }
    let set = set(&[Signer::shared()]);
    assert!(matches!(Keys::given("", &set), Err(InvalidKeys::Issuer(_))));
}

#[test]
fn j12_a_hundred_keys_are_read() {
    let key = Signer::shared();
    let other = |it: usize| with(Signer::es256("other").jwk(), json!({"kid": it.to_string()}));
    for (before, expected) in [(99, Ok(())), (100, Err(TokenError::UnknownKey))] {
        let jwks: Vec<Value> = (0..before).map(other).chain([key.jwk()]).collect();
        let tokens = Jwt::rfc9068(keys(jwks.into()).unwrap(), &resource()).clock(|| at(NOW));
        assert_eq!(verify(&tokens, &token(key)).map(drop), expected, "{before}");
    }
}

#[test]
fn j17_a_token_without_kid_is_tried_with_four_keys() {
    let signers: Vec<Signer> = (0..5).map(|_| Signer::es256("x").without_kid()).collect();
    let rsa = Signer::shared_rsa();
    let jwks: Vec<&Signer> = [rsa].into_iter().chain(&signers).collect();
    let tokens = Jwt::rfc9068(given(&jwks), &resource()).clock(|| at(NOW));
    for signer in &signers[..4] {
        assert!(verify(&tokens, &token(signer)).is_ok());
    }
    // A key for another algorithm is not one of the four.
    assert_eq!(verify(&tokens, &token(&signers[4])).map(drop), Err(TokenError::Signature));
    // A key without `kid` is not the key of a `kid`.
    let named = with(header(&signers[0]), json!({"kid": "x"}));
    let sent = signers[0].token(&named, &crate::claims());
    assert_eq!(verify(&tokens, &sent).map(drop), Err(TokenError::UnknownKey));
}

#[test]
fn j17_two_keys_of_one_kid_are_both_tried() {
    let (one, two) = (Signer::es256("same"), Signer::es256("same"));
    let tokens = Jwt::rfc9068(given(&[&one, &two]), &resource()).clock(|| at(NOW));
    assert!(verify(&tokens, &token(&one)).is_ok() && verify(&tokens, &token(&two)).is_ok());
}

#[test]
fn j12_a_large_key_verifies_and_a_small_one_is_not_used() {
    let large = Signer::rsa("large", KeySize::Rsa4096, "RS256");
    assert!(verify(&verifier(&large), &token(&large)).is_ok());
}
