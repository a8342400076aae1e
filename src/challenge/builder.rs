//! Builds challenges to be sent.

use std::borrow::Cow;

use super::params::{AuthParam, Quoting, RawChallenge};
use super::{Challenge, InvalidChallenge, InvalidSyntax, rules};

/// Builds a [`Challenge`] that every client reads alike; see [`Challenge::builder`].
///
/// Only [`build`](Self::build) checks the values.
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ChallengeBuilder {
    parts: RawChallenge<'static>,
}

impl ChallengeBuilder {
    pub(super) fn new(scheme: &str) -> Self {
        Self::from(RawChallenge::new(scheme.to_owned()))
    }

    /// Adds `realm`, the name of the protection space: RFC 9110 §11.5.
    pub fn realm(self, realm: &str) -> Self {
        self.param("realm", realm)
    }

    /// Adds a parameter with a quoted value. Each name may be added once.
    pub fn param(self, name: &str, value: &str) -> Self {
        self.add(AuthParam::new(name, value, Quoting::Quoted))
    }

    /// Adds a parameter with a quoted value, or replaces the parameter of that name in its place.
    /// Names are compared without case.
    pub fn set_param(mut self, name: &str, value: &str) -> Self {
        let param = AuthParam::new(name, value, Quoting::Quoted);
        self.parts.params.set(param);
        self
    }

    /// Removes the parameter of that name, if there is one. Names are compared without case.
    pub fn remove_param(mut self, name: &str) -> Self {
        self.parts.params.list.retain(|param| !param.is(name));
        self
    }

    /// Adds a parameter whose value is a token and is written without quotes, as Digest's `algorithm`
    /// and `stale` must be (RFC 7616 §3.3).
    pub fn token_param(self, name: &str, value: &str) -> Self {
        self.add(AuthParam::new(name, value, Quoting::Token))
    }

    /// Sets the token68, which a challenge has instead of parameters.
    pub fn token68(mut self, value: &str) -> Self {
        self.parts.token68 = Some(Cow::Owned(value.to_owned()));
        self
    }

    fn add(mut self, param: AuthParam<'static>) -> Self {
        self.parts.params.list.push(param);
        self
    }

    /// Checks the values and builds the challenge.
    ///
    /// # Errors
    ///
    /// - [`InvalidChallenge::Syntax`]: the scheme or a name is not a token, a name occurs twice, a
    ///   value is not printable ASCII, a token68 is malformed or beside parameters (RFC 9110 §11.2).
    /// - [`Unquoted`](InvalidChallenge::Unquoted), [`Quoted`](InvalidChallenge::Quoted): senders must
    ///   or must not quote the value (RFC 9110 §11.5, RFC 7616 §3.3).
    /// - [`OAuthValue`](InvalidChallenge::OAuthValue): `error`, `error_description`, `error_uri`,
    ///   `scope`, `acr_values` or `max_age` has a character that is not allowed there (RFC 6750 §3,
    ///   RFC 9470 §3).
    /// - [`LookAlike`](InvalidChallenge::LookAlike): a value contains `scope=`, `error=` or
    ///   `resource_metadata=`.
    /// - [`MissingRealm`](InvalidChallenge::MissingRealm) of Basic (RFC 7617 §2),
    ///   [`MissingParam`](InvalidChallenge::MissingParam) of Bearer (RFC 6750 §3).
    ///
    /// ```
    /// use portcullis::challenge::{Challenge, InvalidChallenge};
    ///
    /// let bare = Challenge::builder("Bearer").build();
    /// assert_eq!(bare, Err(InvalidChallenge::MissingParam));
    /// ```
    pub fn build(self) -> Result<Challenge, InvalidChallenge> {
        self.parts.check()?;
        rules::check(&self.parts)?;
        Challenge::new(self.parts).map_err(|_| InvalidSyntax::FieldValue.into())
    }
}

impl From<RawChallenge<'static>> for ChallengeBuilder {
    fn from(parts: RawChallenge<'static>) -> Self {
        Self { parts }
    }
}
