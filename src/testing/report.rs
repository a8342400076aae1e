//! The report of a run.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use super::aspect::{Aspect, Aspects};
use super::compare::Difference;
use super::leak::{Found, Leak};
use super::transport::{PerTransport, Transport};

/// The most paragraphs for differences that differ in their values only.
const MAX_LEAKS_PER_CAUSE: usize = 3;

/// The result of a run. Its `Display` is the report for a person to read.
///
/// ```
/// # use portcullis::testing::{Aspect, Report};
/// fn judge(report: &Report) {
///     for leak in report.leaks().iter().filter(|leak| *leak.aspect() == Aspect::Status) {
///         eprintln!("{} ({} variants)", leak.sentence(), leak.variants());
///     }
///     report.assert_no_leaks();
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "leaks are in the report: `assert_no_leaks`, or look at `leaks`"]
pub struct Report {
    variants: PerTransport,
    pairs: usize,
    callers: usize,
    pub(super) requests: usize,
    pub(super) samples: usize,
    pub(super) unsettled: usize,
    pub(super) elapsed: Duration,
    seed: u64,
    /// The aspects that were compared by their form only.
    by_form: BTreeSet<Aspect>,
    /// How many responses were 429 or 503.
    limited: usize,
    leaks: Vec<Leak>,
}

impl Report {
    pub(super) const fn new(
        variants: PerTransport,
        pairs: usize,
        callers: usize,
        seed: u64,
    ) -> Self {
        Self {
            variants,
            pairs,
            callers,
            requests: 0,
            samples: 0,
            unsettled: 0,
            elapsed: Duration::ZERO,
            seed,
            by_form: BTreeSet::new(),
            limited: 0,
            leaks: Vec::new(),
        }
    }

    /// Whether the run has found no leak.
    pub const fn has_no_leaks(&self) -> bool {
        self.leaks.is_empty()
    }

    /// The leaks by cause, in the order in which they were found.
    pub fn leaks(&self) -> &[Leak] {
        &self.leaks
    }

    /// How many requests were compared one by one, repetitions included. Each that had a connection
    /// of its own was followed by another one that showed the state of the connection.
    pub const fn requests(&self) -> usize {
        self.requests
    }

    /// How many requests were sent in addition, to find differences that show in
    /// [some responses only](super::method#differences-in-some-responses).
    pub const fn samples(&self) -> usize {
        self.samples
    }

    /// How many different variants were tried for each pair and caller, over all transports: a
    /// variant that was tried over two counts twice.
    pub fn variants(&self) -> usize {
        self.variants.total()
    }

    /// How many different variants were tried over this transport, for each pair and caller.
    pub fn variants_over(&self, transport: Transport) -> usize {
        self.variants.of(transport)
    }

    /// How many variants differed in some repetitions only: because of a race, or of load on the
    /// service, by others or by many requests [at a time](super::LeakProbe::concurrency). They are
    /// not counted as leaks, and do not prove that there is none.
    pub const fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// The seed of the random choices: [`LeakProbe::seed`](super::LeakProbe::seed) repeats the run.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The aspects whose values were new in every response, or different for every path, and
    /// therefore compared by their form only: the words that are constant, the lengths and the kinds
    /// of characters of the others.
    pub fn by_form(&self) -> impl Iterator<Item = &Aspect> {
        self.by_form.iter()
    }

    /// How long the run took.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Fails a test if the run has found a leak.
    ///
    /// # Panics
    ///
    /// With the report, unless it [has no leaks](Self::has_no_leaks).
    #[track_caller]
    pub fn assert_no_leaks(&self) {
        assert!(self.has_no_leaks(), "{self}");
    }

    pub(super) fn add_compared_by_form(&mut self, aspect: &Aspect) {
        self.by_form.insert(aspect.clone());
    }

    /// Counts the responses with which a rate limit or an overloaded service refuses requests.
    pub(super) fn count_limited(&mut self, responses: [&Aspects; 2]) {
        let is_limited = |aspects: &&Aspects| {
            aspects.get(&Aspect::Status).is_some_and(|status| status == b"429" || status == b"503")
        };
        self.limited += responses.iter().filter(|aspects| is_limited(aspects)).count();
    }

    /// Whether this cause is already in the report.
    pub(super) fn contains(&self, difference: &Difference) -> bool {
        self.leaks.iter().any(|leak| leak.is_of(difference))
            || self.of_other_values(difference).count() >= MAX_LEAKS_PER_CAUSE
    }

    /// The places of the leaks that differ from this one in their values only.
    fn of_other_values(&self, difference: &Difference) -> impl Iterator<Item = usize> {
        let sought = difference.without_values();
        let is_of = move |(_, leak): &(usize, &Leak)| {
            leak.difference.frequency.is_none() && leak.difference.without_values() == sought
        };
        self.leaks.iter().enumerate().filter(is_of).map(|(place, _)| place)
    }

    pub(super) fn add(&mut self, found: Found<'_>) {
        let Some(first) = found.differences.first() else { return };
        let leaks = || self.leaks.iter();
        let place = leaks().position(|leak| leak.is_of(first)).or_else(|| {
            // A request without a response ends in other ways over HTTP/2 than over HTTP/1.
            let is_outcome = |leak: &Leak| *leak.aspect() == Aspect::Outcome;
            let is_new = |leak: &Leak| leak.transports.of(found.transport) == 0;
            let place = leaks().position(|leak| is_outcome(leak) && is_new(leak));
            place.filter(|_| first.aspect == Aspect::Outcome)
        });
        // A value that follows from the request makes a few paragraphs, and not one for each value.
        let place = place.or_else(|| {
            let places: Vec<_> = self.of_other_values(first).collect();
            (places.len() >= MAX_LEAKS_PER_CAUSE).then(|| places[places.len() - 1])
        });
        match place {
            Some(place) => self.leaks[place].count(&found),
            None => {
                let mut leak = Leak::new(&found, first);
                leak.count(&found);
                self.leaks.push(leak);
            }
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { variants, pairs, callers, requests, samples, elapsed, .. } = self;
        let found = match self.leaks.len() {
            0 => "no leak".to_owned(),
            1 => "1 leak".to_owned(),
            leaks => format!("{leaks} leaks"),
        };
        writeln!(
            f,
            "{found} in {requests} requests (variants: {variants}; pairs: {pairs}, callers: {callers}, \
             seed: {}) and {samples} samples in {:.1} s",
            self.seed,
            elapsed.as_secs_f64()
        )?;
        if !self.by_form.is_empty() {
            let by_form: Vec<_> = self.by_form.iter().map(ToString::to_string).collect();
            writeln!(
                f,
                "compared by form only, since the value is new in every response or for every path: {}",
                by_form.join(", ")
            )?;
        }
        // Any service may send a few; with more, there was little to compare.
        if self.limited * 20 > *requests {
            let limited = self.limited;
            writeln!(
                f,
                "{limited} responses were 429 or 503: a rate limit hides other differences, so lift it \
                 for the probe"
            )?;
        }
        if self.unsettled > 0 {
            let unsettled = self.unsettled;
            writeln!(
                f,
                "{unsettled} variants differed in some repetitions only: is the service under other \
                 load? `concurrency(1)` causes the least load"
            )?;
        }
        for (number, leak) in self.leaks.iter().enumerate() {
            write!(f, "\n{}. {leak}", number + 1)?;
        }
        Ok(())
    }
}
