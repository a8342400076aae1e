//! What every part of a composition said, kept for the operators (E07).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::cause::Cause;

/// An error that is kept for the operators and never leaves.
pub(crate) type Source = Arc<dyn std::error::Error + Send + Sync>;

/// What one part of a policy said. Operators see it in the event; the caller never does.
#[derive(Clone, Debug)]
pub struct PartialReason {
    pub(crate) cause: Cause,
    pub(crate) part: Cow<'static, str>,
    pub(crate) source: Option<Source>,
}

impl PartialReason {
    /// The part's own reason.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// Which part it was, for example ``role `admin` ``; empty for a closure without a name.
    pub fn part(&self) -> &str {
        &self.part
    }
}

impl fmt::Display for PartialReason {
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

/// The notes of a decision. A leaf shares the one that was made with it, so that an ordinary
/// refusal allocates nothing for it. They are one word, because decisions are moved a lot.
#[derive(Clone, Debug, Default)]
pub(crate) struct PartialReasons(Option<Arc<Vec<Arc<PartialReason>>>>);

impl PartialReasons {
    pub(crate) const NONE: Self = Self(None);

    pub(crate) fn one(note: PartialReason) -> Self {
        Self(Some(Arc::new(vec![Arc::new(note)])))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &PartialReason> {
        self.0.iter().flat_map(|notes| notes.iter()).map(|note| &**note)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn join(self, other: Self) -> Self {
        match (self.0, other.0) {
            (None, notes) | (notes, None) => Self(notes),
            (Some(mut ours), Some(theirs)) => {
                Arc::make_mut(&mut ours).extend(theirs.iter().cloned());
                Self(Some(ours))
            }
        }
    }
}

impl fmt::Display for PartialReasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, note) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{note}")?;
        }
        Ok(())
    }
}
