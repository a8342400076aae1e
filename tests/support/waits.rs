//! Response times.

use std::fmt;
use std::fs;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::Connection;

/// Response times of one caller. Printed, it says how many there are and how they spread.
pub struct Waits(Vec<Duration>);

impl Waits {
    /// Sends this request again and again, after a pause each time, until `is_over`. Every response has to be
    /// 200.
    #[track_caller]
    pub fn of(
        address: SocketAddr,
        request: &[u8],
        pause: Duration,
        is_over: impl Fn() -> bool,
    ) -> Self {
        let mut connection = Connection::open(address);
        assert_eq!(connection.send(request).status, 200);
        let mut waits = Vec::new();
        while !is_over() {
            let begun = Instant::now();
            assert_eq!(connection.send(request).status, 200);
            waits.push(begun.elapsed());
            thread::sleep(pause);
        }
        waits.sort_unstable();
        Self(waits)
    }
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(waits) = self;
        let at = |share: f64| {
            let last = waits.len().saturating_sub(1);
            let wait = waits.get((last as f64 * share) as usize).copied().unwrap_or_default();
            wait.as_secs_f64() * 1e3
        };
        write!(
            f,
            "{} responses; p50 {:.2} ms, p90 {:.2} ms, p99 {:.2} ms, max {:.2} ms",
            waits.len(),
            at(0.5),
            at(0.9),
            at(0.99),
            at(1.0)
        )
    }
}

/// The load average of the machine: what other work it does. Nothing where there is no `/proc`.
pub fn load_average() -> String {
    fs::read_to_string("/proc/loadavg").unwrap_or_default().trim_end().to_owned()
}
