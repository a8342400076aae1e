//! Makes one finding of equal ones.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::inspect::{Check, Finding, Severity};

/// One finding for equal ones, with the exchanges that show it; the gravest first, then in the order of the
/// checks.
pub(super) fn merged(found: Vec<(Finding, Vec<usize>)>) -> Vec<(Finding, Vec<usize>)> {
    let mut merged: Vec<(Finding, Vec<usize>)> = Vec::new();
    let mut places: HashMap<(&'static str, Severity, String), usize> = HashMap::new();
    for (finding, shown_by) in found {
        let said = (finding.id(), finding.severity(), finding.detail().to_owned());
        let place = *places.entry(said).or_insert(merged.len());
        match merged.get_mut(place) {
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
    let order: HashMap<_, _> = Check::all().map(Check::id).zip(0..).collect();
    merged.sort_by_key(|(finding, _)| {
        (Reverse(finding.severity()), order.get(finding.id()).copied().unwrap_or(usize::MAX))
    });
    merged
}

/// Whether both say the same.
pub(super) fn is_equal(one: &Finding, other: &Finding) -> bool {
    one.check() == other.check()
        && one.severity() == other.severity()
        && one.detail() == other.detail()
}
