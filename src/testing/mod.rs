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
//!    shapes: 822 (OPTIONS 822)
//!    callers: nobody, bob; pairs: /vault/notes and /vault/other
//!    first seen by nobody: OPTIONS /vault/notes
//!    compared with:        OPTIONS /vault/other
//! ```
//!
//! # What is tried
//!
//! The product of all that a request may carry is far too many. With the 12 methods that are tried
//! unless others are [named](LeakProbe::methods), each pair and caller is asked with 6,334
//! different shapes of requests: a covering set of 5,734, and 600 drawn at random.
//!
//! **Alone, with each method** (`FROB` and `get` among them): HTTP/1.0; conditionals; `Range`; `Accept`
//! and its like; CORS and its preflight; upgrades; `Expect`; wrong credentials; cookies, proxies'
//! fields, method overrides; bodies: none, small, 256 KiB, chunked, malformed, with trailers, with
//! broken chunks, with encodings, held back in part or until `100 Continue`; 22 ways to write the path;
//! and what you add by [`trying`](LeakProbe::trying).
//!
//! **Alone, with `GET` and one more method**, or with one:
//!
//! - *the path*: dots, slashes and letters encoded once and twice, backslashes, overlong and
//!   fullwidth forms, invisible letters, upper case, parameters of segments, encoded line ends, nul and
//!   `?`, absolute forms, prefixes that proxies take away; some 300 extensions and children;
//!   targets of up to 70 KiB, hundreds of segments, 2,000 parameters;
//! - *conditions*: lists, weak tags, broken tags, dates in all three forms, `If-Range`; what the
//!   resource says to a [witness](LeakProbe::seen_by), said back: its tag, its date, its own fields;
//! - *the connection*: hosts, hop-by-hop fields, `TE`, `Trailer`, `Expect`, web sockets and their
//!   subprotocols, `h2c` with `HTTP2-Settings`, other upgrades, versions of HTTP;
//! - *who asks*: thirty authorization schemes and broken forms of them; origins and preflights, of
//!   private networks too;
//! - *whole sets of fields* of browsers that navigate, send forms, fetch images or prefetch; of
//!   scripts (htmx, Turbo, PJAX, Inertia, Next.js); of crawlers, proxies, health checks, WebDAV, gRPC;
//! - *another path* (`/`), and the one that is meant in `X-Original-URL`, `Destination`, `Referer` and
//!   their like;
//! - *queries*: method overrides, formats, callbacks, fields, pages, versions, debugging, and others;
//! - *sizes*: field lines of up to 70 KiB, 300 lines, lists of 500 members;
//! - *bodies*: 140 pairs of a type and a content, alone and with the fields that go with bodies
//!   (`Slug`, `Prefer`, `Idempotency-Key`, digests, `grpc-encoding`, …): JSON in its dialects, forms
//!   with `_method`, multipart, XML, SOAP, GraphQL, JSON-RPC, gRPC, Connect, patches, uploads;
//! - *what is read together*: where a request comes from and what for (`Sec-Fetch-*`, 32 of its
//!   combinations), a range and its unit, a signature and what it is of, a token in a cookie and in a
//!   field, queries of several parameters, queries that are compared as a whole (`?wsdl`), protocols of
//!   resumed uploads, of persisted queries and of events, announced trailers, HTTP/1.0 with `keep-alive`;
//! - *methods*: the rest of the IANA registry and those of caches and old servers; WebDAV's with
//!   `Depth`, `Destination`, `If`, `Lock-Token`, `Overwrite`, `Timeout` and XML.
//!
//! **Forty at a time:** every name of the IANA registry of HTTP fields (256), a thousand more that
//! servers and frameworks are known to read, 900 query parameters and 240 cookies, each several
//! times, with what they are known to say and with values of many kinds. They are put together at
//! random, for `GET`, for `POST` (half of them with bodies), and once more for all methods in turn. Where
//! such a request shows something, the additions are taken away by halves until those are left that
//! matter.
//!
//! **In pairs, where one stage reads both:** conditional × range; conditional, range, accept, upgrade,
//! origin, override and body × path; content type × content × framing; body × conditional, accept
//! and origin; 3 MiB, a terabyte announced, 5,000 arrays within each other × the methods that write.
//!
//! **At random:** any method, way to write the path, fields, queries, cookies and body together, 50
//! requests for each method.
//!
//! What is random comes from a [seed](LeakProbe::seed) that is the same in every run, so a test has
//! the same result each time; the report names it. With another one each night, the probe covers
//! more over time.
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
//! # How many requests, and how long
//!
//! A run sends 2 × pairs × callers × shapes requests, and over HTTP/1.1 behind each one a second that
//! shows what became of the connection. [`budget`](LeakProbe::budget) sets the number of shapes; unless it is set,
//! there are as many as [`LeakProbe::shapes`] says: 6,334 for the 12 methods, about 2,000 for one. A
//! shape whose answers differ takes 22 requests more until it is settled, 16 to other missing paths
//! where the values might be those of any path, and, for a new cause, about four for each addition that
//! it has, to find out which of them matter. The same difference is settled three times at most.
//!
//! Where two answers take less than a millisecond, shapes are tried one after the other, and a pair
//! and a caller take some ten seconds of a processor over HTTP/1.1 in a debug build, in memory. Where they take
//! longer, as behind a [floor in time](crate::hiding_a_resource), shapes are tried side by side: as
//! many at a time as the service answers in less than twice the time of one, and alike, 64 at most.
//! So a run takes about
//!
//! ```text
//! pairs × callers × (time of an answer) ÷ (shapes at a time)
//!     × (4 × shapes over HTTP/1.1 + 2 × shapes over HTTP/2 + 3 × 1,500 samples)
//! ```
//!
//! Bodies that are held back take a tenth of a second more where the service waits for them. The
//! report does not depend on which answer comes first. A service that cannot be asked side by side is
//! asked one by one with [`at_a_time(1)`](LeakProbe::at_a_time). If many answers are 429 or 503, the
//! report says so: a limit hides what is behind it.
//!
//! # What is compared
//!
//! The [`Aspect`]s: whether there is an answer, and before the body or after it; interim answers;
//! status; each field's presence and lines; the order and case of their names; framing; trailers;
//! body, its length and its chunks; reason phrase; version; and what becomes of the connection, by
//! sending a second request. `Date` may differ as long as it is of today, and so may the values of the
//! fields that you [ignore](LeakProbe::ignoring).
//!
//! Before a difference is called a leak, both requests are repeated eleven times, in an order that is
//! drawn each time: it is one if no answer of the one kind was like any of the other. (Once the same
//! difference has been settled thrice, it is believed at sight.) Even odds on both sides would look
//! like one once in four million, and a service that counts requests, as backends do that take
//! turns, once in two thousand at most; so what is known to vary is repeated 31 times. What differs
//! now and then is [counted](Report::unsettled), and is not a leak by that.
//!
//! # What is learned
//!
//! Ordinary services say something new in every answer, or about every path. Three things are no
//! leaks, whatever you ignore:
//!
//! - **Echoes.** Both answers repeat their own path, a segment of it or what was made of it in the same
//!   way: decoded, in other case, escaped for HTML or JSON, percent-encoded. What only one of them
//!   repeats, or in another way, is a difference. A name of one or two letters counts as an echo only
//!   where other missing paths are repeated as well: longer names make a run more certain.
//! - **What is new with every answer**: ids, nonces, tokens, counters, times. If no value came twice on
//!   either side, their *form* is compared: which words are the same each time, how long the others are,
//!   of what kinds of characters, and what they begin with. So of a Digest challenge only the nonce may
//!   differ, not its realm; and an id that is longer on the concealed path is a leak.
//! - **What every path has of its own**: an entity tag of a page that repeats the path, a compressed
//!   page, the length of an answer to `HEAD`. Eight other missing paths are asked for. If each has
//!   another value, the concealed path's has to be of the same form; if the two paths differ in length
//!   and the others, which are as long as the concealed one, have what that has, it is the length. These
//!   other paths are the missing one with other letters where it differs from the concealed one.
//!
//! [`Report::by_form`] lists what was compared by its form only. Something that shows only in the
//! letters of an id that is always new is not found.
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
//! by this test as long as they are alike for both paths; what differs between two missing paths as
//! well, such as the length of a page that repeats the path, is none either. What one side always has,
//! and the other never, is left to the comparison of shapes.
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
//! it is created); what shows on other paths (search, sitemaps, `Location` of siblings); leaks in values
//! that you ignore, or that show more rarely than [the table](#what-shows-in-some-of-the-answers) says,
//! or now and then with more than a method and a small body; `CONNECT` to an authority; TLS and HTTP/3; times of
//! anything but plain `GET`s over HTTP/1.1. A close of the connection and a reset are one, since it is a race which of
//! them a client sees. What is compressed is compared by its length, roughly, where it differs from path
//! to path: the same requests without `Accept-Encoding` show more.
//!
//! Of HTTP/2: how fields are compressed, how lines of the same name are spread among others (they are
//! compared in their order), the sizes of `DATA` frames, `WINDOW_UPDATE` (but for whether a body can
//! be sent), `PRIORITY`, padding, pushes, settings, and requests that are malformed as such.
//!
//! What is read under a name or with a value that is on none of its lists is found by chance only, or if
//! it is [given](LeakProbe::trying). What takes two additions at once is found if they are of the pairs
//! above, or by chance: two names of fields come together in about one of five runs of a method, so other
//! [seeds](LeakProbe::seed) help; three at once are hardly ever found unless a client sends them.
//!
//! It asks with methods that write, too, and for other missing paths: have it probe a service that may
//! be written to.

mod answer;
mod ask;
mod aspect;
mod caller;
mod chance;
mod compare;
mod control;
mod echo;
mod error;
mod exchange;
mod form;
mod http2;
mod in_order;
mod known;
mod learned;
mod narrow;
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
mod told;
mod transport;

pub use aspect::Aspect;
pub use caller::{basic, bearer};
pub use error::ProbeError;
pub use probe::LeakProbe;
pub use report::{Leak, Report};
pub use timing::{Timing, Timings};
pub use transport::Transport;
