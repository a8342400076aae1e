//! What the application serves: documents that only their tenant can detect, and reports for editors.

use std::convert::Infallible;

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::get;
use portcullis::authorize::PolicyService;
use portcullis::{AuthorizeLayer, Decision, Denial, Policy, Principal, conceal, policy_fn, role};
use tower::util::BoxCloneSyncService;

use crate::accounts::User;
use crate::audit::Tenant;
use crate::incident::Incident;

/// Boxed once, since the type of a service in layers cannot be named.
pub type App = BoxCloneSyncService<Request, Response, Infallible>;

struct Document {
    tenant: Tenant,
}

/// Documents 1 to 100 belong to one tenant, 101 to 200 to the other.
fn find(id: u32) -> Option<Document> {
    match id {
        1..=100 => Some(Document { tenant: Tenant::Acme }),
        101..=200 => Some(Document { tenant: Tenant::Globex }),
        _ => None,
    }
}

fn same_tenant() -> impl Policy<User, Document> {
    policy_fn(|user: &User, document: &Document| {
        Decision::permit_if(user.tenant == document.tenant)
    })
}

async fn show(Principal(user): Principal<User>, Path(id): Path<u32>) -> Result<String, Denial> {
    let document = find(id).ok_or(Denial::not_found())?;
    // To another tenant, the document is as one that does not exist.
    conceal(same_tenant()).check(&user, &document).await?;
    Ok(format!("document {id}, for {}\n", user.name))
}

/// The routes around which the authenticate stage goes.
pub fn routes(incident: Incident) -> Router {
    let routes = Router::new()
        .route("/documents", get(|| async { "documents\n" }))
        .route("/documents/{id}", get(show));
    let routes = match incident {
        Incident::BrokenRoute => routes,
        // Such as the status of another service, passed on.
        Incident::Repaired => routes.route("/search", get(|| async { StatusCode::UNAUTHORIZED })),
        _ => routes.route("/search", get(|| async { "found\n" })),
    };
    match incident {
        Incident::Unclaimed => routes,
        Incident::Fault => {
            let broken = policy_fn(|_: &User, _: &Parts| -> Decision { panic!("a fault") });
            routes.merge(reports().route_layer(AuthorizeLayer::<User>::new(broken)))
        }
        _ => routes.merge(reports().route_layer(editors())),
    }
}

pub fn reports() -> Router {
    Router::new().route("/reports", get(|| async { "reports\n" }))
}

pub fn editors() -> AuthorizeLayer<User, impl PolicyService<User>> {
    AuthorizeLayer::<User>::new(role("editor"))
}
