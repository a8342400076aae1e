//! Claims that are missing or of the wrong type.

use portcullis::oauth::TokenError;
use serde_json::{Value, json};

use crate::mint::Signer;
use crate::{claims, header, judge, relaxed, verifier, with, without};

#[test]
fn j14_every_claim_of_rfc_9068_is_required() {
    let key = Signer::shared();
    for (name, expected) in [
        ("iss", TokenError::Issuer),
        ("aud", TokenError::Audience),
        ("exp", TokenError::Claim("exp")),
        ("sub", TokenError::Claim("sub")),
        ("client_id", TokenError::Claim("client_id")),
        ("iat", TokenError::Claim("iat")),
        ("jti", TokenError::Claim("jti")),
    ] {
        let claims = without(claims(), name);
        assert_eq!(judge(&verifier(key), key, &header(key), &claims), Err(expected), "{name}");
        let in_relaxed = matches!(name, "iss" | "aud" | "exp");
        let expected = if in_relaxed { Err(expected) } else { Ok(()) };
        assert_eq!(judge(&relaxed(key), key, &header(key), &claims), expected, "{name}");
    }
    assert_eq!(judge(&verifier(key), key, &header(key), &without(claims(), "scope")), Ok(()));
}

#[test]
fn j14_a_claim_of_the_wrong_type_is_refused() {
    let key = Signer::shared();
    let all = [
        json!(null),
        json!(true),
        json!(7),
        json!(-7.5),
        json!(""),
        json!("text"),
        json!([]),
        json!(["text"]),
        json!([7]),
        json!([["text"]]),
        json!({}),
        json!({"value": "text"}),
        json!([{"value": 7}]),
        json!([{"display": "text"}]),
    ];
    let text = |value: &Value| value.is_string();
    let identifier = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let texts = |value: &Value| {
        let each = |values: &Vec<Value>| values.iter().all(Value::is_string);
        value.is_string() || value.as_array().is_some_and(each)
    };
    type Accepts<'a> = &'a dyn Fn(&Value) -> bool;
    let rules: [(&str, Accepts, Accepts); 11] = [
        ("sub", &identifier, &identifier),
        ("client_id", &identifier, &identifier),
        ("azp", &identifier, &identifier),
        ("jti", &identifier, &identifier),
        ("acr", &text, &text),
        ("scope", &text, &texts),
        ("scp", &|_| true, &texts),
        ("cid", &|_| true, &identifier),
        ("appid", &|_| true, &identifier),
        // What is no role grants none.
        ("roles", &texts, &|_| true),
        ("custom", &|_| true, &|_| true),
    ];
    for (name, strict, loose) in rules {
        for value in &all {
            let claims = with(claims(), json!({ name: value }));
            for (tokens, accepts) in [(verifier(key), strict), (relaxed(key), loose)] {
                let expected = if accepts(value) { Ok(()) } else { Err(TokenError::Claim(name)) };
                let result = judge(&tokens, key, &header(key), &claims);
                assert_eq!(result, expected, "{name}: {value}");
            }
        }
    }
    for value in all {
        let result = |name: &str| {
            judge(&verifier(key), key, &header(key), &with(claims(), json!({ name: value })))
        };
        let iss = if text(&value) { TokenError::Issuer } else { TokenError::Claim("iss") };
        assert_eq!(result("iss"), Err(iss), "iss: {value}");
        let aud = if texts(&value) { TokenError::Audience } else { TokenError::Claim("aud") };
        assert_eq!(result("aud"), Err(aud), "aud: {value}");
    }
}

#[test]
fn j14_an_issuer_in_a_list_is_refused() {
    let key = Signer::shared();
    let claims = with(claims(), json!({"iss": [crate::ISSUER]}));
    let result = judge(&verifier(key), key, &header(key), &claims);
    assert_eq!(result, Err(TokenError::Claim("iss")));
}

#[test]
fn j16_a_token_that_is_bound_to_a_key_is_refused() {
    let key = Signer::shared();
    for cnf in [json!({"jkt": "0ZcOCORZNYy"}), json!({"x5t#S256": "bwcK0esc3A"}), json!(null)] {
        let claims = with(claims(), json!({"cnf": cnf}));
        for tokens in [verifier(key), relaxed(key)] {
            assert_eq!(judge(&tokens, key, &header(key), &claims), Err(TokenError::Bound), "{cnf}");
        }
    }
}

#[test]
fn j15_an_element_of_scp_is_one_scope() {
    let key = Signer::shared();
    let claims = with(without(claims(), "scope"), json!({"scp": ["notes:read notes:admin"]}));
    let result = judge(&relaxed(key), key, &header(key), &claims);
    assert_eq!(result, Err(TokenError::Claim("scp")));
}
