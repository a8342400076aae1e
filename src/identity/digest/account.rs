//! [`DigestUser`] and [`DigestAccount`]: the user of a response, and the secret to verify it with.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroize;

use super::hash::{Hash, Hex, parse_hex};
use super::{DigestAlgorithm, InvalidDigest};
use crate::denial::Unauthenticated;

/// The user of a response. A [`Verify<DigestUser>`](crate::Verify) looks it up and returns a
/// [`DigestAccount`]. `Debug` does not print the name.
pub struct DigestUser {
    pub(super) name: Name,
    pub(super) realm: Arc<str>,
    pub(super) algorithm: DigestAlgorithm,
}

/// The name of the user, as it was sent.
#[derive(Clone)]
pub(super) enum Name {
    Plain(String),
    Hashed(Hex),
}

impl DigestUser {
    /// The name, unless it was hashed. It may be empty and has no control characters.
    pub fn name(&self) -> Option<&str> {
        match &self.name {
            Name::Plain(name) => Some(name),
            Name::Hashed(_) => None,
        }
    }

    /// The hashed name in lower-case hexadecimal, if that was sent (RFC 7616 §3.4.4):
    /// [`DigestAlgorithm::userhash`] of the user's name and this realm.
    pub fn userhash(&self) -> Option<&str> {
        match &self.name {
            Name::Plain(_) => None,
            Name::Hashed(hash) => Some(hash.as_str()),
        }
    }

    /// The realm that the stage offers.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The algorithm of the response. The secret must be of the same hash function; the `-sess`
    /// variants use the same secrets.
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Whether this is the user with this name, hashed or not. A hashed name costs one hash per
    /// call: with many users, look up [`userhash`](Self::userhash) instead.
    pub fn is(&self, name: &str) -> bool {
        match &self.name {
            Name::Plain(sent) => sent == name,
            Name::Hashed(sent) => sent.as_str() == self.algorithm.userhash(name, &self.realm),
        }
    }

    /// Computes the secret of this user from the real name and the password.
    pub fn password(&self, name: &str, password: &str) -> DigestSecret {
        DigestSecret::of_password(self.algorithm, name, &self.realm, password)
    }
}

impl fmt::Debug for DigestUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestUser").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// The secret that a response is verified with: `H(user:realm:password)`, RFC 7616 §3.4.2. It is
/// enough to log in, so protect it like a password. `Debug` does not print it, and it is
/// overwritten when it is dropped.
///
/// ```
/// use portcullis::identity::{DigestAlgorithm, DigestSecret};
///
/// let secret = DigestSecret::of_password(DigestAlgorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
/// assert_eq!(secret.as_hex(), "939e7578ed9e3c518a452acee763bce9");
/// let stored = DigestSecret::stored(DigestAlgorithm::Md5, "939e7578ed9e3c518a452acee763bce9")?;
/// # Ok::<(), portcullis::identity::InvalidDigest>(())
/// ```
#[derive(Clone)]
pub struct DigestSecret {
    pub(super) hash: Hash,
    pub(super) hex: Hex,
}

impl DigestSecret {
    /// Computes the secret from the password. `user` is the real name, even if a hashed name was
    /// sent.
    pub fn of_password(
        algorithm: DigestAlgorithm,
        user: &str,
        realm: &str,
        password: &str,
    ) -> Self {
        let hash = algorithm.hash();
        let hex = hash.of(&[user.as_bytes(), realm.as_bytes(), password.as_bytes()]);
        Self { hash, hex }
    }

    /// Reads a stored secret: 64 hexadecimal digits, or 32 for MD5.
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::Secret`] for anything else.
    pub fn stored(algorithm: DigestAlgorithm, hex: &str) -> Result<Self, InvalidDigest> {
        let hash = algorithm.hash();
        let hex = parse_hex(hex.as_bytes(), hash.digits()).ok_or(InvalidDigest::Secret)?;
        Ok(Self { hash, hex })
    }

    /// The secret in lower-case hexadecimal, to store it.
    pub fn as_hex(&self) -> &str {
        self.hex.as_str()
    }
}

impl Drop for DigestSecret {
    fn drop(&mut self) {
        self.hex.zeroize();
    }
}

impl fmt::Debug for DigestSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestSecret").finish_non_exhaustive()
    }
}

/// The secret that a user's response is verified with, and the principal if the response is right.
///
/// If the secret is not for the client's algorithm, or if the verifier returns an error because of
/// the user, the client is told that the response is invalid; only operators see the reason. The
/// errors [unavailable](Unauthenticated::unavailable) and [throttled](Unauthenticated::throttled)
/// are sent to the client before the response is verified. So a verifier must not let them depend
/// on whether the user exists ([A06](crate::semantics#a06), [A18](crate::semantics#a18)).
///
/// `Debug` prints neither secret nor principal.
///
/// ```
/// use portcullis::identity::{DigestAccount, DigestAlgorithm, DigestSecret, DigestUser};
/// use portcullis::{Unauthenticated, Verify};
///
/// # #[derive(Clone)] struct User { suspended: bool }
/// # struct Row { secret: String, user: User }
/// # struct Database;
/// # impl Database {
/// #     async fn by_name(&self, name: Option<&str>) -> Result<Option<Row>, std::io::Error> { Ok(None) }
/// # }
/// impl Verify<DigestUser> for Database {
///     type Principal = DigestAccount<User>;
///
///     async fn verify(&self, user: &DigestUser) -> Result<Self::Principal, Unauthenticated> {
///         let row = self.by_name(user.name()).await;
///         let row = row.map_err(|error| Unauthenticated::unavailable().with_source(error))?;
///         // The same steps whether or not the user exists; the stage does the rest.
///         let Row { secret, user: found } = row.ok_or(Unauthenticated::invalid())?;
///         // The algorithm of the stored secret, not the client's. A user with an unusable secret
///         // is treated like a user who does not exist.
///         let secret = DigestSecret::stored(DigestAlgorithm::Sha256, &secret)
///             .map_err(|error| Unauthenticated::invalid().with_source(error))?;
///         let suspended = found.suspended;
///         let account = DigestAccount::new(secret, found);
///         Ok(if suspended { account.refused(Unauthenticated::suspended()) } else { account })
///     }
/// }
/// ```
#[derive(Clone)]
pub struct DigestAccount<P> {
    pub(super) secret: DigestSecret,
    pub(super) principal: P,
    pub(super) refusal: Option<Unauthenticated>,
}

impl<P> DigestAccount<P> {
    /// An account in good standing.
    pub fn new(secret: DigestSecret, principal: P) -> Self {
        Self { secret, principal, refusal: None }
    }

    /// Refuses the user with this error, such as [suspended](Unauthenticated::suspended), if the
    /// response is right. A wrong response is invalid as any other ([A17](crate::semantics#a17)).
    #[must_use]
    pub fn refused(self, error: Unauthenticated) -> Self {
        Self { refusal: Some(error), ..self }
    }
}

impl<P> fmt::Debug for DigestAccount<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestAccount").finish_non_exhaustive()
    }
}
