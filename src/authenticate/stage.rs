//! The configured stage. What it does with a request is in `admit`; with the service's response in
//! `complete`; with a denial in `refuse`.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use super::challenge_set::ChallengeSet;
use super::credential_headers::CredentialHeaders;
use super::no_store::CacheHeaders;
use super::original_target::TargetSource;
use super::rendered_cache::RenderedCache;
use crate::challenge::ServerRole;
use crate::denial::Unauthenticated;
use crate::login::LoginPage;
use crate::observe::{Hook, Observe, Stopwatch};

/// Everything that a stage was configured with, behind one `Arc`.
pub(super) struct AuthenticateStage<I, R, O> {
    pub(super) identify: I,
    pub(super) respond: Arc<R>,
    pub(super) observer: Arc<O>,
    pub(super) settings: Settings,
    /// Whether the observer asks for times.
    pub(super) measures_time: bool,
    /// True if any optional feature is on: proxy mode, login page, response headers of the identity,
    /// its challenges for each request, script detection, exempt preflights, the original target, a hook,
    /// audits, an observer that asks for times. Otherwise one branch skips them all.
    pub(super) has_optional_features: bool,
    pub(super) rendered: RenderedCache,
}

/// The settings that depend neither on the identity's type nor on the renderer's.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) challenges: ChallengeSet,
    pub(super) credential_headers: CredentialHeaders,
    pub(super) admission: Admission,
    /// The `Retry-After` of a 503, unless the denial has its own.
    pub(super) retry_after: HeaderValue,
    pub(super) cache_headers: CacheHeaders,
    /// Whether the identity has challenges that cannot be written in advance.
    pub(super) has_dynamic_challenges: bool,
    /// Whether the identity has challenges that depend on the request.
    pub(super) has_request_challenges: bool,
    /// Whether the identity may add headers to responses.
    pub(super) adds_response_headers: bool,
    /// Whether refusals of gRPC calls are gRPC responses (F08).
    pub(super) renders_grpc: bool,
    pub(super) hook: Option<Hook>,
    /// Whether the principal is kept for events, and decisions are recorded in responses.
    pub(super) is_audited: bool,
    /// How to find the target that the client has used.
    pub(super) original_target: TargetSource,
    /// The page to which browsers are redirected to log in (F06).
    pub(super) login_page: Option<Arc<LoginPage>>,
    /// Whether scripts get no challenge that opens a dialog (F07).
    pub(super) suppresses_dialogs_for_scripts: bool,
    /// Whether CORS preflights go on without credentials (F09).
    pub(super) exempts_preflights: bool,
    /// Whether refusals expose their challenges to scripts of other origins (F10).
    pub(super) exposes_challenges: bool,
}

/// Which requests go on to the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Those of verified callers (A01).
    Required,
    /// Also those without credentials, anonymously (A02).
    Optional,
    /// Also those with credentials that prove nothing, anonymously (A09).
    IgnoreInvalid,
}

impl<I, R, O: Observe> AuthenticateStage<I, R, O> {
    pub(super) fn new(identify: I, respond: Arc<R>, observer: Arc<O>, settings: Settings) -> Self {
        let measures_time = O::IS_ACTIVE && observer.measures_time();
        if measures_time {
            Stopwatch::enable();
        }
        let rendered =
            RenderedCache::new(settings.challenges.len(), settings.depends_on_request_kind());
        let has_optional_features = settings.is_at_proxy()
            || settings.adds_response_headers
            || settings.has_request_challenges
            || settings.exempts_preflights
            || settings.depends_on_request_kind()
            || settings.original_target.is_configured()
            || settings.hook.is_some()
            || settings.is_audited
            || measures_time;
        Self {
            identify,
            respond,
            observer,
            settings,
            measures_time,
            has_optional_features,
            rendered,
        }
    }
}

impl Settings {
    pub(super) fn is_at_proxy(&self) -> bool {
        self.challenges.role() == ServerRole::Proxy
    }
}

impl Admission {
    /// Whether a request whose authentication failed like this goes on, anonymously.
    pub(super) fn allows_anonymous(self, failure: &Unauthenticated) -> bool {
        match self {
            Self::Required => false,
            Self::Optional => failure.is_missing(),
            Self::IgnoreInvalid => failure.proves_nothing(),
        }
    }
}

/// Converts a duration to delay-seconds (RFC 9110 §10.2.3). Rounds up, since zero would ask the
/// client to retry at once.
pub(super) fn delay_seconds(wait: Duration) -> HeaderValue {
    // Cloned once, so that later clones share its bytes and do not allocate.
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    HeaderValue::from(seconds).clone()
}
