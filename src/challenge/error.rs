//! Why a challenge or credentials cannot be built, or cannot be read.

use thiserror::Error;

/// Why a challenge, credentials or parameters to be sent do not have the general syntax
/// (RFC 9110 §11).
///
/// The messages name parameters and never quote a value, which may be a secret.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum InvalidSyntax {
    /// The scheme is not a token.
    #[error("the auth-scheme is not a token: use letters, digits and !#$%&'*+-.^_`|~")]
    Scheme,
    /// A parameter's name is not a token.
    #[error("the parameter name {name:?} is not a token: use letters, digits and !#$%&'*+-.^_`|~")]
    Name {
        /// The name as it was given.
        name: String,
    },
    /// A parameter occurs twice. Names are compared without case: RFC 9110 §11.2.
    #[error("the parameter {name:?} is already set: set it once, or replace it")]
    Duplicate {
        /// The name as it was given the second time.
        name: String,
    },
    /// There are more parameters than [`MAX_PARAMS`](super::MAX_PARAMS).
    #[error("too many parameters: at most {max} are allowed", max = super::MAX_PARAMS)]
    TooMany,
    /// An unquoted value is not a token.
    #[error("the value of {name:?} is not a token: quote it, with `param`")]
    NotAToken {
        /// The parameter's name.
        name: String,
    },
    /// A value contains a control character, or one outside ASCII.
    #[error("the value of {name:?} is not printable ASCII: remove or encode the other characters")]
    Text {
        /// The parameter's name.
        name: String,
    },
    /// The token68 is malformed: it is letters, digits and `-._~+/`, then any number of `=`.
    #[error("the token68 is malformed: encode it as base64 or base64url")]
    Token68,
    /// There is a token68 beside parameters; RFC 9110 §11.2 allows either.
    #[error("a token68 excludes parameters: remove one or the other")]
    Token68WithParams,
    /// The `http` crate does not accept the value as a header value.
    #[error("this is no header value: use printable ASCII")]
    FieldValue,
}

/// Why a [`ChallengeBuilder`](super::ChallengeBuilder) cannot build a challenge.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum InvalidChallenge {
    /// It does not have the general syntax.
    #[error(transparent)]
    Syntax(#[from] InvalidSyntax),
    /// A value that senders must quote was set without quotes: every `realm` (RFC 9110 §11.5), and
    /// most values of Digest (RFC 7616 §3.3).
    #[error("{name:?} must be quoted: write it with `param`, not with `token_param`")]
    Unquoted {
        /// The parameter's name.
        name: String,
    },
    /// A value that senders must not quote was set with quotes: `stale` and `algorithm` of Digest
    /// (RFC 7616 §3.3).
    #[error("{name:?} of Digest must not be quoted: write it with `token_param`")]
    Quoted {
        /// The parameter's name.
        name: String,
    },
    /// An OAuth parameter has a character that is not allowed in it (RFC 6750 §3, RFC 9470 §3).
    #[error("the value of {name:?} is not {wanted}")]
    OAuthValue {
        /// The parameter's name.
        name: String,
        /// What the value has to be.
        wanted: &'static str,
    },
    /// A value looks like another parameter to clients that search instead of parsing.
    #[error(
        "the value of {name:?} contains {found:?}, which careless clients mistake for a parameter: \
             reword it"
    )]
    LookAlike {
        /// The parameter's name.
        name: String,
        /// The text in its value.
        found: &'static str,
    },
    /// A parameter that depends on the request was set for all of them (RFC 6750 §3).
    #[error("{name:?} depends on the request: leave it out, the stage adds it where it belongs")]
    OfRequest {
        /// The parameter's name.
        name: String,
    },
    /// Basic without `realm` (RFC 7617 §2).
    #[error("Basic needs a realm: call `realm`")]
    MissingRealm,
    /// Bearer without any parameter (RFC 6750 §3).
    #[error("Bearer needs at least one parameter: call `realm`")]
    MissingParam,
}

/// Why a header is not a list of challenges, or credentials not a list of parameters, and where.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
#[error("{kind} (header line {line}, byte {position})")]
pub struct ParseError {
    pub(super) kind: ParseErrorKind,
    pub(super) line: usize,
    pub(super) position: usize,
}

impl ParseError {
    /// What is wrong.
    pub fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// The header line, counted from 0.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The byte in the header line where parsing stopped, counted from 0.
    pub fn position(&self) -> usize {
        self.position
    }
}

/// What is wrong with a header value that was received.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// There is no challenge in any of the lines.
    #[error("there is no challenge")]
    Empty,
    /// There is neither an auth-scheme nor the name of a parameter.
    #[error("expected a token")]
    Token,
    /// No space follows the auth-scheme.
    #[error("expected a space after the auth-scheme")]
    Space,
    /// No `=` follows the name of a parameter.
    #[error("expected `=` after the name of a parameter")]
    Equals,
    /// Neither a token nor a quoted-string follows `=`.
    #[error("expected a token or a quoted-string")]
    Value,
    /// The closing quote is missing.
    #[error("the quoted-string does not end")]
    Unterminated,
    /// A control character.
    #[error("a control character")]
    Control,
    /// No comma follows an element of the list.
    #[error("expected a comma or the end")]
    Comma,
    /// The name of a parameter occurs twice, compared without case (RFC 9110 §11.2).
    #[error("a parameter occurs twice")]
    Duplicate,
    /// There are more parameters than [`MAX_PARAMS`](super::MAX_PARAMS).
    #[error("too many parameters")]
    TooMany,
}
