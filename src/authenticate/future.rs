//! [`AuthenticateFuture`].

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::thread;

use http::{Extensions, HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use tower::Service;

use super::identity_service::IdentityService;
use super::request_state::RequestState;
use super::stage::AuthenticateStage;
use crate::body::RefusalBody;
use crate::denial::Denial;
use crate::denial::propagate::{Stage, rendered, rendered_without_request};
use crate::observe::Observe;
use crate::observe::unclaimed::drop_cancelled;
use crate::respond::Respond;

/// The message of the panic that the contract of [`Future`] allows, and that tower's own futures have: the
/// parts of the future are taken when it completes or enters its next state, and are there until then.
const POLLED_AFTER_COMPLETION: &str = "`AuthenticateFuture` polled after completion";

pin_project! {
    /// Response future of [`Authenticate`](super::Authenticate).
    #[must_use = "futures do nothing unless polled"]
    pub struct AuthenticateFuture<S, I, R, O, B>
    where
        S: Service<Request<B>>,
        I: IdentityService,
        R: Respond,
        O: Observe,
    {
        #[pin]
        state: State<S, I::Future, S::Future, B>,
        request_state: Option<RequestState<R::Context, O::Context>>,
        stage: Arc<AuthenticateStage<I, R, O>>,
    }

    impl<S, I, R, O, B> PinnedDrop for AuthenticateFuture<S, I, R, O, B>
    where
        S: Service<Request<B>>,
        I: IdentityService,
        R: Respond,
        O: Observe,
    {
        fn drop(this: Pin<&mut Self>) {
            // It is taken for the response, or an error of the service. While a panic unwinds, it may be what
            // is inside that has panicked.
            if this.request_state.is_some() && !thread::panicking() {
                this.cancel();
            }
        }
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, A, F, B> {
        /// The identity runs. The ready service and the request body are kept for later.
        Identifying { #[pin] identified: A, kept: Option<(S, B)> },
        Serving { #[pin] response: F },
        /// With the extensions of the response.
        Refused { denial: Option<(Denial, Extensions)> },
    }
}

impl<S, I, R, O, B> AuthenticateFuture<S, I, R, O, B>
where
    S: Service<Request<B>>,
    I: IdentityService,
    R: Respond,
    O: Observe,
{
    pub(super) fn identifying(
        stage: Arc<AuthenticateStage<I, R, O>>,
        request_state: RequestState<R::Context, O::Context>,
        identified: I::Future,
        service: S,
        body: B,
    ) -> Self {
        let state = State::Identifying { identified, kept: Some((service, body)) };
        Self { state, request_state: Some(request_state), stage }
    }

    #[inline(always)]
    pub(super) fn serving(
        stage: Arc<AuthenticateStage<I, R, O>>,
        request_state: RequestState<R::Context, O::Context>,
        response: S::Future,
    ) -> Self {
        Self { state: State::Serving { response }, request_state: Some(request_state), stage }
    }

    pub(super) fn refused(
        stage: Arc<AuthenticateStage<I, R, O>>,
        request_state: RequestState<R::Context, O::Context>,
        denial: Denial,
        request_extensions: Extensions,
    ) -> Self {
        let state = State::Refused { denial: Some((denial, rendered(request_extensions))) };
        Self { state, request_state: Some(request_state), stage }
    }

    /// Drops what works on the request, which is cancelled (A21): a layer inside may hold a denial.
    #[cold]
    fn cancel(self: Pin<&mut Self>) {
        let mut state = self.project().state;
        drop_cancelled(|| state.set(State::Refused { denial: None }));
    }
}

impl<S, I, R, O, ReqBody, ResBody> Future for AuthenticateFuture<S, I, R, O, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    I: IdentityService,
    R: Respond,
    O: Observe,
    ResBody: RefusalBody,
{
    type Output = Result<Response<ResBody>, S::Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        let StateProjection::Serving { response } = this.state.project() else {
            return self.poll_undecided(cx);
        };
        // The response is completed in place: moving it would cost more than completing it.
        let mut polled = response.poll(cx);
        match &mut polled {
            Poll::Ready(Ok(response)) => {
                let request_state = this.request_state.take().expect(POLLED_AFTER_COMPLETION);
                this.stage.on_response(response, request_state);
            }
            Poll::Ready(Err(_)) => drop(this.request_state.take()),
            Poll::Pending => {}
        }
        polled
    }
}

impl<S, I, R, O, ReqBody, ResBody> AuthenticateFuture<S, I, R, O, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    I: IdentityService,
    R: Respond,
    O: Observe,
    ResBody: RefusalBody,
{
    /// Polls the identity, then calls the service or refuses. Not inlined, so that a request that
    /// was admitted at once does not pay for it.
    #[inline(never)]
    fn poll_undecided(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<ResBody>, S::Error>> {
        let mut this = self.as_mut().project();
        match this.state.as_mut().project() {
            StateProjection::Identifying { identified, kept } => {
                let identified = ready!(identified.poll(cx));
                let (mut service, body) = kept.take().expect(POLLED_AFTER_COMPLETION);
                let request_state = this.request_state.as_mut().expect(POLLED_AFTER_COMPLETION);
                let denial = match identified {
                    Ok((mut parts, identified)) => {
                        match this.stage.admit(identified, &mut parts, request_state) {
                            Ok(()) => {
                                let request = Request::from_parts(parts, body);
                                this.state.set(State::Serving { response: service.call(request) });
                                return self.poll(cx);
                            }
                            Err(denial) => (denial, rendered(parts.extensions)),
                        }
                    }
                    Err(failure) => (failure.into(), rendered_without_request()),
                };
                this.state.set(State::Refused { denial: Some(denial) });
                self.poll(cx)
            }
            StateProjection::Serving { .. } => self.poll(cx),
            StateProjection::Refused { denial } => {
                let (denial, extensions) = denial.take().expect(POLLED_AFTER_COMPLETION);
                let request_state = this.request_state.take().expect(POLLED_AFTER_COMPLETION);
                let (stage, inherited) = (Stage::Authenticate, HeaderMap::new());
                let response =
                    this.stage.refuse(denial, stage, request_state, inherited, extensions);
                Poll::Ready(Ok(response))
            }
        }
    }
}
