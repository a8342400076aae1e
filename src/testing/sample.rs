//! Asks the same many times, for what shows in some of the answers only.

use std::collections::BTreeMap;
use std::iter::repeat_n;

use super::aspect::Aspect;
use super::compare::Difference;
use super::control_paths;
use super::error::ProbeError;
use super::probe::Pair;
use super::run::{ProbedPair, Run, name};
use super::tally::{Tally, Verdict};
use super::timing::ALPHA;
use super::variants::{self, RequestVariant};

/// How often each basic variant is asked on each side, unless the user says otherwise.
pub(super) const REPETITIONS: usize = 50;
/// How many times as often where some answers differ.
pub(super) const VARYING_FACTOR: usize = 16;

/// What samples of a variant have shown.
pub(super) struct Sampled {
    variant: RequestVariant,
    differences: Vec<Difference>,
}

impl Run<'_> {
    /// Asks in each basic variant as often as the user wants, and sixteen times as often where the
    /// answers vary. Whether more is asked does not depend on which side an answer is of, so the
    /// test stays exact.
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
            for mut both in self.ask(probed, pair, variants).await? {
                self.replace_echoes(pair, variant, &mut both);
                tally.add(both.each_ref());
            }
            self.report.samples += 2 * self.probe.repetitions;
            if !tally.varies() {
                break;
            }
        }
        Ok(tally)
    }

    /// Leaves out what shows as well between the missing path and another missing path, which is as
    /// long as the concealed one: the length of an answer that repeats the path, say.
    async fn leave_out_those_of_every_path(
        &mut self,
        probed: &ProbedPair<'_>,
        variant: &RequestVariant,
        alpha: f64,
        verdict: &mut Verdict,
    ) -> Result<(), ProbeError> {
        let Pair { concealed, missing } = probed.pair;
        let Some(other) = control_paths::paths(concealed, missing, self.probe.seed).pop() else {
            return Ok(());
        };
        let control = Pair { concealed: other, missing: missing.clone() };
        let found = self.tallied(probed, &control, variant).await?.verdict(alpha).differences;
        let is_of_every_path =
            |it: &Difference| found.iter().any(|control| control.aspect == it.aspect);
        for difference in verdict.differences.extract_if(.., |it| is_of_every_path(it)) {
            verdict.alike.insert(difference.aspect);
        }
        Ok(())
    }

    /// Reports what samples have shown, unless the same has been seen to differ every time.
    pub(super) fn add_sampled(&mut self, probed: &ProbedPair<'_>, sampled: Vec<Sampled>) {
        for Sampled { variant, mut differences } in sampled {
            let name = name(&variant);
            differences.retain(|it| !probed.settled.contains(&(name.clone(), it.aspect.clone())));
            self.add(probed, &variant, differences);
        }
    }
}
