//! Decides which responses pass unchanged, and replaces the others.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};

use super::area::{Area, Place};
use super::error::InvalidConcealment;
use super::grpc_absence::{CallStatus, GrpcAbsence};
use super::observing::AbsenceToShow;
use super::pending::{Disposition, Replacement};
use super::revealing_headers::reveals_existence;
use super::shared_caches;
use super::timing::{LimitReached, NoTimer};
use crate::audit::AuditRecord;
use crate::catch_panic::catch_panic;
use crate::denial::Denial;
use crate::denial::public_outcome::{RenderContext, public_outcome};
use crate::disclosed::{Disclosed, DisclosureRule, InConcealedArea, PathIndependent};
use crate::grpc::{GRPC_STATUS, GrpcFraming, GrpcRefusal};
use crate::observe::{ConcealEvent, Observe, Taken, log};
use crate::respond::{CallOutcome, FinishedResponse, Problem, Refusal, Respond, render};

/// A layer's configuration, shared by its services behind one `Arc`.
pub(super) struct Concealer<R, O> {
    pub(super) settings: Settings,
    pub(super) respond: Arc<R>,
    pub(super) observer: Arc<O>,
    /// The rendered 404, if the renderer makes the same one for every request.
    fixed: Option<FinishedResponse>,
}

/// The part of the configuration that does not depend on the renderer's type.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) area: Area,
    pub(super) kept_headers: Vec<HeaderName>,
}

/// What is kept of a request until its response is ready. `C` is the renderer's context, and `X` the
/// observer's.
pub(super) struct ConcealState<C, X> {
    /// `None` if the 404 does not depend on the request, or the renderer panicked.
    context: Option<C>,
    /// Nothing without an observer, or if it panicked.
    observed: Taken<X>,
    grpc: Option<GrpcFraming>,
    is_head: bool,
    /// Which responses need a mark to pass (D12).
    disclosure: DisclosureRule,
}

impl Settings {
    pub(super) fn new(area: Area) -> Self {
        Self { area, kept_headers: Vec::new() }
    }

    pub(super) fn keep_header(&mut self, name: HeaderName) -> Result<(), InvalidConcealment> {
        if reveals_existence(&name) {
            return Err(InvalidConcealment::Header(name));
        }
        if !self.kept_headers.contains(&name) {
            self.kept_headers.push(name);
        }
        Ok(())
    }
}

impl<R: Respond, O: Observe> Concealer<R, O> {
    pub(super) fn new(respond: Arc<R>, observer: Arc<O>, settings: Settings) -> Self {
        let fixed = respond.is_fixed().then(|| {
            // The response does not depend on the request, so an empty one will do.
            let (parts, ()) = Request::new(()).into_parts();
            rendered_not_found(&*respond, catch_panic(|| respond.context(&parts)).ok())
        });
        Self { settings, respond, observer, fixed }
    }

    /// Inspects a request before anything inside sees it; `None` if its path is outside the area.
    pub(super) fn on_request<B>(
        &self,
        request: &mut Request<B>,
        has_floor: bool,
    ) -> Option<ConcealState<R::Context, O::Context>> {
        let hides_routes = match self.settings.area.place(request.uri()) {
            Place::Outside => return None,
            Place::Inside => false,
            Place::Hidden => true,
        };
        let method = request.method();
        let state = ConcealState {
            context: None,
            observed: Taken::NOTHING,
            // gRPC uses no other method.
            grpc: if method == Method::POST { GrpcFraming::of(request.headers()) } else { None },
            is_head: method == Method::HEAD,
            disclosure: DisclosureRule::needed(hides_routes, method),
        };
        // A stage's response that does not depend on the path passes where routes are hidden, and
        // waits where there is a floor. The stage marks such a response if the request has any
        // extension, as it has under hyper and axum.
        if (hides_routes || has_floor) && request.extensions().is_empty() {
            request.extensions_mut().insert(InConcealedArea);
        }
        Some(state)
    }

