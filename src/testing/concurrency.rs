//! Measures how many requests to send at a time.
//!
//! Most of the time of a run may be spent waiting: for a time floor, a store, a network. Concurrent
//! requests wait once for all. Work of the processor is not done sooner that way, and each response
//! arrives later, perhaps after the probe has stopped holding back a request body.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::aspect::{Aspect, Aspects};
use super::error::ProbeError;
use super::in_order::joined;

/// The most requests at a time.
pub(super) const MAX_CONCURRENCY: usize = 64;
/// Below this response time, concurrency gains little.
const NOT_WORTH_CONCURRENCY: Duration = Duration::from_millis(1);
/// How often a single request is measured. The least of the times is the least disturbed.
const TRIES: usize = 3;

/// The number of concurrent requests that the service answers in less than twice the time of a
/// single one, and with the same status: a service may refuse requests above a limit.
pub(super) async fn best_concurrency<F>(ask: impl Fn() -> F) -> Result<usize, ProbeError>
where
    F: Future<Output = Result<Aspects, ProbeError>> + Send + 'static,
{
    let mut single = Duration::MAX;
    let mut status = None;
    for _ in 0..TRIES {
        let (time, mut statuses) = concurrent_requests(1, &ask).await?;
        single = single.min(time);
        status = statuses.pop();
    }
    let mut concurrency = if single < NOT_WORTH_CONCURRENCY { 1 } else { MAX_CONCURRENCY };
    while concurrency > 1 {
        let (time, statuses) = concurrent_requests(concurrency, &ask).await?;
        if time < 2 * single && statuses.iter().all(|other| Some(other) == status.as_ref()) {
            break;
        }
        concurrency /= 2;
    }
    Ok(concurrency)
}

/// The time that this many concurrent requests take together, and the status of each response.
async fn concurrent_requests<F>(
    count: usize,
    ask: impl Fn() -> F,
) -> Result<(Duration, Vec<Option<Vec<u8>>>), ProbeError>
where
    F: Future<Output = Result<Aspects, ProbeError>> + Send + 'static,
{
    let started = Instant::now();
    let mut pending: JoinSet<_> = (0..count).map(|_| ask()).collect();
    let mut statuses = Vec::with_capacity(count);
    while !pending.is_empty() {
        statuses.push(joined(&mut pending).await??.remove(&Aspect::Status));
    }
    Ok((started.elapsed(), statuses))
}
