//! The future of [`Authorize`](super::Authorize).

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use tower::Service;

use super::decide::Decide;
use crate::body::RefusalBody;
use crate::denial::Denial;
use crate::denial::travel::{Stage, is_denial};
use crate::disclosed::Disclosure;
use crate::respond::bubble;

const POLLED_AFTER_COMPLETION: &str = "`AuthorizeFuture` polled after completion";

pin_project! {
    /// Response future of [`Authorize`](super::Authorize).
    #[must_use = "futures do nothing unless polled"]
    pub struct AuthorizeFuture<S, P, D, B>
    where
        S: Service<Request<B>>,
        D: Decide<P>,
    {
        #[pin]
        state: State<S, D::Future, S::Future, B>,
        disclosure: Disclosure,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, A, F, B> {
        /// The policy is being asked; the ready service and the body wait.
        Asking { #[pin] answer: A, waiting: Option<(S, B)> },
        Serving { #[pin] response: F },
        /// With the extensions of the request, whose map carries the denial outward.
        Refused { denial: Option<(Denial, Extensions)> },
    }
}

impl<S, P, D, B> AuthorizeFuture<S, P, D, B>
where
    S: Service<Request<B>>,
    D: Decide<P>,
{
    pub(super) fn asking(answer: D::Future, service: S, body: B, disclosure: Disclosure) -> Self {
        Self { state: State::Asking { answer, waiting: Some((service, body)) }, disclosure }
    }

    pub(super) fn serving(response: S::Future, disclosure: Disclosure) -> Self {
        Self { state: State::Serving { response }, disclosure }
    }

    pub(super) fn refused(denial: Denial, extensions: Extensions) -> Self {
        let state = State::Refused { denial: Some((denial, extensions)) };
        Self { state, disclosure: Disclosure::Nothing }
    }
}

impl<S, P, D, ReqBody, ResBody> Future for AuthorizeFuture<S, P, D, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    D: Decide<P>,
    ResBody: RefusalBody,
{
    type Output = Result<Response<ResBody>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Asking { answer, waiting } => {
                    let decided = ready!(answer.poll(cx));
                    // It is there until it is taken, which is once.
                    let (mut service, body) = waiting.take().expect(POLLED_AFTER_COMPLETION);
                    match decided {
                        Ok((parts, Ok(()))) => {
                            let request = Request::from_parts(parts, body);
                            State::Serving { response: service.call(request) }
                        }
                        Ok((parts, Err(denial))) => {
                            State::Refused { denial: Some((denial, parts.extensions)) }
                        }
                        Err(denial) => State::Refused { denial: Some((denial, Extensions::new())) },
                    }
                }
                StateProjection::Serving { response } => {
                    let mut response = ready!(response.poll(cx))?;
                    // A refusal from further in discloses nothing, whatever this stage permits.
                    if !is_denial(response.extensions()) {
                        this.disclosure.mark(&mut response);
                    }
                    return Poll::Ready(Ok(response));
                }
                StateProjection::Refused { denial } => {
                    let (denial, spent) = denial.take().expect(POLLED_AFTER_COMPLETION);
                    return Poll::Ready(Ok(bubble(denial, Stage::Authorize, spent)));
                }
            };
            this.state.set(next);
        }
    }
}
