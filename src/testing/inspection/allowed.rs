//! What `allow` names.

use crate::inspect::Check;

/// What stands for requests without a response that can be judged. No check has this id.
pub(super) const UNANSWERED: &str = "unanswered";

/// The id of this check.
///
/// # Panics
///
/// If there is no such check, with the ids of all.
#[track_caller]
pub(in crate::testing) fn check(id: &str) -> &'static str {
    Check::by_id(id).map_or_else(|| unknown(id, &[]), Check::id)
}

/// The id of this check, or [`UNANSWERED`].
///
/// # Panics
///
/// If it is neither.
#[track_caller]
pub(super) fn check_or_unanswered(id: &str) -> &'static str {
    match Check::by_id(id) {
        Some(check) => check.id(),
        None if id.eq_ignore_ascii_case(UNANSWERED) => UNANSWERED,
        None => unknown(id, &[UNANSWERED]),
    }
}

#[track_caller]
fn unknown(id: &str, more: &[&'static str]) -> ! {
    let known: Vec<_> = Check::all().map(Check::id).chain(more.iter().copied()).collect();
    panic!("no check is named {id:?}: allow one of {}", known.join(", "))
}