    /// Whether the observer or the 404 depends on the request.
    #[inline]
    pub(super) fn needs_context(&self) -> bool {
        O::IS_ACTIVE || self.fixed.is_none()
    }

    /// Takes what renderer and observer will need of the request.
    pub(super) fn capture_context<B>(
        &self,
        request: Request<B>,
        state: &mut ConcealState<R::Context, O::Context>,
    ) -> Request<B> {
        let (parts, body) = request.into_parts();
        if self.fixed.is_none() {
            state.context = catch_panic(|| self.respond.context(&parts)).ok();
        }
        if O::IS_ACTIVE {
            state.observed = Taken::by(|| self.observer.begin(&parts));
        }
        Request::from_parts(parts, body)
    }

    /// Decides what to do with a response, and keeps it out of shared caches. `start_timer` is called before
    /// the observer, for a response that is held back.
    #[inline]
    pub(super) fn on_response<B>(
        &self,
        response: &mut Response<B>,
        mut state: ConcealState<R::Context, O::Context>,
        start_timer: impl FnOnce() -> Result<(), NoTimer>,
    ) -> Disposition {
        let facts = ResponseFacts::of(response.headers());
        if let Some(absence) = state.absence_to_show(response, &facts) {
            if O::IS_ACTIVE {
                let event = || absence.event(response);
                self.observe(state.observed.take(), start_timer, Some(event));
            }
            let record = response.extensions_mut().remove::<AuditRecord>();
            let replacement = self.not_found_response(absence.shown, state, response.headers());
            return Disposition::Replace(replacement.keeping_record(record));
        }
        if !facts.caches.exclude_shared_caches_already() {
            shared_caches::exclude_shared_caches(response.headers_mut());
        }
        if PathIndependent::is_on(response.extensions()) {
            if O::IS_ACTIVE {
                self.observe(state.observed.take(), start_timer, None::<fn() -> ConcealEvent>);
            }
            return Disposition::Delay { to_head: state.is_head };
        }
        if state.grpc.is_some() || facts.is_grpc {
            return Disposition::ConcealTrailers;
        }
        Disposition::Release
    }

    /// The response to a request beyond the limit. It is the same for every path and caller.
    #[cold]
    pub(super) fn overloaded_response(
        &self,
        mut state: ConcealState<R::Context, O::Context>,
        LimitReached(limit): LimitReached,
    ) -> Replacement {
        log::limit_reached(limit);
        if O::IS_ACTIVE {
            let event = || ConcealEvent::TurnedAway;
            self.observe(state.observed.take(), || Ok(()), Some(event));
        }
        state.overloaded_response()
    }

    #[cold]
    fn not_found_response(
        &self,
        absence: GrpcAbsence,
        state: ConcealState<R::Context, O::Context>,
        replaced: &HeaderMap,
    ) -> Replacement {
        let mut response = match state.grpc {
            Some(framing) => absence.response(framing),
            None => self.not_found(state.context),
        };
        response.copy_headers(&self.settings.kept_headers, replaced);
        let call = state.grpc.map(|_| absence.marker());
        Replacement::new(response, state.is_head).of_absence(call, O::IS_ACTIVE)
    }

    fn not_found(&self, context: Option<R::Context>) -> FinishedResponse {
        match &self.fixed {
            Some(response) => response.clone(),
            None => rendered_not_found(&*self.respond, context),
        }
    }
}

/// What a response's headers say, found in one pass over all of them: a response has few headers,
/// and comparing their names costs less than looking one up.
#[derive(Default)]
struct ResponseFacts {
    /// Whether the content type is one of gRPC's.
    is_grpc: bool,
    /// The first `grpc-status`.
    grpc_status: Option<CallStatus>,
    caches: shared_caches::CacheDirectives,
}

