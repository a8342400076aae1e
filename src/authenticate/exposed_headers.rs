//! Which headers of a refusal a script of another origin may read (F10).

use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::identity_service::IdentityService;
use super::layer::AuthenticateLayer;
use super::stage::Settings;
use crate::observe::Observe;
use crate::respond::Respond;

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateLayer<I, R, O> {
    /// Names the challenges and `Retry-After` of refusals in `Access-Control-Expose-Headers`
    /// ([F10](crate::semantics#f10)), so that a script of another origin can read why it was refused and
    /// how long to wait.
    ///
    /// A browser shows a script of another origin only a few headers of a response, unless the server
    /// exposes others (Fetch, "CORS-safelisted response-header name"). Those that other middleware has
    /// exposed stay, and a 404 gets no such header.
    ///
    /// The header has an effect only beside `Access-Control-Allow-Origin`, which this stage does not add,
    /// since it does not know which origins are allowed. So put a CORS layer outside it. tower-http's
    /// `CorsLayer` keeps this header if it has no `expose_headers` of its own, and replaces it otherwise;
    /// so either use this method or name `WWW_AUTHENTICATE` there.
    ///
    /// ```
    /// use axum::{Router, http::HeaderValue, http::header::AUTHORIZATION};
    /// use portcullis::{AuthenticateLayer, Identity};
    /// use tower_http::cors::CorsLayer;
    ///
    /// # fn app(routes: Router, identity: impl Identity) -> Router {
    /// let cors = CorsLayer::new()
    ///     .allow_origin(HeaderValue::from_static("https://app.example"))
    ///     .allow_headers([AUTHORIZATION]);
    /// routes.layer(AuthenticateLayer::new(identity).expose_challenges()).layer(cors)
    /// # }
    /// ```
    pub fn expose_challenges(self) -> Self {
        self.with(|settings| settings.exposes_challenges = true)
    }
}

impl Settings {
    /// Exposes the challenges and the `Retry-After` that are among these headers of a refusal. A proxy's
    /// refusal is never shown to a script.
    #[inline]
    pub(super) fn expose_challenges(&self, headers: &mut HeaderMap) {
        if self.exposes_challenges && !self.is_at_proxy() {
            expose(headers);
        }
    }
}

const EXPOSED: [(HeaderName, HeaderValue); 2] = [
    (WWW_AUTHENTICATE, HeaderValue::from_static("WWW-Authenticate")),
    (RETRY_AFTER, HeaderValue::from_static("Retry-After")),
];

#[cold]
fn expose(headers: &mut HeaderMap) {
    for (name, value) in EXPOSED {
        if headers.contains_key(&name) && !is_exposed(headers, &name) {
            headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, value);
        }
    }
}

/// Whether the header is named. `*` does not count: it is no wildcard if the request has credentials.
fn is_exposed(headers: &HeaderMap, name: &HeaderName) -> bool {
    let lines = headers.get_all(ACCESS_CONTROL_EXPOSE_HEADERS).iter();
    let mut members = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    members.any(|member| member.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()))
}
