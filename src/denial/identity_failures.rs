//! What remains of several identities' failures, and of a failure that a later denial refers to: no
//! word of an identity is lost on the way to the response.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Cause, Denial, PartialReason, PartialReasons, Unauthenticated};
use crate::challenge::Challenges;

impl Unauthenticated {
    /// Whether [`any_of`](crate::any_of) refuses without asking another identity that reads the same
    /// credentials. Such a failure says that the credentials were recognised, or that no identity may
    /// test them.
    pub(crate) fn is_final(&self) -> bool {
        rank(self.cause()) == FINAL
    }

    /// As [`and_later`](Self::and_later), the other way round, for a first failure as well.
    #[cold]
    pub(crate) fn and_earlier(self, earlier: Option<Self>) -> Self {
        match earlier {
            Some(earlier) => earlier.and_later(self),
            None => self,
        }
    }

    /// Whether it says that there are no credentials, and no more.
    #[inline]
    pub(crate) fn is_bare_missing(&self) -> bool {
        self.is_missing() && !self.has_words()
    }

    /// The failure of two identities that were asked about one request, in this order (A08): the one of
    /// the higher [rank], of equal ones the later. The challenges of both are kept, and the sources.
    fn and_later(self, later: Self) -> Self {
        let (earlier, later) = (self.0, later.0);
        let failed_a_test = [&earlier, &later]
            .iter()
            .any(|failure| failure.failed_a_test || failure.cause == Cause::Invalid);
        let both_missing = earlier.cause == Cause::Missing && later.cause == Cause::Missing;
        // What both say about missing credentials is said once, by the first.
        let keeps_later = !both_missing && rank(later.cause) >= rank(earlier.cause);
        let challenges = match (earlier.own_challenges(), later.own_challenges()) {
            (Some(earlier), Some(later)) => {
                Some(later.iter().cloned().fold(earlier.clone(), Challenges::and))
            }
            (earlier, later) => earlier.or(later).cloned(),
        };
        let (mut kept, mut dropped) = if keeps_later { (later, earlier) } else { (earlier, later) };
        if let Some(challenges) = challenges {
            kept.extra_mut().challenges = Some(challenges);
        }
        if let Some(said) = dropped.extra.as_deref()
            && kept.cause == dropped.cause
        {
            let own = kept.extra_mut();
            own.detail = own.detail.take().or_else(|| said.detail.clone());
            own.retry_after = own.retry_after.max(said.retry_after);
            kept.take_source(&mut dropped);
        }
        kept.reasons = dropped.operators_reasons().join(kept.reasons);
        kept.failed_a_test = failed_a_test;
        Self(kept)
    }

    /// Whether a secret was tested and was wrong, also if another identity could not test it. Not if
    /// another identity says that it is or was right.
    pub(crate) fn has_failed_a_test(&self) -> bool {
        let was_right = matches!(self.cause(), Cause::Expired | Cause::Stale | Cause::Suspended);
        self.cause() == Cause::Invalid || (self.0.failed_a_test && !was_right)
    }

    /// Whether the identity said more than its cause.
    #[inline]
    pub(crate) fn has_words(&self) -> bool {
        self.0.has_parts() || !self.0.reasons.is_empty()
    }

    pub(crate) fn own_challenges(&self) -> Option<&Challenges> {
        self.0.own_challenges()
    }
}

impl Denial {
    /// The denial of a caller that has to authenticate, together with what the identity had said about
    /// its request (C01): failed credentials are refused as A06 says, and if none were sent, the
    /// denial's own words come first. What is needed here is kept, and every reason.
    pub(crate) fn with_earlier_failure(self, failure: Unauthenticated) -> Self {
        let (is_missing, disclosed) = (failure.is_missing(), self.disclosed);
        let (mut kept, mut other) = if is_missing { (self, failure.0) } else { (failure.0, self) };
        if let Some(said) = other.extra.as_deref() {
            let own = kept.extra_mut();
            own.requirement = own.requirement.take().or_else(|| said.requirement.clone());
            own.challenges = own.challenges.take().or_else(|| said.challenges.clone());
            if is_missing {
                own.detail = own.detail.take().or_else(|| said.detail.clone());
            }
        }
        kept.take_source(&mut other);
        kept.reasons = other.operators_reasons().join(kept.reasons);
        kept.disclosed = disclosed;
        kept
    }

    /// Takes the source of the other denial, if this one has none.
    fn take_source(&mut self, other: &mut Self) {
        if self.private_source().is_none()
            && let Some(source) =
                other.extra.as_mut().and_then(|it| Arc::make_mut(it).source.take())
        {
            self.extra_mut().source = Some(source);
        }
    }

    /// What operators should see of a failure that is not the one that the client is told.
    fn operators_reasons(self) -> PartialReasons {
        let Self { cause, reasons, extra, .. } = self;
        match extra.and_then(|extra| extra.source.clone()) {
            None => reasons,
            Some(source) => {
                let part = Cow::Borrowed("");
                let own = PartialReason { cause, part, source: Some(source) };
                reasons.join(PartialReasons::one(own))
            }
        }
    }
}

/// The rank of a failure that ends the search.
const FINAL: u8 = 5;

/// The order of causes, of which the highest counts. An outage counts more than a refusal: an
/// identity that could not check may be the one whose credentials these are (A07). Stale credentials
/// are right, and another identity that knows them too would accept the replay (H04).
fn rank(cause: Cause) -> u8 {
    match cause {
        Cause::Missing => 0,
        Cause::Malformed => 1,
        Cause::Invalid => 2,
        Cause::Expired => 3,
        Cause::Unavailable => 4,
        _ => FINAL,
    }
}
