//! An observer of one's own: which tenant's users do policies refuse?

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::header::HOST;
use axum::http::request::Parts;
use portcullis::observe::{Class, Event, Observe};

/// The tenants are a closed set: a tenant that a client invents is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tenant {
    Acme,
    Globex,
}

impl Tenant {
    /// The tenant whose host the request names, such as `acme.example`.
    fn of(request: &Parts) -> Option<Self> {
        let host = request.headers.get(HOST)?.to_str().ok()?;
        match host.split('.').next()? {
            "acme" => Some(Self::Acme),
            "globex" => Some(Self::Globex),
            _ => None,
        }
    }
}

/// Logs each refusal by a policy, with the tenant and the part of the policy that refused, and counts them.
#[derive(Default)]
pub struct Audit {
    refusals: AtomicU64,
}

impl Observe for Audit {
    /// All that the audit needs of a request. It is taken before the request goes on, since an event has no
    /// request.
    type Context = Option<Tenant>;

    fn begin(&self, request: &Parts) -> Self::Context {
        Tenant::of(request)
    }

    fn decided(&self, tenant: Self::Context, event: &Event<'_>) {
        if event.class() == Some(Class::Policy) {
            let number = self.refusals.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::info!(
                target: "audit",
                number,
                tenant = ?tenant,
                cause = event.cause().map(|cause| cause.as_str()),
                part = event.part(),
                concealed = event.is_concealed(),
                "a policy refused"
            );
        }
    }
}
