//! Refusals of gRPC calls (F08).

use http::request::Parts;
use http::{Extensions, HeaderMap};

use super::challenge_set::{ChallengeTarget, Replacements};
use super::identity_service::IdentityService;
use super::layer::AuthenticateLayer;
use super::stage::{AuthenticateStage, delay_seconds};
use crate::denial::public_outcome::{PublicOutcome, is_not_found};
use crate::denial::{Cause, Denial};
use crate::grpc::{GrpcFraming, GrpcRefusal};
use crate::observe::Observe;
use crate::respond::{CallOutcome, FinishedResponse, Refusal, Respond};

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateLayer<I, R, O> {
    /// Refuses gRPC calls with the responses that other requests get, for a service that does not
    /// speak gRPC, or behind a proxy that translates them.
    ///
    /// Otherwise the stage answers a call in gRPC ([F08](crate::semantics#f08)). A call is a `POST`
    /// whose `Content-Type` is `application/grpc`, `application/grpc-web` or
    /// `application/grpc-web-text`, alone or with a suffix such as `+proto`. Its refusal has the HTTP
    /// status 200, and these trailers:
    ///
    /// | trailer | value |
    /// |---|---|
    /// | `grpc-status` | 16 (UNAUTHENTICATED) where others get 401 or 407, 7 (PERMISSION_DENIED) for 403, 5 (NOT_FOUND) for 404 and 410, 3 (INVALID_ARGUMENT) for 400, 8 (RESOURCE_EXHAUSTED) for 429, 14 (UNAVAILABLE) for 503, 13 (INTERNAL) for 500 |
    /// | `grpc-message` | the detail of the refusal, percent-encoded, 1,024 bytes at most |
    /// | `www-authenticate` (or `proxy-authenticate`) | the challenges that others get, so that the client learns which scopes or which authentication would help |
    /// | `retry-after` | seconds, for 8 and 14; the same in milliseconds in `grpc-retry-pushback-ms`, which clients with a retry policy follow, unless it is zero |
    ///
    /// The trailers of `application/grpc` are sent as headers, without a body. Those of gRPC-Web are the
    /// one frame of the body, in base64 if the client accepts `application/grpc-web-text`. A renderer set
    /// by [`respond_with`](Self::respond_with) is not called.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http::{Request, Response};
    /// use http_body_util::Full;
    /// use portcullis::{AuthenticateLayer, Bearer, Tokens};
    /// use tower::{ServiceBuilder, ServiceExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let stage = AuthenticateLayer::new(Bearer::new("notes", Tokens::new().with("alice-token", ()))?);
    /// let call = || Request::post("/notes.Notes/Get").header("content-type", "application/grpc").body(());
    /// # let echo = |_: Request<()>| async { Ok::<_, std::convert::Infallible>(Response::new(Full::<Bytes>::default())) };
    ///
    /// let service = ServiceBuilder::new().layer(stage.clone()).service_fn(echo);
    /// let refused = service.oneshot(call()?).await?;
    /// assert_eq!((refused.status().as_u16(), &refused.headers()["grpc-status"]), (200, &"16".parse()?));
    ///
    /// let service = ServiceBuilder::new().layer(stage.without_grpc()).service_fn(echo);
    /// assert_eq!(service.oneshot(call()?).await?.status(), 401);
    /// # Ok(())
    /// # }
    /// ```
    pub fn without_grpc(self) -> Self {
        self.with(|settings| settings.renders_grpc = false)
    }
}

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateStage<I, R, O> {
    /// The framing of refusals, if the request is a gRPC call.
    #[inline]
    pub(super) fn grpc_framing(&self, request: &Parts) -> Option<GrpcFraming> {
        if self.settings.renders_grpc { GrpcFraming::of_request(request) } else { None }
    }

    /// Renders a denial for a gRPC call, with `Retry-After` and challenges.
    #[cold]
    pub(super) fn render_call(
        &self,
        framing: GrpcFraming,
        denial: &Denial,
        outcome: PublicOutcome,
        target: ChallengeTarget,
        replacements: &Replacements,
        inherited: HeaderMap,
    ) -> FinishedResponse {
        let mut call = CallOutcome::of(&Refusal::new(outcome, denial), framing);
        if outcome.has_retry_after() {
            let wait = denial.own_retry_after();
            call.retry_after(wait.map_or(self.settings.retry_after.clone(), delay_seconds));
        }
        let challenges = &self.settings.challenges;
        let values = challenges.values(outcome.challenge, denial, target, replacements);
        call.challenge(&challenges.role().challenge_header(), values);
        let is_not_found = is_not_found(outcome.status);
        call.into_response(if is_not_found { HeaderMap::new() } else { inherited })
    }
}

/// Marks the response to a gRPC call, for a conceal layer outside: its HTTP status is 200. If the
/// extensions are empty, no layer outside would read the marker; and if the headers say as much, none
/// is needed. Those of a 410 do not: they have the code of a 404.
#[cold]
pub(super) fn mark_call(framing: GrpcFraming, outcome: PublicOutcome, extensions: &mut Extensions) {
    let refusal = GrpcRefusal::new(outcome, extensions);
    let is_in_headers = framing == GrpcFraming::Plain
        && matches!(refusal, GrpcRefusal::Other(_))
        && outcome.cause != Cause::Gone;
    if !extensions.is_empty() && !is_in_headers {
        extensions.insert(refusal);
    }
}
