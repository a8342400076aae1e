//! [`Introspection`]: asks the authorization server about opaque tokens (RFC 7662).

mod breaker;
mod client_auth;
mod endpoint;
mod failure;
mod form;
mod response;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use tokio::time::Instant;
use zeroize::Zeroizing;

pub use self::client_auth::ClientAuth;
use self::endpoint::{Answer, Endpoint};
use self::response::Rules;
use super::cache::Cached;
use super::clock::Clock;
use super::fetch::Fetch;
use super::resource::Resource;
use super::source::{MAX_TOKEN, TokenSource};
use super::token::Token;
use super::token_error::TokenError;
use super::url::{InvalidUrl, server_url};
use crate::denial::{Cause, Unauthenticated};
use crate::identity::Verify;

/// Refusals are remembered no longer than this, because a token may become active.
const REFUSAL_TIME: Duration = Duration::from_secs(5);

/// Verifies tokens by asking the authorization server (RFC 7662).
///
/// ```
/// use std::time::Duration;
/// use portcullis::AuthenticateLayer;
/// use portcullis::oauth::{AccessTokens, ClientAuth, Fetch, Introspection, Resource};
///
/// fn stage(http: impl Fetch, secret: &str) -> Result<(), Box<dyn std::error::Error>> {
///     let resource = Resource::new("https://api.example.com/notes")?;
///     let auth = ClientAuth::basic("notes", secret);
///     let url = "https://login.example.com/introspect";
///     let tokens = Introspection::at(url, http, auth, &resource)?
///         .cached(10_000, Duration::from_secs(30));
///     let stage = AuthenticateLayer::new(AccessTokens::new("notes", tokens)?);
///     Ok(())
/// }
/// ```
///
/// A token is accepted if the response has
///
/// - `active`, which is `true`;
/// - an `aud` that names the resource, or one of [`and_audience`](Self::and_audience);
/// - no `exp` that has passed and no `nbf` to come, within the [`leeway`](Self::leeway);
/// - no `token_type` other than `Bearer`, and no `typ` or `token_use` of a refresh token or an ID token;
/// - no `cnf`, which binds the token to a key whose proof is not checked;
/// - no `iss` other than the [`issuer`](Self::issuer), if that is configured.
///
/// # When the endpoint fails
///
/// If it does not answer in time, answers with another status than 200 or with anything but JSON with an
/// `active`, the request is refused with 503, not with 401, since the token may be right
/// ([J61](crate::semantics#j61)). A 401 or 403 of the endpoint is of this kind: it refuses *this service*.
/// (A 400 with the error `unsupported_token_type` is not: the endpoint does not introspect such tokens, JWTs for
/// instance, and the caller gets 401.) After five failures in succession no call is made for 1 s, then one as a trial; each trial that fails
/// doubles the pause, up to 30 s ([J62](crate::semantics#j62)). At most 64 calls are made at once
/// ([J63](crate::semantics#j63)). With the feature `tracing`, each failure is an event.
///
/// # Strangers
///
/// Each token that was never seen costs a call, so a stranger can cause as many as the endpoint answers.
/// Remembered tokens are verified meanwhile. Limit unknown callers in front
/// ([`Throttle`](crate::Throttle)).
pub struct Introspection<E = ()> {
    endpoint: Arc<Endpoint>,
    rules: Rules,
    /// How long a token is remembered.
    time: Duration,
    extra: PhantomData<fn() -> E>,
}

impl Introspection {
    /// Asks this endpoint, with this HTTP client, about tokens for this resource.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`] if the URL is not one of `https`, or of `http` on this machine.
    pub fn at(
        url: &str,
        fetch: impl Fetch,
        auth: ClientAuth,
        resource: &Resource,
    ) -> Result<Self, InvalidUrl> {
        Ok(Self {
            endpoint: Arc::new(Endpoint::new(server_url(url)?, fetch, auth)),
            rules: Rules {
                audiences: vec![resource.identifier().into()],
                accepts_missing_audience: false,
                issuer: None,
                leeway: Duration::from_secs(60),
                clock: Clock::default(),
            },
            time: Duration::ZERO,
            extra: PhantomData,
        })
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> Introspection<E> {
    /// Reads the members of your own into this type.
    #[must_use]
    pub fn claims<C: DeserializeOwned + Send + Sync + 'static>(self) -> Introspection<C> {
        let Self { endpoint, rules, time, .. } = self;
        Introspection { endpoint, rules, time, extra: PhantomData }
    }

    /// Accepts tokens for this audience as well.
    #[must_use]
    pub fn and_audience(mut self, audience: &str) -> Self {
        self.rules.audiences.push(audience.into());
        self
    }

    /// Accepts tokens of which the response names no audience, as RFC 7662 §2.2 permits it. Then the
    /// authorization server itself has to say `"active": false` to this service about tokens for other
    /// resources (RFC 7662 §4); otherwise every service that receives a token can use it here.
    #[must_use]
    pub fn accept_missing_audience(mut self) -> Self {
        self.rules.accepts_missing_audience = true;
        self
    }

    /// The issuer of the tokens. A response that names another one is refused.
    #[must_use]
    pub fn issuer(mut self, issuer: &str) -> Self {
        self.rules.issuer = Some(issuer.into());
        self
    }

    /// Accepts a clock of the authorization server that differs by this much; 60 s unless set.
    #[must_use]
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.rules.leeway = leeway;
        self
    }

