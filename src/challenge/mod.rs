//! What does a 401 ask for, and what did the client answer?
//!
//! The grammar of RFC 9110 §11: a [`Challenge`] is what a server sends, [`Credentials`] are
//! what a client sends back. Both are an auth-scheme with either a token68 or parameters:
//!
//! ```text
//! challenge   = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
//! credentials = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
//! auth-scheme = token
//! auth-param  = token BWS "=" BWS ( token / quoted-string )
//! token68     = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
//! ```
//!
//! Reading takes all that the grammar allows. Writing takes much less: what several clients
//! misread cannot be built, and that shows where it is built, never on the wire.
//!
//! ```
//! use portcullis::challenge::{Challenge, Challenges, Credentials};
//!
//! let wanted = Challenges::new(Challenge::bearer("api")?).and(Challenge::basic("api")?);
//! let lines: Vec<_> = wanted.iter().map(Challenge::header_value).collect();
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
//! What is read differs from the ABNF in these points only, and each of them is an error:
//!
//! - a parameter that occurs twice in one challenge: RFC 9110 §11.2 forbids it in prose;
//! - more than [`MAX_PARAMS`] parameters in one challenge;
//! - a quoted-string that begins on one field line and ends on another: joined by a comma the
//!   lines would be valid, but nobody can say which value was meant;
//! - no challenge at all: [`Challenges`] is never empty.

mod authentication_info;
mod builder;
mod bytes;
mod credentials;
mod error;
mod fields;
mod list;
mod params;
mod parser;
mod rules;
pub mod scheme;
mod server_role;
mod value;

pub use authentication_info::{AuthenticationInfo, AuthenticationInfoBuilder};
pub use builder::ChallengeBuilder;
pub use credentials::{Credentials, CredentialsBuilder};
pub use error::{InvalidChallenge, InvalidSyntax, ParseError, ParseErrorKind};
pub use fields::{ProxyAuthenticate, WwwAuthenticate};
pub use list::{Challenges, IntoIter, Iter};
pub use params::{AuthParams, MAX_PARAMS};
pub use rules::{fits_error_description, is_scope_token};
pub use value::Challenge;

pub(crate) use server_role::ServerRole;
