//! [`AuthenticateLayer`] and how it is configured.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tower::Layer;

use super::admission::Admission;
use super::challenge_set::ChallengeSet;
use super::credential_headers::CredentialHeaders;
use super::identity_service::{IdentityService, adapt};
use super::proxy;
use super::service::Authenticate;
use super::stage::{AuthenticateStage, Settings, seconds};
use crate::denial::Cause;
use crate::event::Event;
use crate::identity::Identity;
use crate::respond::{Problem, Respond};

/// Layer that applies [`Authenticate`]: it asks an [`Identity`] who sent each request, and renders
/// every [`Denial`](crate::Denial) that comes back from inside.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response, StatusCode, header::WWW_AUTHENTICATE};
/// use http_body_util::Full;
/// use portcullis::{AuthenticateLayer, Bearer, Principal, Unauthenticated, verify_fn};
/// use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tokens = verify_fn(|token: &str| match token {
///     "alice-token" => Ok("alice"),
///     _ => Err(Unauthenticated::invalid()),
/// });
///
/// let service = ServiceBuilder::new()
///     .layer(AuthenticateLayer::new(Bearer::new("notes", tokens)?))
///     .service_fn(|request: Request<()>| async move {
///         let name = Principal::<&str>::of(request.extensions()).unwrap();
///         Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::from(format!("hello, {name}"))))
///     });
///
/// let response = service.clone().oneshot(Request::new(())).await?;
/// assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
/// assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer realm=\"notes\"");
///
/// let request = Request::builder().header("authorization", "Bearer alice-token").body(())?;
/// assert_eq!(service.oneshot(request).await?.status(), StatusCode::OK);
/// # Ok(())
/// # }
/// ```
///
/// # Response bodies
///
/// The stage answers with the service's own type of response body, so a refusal has to be made into
/// it: the type has to be `From<Bytes>` and `Default`, as axum's `Body` and `Full<Bytes>` are.
/// [`ResponseBody`](crate::ResponseBody) adapts any other, such as hyper's `Incoming` or tonic's
/// `Body`.
///
/// # Caches
///
/// Answers depend on who asks, and the stage tells caches so: `private` where a verified request
/// was answered without a word about caching, `Vary` where an optional stage saw nothing (A02,
/// A11). [`without_cache_headers`](Self::without_cache_headers) turns it off.
///
/// # Logs
///
/// The stage marks the values of `Authorization`, of `Proxy-Authorization` and of every
/// [header](crate::IdentityInfo::reads_headers) that the identity reads as
/// [sensitive](http::HeaderValue::set_sensitive) before anything else sees them: inside it, `{:?}`
/// of the headers prints `Sensitive` in their place (A25). What is outside sees them unmarked. Put
/// tower-http's `SetSensitiveRequestHeadersLayer` outside a `TraceLayer` that logs headers there.
#[must_use = "a layer protects nothing until it is applied to a service"]
pub struct AuthenticateLayer<I = (), R = Problem> {
    stage: Arc<AuthenticateStage<I, R>>,
}

impl AuthenticateLayer<()> {
    /// Requires an identity: who sends no credentials, or wrong ones, is refused.
    ///
    /// Bearer and DPoP challenges are offered first, the others in the identity's order (A15).
    pub fn new<I: Identity>(
        identity: I,
    ) -> AuthenticateLayer<impl IdentityService<Principal = I::Principal>> {
        let info = identity.describe();
        let settings = Settings {
            challenges: ChallengeSet::new(info.challenges().clone()),
            credential_headers: CredentialHeaders::new(info.headers().to_vec()),
            admission: Admission::Required,
            retry_after: seconds(Duration::from_secs(10)),
            tells_caches: true,
            has_fresh_challenges: identity.per_response_challenges(Cause::Missing, None).is_some(),
            adds_response_headers: info.has_response_headers(),
            hook: None,
            login_page: None,
            suppresses_dialogs_for_scripts: false,
        };
        let stage = AuthenticateStage::new(adapt(identity), Arc::new(Problem::new()), settings);
        AuthenticateLayer { stage: Arc::new(stage) }
    }
}

