//! [`KeySet`]: the keys of one issuer at one time.

use std::sync::Arc;

use serde::Deserialize;

use super::InvalidKeys;
use super::algorithm::Algorithm;
use super::jwk;
use super::key::Key;

/// How many keys of a set are read.
const MAX_KEYS: usize = 100;

/// How many keys are tried for a token that does not name one: each costs a verification.
const MAX_TRIED: usize = 4;

/// The keys of one issuer at one time.
#[derive(Debug)]
pub(in crate::oauth) struct KeySet {
    keys: Vec<Arc<Key>>,
    remote: bool,
}

/// What a set says of the `kid` and the algorithm of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::oauth) enum Found {
    /// At least one key may have made the signature.
    Keys,
    /// The set has the key, and it is not for this algorithm. A newer set would not change that.
    AnotherAlgorithm,
    /// A newer set may have the key.
    Nothing,
}

impl KeySet {
    /// Reads a JWK set (RFC 7517 §5): each key by itself, so that one that cannot be used does not take
    /// the others along; the first 100.
    ///
    /// Shared secrets are not read from a `remote` set, which every client can read. A key that is in
    /// the `previous` set stays the same `Arc`, so that tokens that it has verified stay cached.
    ///
    /// # Errors
    ///
    /// [`InvalidKeys::NotASet`], and [`InvalidKeys::Empty`] if no key can be used.
    pub(in crate::oauth) fn parse(
        json: &[u8],
        remote: bool,
        previous: Option<&KeySet>,
    ) -> Result<Self, InvalidKeys> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }

        let set: Set = serde_json::from_slice(json).map_err(|_| InvalidKeys::NotASet)?;
        let mut keys = Vec::<Arc<Key>>::new();
        for jwk in set.keys.into_iter().take(MAX_KEYS) {
            let Some(key) = jwk::read(jwk, remote) else { continue };
            if keys.iter().any(|known| known.is_same_as(&key)) {
                continue;
            }
            let mut kept = previous.into_iter().flat_map(|previous| &previous.keys);
            let kept = kept.find(|kept| kept.is_current() && kept.is_same_as(&key));
            keys.push(kept.cloned().unwrap_or_else(|| Arc::new(key)));
        }
        if keys.is_empty() { Err(InvalidKeys::Empty) } else { Ok(Self { keys, remote }) }
    }

    /// Retires the keys that the `next` set does not have, so that tokens that they have verified are
    /// not served from a cache. To be called once `next` is what [`Keys::current`](super::Keys::current)
    /// returns.
    pub(in crate::oauth) fn retire_missing_in(&self, next: &KeySet) {
        for key in &self.keys {
            if !next.keys.iter().any(|kept| Arc::ptr_eq(kept, key)) {
                key.retire();
            }
        }
    }

    /// Whether the set has a key for this `kid` and algorithm.
    pub(in crate::oauth) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Found {
        if self.matching(kid, algorithm).next().is_some() {
            return Found::Keys;
        }
        let is_known = kid.is_some() && self.keys.iter().any(|key| key.id() == kid);
        if is_known || (self.remote && algorithm.is_symmetric()) {
            Found::AnotherAlgorithm
        } else {
            Found::Nothing
        }
    }

    /// The keys that may have made a signature with this algorithm, four at most: those of this `kid`;
    /// all if the token names none.
    pub(in crate::oauth) fn matching<'s, 'k>(
        &'s self,
        kid: Option<&'k str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'s Arc<Key>> + use<'s, 'k> {
        self.keys
            .iter()
            .filter(move |key| kid.is_none() || key.id() == kid)
            .filter(move |key| key.permits(algorithm))
            .take(MAX_TRIED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EC: &str = r#"{"kty":"EC","crv":"P-256","kid":"ec",
        "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    const ED: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"ed",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const SECRET: &str =
        r#"{"kty":"oct","kid":"mac","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}"#;

    fn set(remote: bool, previous: Option<&KeySet>, keys: &[&str]) -> Result<KeySet, InvalidKeys> {
        KeySet::parse(format!(r#"{{"keys":[{}]}}"#, keys.join(",")).as_bytes(), remote, previous)
    }

    fn key(set: &KeySet, kid: &str, algorithm: Algorithm) -> Option<Arc<Key>> {
        set.matching(Some(kid), algorithm).next().cloned()
    }

    #[test]
    fn j12_a_remote_set_has_no_secrets_and_no_private_keys() {
        assert!(set(false, None, &[SECRET]).is_ok());
        assert_eq!(set(true, None, &[SECRET]).unwrap_err(), InvalidKeys::Empty);
        let private = ED.replacen('{', r#"{"d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","#, 1);
        assert!(set(false, None, &[&private]).is_ok());
        assert_eq!(set(true, None, &[&private]).unwrap_err(), InvalidKeys::Empty);
        let both = set(true, None, &[SECRET, EC]).unwrap();
        assert_eq!(both.find(Some("mac"), Algorithm::Hs256), Found::AnotherAlgorithm);
        assert_eq!(both.find(None, Algorithm::Hs256), Found::AnotherAlgorithm);
    }

    #[test]
    fn j19_only_what_a_newer_set_may_have_is_looked_for_in_one() {
        let set = set(true, None, &[EC, ED]).unwrap();
        assert_eq!(set.find(Some("ec"), Algorithm::Es256), Found::Keys);
        assert_eq!(set.find(None, Algorithm::Es256), Found::Keys);
        assert_eq!(set.find(Some("ec"), Algorithm::Ed25519), Found::AnotherAlgorithm);
        assert_eq!(set.find(Some("ec"), Algorithm::Hs256), Found::AnotherAlgorithm);
        assert_eq!(set.find(Some("new"), Algorithm::Hs256), Found::AnotherAlgorithm);
        assert_eq!(set.find(Some("new"), Algorithm::Es256), Found::Nothing);
        assert_eq!(set.find(None, Algorithm::Rs256), Found::Nothing);
    }

    #[test]
    fn j22_a_key_that_stays_is_the_same_and_one_that_goes_is_retired() {
        let old = set(true, None, &[EC, ED]).unwrap();
        let (ec, ed) = (
            key(&old, "ec", Algorithm::Es256).unwrap(),
            key(&old, "ed", Algorithm::Ed25519).unwrap(),
        );
        let new = set(true, Some(&old), &[ED]).unwrap();
        assert!(Arc::ptr_eq(&ed, &key(&new, "ed", Algorithm::Ed25519).unwrap()));
        assert!(ec.is_current() && ed.is_current());
        old.retire_missing_in(&new);
        assert!(!ec.is_current() && ed.is_current());

        // It comes back as another.
        let again = set(true, Some(&old), &[EC, ED]).unwrap();
        let back = key(&again, "ec", Algorithm::Es256).unwrap();
        assert!(!Arc::ptr_eq(&ec, &back) && back.is_current() && !ec.is_current());
    }

    #[test]
    fn j22_a_key_is_another_if_anything_of_it_is() {
        let old = set(true, None, &[EC, ED]).unwrap();
        let ec = key(&old, "ec", Algorithm::Es256).unwrap();
        for changed in [
            EC.replace(r#""kid":"ec""#, r#""kid":"ed""#),
            EC.replace(r#""kid":"ec","#, ""),
            EC.replace("x_FEzRu9m36HLN", "x_FEzRu9m36HLM"),
        ] {
            let new = set(true, Some(&old), &[&changed]).unwrap();
            assert!(new.matching(None, Algorithm::Es256).all(|key| !Arc::ptr_eq(key, &ec)));
        }
        // Members that do not matter, and the order of keys, do not.
        let same = EC.replacen('{', r#"{"use":"sig","x5t":"AAAA","alg":"ES256","#, 1);
        let new = set(true, Some(&old), &[ED, &same, EC]).unwrap();
        assert!(new.matching(None, Algorithm::Es256).all(|key| Arc::ptr_eq(key, &ec)));
        assert_eq!(new.matching(None, Algorithm::Es256).count(), 1);
    }

    #[test]
    fn j12_an_ed25519_key_of_small_order_is_not_used() {
        // The points of order 1, 2, 4 and 8, and other spellings of the first ones.
        for point in [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ] {
            let byte = |at: usize| u8::from_str_radix(&point[2 * at..2 * at + 2], 16).unwrap();
            let mut bytes: Vec<u8> = (0..32).map(byte).collect();
            for _ in 0..2 {
                let jwk = ed(&bytes);
                assert_eq!(set(true, None, &[&jwk]).unwrap_err(), InvalidKeys::Empty, "{jwk}");
                bytes[31] ^= 0x80;
            }
        }
        assert!(set(true, None, &[&ed(&[7; 32])]).is_ok());
    }

    fn ed(point: &[u8]) -> String {
        let x = base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, point);
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#)
    }

    #[test]
    fn j12_no_key_prints_its_material() {
        let set = set(false, None, &[SECRET, ED]).unwrap();
        let printed = format!("{set:?}");
        assert!(printed.contains("mac") && !printed.contains("1, 2, 3"), "{printed}");
    }
}
