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
//! 1 leak in 17614 requests (shapes: 2872 over HTTP/1.1, 1515 over HTTP/2; pairs: 1, callers: 2)
//! and 6000 samples in 10.1 s
//!
//! 1. `OPTIONS /vault/notes`: `allow` present on concealed (`GET,HEAD`), absent on missing
//!    shapes: 492 (OPTIONS 492), 314 over HTTP/1.1, 178 over HTTP/2
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
//! # HTTP/2
//!
//! A service is asked over HTTP/1.1 and over HTTP/2, an address over what [`over`](LeakProbe::over)
//! says. Over HTTP/2 (by prior knowledge, RFC 9113 §3.3) the same shapes are sent as far as HTTP/2
//! has them:
//!
//! - `Host` is sent as `:authority`; a body that is chunked is sent without `content-length`;
//! - what HTTP/2 does not have is left out: HTTP/1.0, the absolute form, `Connection`, `Upgrade` and
//!   the other fields of RFC 9113 §8.2.2, several `Host` lines, chunks that are malformed;
//! - with each method come `:scheme` `https`, a `host` that is not `:authority`, and a cookie in two
//!   lines; and the extended `CONNECT` (RFC 8441), if the service offers it;
//! - where HTTP/1.1 is asked as well, additions are tried alone, and not in pairs: the same service
//!   reads them, and what differs is how the answer gets onto the wire.
//!
//! Up to 512 requests share a connection, as many at a time as over HTTP/1.1. If one of the answers
//! ends it, all of them are sent once more, each on a connection of its own. A request that holds its
//! body back or is larger than 8 KiB has a connection of its own in any case.
//!
//! Compared is all that HTTP/1.1 and HTTP/2 have in common, and which frame has `END_STREAM`, whether
//! `content-length` announces it, `RST_STREAM` before and within the answer and `GOAWAY`, both with
//! their codes, and what becomes of the rest of a body: whether it is taken, refused or left waiting.
//! The report says for each cause over which transport it shows.
//!
//! # How long it takes
//!
//! Over HTTP/1.1 each shape waits for four answers: one for either path, and one behind each, which
//! shows what became of the connection. Over HTTP/2 it waits for two. Where two answers take less
//! than a millisecond, shapes are tried one after the other, and a pair and a caller take about five
//! seconds of a processor in a debug build, in memory: two for HTTP/1.1, one and a half for HTTP/2,
//! and the rest for samples. Where they take longer, as behind a
//! [floor in time](crate::hiding_a_resource), shapes are tried side by side: as many at a time as
//! the service answers in less than twice the time of one, and alike, 32 at most. So a run takes
//! about
//!
//! ```text
//! pairs × callers × (time of an answer) ÷ (shapes at a time)
//!     × (4 × shapes over HTTP/1.1 + 2 × shapes over HTTP/2 + 3 × 1,500 samples)
//! ```
//!
//! For two pairs and two callers behind a floor of 20 ms that is 48 s; on a machine that was busy with
//! other work, 92 s were measured, and 227 s with eight [at a time](LeakProbe::at_a_time) (one by one,
//! it would be 25 minutes). Samples are sixteen times as many where answers vary. Bodies that are held
//! back take a tenth of a second more where the service waits for them, and each difference takes
//! another 44 answers, one after the other, until it is settled. The report does not depend on which
//! answer comes first. A service that cannot be asked side by side is asked one by one with
//! `at_a_time(1)`.
//!
//! # What is compared
//!
//! The [`Aspect`]s: whether there is an answer, and before the body or after it; interim answers;
//! status; each field's presence and lines; the order and case of their names; framing; trailers;
//! body; reason phrase; version; and what becomes of the connection, by sending a second request.
//! `Date` may differ, and so may the values of the fields that you [ignore](LeakProbe::ignoring).
//! Where an answer echoes its own path, that is not a difference.
//!
//! Before a difference is called a leak, both requests are repeated eleven times, in an order that is
//! drawn each time: it is one if no answer of the one kind was like any of the other. (Once the same
//! difference has been settled thrice, it is believed at sight.) Even odds on both sides would look
//! like one once in four million, and a service that counts requests, as backends do that take
//! turns, once in two thousand at most; so what is known to vary is repeated 31 times. What differs
//! now and then is [counted](Report::unsettled), and is not a leak by that.
//!
//! # What shows in some of the answers
//!
//! A cache, a sampled field, one of ten backends: a leak may show in one answer of many. Therefore
//! each path is asked for 50 times with each method, and with a small body where the method writes;
//! and 800 times where the answers vary. [`repetitions`](LeakProbe::repetitions) sets another number
//! than 50. Both paths are asked for in blocks of one request each, whose order is drawn, and side
//! by side as the shapes are.
//!
//! Counted is in how many blocks something shows on one side alone: that an aspect is there, its
//! value, its length, and each of the words in fields, bodies and trailers, so that a new id in every
//! answer hides nothing. The test is the **exact sign test** on these blocks (McNemar's exact test),
//! two-sided. As in the test of [time](#time), nothing has to be taken for granted: not that answers
//! are independent, nor how often something shows. (An answer must not show which of both paths was
//! asked for before it.) Ids, counters, limits, and backends that take turns or are drawn are no leak
//! by this test as long as they are alike for both paths. What one side always has, and the other
//! never, is left to the comparison of shapes.
//!
//! Its **error rate** is 1e-4 for a whole run, shared by pairs, callers, transports and shapes
//! (Bonferroni), and among the things that are counted by those that show often enough to matter
//! (Tarone). Measured: of 80 tests of ids, counters and turns, none was wrong, and 2 at 10 %.
//!
//! Its **power** for something that shows in some answers on one side and never on the other: it is
//! found about nine in ten times if it shows in at least one answer of
//!
//! | repetitions | 50 | 100 | 200 | 1,000 |
//! |---|---|---|---|---|
//! | one answer of | 20 | 40 | 80 | 400 |
//! | found (of 1,000 runs) | 928 | 918 | 915 | 889 |
//!
//! With 50, what shows in one answer of ten is missed once in two hundred runs. What shows on both
//! sides is found if it does so in half of the answers on the one and in a third on the other.
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
//! sitemaps, `Location` of siblings); leaks in values that you ignore; what shows in some of the
//! answers to requests with additions, or in fewer than [found](#what-shows-in-some-of-the-answers); a
//! tag that only the resource knows, unless it is [given](LeakProbe::trying); `CONNECT` over HTTP/1.1;
//! TLS, HTTP/3; times of anything but plain `GET`s over HTTP/1.1. An id within a body cannot be
//! ignored: it is reported. Over HTTP/1.1 a close of the connection and a reset are one, since it is
//! a race which of them a client sees.
//!
//! Of HTTP/2: how fields are compressed, how lines of the same name are spread among others (they are
//! compared in their order), the sizes of `DATA` frames, `WINDOW_UPDATE` (but for whether a body can
//! be sent), `PRIORITY`, padding, pushes, settings, and requests that are malformed as such.
//!
//! It asks with methods that write, too: have it probe a service that may be written to.

mod answer;
mod ask;
mod aspect;
mod caller;
mod chance;
mod compare;
mod error;
mod exchange;
mod http2;
mod in_order;
mod pace;
mod probe;
mod rank;
mod report;
mod request;
mod run;
mod sample;
mod shapes;
mod tally;
mod target;
mod timing;
mod transport;

pub use aspect::Aspect;
pub use caller::{basic, bearer};
pub use error::ProbeError;
pub use probe::LeakProbe;
pub use report::{Leak, Report};
pub use timing::{Timing, Timings};
pub use transport::Transport;
