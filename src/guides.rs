//! Guides, in the order in which an application needs them.
//!
//! 1. [Setting up](setting_up): identities and layers on axum, hyper and tonic; a function that returns
//!    a layer.
//! 2. [Protecting routes](protecting_routes): which routes a layer covers, public routes, roles and scopes.
//! 3. [Objects](objects): a policy on an object that a handler has loaded.
//! 4. [Sessions and login](sessions_and_login).
//! 5. [What refusals look like](refusal_bodies): problem details, pages, languages, your own errors.
//! 6. [Hiding a resource](crate::hiding_a_resource).
//! 7. [Testing your refusals](testing_your_refusals).
//! 8. [Operating](operating): events, `TraceLayer`, limits, secrets.
//! 9. [CORS and other middleware](cors_and_other_middleware): the order of layers, preflights, uploads that
//!    are refused.
#![cfg_attr(
    all(feature = "fetch", any(feature = "jwt", feature = "jwt-rust-crypto")),
    doc = "10. [An OAuth 2 resource server](oauth): JWTs, keys, introspection, metadata, step-up.
11. [Protecting an MCP server](mcp): scopes of tools, sessions, what the SDKs do."
)]
//! 12. [Alerts](alerts): the on-call's first five minutes; rules for Prometheus.
//! 13. [Performance](crate::performance): what the stages cost, and how to measure it.
//! 14. [Debugging a refusal](debugging_a_refusal): from the symptom to the cause, and where popular articles
//!     are wrong.
//! 15. [Crawlers](crawlers): what refusals and login pages do to a search engine's index.
//! 16. [Inspecting a server](inspecting): the command, the inspection, the layer, the function.

#[doc = include_str!("../docs/guides/setting-up.md")]
pub mod setting_up {}

#[doc = include_str!("../docs/guides/protecting-routes.md")]
pub mod protecting_routes {}

#[doc = include_str!("../docs/guides/objects.md")]
pub mod objects {}

#[doc = include_str!("../docs/guides/sessions-and-login.md")]
pub mod sessions_and_login {}

#[doc = include_str!("../docs/guides/refusal-bodies.md")]
pub mod refusal_bodies {}

#[doc = include_str!("../docs/guides/testing-your-refusals.md")]
pub mod testing_your_refusals {}

#[doc = include_str!("../docs/guides/inspecting.md")]
pub mod inspecting {}

#[doc = include_str!("../docs/guides/operating.md")]
pub mod operating {}

#[doc = include_str!("../docs/guides/alerts.md")]
pub mod alerts {}

#[doc = include_str!("../docs/guides/debugging-a-refusal.md")]
pub mod debugging_a_refusal {}

#[doc = include_str!("../docs/guides/crawlers.md")]
pub mod crawlers {}

#[doc = include_str!("../docs/guides/cors-and-other-middleware.md")]
pub mod cors_and_other_middleware {}

#[cfg(all(feature = "fetch", any(feature = "jwt", feature = "jwt-rust-crypto")))]
#[doc = include_str!("../docs/guides/oauth.md")]
pub mod oauth {}

#[cfg(all(feature = "fetch", any(feature = "jwt", feature = "jwt-rust-crypto")))]
#[doc = include_str!("../docs/guides/mcp.md")]
pub mod mcp {}
