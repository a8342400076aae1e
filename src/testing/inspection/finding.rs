//! [`ReportedFinding`]: a finding, and the requests that show it.

use std::fmt;

use http::StatusCode;
use serde_json::{Value, json};

use crate::inspect::Finding;

use super::merge::is_equal;

/// A finding of an [`Inspection`](super::Inspection) or of an [`InspectLayer`](super::super::InspectLayer), and
/// the requests whose responses show it.
#[derive(Clone, Debug)]
pub struct ReportedFinding {
    pub(in crate::testing) finding: Finding,
    /// At least one.
    pub(in crate::testing) shown_by: Vec<(String, StatusCode)>,
}

impl ReportedFinding {
    pub(in crate::testing) fn new(finding: Finding, request: String, status: StatusCode) -> Self {
        Self { finding, shown_by: vec![(request, status)] }
    }

    /// Whether both say the same.
    pub(in crate::testing) fn is_equal(&self, finding: &Finding) -> bool {
        is_equal(&self.finding, finding)
    }

    /// What was found. Its place is in the response to [`request`](Self::request).
    pub const fn finding(&self) -> &Finding {
        &self.finding
    }

    /// The first request that shows it, such as `GET /reports as alice`.
    pub fn request(&self) -> &str {
        self.shown_by.first().map_or("", |(request, _)| request)
    }

    /// The status of the response to [`request`](Self::request).
    pub fn status(&self) -> StatusCode {
        self.shown_by.first().map_or(StatusCode::OK, |(_, status)| *status)
    }

    /// All requests that show it, with the statuses of their responses, in the order in which they were sent.
    pub fn shown_by(&self) -> impl Iterator<Item = (&str, StatusCode)> {
        self.shown_by.iter().map(|(request, status)| (&request[..], *status))
    }

    /// The finding, with `requests`: an array of objects with `request` and `status`.
    pub fn to_json(&self) -> Value {
        let requests = self.shown_by();
        let requests = requests
            .map(|(request, status)| json!({ "request": request, "status": status.as_u16() }));
        let mut value = self.finding.to_json();
        value["requests"] = requests.collect();
        value
    }
}

/// The finding, and below it a line with the requests that show it.
impl fmt::Display for ReportedFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// The most requests that are named.
        const MAX: usize = 4;
        write!(f, "{}\n        shown by ", self.finding)?;
        for (place, (request, status)) in self.shown_by().take(MAX).enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}{request} ({})", status.as_u16())?;
        }
        match self.shown_by.len() {
            0..=MAX => Ok(()),
            more => write!(f, ", and {} more", more - MAX),
        }
    }
}
