//! [`Series`]: the exchanges of one inspection, by caller and question.

use super::checks;
use super::finding::Finding;
use super::findings::Findings;
use super::recorded::Recorded;

/// Everything that an inspection has asked a server about one target.
#[derive(Default)]
pub(crate) struct Series {
    pub(crate) asked: Vec<Asked>,
}

/// One exchange of an inspection.
pub(crate) struct Asked {
    pub(crate) caller: Caller,
    pub(crate) question: Question,
    pub(crate) recorded: Recorded,
}

/// As whom a request was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Without credentials.
    Anonymous,
    /// With credentials that break the grammar of their scheme.
    Malformed,
    /// With well-formed credentials that no user has.
    Wrong,
    /// With credentials that were valid once.
    Expired,
    /// With two lines of `Authorization`.
    Twice,
    /// A known user that may not see the target, by name.
    Refused(String),
    /// A known user that may see the target, by name.
    Permitted(String),
}

/// What a request asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// A `GET` of the target.
    Get,
    Head,
    Options,
    /// The preflight of a cross-origin request.
    Preflight,
    /// A method that the target does not support.
    OtherMethod,
    /// A path at which there is nothing.
    UnknownPath,
    /// A request with `Expect: 100-continue`.
    Expect,
    /// A `GET` without credentials on a connection that had credentials before.
    Next,
}

impl Series {
    /// What shows when the exchanges are compared. What is wrong in each of them alone is found by
    /// [`Exchange::findings`](super::Exchange::findings).
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let mut findings = Findings::default();
        for check in checks::all() {
            findings.compare(check, self);
        }
        findings.into_vec()
    }

    /// The exchange in which this caller asked this.
    pub(crate) fn find(&self, caller: &Caller, question: Question) -> Option<&Asked> {
        self.asked.iter().find(|asked| asked.caller == *caller && asked.question == question)
    }
}
