//! CORS preflights at a stage that requires credentials (F09).

use std::mem;

use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, VARY};
use http::request::Parts;
use http::{HeaderMap, HeaderName, Response};

use super::identity_service::IdentityService;
use super::layer::AuthenticateLayer;
use super::request_state::{AuthState, RequestState};
use super::stage::{Admission, AuthenticateStage, Settings};
use crate::body::RefusalBody;
use crate::denial::propagate::{Stage, claim, is_denial, rendered_inside};
use crate::denial::{Denial, Unauthenticated};
use crate::disclosed::Disclosed;
use crate::observe::Observe;
use crate::preflight::{ExemptPreflight, is_preflight};
use crate::principal::{Anonymous, Principal};
use crate::respond::Respond;

/// For operators: why the preflight got a 401 in spite of the exemption.
const NOT_ANSWERED: &str = "this CORS preflight was let through, and nothing inside answered it with a \
    2xx and `Access-Control-Allow-Origin`: put the CORS layer outside the AuthorizeLayer and around \
    the route, and let it allow the origin";

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateLayer<I, R, O> {
    /// Lets CORS preflights without credentials go on to a CORS layer *inside* this stage
    /// ([F09](crate::semantics#f09)), as routes with CORS layers of their own need, or an upstream
    /// server that answers preflights.
    ///
    /// A CORS layer *outside* the stage is better wherever one will do, and needs no exemption: it
    /// answers preflights itself, and its headers are on the stage's refusals, without which a script
    /// cannot read them. See [CORS and other middleware](crate::guides::cors_and_other_middleware).
    ///
    /// A browser sends preflights without credentials, and any client can send what looks like one. So
    /// this is what the exemption gives:
    ///
    /// 1. A request is exempt if it is `OPTIONS` with one `Origin` and one
    ///    `Access-Control-Request-Method`, and has no credentials: none that the stage reads, no
    ///    `Authorization` and no `Cookie`. Every other `OPTIONS` request is authenticated.
    /// 2. It goes on without a principal. An [`AuthorizeLayer`](crate::AuthorizeLayer) refuses it without
    ///    asking its policy, so put CORS layers outside those.
    /// 3. Its response is sent if it is a 2xx with `Access-Control-Allow-Origin`, without its body, and
    ///    with the headers `Access-Control-*`, `Vary` and `Cache-Control` alone. In place of any other the client gets the 401 that it would have got without the exemption.
    ///    So the exemption shows which routes answer preflights, and nothing else of what is inside.
    ///    With axum, wrap the finished router, since axum adds `Allow` outside `Router::layer`. Where a
    ///    [`ConcealLayer`](crate::ConcealLayer) hides routes, the response is the 404 in all cases.
    ///
    /// **A handler that serves `OPTIONS`, or does not look at the method, runs** for such a request if no
    /// CORS layer and no [`AuthorizeLayer`](crate::AuthorizeLayer) is outside it: axum's `any`, a fallback,
    /// a `service_fn`. Its response is not sent, but what it does is done. Do not use the exemption around
    /// such a handler.
    ///
    /// The exemption has no effect on a stage that is [`optional`](Self::optional), where every request
    /// without credentials goes on, and [at a proxy](Self::at_proxy), which would forward the request.
    ///
    /// ```
    /// use axum::{Router, http::HeaderValue, routing::get};
    /// use portcullis::{AuthenticateLayer, AuthorizeLayer, HasRoles, Identity, role};
    /// use tower::ServiceBuilder;
    /// use tower_http::cors::CorsLayer;
    /// # #[derive(Clone)]
    /// # struct User;
    /// # impl HasRoles for User { fn has_role(&self, _: &str) -> bool { false } }
    ///
    /// # fn app(identity: impl Identity<Principal = User>) -> Router {
    /// let cors = CorsLayer::new().allow_origin(HeaderValue::from_static("https://app.example"));
    /// let layers = ServiceBuilder::new()
    ///     .layer(cors) // of this route only, and outside the authorize stage
    ///     .layer(AuthorizeLayer::<User>::new(role("admin")));
    /// Router::new()
    ///     .route("/reports", get(|| async { "for admins\n" }).layer(layers))
    ///     .layer(AuthenticateLayer::new(identity).exempt_preflights())
    /// # }
    /// ```
    pub fn exempt_preflights(self) -> Self {
        self.with(|settings| settings.exempts_preflights = true)
    }
}

impl Settings {
    /// Whether this request goes on in spite of its missing credentials.
    fn exempts(&self, failure: &Unauthenticated, request: &Parts) -> bool {
        self.exempts_preflights
            && self.admission == Admission::Required
            && !self.is_at_proxy()
            && failure.is_missing()
            && is_preflight(request)
    }
}

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateStage<I, R, O> {
    /// Lets the request go on without a principal if it is an exempt preflight, and says whether it is.
    #[cold]
    pub(super) fn admit_preflight(
        &self,
        identified: &Result<I::Principal, Unauthenticated>,
        request: &mut Parts,
        state: &mut RequestState<R::Context, O::Context>,
    ) -> bool {
        let missing = identified.as_ref().err();
        let missing = missing.filter(|failure| self.settings.exempts(failure, request));
        if let Some(missing) = missing {
            if !missing.is_bare_missing() {
                state.set_failure(missing.clone());
            }
            request.extensions.remove::<Principal<I::Principal>>();
            request.extensions.insert(Anonymous::<I::Principal>::new());
            request.extensions.insert(ExemptPreflight);
            state.auth = AuthState::Anonymous;
            state.rare.get_or_insert_default().is_exempt_preflight = true;
        }
        missing.is_some()
    }

    /// Sends the response to an exempt preflight if it is one of a CORS layer, without its body and
    /// other headers than those of CORS, and the stage's 401 otherwise.
    #[cold]
    pub(super) fn on_preflight_response<B: RefusalBody>(
        &self,
        response: &mut Response<B>,
        mut state: RequestState<R::Context, O::Context>,
    ) {
        let is_denial =
            claim(response.extensions_mut()).is_some() || is_denial(response.extensions());
        let is_allowed = response.status().is_success()
            && response.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN);
        if is_allowed && !is_denial {
            self.report_response(&mut state, false, response);
            *response.body_mut() = B::default();
            let headers = response.headers_mut();
            let others: Vec<_> = headers.keys().filter(|it| !is_for_cors(it)).cloned().collect();
            for name in others {
                headers.remove(name);
            }
            response.extensions_mut().remove::<Disclosed>();
            return;
        }
        // Nothing of the response is kept: it may depend on the path.
        let missing = state.failure().cloned().unwrap_or(Unauthenticated::missing());
        let denial = Denial::from(missing).with_source(NOT_ANSWERED);
        let refused =
            self.refuse(denial, Stage::Authenticate, state, HeaderMap::new(), rendered_inside());
        let _ = mem::replace(response, refused);
    }
}

/// Whether a browser, or a cache before it, reads the header of a response to a preflight. Any other may
/// tell something about the route, or do something, as `Set-Cookie` does.
fn is_for_cors(name: &HeaderName) -> bool {
    name.as_str().starts_with("access-control-") || [VARY, CACHE_CONTROL].contains(name)
}
