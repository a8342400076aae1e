//! Keys of an issuer, and the tokens that it mints with them.

use std::sync::OnceLock;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

#[allow(clippy::large_enum_variant)] // There are few.
pub enum Secret {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair, &'static str),
    Ed(Ed25519KeyPair),
    Hmac(hmac::Key, Vec<u8>),
}

pub struct Signer {
    secret: Secret,
    algorithm: &'static str,
    kid: Option<&'static str>,
}

impl Signer {
    pub fn es256(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        Self { secret: Secret::Ec(pair, "P-256"), algorithm: "ES256", kid: Some(kid) }
    }

    pub fn es384(kid: &'static str) -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        Self { secret: Secret::Ec(pair, "P-384"), algorithm: "ES384", kid: Some(kid) }
    }

    pub fn ed25519(kid: &'static str) -> Self {
        let secret = Secret::Ed(Ed25519KeyPair::generate().unwrap());
        Self { secret, algorithm: "EdDSA", kid: Some(kid) }
    }

    pub fn rsa(kid: &'static str, bits: KeySize, algorithm: &'static str) -> Self {
        let encoding: &dyn RsaEncoding = match algorithm {
            "RS256" => &signature::RSA_PKCS1_SHA256,
            "RS384" => &signature::RSA_PKCS1_SHA384,
            "RS512" => &signature::RSA_PKCS1_SHA512,
            "PS256" => &signature::RSA_PSS_SHA256,
            "PS384" => &signature::RSA_PSS_SHA384,
            "PS512" => &signature::RSA_PSS_SHA512,
            other => panic!("{other}"),
        };
        let pair = RsaKeyPair::generate(bits).unwrap();
        Self { secret: Secret::Rsa(pair, encoding), algorithm, kid: Some(kid) }
    }

    pub fn rs256(kid: &'static str) -> Self {
        Self::rsa(kid, KeySize::Rsa2048, "RS256")
    }

    pub fn secret(kid: &'static str, secret: &[u8]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let secret = Secret::Hmac(key, secret.to_vec());
        Self { secret, algorithm: "HS256", kid: Some(kid) }
    }

    /// One key for all tests that need no other.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Signer> = OnceLock::new();
        SHARED.get_or_init(|| Self::es256("shared"))
    }

    /// One RSA key for all tests, because making one takes long.
    pub fn shared_rsa() -> &'static Self {
        static SHARED: OnceLock<Signer> = OnceLock::new();
        SHARED.get_or_init(|| Self::rs256("rsa"))
    }

    pub fn without_kid(self) -> Self {
        Self { kid: None, ..self }
    }

    pub fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    pub fn kid(&self) -> Option<&'static str> {
        self.kid
    }

    /// What is public of the key (of a secret: all).
    pub fn public_bytes(&self) -> Vec<u8> {
        match &self.secret {
            Secret::Rsa(pair, _) => pair.public_key().as_ref().to_vec(),
            Secret::Ec(pair, _) => pair.public_key().as_ref().to_vec(),
            Secret::Ed(pair) => pair.public_key().as_ref().to_vec(),
            Secret::Hmac(_, secret) => secret.clone(),
        }
    }

    pub fn jwk(&self) -> Value {
        let bytes = self.public_bytes();
        let mut jwk = match &self.secret {
            Secret::Rsa(pair, _) => {
                let key = pair.public_key();
                let n = encode(key.modulus().big_endian_without_leading_zero());
                let e = encode(key.exponent().big_endian_without_leading_zero());
                json!({"kty": "RSA", "n": n, "e": e})
            }
            Secret::Ec(_, curve) => {
                let (x, y) = bytes[1..].split_at(bytes.len() / 2);
                json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
            }
            Secret::Ed(_) => json!({"kty": "OKP", "crv": "Ed25519", "x": encode(&bytes)}),
            Secret::Hmac(..) => json!({"kty": "oct", "k": encode(&bytes)}),
        };
        if let Some(kid) = self.kid {
            jwk["kid"] = kid.into();
        }
        jwk
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.secret {
            Secret::Rsa(pair, encoding) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(*encoding, &random, message, &mut signature).unwrap();
                signature
            }
            Secret::Ec(pair, _) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Secret::Ed(pair) => pair.sign(message).as_ref().to_vec(),
            Secret::Hmac(key, _) => hmac::sign(key, message).as_ref().to_vec(),
        }
    }

    pub fn token(&self, header: &Value, claims: &Value) -> String {
        // A `kid` of `null` is none.
        let mut header = header.clone();
        if header["kid"].is_null() {
            header.as_object_mut().unwrap().remove("kid");
        }
        self.token_of(&header.to_string(), &claims.to_string())
    }

    /// A token of these texts, whatever they are.
    pub fn token_of(&self, header: &str, claims: &str) -> String {
        self.token_of_parts(&encode(header.as_bytes()), &encode(claims.as_bytes()))
    }

    /// A token of parts that are encoded already.
    pub fn token_of_parts(&self, header: &str, claims: &str) -> String {
        let message = format!("{header}.{claims}");
        let signature = encode(&self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }
}

pub fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
