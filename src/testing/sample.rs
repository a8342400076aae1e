//! Sends the same requests many times, to find differences that show in some responses only.

use std::collections::BTreeMap;
use std::iter::repeat_n;

use super::aspect::Aspect;
use super::compare::Difference;
use super::control_paths;
use super::error::ProbeError;
use super::pair::Pair;
use super::run::{ProbedPair, Run, name};
use super::tally::{Tally, Verdict};
use super::timing::ALPHA;
use super::variants::{self, RequestVariant};

/// How many times as often a variant is sent where some responses differ.
pub(super) const VARYING_FACTOR: usize = 16;

/// The differences that the samples of a variant have shown.
pub(super) struct Sampled {
    variant: RequestVariant,
    differences: Vec<Difference>,
}

impl Run<'_> {
    /// Sends each basic variant as often as the user wants, and sixteen times as often where the
    /// responses vary. Whether more requests follow does not depend on which side a response belongs
    /// to, so the test stays exact.
    pub(super) async fn sample(
        &mut self,
        probed: &mut ProbedPair<'_>,
    ) -> Result<Vec<Sampled>, ProbeError> {
        if self.probe.repetitions == 0 {
            return Ok(Vec::new());
        }
        let mut basics = variants::basics(&self.probe.methods);
        let tests = self.probe.pairs.len() * self.probe.callers.len() * basics.len();
        let alpha = ALPHA / (tests * self.probe.transports.len()) as f64;
        basics.retain(|variant| self.probe.can_send(probed.transport, variant));
        let mut sampled = Vec::new();
        // Whether each varying aspect varies alike on both sides, in all variants.
        let mut varying: BTreeMap<Aspect, bool> = BTreeMap::new();
        for variant in basics {
            let mut verdict = self.tallied(probed, probed.pair, &variant).await?.verdict(alpha);
            if !verdict.differences.is_empty() {
                self.leave_out_those_of_every_path(probed, &variant, alpha, &mut verdict).await?;
            }
            for aspect in verdict.alike {
                varying.entry(aspect).or_insert(true);
            }
            for difference in &verdict.differences {
                varying.insert(difference.aspect.clone(), false);
            }
            sampled.push(Sampled { variant, differences: verdict.differences });
        }
        let alike = varying.into_iter().filter_map(|(aspect, alike)| alike.then_some(aspect));
        probed.alike = alike.collect();
        Ok(sampled)
    }

    async fn tallied(
        &mut self,
        probed: &ProbedPair<'_>,
        pair: &Pair,
        variant: &RequestVariant,
    ) -> Result<Tally, ProbeError> {
        let mut tally = Tally::default();
        for _ in 0..VARYING_FACTOR {
            let variants = repeat_n(variant, self.probe.repetitions);
            for mut responses in self.ask(probed, pair, variants).await? {
                self.replace_echoes(pair, variant, &mut responses);
                tally.add(responses.each_ref());
            }
            self.report.samples += 2 * self.probe.repetitions;
            if !tally.varies() {
                break;
            }
        }
        Ok(tally)
    }

    /// Leaves out the differences that also show between the missing path and another missing path,
    /// which is as long as the concealed one: the length of a response that repeats the path, say.
    async fn leave_out_those_of_every_path(
        &mut self,
        probed: &ProbedPair<'_>,
        variant: &RequestVariant,
        alpha: f64,
        verdict: &mut Verdict,
    ) -> Result<(), ProbeError> {
        let Pair { concealed, missing } = probed.pair;
        let Some(path) = control_paths::paths(concealed, missing, self.probe.seed).pop() else {
            return Ok(());
        };
        let control = Pair { concealed: path, missing: missing.clone() };
        let controls = self.tallied(probed, &control, variant).await?.verdict(alpha).differences;
        let is_of_every_path = |difference: &Difference| {
            controls.iter().any(|control| control.aspect == difference.aspect)
        };
        for difference in
            verdict.differences.extract_if(.., |difference| is_of_every_path(difference))
        {
            verdict.alike.insert(difference.aspect);
        }
        Ok(())
    }

    /// Reports the differences of the samples, unless the same aspect has differed every time.
    pub(super) fn add_sampled(&mut self, probed: &ProbedPair<'_>, sampled: Vec<Sampled>) {
        for Sampled { variant, mut differences } in sampled {
            let name = name(&variant);
            differences.retain(|difference| {
                let key = (name.clone(), difference.aspect.clone());
                !probed.always_different.contains(&key)
            });
            self.add(probed, &variant, differences);
        }
    }
}
