//! What a stage keeps of a request for its event, and for an [`AuditRecord`].

use std::sync::Arc;

use http::Extensions;
use http::request::Parts;

use super::identity_service::IdentityService;
use super::layer::AuthenticateLayer;
use super::request_state::RequestState;
use super::stage::{AuthenticateStage, Settings};
use crate::audit::{AuditRecord, KeptRequest};
use crate::denial::Unauthenticated;
use crate::observe::Decided;
use crate::observe::Observe;
use crate::original_target::OriginalTarget;
use crate::respond::Respond;

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateLayer<I, R, O> {
    /// Keeps the caller for audits: events have the [principal](crate::observe::RequestEvent::principal), and the
    /// response's extensions an [`AuditRecord`] for layers outside. Neither is sent to the client.
    ///
    /// It costs a clone of the principal, and some allocations, for each request.
    ///
    /// ```
    /// use portcullis::{AuthenticateLayer, Identity};
    ///
    /// # #[derive(Clone)]
    /// # struct User { id: u64 }
    /// # fn layer(identity: impl Identity<Principal = User>) {
    /// let layer = AuthenticateLayer::new(identity).audited().on_decision(|event| {
    ///     let Some(denial) = event.denial() else { return };
    ///     let user = event.principal::<User>().map(|user| user.id);
    ///     println!("{user:?} {} {}: {}", event.method(), event.target().path(), denial.cause().as_str());
    /// });
    /// # }
    /// ```
    pub fn audited(self) -> Self {
        self.with(|settings| settings.is_audited = true)
    }
}

impl Settings {
    /// Whether the hook or an audit needs method and target.
    pub(super) fn keeps_request(&self) -> bool {
        self.is_audited || self.hook.is_some()
    }

    /// Keeps method and target, if the hook or an audit needs them.
    pub(super) fn keep_request(&self, request: &Parts) -> Option<KeptRequest> {
        self.keeps_request().then(|| KeptRequest {
            method: request.method.clone(),
            target: OriginalTarget::of(request).clone(),
            principal: None,
        })
    }
}

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateStage<I, R, O> {
    /// Keeps the principal, if the stage is audited.
    pub(super) fn keep_principal(
        &self,
        identified: &Result<I::Principal, Unauthenticated>,
        state: &mut RequestState<R::Context, O::Context>,
    ) {
        if self.settings.is_audited
            && let Ok(principal) = identified
            && let Some(kept) = state.rare.as_mut().and_then(|rare| rare.kept_request.as_mut())
        {
            kept.principal = Some(Arc::new(principal.clone()));
        }
    }

    /// Inserts the record of this decision into the extensions of a response, if the stage is audited.
    pub(super) fn insert_audit_record(
        &self,
        request: KeptRequest,
        decided: Decided<'_>,
        extensions: &mut Extensions,
    ) {
        if self.settings.is_audited {
            AuditRecord::new(request, decided).insert_into(extensions);
        }
    }
}
