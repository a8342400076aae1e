//! The reasons of the parts of a composition, kept for the operators (E07).

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::cause::Cause;

/// An error that is kept for the operators; no client sees it.
pub(crate) type Source = Arc<dyn std::error::Error + Send + Sync>;

/// Why one part of a policy does not permit. Operators see it in the event; no client does.
#[derive(Clone, Debug)]
pub struct PartialReason {
    pub(crate) cause: Cause,
    pub(crate) part: Cow<'static, str>,
    pub(crate) source: Option<Source>,
}

impl PartialReason {
    /// The part's own cause.
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// The name of the part, for example ``role `admin` ``; empty for a closure without a
    /// [name](crate::Policy::named).
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

/// The reasons of a decision. A leaf makes its own once and shares it, so that an ordinary refusal
/// does not allocate it. One word, because decisions are moved a lot.
#[derive(Clone, Debug, Default)]
pub(crate) struct PartialReasons(Option<Arc<Vec<Arc<PartialReason>>>>);

impl PartialReasons {
    pub(crate) const NONE: Self = Self(None);

    pub(crate) fn one(reason: PartialReason) -> Self {
        Self(Some(Arc::new(vec![Arc::new(reason)])))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &PartialReason> {
        self.0.iter().flat_map(|reasons| reasons.iter()).map(|reason| &**reason)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn join(self, other: Self) -> Self {
        match (self.0, other.0) {
            (None, reasons) | (reasons, None) => Self(reasons),
            (Some(mut ours), Some(theirs)) => {
                Arc::make_mut(&mut ours).extend(theirs.iter().cloned());
                Self(Some(ours))
            }
        }
    }

    /// As [`join`](Self::join), without those of the others that are in the list already.
    pub(crate) fn join_new(self, others: Self) -> Self {
        let is_new = |reason: &Arc<PartialReason>| {
            !self.0.iter().any(|known| known.iter().any(|known| Arc::ptr_eq(known, reason)))
        };
        let new: Vec<_> =
            others.0.iter().flat_map(|reasons| reasons.iter()).filter(|it| is_new(it)).collect();
        let new = (!new.is_empty()).then(|| Arc::new(new.into_iter().cloned().collect()));
        self.join(Self(new))
    }

    /// The reasons, each under a name: as that of its part, or in front of it.
    pub(crate) fn under(self, name: &str) -> Self {
        let rename = |reason: &PartialReason| {
            let part = match &*reason.part {
                "" => name.to_owned(),
                part => format!("{name}: {part}"),
            };
            Arc::new(PartialReason { part: part.into(), ..reason.clone() })
        };
        Self(self.0.map(|reasons| Arc::new(reasons.iter().map(|it| rename(it)).collect())))
    }
}

impl fmt::Display for PartialReasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, reason) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{reason}")?;
        }
        Ok(())
    }
}
