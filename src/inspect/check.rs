//! [`Check`]: one entry of the table.

use std::fmt;

use super::checks;
use super::compared::Compared;
use super::finding::Severity;
use super::findings::Findings;
use super::series::Series;
use super::view::View;

/// One thing that a refusal can have wrong.
///
/// ```
/// use portcullis::inspect::Check;
///
/// let check = Check::by_id("challenge-missing").unwrap();
/// assert_eq!(check.number(), "I01");
/// assert_eq!(check.source(), "RFC 9110 §15.5.2, §11.6.1");
/// assert_eq!(Check::all().count(), 45);
/// ```
pub struct Check {
    pub(super) number: &'static str,
    pub(super) id: &'static str,
    pub(super) severity: Severity,
    pub(super) rows: &'static [&'static str],
    pub(super) source: &'static str,
    /// What is wrong, in one sentence.
    pub(super) wrong: &'static str,
    /// What to do, in one sentence.
    pub(super) remedy: &'static str,
    /// Why it matters, who is misled, what right looks like: paragraphs of plain text.
    pub(super) page: &'static str,
    pub(super) finds: Finds,
}

/// What a check looks at.
#[derive(Clone, Copy)]
pub(super) enum Finds {
    /// One exchange.
    InOne(fn(&View<'_>, &mut Findings)),
    /// Several exchanges with one server, compared.
    BetweenSeveral(fn(&Series, &mut Compared<'_>)),
}

impl Check {
    /// All checks, in the order of their numbers.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        checks::all()
    }

    /// The check with this id or number (`challenge-missing` or `I01`, in any case).
    pub fn by_id(id: &str) -> Option<&'static Self> {
        Self::all().find(|check| {
            check.id.eq_ignore_ascii_case(id) || check.number.eq_ignore_ascii_case(id)
        })
    }

    /// The name that stays the same in every version, such as `challenge-missing`.
    pub const fn id(&self) -> &'static str {
        self.id
    }

    /// The row in [section I](crate::semantics#i01) of the semantics, such as `I01`.
    pub const fn number(&self) -> &'static str {
        self.number
    }

    /// How grave a finding is, unless its circumstances say otherwise.
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// The rows of the semantics that say what portcullis does instead.
    pub const fn rows(&self) -> &'static [&'static str] {
        self.rows
    }

    /// The section that the check rests on, such as `RFC 9110 §15.5.2`; `ours` if it is experience.
    pub const fn source(&self) -> &'static str {
        self.source
    }

    /// What is wrong, in one sentence.
    pub const fn wrong(&self) -> &'static str {
        self.wrong
    }

    /// What to do, in one sentence.
    pub const fn remedy(&self) -> &'static str {
        self.remedy
    }

    /// Why it matters, which clients it misleads, and what is right.
    pub const fn page(&self) -> &'static str {
        self.page
    }

    /// Whether one exchange is enough. The other checks compare several.
    pub const fn needs_one_exchange(&self) -> bool {
        matches!(self.finds, Finds::InOne(_))
    }
}

/// Two checks are equal if their ids are.
impl PartialEq for Check {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Check {}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.number).field(&self.id).finish()
    }
}
