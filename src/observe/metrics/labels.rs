//! The names of metrics and labels, and the closed sets of their values.

use http::StatusCode;

pub(super) const DECISIONS: &str = "portcullis_decisions_total";
pub(super) const SECONDS: &str = "portcullis_decision_seconds";
pub(super) const REPAIRED: &str = "portcullis_repaired_total";
pub(super) const ABSENT: &str = "portcullis_absent_total";
pub(super) const COVERED: &str = "portcullis_covered_total";
pub(super) const TURNED_AWAY: &str = "portcullis_turned_away_total";
pub(super) const FLOOR_LOST: &str = "portcullis_floor_lost_total";
pub(super) const UNCLAIMED: &str = "portcullis_unclaimed_total";

/// The value of a label that has none.
pub(super) const NONE: &str = "none";
/// The value of `stage` for a response of the service.
pub(super) const SERVICE: &str = "service";

/// A value of the label `status`.
pub(super) struct Status {
    pub(super) label: &'static str,
    /// One status with this label.
    pub(super) example: u16,
}

/// The number of [`STATUSES`] that are one status each: those that a refusal of a stage can have.
const EXACT: usize = 10;

/// The values of `status`. Behind the exact ones are the classes of the others.
#[rustfmt::skip]
pub(super) const STATUSES: [Status; EXACT + 5] = [
    Status { label: "303", example: 303 },
    Status { label: "400", example: 400 },
    Status { label: "401", example: 401 },
    Status { label: "403", example: 403 },
    Status { label: "404", example: 404 },
    Status { label: "407", example: 407 },
    Status { label: "410", example: 410 },
    Status { label: "429", example: 429 },
    Status { label: "500", example: 500 },
    Status { label: "503", example: 503 },
    Status { label: "1xx", example: 101 },
    Status { label: "2xx", example: 200 },
    Status { label: "3xx", example: 304 },
    Status { label: "4xx", example: 405 },
    Status { label: "5xx", example: 502 },
];

/// The index in [`STATUSES`] for each status from 100 to 599.
const INDICES: [u8; 500] = {
    let mut indices = [0; 500];
    let mut offset = 0;
    while offset < indices.len() {
        indices[offset] = (EXACT + offset / 100) as u8;
        offset += 1;
    }
    let mut index = 0;
    while index < EXACT {
        indices[STATUSES[index].example as usize - 100] = index as u8;
        index += 1;
    }
    indices
};

/// The index in [`STATUSES`]. A status of 600 or more is invalid, and counts as 5xx (RFC 9110 §15).
#[inline]
pub(super) fn status_index(status: StatusCode) -> usize {
    let offset = usize::from(status.as_u16()).wrapping_sub(100);
    INDICES.get(offset).map_or(STATUSES.len() - 1, |index| usize::from(*index))
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::{STATUSES, status_index};

    #[test]
    fn k31_each_status_has_the_label_of_its_number_or_of_its_class() {
        for number in 100..1000 {
            let label = STATUSES[status_index(StatusCode::from_u16(number).unwrap())].label;
            let class = format!("{}xx", (number / 100).min(5));
            assert!(label == number.to_string() || label == class, "{number} is {label}");
        }
        for (index, status) in STATUSES.iter().enumerate() {
            let example = StatusCode::from_u16(status.example).unwrap();
            assert_eq!(status_index(example), index, "{}", status.label);
        }
    }
}
