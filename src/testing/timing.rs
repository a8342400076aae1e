//! Measures response times, and reports whether they differ.

use std::fmt;
use std::time::Duration;

use tokio::time::timeout;

use super::pair::Pair;
use super::rng::SplitMix64;
use super::signed_rank;
use super::target::Target;
use super::timed::TimedRequest;
use super::transport::Transport;

/// The error rate of all tests of a run together.
pub(super) const ALPHA: f64 = 1e-4;
/// With fewer samples hardly any difference is significant.
pub(super) const MIN_SAMPLES: usize = 20;
/// The number of requests to each path before the measurement, which warm up caches, branch predictors
/// and the allocator.
const WARM_UP: usize = 50;
/// Smaller probabilities are not printed.
const MIN_P: f64 = 1e-15;
const TIMEOUT: Duration = Duration::from_secs(10);

/// The results of the two-sample tests of a run: one for each pair and caller. Its `Display` is the
/// report.
#[derive(Clone, Debug)]
#[must_use = "differences in time are in the result: `assert_no_leaks`, or look at `tests`"]
pub struct Timings {
    pub(super) tests: Vec<Timing>,
}

/// The test whether the response times of one pair differ.
#[derive(Clone, Debug)]
pub struct Timing {
    caller: String,
    transport: Transport,
    paths: [String; 2],
    samples: usize,
    /// Lower quartile, median, upper quartile.
    quartiles: [[Duration; 3]; 2],
    ranked: signed_rank::Ranked,
    alpha: f64,
}

impl Timings {
    /// Whether no test found a difference.
    pub fn has_no_leaks(&self) -> bool {
        !self.tests.iter().any(Timing::is_leak)
    }

    /// The tests, by caller and then by pair.
    pub fn tests(&self) -> &[Timing] {
        &self.tests
    }

    /// Fails a test if the response times of a pair differ.
    ///
    /// # Panics
    ///
    /// With the report, unless it [has no leaks](Self::has_no_leaks).
    #[track_caller]
    pub fn assert_no_leaks(&self) {
        assert!(self.has_no_leaks(), "{self}");
    }
}

impl Timing {
    /// Whether the response times differ: [`p`](Self::p) is below [`alpha`](Self::alpha).
    pub fn is_leak(&self) -> bool {
        self.ranked.p < self.alpha
    }

    /// The name of the caller.
    pub fn caller(&self) -> &str {
        &self.caller
    }

    /// The version of HTTP.
    pub const fn transport(&self) -> Transport {
        self.transport
    }

    /// The concealed path, and the missing one.
    pub const fn paths(&self) -> &[String; 2] {
        &self.paths
    }

    /// The number of measurements on each path.
    pub const fn samples(&self) -> usize {
        self.samples
    }

    /// The median time of the concealed path, and of the missing one, from writing the request to
    /// the first byte of the response, over HTTP/2 to its head.
    pub const fn medians(&self) -> [Duration; 2] {
        [self.quartiles[0][1], self.quartiles[1][1]]
    }

    /// In which share of comparisons the concealed response is faster than the missing one: 0.5 if
    /// nothing differs. This is the size of the effect: an attacker who guesses by one response is
    /// right this often.
    pub const fn sooner(&self) -> f64 {
        self.ranked.less
    }

    /// How many standard deviations the statistic is from its expectation without a difference;
    /// positive if concealed responses are faster.
    pub const fn z(&self) -> f64 {
        self.ranked.z
    }

    /// The probability of a difference at least as large if there is none (two-sided).
    pub const fn p(&self) -> f64 {
        self.ranked.p
    }

    /// The threshold for `p`: 1e-4, divided by the number of tests in the run.
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }
}

/// Times in nanoseconds, of the concealed path and of the missing one.
pub(super) type Times = [Vec<u64>; 2];

/// Measures in blocks of one request for each path, in an order drawn for each block, so that drift
/// affects both alike.
pub(super) async fn measure(
    target: &Target,
    requests: &[TimedRequest; 2],
    samples: usize,
    seed: u64,
) -> Result<Times, String> {
    let mut rng = SplitMix64::new(seed);
    let mut times: Times = [Vec::with_capacity(samples), Vec::with_capacity(samples)];
    let mut connection = None;
    for block in 0..samples + WARM_UP {
        let first = (rng.next_u64() & 1) as usize;
        for which in [first, 1 - first] {
            let time = requests[which].time(target, &mut connection);
            let time = timeout(TIMEOUT, time).await.map_err(|_| "no response in time")??;
            if block >= WARM_UP {
                times[which].push(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
            }
        }
    }
    Ok(times)
}

pub(super) fn judge(
    mut times: Times,
    pair: &Pair,
    caller: &str,
    transport: Transport,
    alpha: f64,
) -> Timing {
    let ranked = signed_rank::signed_rank_test(&times[0], &times[1]);
    Timing {
        caller: caller.to_owned(),
        transport,
        paths: [pair.concealed.clone(), pair.missing.clone()],
        samples: times[0].len(),
        quartiles: times.each_mut().map(|times| quartiles(times)),
        ranked,
        alpha,
    }
}

fn quartiles(times: &mut [u64]) -> [Duration; 3] {
    times.sort_unstable();
    [1, 2, 3].map(|quarter| {
        let time = times.get(times.len() * quarter / 4).copied().unwrap_or_default();
        Duration::from_nanos(time)
    })
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let leaks = self.tests.iter().filter(|test| test.is_leak()).count();
        writeln!(f, "response times differ for {leaks} of {} pairs and callers", self.tests.len())?;
        self.tests.iter().try_for_each(|test| write!(f, "\n{test}"))
    }
}

/// A paragraph of the report.
impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict =
            if self.is_leak() { "response times differ" } else { "response times do not differ" };
        let [concealed, missing] = &self.paths;
        let (caller, over) = (&self.caller, self.transport.suffix());
        writeln!(f, "`GET {concealed}` and `GET {missing}` as {caller}{over}: {verdict}")?;
        for (name, [lower, median, upper]) in ["concealed", "missing"].iter().zip(self.quartiles) {
            writeln!(
                f,
                "   {name:9}: median {median:.1?}, half of them in {lower:.1?} to {upper:.1?}"
            )?;
        }
        writeln!(
            f,
            "   concealed comes sooner in {:.2} % of {} x {1} comparisons; z = {:.1}, p {} {:.1e} (a \
             leak below {:.1e})",
            100.0 * self.sooner(),
            self.samples,
            self.z(),
            if self.p() < MIN_P { "<" } else { "=" },
            self.p().max(MIN_P),
            self.alpha
        )
    }
}