impl ResponseFacts {
    #[inline]
    fn of(headers: &HeaderMap) -> Self {
        let mut facts = Self::default();
        for (name, value) in headers {
            if *name == CONTENT_TYPE {
                facts.is_grpc |= GrpcFraming::is(value);
            } else if *name == GRPC_STATUS {
                facts.grpc_status = facts.grpc_status.or(Some(CallStatus::of(value)));
            } else {
                facts.caches.add(name, value);
            }
        }
        facts
    }
}

impl<C, X> ConcealState<C, X> {
    /// What the response has to be replaced by, if it may not pass: because it says that something
    /// does not exist, or because it would show that the route exists.
    #[inline]
    fn absence_to_show<B>(
        &self,
        response: &Response<B>,
        facts: &ResponseFacts,
    ) -> Option<AbsenceToShow> {
        let call = if self.grpc.is_some() || facts.is_grpc {
            let refusal = response.extensions().get::<GrpcRefusal>();
            refusal.copied().map(CallStatus::from).or(facts.grpc_status)
        } else {
            facts.grpc_status
        };
        let absence = GrpcAbsence::of_response(response.status(), call);
        let needs_mark = self
            .disclosure
            .is_needed(|| response.status().is_success() && call.is_none_or(CallStatus::is_ok));
        let has_mark =
            |extensions| Disclosed::is_on(extensions) || PathIndependent::is_on(extensions);
        if needs_mark && !has_mark(response.extensions()) {
            if absence.is_none() {
                log::concealed_without_disclosure(response.status());
            }
            // NOT_FOUND for an object would show that the method exists.
            let shown = GrpcAbsence::Unimplemented;
            return Some(AbsenceToShow { shown, was_said: absence.is_some() });
        }
        absence.map(|shown| AbsenceToShow { shown, was_said: true })
    }

    fn overloaded_response(&self) -> Replacement {
        let (denial, wait) = (Denial::unavailable(), HeaderValue::from_static("1"));
        let response = match self.grpc {
            Some(framing) => {
                let mut call = CallOutcome::of(&refusal(&denial), framing);
                call.retry_after(wait);
                call.into_response(HeaderMap::new())
            }
            None => {
                let mut response = plain(&denial);
                response.retry_after(wait);
                response
            }
        };
        Replacement::new(response, self.is_head)
    }
}

/// The 500 for a response that cannot be held back, because the timer does not run.
pub(super) fn no_timer() -> FinishedResponse {
    log::no_timer();
    plain(&Denial::internal_error())
}

/// The 404 as the renderer makes it.
fn rendered_not_found<R: Respond>(respond: &R, context: Option<R::Context>) -> FinishedResponse {
    let denial = Denial::not_found();
    render(respond, context, &refusal(&denial), HeaderMap::new())
}

fn plain(denial: &Denial) -> FinishedResponse {
    render(Problem::plain(), Some(()), &refusal(denial), HeaderMap::new())
}

fn refusal(denial: &Denial) -> Refusal<'_> {
    Refusal::new(public_outcome(denial, RenderContext::NoStage), denial)
}

#[cfg(all(test, feature = "tracing"))]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use http::{Response, StatusCode};
    use tracing::field::{Field, Visit};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

    use super::*;

    /// Collects the level and the fields of every event as text.
    #[derive(Clone, Default)]
    struct Collect(Arc<Mutex<String>>);

    impl<S: tracing::Subscriber> Layer<S> for Collect {
        fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
            self.0.lock().unwrap().push_str(event.metadata().level().as_str());
            event.record(&mut self.clone());
        }
    }

    impl Visit for Collect {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            self.0.lock().unwrap().push_str(&format!(" {field}={value:?}"));
        }
    }

    #[test]
    fn d07_a_floor_without_a_timer_is_a_500_and_logs_an_error() {
        let log = Collect::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        let response: Response<bytes::Bytes> =
            tracing::subscriber::with_default(subscriber, || no_timer().into_response(false));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let log = log.0.lock().unwrap();
        assert!(log.starts_with("ERROR") && log.contains("status=500"), "{log}");
        assert!(log.contains("the thread of its timer could not be started"), "{log}");
    }
}