impl<I: IdentityService, R: Respond> AuthenticateLayer<I, R> {
    /// Lets requests without credentials go on, anonymously (A02). Credentials that fail are still
    /// refused (A09). This and [`ignore_invalid_credentials`](Self::ignore_invalid_credentials) replace each other.
    pub fn optional(self) -> Self {
        self.with(|settings| settings.admission = Admission::Optional)
    }

    /// Lets requests without credentials go on, and those whose credentials are malformed, wrong
    /// or expired, all anonymously (A09). When something inside needs an identity, they are told
    /// what was wrong with theirs (C01).
    ///
    /// Ambiguous or improper credentials, a suspended account, too many attempts and an outage are
    /// still refused. This and [`optional`](Self::optional) replace each other.
    pub fn ignore_invalid_credentials(self) -> Self {
        self.with(|settings| settings.admission = Admission::Lenient)
    }

    /// Offers the challenges in the identity's own order, and not Bearer and DPoP first (A15).
    ///
    /// A widely used client library finds a Bearer challenge only in the first line.
    /// With Digest, think of those that find no Digest challenge but there (aiohttp, digest-fetch,
    /// HTTPie): name it before the others, and ask for this.
    pub fn preserve_challenge_order(self) -> Self {
        self.with(|settings| settings.challenges.preserve_order())
    }

