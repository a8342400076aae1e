//! What a run has learned about differences that reveal nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::aspect::Aspect;
use super::compare::Difference;
use super::form::Forms;

/// After so many differences of an aspect that were leaks, another one is taken for a leak without
/// requests to other missing paths.
pub(super) const CONFIRMED_LEAKS: usize = 3;

/// What a run has learned about differences that reveal nothing.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// Values that are new in every response, or different for every path.
    pub(super) forms: Forms,
    /// The aspects that repeat short parts of paths.
    pub(super) short_echoes: BTreeSet<Aspect>,
    /// By how much `content-length` differs because the lengths of the paths do.
    pub(super) lengths: BTreeSet<i128>,
    /// How often a difference of the aspect was a leak by the responses for other paths.
    pub(super) leaks: BTreeMap<Aspect, usize>,
}

impl Learned {
    /// Whether a difference is known to reveal nothing.
    pub(super) fn explains(&self, difference: &Difference) -> bool {
        let (Some(concealed), Some(missing)) = (&difference.concealed, &difference.missing) else {
            return false;
        };
        let by_length = difference.aspect == Aspect::Length
            && numeric_difference(concealed, missing).is_some_and(|by| self.lengths.contains(&by));
        by_length || self.forms.explain(&difference.aspect, concealed, missing)
    }
}

/// The difference of two values, if both are numbers.
pub(super) fn numeric_difference(concealed: &[u8], missing: &[u8]) -> Option<i128> {
    let number = |text: &[u8]| str::from_utf8(text).ok()?.parse::<i128>().ok();
    Some(number(concealed)? - number(missing)?)
}
