//! The table of the checks. Each file has those of one subject: an entry, and its function below it.

mod bearer;
mod bodies;
mod causes;
mod challenges;
mod clients;
mod cors;
mod crawlers;
mod digest;
mod failing;
mod ignored;
mod late;
mod logins;
mod preflights;
mod statuses;
mod storing;
mod waiting;

use super::check::Check;

/// All checks, in the order of their numbers.
const ALL: &[&[Check]] = &[
    challenges::CHECKS,
    bearer::CHECKS,
    digest::CHECKS,
    clients::CHECKS,
    statuses::CHECKS,
    waiting::CHECKS,
    bodies::CHECKS,
    storing::CHECKS,
    cors::CHECKS,
    preflights::CHECKS,
    logins::CHECKS,
    ignored::CHECKS,
    late::CHECKS,
    causes::CHECKS,
    crawlers::CHECKS,
    digest::QUOTING,
    failing::CHECKS,
];

/// Those of one exchange, and those between several.
pub(super) fn all() -> impl Iterator<Item = &'static Check> {
    ALL.iter().copied().flatten()
}

/// Those that one exchange is enough for.
pub(super) fn of_one_exchange() -> impl Iterator<Item = &'static Check> {
    all().filter(|check| check.needs_one_exchange())
}
