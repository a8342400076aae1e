//! [`Bearer`]: the `Bearer` scheme (RFC 6750).

use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::{Identity, IdentityInfo, SchemeVerifier, Verify};
use crate::challenge::{Challenge, Credentials, InvalidChallenge, scheme};
use crate::denial::Unauthenticated;

/// Authenticates callers by an access token in `Authorization: Bearer …` (RFC 6750 §2.1).
///
/// A [`Verify<str>`](Verify) verifies the token. Query and form parameters are not read
/// (RFC 6750 §5.3, RFC 9700 §4.3.2). For the tokens of an OAuth 2 authorization server,
/// `oauth::AccessTokens` is the same with the parameters of a resource server.
///
/// ```
/// use portcullis::{AuthenticateLayer, Bearer, Unauthenticated, verify_fn};
///
/// # fn user_of(token: &str) -> Option<&'static str> { None }
/// let tokens = verify_fn(|token: &str| user_of(token).ok_or(Unauthenticated::invalid()));
/// let layer = AuthenticateLayer::new(Bearer::new("notes", tokens)?);
/// // A 401 carries: WWW-Authenticate: Bearer realm="notes"
/// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bearer<V> {
    verifier: SchemeVerifier<V>,
    challenge: Challenge,
    accepts_opaque_tokens: bool,
}

impl<V> Bearer<V> {
    /// Reads tokens of this realm (RFC 9110 §11.5) for this verifier.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the realm cannot be written into a challenge.
    pub fn new(realm: &str, verifier: V) -> Result<Self, InvalidChallenge> {
        let (verifier, challenge) = (SchemeVerifier::new(verifier), Challenge::bearer(realm)?);
        Ok(Self { verifier, challenge, accepts_opaque_tokens: false })
    }

    /// Accepts tokens outside the `b64token` of RFC 6750 §2.1 as well, such as `1|abc` of Laravel
    /// Sanctum or `id:secret`: any visible ASCII characters except `"` and the comma. By default these
    /// tokens are malformed ([A04](crate::semantics#a04)).
    ///
    /// White space, quotes and commas stay excluded, because they separate things in this header: a
    /// proxy may join two `Authorization` lines with a comma, and `Bearer realm="x"` has parameters and
    /// no token. Characters outside ASCII have no defined encoding in a header.
    ///
    /// ```
    /// use portcullis::{Bearer, Unauthenticated, verify_fn};
    ///
    /// # fn user_of(id: &str, secret: &str) -> Option<u32> { None }
    /// let tokens = verify_fn(|token: &str| {
    ///     let (id, secret) = token.split_once('|').ok_or(Unauthenticated::invalid())?;
    ///     user_of(id, secret).ok_or(Unauthenticated::invalid())
    /// });
    /// let identity = Bearer::new("notes", tokens)?.accept_opaque_tokens();
    /// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
    /// ```
    #[must_use]
    pub fn accept_opaque_tokens(self) -> Self {
        Self { accepts_opaque_tokens: true, ..self }
    }

    /// Names the scopes that a client without a token should request (RFC 6750 §3). Those that a policy
    /// requires are added to them ([C01](crate::semantics#c01), [C03](crate::semantics#c03)). Where the
    /// stage names the [scopes of a route](crate::AuthenticateLayer::challenge_scope), those are sent in
    /// place of these.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if `scope` is not a list of scopes separated by single spaces.
    pub fn scope(self, scope: &str) -> Result<Self, InvalidChallenge> {
        self.with_param("scope", scope)
    }

    /// Names the URL of this protected resource's metadata in every Bearer challenge
    /// (RFC 9728 §5.1).
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the URL cannot be written into a challenge.
    pub fn resource_metadata(self, url: &str) -> Result<Self, InvalidChallenge> {
        self.with_param("resource_metadata", url)
    }

    /// Adds a parameter to every Bearer challenge, or replaces the one of that name, such as the
    /// `service` that a registry names.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the parameter cannot be written into a challenge, or if it is `error`,
    /// `error_description` or `error_uri`: those depend on the request (RFC 6750 §3), and the stage adds
    /// them.
    ///
    /// ```
    /// # use portcullis::{Bearer, Unauthenticated, verify_fn};
    /// # let tokens = verify_fn(|_: &str| Err::<(), _>(Unauthenticated::invalid()));
    /// let identity = Bearer::new("https://auth.example/token", tokens)?
    ///     .with_param("service", "registry.example")?;
    /// // A 401 carries:
    /// // WWW-Authenticate: Bearer realm="https://auth.example/token", service="registry.example"
    /// # Ok::<(), portcullis::challenge::InvalidChallenge>(())
    /// ```
    pub fn with_param(self, name: &str, value: &str) -> Result<Self, InvalidChallenge> {
        const OF_REQUEST: [&str; 3] = ["error", "error_description", "error_uri"];
        if OF_REQUEST.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            return Err(InvalidChallenge::OfRequest { name: name.to_owned() });
        }
        let challenge = self.challenge.to_builder().set_param(name, value).build()?;
        Ok(Self { challenge, ..self })
    }
}

#[cfg(feature = "oauth")]
impl<V> Bearer<V> {
    pub(crate) fn challenge(&self) -> &Challenge {
        &self.challenge
    }

    /// As [`resource_metadata`](Self::resource_metadata), for the URL of a
    /// [`Resource`](crate::oauth::Resource): it can be written into a challenge, otherwise the resource
    /// would not have been built.
    pub(crate) fn with_metadata_of(self, url: &str) -> Self {
        let challenge = self.challenge.to_builder().set_param("resource_metadata", url).build();
        debug_assert!(challenge.is_ok(), "{url} was checked");
        Self { challenge: challenge.unwrap_or(self.challenge), ..self }
    }
}

impl<V> Bearer<V> {
    /// Returns the token in this value of `Authorization` (A03, A04).
    #[inline(always)]
    fn token<'a>(
        &self,
        authorization: Option<&'a HeaderValue>,
    ) -> Result<&'a str, Unauthenticated> {
        let sent =
            authorization.and_then(|value| Credentials::of(scheme::BEARER, value.as_bytes()));
        let credentials = sent.ok_or_else(Unauthenticated::missing)?;
        match credentials.token68() {
            Some(token) => Ok(token),
            None => self.other_token(credentials),
        }
    }

    #[cold]
    fn other_token<'a>(&self, credentials: Credentials<'a>) -> Result<&'a str, Unauthenticated> {
        match credentials.opaque_token() {
            _ if credentials.is_bare() => Err(Unauthenticated::missing()),
            Some(token) if self.accepts_opaque_tokens => Ok(token),
            _ => Err(Unauthenticated::malformed()),
        }
    }
}

impl<V: Verify<str>> Identity for Bearer<V> {
    type Principal = V::Principal;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(self.challenge.clone())
    }

    async fn identify(&self, request: &Parts) -> Result<Self::Principal, Unauthenticated> {
        self.verifier.verify(self.token(request.headers.get(AUTHORIZATION))?).await
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        self.identify_now_by(request, request.headers.get(AUTHORIZATION))
    }

    fn identify_now_by(
        &self,
        _: &Parts,
        authorization: Option<&HeaderValue>,
    ) -> Option<Result<Self::Principal, Unauthenticated>> {
        match self.token(authorization) {
            Ok(token) => self.verifier.verify_now(token),
            Err(unauthenticated) => Some(Err(unauthenticated)),
        }
    }
}
