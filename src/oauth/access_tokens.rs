//! [`AccessTokens`]: the identity of callers with access tokens.

use std::collections::HashMap;
use std::fmt;

use http::request::Parts;

use super::metadata::{Choose, Resources};
use super::resource::Resource;
use super::token::Token;
use crate::challenge::{Challenge, Challenges, InvalidChallenge};
use crate::identity::{Bearer, Identity, IdentityInfo, Verify, forward_requests};

/// Authenticates callers by access tokens in `Authorization: Bearer …`, and tells clients without a
/// right one where to get it.
///
/// It is [`Bearer`] with the parameters of a resource server.
///
/// ```
/// use portcullis::{AuthenticateLayer, Verify};
/// use portcullis::oauth::{AccessTokens, Resource, Token};
///
/// # fn stage(tokens: impl Verify<str, Principal = Token>) -> Result<(), Box<dyn std::error::Error>> {
/// let notes = Resource::new("https://api.example.com/notes")?;
/// let identity = AccessTokens::new("notes", tokens)?
///     .ask_for("notes:read")?
///     .metadata(&notes);
/// let layer = AuthenticateLayer::new(identity);
/// // A 401 carries: WWW-Authenticate: Bearer realm="notes", scope="notes:read", resource_metadata="https://…"
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AccessTokens<V> {
    // A second scheme, `DPoP` (RFC 9449 §7.1), belongs here: a challenge of its own beside that of
    // `Bearer`, for the same verifier, which then checks the proof of a token with `cnf`.
    bearer: Bearer<V>,
    by_request: Option<ByRequest>,
}

/// The challenges of several resources.
#[derive(Clone)]
struct ByRequest {
    choose: Choose,
    challenges: HashMap<Box<str>, Challenge>,
}

impl<V> AccessTokens<V> {
    /// Reads tokens of this realm (RFC 9110 §11.5) for this verifier, such as a
    /// [`Jwt`](super::Jwt).
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if the realm cannot be written into a challenge.
    pub fn new(realm: &str, tokens: V) -> Result<Self, InvalidChallenge> {
        Ok(Self { bearer: Bearer::new(realm, tokens)?, by_request: None })
    }

    /// Names the scopes that a client should request first (RFC 6750 §3): MCP clients request exactly
    /// these. Name what most callers need. A caller who lacks more learns these and the missing ones
    /// together ([C03](crate::semantics#c03)).
    /// [`challenge_scope`](crate::AuthenticateLayer::challenge_scope) of a layer replaces them there.
    ///
    /// # Errors
    ///
    /// [`InvalidChallenge`] if `scope` is not a list of scopes separated by single spaces.
    pub fn ask_for(self, scope: &str) -> Result<Self, InvalidChallenge> {
        Ok(Self { bearer: self.bearer.scope(scope)?, ..self })
    }

    /// Names the metadata of this resource in every challenge (`resource_metadata`, RFC 9728 §5.1).
    /// [`Resource::layer`] serves it.
    #[must_use]
    pub fn metadata(self, resource: &Resource) -> Self {
        Self { bearer: self.bearer.with_metadata_of(resource.metadata_url()), ..self }
    }

    /// Names in the challenges for a request the metadata of the resource that it is for. A request for
    /// none of these gets the challenges without that, or with the one of
    /// [`metadata`](Self::metadata). So a client can find out which names are configured.
    ///
    /// [`Resources`] has an example, and says what it does not do.
    #[must_use]
    pub fn metadata_by_request(self, resources: &Resources) -> Self {
        // The scopes come from the configured challenge, which this one replaces (A15).
        let realm = self.bearer.challenge().realm().unwrap_or_default();
        let realm = String::from_utf8_lossy(realm);
        let challenge = |resource: &Resource| {
            let challenge = Challenge::builder("Bearer").realm(&realm);
            challenge.param("resource_metadata", resource.metadata_url()).build().ok()
        };
        let challenges = resources
            .iter()
            .filter_map(|(name, resource)| Some((name.into(), challenge(resource)?)))
            .collect();
        let by_request = ByRequest { choose: resources.choose().clone(), challenges };
        Self { by_request: Some(by_request), ..self }
    }
}

impl<E, V> Identity for AccessTokens<V>
where
    E: Send + Sync + 'static,
    V: Verify<str, Principal = Token<E>>,
{
    type Principal = Token<E>;

    fn describe(&self) -> IdentityInfo {
        let info = self.bearer.describe();
        match self.by_request {
            Some(_) => info.makes_request_challenges(),
            None => info,
        }
    }

    forward_requests!(bearer);

    fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        let ByRequest { choose, challenges } = self.by_request.as_ref()?;
        challenges.get(choose(request)?).cloned().map(Challenges::from)
    }
}

