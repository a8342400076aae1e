//! Reads one JWK (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;

use super::algorithm::Algorithm;
use super::key::Key;

/// The members that matter here. Certificates (`x5c`, `x5u`) are not looked at: what makes a key
/// trusted is the set that it is in.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    k: Option<String>,
    d: Option<serde::de::IgnoredAny>,
}

use Algorithm::{
    Ed25519, Es256, Es384, Hs256, Hs384, Hs512, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512,
};

/// Bits of an RSA modulus. Less is refused by RFC 7518 §3.3. More is not what the backend verifies,
/// and costs too much.
#[cfg(feature = "jwt")]
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
#[cfg(not(feature = "jwt"))]
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=4096;

/// Bits of an RSA exponent: what the backends verify.
const MAX_EXPONENT_BITS: usize = 33;

/// The key, unless it cannot verify the signature of a token.
pub(super) fn read(jwk: serde_json::Value, remote: bool) -> Option<Key> {
    let jwk = Jwk::deserialize(jwk).ok()?;
    if !jwk.verifies_signatures() {
        return None;
    }
    // A private key that is public: every reader of the set can sign with it.
    if remote && jwk.d.is_some() {
        return None;
    }
    let (material, algorithms) = match (&*jwk.kty, jwk.crv.as_deref()) {
        ("RSA", _) => (jwk.rsa()?, &[Rs256, Rs384, Rs512, Ps256, Ps384, Ps512][..]),
        ("EC", Some("P-256")) => (jwk.point(32)?, &[Es256][..]),
        ("EC", Some("P-384")) => (jwk.point(48)?, &[Es384][..]),
        ("OKP", Some("Ed25519")) => (jwk.edwards()?, &[Ed25519][..]),
        ("oct", _) if !remote => jwk.secret()?,
        _ => return None,
    };
    let algorithms = match &jwk.alg {
        Some(name) => {
            let algorithm = Algorithm::by_name(name)?;
            algorithms.contains(&algorithm).then(|| Box::from([algorithm]))?
        }
        None => Box::from(algorithms),
    };
    Some(Key::new(material, jwk.kid.map(String::into_boxed_str), algorithms))
}

impl Jwk {
    /// By `use` and `key_ops` (RFC 7517 §4.2, §4.3).
    fn verifies_signatures(&self) -> bool {
        self.usage.as_deref().is_none_or(|usage| usage == "sig")
            && self.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"))
    }

    fn rsa(&self) -> Option<DecodingKey> {
        let (n, e) = (unsigned(self.n.as_ref()?)?, unsigned(self.e.as_ref()?)?);
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        let is_usable = RSA_BITS.contains(&bits(&n))
            && is_odd(&n)
            && is_odd(&e)
            && (2..=MAX_EXPONENT_BITS).contains(&bits(&e));
        is_usable.then(|| DecodingKey::from_rsa_raw_components(&n, &e))
    }

    /// An uncompressed point of SEC 1 §2.3.3, each coordinate of exactly this length (RFC 7518 §6.2.1.2).
    fn point(&self, length: usize) -> Option<DecodingKey> {
        let (x, y) = (decode(self.x.as_ref()?)?, decode(self.y.as_ref()?)?);
        if x.len() != length || y.len() != length {
            return None;
        }
        Some(DecodingKey::from_ec_der(&[&[4], &*x, &*y].concat()))
    }

    fn edwards(&self) -> Option<DecodingKey> {
        let x = decode(self.x.as_ref()?)?;
        let x: [u8; 32] = x.try_into().ok()?;
        (!is_of_small_order(x)).then(|| DecodingKey::from_ed_der(&x))
    }

    /// A secret, for the algorithms whose hash is not longer (RFC 7518 §3.2).
    fn secret(&self) -> Option<(DecodingKey, &'static [Algorithm])> {
        let secret = decode(self.k.as_ref()?)?;
        let algorithms: &[Algorithm] = match secret.len() {
            0..32 => return None,
            32..48 => &[Hs256],
            48..64 => &[Hs256, Hs384],
            _ => &[Hs256, Hs384, Hs512],
        };
        Some((DecodingKey::from_secret(&secret), algorithms))
    }
}

/// Whether a point of Ed25519 has the order 1, 2, 4 or 8. With such a key, the backends accept one signature for
/// every message.
fn is_of_small_order(mut point: [u8; 32]) -> bool {
    /// The y coordinates of the points of order 8, little endian.
    const OF_ORDER_8: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10,
            0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77,
            0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    // The sign of x.
    point[31] &= 0x7f;
    // y = 0, 1; −1, and p, p + 1, which are other spellings of 0 and 1 (little endian).
    let is_zero_or_one = point[0] <= 1 && point[1..].iter().all(|byte| *byte == 0);
    let is_near_p = (0xec..=0xee).contains(&point[0])
        && point[1..31].iter().all(|byte| *byte == 0xff)
        && point[31] == 0x7f;
    is_zero_or_one || is_near_p || OF_ORDER_8.contains(&point)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// A `Base64urlUInt` (RFC 7518 §2), without the leading zeros that it must not have and that some
/// issuers send.
fn unsigned(text: &str) -> Option<Vec<u8>> {
    let mut number = decode(text)?;
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.drain(..zeros);
    Some(number)
}

fn bits(number: &[u8]) -> usize {
    let first = number.first().map_or(0, |first| first.leading_zeros() as usize);
    number.len() * 8 - first
}
