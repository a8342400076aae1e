//! [`RetryAfter`]: how long the server asks to wait.

use std::iter;
use std::time::{Duration, SystemTime};

use headers::{Date, Header};
use http::HeaderMap;
use http::header::RETRY_AFTER;

/// The greatest number of seconds that is read, 68 years, as in caches (RFC 9111 §1.2.2): adding it to a
/// time overflows nowhere.
const GREATEST: u64 = 1 << 31;

/// The value of `Retry-After` (RFC 9110 §10.2.3).
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use http::Response;
/// use portcullis::Advice;
///
/// let response = Response::builder()
///     .status(429)
///     .header("retry-after", "Fri, 27 Nov 2026 10:00:00 GMT")
///     .body(())?;
/// let Advice::Wait(Some(time)) = Advice::of(&response) else { panic!() };
/// let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_773_590);
/// assert_eq!(time.delay(now), Duration::from_secs(10));
/// assert_eq!(time.delay(now + Duration::from_secs(60)), Duration::ZERO);
/// # Ok::<_, http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryAfter {
    /// This many seconds after the response was received. More than 2³¹ are read as 2³¹.
    Seconds(u64),
    /// At this time, by the server's clock.
    Date(SystemTime),
}

impl RetryAfter {
    /// How long to wait from now on; zero if the time has passed. `now` counts for a date alone.
    pub fn delay(self, now: SystemTime) -> Duration {
        match self {
            Self::Seconds(seconds) => Duration::from_secs(seconds),
            Self::Date(time) => time.duration_since(now).unwrap_or(Duration::ZERO),
        }
    }

    /// Reads the header, which has one line (RFC 9110 §5.3). `None` also if it is neither form.
    pub(super) fn read(headers: &HeaderMap) -> Option<Self> {
        let mut lines = headers.get_all(RETRY_AFTER).iter();
        let value = lines.next().filter(|_| lines.next().is_none())?;
        match seconds(value.as_bytes()) {
            Some(seconds) => Some(Self::Seconds(seconds)),
            None => Some(Self::Date(Date::decode(&mut iter::once(value)).ok()?.into())),
        }
    }
}

/// `1*DIGIT`, without the sign that `parse` would accept.
pub(super) fn seconds(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digits = str::from_utf8(value).ok()?;
    Some(digits.parse().unwrap_or(GREATEST).min(GREATEST))
}
