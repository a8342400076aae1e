//! What a run has found, for a person to act on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use super::aspect::{Aspect, Aspects};
use super::compare::Difference;
use super::describe::Description;
use super::probe::{LeakProbe, Pair};
use super::run::{cause, without_values};
use super::transport::{PerTransport, Transport};
use super::variants::{Abbreviated, RequestVariant};

/// How many paragraphs a difference has at most, if its values differ.
const MAX_LEAKS_PER_CAUSE: usize = 3;

/// What a run has found. Its `Display` is the report.
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
    pub(super) variants: PerTransport,
    pairs: usize,
    callers: usize,
    pub(super) requests: usize,
    pub(super) samples: usize,
    pub(super) unsettled: usize,
    pub(super) elapsed: Duration,
    seed: u64,
    /// What was compared by its form.
    by_form: BTreeSet<Aspect>,
    /// How many answers were 429 or 503.
    limited: usize,
    leaks: Vec<Leak>,
}

/// One cause: a difference, and all the requests that show it.
#[derive(Clone, Debug)]
pub struct Leak {
    pub(super) difference: Difference,
    /// What it is over the other transport, if it has another name there.
    elsewhere: Option<Difference>,
    sentence: String,
    example: Example,
    also: BTreeMap<Aspect, (String, usize)>,
    methods: BTreeMap<&'static str, usize>,
    pub(super) transports: PerTransport,
    callers: Vec<String>,
    pairs: Vec<String>,
    variants: usize,
}

/// The first request that showed it.
#[derive(Clone, Debug)]
struct Example {
    transport: Transport,
    method: &'static str,
    targets: [String; 2],
    with: String,
    caller: String,
}

/// What one variant has shown.
pub(super) struct Found<'a> {
    pub(super) caller: &'a str,
    pub(super) pair: &'a Pair,
    pub(super) transport: Transport,
    pub(super) variant: &'a RequestVariant,
    /// What says most about the cause comes first.
    pub(super) differences: Vec<Difference>,
}

impl Report {
    pub(super) const fn new(variants: PerTransport, probe: &LeakProbe) -> Self {
        Self {
            variants,
            pairs: probe.pairs.len(),
            callers: probe.callers.len(),
            requests: 0,
            samples: 0,
            unsettled: 0,
            elapsed: Duration::ZERO,
            seed: probe.seed,
            by_form: BTreeSet::new(),
            limited: 0,
            leaks: Vec::new(),
        }
    }

    /// Whether nothing was found.
    pub const fn has_no_leaks(&self) -> bool {
        self.leaks.is_empty()
    }

    /// What was found, by cause, in the order in which it was found.
    pub fn leaks(&self) -> &[Leak] {
        &self.leaks
    }

    /// How many requests were compared one by one, repetitions included. Each that had a connection
    /// of its own was followed by another one that showed what became of the connection.
    pub const fn requests(&self) -> usize {
        self.requests
    }

    /// How many different variants were tried, for each pair and caller, over all transports: a variant
    /// that was tried over two counts twice.
    pub fn variants(&self) -> usize {
        self.variants.total()
    }

    /// How many variants differed now and then, and not every time: a race, or load on the service, by
    /// others or by many requests [at a time](super::LeakProbe::concurrency). They are no leaks, and
    /// no proof that there is none.
    pub const fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// The seed of what was left to chance: [`seed`](LeakProbe::seed) repeats the run.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// What was new with every answer, or with every path, and therefore compared by its form only:
    /// the words that are the same each time, the lengths and the kinds of characters of the others.
    pub fn by_form(&self) -> impl Iterator<Item = &Aspect> {
        self.by_form.iter()
    }

    /// How long it took.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Fails a test if anything was found.
    ///
    /// # Panics
    ///
    /// With the report, unless it [is silent](Self::has_no_leaks).
    #[track_caller]
    pub fn assert_no_leaks(&self) {
        assert!(self.has_no_leaks(), "{self}");
    }

    pub(super) fn add_compared_by_form(&mut self, aspect: &Aspect) {
        self.by_form.insert(aspect.clone());
    }

    pub(super) fn count_limited(&mut self, both: [&Aspects; 2]) {
        let is_turned_away = |aspects: &&Aspects| {
            aspects.get(&Aspect::Status).is_some_and(|status| status == b"429" || status == b"503")
        };
        self.limited += both.iter().filter(|aspects| is_turned_away(aspects)).count();
    }

    /// Whether this cause is in the report already.
    pub(super) fn contains(&self, difference: &Difference) -> bool {
        self.leaks.iter().any(|leak| leak.is_of(difference))
            || self.of_other_values(difference).count() >= MAX_LEAKS_PER_CAUSE
    }

    /// Where there are leaks that differ from this one in their values only.
    fn of_other_values(&self, difference: &Difference) -> impl Iterator<Item = usize> {
        let sought = without_values(difference);
        let is_of = move |(_, leak): &(usize, &Leak)| {
            leak.difference.frequency.is_none() && without_values(&leak.difference) == sought
        };
        self.leaks.iter().enumerate().filter(is_of).map(|(place, _)| place)
    }

