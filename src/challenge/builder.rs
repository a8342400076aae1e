//! Writes a challenge, or says why not.

use std::borrow::Cow;

use super::params::{AuthParam, Quoting, RawChallenge};
use super::{Challenge, InvalidChallenge, InvalidSyntax, rules};

/// Makes a [`Challenge`] that every client reads alike; see [`Challenge::builder`].
///
/// Nothing is judged before [`build`](Self::build).
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

    /// Adds a parameter, whose value is written in quotes. Each name may be added once.
    pub fn param(self, name: &str, value: &str) -> Self {
        self.add(AuthParam::new(name, value, Quoting::Quoted))
    }

    /// Adds a parameter, or replaces the one of that name, whatever its case, in its place. The
    /// value is written in quotes.
    pub fn set_param(mut self, name: &str, value: &str) -> Self {
        let param = AuthParam::new(name, value, Quoting::Quoted);
        self.parts.params.set(param);
        self
    }

    /// Removes the parameter of that name, whatever its case, if there is one.
    pub fn remove_param(mut self, name: &str) -> Self {
        self.parts.params.list.retain(|param| !param.is(name));
        self
    }

    /// Adds a parameter, whose value is a token and is written without quotes: Digest's
    /// `algorithm` and `stale` have to be (RFC 7616 §3.3).
    pub fn token_param(self, name: &str, value: &str) -> Self {
        self.add(AuthParam::new(name, value, Quoting::Token))
    }

    /// Sets the token68, which takes the place of all parameters.
    pub fn token68(mut self, value: &str) -> Self {
        self.parts.token68 = Some(Cow::Owned(value.to_owned()));
        self
    }

    fn add(mut self, param: AuthParam<'static>) -> Self {
        self.parts.params.list.push(param);
        self
    }

    /// The finished challenge.
    ///
    /// # Errors
    ///
    /// - [`InvalidChallenge::Syntax`]: scheme or a name is not a token, a name occurs twice, a
    ///   value is more than printable ASCII, a token68 is none or does not stand alone
    ///   (RFC 9110 §11.2).
    /// - [`Unquoted`](InvalidChallenge::Unquoted), [`Quoted`](InvalidChallenge::Quoted): a value
    ///   has the wrong form for senders (RFC 9110 §11.5, RFC 7616 §3.3).
    /// - [`OAuthValue`](InvalidChallenge::OAuthValue): `error`, `error_description`, `error_uri`,
    ///   `scope`, `acr_values` or `max_age` leave their characters (RFC 6750 §3, RFC 9470 §3).
    /// - [`LookAlike`](InvalidChallenge::LookAlike): a value holds `scope=`, `error=` or
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
