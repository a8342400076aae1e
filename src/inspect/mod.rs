//! Judges the refusals of any server, from what is on the wire.
//!
//! Linters of HTTP parse headers one by one. The [checks](Check::all) here know what a refusal means: that a 401
//! must have a challenge, that `Bearer` alone is none, that a token which was sent and refused needs an
//! `error`, that a 404 without `no-store` can be stored. Each has an id, a severity, a row of
//! [section I](crate::semantics#i01) and the section of its RFC, and says what to do.
//!
//! ```
//! use http::{Request, Response};
//! use portcullis::inspect::{Severity, inspect};
//!
//! let request = Request::get("/reports").body(())?;
//! let response = Response::builder().status(401).body(())?;
//! let findings = inspect(&request, &response, b"");
//!
//! assert_eq!(findings[0].id(), "challenge-missing");
//! assert_eq!(findings[0].severity(), Severity::Error);
//! for finding in &findings {
//!     println!("{finding}");
//! }
//! # Ok::<_, http::Error>(())
//! ```
//!
//! One exchange shows what is wrong in itself. What shows only when several are compared, as a server that
//! ignores credentials, is found by an inspection (feature `testing`), which asks a server as several callers.
//! In the tests of an application, `testing::InspectLayer` judges every exchange. The command
//! `portcullis inspect` (feature `cli`) does it for any server.
//!
//! A finding never shows a credential: where the bytes it rests on hold one, it is replaced.

mod any_of;
mod blamed;
mod cache_rules;
mod check;
mod checks;
mod coding;
#[cfg_attr(not(feature = "testing"), allow(dead_code))]
mod compared;
mod connection;
mod credentials;
mod denied;
mod echoed;
mod exchange;
mod finding;
mod finding_json;
mod findings;
mod html;
mod internals;
mod json;
#[cfg_attr(not(feature = "testing"), allow(dead_code))]
mod likeness;
mod login_address;
mod masked;
mod reading;
#[cfg_attr(not(feature = "testing"), allow(dead_code))]
mod recorded;
mod redact;
#[cfg_attr(not(feature = "testing"), allow(dead_code))]
mod robots;
mod secrets;
#[cfg_attr(not(feature = "testing"), allow(dead_code))]
mod series;
mod shown;
mod shown_address;
mod text;
mod view;
mod words;

#[cfg(feature = "testing")]
pub(crate) use coding::is_coded;
#[cfg(feature = "testing")]
pub(crate) use recorded::Recorded;
#[cfg(feature = "testing")]
pub(crate) use redact::ShownPaths;
#[cfg(feature = "testing")]
pub(crate) use series::{Asked, Caller, Question, Series};

pub use check::Check;
pub use exchange::{Exchange, inspect};
pub use finding::{Finding, Place, Severity};
