//! The sums of RFC 7616 §3.4.1: what a right response is, and what answers it.

use super::DigestSecret;
use super::hex::Hex;

/// What both sides know of one request.
pub(super) struct Exchange<'a> {
    pub(super) session: bool,
    pub(super) nonce: &'a [u8],
    pub(super) cnonce: &'a str,
    pub(super) nc: &'a [u8],
    pub(super) qop: &'a [u8],
    pub(super) uri: &'a str,
}

/// `H(A1)`, by which everything of this exchange is made.
pub(super) struct Key<'a> {
    exchange: &'a Exchange<'a>,
    a1: DigestSecret,
}

impl<'a> Exchange<'a> {
    pub(super) fn key(&'a self, secret: DigestSecret) -> Key<'a> {
        let a1 = if self.session {
            let hash = secret.hash;
            let hex = hash.of(&[secret.hex.as_bytes(), self.nonce, self.cnonce.as_bytes()]);
            DigestSecret { hash, hex }
        } else {
            secret
        };
        Key { exchange: self, a1 }
    }
}

impl Key<'_> {
    /// The `response` of a client (§3.4.1).
    pub(super) fn response(&self, method: &str) -> Hex {
        let Exchange { nonce, cnonce, nc, qop, uri, .. } = self.exchange;
        let hash = self.a1.hash;
        let a2 = hash.of(&[method.as_bytes(), uri.as_bytes()]);
        hash.of(&[self.a1.hex.as_bytes(), nonce, nc, cnonce.as_bytes(), qop, a2.as_bytes()])
    }

    /// The `rspauth` of the server (§3.5), in which there is no method.
    pub(super) fn rspauth(&self) -> Hex {
        self.response("")
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::Exchange;
    use crate::identity::digest::{DigestAlgorithm, DigestSecret};

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

    #[test]
    fn h03_the_published_vectors_hold() {
        let vectors = include_str!("../../../tests/vectors/digest.json");
        let vectors: Vec<Vector> = serde_json::from_str(vectors).unwrap();
        let mut without = Vec::new();
        for it in &vectors {
            let algorithm = DigestAlgorithm::named(it.algorithm.as_bytes()).unwrap();
            let secret =
                DigestSecret::of_password(algorithm, &it.username, &it.realm, &it.password);
            let (Some(nc), Some(cnonce), Some(qop)) = (&it.nc, &it.cnonce, &it.qop) else {
                without.push(&*it.id);
                continue;
            };
            let exchange = Exchange {
                session: algorithm.is_session(),
                nonce: it.nonce.as_bytes(),
                cnonce,
                nc: nc.as_bytes(),
                qop: qop.as_bytes(),
                uri: &it.uri,
            };
            assert_eq!(exchange.key(secret).response("GET").as_str(), it.response, "{}", it.id);
        }
        assert_eq!(vectors.len(), 10);
        // The one of RFC 2069, which gets 400: tests/digest.
        assert_eq!(without, ["chromium-noqop"]);
    }
}
