//! The algebra of decisions: section E of the decision table.
//!
//! Three truths, deny < undecided < permit: `all` takes the least, `any` the greatest. The
//! reason and the mark of concealment never influence the truth.

use std::cmp::Ordering;
use std::sync::Arc;

use super::decision::{Decision, DenyKind, DenyReason, Terms};
use crate::denial::Requirement;

use Decision::{Deny, Permit, Undecided};

/// Which of the two compositions merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    All,
    Any,
}

/// E01: the least truth. A permit changes nothing.
pub(super) fn all(one: Decision, other: Decision) -> Decision {
    match (one, other) {
        (Permit, decision) | (decision, Permit) => decision,
        (Undecided(one), Undecided(other)) => Undecided(merge(Rule::All, one, other)),
        (Deny(one), Deny(other) | Undecided(other)) | (Undecided(one), Deny(other)) => {
            Deny(merge(Rule::All, one, other))
        }
    }
}

/// E01: the greatest truth. A permit absorbs everything.
pub(super) fn any(one: Decision, other: Decision) -> Decision {
    match (one, other) {
        (Permit, _) | (_, Permit) => Permit,
        (Deny(one), Deny(other)) => Deny(merge(Rule::Any, one, other)),
        (Undecided(one), Undecided(other) | Deny(other)) | (Deny(one), Undecided(other)) => {
            Undecided(merge(Rule::Any, one, other))
        }
    }
}

/// E01: an undecided decision stays undecided, or the negation of "banned" would admit anonymous
/// callers. What a caller needs to be denied is not what it should ask for (E07).
pub(super) fn not(decision: Decision) -> Decision {
    match decision {
        Permit => Decision::forbidden(),
        Deny(_) => Permit,
        Undecided(why) => Undecided(match why.kind {
            DenyKind::Identity(_) => DenyReason { kind: DenyKind::Identity(Terms::Nothing), ..why },
            _ => why,
        }),
    }
}

/// E03: the decision if it, or `see`, permits; else it is concealed, with the reasons of `see` for
/// the operators. If `see` permits, the refusal may disclose that the resource exists.
pub(super) fn conceal_unless(see: Decision, decision: Decision) -> Decision {
    match see {
        Permit => decision.map_reason(|why| DenyReason { disclosed: true, ..why }),
        Deny(unseen) | Undecided(unseen) => decision
            .map_reason(|why| DenyReason {
                reasons: why.clone().into_parts().join(unseen.into_parts()),
                ..why
            })
            .concealed(),
    }
}

/// Whether no later part can change what is rendered (E06). `can_conceal` is about the part that
/// would be evaluated next.
pub(super) fn is_decided(rule: Rule, so_far: &Decision, can_conceal: bool) -> bool {
    match (rule, so_far) {
        (Rule::Any, Permit) => true,
        (Rule::All, Deny(why)) => {
            why.concealed || (why.kind == DenyKind::Forbidden && !can_conceal)
        }
        _ => false,
    }
}

/// E02, E03 and E07: the kind of the higher rank, concealed if either is, with the reasons of both.
fn merge(rule: Rule, one: DenyReason, other: DenyReason) -> DenyReason {
    let concealed = one.concealed || other.concealed;
    let disclosed = one.disclosed || other.disclosed;
    let (kind, detail) = match rank(rule, &one.kind).cmp(&rank(rule, &other.kind)) {
        Ordering::Greater => (one.kind.clone(), one.detail.clone()),
        Ordering::Less => (other.kind.clone(), other.detail.clone()),
        Ordering::Equal => {
            let kind = merge_equals(rule, &one.kind, &other.kind);
            // Any choice will do that does not depend on the order of the parts.
            let detail = one.detail.iter().chain(&other.detail).min().cloned();
            (kind, detail)
        }
    };
    DenyReason {
        kind,
        concealed,
        disclosed,
        detail,
        reasons: one.into_parts().join(other.into_parts()),
    }
}

/// E02: the higher rank wins. An internal error beats unavailable in both.
fn rank(rule: Rule, kind: &DenyKind) -> u8 {
    match (rule, kind) {
        (Rule::All, DenyKind::Unavailable) | (Rule::Any, DenyKind::Forbidden) => 0,
        (Rule::All, DenyKind::InternalError) | (Rule::Any, DenyKind::Insufficient(_)) => 1,
        (Rule::All, DenyKind::Insufficient(_)) | (Rule::Any, DenyKind::Identity(_)) => 2,
        (Rule::All, DenyKind::Identity(_)) | (Rule::Any, DenyKind::Unavailable) => 3,
        (Rule::All, DenyKind::Forbidden) | (Rule::Any, DenyKind::InternalError) => 4,
    }
}

/// What a caller needs if both are needed. Where one is unknown, the whole is: a client that asked for
/// too few scopes would be refused again (C03).
fn both(one: &Terms, other: &Terms) -> Terms {
    match (one, other) {
        (Terms::Unknown, _) | (_, Terms::Unknown) => Terms::Unknown,
        (Terms::Nothing, terms) | (terms, Terms::Nothing) => terms.clone(),
        (Terms::Needs(one), Terms::Needs(other)) => Terms::Needs(merged(one, other)),
    }
}

/// What a caller needs if either is enough: the lesser of those that can be requested (E05).
fn either(one: &Terms, other: &Terms) -> Terms {
    match (one, other) {
        (Terms::Needs(one), Terms::Needs(other)) => Terms::Needs(lesser(one, other)),
        (Terms::Needs(_), _) | (Terms::Unknown, Terms::Nothing) => one.clone(),
        _ => other.clone(),
    }
}

fn merged(one: &Arc<Requirement>, other: &Arc<Requirement>) -> Arc<Requirement> {
    Arc::new(Arc::unwrap_or_clone(one.clone()).and(other))
}

fn lesser(one: &Arc<Requirement>, other: &Arc<Requirement>) -> Arc<Requirement> {
    if one.is_lesser(other) { one.clone() } else { other.clone() }
}

/// E04 and E05: two requirements merge in `all`; `any` takes the lesser. Other kinds of equal rank
/// are the same.
fn merge_equals(rule: Rule, one: &DenyKind, other: &DenyKind) -> DenyKind {
    match (rule, one, other) {
        (Rule::All, DenyKind::Insufficient(one), DenyKind::Insufficient(other)) => {
            DenyKind::Insufficient(merged(one, other))
        }
        (Rule::Any, DenyKind::Insufficient(one), DenyKind::Insufficient(other)) => {
            DenyKind::Insufficient(lesser(one, other))
        }
        (Rule::All, DenyKind::Identity(one), DenyKind::Identity(other)) => {
            DenyKind::Identity(both(one, other))
        }
        (Rule::Any, DenyKind::Identity(one), DenyKind::Identity(other)) => {
            DenyKind::Identity(either(one, other))
        }
        _ => one.clone(),
    }
}
