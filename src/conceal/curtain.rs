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
use super::grpc::{self, Missing, answer};
use super::leaving::{Absence, Passage};
use super::pace::NoRoom;
use super::shared_caches;
use crate::denial::Denial;
use crate::denial::face::{Edge, face};
use crate::disclosed::{Disclosed, Disclosure, InArea, SaidAnywhere};
use crate::event;
use crate::grpc::{GRPC_STATUS, Grpc};
use crate::guard::guard;
use crate::respond::{Problem, Refusal, Respond, Sealed, render};

/// Everything that a layer was configured with, behind one `Arc`.
pub(super) struct Curtain<R> {
    pub(super) settings: Settings,
    pub(super) respond: Arc<R>,
    /// The 404, where it is the same for every request.
    page: Option<Sealed>,
}

/// What does not depend on the renderer's type.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) area: Area,
    pub(super) kept_fields: Vec<HeaderName>,
}

/// What is remembered of a request until its answer leaves.
pub(super) struct Visit<C> {
    context: Option<C>,
    grpc: Option<Grpc>,
    head: bool,
    /// Which answers leave on somebody's word alone (D12).
    disclosure: Disclosure,
}

impl Settings {
    pub(super) fn new(area: Area) -> Self {
        Self { area, kept_fields: Vec::new() }
    }

    pub(super) fn keep(&mut self, name: HeaderName) -> Result<(), InvalidConcealment> {
        if tells(&name) {
            return Err(InvalidConcealment::Field(name));
        }
        if !self.kept_fields.contains(&name) {
            self.kept_fields.push(name);
        }
        Ok(())
    }
}

impl<R: Respond> Curtain<R> {
    pub(super) fn new(respond: Arc<R>, settings: Settings) -> Self {
        let page = respond.is_fixed().then(|| {
            // It depends on no request, so any will do.
            let (parts, ()) = Request::new(()).into_parts();
            absent(&*respond, guard(|| respond.context(&parts)).ok())
        });
        Self { settings, respond, page }
    }

    /// Looks at a request before anything inside does; `None` if it is none of ours.
    pub(super) fn meet<B>(
        &self,
        request: &mut Request<B>,
        levels: bool,
    ) -> Option<Visit<R::Context>> {
        let hidden = match self.settings.area.place(request.uri()) {
            Place::Outside => return None,
            Place::Inside => false,
            Place::Hidden => true,
        };
        let method = request.method();
        let visit = Visit {
            context: None,
            // gRPC has no other method.
            grpc: if method == Method::POST { Grpc::of(request.headers()) } else { None },
            head: method == Method::HEAD,
            disclosure: Disclosure::needed(hidden, method),
        };
        // What a stage says by itself passes where routes are hidden, and waits where time is level.
        // A stage marks such an answer if the request has any extension, as it has under hyper
        // and axum.
        if (hidden || levels) && request.extensions().is_empty() {
            request.extensions_mut().insert(InArea);
        }
        Some(visit)
    }

    /// Whether the page depends on the request.
    pub(super) fn looks(&self) -> bool {
        self.page.is_none()
    }

    /// Takes what the page will need of the request.
    pub(super) fn look<B>(&self, request: Request<B>, visit: &mut Visit<R::Context>) -> Request<B> {
        let (parts, body) = request.into_parts();
        visit.context = guard(|| self.respond.context(&parts)).ok();
        Request::from_parts(parts, body)
    }

    /// Whether an answer leaves, and when.
    #[inline]
    pub(super) fn pass<B>(&self, response: &mut Response<B>, visit: Visit<R::Context>) -> Passage {
        let fields = Fields::of(response.headers());
        if let Some(missing) = visit.missing(response, &fields) {
            return Passage::Replaced(self.absence(missing, visit, response.headers()));
        }
        if !fields.caches.are_kept_out() {
            shared_caches::keep_out(response.headers_mut());
        }
        if SaidAnywhere::is_on(response.extensions()) {
            return Passage::InTime { to_head: visit.head };
        }
        if visit.grpc.is_some() || fields.is_grpc {
            return Passage::WithTrailers;
        }
        Passage::AtOnce
    }

    #[cold]
    fn absence(&self, missing: Missing, visit: Visit<R::Context>, replaced: &HeaderMap) -> Absence {
        let mut answer = match visit.grpc {
            Some(framing) => answer(framing, missing),
            None => self.not_found(visit.context),
        };
        answer.keep(&self.settings.kept_fields, replaced);
        Absence::new(answer, visit.head)
    }

    fn not_found(&self, context: Option<R::Context>) -> Sealed {
        match &self.page {
            Some(page) => page.clone(),
            None => absent(&*self.respond, context),
        }
    }
}

/// What the fields of an answer say. They are looked at once, one after the other: an answer has few
/// fields, and to compare their names costs less than to look one of them up.
#[derive(Default)]
struct Fields {
    /// Of gRPC's kinds, by the content type.
    is_grpc: bool,
    /// The first `grpc-status`.
    status: Option<grpc::Status>,
    caches: shared_caches::Told,
}

impl Fields {
    #[inline]
    fn of(headers: &HeaderMap) -> Self {
        let mut fields = Self::default();
        for (name, value) in headers {
            if *name == CONTENT_TYPE {
                fields.is_grpc |= Grpc::is(value);
            } else if *name == GRPC_STATUS {
                fields.status = fields.status.or(Some(grpc::Status::of(value)));
            } else {
                fields.caches.hear(name, value);
            }
        }
        fields
    }
}

impl<C> Visit<C> {
    #[inline]
    fn missing<B>(&self, response: &Response<B>, fields: &Fields) -> Option<Missing> {
        let says_so = Missing::said_by(response.status(), fields.status);
        let needs_word = self.disclosure.is_needed(|| {
            response.status().is_success() && fields.status.is_none_or(grpc::Status::is_success)
        });
        let has_word = |extensions| Disclosed::is_on(extensions) || SaidAnywhere::is_on(extensions);
        if needs_word && !has_word(response.extensions()) {
            if says_so.is_none() {
                event::covered(response.status());
            }
            // That there is no such object would tell that there is the method.
            return Some(Missing::Method);
        }
        says_so
    }

    /// The answer to a request beyond the limit: the same for whatever is asked.
    pub(super) fn turn_away(&self, NoRoom(limit): NoRoom) -> Absence {
        event::no_room(limit);
        let mut sealed = plain(&Denial::unavailable());
        sealed.retry_after(HeaderValue::from_static("1"));
        Absence::new(sealed, self.head)
    }
}

/// The answer where nothing can wait: the floor would not hold.
pub(super) fn no_timer() -> Sealed {
    event::no_timer();
    plain(&Denial::fault())
}

/// The page of what does not exist.
fn absent<R: Respond>(respond: &R, context: Option<R::Context>) -> Sealed {
    let denial = Denial::not_found();
    render(respond, context, &refusal(&denial), HeaderMap::new())
}

fn plain(denial: &Denial) -> Sealed {
    render(Problem::plain(), Some(()), &refusal(denial), HeaderMap::new())
}

fn refusal(denial: &Denial) -> Refusal<'_> {
    Refusal::new(face(denial, Edge::Bare), denial)
}

/// Whether a field of the replaced answer would tell what exists (D04), or describes what is gone.
fn tells(name: &HeaderName) -> bool {
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
        || shared_caches::speaks_to_some_caches(name)
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
