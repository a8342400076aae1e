//! What can be wrong with a challenge: the one that you write, and the one that you read.

use thiserror::Error;

/// Why something that was to be written is not an auth-scheme with its token68 or its
/// parameters (RFC 9110 §11).
///
/// The messages name parameters, and never quote a value: it may be a secret.
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
    /// A parameter occurs twice; RFC 9110 §11.2 has each name once, in whatever case.
    #[error("the parameter {name:?} is there already: set it once, or replace it")]
    Duplicate {
        /// The name as it was given the second time.
        name: String,
    },
    /// There are more parameters than [`MAX_PARAMS`](super::MAX_PARAMS).
    #[error("too many parameters: leave it at {max}", max = super::MAX_PARAMS)]
    TooMany,
    /// A value that is to be written without quotes is not a token.
    #[error("the value of {name:?} is not a token: have it quoted, with `param`")]
    NotAToken {
        /// The parameter's name.
        name: String,
    },
    /// A value holds a control character, or one outside ASCII.
    #[error("the value of {name:?} holds more than printable ASCII: remove or encode the rest")]
    Text {
        /// The parameter's name.
        name: String,
    },
    /// The token68 is none: letters, digits and `-._~+/`, then any number of `=`.
    #[error("that is no token68: encode it as base64 or base64url")]
    Token68,
    /// There is a token68 and a parameter; RFC 9110 §11.2 has either.
    #[error("a token68 stands alone: leave out the token68 or the parameters")]
    Token68WithParams,
    /// The `http` crate does not take the value for a field's.
    #[error("a field cannot hold that value: keep to printable ASCII")]
    FieldValue,
}

/// Why a [`ChallengeBuilder`](super::ChallengeBuilder) makes no challenge.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum InvalidChallenge {
    /// It is not even of the general syntax.
    #[error(transparent)]
    Syntax(#[from] InvalidSyntax),
    /// A value that senders must quote is to be written without quotes: every `realm`
    /// (RFC 9110 §11.5), and most of Digest (RFC 7616 §3.3).
    #[error("{name:?} must be quoted: write it with `param`, not with `token_param`")]
    Unquoted {
        /// The parameter's name.
        name: String,
    },
    /// A value that senders must not quote is to be quoted: `stale` and `algorithm` of
    /// Digest (RFC 7616 §3.3).
    #[error("{name:?} of Digest must not be quoted: write it with `token_param`")]
    Quoted {
        /// The parameter's name.
        name: String,
    },
    /// An OAuth parameter holds a character outside its set (RFC 6750 §3, RFC 9470 §3).
    #[error("the value of {name:?} is not {wanted}")]
    OAuthValue {
        /// The parameter's name.
        name: String,
        /// What it has to be.
        wanted: &'static str,
    },
    /// A value looks like another parameter to clients that search instead of parsing.
    #[error(
        "the value of {name:?} holds {found:?}, which careless clients take for a parameter: \
             reword it"
    )]
    LookAlike {
        /// The parameter's name.
        name: String,
        /// What was found in its value.
        found: &'static str,
    },
    /// Basic without `realm` (RFC 7617 §2).
    #[error("Basic needs a realm: call `realm`")]
    MissingRealm,
    /// Bearer without any parameter (RFC 6750 §3).
    #[error("Bearer needs at least one parameter: call `realm`")]
    MissingParam,
}

/// Why a field is not a list of challenges, or credentials not a list of parameters, and where.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
#[error("{kind} (field line {line}, byte {position})")]
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

    /// Which field line it is in, counted from 0.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Where in the field line parsing stopped, in bytes, counted from 0.
    pub fn position(&self) -> usize {
        self.position
    }
}

/// What is wrong with a value that was received.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// There is no challenge in any of the lines.
    #[error("there is no challenge")]
    Empty,
    /// Neither an auth-scheme nor the name of a parameter.
    #[error("expected a token")]
    Token,
    /// Something other than spaces behind an auth-scheme.
    #[error("expected a space behind the auth-scheme")]
    Space,
    /// The name of a parameter, and no `=` behind it.
    #[error("expected `=` behind the name of a parameter")]
    Equals,
    /// Neither a token nor a quoted-string behind `=`.
    #[error("expected a token or a quoted-string")]
    Value,
    /// The closing quote is missing.
    #[error("the quoted-string does not end")]
    Unterminated,
    /// A byte that may not be there: a control character.
    #[error("a control character")]
    Control,
    /// Something behind an element of the list that is not a comma.
    #[error("expected a comma or the end")]
    Comma,
    /// A parameter's name occurs twice, in whatever case (RFC 9110 §11.2).
    #[error("a parameter occurs twice")]
    Duplicate,
    /// There are more parameters than [`MAX_PARAMS`](super::MAX_PARAMS).
    #[error("too many parameters")]
    TooMany,
}
