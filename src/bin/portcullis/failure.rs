//! [`Failure`]: why the command cannot do what it was asked.

use std::fmt;

/// The exit status if there is a finding of severity error or warning.
pub(crate) const FOUND: u8 = 1;
/// The exit status if the command cannot do what it was asked.
pub(crate) const CANNOT: u8 = 2;

/// Why the command cannot do what it was asked, for a person to read. Never with a credential.
#[derive(Debug)]
pub(crate) struct Failure(String);

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