    pub(super) fn add(&mut self, found: Found<'_>) {
        let Some(first) = found.differences.first() else { return };
        let leaks = || self.leaks.iter();
        let place = leaks().position(|leak| leak.is_of(first)).or_else(|| {
            // A request without an answer ends in other ways over HTTP/2 than over HTTP/1.
            let is_outcome = |leak: &Leak| *leak.aspect() == Aspect::Outcome;
            let is_new = |leak: &Leak| leak.transports.of(found.transport) == 0;
            let place = leaks().position(|leak| is_outcome(leak) && is_new(leak));
            place.filter(|_| first.aspect == Aspect::Outcome)
        });
        // A value that follows from the request makes a few paragraphs, and not one for each.
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

impl Leak {
    fn new(found: &Found<'_>, difference: &Difference) -> Self {
        let Found { caller, pair, transport, variant, .. } = *found;
        let targets = [&pair.concealed, &pair.missing]
            .map(|path| Abbreviated(&variant.target(path)).to_string());
        let with = variant.to_string();
        let over = transport.suffix();
        let (method, text) = (variant.method, Description(difference));
        let sentence = format!("`{method} {}`{with}{over}: {text}", targets[0]);
        Self {
            difference: difference.clone(),
            elsewhere: None,
            sentence,
            example: Example { transport, method, targets, with, caller: caller.to_owned() },
            also: BTreeMap::new(),
            methods: BTreeMap::new(),
            transports: PerTransport::default(),
            callers: Vec::new(),
            pairs: Vec::new(),
            variants: 0,
        }
    }

    /// Whether the difference is of the same cause.
    fn is_of(&self, difference: &Difference) -> bool {
        let is_same = |own: &Difference| {
            own.frequency.is_some() == difference.frequency.is_some()
                && cause(own) == cause(difference)
        };
        is_same(&self.difference) || self.elsewhere.as_ref().is_some_and(is_same)
    }

    fn count(&mut self, found: &Found<'_>) {
        self.variants += 1;
        if let Some(first) = found.differences.first().filter(|it| !self.is_of(it)) {
            self.elsewhere = Some(first.clone());
        }
        *self.methods.entry(found.variant.method).or_default() += 1;
        self.transports.add(found.transport, 1);
        let pair = format!("{} and {}", found.pair.concealed, found.pair.missing);
        for (list, item) in [(&mut self.callers, found.caller), (&mut self.pairs, &*pair)] {
            if !list.iter().any(|own| own == item) {
                list.push(item.to_owned());
            }
        }
        for difference in &found.differences[1..] {
            let text = || (Description(difference).to_string(), 0);
            self.also.entry(difference.aspect.clone()).or_insert_with(text).1 += 1;
        }
    }

    /// What differs.
    pub const fn aspect(&self) -> &Aspect {
        &self.difference.aspect
    }

    /// The first request that showed it, and what differs: "`OPTIONS /vault/x`: `allow` is present
    /// on concealed (`GET,HEAD`), absent on missing".
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// How many variants show it, over all pairs and callers.
    pub const fn variants(&self) -> usize {
        self.variants
    }

    /// What differs beside it in some of those variants, in words.
    pub fn also(&self) -> impl Iterator<Item = &str> {
        self.also.values().map(|(text, _)| &**text)
    }

    /// The names of the callers who get to see it.
    pub fn callers(&self) -> impl Iterator<Item = &str> {
        self.callers.iter().map(|name| &**name)
    }

    /// The methods that show it.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.methods.keys().copied()
    }

    /// Whether the values are new with every answer, on one side at least, and of other forms on
    /// concealed than on missing. If that tells nothing, have the probe [ignore](super::LeakProbe::ignore_header_value) the field.
    pub const fn is_unsteady(&self) -> bool {
        self.difference.unsteady
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
        // A few are what any service may say; with more, there was little to compare.
        if self.limited * 20 > *requests {
            let turned_away = self.limited;
            writeln!(
                f,
                "{turned_away} responses were 429 or 503: a rate limit hides other differences, so lift it for \
                 the probe"
            )?;
        }
        if self.unsettled > 0 {
            let unsettled = self.unsettled;
            writeln!(
                f,
                "{unsettled} variants differed in some repetitions only: is the service under other load? `concurrency(1)` \
                 causes the least load"
            )?;
        }
        for (number, leak) in self.leaks.iter().enumerate() {
            write!(f, "\n{}. {leak}", number + 1)?;
        }
        Ok(())
    }
}

/// A paragraph of the report.
impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.sentence)?;
        for (text, times) in self.also.values() {
            writeln!(f, "   also, in {times} of the variants: {text}")?;
        }
        let methods: Vec<_> =
            self.methods.iter().map(|(it, times)| format!("{it} {times}")).collect();
        let (callers, pairs) = (self.callers.join(", "), self.pairs.join("; "));
        writeln!(
            f,
            "   variants: {} ({}), {}",
            self.variants,
            methods.join(", "),
            self.transports
        )?;
        writeln!(f, "   callers: {callers}; pairs: {pairs}")?;
        let Example { transport, method, targets: [concealed, missing], with, caller } =
            &self.example;
        writeln!(f, "   first seen by {caller}: {method} {concealed}{with}{}", transport.suffix())?;
        writeln!(f, "   compared with:{:1$}{method} {missing}{with}", "", caller.len() + 1)?;
        if self.difference.unsteady && matches!(self.difference.aspect, Aspect::Header(_)) {
            writeln!(
                f,
                "   if the value reveals nothing: `.ignore_header_value(\"…\")` lets it differ"
            )?;
        }
        Ok(())
    }
}
