//! Nonces that need no table: each contains its time and a proof that this server issued it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use constant_time_eq::constant_time_eq_16;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::hash::{Hex, decode_hex};

/// Issues and verifies nonces.
///
/// A nonce is 64 hexadecimal digits: 48 bits of milliseconds since 1970, 80 bits that make it
/// unique, and 128 bits of a MAC over both and the realm.
#[derive(Clone)]
pub(super) struct Nonces {
    /// The MAC of the proof, keyed, after the realm.
    proof: Hmac<Sha256>,
    /// The MAC that makes the unique bits, keyed, after the ID of this process.
    unique: Hmac<Sha256>,
    issued: Arc<AtomicU64>,
}

/// The bytes of the time.
const TIME: usize = 6;
/// The bytes of the time and the unique bits, which the MAC covers.
const COVERED: usize = 16;
/// All bytes of a nonce.
const LENGTH: usize = 32;

/// A nonce that this server, or another one with its key, has issued.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nonce {
    pub(super) bytes: [u8; LENGTH],
    pub(super) expires: SystemTime,
    pub(super) age: Age,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Age {
    Fresh,
    /// Valid, but in the last quarter of its lifetime.
    Late,
    Outdated,
}

impl Nonces {
    /// `instance` must differ between processes that share a key.
    pub(super) fn new(key: &[u8; 32], realm: &str, instance: &[u8; 16]) -> Self {
        // HMAC pads a short key with zeros (RFC 2104 §2). Padding it here avoids a fallible call.
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

    /// Issues a new nonce.
    pub(super) fn issue(&self, now: SystemTime) -> Hex {
        let number = self.issued.fetch_add(1, Ordering::Relaxed);
        let unique = self.unique.clone().chain_update(number.to_be_bytes()).finalize().into_bytes();
        let mut nonce = [0; LENGTH];
        let (covered, proof) = nonce.split_at_mut(COVERED);
        let (time, salt) = covered.split_at_mut(TIME);
        // 48 bits last until the year 10889.
        let [_, _, millis @ ..] = millis(now).to_be_bytes();
        time.copy_from_slice(&millis);
        salt.iter_mut().zip(unique).for_each(|(salt, unique)| *salt = unique);
        proof.copy_from_slice(&self.mac(covered));
        Hex::of(&nonce)
    }

    /// Verifies a nonce; `None` if it is not of this key and realm.
    pub(super) fn verify(&self, sent: &[u8], now: SystemTime, lifetime: Duration) -> Option<Nonce> {
        let bytes: [u8; LENGTH] = decode_hex(sent)?;
        let (covered, proof) = bytes.split_at(COVERED);
        let (time, _) = covered.split_at(TIME);
        if !constant_time_eq_16(&self.mac(covered), proof.try_into().ok()?) {
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
            // Issued in the future: the clock of another machine may be a little ahead. The limit
            // keeps nonces from living long after a clock was set back by much.
            Err(ahead) if ahead.duration() > lifetime => Age::Outdated,
            Err(_) => Age::Fresh,
        };
        Some(Nonce { bytes, expires, age })
    }

    fn mac(&self, covered: &[u8]) -> [u8; LENGTH - COVERED] {
        let mut proof = [0; LENGTH - COVERED];
        let whole = self.proof.clone().chain_update(covered).finalize().into_bytes();
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
            // Issued by a clock that is ahead by the lifetime of a nonce.
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
            let verified = nonces.verify(nonce.as_bytes(), now, lifetime).unwrap();
            assert_eq!((verified.age, verified.expires), (age, issued + lifetime), "{millis}");
        }
    }
}
