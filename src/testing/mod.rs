//! Does a response reveal what you conceal? [`LeakProbe`] checks it in your own tests.
//!
//! A 404 conceals nothing if `OPTIONS` for the same path returns `Allow`, if a `DELETE` gets 405, if
//! the body is one byte longer, or if the response takes two milliseconds more. The probe sends
//! thousands of requests, each to a concealed path and to a missing one, and compares the two
//! responses on the wire.
//!
//! Are your refusals right? [`InspectLayer`] judges every response in the tests that you have, and [`Inspection`]
//! asks a server as several callers and compares what they get.
//!
//! Add the feature `testing` in `[dev-dependencies]`, and `tokio` with `macros` and `rt`. The service
//! of this example also needs `axum` and `memory`.
//!
//! ```
//! use axum::Router;
//! use axum::routing::any;
//! use portcullis::testing::{LeakProbe, basic};
//! use portcullis::{AuthenticateLayer, AuthorizeLayer, Basic, Denial, Users, conceal, role};
//! # use portcullis::HasRoles;
//! # #[derive(Clone)] struct User(&'static str);
//! # impl HasRoles for User { fn has_role(&self, role: &str) -> bool { self.0 == role } }
//! # fn app() -> Router {
//! #     let users = Users::new()
//! #         .with("alice", "wonderland", User("admin"))
//! #         .with("bob", "builder", User("member"));
//! #     let stage = AuthenticateLayer::new(Basic::new("vault", users).unwrap()).optional();
//! #     let notes = any(|| async { "the notes" });
//! #     let app = Router::new()
//! #         .route("/vault/notes", notes.layer(AuthorizeLayer::<User>::new(conceal(role("admin")))))
//! #         .fallback(|| async { Denial::not_found() });
//! #     Router::new().fallback_service(app).layer(stage)
//! # }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), portcullis::testing::ProbeError> {
//! // In your tests, in a `#[tokio::test]`:
//! let report = LeakProbe::of_service(app()) // or `of_address("127.0.0.1:3000".parse()?)`
//!     .pair("/vault/notes", "/vault/other") // a concealed path, and a missing one
//!     .anonymous() // callers who must not see the concealed path
//!     .unauthorized("bob", basic("bob", "builder"))
//!     .authorized("alice", basic("alice", "wonderland")) // shows that the path exists
//! #   .methods(["OPTIONS"])
//!     .run()
//!     .await?;
//! report.assert_no_leaks(); // panics with the report if there are any
//! # Ok(())
//! # }
//! ```
//!
//! The report has one paragraph for each cause, however many requests show it:
//!
//! ```text
//! 1 leak in 17614 requests (variants: 2872 over HTTP/1.1, 1515 over HTTP/2; pairs: 1, callers: 2)
//! and 6000 samples in 10.1 s
//!
//! 1. `OPTIONS /vault/notes`: `allow` present on concealed (`GET,HEAD`), absent on missing
//!    variants: 822 (OPTIONS 822)
//!    callers: anonymous, bob; pairs: /vault/notes and /vault/other
//!    first seen by anonymous: OPTIONS /vault/notes
//!    compared with:           OPTIONS /vault/other
//! ```
//!
//! In memory, a run takes some ten seconds for each pair and caller in a debug build; behind a time
//! floor it tries up to 64 variants at a time ([how long a run takes](method#number-of-requests-and-duration)).
//! [`LeakProbe::times`] compares response times, with [a test of its own](method#response-time).
//!
//! # What it cannot find
//!
//! 1. Leaks that need several requests (rate limits, caches) or show on other paths (search, sitemaps).
//! 2. Leaks in values that you ignore, in the characters of an id that is always new, or in
//!    [too few responses](method#differences-in-some-responses).
//! 3. Headers, parameters and values on none of its lists, unless you [give them](LeakProbe::with_header).
//! 4. Leaks that need three additions to a request at once; two are found in part.
//! 5. `CONNECT` to an authority, TLS, HTTP/3, and the time of anything but plain `GET`s.
//!
//! The probe sends methods that write: run it against a service whose data may change.
//!
//! The page [`method`] says which requests it sends, when it reports a difference, and how much it finds.

mod ask;
mod aspect;
mod authorized_headers;
mod caller;
mod compare;
mod concurrency;
mod confirm;
mod control_paths;
mod describe;
mod echo;
mod entry;
mod error;
mod every_path;
mod exchange;
mod form;
mod frequency;
mod http2;
mod in_order;
mod inspect_layer;
mod inspection;
mod leak;
mod learned;
#[cfg(doc)]
#[doc = include_str!("../../docs/guides/testing-for-leaks.md")]
pub mod method {}
mod minimize;
mod pair;
mod probe;
mod probe_all;
mod report;
mod request;
mod response;
mod rng;
mod run;
mod sample;
mod sign_test;
mod signed_rank;
mod tally;
mod target;
mod timed;
mod timing;
mod transport;
mod variants;

pub use aspect::Aspect;
pub use caller::{basic, bearer};
pub use error::ProbeError;
pub use inspect_layer::{InspectBody, InspectFuture, InspectLayer, InspectService};
pub use inspection::{Inspection, InspectionError, InspectionReport, ReportedFinding, Unanswered};
pub use leak::Leak;
pub use probe::LeakProbe;
pub use report::Report;
pub use timing::{Timing, Timings};
pub use transport::Transport;