    /// Guards a proxy, and not the origin server (RFC 9110 §11.7): it asks with 407 and
    /// `Proxy-Authenticate`, reads `Proxy-Authorization`, and leaves alone what is between the
    /// client and the origin: `Authorization`, cookies, a 401 and its challenge, the 407 of a proxy
    /// further on, and what the origin says to caches.
    ///
    /// Every identity works here as it is: it finds what was sent to the proxy in `Authorization`,
    /// for as long as it is asked. A DPoP challenge is left out, and Digest's `domain`
    /// (RFC 9449 §7.1, RFC 7616 §3.3).
    ///
    /// Credentials for the proxy are not forwarded (B02): the stage removes `Proxy-Authorization`
    /// and every other [header](crate::IdentityInfo::reads_headers) that the identities read, such as the field of an
    /// [`ApiKey`](crate::ApiKey), from each request that goes on, also if the credentials were wrong
    /// or not looked at. If client and origin have use for a field of that name as well, give the
    /// proxy another one. Credentials elsewhere are forwarded, since the stage does not know of them:
    /// fields that an identity reads and does not name, the query, trailers.
    ///
    /// # Errors
    ///
    /// [`InvalidProxy`](super::InvalidProxy) if there is no scheme left to offer, or if an identity
    /// reads a field that must not be removed, under its own name: `Proxy-Authorization`, which
    /// identities find in `Authorization`, or a field in this list, which the origin, the connection
    /// or the message needs. A field that is in use and not in the list is removed like others:
    /// name none that your origin reads.
    ///
    /// `a-im`, `accept`, `accept-charset`, `accept-datetime`, `accept-encoding`, `accept-features`,
    /// `accept-language`, `accept-signature`, `access-control-request-headers`,
    /// `access-control-request-method`, `alt-used`, `available-dictionary`, `baggage`,
    /// `cache-control`, `capsule-protocol`, `cdn-loop`, `client-cert`, `client-cert-chain`,
    /// `connection`, `content-digest`, `content-disposition`, `content-encoding`,
    /// `content-language`, `content-length`, `content-location`, `content-md5`, `content-range`,
    /// `content-type`, `cookie`, `date`, `depth`, `destination`, `dictionary-id`, `digest`, `dnt`,
    /// `dpop`, `early-data`, `expect`, `forwarded`, `from`, `grpc-accept-encoding`,
    /// `grpc-encoding`, `grpc-timeout`, `host`, `http2-settings`, `idempotency-key`, `if`,
    /// `if-match`, `if-modified-since`, `if-none-match`, `if-range`, `if-schedule-tag-match`,
    /// `if-unmodified-since`, `keep-alive`, `label`, `last-event-id`, `link`, `lock-token`,
    /// `max-forwards`, `mime-version`, `negotiate`, `odata-isolation`, `odata-maxversion`,
    /// `odata-version`, `origin`, `oslc-core-version`, `overwrite`, `ping-from`, `ping-to`,
    /// `position`, `pragma`, `prefer`, `priority`, `proxy-connection`, `purpose`, `range`,
    /// `referer`, `repr-digest`, `save-data`, `schedule-reply`, `sec-ch-ua`, `sec-fetch-dest`,
    /// `sec-fetch-mode`, `sec-fetch-site`, `sec-fetch-storage-access`, `sec-fetch-user`, `sec-gpc`,
    /// `sec-purpose`, `sec-token-binding`, `sec-websocket-extensions`, `sec-websocket-key`,
    /// `sec-websocket-protocol`, `sec-websocket-version`, `service-worker`,
    /// `service-worker-navigation-preload`, `signature`, `signature-input`, `slug`, `soapaction`,
    /// `te`, `timeout`, `topic`, `traceparent`, `tracestate`, `trailer`, `transfer-encoding`,
    /// `ttl`, `upgrade`, `upgrade-insecure-requests`, `upload-complete`, `upload-length`,
    /// `upload-offset`, `urgency`, `user-agent`, `via`, `want-content-digest`, `want-digest`,
    /// `want-repr-digest`, `warning`, `x-forwarded-for`, `x-forwarded-host`, `x-forwarded-port`,
    /// `x-forwarded-proto`, `x-real-ip`, `x-requested-with`.
    ///
    /// ```
    /// use http::HeaderName;
    /// use portcullis::{ApiKey, AuthenticateLayer, Basic, Tokens, Users, any_of};
    ///
    /// let users = Users::new().with("user", "passwd", ());
    /// let keys = Tokens::new().with("key-of-user", ());
    /// let field = HeaderName::from_static("x-proxy-key"); // consumed, as Proxy-Authorization is
    /// let identity = any_of((Basic::new("proxy", users)?, ApiKey::new("proxy", field, keys)?));
    /// let layer = AuthenticateLayer::new(identity).at_proxy()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at_proxy(self) -> Result<Self, super::InvalidProxy> {
        proxy::check(&self.stage.settings.credential_headers)?;
        let offer =
            self.stage.settings.challenges.at_proxy().ok_or(super::InvalidProxy::NoScheme)?;
        Ok(self.with(|settings| settings.challenges = offer))
    }

    /// Asks clients to wait this long, rounded up to whole seconds, where nobody could tell (503);
    /// ten seconds unless set.
    pub fn retry_after(self, wait: Duration) -> Self {
        self.with(|settings| settings.retry_after = seconds(wait))
    }

    /// Puts neither `Cache-Control` nor `Vary` on the service's answers (A02, A11).
    pub fn without_cache_headers(self) -> Self {
        self.with(|settings| settings.tells_caches = false)
    }

    /// Sends browsers to a page to log in there, in place of a 401 (F06): 303, without a challenge,
    /// which a browser would answer with a dialog.
    ///
    /// Only where a browser asks for a page to show: `GET` or `HEAD`, HTML preferred by `Accept`
    /// (`*/*` alone prefers nothing), and a navigation by `Sec-Fetch-Mode` where that is sent. Scripts,
    /// API clients, gRPC and unsafe methods are still told 401. So is who names an offered scheme in
    /// `Authorization`; who is logged in, and not strongly or recently enough
    /// (C04); and who asks for the login page itself, so that no redirect goes in a circle.
    ///
    /// Nothing else becomes a redirect: no 400, 403, 404 or 503, no 401 that the service gives by
    /// itself (A12), no 407. What the stage refuses it refuses before any path is looked up, so
    /// that in a [concealed](crate::ConcealLayer) area every path is redirected alike (D12).
    ///
    /// ```
    /// use portcullis::{AuthenticateLayer, Identity, LoginPage};
    ///
    /// # fn layer(identity: impl Identity) -> Result<(), portcullis::InvalidLoginPage> {
    /// let page = LoginPage::at("/login")?.return_in("next")?;
    /// let layer = AuthenticateLayer::new(identity).optional().login_page(page);
    /// # Ok(())
    /// # }
    /// ```
    pub fn login_page(self, page: super::LoginPage) -> Self {
        self.with(|settings| settings.login_page = Some(Arc::new(page)))
    }

    /// Leaves the challenges that browsers answer with a dialog (Basic, Digest) out where a script
    /// asks, if others remain (F07): a page whose session has expired would else have dialogs
    /// pop up from its own requests. A 401 never goes without a challenge, so where all of them
    /// open dialogs nothing is left out. A proxy's 407 stays as it is.
    ///
    /// A script is what says so: `Sec-Fetch-Mode` that is neither `navigate` nor `websocket`, for no
    /// image, style or other part of the page (`Sec-Fetch-Dest`); or
    /// `X-Requested-With: XMLHttpRequest`.
    pub fn suppress_dialogs_for_scripts(self) -> Self {
        self.with(|settings| settings.suppresses_dialogs_for_scripts = true)
    }

    /// Calls this once for each request that was answered, with how it ended.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use portcullis::{AuthenticateLayer, Identity};
    ///
    /// static REFUSED: AtomicU64 = AtomicU64::new(0);
    ///
    /// # fn layer(identity: impl Identity) {
    /// let layer = AuthenticateLayer::new(identity).on_decision(|event| {
    ///     if event.denial().is_some() {
    ///         REFUSED.fetch_add(1, Ordering::Relaxed);
    ///     }
    /// });
    /// # }
    /// ```
    pub fn on_decision(self, hook: impl Fn(&Event<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.hook = Some(Arc::new(hook)))
    }

    /// Renders refusals with this, in place of [`Problem`].
    pub fn respond_with<T: Respond>(self, respond: T) -> AuthenticateLayer<I, T> {
        self.rebuild(|identify| identify, |_| Arc::new(respond), |_| ())
    }

    /// Waits this long for the identity at most; then it is as if the store were down (A07, A19).
    ///
    /// It needs a Tokio runtime with its time driver enabled.
    #[cfg(feature = "tokio")]
    pub fn time_limit(self, limit: Duration) -> AuthenticateLayer<super::IdentityTimeout<I>, R> {
        self.rebuild(
            |identify| super::IdentityTimeout::new(identify, limit),
            |respond| respond,
            |_| (),
        )
    }

    fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        self.rebuild(|identify| identify, |respond| respond, change)
    }

    /// A layer is cheap to clone, so a configured one may be shared already: the next is made
    /// from clones of its parts.
    fn rebuild<J, T>(
        self,
        identify: impl FnOnce(I) -> J,
        respond: impl FnOnce(Arc<R>) -> Arc<T>,
        change: impl FnOnce(&mut Settings),
    ) -> AuthenticateLayer<J, T> {
        let mut settings = self.stage.settings.clone();
        change(&mut settings);
        let identify = identify(self.stage.identify.clone());
        let respond = respond(self.stage.respond.clone());
        AuthenticateLayer { stage: Arc::new(AuthenticateStage::new(identify, respond, settings)) }
    }
}

impl<S, I, R> Layer<S> for AuthenticateLayer<I, R> {
    type Service = Authenticate<S, I, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Authenticate::new(inner, self.stage.clone())
    }
}

impl<I, R> Clone for AuthenticateLayer<I, R> {
    fn clone(&self) -> Self {
        Self { stage: self.stage.clone() }
    }
}

impl<I, R> fmt::Debug for AuthenticateLayer<I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticateLayer")
            .field("admission", &self.stage.settings.admission)
            .field("offer", &self.stage.settings.challenges)
            .finish_non_exhaustive()
    }
}
