//! [`Findings`]: what the checks add to.

use std::borrow::Cow;

use super::check::{Check, Finds};
use super::finding::{Finding, Place, Severity};
use super::redact::{self, Secrets};
use super::series::Series;
use super::view::View;

/// Collects what the checks find in one exchange.
#[derive(Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
    /// The check whose turn it is.
    check: Option<&'static Check>,
    /// What no finding may show; read once something is found.
    secrets: Option<Secrets>,
}

impl Findings {
    /// Asks one check about the exchange, which has to be the same for all.
    pub(super) fn judge(&mut self, check: &'static Check, view: &View<'_>) {
        if let Finds::InOne(find) = check.finds {
            self.check = Some(check);
            let before = self.found.len();
            find(view, self);
            if self.found.len() > before {
                let secrets = self.secrets.get_or_insert_with(|| Secrets::of([view.exchange]));
                for finding in &mut self.found[before..] {
                    finding.excerpt = redact::excerpt(&finding.place, view, secrets);
                    finding.redact(secrets);
                }
            }
        }
    }

    /// Asks one check that compares the exchanges of a series, which has to be the same for all.
    pub(super) fn compare(&mut self, check: &'static Check, series: &Series) {
        if let Finds::BetweenSeveral(find) = check.finds {
            self.check = Some(check);
            let before = self.found.len();
            find(series, self);
            if self.found.len() > before {
                let exchanges = series.asked.iter().map(|asked| asked.recorded.exchange());
                let secrets = self.secrets.get_or_insert_with(|| Secrets::of(exchanges));
                for finding in &mut self.found[before..] {
                    finding.redact(secrets);
                }
            }
        }
    }

    /// Adds a finding with the severity of the check.
    ///
    /// A text that is not `'static` may have bytes of the exchange in it; credentials are replaced there.
    pub(super) fn add(&mut self, place: Place, detail: impl Into<Cow<'static, str>>) {
        if let Some(check) = self.check {
            self.add_as(check.severity(), place, detail);
        }
    }

    /// Adds a finding that is more, or less, grave than the check says.
    pub(super) fn add_as(
        &mut self,
        severity: Severity,
        place: Place,
        detail: impl Into<Cow<'static, str>>,
    ) {
        if let Some(check) = self.check {
            let (excerpt, detail) = (String::new(), detail.into());
            self.found.push(Finding { check, severity, place, excerpt, detail });
        }
    }

    /// What was found, in the order of the checks.
    pub(super) fn into_vec(self) -> Vec<Finding> {
        self.found
    }
}

impl Finding {
    /// A text that is not fixed may have bytes of the exchange in it.
    fn redact(&mut self, secrets: &Secrets) {
        if let Cow::Owned(detail) = &mut self.detail {
            *detail = redact::text(detail, secrets);
        }
    }
}
