//! Exactly how many allocations a verification makes.

use counting::allocations;
use portcullis::Verify;
use serde_json::json;

use crate::mint::Signer;
use crate::{claims, header, verifier, with};

#[track_caller]
fn cost(key: &Signer, token: &str) -> (bool, u64) {
    let tokens = verifier(key);
    // Allocations that are made once in a process are made here.
    assert!(tokens.verify_now(token).is_some());
    let mut accepted = false;
    let count = allocations(|| {
        accepted = tokens.verify_now(token).is_some_and(|result| result.is_ok());
    });
    (accepted, count)
}

#[test]
fn j21_a_first_use_makes_at_most_ten_allocations() {
    for (key, count) in [(Signer::shared(), 9), (Signer::shared_rsa(), 10)] {
        let token = key.token(&header(key), &claims());
        assert_eq!(cost(key, &token), (true, count), "{}", key.algorithm());
    }
}

#[test]
fn j21_a_token_that_is_refused_before_its_signature_costs_little() {
    let key = Signer::shared();
    let (_, garbage) = cost(key, "garbage");
    let (_, elsewhere) = cost(key, &key.token(&header(key), &with(claims(), json!({"aud": "x"}))));
    // The first two are the error; the others, the decoded text and the scopes.
    assert_eq!((garbage, elsewhere), (2, 4));
}
