//! One cause in a report: a difference, and the requests that show it.

use std::collections::BTreeMap;
use std::fmt;

use super::aspect::Aspect;
use super::compare::Difference;
use super::describe::Description;
use super::pair::Pair;
use super::transport::{PerTransport, Transport};
use super::variants::{Abbreviated, RequestVariant};

/// One cause: a difference, and all the requests that show it.
#[derive(Clone, Debug)]
pub struct Leak {
    pub(super) difference: Difference,
    /// The same difference over the other transport, if it shows in another aspect there.
    over_other_transport: Option<Difference>,
    sentence: String,
    example: Example,
    also: BTreeMap<Aspect, (String, usize)>,
    methods: BTreeMap<&'static str, usize>,
    pub(super) transports: PerTransport,
    callers: Vec<String>,
    pairs: Vec<String>,
    variants: usize,
}

/// The first request that showed the difference.
#[derive(Clone, Debug)]
struct Example {
    transport: Transport,
    method: &'static str,
    targets: [String; 2],
    additions: String,
    caller: String,
}

/// The differences that one variant has shown.
pub(super) struct Found<'a> {
    pub(super) caller: &'a str,
    pub(super) pair: &'a Pair,
    pub(super) transport: Transport,
    pub(super) variant: &'a RequestVariant,
    /// The difference that says most about the cause is first.
    pub(super) differences: Vec<Difference>,
}

impl Leak {
    pub(super) fn new(found: &Found<'_>, difference: &Difference) -> Self {
        let Found { caller, pair, transport, variant, .. } = *found;
        let targets = [&pair.concealed, &pair.missing]
            .map(|path| Abbreviated(&variant.target(path)).to_string());
        let (method, additions) = (variant.method, variant.to_string());
        let (over, difference_text) = (transport.suffix(), Description(difference));
        let sentence = format!("`{method} {}`{additions}{over}: {difference_text}", targets[0]);
        Self {
            difference: difference.clone(),
            over_other_transport: None,
            sentence,
            example: Example { transport, method, targets, additions, caller: caller.to_owned() },
            also: BTreeMap::new(),
            methods: BTreeMap::new(),
            transports: PerTransport::default(),
            callers: Vec::new(),
            pairs: Vec::new(),
            variants: 0,
        }
    }

    /// Whether the difference has the same cause.
    pub(super) fn is_of(&self, difference: &Difference) -> bool {
        let has_same_cause = |own: &Difference| {
            own.frequency.is_some() == difference.frequency.is_some()
                && own.cause() == difference.cause()
        };
        has_same_cause(&self.difference)
            || self.over_other_transport.as_ref().is_some_and(has_same_cause)
    }

    /// Counts one more variant that shows the leak.
    pub(super) fn count(&mut self, found: &Found<'_>) {
        self.variants += 1;
        if let Some(first) = found.differences.first().filter(|first| !self.is_of(first)) {
            self.over_other_transport = Some(first.clone());
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

    /// The aspect that differs.
    pub const fn aspect(&self) -> &Aspect {
        &self.difference.aspect
    }

    /// The first request that showed the difference, and the difference: "`OPTIONS /vault/x`:
    /// `allow` present on concealed (`GET,HEAD`), absent on missing".
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// How many variants show the difference, over all pairs and callers.
    pub const fn variants(&self) -> usize {
        self.variants
    }

    /// Other differences in some of the same variants, in words.
    pub fn also(&self) -> impl Iterator<Item = &str> {
        self.also.values().map(|(text, _)| &**text)
    }

    /// The names of the callers whose responses show the difference.
    pub fn callers(&self) -> impl Iterator<Item = &str> {
        self.callers.iter().map(|name| &**name)
    }

    /// The methods that show the difference.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.methods.keys().copied()
    }

    /// The transports over which the difference shows.
    pub fn transports(&self) -> impl Iterator<Item = Transport> {
        self.transports.transports()
    }

    /// In which share of the responses the difference shows on the concealed path, and on the missing
    /// one, in the first variant that showed it; `None` if it shows in all. The page on the
    /// [method](super::method#differences-in-some-responses) says how such differences are found.
    pub fn shares(&self) -> Option<[f64; 2]> {
        let frequency = self.difference.frequency.as_ref()?;
        Some(frequency.times.map(|times| times as f64 / frequency.of as f64))
    }

    /// Whether the values are new in every response, on one side at least, and of other forms on
    /// concealed than on missing. If the value reveals nothing, have the probe
    /// [ignore](super::LeakProbe::ignore_header_value) it.
    pub const fn is_unsteady(&self) -> bool {
        self.difference.unsteady
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
            self.methods.iter().map(|(method, times)| format!("{method} {times}")).collect();
        let (callers, pairs) = (self.callers.join(", "), self.pairs.join("; "));
        writeln!(
            f,
            "   variants: {} ({}), {}",
            self.variants,
            methods.join(", "),
            self.transports
        )?;
        writeln!(f, "   callers: {callers}; pairs: {pairs}")?;
        let Example { transport, method, targets: [concealed, missing], additions, caller } =
            &self.example;
        let over = transport.suffix();
        writeln!(f, "   first seen by {caller}: {method} {concealed}{additions}{over}")?;
        writeln!(f, "   compared with:{:1$}{method} {missing}{additions}", "", caller.len() + 1)?;
        if self.difference.unsteady && matches!(self.difference.aspect, Aspect::Header(_)) {
            writeln!(
                f,
                "   if the value reveals nothing: `.ignore_header_value(\"…\")` lets it differ"
            )?;
        }
        Ok(())
    }
}
