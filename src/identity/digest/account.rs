//! Whose response is it, and what is it checked with?

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroize;

use super::algorithm::Hash;
use super::hex::{self, Hex};
use super::{DigestAlgorithm, InvalidDigest};
use crate::denial::Unauthenticated;

/// A user who has sent a response: what a [`Verify<DigestUser>`](crate::Verify) looks up, to answer
/// with a [`DigestAccount`]. `Debug` does not print the name.
pub struct DigestUser {
    pub(super) name: Name,
    pub(super) realm: Arc<str>,
    pub(super) algorithm: DigestAlgorithm,
}

/// How the user was named.
#[derive(Clone)]
pub(super) enum Name {
    Plain(String),
    Hashed(Hex),
}

impl DigestUser {
    /// The name, unless it was hashed. It may be empty, is UTF-8, and has no control characters.
    pub fn name(&self) -> Option<&str> {
        match &self.name {
            Name::Plain(name) => Some(name),
            Name::Hashed(_) => None,
        }
    }

    /// The hashed name in lower-case hexadecimal, where that was sent (RFC 7616 §3.4.4):
    /// [`DigestAlgorithm::userhash`] of a user's name with this realm.
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

    /// By what the response was made. Only a secret of the same hash can be right; the `-sess`
    /// variants need no other.
    pub fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// Whether this is the user of that name, hashed or not. It costs a hash if it was hashed:
    /// for a few users; for many, look [`userhash`](Self::userhash) up.
    pub fn is(&self, name: &str) -> bool {
        match &self.name {
            Name::Plain(sent) => sent == name,
            Name::Hashed(sent) => sent.as_str() == self.algorithm.userhash(name, &self.realm),
        }
    }

    /// The secret of this user, whose real name is `name`, by the password.
    pub fn password(&self, name: &str, password: &str) -> DigestSecret {
        DigestSecret::of_password(self.algorithm, name, &self.realm, password)
    }
}

impl fmt::Debug for DigestUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestUser").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// What a response is checked with: `H(user:realm:password)`, RFC 7616 §3.4.2. Who knows it needs
/// no password any more, so keep it as safe as one. `Debug` does not print it, and it is overwritten
/// when it is dropped.
///
/// ```
/// use portcullis::{DigestAlgorithm, DigestSecret};
///
/// let secret = DigestSecret::of_password(DigestAlgorithm::Md5, "Mufasa", "testrealm@host.com", "Circle Of Life");
/// assert_eq!(secret.as_hex(), "939e7578ed9e3c518a452acee763bce9");
/// let stored = DigestSecret::stored(DigestAlgorithm::Md5, "939e7578ed9e3c518a452acee763bce9")?;
/// # Ok::<(), portcullis::InvalidDigest>(())
/// ```
#[derive(Clone)]
pub struct DigestSecret {
    pub(super) hash: Hash,
    pub(super) hex: Hex,
}

impl DigestSecret {
    /// By the password. The user's name is the real one, also where a hashed one was sent.
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

    /// As it was stored: 64 hexadecimal digits, or 32 for MD5.
    ///
    /// # Errors
    ///
    /// [`InvalidDigest::Secret`] if it is not so many digits.
    pub fn stored(algorithm: DigestAlgorithm, hex: &str) -> Result<Self, InvalidDigest> {
        let hash = algorithm.hash();
        let hex = hex::lower_case(hex.as_bytes(), hash.digits()).ok_or(InvalidDigest::Secret)?;
        Ok(Self { hash, hex })
    }

    /// The secret to be stored, in lower-case hexadecimal.
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

/// What a user's response is checked with, and who it is if it is right.
///
/// If the secret is not for the algorithm that the client chose, the response is invalid, as it is
/// where a verifier has no account to answer with, whatever it says of the user: operators alone
/// are told. [Unavailable](Unauthenticated::unavailable) and
/// [throttled](Unauthenticated::throttled) do leave, before the response is judged. So a verifier
/// must say them without regard to whether there is such a user (A06, A18).
///
/// `Debug` prints nothing of it.
///
/// ```
/// use portcullis::{
///     DigestAccount, DigestAlgorithm, DigestSecret, DigestUser, Unauthenticated, Verify,
/// };
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
///         // As many steps for who is not there as for who is: the rest is up to the stage.
///         let Row { secret, user: found } = row.ok_or(Unauthenticated::invalid())?;
///         // Of the algorithm that it was stored for, whatever the client has chosen. A user whose
///         // secret cannot be used is like one who is not there (A06).
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

    /// Refuses the user like this, suspended for instance, but only once the response was right:
    /// until then it is invalid like any other (A17).
    #[must_use]
    pub fn refused(self, why: Unauthenticated) -> Self {
        Self { refusal: Some(why), ..self }
    }
}

impl<P> fmt::Debug for DigestAccount<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestAccount").finish_non_exhaustive()
    }
}
