//! [`Basic`]: the `Basic` scheme (RFC 7617).

use std::fmt;
use std::slice::SliceIndex;
use std::sync::Arc;

use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::{Identity, IdentityInfo, SchemeVerifier, Verify, base64};
use crate::challenge::{Challenge, Credentials, InvalidChallenge, scheme};
use crate::denial::Unauthenticated;

/// Authenticates callers by user and password in `Authorization: Basic …` (RFC 7617).
///
/// A [`Verify<Login>`](Verify) verifies the login. A login is UTF-8 in canonical base64, without
/// control characters (RFC 7617 §2); any other is malformed, unless
/// ISO-8859-1 is accepted as well (`accept_iso_8859_1`, with the feature `iso-8859-1`).
///
/// ```
/// use portcullis::{AuthenticateLayer, Basic, Login, Unauthenticated, async_verify_fn};
///
/// # async fn check(user: String, password: String) -> bool { false }
/// let users = async_verify_fn(|login: &Login| {
///     let (user, password) = (login.user().to_owned(), login.password().to_owned());
///     async move {
///         let right = check(user.clone(), password).await;
///         right.then_some(user).ok_or(Unauthenticated::invalid())
///     }
/// });
/// let layer = AuthenticateLayer::new(Basic::new("notes", users)?);
/// // A 401 carries: WWW-Authenticate: Basic realm="notes", charset="UTF-8"
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone)]
pub struct Basic<V> {
    verifier: SchemeVerifier<V>,
    challenge: Challenge,
    decoder: LoginDecoder,
}

/// How the bytes that a client sent become a [`Login`].
#[derive(Clone, Default)]
struct LoginDecoder {
    #[cfg(feature = "iso-8859-1")]
    accepts_iso_8859_1: bool,
    normalize: Option<Arc<Normalize>>,
}

type Normalize = dyn Fn(&str) -> Option<String> + Send + Sync;

impl<V> Basic<V> {
    /// Reads logins of this realm (RFC 9110 §11.5) for this verifier.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the realm cannot be written into a challenge.
    pub fn new(realm: &str, verifier: V) -> Result<Self, InvalidChallenge> {
        let (verifier, challenge) = (SchemeVerifier::new(verifier), Challenge::basic(realm)?);
        Ok(Self { verifier, challenge, decoder: LoginDecoder::default() })
    }

    /// Converts the name of each user before the verifier and a [`Throttle`](crate::Throttle) see it:
    /// to Unicode's form NFC, for instance, since some clients send `é` as two characters
    /// (RFC 7617 §2, RFC 8265 §3). `None` refuses the login as malformed. The password stays as it was
    /// sent.
    ///
    /// ```
    /// use portcullis::{Basic, Login, Unauthenticated, verify_fn};
    ///
    /// # let users = verify_fn(|_: &Login| Err::<(), _>(Unauthenticated::invalid()));
    /// // With the crate `unicode-normalization`: `|name| Some(name.nfc().collect())`.
    /// let identity = Basic::new("notes", users)?.normalize_users(|name| Some(name.to_lowercase()));
    /// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
    /// ```
    #[must_use]
    pub fn normalize_users(
        mut self,
        normalize: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.decoder.normalize = Some(Arc::new(normalize));
        self
    }

    /// Reads a login that is not UTF-8 as ISO-8859-1, for clients that ignore `charset="UTF-8"` in the
    /// challenge. A login that is UTF-8 is never read as ISO-8859-1.
    ///
    /// ```
    /// use portcullis::{Basic, Users};
    ///
    /// // The client may send `é` as the byte E9, or as the bytes C3 A9.
    /// let users = Users::new().with("rené", "geheim", ());
    /// let identity = Basic::new("notes", users)?.accept_iso_8859_1();
    /// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
    /// ```
    #[cfg(feature = "iso-8859-1")]
    #[cfg_attr(docsrs, doc(cfg(feature = "iso-8859-1")))]
    #[must_use]
    pub fn accept_iso_8859_1(mut self) -> Self {
        self.decoder.accepts_iso_8859_1 = true;
        self
    }
}

impl LoginDecoder {
    /// Returns the login in this value of `Authorization` (A03, A04).
    fn login(&self, authorization: Option<&HeaderValue>) -> Result<Login, Unauthenticated> {
        let value = authorization.ok_or(Unauthenticated::missing())?;
        let credentials =
            Credentials::of(scheme::BASIC, value.as_bytes()).ok_or(Unauthenticated::missing())?;
        let token68 = credentials.token68().ok_or(Unauthenticated::malformed())?;
        self.decode(token68).ok_or(Unauthenticated::malformed())
    }

