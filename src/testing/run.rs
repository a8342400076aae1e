//! A run on its way: what is asked, several variants at a time; and what is made of the answers, in
//! the order of the variants.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Instant;

use super::ask::Channel;
use super::aspect::{Aspect, Aspects};
use super::caller::Caller;
use super::compare::{self, Difference};
use super::concurrency;
use super::error::ProbeError;
use super::in_order::in_order;
use super::learned::Learned;
use super::probe::{LeakProbe, Pair};
use super::report::{Found, Report};
use super::signed_rank::SplitMix64;
use super::transport::{PerTransport, Transport};
use super::variants::RequestVariant;

/// After so many variants that were repeated, a difference is believed at sight.
const CONFIRMED_AFTER: usize = 3;
/// How often both requests are repeated where the aspect is known to differ now and then: whatever
/// it depends on, the order of two requests is drawn anew each time, so it looks settled once in a
/// thousand million.
const REPEATS_WHERE_IT_VARIES: usize = 31;
/// So many variants are asked before their answers are compared, and over HTTP/2 on one connection.
const BATCH: usize = 256;

/// The answers for the concealed path and for the missing one.
pub(super) type ResponsePair = [Aspects; 2];

/// A run on its way.
pub(super) struct Run<'a> {
    pub(super) probe: &'a LeakProbe,
    pub(super) report: Report,
    pub(super) learned: Learned,
    /// How often a difference has been settled by repetition.
    confirmed: HashMap<Difference, usize>,
    random: SplitMix64,
}

