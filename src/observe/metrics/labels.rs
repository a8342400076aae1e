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
/// The value of `scheme` for a scheme that the stage does not offer.
pub(super) const OTHER: &str = "other";
/// The value of `stage` for a response of the service.
pub(super) const SERVICE: &str = "service";

pub(super) const CALLERS: [&str; 2] = ["anonymous", "known"];

/// The values of `status`: those that a refusal of a stage can have, and the classes of the others.
pub(super) const STATUSES: [&str; 15] = [
    "303", "400", "401", "403", "404", "407", "410", "429", "500", "503", "1xx", "2xx", "3xx",
    "4xx", "5xx",
];

/// One status for each of [`STATUSES`].
pub(super) const EXAMPLES: [u16; 15] =
    [303, 400, 401, 403, 404, 407, 410, 429, 500, 503, 101, 200, 304, 405, 502];

/// The index in [`STATUSES`]. A status of 600 or more is invalid, and counts as 5xx (RFC 9110 §15).
pub(super) const fn status_index(status: StatusCode) -> usize {
    match status.as_u16() {
        303 => 0,
        400 => 1,
        401 => 2,
        403 => 3,
        404 => 4,
        407 => 5,
        410 => 6,
        429 => 7,
        500 => 8,
        503 => 9,
        other => match other / 100 {
            0 | 1 => 10,
            2 => 11,
            3 => 12,
            4 => 13,
            _ => 14,
        },
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::{EXAMPLES, STATUSES, status_index};

    #[test]
    fn k31_each_status_has_the_label_of_its_number_or_of_its_class() {
        for number in 100..1000 {
            let label = STATUSES[status_index(StatusCode::from_u16(number).unwrap())];
            let class = format!("{}xx", (number / 100).min(5));
            assert!(label == number.to_string() || label == class, "{number} is {label}");
        }
        for (index, number) in EXAMPLES.into_iter().enumerate() {
            assert_eq!(status_index(StatusCode::from_u16(number).unwrap()), index);
        }
    }
}
