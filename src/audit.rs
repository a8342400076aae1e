//! [`AuditRecord`]: what an authenticate stage decided, for layers outside it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use http::{Extensions, Method, StatusCode, Uri};

use crate::denial::Denial;
use crate::denial::propagate::Stage;
use crate::observe::{CredentialScheme, Decided, Refused, RequestEvent, Times};

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
    scheme: RecordedScheme,
    anonymous: bool,
    status: StatusCode,
    grpc_code: Option<i32>,
    is_from_inner_layer: bool,
    is_repaired: bool,
    times: Option<Times>,
    refused: Option<(Denial, Stage)>,
}

enum RecordedScheme {
    None,
    Offered(Box<str>),
    Other,
}

impl AuditRecord {
    /// Returns the record in the extensions of a response, if an audited stage has inserted one.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// Returns what the hook of [`on_decision`](crate::AuthenticateLayer::on_decision) gets.
    pub fn event(&self) -> RequestEvent<'_> {
        let record = &*self.0;
        let scheme = match &record.scheme {
            RecordedScheme::None => CredentialScheme::None,
            RecordedScheme::Offered(scheme) => CredentialScheme::Offered(scheme),
            RecordedScheme::Other => CredentialScheme::Other,
        };
        let refused = record.refused.as_ref();
        let decided = Decided {
            scheme,
            anonymous: record.anonymous,
            status: record.status,
            grpc_code: record.grpc_code,
            is_from_inner_layer: record.is_from_inner_layer,
            is_repaired: record.is_repaired,
            times: record.times,
            refused: refused.map(|(denial, stage)| Refused { denial, stage: *stage }),
        };
        RequestEvent::new(&record.request, decided)
    }

    pub(crate) fn new(request: KeptRequest, decided: Decided<'_>) -> Self {
        let scheme = match decided.scheme {
            CredentialScheme::None => RecordedScheme::None,
            CredentialScheme::Offered(scheme) => RecordedScheme::Offered(scheme.into()),
            CredentialScheme::Other => RecordedScheme::Other,
        };
        let record = Record {
            request,
            scheme,
            anonymous: decided.anonymous,
            status: decided.status,
            grpc_code: decided.grpc_code,
            is_from_inner_layer: decided.is_from_inner_layer,
            is_repaired: decided.is_repaired,
            times: decided.times,
            refused: decided.refused.map(|refused| (refused.denial.clone(), refused.stage)),
        };
        Self(Arc::new(record))
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
