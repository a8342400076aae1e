//! [`RequestEvent`]: an event with its request.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use http::{Method, Uri};

use super::{Decided, Event};
use crate::audit::KeptRequest;

/// An [`Event`], with the method and target of its request.
///
/// The hook of [`AuthenticateLayer::on_decision`](crate::AuthenticateLayer::on_decision) gets one for each
/// response.
///
/// `Debug` prints neither the principal nor the target, whose query may hold a secret.
#[derive(Clone, Copy)]
pub struct RequestEvent<'a> {
    request: &'a KeptRequest,
    event: Event<'a>,
}

pub(crate) type Hook = Arc<dyn Fn(&RequestEvent<'_>) + Send + Sync>;

impl<'a> RequestEvent<'a> {
    pub(crate) fn new(request: &'a KeptRequest, decided: Decided<'a>) -> Self {
        Self { request, event: Event { decided } }
    }

    /// The verified caller, if the stage is [audited](crate::AuthenticateLayer::audited) and `P` is the
    /// principal type of its identity; also if a policy or a handler refused the caller
    /// ([D10](crate::semantics#d10)). `None` for an anonymous caller, and for one whose credentials
    /// were refused.
    pub fn principal<P: 'static>(&self) -> Option<&'a P> {
        self.request.principal.as_ref()?.downcast_ref()
    }

    /// The method of the request.
    pub fn method(&self) -> &'a Method {
        &self.request.method
    }

    /// The target of the request: the one that the client has used, if the stage is told how to find
    /// [that](crate::OriginalTarget), and otherwise the one that the stage has got. Its query may hold a
    /// secret; so may its path, in some applications.
    pub fn target(&self) -> &'a Uri {
        &self.request.target
    }
}

impl<'a> Deref for RequestEvent<'a> {
    type Target = Event<'a>;

    fn deref(&self) -> &Event<'a> {
        &self.event
    }
}

impl fmt::Debug for RequestEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestEvent")
            .field("method", self.method())
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}
