//! [`Jwt`]: verifies access tokens that are JWTs.

mod check;
mod claims;
mod header;
mod members;
mod parts;
mod profile;
#[cfg(test)]
mod vectors;

use std::any::TypeId;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;

use profile::Profile;

use super::cache::Cached;
use super::clock::Clock;
use super::keys::Keys;
use super::or_opaque::JwtOrOpaque;
use super::resource::Resource;
use super::token_error::TokenError;

/// How much the clocks of issuer and resource server may differ, unless set.
const LEEWAY: Duration = Duration::from_secs(60);

/// Verifies access tokens that are JWTs (RFC 7519), as a [`Verify<str>`](crate::Verify) for
/// [`AccessTokens`](super::AccessTokens) or [`Bearer`](crate::Bearer).
///
/// A token is accepted if
///
/// 1. it has three parts in canonical base64url and 16 KiB at most, and no object in its header or
///    claims has a member twice or is nested more than 32 deep ([J10](crate::semantics#j10));
/// 2. its header requires no extension (`crit`, `b64`), and names an algorithm that its key is for
///    ([J11](crate::semantics#j11), [J12](crate::semantics#j12));
/// 3. a configured issuer issued it for a configured audience ([J13](crate::semantics#j13));
/// 4. it is an access token: see [`rfc9068`](Jwt::rfc9068) and [`relaxed`](Jwt::relaxed)
///    ([J14](crate::semantics#j14), [J15](crate::semantics#j15));
/// 5. it is not bound to a key of the client (`cnf`), because no proof is checked
///    ([J16](crate::semantics#j16));
/// 6. a key of its issuer has signed it ([J17](crate::semantics#j17));
/// 7. it is neither expired nor from the future ([J18](crate::semantics#j18)).
///
/// Why a token was refused is a [`TokenError`]. A key that is not known yet is fetched; while that is not
/// possible, the response is 503 and the client keeps its token ([J19](crate::semantics#j19)).
///
/// ```
/// use portcullis::oauth::{AccessTokens, Jwt, Keys, Resource, Token};
/// use portcullis::policy::HasScopes;
///
/// #[derive(serde::Deserialize)]
/// struct Extra {
///     email: Option<String>,
/// }
///
/// # let jwks = r#"{"keys":[{"kty":"OKP","crv":"Ed25519",
/// #     "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
/// let resource = Resource::new("https://api.example.com/notes")?;
/// let keys = Keys::given("https://login.example.com", jwks)?;
/// let tokens = Jwt::rfc9068(keys, &resource).claims::<Extra>();
/// let identity = AccessTokens::new("notes", tokens)?;
///
/// fn greet(token: &Token<Extra>) -> String {
///     let name = token.extra().email.as_deref().or(token.subject()).unwrap_or("stranger");
///     format!("{name} may write: {}", token.has_scope("notes:write"))
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Jwt<E = ()> {
    issuers: Vec<Issuer>,
    audiences: Vec<Box<str>>,
    profile: Profile,
    clock: Clock,
    /// In seconds.
    leeway: f64,
    /// Reads the claims of the program's own.
    extra: fn(&str) -> Result<E, TokenError>,
}

crate::debug::opaque_debug!(Jwt<E>);

struct Issuer {
    /// Shared with every token.
    name: Arc<str>,
    keys: Keys,
}

impl Issuer {
    fn new(keys: Keys) -> Self {
        Self { name: keys.issuer().into(), keys }
    }
}

/// Two key sets of one issuer: only the keys of the first would ever be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the issuer `{0}` is there already: put all of its keys into one set")]
pub struct DuplicateIssuer(Box<str>);

impl Jwt {
    /// Access tokens of the profile of RFC 9068, signed by these keys, for this resource.
    ///
    /// The header has `typ` `at+jwt`, and the claims `iss`, `exp`, `aud`, `sub`, `client_id`, `iat` and
    /// `jti` are there, as RFC 9068 §2.2 requires ([J14](crate::semantics#j14)). For other issuers there is
    /// [`relaxed`](Self::relaxed).
    pub fn rfc9068(keys: Keys, resource: &Resource) -> Self {
        Self::new(Profile::Rfc9068, keys, resource)
    }

