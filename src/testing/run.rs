//! The state of one run, and how a run sends requests.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::ask::Channel;
use super::aspect::{Aspect, Aspects};
use super::caller::Caller;
use super::compare::Difference;
use super::error::ProbeError;
use super::in_order::in_order;
use super::leak::Found;
use super::learned::Learned;
use super::pair::Pair;
use super::probe::LeakProbe;
use super::report::Report;
use super::rng::SplitMix64;
use super::transport::{PerTransport, Transport};
use super::variants::RequestVariant;

/// The responses for the concealed path and for the missing one.
pub(super) type ResponsePair = [Aspects; 2];

/// The state of one run.
pub(super) struct Run<'a> {
    pub(super) probe: &'a LeakProbe,
    pub(super) report: Report,
    pub(super) learned: Learned,
    /// How often each difference has been confirmed by repetition.
    pub(super) confirmed: HashMap<Difference, usize>,
    rng: SplitMix64,
}

/// The part of a run that probes one pair of paths as one caller over one transport.
pub(super) struct ProbedPair<'a> {
    pub(super) caller: &'a Caller,
    pub(super) pair: &'a Pair,
    pub(super) transport: Transport,
    pub(super) concurrency: usize,
    /// The aspects that vary alike on both sides, as samples have shown.
    pub(super) alike: BTreeSet<Aspect>,
    /// The aspects that differ in some repetitions only.
    pub(super) varying: BTreeSet<Aspect>,
    /// The aspects that differed in every repetition, by the names of the variants.
    pub(super) always_different: HashSet<(String, Aspect)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(probe: &'a LeakProbe, variants: PerTransport) -> Self {
        Self {
            probe,
            report: Report::new(variants, probe.pairs.len(), probe.callers.len(), probe.seed),
            learned: Learned::default(),
            confirmed: HashMap::new(),
            rng: SplitMix64::new(probe.seed),
        }
    }

    /// Sends each of these variants to both paths of the pair, in an order drawn for each variant.
    pub(super) async fn ask<'s>(
        &mut self,
        probed: &ProbedPair<'_>,
        pair: &Pair,
        variants: impl Iterator<Item = &'s RequestVariant>,
    ) -> Result<Vec<ResponsePair>, ProbeError> {
        let variants: Vec<_> = variants.map(|variant| (variant, self.concealed_first())).collect();
        if let Some(mut connection) = self.probe.connect(probed.transport).await? {
            let streams = Channel::Streams(connection.streams.clone());
            let responses = self.ask_on(&streams, probed, pair, &variants).await?;
            if connection.is_open().await {
                return Ok(responses);
            }
            // A response has ended the connection. On connections of their own, it shows which.
        }
        self.ask_on(&Channel::own(probed.transport), probed, pair, &variants).await
    }

    async fn ask_on(
        &self,
        channel: &Channel,
        probed: &ProbedPair<'_>,
        pair: &Pair,
        variants: &[(&RequestVariant, bool)],
    ) -> Result<Vec<ResponsePair>, ProbeError> {
        let futures = variants.iter().map(|(variant, concealed_first)| {
            self.request_both(probed, channel, pair, variant, *concealed_first)
        });
        in_order(futures, probed.concurrency).await
    }

    /// Sends a variant once more, on connections of its own, in an order drawn anew.
    pub(super) async fn repeat(
        &mut self,
        probed: &ProbedPair<'_>,
        pair: &Pair,
        variant: &RequestVariant,
    ) -> Result<ResponsePair, ProbeError> {
        self.report.requests += 2;
        let concealed_first = self.concealed_first();
        let channel = Channel::own(probed.transport);
        self.request_both(probed, &channel, pair, variant, concealed_first).await
    }

    /// Draws the order of the two requests.
    const fn concealed_first(&mut self) -> bool {
        self.rng.next_u64() & 1 == 0
    }

    /// Sends a variant to one path of the pair, and then to the other.
    fn request_both(
        &self,
        probed: &ProbedPair<'_>,
        channel: &Channel,
        pair: &Pair,
        variant: &RequestVariant,
        concealed_first: bool,
    ) -> impl Future<Output = Result<ResponsePair, ProbeError>> + Send + use<> {
        let [concealed, missing] = [&pair.concealed, &pair.missing]
            .map(|path| self.probe.ask(channel, probed.caller, path, variant, &pair.missing));
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

    /// Adds the differences that a variant has shown to the report.
    pub(super) fn add(
        &mut self,
        probed: &ProbedPair<'_>,
        variant: &RequestVariant,
        differences: Vec<Difference>,
    ) {
        let ProbedPair { caller, pair, transport, .. } = *probed;
        self.report.add(Found { caller: &caller.name, pair, transport, variant, differences });
    }
}

/// The name of a variant within a run.
pub(super) fn name(variant: &RequestVariant) -> String {
    format!("{} {}{variant}", variant.method, variant.target("{path}"))
}
