//! The future of [`Conceal`](super::ConcealService).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::body::ConcealBody;
use super::concealer::{ConcealState, Concealer, no_timer};
use super::pending::{Disposition, NotFoundResponse, PendingResponse};
use super::timing::{NoTimer, ReleaseTiming};
use crate::respond::Respond;

const POLLED_AFTER_COMPLETION: &str = "`ConcealFuture` polled after completion";

pin_project! {
    /// Response future of [`ConcealService`](crate::conceal::ConcealService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ConcealFuture<F, R: Respond, T: ReleaseTiming, ReqBody, ResBody> {
        #[pin]
        state: State<F, ResBody, T::Release<ReqBody>>,
        // Of a request inside the area.
        inside: Option<(ConcealState<R::Context>, Arc<Concealer<R>>, T::Slot<ReqBody>)>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B, W> {
        Serving { #[pin] response: F },
        Waiting { leaving: Option<PendingResponse<B>>, wait: Option<W> },
    }
}

impl<F, R: Respond, T: ReleaseTiming, ReqBody, ResBody> ConcealFuture<F, R, T, ReqBody, ResBody> {
    #[inline]
    pub(super) fn outside(response: F) -> Self {
        Self { state: State::Serving { response }, inside: None }
    }

    /// The request is inside the area. This is set on the finished future, so that the service's
    /// future is made in its place in this one, and not moved there.
    #[inline]
    pub(super) fn enter(
        &mut self,
        visit: ConcealState<R::Context>,
        curtain: Arc<Concealer<R>>,
        stay: T::Slot<ReqBody>,
    ) {
        self.inside = Some((visit, curtain, stay));
    }

    /// Answers at once.
    pub(super) fn absent(absence: NotFoundResponse) -> Self {
        let leaving = Some(PendingResponse::Absence(absence));
        Self { state: State::Waiting { leaving, wait: None }, inside: None }
    }
}

impl<F, R, T, ReqBody, ResBody, E> Future for ConcealFuture<F, R, T, ReqBody, ResBody>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    R: Respond,
    T: ReleaseTiming,
    ResBody: ConcealBody,
{
    type Output = Result<Response<ResBody>, E>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        let StateProjection::Serving { response } = this.state.project() else {
            return self.poll_waiting(cx);
        };
        // The answer is inspected in place: to move it would cost more than to inspect it.
        let mut polled = response.poll(cx);
        let Poll::Ready(Ok(response)) = &mut polled else { return polled };
        let Some((visit, curtain, stay)) = this.inside.take() else { return polled };
        match curtain.on_response(response, visit) {
            Disposition::Immediate => polled,
            passage => match polled {
                Poll::Ready(Ok(response)) => self.leave(cx, response, passage, stay),
                polled => polled,
            },
        }
    }
}

impl<F, R, T, ReqBody, ResBody> ConcealFuture<F, R, T, ReqBody, ResBody>
where
    R: Respond,
    T: ReleaseTiming,
    ResBody: ConcealBody,
{
    /// What few answers need. Not inlined, so that the others do not pay for it.
    #[inline(never)]
    fn leave<E>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        response: Response<ResBody>,
        passage: Disposition,
        stay: T::Slot<ReqBody>,
    ) -> Poll<Result<Response<ResBody>, E>> {
        let leaving = match passage {
            Disposition::Immediate => return Poll::Ready(Ok(response)),
            Disposition::WithTrailers => {
                return Poll::Ready(Ok(response.map(ConcealBody::conceal_trailers)));
            }
            Disposition::InTime { to_head } => {
                PendingResponse::Answer { answer: response, to_head }
            }
            Disposition::Replaced(absence) => PendingResponse::Absence(absence),
        };
        // Here the service's future is dropped, and with it whatever the service holds for
        // the request: a permit of a limit, a connection to its store.
        let wait = Some(T::release(stay));
        self.as_mut().project().state.set(State::Waiting { leaving: Some(leaving), wait });
        self.poll_waiting(cx)
    }

    #[inline(never)]
    fn poll_waiting<E>(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<ResBody>, E>> {
        let StateProjection::Waiting { leaving, wait } = self.project().state.project() else {
            return Poll::Pending;
        };
        if let Some(waiting) = wait
            && let Err(NoTimer) = ready!(T::poll(waiting, cx))
        {
            *leaving = leaving.take().map(|leaving| leaving.replaced_by(no_timer()));
        }
        // With it goes what was held of the request.
        *wait = None;
        let leaving = leaving.take().expect(POLLED_AFTER_COMPLETION);
        Poll::Ready(Ok(leaving.into_response()))
    }
}
