//! What the system says of this thread and its process. Nothing, 0, where there is no `/proc`.

use std::fs;
use std::time::Duration;

/// How long this thread has had a processor, so that other work on the machine does not count.
pub fn processor_time() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = told.split(' ').next().and_then(|spent| spent.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or(0))
}

/// KiB of memory that the process holds.
pub fn resident() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}
