//! [`InspectionReport`]: the result of an inspection.

use std::fmt;

use serde_json::{Value, json};

use crate::inspect::Severity;

use super::finding::ReportedFinding;

/// The result of an [`Inspection`](super::Inspection). Its `Display` is the report for a person to read.
///
/// ```
/// # use portcullis::testing::InspectionReport;
/// fn judge(report: &InspectionReport) {
///     for found in report.findings() {
///         eprintln!("{}: {}", found.request(), found.finding());
///     }
///     report.assert_clean();
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "the findings are in the report: `assert_clean`, or look at `findings`"]
pub struct InspectionReport {
    pub(super) findings: Vec<ReportedFinding>,
    pub(super) unanswered: Vec<Unanswered>,
    pub(super) requests: usize,
    pub(super) notes: Vec<String>,
}

/// A request of an inspection without a response that can be judged.
#[derive(Clone, Debug)]
pub struct Unanswered {
    pub(super) request: String,
    pub(super) why: String,
}

impl Unanswered {
    /// The request, such as `HEAD /reports without credentials`.
    pub fn request(&self) -> &str {
        &self.request
    }

    /// What happened instead, such as `malformed: the bytes that came are no HTTP/1 response`.
    pub fn why(&self) -> &str {
        &self.why
    }
}

impl InspectionReport {
    /// What was found: errors, then warnings, then advice, each in the order of the checks. Equal findings
    /// from several requests are one.
    pub fn findings(&self) -> &[ReportedFinding] {
        &self.findings
    }

    /// The requests without a response that can be judged.
    pub fn unanswered(&self) -> &[Unanswered] {
        &self.unanswered
    }

    /// What limits what was judged: bodies that did not come whole, or that are compressed.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.notes.iter().map(|note| &note[..])
    }

    /// How many requests were sent.
    pub const fn requests(&self) -> usize {
        self.requests
    }

    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|found| found.finding.severity() == severity).count()
    }

    /// Whether there is neither an error nor a warning, and every request has a response that can be judged.
    pub fn is_clean(&self) -> bool {
        self.unanswered.is_empty()
            && self.findings.iter().all(|found| found.finding.severity() == Severity::Advice)
    }

    /// Fails a test if the inspection has found an error or a warning.
    ///
    /// # Panics
    ///
    /// With the report, unless it [is clean](Self::is_clean).
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.is_clean(), "{self}");
    }

    /// An object with `requests` (their number), `errors`, `warnings`, `advice` (the numbers of findings),
    /// `findings`, `unanswered` and `notes`.
    pub fn to_json(&self) -> Value {
        let unanswered = self.unanswered.iter();
        let unanswered = unanswered
            .map(|unanswered| json!({ "request": unanswered.request, "why": unanswered.why }));
        json!({
            "requests": self.requests,
            "errors": self.count(Severity::Error),
            "warnings": self.count(Severity::Warning),
            "advice": self.count(Severity::Advice),
            "findings": self.findings.iter().map(ReportedFinding::to_json).collect::<Value>(),
            "unanswered": unanswered.collect::<Value>(),
            "notes": self.notes,
        })
    }
}

impl fmt::Display for InspectionReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |count: usize, word: &str| match count {
            0 => format!("no {word}s"),
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        };
        writeln!(
            f,
            "{}, {}, {} advice in {}",
            number(self.count(Severity::Error), "error"),
            number(self.count(Severity::Warning), "warning"),
            self.count(Severity::Advice),
            number(self.requests, "request"),
        )?;
        for found in &self.findings {
            writeln!(f, "\n{found}")?;
        }
        if !self.unanswered.is_empty() {
            writeln!(f, "\nwithout a response that can be judged:")?;
        }
        for Unanswered { request, why } in &self.unanswered {
            writeln!(f, "        {request}: {why}")?;
        }
        for note in &self.notes {
            writeln!(f, "\nnote: {note}")?;
        }
        Ok(())
    }
}
