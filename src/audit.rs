//! [`AuditRecord`]: what an authenticate stage decided, for layers outside it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use http::{Extensions, Method, StatusCode, Uri};

use crate::denial::Denial;
use crate::denial::propagate::Stage;
use crate::event::{Decided, Event, Refused};

/// What is kept of a request for its event, since the head is gone when the response arrives.
pub(crate) struct KeptRequest {
    pub(crate) method: Method,
    /// The original target.
    pub(crate) target: Uri,
    /// Only for a stage that was asked to keep it.
    pub(crate) principal: Option<Arc<dyn Any + Send + Sync>>,
}

impl fmt::Debug for KeptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptRequest").finish_non_exhaustive()
    }
}

/// What an authenticate stage decided about a request, in the extensions of its response.
///
/// A stage that is [audited](crate::AuthenticateLayer::audited) inserts it, for layers outside: an
/// audit log, or the `on_response` of tower-http's `TraceLayer`. It says who was refused what, with the
/// real cause and status also if the response conceals them, and passes through a
/// [`ConcealLayer`](crate::ConcealLayer). It is never sent to the client.
///
/// ```
/// use http::Response;
/// use portcullis::AuditRecord;
///
/// #[derive(Clone)]
/// struct User { id: u64 }
///
/// fn audit_line<B>(response: &Response<B>) -> Option<String> {
///     let record = AuditRecord::of(response.extensions())?;
///     let event = record.event();
///     let user = event.principal::<User>().map_or("anonymous".to_owned(), |user| user.id.to_string());
///     let cause = event.denial().map_or("permitted", |denial| denial.cause().as_str());
///     Some(format!("{user} {} {} {cause}", event.method(), event.target().path()))
/// }
/// ```
///
/// If several stages are audited, the record is that of the innermost one, which is nearest to the
/// handler. A copy shares the principal. `Debug` prints neither the principal nor the target.
#[derive(Clone)]
pub struct AuditRecord(Arc<Record>);

struct Record {
    request: KeptRequest,
    scheme: Option<Box<str>>,
    anonymous: bool,
    refused: Option<RefusedRecord>,
}

struct RefusedRecord {
    denial: Denial,
    stage: Stage,
    status: StatusCode,
    grpc_code: Option<i32>,
}

impl AuditRecord {
    /// Returns the record in the extensions of a response, if an audited stage has inserted one.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// Returns what the hook of [`on_decision`](crate::AuthenticateLayer::on_decision) gets.
    pub fn event(&self) -> Event<'_> {
        let Record { request, scheme, anonymous, refused } = &*self.0;
        let refused = refused.as_ref();
        let refused = refused.map(|it| Refused {
            denial: &it.denial,
            stage: it.stage,
            status: it.status,
            grpc_code: it.grpc_code,
        });
        Event {
            request,
            decided: Decided { scheme: scheme.as_deref(), anonymous: *anonymous, refused },
        }
    }

    pub(crate) fn new(request: KeptRequest, decided: Decided<'_>) -> Self {
        let Decided { scheme, anonymous, refused } = decided;
        let refused = refused.map(|it| RefusedRecord {
            denial: it.denial.clone(),
            stage: it.stage,
            status: it.status,
            grpc_code: it.grpc_code,
        });
        Self(Arc::new(Record { request, scheme: scheme.map(Into::into), anonymous, refused }))
    }

    /// Inserts the record, unless a stage further in has inserted its own.
    pub(crate) fn insert_into(self, extensions: &mut Extensions) {
        if Self::of(extensions).is_none() {
            extensions.insert(self);
        }
    }
}

impl fmt::Debug for AuditRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AuditRecord").field(&self.event()).finish()
    }
}
