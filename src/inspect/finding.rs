//! [`Finding`]: what a check says of a response.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use http::HeaderName;

use super::check::Check;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Experience, without an RFC's words.
    Advice,
    /// A SHOULD of an RFC is not met, or common clients, caches or people are misled.
    Warning,
    /// A MUST of an RFC is not met, or a secret is revealed.
    Error,
}

impl Severity {
    /// In one word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The part of an exchange that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The status code.
    Status,
    /// A header of the response that is not there.
    Absent(HeaderName),
    /// A line of a header of the response.
    Header {
        /// The name of the header.
        name: HeaderName,
        /// Which of the lines of this name, counted from 0.
        line: usize,
        /// The bytes of the value of that line.
        bytes: Range<usize>,
    },
    /// Bytes of the body.
    Body(Range<usize>),
    /// The response as a whole, or several of them.
    Response,
}

impl Place {
    pub(super) const fn header(name: HeaderName, line: usize, bytes: Range<usize>) -> Self {
        Self::Header { name, line, bytes }
    }
}

/// What a check has found.
#[derive(Clone, Debug)]
pub struct Finding {
    pub(super) check: &'static Check,
    pub(super) severity: Severity,
    pub(super) place: Place,
    /// The bytes of the place, with credentials replaced.
    pub(super) excerpt: String,
    /// With credentials replaced.
    pub(super) detail: Cow<'static, str>,
}

impl Finding {
    /// The check that found it.
    pub const fn check(&self) -> &'static Check {
        self.check
    }

    /// The id of the check, such as `challenge-missing`.
    pub const fn id(&self) -> &'static str {
        self.check.id()
    }

    /// How grave it is.
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// What it rests on.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// The bytes that it rests on, as text, with credentials replaced and at most 200 characters.
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }

    /// What is wrong with this response, in one sentence.
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

/// Two lines: what is wrong and where it is written, and what to do.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { check, severity, detail, .. } = self;
        write!(
            f,
            "{severity:<7} {}: {detail} ({}, row {})",
            check.id(),
            check.source(),
            check.number()
        )?;
        write!(f, "\n        {}", check.remedy())
    }
}
