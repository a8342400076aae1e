//! [`AuthorizeFuture`].

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Extensions, Request, Response};
use pin_project_lite::pin_project;
use tower::Service;

use super::policy_service::PolicyService;
use crate::body::RefusalBody;
use crate::denial::Denial;
use crate::denial::propagate::{Stage, is_denial};
use crate::disclosed::DisclosureRule;
use crate::observe::PolicyTimer;
use crate::respond::propagate;

/// The message of the panic that the contract of [`Future`] allows, and that tower's own futures have: the
/// parts of the future are taken when it completes or enters its next state, and are there until then.
const POLLED_AFTER_COMPLETION: &str = "`AuthorizeFuture` polled after completion";

pin_project! {
    /// Response future of [`Authorize`](super::Authorize).
    #[must_use = "futures do nothing unless polled"]
    pub struct AuthorizeFuture<S, P, D, B>
    where
        S: Service<Request<B>>,
        D: PolicyService<P>,
    {
        #[pin]
        state: State<S, D::Future, S::Future, B>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, A, F, B> {
        /// The policy runs. The ready service and the request body are kept for later.
        Deciding { #[pin] decided: A, kept: Option<Kept<S, B>> },
        Serving { #[pin] response: F },
        /// Then marks the response as disclosed.
        Disclosing { #[pin] response: F, disclosure: DisclosureRule },
        /// With the extensions of the request, whose map is reused to carry the denial outward.
        Refused { denial: Option<(Denial, Extensions)> },
    }
}

/// What is needed once the policy has decided.
struct Kept<S, B> {
    service: S,
    body: B,
    disclosure: DisclosureRule,
}

impl<S, A, F, B> State<S, A, F, B> {
    #[inline(always)]
    fn serving(response: F, disclosure: DisclosureRule) -> Self {
        match disclosure {
            DisclosureRule::Nothing => Self::Serving { response },
            _ => Self::Disclosing { response, disclosure },
        }
    }
}

impl<S, P, D, B> AuthorizeFuture<S, P, D, B>
where
    S: Service<Request<B>>,
    D: PolicyService<P>,
{
    pub(super) fn deciding(
        decided: D::Future,
        service: S,
        body: B,
        disclosure: DisclosureRule,
    ) -> Self {
        let kept = Kept { service, body, disclosure };
        Self { state: State::Deciding { decided, kept: Some(kept) } }
    }

    #[inline(always)]
    pub(super) fn serving(response: S::Future, disclosure: DisclosureRule) -> Self {
        Self { state: State::serving(response, disclosure) }
    }

    pub(super) fn refused(denial: Denial, extensions: Extensions) -> Self {
        Self { state: State::Refused { denial: Some((denial, extensions)) } }
    }
}

impl<S, P, D, ReqBody, ResBody> Future for AuthorizeFuture<S, P, D, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    D: PolicyService<P>,
    ResBody: RefusalBody,
{
    type Output = Result<Response<ResBody>, S::Error>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        let StateProjection::Serving { response } = this.state.project() else {
            return self.poll_undecided(cx);
        };
        response.poll(cx)
    }
}

/// Marks the response as disclosed, unless it is a denial from further in: a permit of this stage does
/// not disclose that.
fn disclose<B>(disclosure: DisclosureRule, response: &mut Response<B>) {
    if !is_denial(response.extensions()) {
        disclosure.mark(response);
    }
}

impl<S, P, D, ReqBody, ResBody> AuthorizeFuture<S, P, D, ReqBody>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    D: PolicyService<P>,
    ResBody: RefusalBody,
{
    /// Polls the policy, then calls the service or refuses. Not inlined, as in
    /// [`AuthenticateFuture`](crate::authenticate::AuthenticateFuture).
    #[inline(never)]
    fn poll_undecided(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<ResBody>, S::Error>> {
        let mut this = self.as_mut().project();
        match this.state.as_mut().project() {
            StateProjection::Deciding { decided, kept } => {
                let decided = ready!(decided.poll(cx));
                let kept = kept.take().expect(POLLED_AFTER_COMPLETION);
                let Kept { mut service, body, disclosure } = kept;
                let denial = match decided {
                    Ok((mut parts, decision)) => {
                        PolicyTimer::stop_if_any(&mut parts.extensions);
                        match decision {
                            Ok(()) => {
                                let request = Request::from_parts(parts, body);
                                this.state.set(State::serving(service.call(request), disclosure));
                                return self.poll(cx);
                            }
                            Err(denial) => (denial, parts.extensions),
                        }
                    }
                    // The timer was dropped with the request head.
                    Err(denial) => (denial, Extensions::new()),
                };
                this.state.set(State::Refused { denial: Some(denial) });
                self.poll(cx)
            }
            StateProjection::Serving { .. } => self.poll(cx),
            StateProjection::Disclosing { response, disclosure } => {
                let mut polled = response.poll(cx);
                if let Poll::Ready(Ok(response)) = &mut polled {
                    disclose(*disclosure, response);
                }
                polled
            }
            StateProjection::Refused { denial } => {
                let (denial, extensions) = denial.take().expect(POLLED_AFTER_COMPLETION);
                Poll::Ready(Ok(propagate(denial, Stage::Authorize, extensions)))
            }
        }
    }
}
