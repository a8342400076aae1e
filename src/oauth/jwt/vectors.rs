//! Wycheproof's vectors of JWS and JWK: header rules, keys and signatures. Their payloads are no claims.
//!
//! The files are not part of this repository. `WYCHEPROOF` names `json_web_signature_test.json`;
//! `json_web_key_test.json` is beside it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::check::signer;
use super::header::Header;
use super::parts::Parts;
use crate::oauth::keys::{Found, KeySet};
use crate::oauth::token_error::TokenError;

fn verdict(keys: &Value, token: &str) -> Result<(), TokenError> {
    let set = KeySet::parse(keys.to_string().as_bytes(), false, None);
    let set = set.map_err(|_| TokenError::UnknownKey)?;
    let parts = Parts::of(token)?;
    let header = Header::read(parts.header()?)?;
    match set.find(header.kid.as_deref(), header.algorithm) {
        Found::Keys => {
            let verdict = signer(&set, &header, &parts).map(drop);
            // The other backend says the same.
            #[cfg(feature = "jwt-rust-crypto")]
            if let Ok(signature) = parts.signature() {
                let backend = &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
                let mut keys = set.matching(header.kid.as_deref(), header.algorithm);
                let is_right = keys.any(|key| {
                    key.verify_by(backend, header.algorithm, parts.message, &signature)
                });
                assert_eq!(is_right, verdict.is_ok(), "{token}");
            }
            verdict
        }
        Found::AnotherAlgorithm | Found::Nothing => Err(TokenError::UnknownKey),
    }
}

/// Runs the vectors of a file, and compares those with an unexpected verdict with `exceptions`.
fn run(file: &str, count: u64, exceptions: &[(u64, &str)]) {
    let Some(path) = std::env::var_os("WYCHEPROOF").map(PathBuf::from) else {
        println!("skipped: WYCHEPROOF does not name json_web_signature_test.json");
        return;
    };
    let text = std::fs::read(path.with_file_name(file)).expect("the file that WYCHEPROOF names");
    let vectors: Value = serde_json::from_slice(&text).unwrap();
    let mut unexpected = BTreeMap::new();
    let mut run = 0;
    for group in vectors["testGroups"].as_array().unwrap() {
        let key = if group["public"].is_null() { &group["private"] } else { &group["public"] };
        let keys = if key["keys"].is_null() { json!({"keys": [key]}) } else { key.clone() };
        for test in group["tests"].as_array().unwrap() {
            run += 1;
            // Some are no string: the JSON serialization of a JWS, which no access token has.
            let Some(token) = test["jws"].as_str() else {
                assert_eq!(test["result"], "invalid", "{test}");
                continue;
            };
            let verdict = verdict(&keys, token);
            if verdict.is_ok() != (test["result"] == "valid") {
                unexpected
                    .insert(test["tcId"].as_u64().unwrap(), (verdict, test["comment"].clone()));
            }
        }
    }
    assert_eq!(run, count);
    let expected: Vec<u64> = exceptions.iter().map(|(id, _)| *id).collect();
    let ids: Vec<u64> = unexpected.keys().copied().collect();
    assert_eq!(ids, expected, "{unexpected:#?}");
}

#[test]
fn j17_signatures_are_judged_as_wycheproof_expects() {
    let exceptions = [
        (346, "the key is for PS256, and the token is signed with PS384: a key has one algorithm"),
        (347, "ES512 is not implemented by the backends"),
        (350, "as 346"),
        (351, "as 347"),
        (367, "the token is that of 357, which is valid: the file has lost the padding"),
        (370, "as 367"),
        (372, "a `?` inside the header: RFC 7515 §2 has no characters outside base64url"),
        (373, "a `?` inside the payload, as 372"),
    ];
    run("json_web_signature_test.json", 401, &exceptions);
}

#[test]
fn j12_keys_are_judged_as_wycheproof_expects() {
    let exceptions = [
        (
            1,
            "secret and public keys in one set: each key has its own algorithms, so none is mistaken",
        ),
        (4, "two keys with one `kid`: both are tried, because RFC 7517 §4.5 only discourages it"),
        (7, "a key of a generator with a known flaw: finding it is the issuer's business"),
    ];
    run("json_web_key_test.json", 26, &exceptions);
}