/// The part of a run that asks as one caller for one pair over one transport.
pub(super) struct ProbedPair<'a> {
    pub(super) caller: &'a Caller,
    pub(super) pair: &'a Pair,
    pub(super) transport: Transport,
    pub(super) concurrency: usize,
    /// What varies, and alike on both sides, as samples have shown.
    pub(super) alike: BTreeSet<Aspect>,
    /// What differs now and then.
    varies: BTreeSet<Aspect>,
    /// What has differed every time, and in the same way, by the names of the variants.
    pub(super) settled: HashSet<(String, Aspect)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        probe: &'a LeakProbe,
        variants: &BTreeMap<Transport, Vec<RequestVariant>>,
    ) -> Self {
        let mut counts = PerTransport::default();
        variants.iter().for_each(|(transport, variants)| counts.add(*transport, variants.len()));
        let report = Report::new(counts, probe);
        let (learned, rng) = (Learned::default(), SplitMix64::new(probe.seed));
        Self { probe, report, learned, confirmed: HashMap::new(), random: rng }
    }

    /// Tries all variants, for each caller, pair and transport.
    pub(super) async fn probe_all(
        mut self,
        variants: &BTreeMap<Transport, Vec<RequestVariant>>,
    ) -> Result<Report, ProbeError> {
        let started = Instant::now();
        for caller in &self.probe.callers {
            for pair in &self.probe.pairs {
                for (transport, variants) in variants {
                    self.probe_pair(caller, pair, *transport, variants).await?;
                }
            }
        }
        self.report.elapsed = started.elapsed();
        Ok(self.report)
    }

    /// Tries all variants. What comes of it does not depend on which answer comes first.
    async fn probe_pair(
        &mut self,
        caller: &'a Caller,
        pair: &'a Pair,
        transport: Transport,
        variants: &[RequestVariant],
    ) -> Result<(), ProbeError> {
        if self.is_done() {
            return Ok(());
        }
        let mut probed = ProbedPair {
            caller,
            pair,
            transport,
            concurrency: self.concurrency(caller, pair, transport).await?,
            alike: BTreeSet::new(),
            varies: BTreeSet::new(),
            settled: HashSet::new(),
        };
        let sampled = self.sample(&mut probed).await?;
        probed.varies.clone_from(&probed.alike);
        for variants in variants.chunks(BATCH) {
            let responses = self.ask(&probed, pair, variants.iter()).await?;
            for (variant, both) in variants.iter().zip(responses) {
                self.compare(&mut probed, variant, both).await?;
                if self.is_done() {
                    return Ok(());
                }
            }
        }
        self.add_sampled(&probed, sampled);
        Ok(())
    }

    const fn is_done(&self) -> bool {
        self.probe.stops_at_first_leak && !self.report.has_no_leaks()
    }

    async fn concurrency(
        &self,
        caller: &Caller,
        pair: &Pair,
        transport: Transport,
    ) -> Result<usize, ProbeError> {
        if let Some(concurrency) = self.probe.concurrency {
            return Ok(concurrency);
        }
        let connection = self.probe.connect(transport).await?;
        let over = Channel::of(transport, connection.as_ref());
        let (plain, path) = (RequestVariant::plain("GET"), &pair.missing);
        concurrency::best_concurrency(|| self.probe.ask(&over, caller, path, &plain, path)).await
    }

    /// Asks for both paths of the pair in each of these variants, in an order that is drawn.
    pub(super) async fn ask<'s>(
        &mut self,
        probed: &ProbedPair<'_>,
        pair: &Pair,
        variants: impl Iterator<Item = &'s RequestVariant>,
    ) -> Result<Vec<ResponsePair>, ProbeError> {
        let drawn: Vec<_> =
            variants.map(|variant| (variant, self.random.next_u64() & 1 == 0)).collect();
        if let Some(mut connection) = self.probe.connect(probed.transport).await? {
            let streams = Channel::Streams(connection.streams.clone());
            let responses = self.ask_on(&streams, probed, pair, &drawn).await?;
            if connection.is_open().await {
                return Ok(responses);
            }
            // One of the answers has ended it: each on a connection of its own tells which.
        }
        self.ask_on(&Channel::own(probed.transport), probed, pair, &drawn).await
    }

    async fn ask_on(
        &self,
        over: &Channel,
        probed: &ProbedPair<'_>,
        pair: &Pair,
        variants: &[(&RequestVariant, bool)],
    ) -> Result<Vec<ResponsePair>, ProbeError> {
        let both =
            variants.iter().map(|(variant, first)| self.both(probed, over, pair, variant, *first));
        in_order(both, probed.concurrency).await
    }

    /// Compares two answers, and repeats the requests where they differ.
    async fn compare(
        &mut self,
        probed: &mut ProbedPair<'_>,
        variant: &RequestVariant,
        mut both: ResponsePair,
    ) -> Result<(), ProbeError> {
        self.report.requests += 2;
        self.replace_echoes(probed.pair, variant, &mut both);
        let [concealed, missing] = &both;
        self.report.count_limited([concealed, missing]);
        let mut differences = compare::differences(concealed, missing);
        differences.retain(|difference| !self.learned.explains(difference));
        for difference in &mut differences {
            let unsteady = Difference { unsteady: true, ..difference.clone() };
            difference.unsteady = self.is_confirmed(&unsteady);
        }
        if !differences.iter().all(|it| self.is_confirmed(it)) {
            differences = self.confirm(probed, variant, both.clone(), differences).await?;
        }
        for difference in differences.iter().filter(|it| !it.unsteady) {
            probed.settled.insert((name(variant), difference.aspect.clone()));
        }
        if differences.is_empty() && variant.is_plain_get() && succeeded(concealed) {
            let status = concealed.get(&Aspect::Status).cloned();
            differences.push(Difference {
                aspect: Aspect::Seen,
                concealed: status.clone(),
                missing: status,
                unsteady: false,
                frequency: None,
            });
        }
        if let Some(difference) = differences.first() {
            let narrowed = self.minimized(probed, variant, difference).await?;
            self.add(probed, narrowed.as_ref().unwrap_or(variant), differences);
        }
        Ok(())
    }

    /// Repeats both requests until it is known which of the differences are there every time, and
    /// keeps those that are not between other missing paths as well.
    async fn confirm(
        &mut self,
        probed: &mut ProbedPair<'_>,
        variant: &RequestVariant,
        mut both: ResponsePair,
        differences: Vec<Difference>,
    ) -> Result<Vec<Difference>, ProbeError> {
        // What becomes of a connection is seen on one of its own only, so answers on a shared one
        // do not count.
        if probed.transport == Transport::Http2 {
            both = self.ask_pair(probed, probed.pair, variant).await?;
        }
        let mut series = both.clone().map(|aspects| vec![aspects]);
        let settled = loop {
            let [concealed, missing] = self.ask_pair(probed, probed.pair, variant).await?;
            series[0].push(concealed);
            series[1].push(missing);
            let settled = compare::confirmed(&series[0], &series[1]);
            let varies = |it: &Difference| {
                probed.varies.contains(&it.aspect)
                    && !(it.unsteady && is_new_each_time(&series, &it.aspect))
            };
            let times = match settled.differences.iter().any(varies) {
                true => REPEATS_WHERE_IT_VARIES,
                false => compare::REPEATS,
            };
            let is_over = settled.differences.is_empty() && settled.noise.is_empty();
            if is_over || series[0].len() > times {
                break settled;
            }
        };
        let differed = differences.into_iter().map(|it| it.aspect).collect();
        let is_over = settled.differences.is_empty() && settled.noise.is_empty();
        let unsettled: &BTreeSet<_> = if is_over { &differed } else { &settled.mixed };
        self.report.unsettled += usize::from(!unsettled.is_subset(&probed.alike));
        probed.varies.extend(settled.mixed);
        if is_over {
            probed.varies.extend(differed);
        }
        for aspect in settled.noise {
            let [concealed, missing] = series.each_ref().map(|it| compare::present(it, &aspect));
            self.learned.forms.learn(&aspect, &[concealed, missing].concat());
            self.report.add_compared_by_form(&aspect);
        }
        let differences = self
            .without_differences_of_every_path(probed, variant, settled.differences, &both)
            .await?;
        for difference in &differences {
            let causes = BTreeSet::from([cause(difference), without_values(difference)]);
            causes.into_iter().for_each(|it| *self.confirmed.entry(it).or_default() += 1);
        }
        Ok(differences)
    }

    fn is_confirmed(&self, difference: &Difference) -> bool {
        let settled = |cause| self.confirmed.get(&cause).copied().unwrap_or(0);
        // What has other values for each request, as a field that repeats one of the request.
        let of_any_value = settled(without_values(difference));
        settled(cause(difference)) >= CONFIRMED_AFTER || of_any_value >= 3 * CONFIRMED_AFTER
    }

    pub(super) fn add(
        &mut self,
        probed: &ProbedPair<'_>,
        variant: &RequestVariant,
        differences: Vec<Difference>,
    ) {
        let ProbedPair { caller, pair, transport, .. } = *probed;
        self.report.add(Found { caller: &caller.name, pair, transport, variant, differences });
    }

    /// Asks once more, on a connection of its own, in an order that is drawn.
    pub(super) async fn repeat(
        &mut self,
        probed: &ProbedPair<'_>,
        pair: &Pair,
        variant: &RequestVariant,
    ) -> Result<ResponsePair, ProbeError> {
        self.report.requests += 2;
        let first = self.random.next_u64() & 1 == 0;
        self.both(probed, &Channel::own(probed.transport), pair, variant, first).await
    }

    /// Asks for the one path, and then for the other.
    fn both(
        &self,
        probed: &ProbedPair<'_>,
        over: &Channel,
        pair: &Pair,
        variant: &RequestVariant,
        concealed_first: bool,
    ) -> impl Future<Output = Result<ResponsePair, ProbeError>> + Send + use<> {
        let [concealed, missing] = [&pair.concealed, &pair.missing]
            .map(|path| self.probe.ask(over, probed.caller, path, variant, &pair.missing));
        async move {
            if concealed_first {
                let concealed = concealed.await?;
                Ok([concealed, missing.await?])
            } else {
                let missing = missing.await?;
                Ok([concealed.await?, missing])
            }
        }
    }
}

