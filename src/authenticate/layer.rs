//! [`AuthenticateLayer`] and its configuration.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tower::Layer;

use super::challenge_set::ChallengeSet;
use super::credential_headers::CredentialHeaders;
use super::identity_service::{IdentityService, adapt};
use super::no_store::CacheHeaders;
use super::original_target::TargetSource;
use super::proxy;
use super::service::Authenticate;
use super::stage::{Admission, AuthenticateStage, Settings, delay_seconds};
use crate::denial::Cause;
use crate::identity::Identity;
use crate::login::LoginPage;
use crate::observe::{Observe, RequestEvent};
use crate::respond::{Problem, Respond};

/// Layer that applies [`Authenticate`]: it authenticates each request with an [`Identity`], and renders
/// every [`Denial`](crate::Denial) of the stages and handlers inside.
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
/// The stage does not change the type of the response body, so it must be able to convert a refusal
/// into it: the type has to be `From<Bytes>` and `Default`, as axum's `Body` and `Full<Bytes>` are.
/// [`ResponseBody`](crate::ResponseBody) adapts any other, such as hyper's `Incoming` or tonic's
/// `Body`.
///
/// # Its type
///
/// The identity of a layer has no name. A function returns
/// `AuthenticateLayer<impl IdentityService<Principal = User>>`; a struct field takes a box
/// ([Setting up](crate::guides::setting_up#a-function-that-returns-a-layer)).
///
/// # Caches
///
/// Responses depend on the caller, so the stage adds headers for caches: `Cache-Control: private` for
/// a verified caller, unless the service says otherwise ([A11](crate::semantics#a11)), and `Vary` for
/// an anonymous one ([A02](crate::semantics#a02)).
/// [`without_cache_headers`](Self::without_cache_headers) turns this off.
///
/// # Logs
///
/// The stage marks the values of `Authorization`, of `Proxy-Authorization` and of every
/// [header](crate::identity::IdentityInfo::reads_headers) that the identity reads as
/// [sensitive](http::HeaderValue::set_sensitive) before any other code inside sees them: there, `{:?}`
/// of the headers prints `Sensitive` in their place ([A25](crate::semantics#a25)). Layers outside see
/// them unmarked. Put tower-http's `SetSensitiveRequestHeadersLayer` outside a `TraceLayer` that logs
/// headers there.
#[must_use = "a layer protects nothing until it is applied to a service"]
pub struct AuthenticateLayer<I = (), R = Problem, O = ()> {
    pub(super) stage: Arc<AuthenticateStage<I, R, O>>,
}

