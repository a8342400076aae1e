//! The future of [`Conceal`](super::ConcealService).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::absence::Absence;
use super::curtain::{Curtain, Visit};
use crate::body::ResponseBody;
use crate::respond::Respond;

pin_project! {
    /// Response future of [`ConcealService`](crate::conceal::ConcealService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ConcealFuture<F, R: Respond> {
        #[pin]
        state: State<F>,
        // Of a request inside the area.
        inside: Option<(Visit<R::Context>, Arc<Curtain<R>>)>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Serving { #[pin] response: F },
        Absent { absence: Absence },
    }
}

impl<F, R: Respond> ConcealFuture<F, R> {
    pub(super) fn outside(response: F) -> Self {
        Self { state: State::Serving { response }, inside: None }
    }

    pub(super) fn inside(response: F, visit: Visit<R::Context>, curtain: Arc<Curtain<R>>) -> Self {
        Self { state: State::Serving { response }, inside: Some((visit, curtain)) }
    }

    #[cfg(feature = "time-floor")]
    pub(super) fn absent(absence: Absence) -> Self {
        Self { state: State::Absent { absence }, inside: None }
    }
}

impl<F, R, B, E> Future for ConcealFuture<F, R>
where
    F: Future<Output = Result<Response<B>, E>>,
    R: Respond,
{
    type Output = Result<Response<ResponseBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let absence = match this.state.as_mut().project() {
                StateProjection::Serving { response } => {
                    let mut response = ready!(response.poll(cx))?;
                    let absence = this
                        .inside
                        .take()
                        .and_then(|(visit, curtain)| curtain.hide(&mut response, visit));
                    match absence {
                        Some(absence) => absence,
                        None => return Poll::Ready(Ok(response.map(ResponseBody::service))),
                    }
                }
                StateProjection::Absent { absence } => return absence.poll(cx).map(Ok),
            };
            // Here the service's future is dropped, and with it whatever the service holds for
            // the request: a permit of a limit, a connection to its store.
            this.state.set(State::Absent { absence });
        }
    }
}