/// Whether no value comes twice: it is an id or a counter, and more of them tell no more.
fn is_new_each_time(series: &[Vec<Aspects>; 2], aspect: &Aspect) -> bool {
    let values: HashSet<_> = series.iter().flatten().map(|it| it.get(aspect)).collect();
    values.len() == series[0].len() + series[1].len()
}

fn succeeded(aspects: &Aspects) -> bool {
    aspects.get(&Aspect::Status).is_some_and(|status| status.starts_with(b"2"))
}

/// What a variant is called within a run.
pub(super) fn name(variant: &RequestVariant) -> String {
    format!("{} {}{variant}", variant.method, variant.target("{path}"))
}

/// The difference as far as it is the same in every variant.
pub(super) fn cause(difference: &Difference) -> Difference {
    let Difference { aspect, unsteady, frequency, .. } = difference;
    match aspect.varies_by_request() || *unsteady || frequency.is_some() {
        true => without_values(difference),
        false => difference.clone(),
    }
}

/// What differs, whatever its values are.
pub(super) fn without_values(difference: &Difference) -> Difference {
    let is_there = |value: &Option<Vec<u8>>| value.as_ref().map(|_| Vec::new());
    Difference {
        aspect: difference.aspect.clone(),
        concealed: is_there(&difference.concealed),
        missing: is_there(&difference.missing),
        unsteady: difference.unsteady,
        frequency: None,
    }
}
