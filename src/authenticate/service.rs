//! [`Authenticate`].

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::Service;

use super::future::AuthenticateFuture;
use super::gate::Gate;
use super::identify::Identify;
use crate::body::RefusalBody;
use crate::respond::Respond;

/// Middleware that asks an identity who sent each request, and renders every denial.
///
/// Made by [`AuthenticateLayer`](crate::AuthenticateLayer).
pub struct Authenticate<S, I, R> {
    inner: S,
    gate: Arc<Gate<I, R>>,
}

impl<S, I, R> Authenticate<S, I, R> {
    pub(super) fn new(inner: S, gate: Arc<Gate<I, R>>) -> Self {
        Self { inner, gate }
    }
}

impl<S, I, R, ReqBody, ResBody> Service<Request<ReqBody>> for Authenticate<S, I, R>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>> + Clone,
    I: Identify,
    R: Respond,
    ResBody: RefusalBody,
{
    type Response = Response<ResBody>;
    type Error = S::Error;
    type Future = AuthenticateFuture<S, I, R, ReqBody>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let gate = self.gate.clone();
        let (mut parts, body) = request.into_parts();
        let (mut visit, sent) = gate.visit(&mut parts);
        let sent = match sent {
            Ok(sent) => sent,
            Err(ambiguous) => {
                return AuthenticateFuture::refused(
                    gate,
                    visit,
                    ambiguous.into(),
                    parts.extensions,
                );
            }
        };
        match gate.identify.identify_now(sent.request, sent.authorization) {
            Some(answer) => {
                if let Err(denial) = gate.admit(answer, &mut parts, &mut visit) {
                    return AuthenticateFuture::refused(gate, visit, denial, parts.extensions);
                }
                let request = Request::from_parts(parts, body);
                AuthenticateFuture::serving(gate, visit, self.inner.call(request))
            }
            None => {
                // Only the service that was polled is ready; its clone is not.
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                let answer = gate.identify.identify(parts);
                AuthenticateFuture::asking(gate, visit, answer, ready, body)
            }
        }
    }
}

impl<S: Clone, I, R> Clone for Authenticate<S, I, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), gate: self.gate.clone() }
    }
}

impl<S: fmt::Debug, I, R> fmt::Debug for Authenticate<S, I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticate").field("inner", &self.inner).finish_non_exhaustive()
    }
}
