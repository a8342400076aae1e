//! Which hash, and over what.

use std::fmt;

use md5::Md5;
use sha2::{Sha256, Sha512_256};

use super::hex::Hex;

/// An `algorithm` of RFC 7616 §3.3. They are ordered from the strongest to the weakest, which is
/// how they are offered.
///
/// The `-sess` variants derive a key per session, so that a server may let another check
/// responses for it without telling the stored secret. For the session they take nonce and
/// `cnonce` of the request at hand, as clients do.
///
/// ```
/// use portcullis::DigestAlgorithm;
///
/// assert_eq!(DigestAlgorithm::Sha256Sess.as_str(), "SHA-256-sess");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// SHA-512/256, of which few clients know.
    Sha512_256,
    /// SHA-512/256 with a key per session.
    Sha512_256Sess,
    /// SHA-256, the one that has to be implemented.
    Sha256,
    /// SHA-256 with a key per session.
    Sha256Sess,
    /// MD5, for clients of RFC 2617: not recommended, and not offered unless asked for.
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

    /// The registered name.
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

    /// What a client sends in place of the user's name where `userhash` is on (RFC 7616 §3.4.4):
    /// `H(user:realm)` in hexadecimal. To find users by it, store it beside the secret.
    ///
    /// ```
    /// use portcullis::DigestAlgorithm;
    ///
    /// let hashed = DigestAlgorithm::Sha256.userhash("alice", "notes");
    /// assert_eq!(hashed.len(), 64);
    /// ```
    pub fn userhash(self, user: &str, realm: &str) -> String {
        self.hash().of(&[user.as_bytes(), realm.as_bytes()]).as_str().to_owned()
    }

    /// The one of this name, whatever the case.
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

/// The `H` of RFC 7616 §3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha512_256,
    Sha256,
    Md5,
}

impl Hash {
    pub(super) const ALL: [Self; 3] = [Self::Sha512_256, Self::Sha256, Self::Md5];

    /// Of these, joined by colons.
    pub(super) fn of(self, parts: &[&[u8]]) -> Hex {
        match self {
            Self::Sha512_256 => joined::<Sha512_256>(parts),
            Self::Sha256 => joined::<Sha256>(parts),
            Self::Md5 => joined::<Md5>(parts),
        }
    }

    /// How many digits one has.
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
