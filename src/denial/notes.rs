//! What every part of a composition said, kept for the operators (E07).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::cause::Cause;

/// An error that is kept for the operators and never leaves.
pub(crate) type Source = Arc<dyn std::error::Error + Send + Sync>;

/// What one part of a policy said. Operators see it in the event; the caller never does.
#[derive(Clone, Debug)]
pub struct Note {
    pub(crate) cause: Cause,
    pub(crate) part: Cow<'static, str>,
    pub(crate) source: Option<Source>,
}

impl Note {
    /// The part's own reason.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Which part it was, for example ``role `admin` ``; empty for a closure without a name.
    pub fn part(&self) -> &str {
        &self.part
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.part.is_empty() {
            write!(f, "{}: ", self.part)?;
        }
        f.write_str(self.cause.as_str())?;
        match &self.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

/// The notes of a decision. A lone leaf shares a note that was made with it, so that an ordinary
/// refusal allocates nothing for it.
#[derive(Clone, Debug, Default)]
pub(crate) enum Notes {
    #[default]
    None,
    One(Arc<Note>),
    Many(Arc<Vec<Arc<Note>>>),
}

impl Notes {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Note> {
        let (one, many): (_, &[_]) = match self {
            Self::None => (None, &[]),
            Self::One(note) => (Some(note), &[]),
            Self::Many(notes) => (None, notes),
        };
        one.into_iter().chain(many).map(|note| &**note)
    }

    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::None)
    }

    pub(crate) fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, notes) | (notes, Self::None) => notes,
            (Self::Many(mut ours), theirs) => {
                let notes = Arc::make_mut(&mut ours);
                match theirs {
                    Self::None => {}
                    Self::One(note) => notes.push(note),
                    Self::Many(theirs) => notes.extend(theirs.iter().cloned()),
                }
                Self::Many(ours)
            }
            (Self::One(first), Self::One(second)) => Self::Many(Arc::new(vec![first, second])),
            (Self::One(first), Self::Many(rest)) => {
                Self::Many(Arc::new(std::iter::once(first).chain(rest.iter().cloned()).collect()))
            }
        }
    }
}

impl fmt::Display for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, note) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{note}")?;
        }
        Ok(())
    }
}
