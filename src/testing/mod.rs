//! Can anybody tell what you conceal from what does not exist? The leak probe, for your own tests.
//!
//! A 404 conceals nothing if `OPTIONS` answers with `Allow` there, if a `DELETE` gets 405, if the
//! body is one byte longer, or if it takes two milliseconds more. [`LeakProbe`] asks for both, in
//! every way it knows, and compares what is on the wire.
//!
//! In `[dev-dependencies]` it needs the feature `testing`, and `tokio` with `macros` and `rt`. The
//! service of this example has `axum` and `memory` besides.
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
//!     .pair("/vault/notes", "/vault/other") // there, and not there
//!     .anonymous() // who must not see it
//!     .stranger("bob", basic("bob", "builder"))
//!     .seen_by("alice", basic("alice", "wonderland")) // so it is there
//! #   .methods(["OPTIONS"])
//!     .run()
//!     .await?;
//! report.assert_silent(); // or else it fails with the report
//! # Ok(())
//! # }
//! ```
//!
//! The report has a paragraph for each cause, however many requests show it:
//!
//! ```text
//! 1 leak in 11554 requests (2872 shapes, pairs: 1, callers: 2) in 2.9 s
//!
//! 1. `OPTIONS /vault/notes`: `allow` present on concealed (`GET,HEAD`), absent on missing
//!    shapes: 314 (OPTIONS 314)
//!    callers: nobody, bob; pairs: /vault/notes and /vault/other
//!    first seen by nobody: OPTIONS /vault/notes
//!    compared with:        OPTIONS /vault/other
//! ```
//!
//! # What is tried
//!
//! The product of all that a request may carry is far too many, so a covering set of 2,872 requests
//! is tried for each pair and caller:
//!
//! - *alone, with each of 12 methods* (`FROB` and `get` among them): HTTP/1.0; conditionals;
//!   `Range`; `Accept` and its like; CORS and its preflight; upgrades; `Expect`; wrong
//!   credentials; cookies, proxies' fields, method overrides and others; bodies: none, small,
//!   256 KiB, chunked, malformed JSON, with trailers, broken chunks, with encodings, held back in
//!   part or until `100 Continue`; 22 ways to write the path: slashes, dots, percent-encodings,
//!   upper case, a child, an extension, queries, the absolute form;
//! - *in pairs, where one stage reads both*: conditional × range; conditional, range, accept,
//!   upgrade, origin and body × path; content type × content × framing; body × conditional,
//!   accept and origin; 3 MiB and a terabyte announced × the methods that write;
//! - whatever you add by [`trying`](LeakProbe::trying).
//!
//! # How long it takes
//!
//! Each shape waits for four answers: one for either path, and one behind each, which shows what
//! became of the connection. Where two answers take less than a millisecond, shapes are tried one
//! after the other, and a pair and a caller take about two seconds in a debug build, in memory.
//! Where they take longer, as behind a [floor in time](crate::hiding_a_resource), shapes are tried
//! side by side: as many at a time as the service answers in less than twice the time of one, and
//! alike, 32 at most. So a run takes about
//!
//! ```text
//! pairs × callers × shapes × 4 × (time of an answer) ÷ (shapes at a time)
//! ```
//!
//! For two pairs and two callers behind a floor of 20 ms that is 29 s; 32.5 s were measured (and
//! 117 s with eight [at a time](LeakProbe::at_a_time); one by one, it would be a quarter of an hour).
//! Bodies that are held back take a tenth of a second more where the service waits for them, and
//! each difference takes another 44 answers, one after the other, until it is settled. The report
//! does not depend on which answer comes first. A service that cannot be asked side by side is
//! asked one by one with `at_a_time(1)`.
//!
//! # What is compared
//!
//! The [`Aspect`]s: whether there is an answer, and before the body or after it; interim answers;
//! status; each field's presence and lines; the order and case of their names; framing; trailers;
//! body; reason phrase; version; and what becomes of the connection, by sending a second request.
//! `Date` may differ, and so may the values of the fields that you [ignore](LeakProbe::ignoring).
//! Where an answer echoes its own path, that is not a difference.
//!
//! Before a difference is called a leak, both requests are repeated eleven times, in turn: it is
//! one if no answer of the one kind was like any of the other. (Once the same difference has been
//! settled thrice, it is believed at sight.) What differs now and then is
//! [counted](Report::unsettled), and is not a leak: even odds on both sides would look like one
//! once in four million.
//!
//! # Time
//!
//! [`LeakProbe::times`] measures plain `GET`s over one warm connection, from the writing of the
//! request to the first byte of the answer. Each block is one request for either path, in an order
//! drawn by a seeded generator (SplitMix64), so that drift hits both alike.
//!
//! ```
//! # use portcullis::testing::{LeakProbe, ProbeError};
//! # async fn test(probe: LeakProbe) -> Result<(), ProbeError> {
//! let timings = probe.times(10_000).await?;
//! println!("{timings}"); // medians, how often concealed comes sooner, z, p
//! timings.assert_silent();
//! # Ok(())
//! # }
//! ```
//!
//! The test is **Wilcoxon's signed-rank test** on the differences within the blocks, two-sided, with
//! the correction for ties and the normal approximation. If nothing differs, chance alone has
//! decided on the sign of each difference, so nothing has to be taken for granted: not the
//! distribution of times, nor that they are independent; and a pause of the machine is one rank,
//! where it would carry a mean away. Mann and Whitney's test finds as much where nothing drifts and
//! less where something does (in five runs on a service in memory, z = 2.6 to 8.3 where this one has
//! 6.7 to 12.8); its *U* tells the [size of the effect](Timing::sooner).
//!
//! Its **error rate** is 1e-4 for a whole run, shared by its pairs and callers (Bonferroni).
//! Measured: of 4,000 tests of nothing, on made-up times with a heavy tail, 195 were wrong at 5 %,
//! 44 at 1 %, none at 0.01 % (with strong drift 194, 44, none); of 200 on a service in memory, with 1,000 samples on each side, 6 at 5 %, none at
//! 1 %.
//!
//! Its **power** at 1e-4: nine in ten times it finds a shift of 7.5 / √*n* standard deviations of
//! normal times, *n* being the samples on each side. A heavy tail takes a little of it:
//!
//! | samples on each side | 200 | 1,000 | 10,000 | 100,000 |
//! |---|---|---|---|---|
//! | shift, in standard deviations | 0.54 | 0.24 | 0.076 | 0.024 |
//! | found, where one time in fifty is an outlier | 76 of 100 | 82 of 100 | 82 of 100 | 78 of 100 |
//!
//! With many samples it finds differences of nanoseconds: a policy that is asked takes longer than
//! a route that is not there. Unless something levels the times, expect that.
//!
//! # What it cannot find
//!
//! What depends on more than one request (rate limits, counters, caches, a name that is taken when
//! it is created), or on more than two additions together; what shows on other paths (search,
//! sitemaps, `Location` of siblings); leaks in values that you ignore, or that show now and then; a
//! tag that only the resource knows, unless it is [given](LeakProbe::trying); `CONNECT`; HTTP/2 and
//! TLS; times of anything but plain `GET`s. An id within a body cannot be ignored: it is reported.
//! A close of the connection and a reset are one, since it is a race which of them a client sees.
//!
//! It asks with methods that write, too: have it probe a service that may be written to.

mod answer;
mod aspect;
mod caller;
mod compare;
mod error;
mod exchange;
mod known;
mod pace;
mod probe;
mod rank;
mod report;
mod request;
mod run;
mod shapes;
mod target;
mod timing;

pub use aspect::Aspect;
pub use caller::{basic, bearer};
pub use error::ProbeError;
pub use probe::LeakProbe;
pub use report::{Leak, Report};
pub use timing::{Timing, Timings};
