//! Challenges and credentials: reading and writing the grammar of RFC 9110 §11.
//!
//! A server sends a [`Challenge`], and a client responds with [`Credentials`]. Both are an auth-scheme
//! with either a token68 or parameters:
//!
//! ```text
//! challenge   = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
//! credentials = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
//! auth-scheme = token
//! auth-param  = token BWS "=" BWS ( token / quoted-string )
//! token68     = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
//! ```
//!
//! Reading accepts all that the grammar allows. Writing is stricter: a challenge that several clients
//! misread cannot be built, so that the error appears when the program builds it and not on the wire.
//!
//! ```
//! use portcullis::challenge::{Challenge, Challenges, Credentials};
//!
//! let challenges = Challenges::new(Challenge::bearer("api")?).and(Challenge::basic("api")?);
//! let lines: Vec<_> = challenges.iter().map(Challenge::header_value).collect();
//! assert_eq!(
//!     lines,
//!     [r#"Bearer realm="api""#, r#"Basic realm="api", charset="UTF-8""#],
//! );
//!
//! let sent = Credentials::parse(b"Bearer mF_9.B5f-4.1JqM").unwrap();
//! assert!(sent.is("bearer"));
//! assert_eq!(sent.token68(), Some("mF_9.B5f-4.1JqM"));
//! # Ok::<_, portcullis::challenge::InvalidChallenge>(())
//! ```
//!
//! # Deviations from the grammar
//!
//! Reading differs from the ABNF in these points only, and each of them is an error:
//!
//! - a parameter that occurs twice in one challenge: RFC 9110 §11.2 forbids it in prose;
//! - more than [`MAX_PARAMS`] parameters in one challenge;
//! - a quoted-string that begins on one header line and ends on another: joined by a comma the
//!   lines would be valid, but the value that was meant is unknown;
//! - no challenge at all: [`Challenges`] is never empty.

mod authentication_info;
mod builder;
mod byte_set;
#[expect(clippy::module_inception, reason = "it holds `Challenge`")]
mod challenge;
mod challenges;
mod credentials;
mod error;
mod params;
mod parser;
#[cfg(feature = "inspect")]
mod received;
mod rules;
pub mod scheme;
mod server_role;
mod typed_headers;

pub use authentication_info::{AuthenticationInfo, AuthenticationInfoBuilder};
pub use builder::ChallengeBuilder;
pub use challenge::Challenge;
pub use challenges::{Challenges, IntoIter, Iter};
pub use credentials::{Credentials, CredentialsBuilder};
pub use error::{InvalidChallenge, InvalidSyntax, ParseError, ParseErrorKind};
pub use params::{AuthParams, MAX_PARAMS};
pub use rules::{fits_error_description, is_scope_token};
pub use typed_headers::{ProxyAuthenticate, WwwAuthenticate};

#[cfg(feature = "inspect")]
pub(crate) use received::{ReceivedChallenge, ReceivedChallenges, ReceivedError, ReceivedParam};
pub(crate) use server_role::ServerRole;
