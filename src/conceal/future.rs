//! The future of [`Conceal`](super::ConcealService).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::body::ConcealBody;
use super::curtain::{Curtain, Visit, no_timer};
use super::leaving::{Absence, Leaving, Passage};
use super::pace::{NoTimer, Pace};
use crate::respond::Respond;

const POLLED_AFTER_COMPLETION: &str = "`ConcealFuture` polled after completion";

pin_project! {
    /// Response future of [`ConcealService`](crate::conceal::ConcealService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ConcealFuture<F, R: Respond, T: Pace, ReqBody, ResBody> {
        #[pin]
        state: State<F, ResBody, T::Wait<ReqBody>>,
        // Of a request inside the area.
        inside: Option<(Visit<R::Context>, Arc<Curtain<R>>, T::Stay<ReqBody>)>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F, B, W> {
        Serving { #[pin] response: F },
        Waiting { leaving: Option<Leaving<B>>, wait: Option<W> },
    }
}

impl<F, R: Respond, T: Pace, ReqBody, ResBody> ConcealFuture<F, R, T, ReqBody, ResBody> {
    pub(super) fn outside(response: F) -> Self {
        Self { state: State::Serving { response }, inside: None }
    }

    pub(super) fn inside(
        response: F,
        visit: Visit<R::Context>,
        curtain: Arc<Curtain<R>>,
        stay: T::Stay<ReqBody>,
    ) -> Self {
        Self { state: State::Serving { response }, inside: Some((visit, curtain, stay)) }
    }

    /// Answers at once.
    pub(super) fn absent(absence: Absence) -> Self {
        let leaving = Some(Leaving::Absence(absence));
        Self { state: State::Waiting { leaving, wait: None }, inside: None }
    }
}

impl<F, R, T, ReqBody, ResBody, E> Future for ConcealFuture<F, R, T, ReqBody, ResBody>
where
    F: Future<Output = Result<Response<ResBody>, E>>,
    R: Respond,
    T: Pace,
    ResBody: ConcealBody,
{
    type Output = Result<Response<ResBody>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProjection::Serving { response } => {
                    let mut response = ready!(response.poll(cx))?;
                    let Some((visit, curtain, stay)) = this.inside.take() else {
                        return Poll::Ready(Ok(response));
                    };
                    let leaving = match curtain.pass(&mut response, visit) {
                        Passage::AtOnce => return Poll::Ready(Ok(response)),
                        Passage::WithTrailers => {
                            return Poll::Ready(Ok(response.map(ConcealBody::level_trailers)));
                        }
                        Passage::InTime { to_head } => {
                            Leaving::Answer { answer: response, to_head }
                        }
                        Passage::Replaced(absence) => Leaving::Absence(absence),
                    };
                    State::Waiting { leaving: Some(leaving), wait: Some(T::wait(stay)) }
                }
                StateProjection::Waiting { leaving, wait } => {
                    if let Some(waiting) = wait
                        && let Err(NoTimer) = ready!(T::poll(waiting, cx))
                    {
                        *leaving = leaving.take().map(|leaving| leaving.instead(no_timer()));
                    }
                    // With it goes what was held of the request.
                    *wait = None;
                    let leaving = leaving.take().expect(POLLED_AFTER_COMPLETION);
                    return Poll::Ready(Ok(leaving.into_response()));
                }
            };
            // Here the service's future is dropped, and with it whatever the service holds for
            // the request: a permit of a limit, a connection to its store.
            this.state.set(next);
        }
    }
}
