//! What the stage keeps about a request until its response.

use super::browsers::BrowserState;
use super::credential_headers::CredentialPresence;
use crate::denial::{Cause, Denial, Unauthenticated};
use crate::identity::ResponseHeaders;

/// What the stage keeps about one request. `C` is the renderer's context.
#[derive(Debug)]
pub(super) struct RequestState<C> {
    /// `None` if the renderer panicked while taking it.
    pub(super) context: Option<C>,
    pub(super) is_head: bool,
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
    /// The headers that the identity adds to the response.
    pub(super) response_headers: Option<ResponseHeaders>,
    /// What the response depends on if a browser sent the request.
    pub(super) browser: BrowserState,
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
