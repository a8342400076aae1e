//! The parts that few denials have.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use super::{LogOut, MemberList, Requirement, Source};
use crate::challenge::Challenges;

/// Rarely used parts behind one `Arc`, so that `Denial`, and every `Result<_, Denial>`, is three
/// words.
#[derive(Clone, Default)]
pub(super) struct Extra {
    /// What the caller lacks, for the causes that name it.
    pub(super) requirement: Option<Arc<Requirement>>,
    pub(super) detail: Option<Cow<'static, str>>,
    pub(super) members: MemberList,
    pub(super) source: Option<Source>,
    pub(super) challenges: Option<Challenges>,
    pub(super) retry_after: Option<Duration>,
    pub(super) log_out: Option<LogOut>,
}

impl Extra {
    /// Whether there are parts that the response shows: any but the private source.
    pub(super) fn has_public_parts(&self) -> bool {
        // All are named, so that a new part has to be judged here.
        let Self { requirement, detail, members, source: _, challenges, retry_after, log_out } =
            self;
        requirement.is_some()
            || detail.is_some()
            || !members.is_empty()
            || challenges.is_some()
            || retry_after.is_some()
            || log_out.is_some()
    }
}