    /// Tells the time that `exp` and `nbf` are compared with, for tests.
    #[must_use]
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.rules.clock = Clock::new(now);
        self
    }

    /// How long a call may take, and how long a token may wait for its call; 5 s unless set.
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        self.with_endpoint(|endpoint| endpoint.time_limit = limit)
    }

    /// How many calls are made at once; 64 unless set. Three times as many tokens may wait for theirs, and
    /// the next request is refused with 503.
    #[must_use]
    pub fn concurrent_calls(self, limit: usize) -> Self {
        self.with_endpoint(|endpoint| endpoint.limit_calls(limit))
    }

    fn with_endpoint(mut self, change: impl FnOnce(&mut Endpoint)) -> Self {
        // Nothing else has it before the first call.
        if let Some(endpoint) = Arc::get_mut(&mut self.endpoint) {
            change(endpoint);
        }
        self
    }

    /// Remembers up to `entries` tokens, each for `time` at most. A token that is revoked at the
    /// authorization server is accepted for so long.
    pub fn cached(mut self, entries: usize, time: Duration) -> Cached<Self> {
        self.time = time;
        Cached::new(self, entries)
    }

    /// The result for a token that needs no call.
    fn without_call(&self, token: &str) -> Option<Unauthenticated> {
        if token.len() > MAX_TOKEN {
            return Some(TokenError::TooLong.into());
        }
        if token.is_empty() {
            return Some(TokenError::Inactive.into());
        }
        self.endpoint.unavailable_now()
    }

    fn introspected(&self, answer: Answer) -> Result<Introspected<E>, Unauthenticated> {
        let Answer { members, length, asked } = answer;
        let token = self.rules.read(members.ok_or(TokenError::Inactive)?)?;
        // A time that has no end in this calendar.
        let until = asked.checked_add(self.time);
        Ok(Introspected { token, length, until })
    }

    fn judge_times(&self, checked: Introspected<E>) -> Result<Token<E>, Unauthenticated> {
        self.rules.judge(&checked.token)?;
        Ok(checked.token)
    }
}

impl<E> fmt::Debug for Introspection<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introspection").finish_non_exhaustive()
    }
}

/// What the authorization server has said of a token.
#[derive(Debug)]
pub struct Introspected<E> {
    token: Token<E>,
    /// The length of the response.
    length: usize,
    /// When the authorization server has to be asked again.
    until: Option<Instant>,
}

impl<E> Clone for Introspected<E> {
    fn clone(&self) -> Self {
        Self { token: self.token.clone(), ..*self }
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> TokenSource for Introspection<E> {
    type Extra = E;
    type Checked = Introspected<E>;

    const ASKS: bool = true;

    fn check_now(&self, token: &str) -> Option<Result<Self::Checked, Unauthenticated>> {
        self.without_call(token).map(Err)
    }

    async fn check(&self, token: &str) -> Result<Self::Checked, Unauthenticated> {
        if let Some(refusal) = self.without_call(token) {
            return Err(refusal);
        }
        self.introspected(self.endpoint.ask(token).await?)
    }

    fn judge(&self, checked: Self::Checked) -> Option<Result<Token<E>, Unauthenticated>> {
        if checked.until.is_some_and(|until| Instant::now() >= until) {
            return None;
        }
        self.judge_fresh(checked)
    }

    fn judge_fresh(&self, checked: Self::Checked) -> Option<Result<Token<E>, Unauthenticated>> {
        Some(self.judge_times(checked))
    }

    fn refusal_time(&self, refusal: &Unauthenticated) -> Option<Duration> {
        let is_lasting = matches!(refusal.cause(), Cause::Invalid);
        is_lasting.then_some(self.time.min(REFUSAL_TIME)).filter(|time| !time.is_zero())
    }

    fn public_prefix(_: &str) -> usize {
        0
    }

    fn weight(checked: &Self::Checked) -> usize {
        // What is kept of the response is in many small pieces.
        2 * checked.length
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> Verify<str> for Introspection<E> {
    type Principal = Token<E>;

    async fn verify(&self, token: &str) -> Result<Token<E>, Unauthenticated> {
        if let Some(refusal) = self.without_call(token) {
            return Err(refusal);
        }
        let answer = match Handle::try_current() {
            // In a task, so that a call that the client does not wait for counts too (J62).
            Ok(runtime) => {
                let (endpoint, token) = (self.endpoint.clone(), Zeroizing::new(token.to_owned()));
                let call = runtime.spawn(async move { endpoint.ask(&token).await });
                call.await.unwrap_or_else(|_| Err(Unauthenticated::internal_error()))
            }
            Err(_) => self.endpoint.ask(token).await,
        };
        self.judge_times(self.introspected(answer?)?)
    }
}
