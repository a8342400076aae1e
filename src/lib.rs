//! Truthful refusals for HTTP services.
#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod authenticate;
pub mod authorize;
#[cfg(feature = "axum")]
mod axum;
mod body;
pub mod challenge;
mod denial;
mod event;
mod guard;
mod identity;
mod policy;
mod principal;
mod respond;
#[cfg(feature = "tokio")]
mod time_limit;

pub use authenticate::{Authenticate, AuthenticateLayer};
pub use authorize::{Authorize, AuthorizeLayer};
pub use body::ResponseBody;
pub use denial::travel::Stage;
pub use denial::{Cause, Denial, HeldScopes, InvalidToken, Need, Note, Unauthenticated};
pub use event::Event;
pub use identity::*;
pub use policy::*;
pub use principal::Principal;
pub use respond::{Problem, Refusal, Respond, RespondFn, respond_fn};
