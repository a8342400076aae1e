//! The hash functions of RFC 7616, and their values in hexadecimal.

use std::fmt;

use md5::Md5;
use sha2::{Sha256, Sha512_256};
use zeroize::Zeroize;

/// An `algorithm` of RFC 7616 §3.3. They are ordered from the strongest to the weakest, the order
/// in which they are offered.
///
/// The `-sess` variants derive a key for each session, so that a server may let another machine
/// verify responses without giving it the stored secret. The session key is made of the nonce and
/// the `cnonce` of each request, as clients do it.
///
/// ```
/// use portcullis::identity::DigestAlgorithm;
///
/// assert_eq!(DigestAlgorithm::Sha256Sess.as_str(), "SHA-256-sess");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// SHA-512/256, which few clients know.
    Sha512_256,
    /// SHA-512/256 with a key per session.
    Sha512_256Sess,
    /// SHA-256, which every implementation must support.
    Sha256,
    /// SHA-256 with a key per session.
    Sha256Sess,
    /// MD5, for clients of RFC 2617: not recommended, and not offered by default.
    Md5,
    /// MD5 with a key per session.
    Md5Sess,
}

impl DigestAlgorithm {
    pub(super) const ALL: [Self; 6] = [
        Self::Sha512_256,
        Self::Sha512_256Sess,
        Self::Sha256,
        Self::Sha256Sess,
        Self::Md5,
        Self::Md5Sess,
    ];

    /// The registered name of the algorithm.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha512_256 => "SHA-512-256",
            Self::Sha512_256Sess => "SHA-512-256-sess",
            Self::Sha256 => "SHA-256",
            Self::Sha256Sess => "SHA-256-sess",
            Self::Md5 => "MD5",
            Self::Md5Sess => "MD5-sess",
        }
    }

    /// `H(user:realm)` in hexadecimal, which a client sends in place of the user's name where
    /// `userhash` is on (RFC 7616 §3.4.4). To find users by it, store it with the secret.
    ///
    /// ```
    /// use portcullis::identity::DigestAlgorithm;
    ///
    /// let hashed = DigestAlgorithm::Sha256.userhash("alice", "notes");
    /// assert_eq!(hashed.len(), 64);
    /// ```
    pub fn userhash(self, user: &str, realm: &str) -> String {
        self.hash().of(&[user.as_bytes(), realm.as_bytes()]).as_str().to_owned()
    }

    /// The algorithm with this name, in either case.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|it| name.eq_ignore_ascii_case(it.as_str().as_bytes()))
    }

    pub(super) const fn hash(self) -> Hash {
        match self {
            Self::Sha512_256 | Self::Sha512_256Sess => Hash::Sha512_256,
            Self::Sha256 | Self::Sha256Sess => Hash::Sha256,
            Self::Md5 | Self::Md5Sess => Hash::Md5,
        }
    }

    pub(super) const fn is_session(self) -> bool {
        matches!(self, Self::Sha512_256Sess | Self::Sha256Sess | Self::Md5Sess)
    }
}

impl fmt::Display for DigestAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A hash function: the `H` of RFC 7616 §3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha512_256,
    Sha256,
    Md5,
}

impl Hash {
    pub(super) const ALL: [Self; 3] = [Self::Sha512_256, Self::Sha256, Self::Md5];

    /// Hashes these parts, joined by colons.
    pub(super) fn of(self, parts: &[&[u8]]) -> Hex {
        match self {
            Self::Sha512_256 => joined::<Sha512_256>(parts),
            Self::Sha256 => joined::<Sha256>(parts),
            Self::Md5 => joined::<Md5>(parts),
        }
    }

    /// How many hexadecimal digits a hash value has.
    pub(super) const fn digits(self) -> usize {
        match self {
            Self::Sha512_256 | Self::Sha256 => 64,
            Self::Md5 => 32,
        }
    }
}

fn joined<D: sha2::Digest>(parts: &[&[u8]]) -> Hex {
    let mut hash = D::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash.update(b":");
        }
        hash.update(part);
    }
    Hex::of(&hash.finalize())
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Up to 32 bytes in lower-case hexadecimal, as Digest hashes, sends and stores them.
#[derive(Clone, Copy)]
pub(super) struct Hex {
    digits: [u8; 64],
    length: usize,
}

impl Hex {
    /// Encodes these bytes; those after the 32nd are ignored.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut digits = [0; 64];
        let pairs = digits.chunks_exact_mut(2).zip(bytes);
        let length = 2 * pairs.len();
        for (pair, byte) in pairs {
            pair.copy_from_slice(&[
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 0x0f)],
            ]);
        }
        Self { digits, length }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.digits.get(..self.length).unwrap_or_default()
    }

    pub(super) fn as_str(&self) -> &str {
        // They are ASCII, so the default is never taken.
        str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl Zeroize for Hex {
    fn zeroize(&mut self) {
        self.digits.zeroize();
    }
}

/// Decodes exactly `N` bytes from hexadecimal digits of either case.
pub(super) fn decode_hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if digits.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        for digit in pair {
            let value = char::from(*digit).to_digit(16)?;
            *byte = *byte << 4 | u8::try_from(value).ok()?;
        }
    }
    Some(bytes)
}

/// Reads a hash value of this many hexadecimal digits, in either case.
pub(super) fn parse_hex(digits: &[u8], length: usize) -> Option<Hex> {
    match length {
        32 => Some(Hex::of(&decode_hex::<16>(digits)?)),
        64 => Some(Hex::of(&decode_hex::<32>(digits)?)),
        _ => None,
    }
}
