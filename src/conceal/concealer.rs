//! The curtain: which answers pass as they are, and what stands in the place of the others.

use std::sync::Arc;

use http::header::{
    ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_DISPOSITION, CONTENT_ENCODING,
    CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG,
    LAST_MODIFIED, LINK, LOCATION, PROXY_AUTHENTICATE, RETRY_AFTER, SET_COOKIE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, VARY, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response};

use super::area::{Area, Place};
use super::error::InvalidConcealment;
use super::grpc_absence::{self, GrpcAbsence, answer};
use super::pending::{Disposition, NotFoundResponse};
use super::shared_caches;
use super::timing::LimitReached;
use crate::catch_panic::catch_panic;
use crate::denial::Denial;
use crate::denial::public_outcome::{RenderContext, public_outcome};
use crate::disclosed::{Disclosed, DisclosureRule, InConcealedArea, PathIndependent};
use crate::event;
use crate::grpc::{GRPC_STATUS, Grpc};
use crate::respond::{FinishedResponse, Problem, Refusal, Respond, render};

/// Everything that a layer was configured with, behind one `Arc`.
pub(super) struct Concealer<R> {
    pub(super) settings: Settings,
    pub(super) respond: Arc<R>,
    /// The 404, where it is the same for every request.
    page: Option<FinishedResponse>,
}

/// What does not depend on the renderer's type.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) area: Area,
    pub(super) kept_fields: Vec<HeaderName>,
}

/// What is remembered of a request until its answer leaves.
pub(super) struct ConcealState<C> {
    context: Option<C>,
    grpc: Option<Grpc>,
    head: bool,
    /// Which answers leave on somebody's word alone (D12).
    disclosure: DisclosureRule,
}

impl Settings {
    pub(super) fn new(area: Area) -> Self {
        Self { area, kept_fields: Vec::new() }
    }

    pub(super) fn keep_header(&mut self, name: HeaderName) -> Result<(), InvalidConcealment> {
        if reveals_existence(&name) {
            return Err(InvalidConcealment::Field(name));
        }
        if !self.kept_fields.contains(&name) {
            self.kept_fields.push(name);
        }
        Ok(())
    }
}

impl<R: Respond> Concealer<R> {
    pub(super) fn new(respond: Arc<R>, settings: Settings) -> Self {
        let page = respond.is_fixed().then(|| {
            // It depends on no request, so any will do.
            let (parts, ()) = Request::new(()).into_parts();
            rendered_not_found(&*respond, catch_panic(|| respond.context(&parts)).ok())
        });
        Self { settings, respond, page }
    }

    /// Looks at a request before anything inside does; `None` if it is none of ours.
    pub(super) fn on_request<B>(
        &self,
        request: &mut Request<B>,
        levels: bool,
    ) -> Option<ConcealState<R::Context>> {
        let hidden = match self.settings.area.place(request.uri()) {
            Place::Outside => return None,
            Place::Inside => false,
            Place::Hidden => true,
        };
        let method = request.method();
        let visit = ConcealState {
            context: None,
            // gRPC has no other method.
            grpc: if method == Method::POST { Grpc::of(request.headers()) } else { None },
            head: method == Method::HEAD,
            disclosure: DisclosureRule::needed(hidden, method),
        };
        // What a stage says by itself passes where routes are hidden, and waits where time is level.
        // A stage marks such an answer if the request has any extension, as it has under hyper
        // and axum.
        if (hidden || levels) && request.extensions().is_empty() {
            request.extensions_mut().insert(InConcealedArea);
        }
        Some(visit)
    }

    /// Whether the page depends on the request.
    pub(super) fn needs_context(&self) -> bool {
        self.page.is_none()
    }

    /// Takes what the page will need of the request.
    pub(super) fn capture_context<B>(
        &self,
        request: Request<B>,
        visit: &mut ConcealState<R::Context>,
    ) -> Request<B> {
        let (parts, body) = request.into_parts();
        visit.context = catch_panic(|| self.respond.context(&parts)).ok();
        Request::from_parts(parts, body)
    }

    /// Whether an answer leaves, and when.
    #[inline]
    pub(super) fn on_response<B>(
        &self,
        response: &mut Response<B>,
        visit: ConcealState<R::Context>,
    ) -> Disposition {
        let fields = ResponseFacts::of(response.headers());
        if let Some(missing) = visit.missing(response, &fields) {
            return Disposition::Replaced(self.not_found_response(
                missing,
                visit,
                response.headers(),
            ));
        }
        if !fields.caches.exclude_shared_caches_already() {
            shared_caches::exclude_shared_caches(response.headers_mut());
        }
        if PathIndependent::is_on(response.extensions()) {
            return Disposition::InTime { to_head: visit.head };
        }
        if visit.grpc.is_some() || fields.is_grpc {
            return Disposition::WithTrailers;
        }
        Disposition::Immediate
    }

    #[cold]
    fn not_found_response(
        &self,
        missing: GrpcAbsence,
        visit: ConcealState<R::Context>,
        replaced: &HeaderMap,
    ) -> NotFoundResponse {
        let mut answer = match visit.grpc {
            Some(framing) => answer(framing, missing),
            None => self.not_found(visit.context),
        };
        answer.copy_headers(&self.settings.kept_fields, replaced);
        NotFoundResponse::new(answer, visit.head)
    }

