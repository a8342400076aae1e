//! [`Outcome`]: what was found, before it is printed.

use http::StatusCode;
use portcullis::inspect::{Check, Finding, Severity};
use serde_json::Value;

use crate::args::Settings;
use crate::failure::{FOUND, Failure};

/// What was found.
pub(crate) struct Outcome {
    /// The URL without its query, or `-`.
    pub(crate) inspected: String,
    /// How many requests were sent, or how many pasted responses were judged.
    pub(crate) requests: usize,
    pub(crate) found: Vec<Found>,
    /// Requests without a response that can be judged, and why.
    pub(crate) unanswered: Vec<(String, String)>,
    /// What a person should know besides.
    pub(crate) notes: Vec<String>,
}

/// A finding, and the requests that show it.
pub(crate) struct Found {
    pub(crate) finding: Finding,
    pub(crate) json: Value,
    pub(crate) requests: Vec<(String, StatusCode)>,
}

impl Outcome {
    /// How many findings have this severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|found| found.finding.severity() == severity).count()
    }

    pub(crate) fn exit_status(&self) -> u8 {
        let is_grave = |found: &Found| found.finding.severity() >= Severity::Warning;
        match self.found.iter().any(is_grave) || !self.unanswered.is_empty() {
            true => FOUND,
            false => 0,
        }
    }
}

/// Which findings are reported.
pub(crate) struct Filter {
    allowed: Vec<&'static str>,
    least: Severity,
    /// Whether requests without a response that can be judged are.
    pub(crate) keeps_unanswered: bool,
}

/// What `--allow` takes beside the ids of checks.
const UNANSWERED: &str = "unanswered";

impl Filter {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Failure> {
        let id = |id: &String| {
            Check::by_id(id).map(Check::id).ok_or_else(|| {
                Failure::new(
                    "--allow: no check has this id: `portcullis explain` lists all of them",
                )
            })
        };
        let is_unanswered = |id: &&String| id.eq_ignore_ascii_case(UNANSWERED);
        let ids = settings.allowed.iter().filter(|id| !is_unanswered(id));
        Ok(Self {
            allowed: ids.map(id).collect::<Result<_, _>>()?,
            least: settings.min_severity.severity(),
            keeps_unanswered: !settings.allowed.iter().any(|id| is_unanswered(&id)),
        })
    }

    pub(crate) fn keeps(&self, finding: &Finding) -> bool {
        finding.severity() >= self.least && !self.allowed.contains(&finding.id())
    }
}
