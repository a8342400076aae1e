#![doc = include_str!("../README.md")]
//!
//! # Where to find what
//!
//! | question | answer |
//! |---|---|
//! | How do I begin, step by step? | [The guides](guides) |
//! | Which user sent the request? | [`Identity`], [`Bearer`], [`Basic`], [`ApiKey`], `Digest`, [`ConnectionIdentity`], [`any_of`]; why it failed: [`Unauthenticated`] |
//! | Are these credentials right? | [`Verify`], [`verify_fn`], [`async_verify_fn`] |
//! | How do I limit failed attempts? | [`Throttle`], [`Identity::throttled`]; in a handler: [`Attempt::limited_by`] |
//! | May the user do this? | [`Policy`], [`role`], [`scope`], [`acr`], [`policy_fn`], [`all`](policy::all), [`any`](policy::any), [`not`](policy::not), [`conceal`](conceal()) |
//! | Why was this request refused? | [Debugging a refusal](guides::debugging_a_refusal) |
//! | How does a handler refuse? | [`Denial`], [`Policy::check`] |
//! | What do the layers do? | [`AuthenticateLayer`], [`AuthorizeLayer`] |
//! | How do I hide that something exists? | [`conceal`](conceal()), [`ConcealLayer`], [Hiding a resource](hiding_a_resource) |
//! | What should a client do after this response? | [`Advice`] |
//! | Is a refusal right, of any server? | `inspect`, with the feature `inspect`; several compared: `testing::Inspection`; in tests: `testing::InspectLayer`; by hand: `portcullis inspect`, with the feature `cli` |
//! | What does a refusal look like? | [`Problem`], [`Negotiate`], [`respond_fn`], [`Respond`] |
//! | How do my own errors look the same? | [`ProblemDetails`] |
//! | Where do users log in, and out? | [`LoginPage`], [`ReturnPath`], on another host [`login::ReturnAddress`]; [`LogOut`](login::LogOut); without a dialog: [`AuthenticateLayer::suppress_dialogs_for_scripts`], [`NoDialog`](login::NoDialog) |
//! | What do search engines see? | [Crawlers](guides::crawlers), [`LoginPage::noindex`] |
//! | What do operators see? | [`observe`]: [`Event`], [`Observe`], `Metrics`, with the feature `metrics`; [`AuthenticateLayer::on_decision`]; outside the stages: [`AuditRecord`] |
//! | Which alert names the culprit? | [Alerts](guides::alerts) |
//! | Which target did the client use? | [`OriginalTarget`] |
//! | Which headers may a script of another origin read? | [`AuthenticateLayer::expose_challenges`] |
//! | How does a refusal reach a client that is uploading? | `DrainLayer`, with the feature `tokio` |
//! | Which layers go inside, which outside? | [CORS and other middleware](guides::cors_and_other_middleware) |
//! | What is on the wire? | [`challenge`] |
//! | Where do credentials remain? | [Secrets in memory and in logs](secrets_in_memory) |
//! | How do I accept access tokens of an OAuth 2 authorization server? | `oauth`, with the features `jwt` and `fetch` |
//! | What exactly happens in each situation? | [The table](semantics), whose rows have ids such as `A06` |
//! | What can a client fill? | [The limits](limits) |
//! | What do the layers cost? | [Performance](performance) |
//! | Can callers notice what I conceal? | `testing::LeakProbe`, with the feature `testing` |

#![cfg_attr(docsrs, feature(doc_cfg))]

mod accept;
mod advice;
mod audit;
pub mod authenticate;
pub mod authorize;
#[cfg(feature = "axum")]
mod axum;
mod body;
mod cache_control;
mod catch_panic;
pub mod challenge;
pub mod conceal;
mod debug;
mod denial;
mod disclosed;
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub mod drain;
mod grpc;
#[cfg(doc)]
pub mod guides;
#[cfg(doc)]
#[doc = include_str!("../docs/guides/concealing.md")]
pub mod hiding_a_resource {}
pub mod identity;
#[cfg(any(feature = "memory", feature = "oauth"))]
mod keyed_digest;
#[cfg(doc)]
#[doc = include_str!("../docs/limits.md")]
pub mod limits {}
#[cfg(feature = "inspect")]
#[cfg_attr(docsrs, doc(cfg(feature = "inspect")))]
pub mod inspect;
mod list;
pub mod login;
#[cfg(not(all(feature = "iso-8859-1", feature = "time-floor", feature = "tokio")))]
mod missing_feature;
#[cfg(feature = "oauth")]
#[cfg_attr(docsrs, doc(cfg(feature = "oauth")))]
pub mod oauth;
pub mod observe;
mod original_target;
mod percent;
#[cfg(doc)]
#[doc = include_str!("../docs/performance.md")]
pub mod performance {}
pub mod policy;
mod preflight;
mod principal;
pub mod respond;
#[cfg(doc)]
#[doc = include_str!("../docs/secrets.md")]
pub mod secrets_in_memory {}
#[cfg(doc)]
#[doc = include_str!("../docs/semantics.md")]
pub mod semantics {}
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
#[cfg(feature = "tokio")]
mod timeout;

// The names that an application types. The modules have these and all others: the types that functions
// return, the errors, and what an implementation of a scheme, a combinator or a store needs.
pub use advice::{Advice, RetryAfter};
pub use audit::AuditRecord;
pub use authenticate::AuthenticateLayer;
pub use authorize::AuthorizeLayer;
pub use body::ResponseBody;
pub use conceal::ConcealLayer;
pub use denial::propagate::Stage;
pub use denial::{Cause, Denial, Requirement, Unauthenticated};
pub use disclosed::Disclosed;
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use drain::DrainLayer;
pub use identity::{
    ApiKey, Attempt, Basic, Bearer, ConnectionIdentity, Identity, IdentityInfo, Login, Outcome,
    Throttle, Verify, any_of, async_identity_fn, async_verify_fn, identity_fn, verify_fn,
};
// Each with its feature, so that the compiler names the feature where it is missing.
#[cfg(feature = "digest")]
#[cfg_attr(docsrs, doc(cfg(feature = "digest")))]
pub use identity::{Digest, DigestUsers};
#[cfg(feature = "memory")]
#[cfg_attr(docsrs, doc(cfg(feature = "memory")))]
pub use identity::{Tokens, Users};
pub use login::{LoginPage, ReturnPath};
pub use observe::{Event, Observe};
pub use original_target::OriginalTarget;
pub use policy::{
    BoxPolicy, Decision, HasAuthentication, HasRoles, HasScopes, Policy, acr, anyone,
    async_policy_fn, authenticated, conceal, conceal_unless, max_age, policy_fn, resource_fn, role,
    scope,
};
pub use principal::Principal;
pub use respond::{Negotiate, Problem, ProblemDetails, Refusal, Respond, StaticBody, respond_fn};