impl<V> fmt::Debug for AccessTokens<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokens")
            .field("challenge", self.bearer.challenge())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::{Duration, SystemTime};

    use bytes::Bytes;
    use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
    use http::{Request, Response};
    use http_body_util::Full;
    use tower::{Layer, ServiceExt, service_fn};

    use super::super::token::Claims;
    use super::*;
    use crate::policy::all;
    use crate::{AuthenticateLayer, AuthorizeLayer, Policy, acr, max_age, scope, verify_fn};

    /// A token with the scope `notes:read`, whose user logged in by password an hour ago.
    fn token() -> Token {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
        Token::new(Claims {
            issuer: None,
            subject: Some("alice".into()),
            client: None,
            scope: "notes:read".into(),
            roles: Box::default(),
            expires: Some(now + 300.0),
            not_before: None,
            auth_time: Some(now - 3600.0),
            acr: Some("pwd".into()),
            id: None,
            extra: (),
        })
    }

    /// The status and the challenge of the refusal by this policy.
    async fn refused(policy: impl Policy<Token> + 'static) -> (u16, String) {
        let notes = Resource::new("https://api.example/notes").unwrap();
        let tokens = verify_fn(|_: &str| Ok(token()));
        let identity = AccessTokens::new("notes", tokens).unwrap();
        let identity = identity.ask_for("notes:read profile").unwrap().metadata(&notes);
        let inside = service_fn(|_: Request<()>| async {
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        });
        let inside = AuthorizeLayer::<Token>::new(policy).layer(inside);
        let service = AuthenticateLayer::new(identity).layer(inside);
        let request = Request::builder().header(AUTHORIZATION, "Bearer token").body(()).unwrap();
        let response = service.oneshot(request).await.unwrap();
        let challenge = response.headers().get(WWW_AUTHENTICATE);
        let challenge = challenge.map_or("", |value| value.to_str().unwrap());
        (response.status().as_u16(), challenge.to_owned())
    }

    const METADATA: &str =
        "resource_metadata=\"https://api.example/.well-known/oauth-protected-resource/notes\"";

    #[tokio::test]
    async fn j05_a_step_up_names_its_terms_and_the_metadata_and_no_scope() {
        let strong = || acr(["mfa", "hwk"]).unwrap();
        let fresh = || max_age(Duration::from_secs(300));
        let error = "error=\"insufficient_user_authentication\", \
                     error_description=\"A stronger or more recent authentication is required\"";
        let start = format!("Bearer realm=\"notes\", {METADATA}, {error}");
        let expected = format!("{start}, acr_values=\"mfa hwk\"");
        assert_eq!(refused(strong()).await, (401, expected));
        assert_eq!(refused(fresh()).await, (401, format!("{start}, max_age=\"300\"")));
        let both = format!("{start}, acr_values=\"mfa hwk\", max_age=\"300\"");
        assert_eq!(refused(all((strong(), fresh()))).await, (401, both.clone()));
        // A scope that the token has changes nothing.
        let held = scope("notes:read").unwrap();
        assert_eq!(refused(all((held, strong(), fresh()))).await.0, 401);
        let (_, line) = refused(all((scope("notes:read").unwrap(), strong()))).await;
        assert!(!line.contains("scope="), "{line}");
        assert_eq!(refused(acr(["pwd"]).unwrap()).await.0, 200);
        assert_eq!(refused(max_age(Duration::from_secs(7200))).await.0, 200);
    }

    #[tokio::test]
    async fn j05_a_step_up_of_a_token_that_lacks_scopes_names_all_scopes() {
        let policy = all((scope("notes:write").unwrap(), acr(["mfa"]).unwrap()));
        let (status, line) = refused(policy).await;
        assert_eq!(status, 401);
        assert!(line.contains("scope=\"notes:read profile notes:write\""), "{line}");
        assert!(line.contains("error=\"insufficient_user_authentication\""), "{line}");
    }

    #[tokio::test]
    async fn j04_a_token_without_the_scopes_learns_the_first_ones_too() {
        let policy = all((scope("notes:write").unwrap(), scope("notes:read").unwrap()));
        let (status, line) = refused(policy).await;
        let error = "error=\"insufficient_scope\", \
                     error_description=\"The access token lacks a scope that this requires\"";
        let scope = "scope=\"notes:read profile notes:write\"";
        assert_eq!(
            (status, line),
            (403, format!("Bearer realm=\"notes\", {scope}, {METADATA}, {error}"))
        );
    }

    #[test]
    fn j04_debug_prints_the_challenge_and_not_the_verifier() {
        let identity = AccessTokens::new("notes", "a-secret-of-the-verifier").unwrap();
        let printed = format!("{identity:?}");
        assert!(printed.contains("notes") && !printed.contains("a-secret"), "{printed}");
    }
}
