//! What the stage keeps about a request until its response.

use super::browsers::BrowserState;
use super::credential_headers::CredentialPresence;
use crate::audit::KeptRequest;
use crate::challenge::Challenges;
use crate::denial::{Cause, Denial, Unauthenticated};
use crate::grpc::GrpcFraming;
use crate::identity::ResponseHeaders;
use crate::observe::{Stopwatch, Taken};

/// What the stage keeps about one request. `C` is the renderer's context, and `X` the observer's.
#[derive(Debug)]
pub(super) struct RequestState<C, X> {
    /// `None` if the renderer panicked while taking it.
    pub(super) context: Option<C>,
    /// Nothing without an observer, or if it panicked.
    pub(super) observed: Taken<X>,
    pub(super) kind: RequestKind,
    pub(super) credentials: CredentialPresence,
    pub(super) auth: AuthState,
    /// Boxed to keep every response future small.
    pub(super) rare: Option<Box<RareState>>,
}

/// The state that few requests need.
#[derive(Debug, Default)]
pub(super) struct RareState {
    /// What the identity said about a caller that was admitted anonymously: why its credentials
    /// failed (A09), or more than that there are none (C01).
    pub(super) failure: Option<Unauthenticated>,
    /// The identity's challenges for this request.
    pub(super) request_challenges: Option<Challenges>,
    /// The headers that the identity adds to the response.
    pub(super) response_headers: Option<ResponseHeaders>,
    /// What the response depends on if a browser sent the request.
    pub(super) browser: BrowserState,
    /// What the event has of the request, until it is reported.
    pub(super) kept_request: Option<KeptRequest>,
    /// Whether the request is a CORS preflight that was let through without credentials (F09).
    pub(super) is_exempt_preflight: bool,
    /// Measures identity and policies, if the observer asks for it.
    pub(super) stopwatch: Option<Stopwatch>,
}

/// What a refusal has to look like. One value, since a `HEAD` request is no gRPC call: it keeps every
/// response future small.
#[derive(Clone, Copy, Debug)]
pub(super) enum RequestKind {
    Plain,
    Head,
    /// A gRPC call, if refusals are rendered for it, with the framing of its response.
    Call(GrpcFraming),
}

impl RequestKind {
    pub(super) fn is_head(self) -> bool {
        matches!(self, Self::Head)
    }

    pub(super) fn grpc(self) -> Option<GrpcFraming> {
        match self {
            Self::Call(framing) => Some(framing),
            Self::Plain | Self::Head => None,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum AuthState {
    /// Not decided yet, or refused.
    Unknown,
    /// Admitted anonymously, without credentials or although they failed.
    Anonymous,
    Verified,
}

impl<C, X> RequestState<C, X> {
    #[cold]
    pub(super) fn set_failure(&mut self, failure: Unauthenticated) {
        self.rare.get_or_insert_default().failure = Some(failure);
    }

    pub(super) fn failure(&self) -> Option<&Unauthenticated> {
        self.rare.as_ref()?.failure.as_ref()
    }

    pub(super) fn stopwatch(&mut self) -> Option<&mut Stopwatch> {
        self.rare.as_mut()?.stopwatch.as_mut()
    }

    pub(super) fn is_exempt_preflight(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.is_exempt_preflight)
    }

    /// Whether the caller sent credentials that failed, and was admitted nevertheless (A09).
    pub(super) fn has_failed_credentials(&self) -> bool {
        self.failure().is_some_and(|failure| !failure.is_missing())
    }

    pub(super) fn request_challenges(&self) -> Option<&Challenges> {
        self.rare.as_ref()?.request_challenges.as_ref()
    }

    /// If the service requires an identity, returns the denial with what the identity said about the
    /// request before (C01).
    #[inline]
    pub(super) fn restore_original_failure(&self, denial: Denial) -> Denial {
        match self.failure() {
            Some(failure) if denial.cause() == Cause::IdentityNeeded && !denial.is_concealed() => {
                denial.with_earlier_failure(failure.clone())
            }
            _ => denial,
        }
    }
}
