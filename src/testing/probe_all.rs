//! The procedure of a run: samples first, then all variants in batches.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Instant;

use super::ask::Channel;
use super::caller::Caller;
use super::concurrency::best_concurrency;
use super::error::ProbeError;
use super::pair::Pair;
use super::report::Report;
use super::run::{ProbedPair, Run};
use super::transport::Transport;
use super::variants::RequestVariant;

/// This many variants are sent before their responses are compared, over HTTP/2 on one connection.
const BATCH: usize = 256;

impl<'a> Run<'a> {
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

    /// Tries all variants for one pair. The report does not depend on the order in which responses
    /// arrive.
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
            varying: BTreeSet::new(),
            always_different: HashSet::new(),
        };
        let sampled = self.sample(&mut probed).await?;
        probed.varying.clone_from(&probed.alike);
        for batch in variants.chunks(BATCH) {
            let responses = self.ask(&probed, pair, batch.iter()).await?;
            for (variant, responses) in batch.iter().zip(responses) {
                self.compare(&mut probed, variant, responses).await?;
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

    /// How many variants to try at a time: as the user has set it, or as measured.
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
        let channel = Channel::shared_or_own(transport, connection.as_ref());
        let (plain, path) = (RequestVariant::plain("GET"), &pair.missing);
        best_concurrency(|| self.probe.ask(&channel, caller, path, &plain, path)).await
    }
}
