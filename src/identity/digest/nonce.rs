//! Nonces that need no table: each says when it was made, and proves that we made it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use constant_time_eq::constant_time_eq_16;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::hex::{self, Hex};

/// 48 bits of milliseconds since 1970, 80 bits that make it unique, 128 bits of a keyed digest
/// over both and the realm: 64 hexadecimal digits.
#[derive(Clone)]
pub(super) struct Nonces {
    /// Keyed, with the realm taken in.
    proof: Hmac<Sha256>,
    /// Keyed, with the name of this process taken in.
    unique: Hmac<Sha256>,
    issued: Arc<AtomicU64>,
}

const TIME: usize = 6;
const PROVEN: usize = 16;
const LENGTH: usize = 32;

/// A nonce of ours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nonce {
    pub(super) bytes: [u8; LENGTH],
    pub(super) expires: SystemTime,
    pub(super) age: Age,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Fresh,
    /// Good, and not for long.
    Late,
    Outdated,
}

impl Nonces {
    /// `instance` must differ between processes that share a key.
    pub(super) fn new(key: &[u8; 32], realm: &str, instance: &[u8; 16]) -> Self {
        // HMAC fills a short key up with zeros (RFC 2104 §2); done here, there is nothing to fail.
        let mut block = [0; 64];
        block[..key.len()].copy_from_slice(key);
        let keyed = |purpose: &[u8], own: &[u8]| {
            let mac = Hmac::<Sha256>::new(&block.into());
            mac.chain_update(purpose).chain_update(own).chain_update([0])
        };
        Self {
            proof: keyed(b"portcullis digest nonce\0", realm.as_bytes()),
            unique: keyed(b"portcullis digest salt\0", instance),
            issued: Arc::default(),
        }
    }

    /// A new one.
    pub(super) fn issue(&self, now: SystemTime) -> Hex {
        let number = self.issued.fetch_add(1, Ordering::Relaxed);
        let unique = self.unique.clone().chain_update(number.to_be_bytes()).finalize().into_bytes();
        let mut nonce = [0; LENGTH];
        let (proven, proof) = nonce.split_at_mut(PROVEN);
        let (time, salt) = proven.split_at_mut(TIME);
        // 48 bits last until the year 10889.
        let [_, _, millis @ ..] = millis(now).to_be_bytes();
        time.copy_from_slice(&millis);
        salt.iter_mut().zip(unique).for_each(|(salt, unique)| *salt = unique);
        proof.copy_from_slice(&self.mac(proven));
        Hex::of(&nonce)
    }

    /// What it is worth; `None` if it is not of this key and realm.
    pub(super) fn verify(&self, sent: &[u8], now: SystemTime, lifetime: Duration) -> Option<Nonce> {
        let bytes: [u8; LENGTH] = hex::decode(sent)?;
        let (proven, proof) = bytes.split_at(PROVEN);
        let (time, _) = proven.split_at(TIME);
        if !constant_time_eq_16(&self.mac(proven), proof.try_into().ok()?) {
            return None;
        }
        let mut issued = [0; 8];
        issued[8 - TIME..].copy_from_slice(time);
        let issued = UNIX_EPOCH + Duration::from_millis(u64::from_be_bytes(issued));
        let expires = issued + lifetime;
        let age = match now.duration_since(issued) {
            Ok(age) if age >= lifetime => Age::Outdated,
            Ok(age) if age >= lifetime / 4 * 3 => Age::Late,
            Ok(_) => Age::Fresh,
            // Another machine's clock may be a little ahead. But after a clock was set back by
            // much, nonces would live for as long.
            Err(ahead) if ahead.duration() > lifetime => Age::Outdated,
            Err(_) => Age::Fresh,
        };
        Some(Nonce { bytes, expires, age })
    }

    fn mac(&self, proven: &[u8]) -> [u8; LENGTH - PROVEN] {
        let mut proof = [0; LENGTH - PROVEN];
        let whole = self.proof.clone().chain_update(proven).finalize().into_bytes();
        proof.iter_mut().zip(whole).for_each(|(proof, whole)| *proof = whole);
        proof
    }
}

/// Milliseconds since 1970.
pub(super) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::{Age, Nonces};

    #[test]
    fn h02_h05_a_nonce_is_fresh_then_late_then_outdated() {
        let nonces = Nonces::new(&[1; 32], "realm", &[2; 16]);
        let long_ago = UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let lifetime = Duration::from_secs(100);
        let issued = long_ago + Duration::from_secs(1_000);
        let nonce = nonces.issue(issued);
        for (millis, age) in [
            // Of a clock that is ahead, by as much as a nonce lives.
            (899_999, Age::Outdated),
            (900_000, Age::Fresh),
            (1_000_000, Age::Fresh),
            (1_074_999, Age::Fresh),
            (1_075_000, Age::Late),
            (1_099_999, Age::Late),
            (1_100_000, Age::Outdated),
            (u64::from(u32::MAX), Age::Outdated),
        ] {
            let now = long_ago + Duration::from_millis(millis);
            let judged = nonces.verify(nonce.as_bytes(), now, lifetime).unwrap();
            assert_eq!((judged.age, judged.expires), (age, issued + lifetime), "{millis}");
        }
    }
}
