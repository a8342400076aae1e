//! [`Findings`]: what the checks add to.

use std::borrow::Cow;

use http::HeaderName;

use super::check::{Check, Finds};
use super::finding::{Finding, Place, Severity};
use super::redact;
use super::view::View;

/// The most findings of one check in one exchange. A server chooses how many lines a header has. The last of
/// them says how many more there are.
const MAX_OF_A_CHECK: usize = 16;

/// Collects what the checks find in one exchange.
#[derive(Default)]
pub(super) struct Findings {
    found: Vec<Finding>,
    /// The check whose turn it is.
    check: Option<&'static Check>,
    /// How many findings the other checks have.
    before: usize,
    /// How many findings of this check are left out.
    left_out: usize,
}

impl Findings {
    /// Asks one check.
    pub(super) fn judge(&mut self, check: &'static Check, view: &View<'_>) {
        if let Finds::InOne(find) = check.finds {
            self.check = Some(check);
            (self.before, self.left_out) = (self.found.len(), 0);
            find(view, self);
            for finding in &mut self.found[self.before..] {
                finding.excerpt = redact::excerpt(&finding.place, view);
                // A text that is not fixed may have bytes of the exchange in it.
                if let Cow::Owned(detail) = &mut finding.detail {
                    *detail = redact::text(detail, view);
                }
            }
            if let (Some(last), more @ 1..) = (self.found.last_mut(), self.left_out) {
                last.detail.to_mut().push_str(&format!("; and {more} more like it"));
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
            if self.found.len() - self.before == MAX_OF_A_CHECK {
                self.left_out += 1;
                return;
            }
            let (excerpt, detail) = (String::new(), detail.into());
            self.found.push(Finding { check, severity, place, excerpt, detail });
        }
    }

    /// What was found, in the order of the checks.
    pub(super) fn into_vec(self) -> Vec<Finding> {
        let mut found = self.found;
        let removed: Vec<_> = found.iter().filter_map(removed_header).cloned().collect();
        let is_about = |finding: &Finding| matches!(&finding.place, Place::Header { name, .. } if removed.contains(name));
        found.retain(|finding| finding.severity != Severity::Advice || !is_about(finding));
        found
    }
}

/// The header that has to go, if the finding says so: what is in it needs no advice.
fn removed_header(finding: &Finding) -> Option<&HeaderName> {
    const CHALLENGED: [&str; 2] = ["forbidden-with-challenge", "outage-challenged"];
    match &finding.place {
        Place::Header { name, .. } if CHALLENGED.contains(&finding.id()) => Some(name),
        _ => None,
    }
}
