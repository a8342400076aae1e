//! [`Compared`]: what the checks that compare exchanges add to.

use std::borrow::Cow;

use super::check::{Check, Finds};
use super::finding::{Finding, Place, Severity};
use super::redact::{self, Secrets};
use super::series::{Asked, Series};
use super::view::View;

/// A finding, and the exchanges that show it.
pub(crate) struct Comparison {
    pub(crate) finding: Finding,
    /// Their places in [`Series::asked`]. The finding's place is in the first of them.
    pub(crate) shown_by: Vec<usize>,
}

/// Collects what the checks find between several exchanges.
pub(super) struct Compared<'a> {
    series: &'a Series,
    secrets: &'a Secrets,
    found: Vec<Comparison>,
    /// The check whose turn it is.
    check: Option<&'static Check>,
}

impl<'a> Compared<'a> {
    pub(super) const fn new(series: &'a Series, secrets: &'a Secrets) -> Self {
        Self { series, secrets, found: Vec::new(), check: None }
    }

    /// Asks one check.
    pub(super) fn compare(&mut self, check: &'static Check) {
        if let Finds::BetweenSeveral(find) = check.finds {
            self.check = Some(check);
            find(self.series, self);
        }
    }

    /// Adds a finding with the severity of the check. It rests on this place in the first of the exchanges,
    /// and all of them show it.
    pub(super) fn add(
        &mut self,
        shown_by: &[&Asked],
        place: Place,
        detail: impl Into<Cow<'static, str>>,
    ) {
        if let Some(check) = self.check {
            self.add_as(check.severity(), shown_by, place, detail);
        }
    }

    /// Adds a finding that is more, or less, grave than the check says.
    pub(super) fn add_as(
        &mut self,
        severity: Severity,
        shown_by: &[&Asked],
        place: Place,
        detail: impl Into<Cow<'static, str>>,
    ) {
        let Some(check) = self.check else { return };
        let place_of = |sought: &&Asked| {
            self.series.asked.iter().position(|asked| std::ptr::eq(asked, *sought))
        };
        let excerpt = shown_by.first().map(|asked| {
            redact::excerpt(&place, &View::among(asked.recorded.exchange(), self.secrets))
        });
        let shown_by = shown_by.iter().filter_map(place_of).collect();
        let (excerpt, detail) = (excerpt.unwrap_or_default(), detail.into());
        let finding = Finding { check, severity, place, excerpt, detail };
        self.found.push(Comparison { finding, shown_by });
    }

    pub(super) fn into_vec(self) -> Vec<Comparison> {
        self.found
    }
}
