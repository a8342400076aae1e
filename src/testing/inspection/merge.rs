//! Makes one finding of equal ones.

use std::cmp::Reverse;

use crate::inspect::{Check, Finding};

/// One finding for equal ones, with the exchanges that show it; the gravest first, then in the order of the
/// checks.
pub(super) fn merged(found: Vec<(Finding, Vec<usize>)>) -> Vec<(Finding, Vec<usize>)> {
    let mut merged: Vec<(Finding, Vec<usize>)> = Vec::new();
    for (finding, shown_by) in found {
        match merged.iter_mut().find(|(other, _)| is_equal(other, &finding)) {
            Some((_, all)) => all.extend(shown_by),
            None => merged.push((finding, shown_by)),
        }
    }
    for (_, all) in &mut merged {
        // The first shows the place of the finding.
        if let [_, rest @ ..] = &mut all[..] {
            rest.sort_unstable();
        }
        all.dedup();
    }
    let order = |finding: &Finding| Check::all().position(|check| check == finding.check());
    merged.sort_by_key(|(finding, _)| (Reverse(finding.severity()), order(finding)));
    merged
}

/// Whether both say the same.
pub(super) fn is_equal(one: &Finding, other: &Finding) -> bool {
    one.check() == other.check()
        && one.severity() == other.severity()
        && one.detail() == other.detail()
}
