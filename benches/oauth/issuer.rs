//! An issuer: its keys, and the tokens that it mints.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use portcullis::oauth::{Jwt, Keys, Resource};
use serde_json::{Value, json};

pub const ISSUER: &str = "https://login.example.com";
pub const RESOURCE: &str = "https://api.example.com/notes";
pub const SCOPE: &str = "notes:read";

/// The algorithms, and how long their tokens are.
pub const KINDS: [(&str, usize); 2] = [("ES256", 690), ("RS256", 950)];

enum Secret {
    Ec(EcdsaKeyPair),
    Rsa(RsaKeyPair),
    Hmac(Box<hmac::Key>),
}

pub struct Issuer {
    secret: Secret,
    algorithm: &'static str,
}

impl Issuer {
    pub fn new(algorithm: &'static str) -> Self {
        let secret = match algorithm {
            "ES256" => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
                Secret::Ec(pair.expect("a key"))
            }
            "RS256" => Secret::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key")),
            _ => Secret::Hmac(Box::new(hmac::Key::new(hmac::HMAC_SHA256, &SHARED))),
        };
        Self { secret, algorithm }
    }

    pub fn jwk(&self) -> Value {
        let mut jwk = match &self.secret {
            Secret::Ec(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = point[1..].split_at(32);
                json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)})
            }
            Secret::Rsa(pair) => {
                let key = pair.public_key();
                let n = encode(key.modulus().big_endian_without_leading_zero());
                let e = encode(key.exponent().big_endian_without_leading_zero());
                json!({"kty": "RSA", "n": n, "e": e})
            }
            Secret::Hmac(_) => json!({"kty": "oct", "k": encode(SHARED)}),
        };
        jwk["kid"] = KID.into();
        jwk
    }

    pub fn jwks(&self) -> String {
        json!({"keys": [self.jwk()]}).to_string()
    }

    pub fn jwt(&self) -> Jwt {
        let keys = Keys::given(ISSUER, &self.jwks()).expect("keys");
        Jwt::rfc9068(keys, &resource())
    }

    /// A token of about this length, with `number` in it.
    pub fn token(&self, number: usize, length: usize) -> String {
        let short = self.mint(number, 0);
        self.mint(number, length.saturating_sub(short.len()) * 3 / 4)
    }

    /// A token that names a key which does not exist, and so needs no right signature.
    pub fn token_of_unknown_key(&self, number: usize) -> String {
        format!("{}.{:086}", self.message(&format!("unknown-{number}"), number, 0), number)
    }

    fn mint(&self, number: usize, filler: usize) -> String {
        let message = self.message(KID, number, filler);
        let signature = encode(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn message(&self, kid: &str, number: usize, filler: usize) -> String {
        let header = json!({"typ": "at+jwt", "alg": self.algorithm, "kid": kid});
        let now = now();
        let claims = json!({
            "iss": ISSUER,
            "aud": RESOURCE,
            "sub": "5f9c2b1e-8f0d-4a63-9a65-1d8f5f0f4c7e",
            "client_id": "notes-web",
            "exp": now + 3600,
            "iat": now,
            "jti": format!("{number:032}"),
            "scope": format!("openid profile {SCOPE} notes:write"),
            "sid": "x".repeat(filler),
        });
        format!("{}.{}", encode(header.to_string()), encode(claims.to_string()))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.secret {
            Secret::Ec(pair) => pair.sign(&random, message).expect("signed").as_ref().to_vec(),
            Secret::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("signed");
                signature
            }
            Secret::Hmac(key) => hmac::sign(key, message).as_ref().to_vec(),
        }
    }
}

pub fn resource() -> Resource {
    Resource::new(RESOURCE).expect("a resource")
}

/// The token with another signature of the same length.
pub fn with_wrong_signature(token: &str, number: usize) -> String {
    // The last character stays, because not every one can end a text in base64url.
    let (kept, end) = token.split_at(token.len() - 4);
    format!("{}{number:016}{end}", &kept[..kept.len() - 16])
}

const KID: &str = "2026-11";
const SHARED: [u8; 32] = [7; 32];

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
