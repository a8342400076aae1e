//! Runs futures concurrently, and returns their results in order.

use std::collections::BTreeMap;
use std::iter::Enumerate;
use std::panic;

use tokio::task::JoinSet;

use super::error::ProbeError;

/// Runs up to `concurrency` futures at a time, and returns all results in the order of the futures.
pub(super) async fn in_order<F, T>(
    futures: impl Iterator<Item = F>,
    concurrency: usize,
) -> Result<Vec<T>, ProbeError>
where
    F: Future<Output = Result<T, ProbeError>> + Send + 'static,
    T: Send + 'static,
{
    let mut remaining: Enumerate<_> = futures.enumerate();
    let mut running = JoinSet::new();
    let mut done = BTreeMap::new();
    loop {
        while running.len() < concurrency
            && let Some((place, future)) = remaining.next()
        {
            running.spawn(async move { (place, future.await) });
        }
        if running.is_empty() {
            return Ok(done.into_values().collect());
        }
        let (place, result) = joined(&mut running).await?;
        done.insert(place, result?);
    }
}

/// The result of the next task to finish. At least one must be running.
pub(super) async fn joined<T: 'static>(running: &mut JoinSet<T>) -> Result<T, ProbeError> {
    match running.join_next().await {
        Some(Ok(result)) => Ok(result),
        Some(Err(error)) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down.
        Some(Err(_)) | None => Err(ProbeError::NoRuntime),
    }
}