    /// Access tokens of issuers that do not follow RFC 9068: of Entra, Okta, Keycloak, Cognito and others.
    ///
    /// Of the claims, only `iss`, `exp` and `aud` have to be there. `typ` may be missing or `JWT`, as in
    /// the ID tokens of the same issuer, so such a token must show that it is none
    /// ([J15](crate::semantics#j15)):
    ///
    /// - its claim `typ` or `token_use` (Keycloak, Cognito) says `Bearer` or `access`; or
    /// - it has neither, it has no `nonce`, and it has a claim that ID tokens do not have: `scope`,
    ///   `scp`, `client_id`, `cid`, `appid`, `azpacr` or `gty`.
    ///
    /// It never has `at_hash`, `c_hash`, `s_hash` or `events`. `scp` is read if `scope` is missing;
    /// each of them may be a string or an array. The client may also be named by `azp`, `cid` or `appid`.
    /// Tokens without an `aud` (of Cognito, unless the client asks for a resource) are refused: they
    /// would be valid at every resource.
    pub fn relaxed(keys: Keys, resource: &Resource) -> Self {
        Self::new(Profile::Relaxed, keys, resource)
    }

    fn new(profile: Profile, keys: Keys, resource: &Resource) -> Self {
        Self {
            issuers: vec![Issuer::new(keys)],
            audiences: vec![resource.identifier().into()],
            profile,
            clock: Clock::default(),
            leeway: LEEWAY.as_secs_f64(),
            extra: |_| Ok(()),
        }
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> Jwt<E> {
    /// Reads the claims into this type as well; [`Token::extra`](super::Token::extra) returns it. A token
    /// whose claims do not fit it is refused, so make optional what a token may lack.
    #[must_use]
    pub fn claims<C: DeserializeOwned + Send + Sync + 'static>(self) -> Jwt<C> {
        Jwt {
            issuers: self.issuers,
            audiences: self.audiences,
            profile: self.profile,
            clock: self.clock,
            leeway: self.leeway,
            extra: read_extra::<C>,
        }
    }

    /// Accepts tokens of this issuer as well, with its own keys only. If its keys are not available, the
    /// tokens of the other issuers are ([J13](crate::semantics#j13)).
    ///
    /// # Errors
    ///
    /// [`DuplicateIssuer`] if the issuer is there already.
    pub fn and_issuer(mut self, keys: Keys) -> Result<Self, DuplicateIssuer> {
        let issuer = Issuer::new(keys);
        if self.issuers.iter().any(|known| known.name == issuer.name) {
            return Err(DuplicateIssuer((*issuer.name).into()));
        }
        self.issuers.push(issuer);
        Ok(self)
    }

    /// Accepts tokens for this audience as well, which is compared character by character.
    ///
    /// Any audience is an identifier of this service alone: a token for it is valid here. At Entra, the
    /// audience may be the client id of the API.
    #[must_use]
    pub fn and_audience(mut self, audience: &str) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Accepts a clock of the issuer that differs by this much; 60 s unless set.
    #[must_use]
    pub fn leeway(self, leeway: Duration) -> Self {
        Self { leeway: leeway.as_secs_f64(), ..self }
    }

    /// Tells the time, for tests.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Clock::new(now), ..self }
    }

    /// Remembers up to `entries` verified tokens.
    pub fn cached(self, entries: usize) -> Cached<Self> {
        Cached::new(self, entries)
    }

    /// Verifies opaque tokens by `opaque`.
    pub fn or_opaque<O>(self, opaque: O) -> JwtOrOpaque<Self, O> {
        JwtOrOpaque::new(self, opaque)
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> Cached<Jwt<E>> {
    /// Verifies opaque tokens by `opaque`.
    pub fn or_opaque<O>(self, opaque: O) -> JwtOrOpaque<Self, O> {
        JwtOrOpaque::new(self, opaque)
    }
}

fn read_extra<C: DeserializeOwned + 'static>(claims: &str) -> Result<C, TokenError> {
    // `()` is read from `null` only.
    let is_unit = TypeId::of::<C>() == TypeId::of::<()>();
    serde_json::from_str(if is_unit { "null" } else { claims }).map_err(|_| TokenError::Claims)
}
