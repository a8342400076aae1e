//! [`Basic`]: the `Basic` scheme (RFC 7617).

use std::fmt;
use std::slice::SliceIndex;

use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::{Identity, IdentityInfo, SchemeVerifier, Verify};
use crate::challenge::{Challenge, Credentials, InvalidChallenge, scheme};
use crate::denial::Unauthenticated;

/// Authenticates callers by user and password in `Authorization: Basic …` (RFC 7617).
///
/// A [`Verify<Login>`](Verify) verifies the login. A login is UTF-8 in canonical base64, without
/// control characters (RFC 7617 §2); any other is malformed.
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
#[derive(Clone, Debug)]
pub struct Basic<V> {
    verifier: SchemeVerifier<V>,
    challenge: Challenge,
}

impl<V> Basic<V> {
    /// Reads logins of this realm (RFC 9110 §11.5) for this verifier.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the realm cannot be written into a challenge.
    pub fn new(realm: &str, verifier: V) -> Result<Self, InvalidChallenge> {
        Ok(Self { verifier: SchemeVerifier::new(verifier), challenge: Challenge::basic(realm)? })
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

    /// Decodes `Basic` credentials, `user:password` in base64 (RFC 7617 §2). Malformed credentials
    /// are overwritten as well, when `login` is dropped.
    fn decode(token68: &str) -> Option<Self> {
        let mut login = Self { text: Vec::new(), colon: 0 };
        decode_base64(token68, &mut login.text)?;
        let text = str::from_utf8(&login.text).ok()?;
        login.colon = text.find(':')?;
        let is_printable = !text.chars().any(char::is_control);
        is_printable.then_some(login)
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

/// Returns the login in this value of `Authorization` (A03, A04).
fn login(authorization: Option<&HeaderValue>) -> Result<Login, Unauthenticated> {
    let value = authorization.ok_or(Unauthenticated::missing())?;
    let credentials =
        Credentials::of(scheme::BASIC, value.as_bytes()).ok_or(Unauthenticated::missing())?;
    let token68 = credentials.token68().ok_or(Unauthenticated::malformed())?;
    Login::decode(token68).ok_or(Unauthenticated::malformed())
}

#[cfg(not(feature = "zeroize"))]
use decode_by_headers as decode_base64;
#[cfg(feature = "zeroize")]
use decode_into_own_buffer as decode_base64;

/// Decodes into a buffer of this crate, because a copy elsewhere could not be overwritten.
#[cfg(feature = "zeroize")]
fn decode_into_own_buffer(token68: &str, text: &mut Vec<u8>) -> Option<()> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    text.resize(base64::decoded_len_estimate(token68.len()), 0);
    let length = STANDARD.decode_slice(token68, text).ok()?;
    text.truncate(length);
    Some(())
}

/// Decodes with the crate `headers`, which without `zeroize` saves a dependency. It gets only the
/// token68, because it refuses trailing white space. That is no part of a field value (RFC 9110
/// §5.5), but some HTTP/2 servers leave it there.
#[cfg(any(not(feature = "zeroize"), test))]
fn decode_by_headers(token68: &str, text: &mut Vec<u8>) -> Option<()> {
    use headers::authorization::{Basic, Credentials as _};

    let value = http::HeaderValue::try_from(format!("Basic {token68}")).ok()?;
    let decoded = Basic::decode(&value)?;
    text.extend_from_slice(decoded.username().as_bytes());
    text.push(b':');
    text.extend_from_slice(decoded.password().as_bytes());
    Some(())
}

impl<V: Verify<Login>> Identity for Basic<V> {
    type Principal = V::Principal;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(self.challenge.clone())
    }

    async fn identify(&self, request: &Parts) -> Result<Self::Principal, Unauthenticated> {
        self.verifier.verify(&login(request.headers.get(AUTHORIZATION))?).await
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.identify_now_by(request, request.headers.get(AUTHORIZATION))
    }

    fn identify_now_by(
        &self,
        _: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        match login(authorization) {
            Ok(login) => self.verifier.verify_now(&login),
            Err(unauthenticated) => Some(Err(unauthenticated)),
        }
    }

    fn account(&self, request: &Parts) -> Option<String> {
        let login = login(request.headers.get(AUTHORIZATION)).ok()?;
        Some(login.user().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn login_in(value: &[u8]) -> Option<(String, String)> {
        let request = Request::builder().header(AUTHORIZATION, value).body(()).unwrap();
        let login = login(request.headers().get(AUTHORIZATION)).ok()?;
        Some((login.user().to_owned(), login.password().to_owned()))
    }

    /// With and without the feature `zeroize`.
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

    #[cfg(feature = "zeroize")]
    #[test]
    fn a04_both_decoders_accept_the_same_logins() {
        let decode = |decoder: fn(&str, &mut Vec<u8>) -> Option<()>, token68| {
            let mut text = Vec::new();
            let text = decoder(token68, &mut text).map(|()| text)?;
            // `headers` refuses these in its decoder, the other decoder leaves it to
            // `Login::decode`.
            str::from_utf8(&text).ok()?.contains(':').then_some(text)
        };
        let mut accepted = 0;
        let alphabet = b"AEYTpi+/-_=59Q";
        let mut all: Vec<Vec<u8>> = vec![Vec::new()];
        for length in 1..=4 {
            let longer = |it: &Vec<u8>| alphabet.map(|byte| [&it[..], &[byte]].concat());
            let next: Vec<_> =
                all.iter().filter(|it| it.len() == length - 1).flat_map(longer).collect();
            all.extend(next);
        }
        all.extend([b"YTpiYQ==".into(), b"YTpiYR==".into(), b"YTpiYQ=".into(), b"YTpi=".into()]);
        for token68 in &all {
            let token68 = str::from_utf8(token68).unwrap();
            let own = decode(decode_into_own_buffer, token68);
            assert_eq!(own, decode(decode_by_headers, token68), "{token68:?}");
            accepted += usize::from(own.is_some());
        }
        assert!(accepted > 10, "{accepted} of {}", all.len());
    }
}
