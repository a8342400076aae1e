//! [`Shared`]: what all clones of a layer have found.

use std::sync::{Mutex, PoisonError};

use http::StatusCode;

use crate::inspect::Finding;
use crate::testing::inspection::ReportedFinding;

/// The most different findings that are kept, and the most requests of each.
const MAX: usize = 1000;

/// What all clones of a layer have found.
#[derive(Default)]
pub(super) struct Shared {
    found: Mutex<Vec<ReportedFinding>>,
}

impl Shared {
    pub(super) fn found(&self) -> Vec<ReportedFinding> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn add(&self, finding: Finding, request: &str, status: StatusCode) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        match found.iter().position(|found| found.is_equal(&finding)) {
            Some(place) => {
                let shown_by = &mut found[place].shown_by;
                if shown_by.len() < MAX {
                    shown_by.push((request.to_owned(), status));
                }
            }
            None if found.len() < MAX => {
                found.push(ReportedFinding::new(finding, request.to_owned(), status));
            }
            None => {}
        }
    }
}