impl AuthenticateLayer<()> {
    /// Requires authentication: requests with missing or invalid credentials are refused.
    ///
    /// Bearer and DPoP challenges are offered first, of these the one whose credentials were sent, and the
    /// others in the identity's order ([A15](crate::semantics#a15)).
    pub fn new<I: Identity>(
        identity: I,
    ) -> AuthenticateLayer<impl IdentityService<Principal = I::Principal>> {
        let info = identity.describe();
        let settings = Settings {
            challenges: ChallengeSet::new(info.challenges().clone()),
            credential_headers: CredentialHeaders::new(info.headers(), info.list_headers()),
            admission: Admission::Required,
            retry_after: delay_seconds(Duration::from_secs(10)),
            cache_headers: CacheHeaders::Private,
            has_dynamic_challenges: identity
                .per_response_challenges(Cause::Missing, None)
                .is_some(),
            has_request_challenges: info.has_request_challenges(),
            adds_response_headers: info.has_response_headers(),
            renders_grpc: true,
            hook: None,
            is_audited: false,
            original_target: TargetSource::default(),
            login_page: None,
            suppresses_dialogs_for_scripts: false,
            exempts_preflights: false,
            exposes_challenges: false,
        };
        let stage = AuthenticateStage::new(
            adapt(identity),
            Arc::new(Problem::new()),
            Arc::new(()),
            settings,
        );
        AuthenticateLayer { stage: Arc::new(stage) }
    }
}

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateLayer<I, R, O> {
    /// Lets requests without credentials go on, anonymously. Invalid credentials are still refused
    /// ([A09](crate::semantics#a09)). This and
    /// [`ignore_invalid_credentials`](Self::ignore_invalid_credentials) replace each other.
    pub fn optional(self) -> Self {
        self.with(|settings| settings.admission = Admission::Optional)
    }

    /// Lets requests without credentials go on, and those with malformed, wrong or expired ones, all
    /// anonymously. If a policy or handler inside requires an identity, the client gets the 401 for
    /// its invalid credentials ([C01](crate::semantics#c01)).
    ///
    /// Ambiguous credentials, invalid requests, a suspended account, too many attempts and an outage
    /// are still refused. This and [`optional`](Self::optional) replace each other.
    pub fn ignore_invalid_credentials(self) -> Self {
        self.with(|settings| settings.admission = Admission::IgnoreInvalid)
    }

    /// Offers the challenges in the identity's own order in every response, instead of Bearer and DPoP
    /// first.
    ///
    /// A widely used client library finds a Bearer challenge only in the first `WWW-Authenticate`
    /// line, and aiohttp, digest-fetch and HTTPie find a Digest challenge only there. For those, name
    /// Digest before the others and call this method.
    pub fn preserve_challenge_order(self) -> Self {
        self.with(|settings| settings.challenges.preserve_order())
    }

    /// Authenticates clients to a proxy instead of the origin server (RFC 9110 §11.7): the stage
    /// challenges with 407 and `Proxy-Authenticate`, reads `Proxy-Authorization`, and leaves alone
    /// what is between client and origin: `Authorization`, cookies, a 401 and its challenge, the 407
    /// of another proxy, and the origin's cache headers.
    ///
    /// Every identity works here unchanged: while it runs, it finds the value of
    /// `Proxy-Authorization` in `Authorization`. A DPoP challenge is left out, and so is Digest's
    /// `domain` (RFC 9449 §7.1, RFC 7616 §3.3).
    ///
    /// Credentials for the proxy are not forwarded ([B02](crate::semantics#b02)): the stage removes
    /// `Proxy-Authorization` and every other [header](crate::identity::IdentityInfo::reads_headers) that the
    /// identity reads, such as the header of an [`ApiKey`](crate::ApiKey), from each request that goes on,
    /// also if the credentials were wrong or not read. If client and origin use a header of that name
    /// as well, give the proxy another one. Credentials in other places are forwarded, since the stage
    /// does not know of them: headers that an identity reads and does not name, the query, trailers.
    ///
    /// # Errors
    ///
    /// [`InvalidProxy`](super::InvalidProxy) if no scheme is left to offer, or if an identity reads a
    /// header that must not be removed, under its own name: `Proxy-Authorization`, which identities
    /// find in `Authorization`, or a header in this list, which the origin, the connection or the
    /// message needs. Headers that are not in the list are removed, so name none that your origin
    /// reads.
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
    /// `x-forwarded-prefix`, `x-forwarded-proto`, `x-real-ip`, `x-requested-with`.
    ///
    /// ```
    /// use http::HeaderName;
    /// use portcullis::{ApiKey, AuthenticateLayer, Basic, Tokens, Users, any_of};
    ///
    /// let users = Users::new().with("user", "passwd", ());
    /// let keys = Tokens::new().with("key-of-user", ());
    /// let header = HeaderName::from_static("x-proxy-key"); // removed, as Proxy-Authorization is
    /// let identity = any_of((Basic::new("proxy", users)?, ApiKey::new("proxy", header, keys)?));
    /// let layer = AuthenticateLayer::new(identity).at_proxy()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at_proxy(self) -> Result<Self, super::InvalidProxy> {
        proxy::check(&self.stage.settings.credential_headers)?;
        let challenges = self.stage.settings.challenges.at_proxy();
        let challenges = challenges.ok_or(super::InvalidProxy::NoScheme)?;
        Ok(self.with(|settings| settings.challenges = challenges))
    }

    /// Sets the `Retry-After` of a 503, when the check itself failed: ten seconds by default, rounded
    /// up to whole seconds.
    pub fn retry_after(self, wait: Duration) -> Self {
        self.with(|settings| settings.retry_after = delay_seconds(wait))
    }

    /// Redirects browsers to a login page instead of a 401 ([F06](crate::semantics#f06)): 303, without
    /// a challenge, for which a browser would open a dialog.
    ///
    /// What each client gets, by its [kind](crate::semantics#f12):
    ///
    /// | client | response |
    /// |---|---|
    /// | a browser that opens a page, also through a service worker | 303 to the login page |
    /// | a browser that sends a form | 401, and a page with a link to the login; or 303, with [`redirect_forms`](LoginPage::redirect_forms) |
    /// | htmx, Turbo | 401; and the address of the login in a form that they act on, with [`redirect_htmx`](LoginPage::redirect_htmx) and [`link_for_turbo`](LoginPage::link_for_turbo) |
    /// | other scripts, images, videos, downloads, pages loaded in advance | 401 |
    /// | programs, gRPC | 401 |
    ///
    /// In the first four lines the browser opens no dialog: Basic and Digest are left out of the
    /// challenges, if another scheme is offered ([F07](crate::semantics#f07)). A client that names an
    /// offered scheme in `Authorization` always gets the 401 with all challenges. So does a program: to
    /// a browser over plain HTTP belongs a `User-Agent` that begins with `Mozilla/`, and
    /// `Accept-Language`.
    ///
    /// Callers whose login is not strong or recent enough ([C04](crate::semantics#c04)) get the 401 as
    /// well, and so do requests for the login page itself, which would otherwise redirect for ever.
    /// Search engines are told not to list the refusals and the pages to which they lead
    /// ([F13](crate::semantics#f13)), unless [`without_noindex`](LoginPage::without_noindex) says
    /// otherwise.
    ///
    /// No other response becomes a redirect: no 400, 403, 404, 407 or 503, and no 401 that the service
    /// sends without a [`Denial`](crate::Denial). The stage refuses before the router sees the path, so
    /// in a [concealed](crate::ConcealLayer) area all paths are redirected alike.
    ///
    /// ```
    /// use portcullis::{AuthenticateLayer, Identity, LoginPage};
    ///
    /// # fn layer(identity: impl Identity) -> Result<(), portcullis::login::InvalidLoginPage> {
    /// let page = LoginPage::at("/login")?.return_in("next")?;
    /// let layer = AuthenticateLayer::new(identity).optional().login_page(page);
    /// # Ok(())
    /// # }
    /// ```
    pub fn login_page(self, page: LoginPage) -> Self {
        self.with(|settings| settings.login_page = Some(Arc::new(page)))
    }

    /// Leaves out the challenges for which browsers open a dialog (Basic, Digest) if a script made the
    /// request and others remain ([F07](crate::semantics#f07)): otherwise the requests of a page whose
    /// session has expired would open dialogs. A 401 always has a challenge, so if all of them open
    /// dialogs, none is left out. A proxy's 407 stays as it is.
    ///
    /// A [login page](Self::login_page) does the same for every request of a browser, so this method is
    /// for applications without one.
    ///
    /// A request is a script's ([F12](crate::semantics#f12)) if it has a `Sec-Fetch-Mode` other than
    /// `navigate` and `websocket`, and no `Sec-Fetch-Dest` of an image, a style or another part of the
    /// page; if it has a header of htmx, Turbo or Inertia, or `X-Requested-With: XMLHttpRequest`; or, from
    /// a browser over plain HTTP, if it accepts JSON, `text/event-stream` or `*/*`, or HTML in another way
    /// than a browser that navigates.
    pub fn suppress_dialogs_for_scripts(self) -> Self {
        self.with(|settings| settings.suppresses_dialogs_for_scripts = true)
    }

    /// Calls this hook once for each response, with the outcome of the request. The event has the
    /// principal too if the stage is [audited](Self::audited).
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
    pub fn on_decision(self, hook: impl Fn(&RequestEvent<'_>) + Send + Sync + 'static) -> Self {
        self.with(|settings| settings.hook = Some(Arc::new(hook)))
    }

    /// Renders refusals with this renderer instead of [`Problem`]: with a
    /// [`Negotiate`](crate::Negotiate) in the format that the client prefers.
    pub fn respond_with<T: Respond>(self, respond: T) -> AuthenticateLayer<I, T, O> {
        self.rebuild(|identify| identify, |_| Arc::new(respond), |_| ())
    }

    /// Limits the time for which the stage waits for the identity. After that it responds as if the
    /// identity were unavailable: 503 ([A07](crate::semantics#a07)).
    ///
    /// This needs a Tokio runtime with its time driver enabled.
    #[cfg(feature = "tokio")]
    pub fn time_limit(self, limit: Duration) -> AuthenticateLayer<super::IdentityTimeout<I>, R, O> {
        self.rebuild(
            |identify| super::IdentityTimeout::new(identify, limit),
            |respond| respond,
            |_| (),
        )
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.stage.settings
    }

    pub(super) fn with(self, change: impl FnOnce(&mut Settings)) -> Self {
        self.rebuild(|identify| identify, |respond| respond, change)
    }

    /// Builds a changed layer from clones of this layer's parts, which other layers may share.
    fn rebuild<J, T>(
        self,
        identify: impl FnOnce(I) -> J,
        respond: impl FnOnce(Arc<R>) -> Arc<T>,
        change: impl FnOnce(&mut Settings),
    ) -> AuthenticateLayer<J, T, O> {
        let mut settings = self.stage.settings.clone();
        change(&mut settings);
        let identify = identify(self.stage.identify.clone());
        let respond = respond(self.stage.respond.clone());
        let observer = self.stage.observer.clone();
        let stage = AuthenticateStage::new(identify, respond, observer, settings);
        AuthenticateLayer { stage: Arc::new(stage) }
    }
}

impl<S, I, R, O> Layer<S> for AuthenticateLayer<I, R, O> {
    type Service = Authenticate<S, I, R, O>;

    fn layer(&self, inner: S) -> Self::Service {
        Authenticate::new(inner, self.stage.clone())
    }
}

impl<I, R, O> Clone for AuthenticateLayer<I, R, O> {
    fn clone(&self) -> Self {
        Self { stage: self.stage.clone() }
    }
}

impl<I, R, O> fmt::Debug for AuthenticateLayer<I, R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthenticateLayer")
            .field("admission", &self.stage.settings.admission)
            .field("challenges", &self.stage.settings.challenges)
            .finish_non_exhaustive()
    }
}