    fn decode(&self, token68: &str) -> Option<Login> {
        let mut login = Login { text: Vec::new(), colon: 0 };
        base64::decode(token68, &mut login.text)?;
        #[cfg(feature = "iso-8859-1")]
        if self.accepts_iso_8859_1 && str::from_utf8(&login.text).is_err() {
            login = login.read_as_iso_8859_1();
        }
        let login = login.parse()?;
        match &self.normalize {
            None => Some(login),
            Some(normalize) => Login::new(&normalize(login.user())?, login.password()).printable(),
        }
    }
}

impl<V: fmt::Debug> fmt::Debug for Basic<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Basic")
            .field("verifier", &self.verifier)
            .field("challenge", &self.challenge)
            .finish_non_exhaustive()
    }
}

/// A user and a password, as they were sent. `Debug` prints neither.
///
/// With the feature `zeroize`, which `memory` and `digest` enable, both are overwritten when the
/// login is dropped, but not the copies that a verifier makes: see
/// [Secrets in memory](crate::secrets_in_memory).
pub struct Login {
    /// The user, a colon, and the password, in UTF-8. Never reallocated, which would leave a copy.
    text: Vec<u8>,
    colon: usize,
}

impl Login {
    /// A login from elsewhere, such as a form, for the same verifier.
    ///
    /// ```
    /// use portcullis::{Login, Users, Verify};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let users = Users::new().with("alice", "wonderland", "alice");
    /// let user = users.verify(&Login::new("alice", "wonderland")).await;
    /// assert_eq!(user.unwrap(), "alice");
    /// # }
    /// ```
    pub fn new(user: &str, password: &str) -> Self {
        Self { text: [user, ":", password].concat().into_bytes(), colon: user.len() }
    }

    /// Finds the colon in a text that was sent, `user:password` (RFC 7617 §2). Malformed credentials
    /// are overwritten as well.
    fn parse(mut self) -> Option<Self> {
        self.colon = str::from_utf8(&self.text).ok()?.find(':')?;
        self.printable()
    }

    /// The login, if it has no control characters.
    fn printable(self) -> Option<Self> {
        let text = str::from_utf8(&self.text).ok()?;
        let is_printable = !text.chars().any(char::is_control);
        is_printable.then_some(self)
    }

    /// Converts a text in ISO-8859-1, whose bytes are the first 256 characters of Unicode, to UTF-8.
    #[cfg(feature = "iso-8859-1")]
    fn read_as_iso_8859_1(self) -> Self {
        // Two bytes for each character at most: the text is never reallocated.
        let mut text = Vec::with_capacity(2 * self.text.len());
        for byte in &self.text {
            text.extend_from_slice(char::from(*byte).encode_utf8(&mut [0; 2]).as_bytes());
        }
        Self { text, colon: 0 }
    }

    /// The user: the part before the first colon. May be empty.
    pub fn user(&self) -> &str {
        self.part(..self.colon)
    }

    /// The password: the part after the first colon. May contain further colons, or be empty.
    pub fn password(&self) -> &str {
        self.part(self.colon + 1..)
    }

    fn part(&self, range: impl SliceIndex<[u8], Output = [u8]>) -> &str {
        // Both parts exist and are UTF-8, so that the defaults are never used.
        str::from_utf8(self.text.get(range).unwrap_or_default()).unwrap_or_default()
    }
}

#[cfg(feature = "zeroize")]
impl Drop for Login {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.text);
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

impl<V: Verify<Login>> Identity for Basic<V> {
    type Principal = V::Principal;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(self.challenge.clone())
    }

    async fn identify(&self, request: &Parts) -> Result<Self::Principal, Unauthenticated> {
        self.verifier.verify(&self.decoder.login(request.headers.get(AUTHORIZATION))?).await
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.identify_now_by(request, request.headers.get(AUTHORIZATION))
    }

    fn identify_now_by(
        &self,
        _: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        match self.decoder.login(authorization) {
            Ok(login) => self.verifier.verify_now(&login),
            Err(unauthenticated) => Some(Err(unauthenticated)),
        }
    }

    fn account(&self, request: &Parts) -> Option<String> {
        let login = self.decoder.login(request.headers.get(AUTHORIZATION)).ok()?;
        Some(login.user().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn login_in(value: &[u8]) -> Option<(String, String)> {
        let request = Request::builder().header(AUTHORIZATION, value).body(()).unwrap();
        let login = LoginDecoder::default().login(request.headers().get(AUTHORIZATION)).ok()?;
        Some((login.user().to_owned(), login.password().to_owned()))
    }

    #[test]
    fn a04_white_space_around_a_token68_is_ignored() {
        let expected = Some(("a".to_owned(), "b".to_owned()));
        for value in ["Basic YTpi", "Basic   YTpi", "Basic YTpi ", "Basic YTpi\t", "basic YTpi \t "]
        {
            assert_eq!(login_in(value.as_bytes()), expected, "{value:?}");
        }
        for value in ["Basic YTpi x", "Basic YTpi ,", "Basic\tYTpi", "Basic YT pi"] {
            assert_eq!(login_in(value.as_bytes()), None, "{value:?}");
        }
    }
}
