//! How many requests at a time?
//!
//! Most of what a run takes may be waiting: for a floor in time, for a store, for a network. Who
//! waits side by side waits once. What is work is done no sooner that way, and each answer comes
//! later, so that it may miss the moment at which the probe stops holding back a body.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::aspect::{Aspect, Aspects};
use super::error::ProbeError;
use super::in_order::joined;

/// No more than this.
pub(super) const MAX_CONCURRENCY: usize = 64;
/// There is little to gain where an answer takes less.
const NOT_WORTH_CONCURRENCY: Duration = Duration::from_millis(1);
/// How often one is asked alone: the quickest is the one that nothing disturbed.
const TRIES: usize = 3;

/// As many as are answered side by side in less than twice the time of one alone, and alike: a
/// service may turn away whom it has no room for.
pub(super) async fn best_concurrency<F>(ask: impl Fn() -> F) -> Result<usize, ProbeError>
where
    F: Future<Output = Result<Aspects, ProbeError>> + Send + 'static,
{
    let mut alone = Duration::MAX;
    let mut status = None;
    for _ in 0..TRIES {
        let (time, mut statuses) = side_by_side(1, &ask).await?;
        alone = alone.min(time);
        status = statuses.pop();
    }
    let mut concurrency = if alone < NOT_WORTH_CONCURRENCY { 1 } else { MAX_CONCURRENCY };
    while concurrency > 1 {
        let (time, statuses) = side_by_side(concurrency, &ask).await?;
        if time < 2 * alone && statuses.iter().all(|it| Some(it) == status.as_ref()) {
            break;
        }
        concurrency /= 2;
    }
    Ok(concurrency)
}

/// How long so many take together, and the status of each.
async fn side_by_side<F>(
    count: usize,
    ask: impl Fn() -> F,
) -> Result<(Duration, Vec<Option<Vec<u8>>>), ProbeError>
where
    F: Future<Output = Result<Aspects, ProbeError>> + Send + 'static,
{
    let started = Instant::now();
    let mut asked: JoinSet<_> = (0..count).map(|_| ask()).collect();
    let mut statuses = Vec::with_capacity(count);
    while !asked.is_empty() {
        statuses.push(joined(&mut asked).await??.remove(&Aspect::Status));
    }
    Ok((started.elapsed(), statuses))
}