    fn not_found(&self, context: Option<R::Context>) -> FinishedResponse {
        match &self.page {
            Some(page) => page.clone(),
            None => rendered_not_found(&*self.respond, context),
        }
    }
}

/// What the fields of an answer say. They are looked at once, one after the other: an answer has few
/// fields, and to compare their names costs less than to look one of them up.
#[derive(Default)]
struct ResponseFacts {
    /// Of gRPC's kinds, by the content type.
    is_grpc: bool,
    /// The first `grpc-status`.
    status: Option<grpc_absence::Status>,
    caches: shared_caches::CacheDirectives,
}

impl ResponseFacts {
    #[inline]
    fn of(headers: &HeaderMap) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            if *name == CONTENT_TYPE {
                fields.is_grpc |= Grpc::is(value);
            } else if *name == GRPC_STATUS {
                fields.status = fields.status.or(Some(grpc_absence::Status::of(value)));
            } else {
                fields.caches.add(name, value);
            }
        }
        fields
    }
}

impl<C> ConcealState<C> {
    #[inline]
    fn missing<B>(&self, response: &Response<B>, fields: &ResponseFacts) -> Option<GrpcAbsence> {
        let says_so = GrpcAbsence::of_response(response.status(), fields.status);
        let needs_word = self.disclosure.is_needed(|| {
            response.status().is_success()
                && fields.status.is_none_or(grpc_absence::Status::is_success)
        });
        let has_word =
            |extensions| Disclosed::is_on(extensions) || PathIndependent::is_on(extensions);
        if needs_word && !has_word(response.extensions()) {
            if says_so.is_none() {
                event::concealed_without_disclosure(response.status());
            }
            // That there is no such object would tell that there is the method.
            return Some(GrpcAbsence::Method);
        }
        says_so
    }

    /// The answer to a request beyond the limit: the same for whatever is asked.
    pub(super) fn overloaded_response(
        &self,
        LimitReached(limit): LimitReached,
    ) -> NotFoundResponse {
        event::limit_reached(limit);
        let mut sealed = plain(&Denial::unavailable());
        sealed.retry_after(HeaderValue::from_static("1"));
        NotFoundResponse::new(sealed, self.head)
    }
}

/// The answer where nothing can wait: the floor would not hold.
pub(super) fn no_timer() -> FinishedResponse {
    event::no_timer();
    plain(&Denial::internal_error())
}

/// The page of what does not exist.
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

/// Whether a field of the replaced answer would tell what exists (D04), or describes what is gone.
fn reveals_existence(name: &HeaderName) -> bool {
    const TELLING: [HeaderName; 24] = [
        ACCEPT_RANGES,
        ALLOW,
        CACHE_CONTROL,
        CONNECTION,
        CONTENT_DISPOSITION,
        CONTENT_ENCODING,
        CONTENT_LANGUAGE,
        CONTENT_LENGTH,
        CONTENT_LOCATION,
        CONTENT_RANGE,
        CONTENT_TYPE,
        DATE,
        ETAG,
        LAST_MODIFIED,
        LINK,
        LOCATION,
        PROXY_AUTHENTICATE,
        RETRY_AFTER,
        SET_COOKIE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
        VARY,
        WWW_AUTHENTICATE,
    ];
    const OTHERS: [&str; 33] = [
        "accept-patch",
        "accept-post",
        "accept-query",
        "access-control-allow-methods",
        "age",
        "alternates",
        "authentication-control",
        "content-md5",
        "dav",
        "deprecation",
        "digest",
        "lock-token",
        "memento-datetime",
        "ms-author-via",
        "optional-www-authenticate",
        "refresh",
        "sunset",
        "tcn",
        "variant-vary",
        "schedule-tag",
        "delta-base",
        "im",
        "preference-applied",
        "expires",
        "keep-alive",
        "authentication-info",
        "proxy-authentication-info",
        "content-digest",
        "repr-digest",
        "dpop-nonce",
        "server-timing",
        "grpc-status",
        "grpc-message",
    ];
    TELLING.contains(name)
        || OTHERS.contains(&name.as_str())
        || shared_caches::is_targeted_cache_control(name)
        || name.as_str().starts_with("ratelimit")
        || name.as_str().starts_with("x-ratelimit")
}

#[cfg(all(test, feature = "tracing"))]
mod tests {
    use std::fmt::Debug;
    use std::sync::{Arc, Mutex};

    use http::{Response, StatusCode};
    use tracing::field::{Field, Visit};
    use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

    use super::*;

    /// The fields of every event.
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
    fn d07_a_floor_that_cannot_hold_is_a_fault_and_says_so_to_operators() {
        let told = Collect::default();
        let subscriber = tracing_subscriber::registry().with(told.clone());
        let response: Response<bytes::Bytes> =
            tracing::subscriber::with_default(subscriber, || no_timer().into_response(false));
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let told = told.0.lock().unwrap();
        assert!(told.starts_with("ERROR") && told.contains("status=500"), "{told}");
        assert!(told.contains("the thread of its timer could not be started"), "{told}");
    }
}
