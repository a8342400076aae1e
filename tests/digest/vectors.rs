//! The published vectors, checked with the client of these tests. The server is checked with them in
//! a unit test, and with this client in `answering`.

use portcullis::identity::{DigestAlgorithm, DigestSecret};
use serde::Deserialize;

use crate::ALL;
use crate::client::{ResponseInput, hash};

#[derive(Deserialize)]
struct Vector {
    id: String,
    algorithm: String,
    username: String,
    realm: String,
    password: String,
    nonce: String,
    uri: String,
    nc: Option<String>,
    cnonce: Option<String>,
    qop: Option<String>,
    response: String,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../vectors/digest.json")).unwrap()
}

#[test]
fn h03_the_client_of_these_tests_agrees_with_the_vectors() {
    let vectors = vectors();
    assert!(vectors.len() >= 10);
    for it in &vectors {
        let input = ResponseInput {
            algorithm: &it.algorithm,
            user: &it.username,
            realm: &it.realm,
            password: &it.password,
            nonce: &it.nonce,
            nc: it.nc.as_deref().unwrap_or_default(),
            cnonce: it.cnonce.as_deref().unwrap_or_default(),
            qop: it.qop.as_deref(),
        };
        assert_eq!(input.response("GET", &it.uri), it.response, "{}", it.id);
    }
}

#[test]
fn h03_a_stored_secret_is_the_hash_of_user_realm_and_password() {
    for it in vectors() {
        let algorithm = ALL.into_iter().find(|known| known.as_str() == it.algorithm).unwrap();
        let text = format!("{}:{}:{}", it.username, it.realm, it.password);
        let secret = DigestSecret::of_password(algorithm, &it.username, &it.realm, &it.password);
        assert_eq!(secret.as_hex(), hash(&it.algorithm, &text), "{}", it.id);
        let upper = secret.as_hex().to_uppercase();
        assert_eq!(DigestSecret::stored(algorithm, &upper).unwrap().as_hex(), secret.as_hex());
    }
    let sha = DigestAlgorithm::Sha256;
    for wrong in ["", "939e7578ed9e3c518a452acee763bce9", &"g".repeat(64), &"a".repeat(63)] {
        assert!(DigestSecret::stored(sha, wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        format!("{:?}", DigestSecret::of_password(sha, "a", "b", "c")),
        "DigestSecret { .. }"
    );
}
