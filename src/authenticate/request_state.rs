//! What the stage keeps about a request until its response.

use http::uri::PathAndQuery;

use super::credential_headers::CredentialPresence;
use crate::denial::{Cause, Denial, Unauthenticated};
use crate::grpc::GrpcFraming;
use crate::identity::ResponseHeaders;

/// What the stage keeps about one request. `C` is the renderer's context.
#[derive(Debug)]
pub(super) struct RequestState<C> {
    /// `None` if the renderer panicked while taking it.
    pub(super) context: Option<C>,
    pub(super) is_head: bool,
    /// The framing of the response, if the request is a gRPC call and refusals are rendered for it.
    pub(super) grpc: Option<GrpcFraming>,
    pub(super) credentials: CredentialPresence,
    pub(super) auth: AuthState,
    /// Boxed to keep every response future small.
    pub(super) rare: Option<Box<RareState>>,
}

/// The state that few requests need.
#[derive(Debug, Default)]
pub(super) struct RareState {
    /// Why the credentials failed, for a caller that was admitted anonymously nevertheless (A09).
    pub(super) failure: Option<Unauthenticated>,
    /// The target of a navigation that may be redirected to the login page (F06).
    pub(super) return_target: Option<PathAndQuery>,
    /// The headers that the identity adds to the response.
    pub(super) response_headers: Option<ResponseHeaders>,
    /// Whether the request was made by a script, and the stage suppresses dialogs for those (F07).
    pub(super) suppresses_dialogs: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum AuthState {
    /// Not decided yet, or refused.
    Unknown,
    /// Admitted anonymously, without credentials or although they failed.
    Anonymous,
    Verified,
}

impl<C> RequestState<C> {
    #[cold]
    pub(super) fn set_failure(&mut self, failure: Unauthenticated) {
        self.rare.get_or_insert_default().failure = Some(failure);
    }

    pub(super) fn failure(&self) -> Option<&Unauthenticated> {
        self.rare.as_ref()?.failure.as_ref()
    }

    pub(super) fn return_target(&self) -> Option<&PathAndQuery> {
        self.rare.as_ref()?.return_target.as_ref()
    }

    pub(super) fn suppresses_dialogs(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.suppresses_dialogs)
    }

    /// If the service requires an identity and the caller's credentials had failed, returns the
    /// denial for that failure, which says more (C01).
    #[inline]
    pub(super) fn restore_original_failure(&self, denial: Denial) -> Denial {
        match self.failure() {
            Some(failure) if denial.cause() == Cause::IdentityNeeded && !denial.is_concealed() => {
                Unauthenticated::clone(failure).into()
            }
            _ => denial,
        }
    }
}
