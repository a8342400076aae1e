//! The future of [`Authenticate`](super::Authenticate).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Extensions, HeaderMap, Request, Response};
use pin_project_lite::pin_project;
use tower::Service;

use super::gate::{Gate, Visit};
use super::identify::Identify;
use crate::body::RefusalBody;
use crate::denial::Denial;
use crate::denial::travel::{Stage, rendered, rendered_blindly};
use crate::respond::Respond;

const POLLED_AFTER_COMPLETION: &str = "`AuthenticateFuture` polled after completion";

pin_project! {
    /// Response future of [`Authenticate`](super::Authenticate).
    #[must_use = "futures do nothing unless polled"]
    pub struct AuthenticateFuture<S, I, R, B>
    where
        S: Service<Request<B>>,
        I: Identify,
        R: Respond,
    {
        #[pin]
        state: State<S, I::Future, S::Future, B>,
        visit: Option<Visit<R::Context>>,
        gate: Arc<Gate<I, R>>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, A, F, B> {
        /// The identity is being asked; the ready service and the body wait.
        Asking { #[pin] answer: A, waiting: Option<(S, B)> },
        Serving { #[pin] response: F },
        /// With the extensions of the answer.
        Refused { denial: Option<(Denial, Extensions)> },
    }
}

impl<S, I, R, B> AuthenticateFuture<S, I, R, B>
where
    S: Service<Request<B>>,
    I: Identify,
    R: Respond,
{
    pub(super) fn asking(
        gate: Arc<Gate<I, R>>,
        visit: Visit<R::Context>,
        answer: I::Future,
        service: S,
        body: B,
    ) -> Self {
        let state = State::Asking { answer, waiting: Some((service, body)) };
        Self { state, visit: Some(visit), gate }
    }

    pub(super) fn serving(
        gate: Arc<Gate<I, R>>,
        visit: Visit<R::Context>,
        response: S::Future,
    ) -> Self {
        Self { state: State::Serving { response }, visit: Some(visit), gate }
    }

    pub(super) fn refused(
        gate: Arc<Gate<I, R>>,
        visit: Visit<R::Context>,
        denial: Denial,
        spent: Extensions,
    ) -> Self {
        let state = State::Refused { denial: Some((denial, rendered(spent))) };
        Self { state, visit: Some(visit), gate }
    }
}

impl<S, I, R, ReqBody, ResBody> Future for AuthenticateFuture<S, I, R, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    I: Identify,
    R: Respond,
    ResBody: RefusalBody,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Asking { answer, waiting } => {
                    let identified = ready!(answer.poll(cx));
                    let (mut service, body) = waiting.take().expect(POLLED_AFTER_COMPLETION);
                    let visit = this.visit.as_mut().expect(POLLED_AFTER_COMPLETION);
                    match identified {
                        Ok((mut parts, answer)) => {
                            match this.gate.admit(answer, &mut parts, visit) {
                                Ok(()) => {
                                    let request = Request::from_parts(parts, body);
                                    State::Serving { response: service.call(request) }
                                }
                                Err(denial) => {
                                    let extensions = rendered(parts.extensions);
                                    State::Refused { denial: Some((denial, extensions)) }
                                }
                            }
                        }
                        Err(lost) => {
                            State::Refused { denial: Some((lost.into(), rendered_blindly())) }
                        }
                    }
                }
                StateProjection::Serving { response } => {
                    let response = ready!(response.poll(cx))?;
                    let visit = this.visit.take().expect(POLLED_AFTER_COMPLETION);
                    return Poll::Ready(Ok(this.gate.leave(response, visit)));
                }
                StateProjection::Refused { denial } => {
                    let (denial, extensions) = denial.take().expect(POLLED_AFTER_COMPLETION);
                    let visit = this.visit.take().expect(POLLED_AFTER_COMPLETION);
                    let (stage, inherited) = (Stage::Authenticate, HeaderMap::new());
                    let response = this.gate.refuse(denial, stage, visit, inherited, extensions);
                    return Poll::Ready(Ok(response));
                }
            };
            this.state.set(next);
        }
    }
}
