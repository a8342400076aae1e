//! Removes the differences that show between any two paths: echoes of the path, and values that are
//! different for every path.

use super::aspect::Aspect;
use super::compare::Difference;
use super::control_paths::{self, Judgement};
use super::echo::Echoes;
use super::error::ProbeError;
use super::learned::{CONFIRMED_LEAKS, numeric_difference};
use super::pair::Pair;
use super::run::{ProbedPair, ResponsePair, Run};
use super::variants::RequestVariant;

impl Run<'_> {
    /// Sends a variant to both paths of the pair, and replaces the echoes of the paths in the
    /// responses by placeholders.
    pub(super) async fn ask_pair(
        &mut self,
        probed: &ProbedPair<'_>,
        pair: &Pair,
        variant: &RequestVariant,
    ) -> Result<ResponsePair, ProbeError> {
        let mut responses = self.repeat(probed, pair, variant).await?;
        self.replace_echoes(pair, variant, &mut responses);
        Ok(responses)
    }

    /// Replaces what both responses repeat of their paths by placeholders.
    pub(super) fn replace_echoes(
        &self,
        pair: &Pair,
        variant: &RequestVariant,
        responses: &mut ResponsePair,
    ) {
        if responses[0] != responses[1] {
            echoes(pair, variant).replace(responses, &self.learned.short_echoes);
        }
    }

    /// Removes the differences that also show between other missing paths.
    pub(super) async fn without_differences_of_every_path(
        &mut self,
        probed: &ProbedPair<'_>,
        variant: &RequestVariant,
        differences: Vec<Difference>,
        responses: &ResponsePair,
    ) -> Result<Vec<Difference>, ProbeError> {
        let pair = probed.pair;
        let is_doubtful = |difference: &Difference| {
            let leaks = self.learned.leaks.get(&difference.aspect).copied().unwrap_or(0);
            let has_values = difference.concealed.is_some() && difference.missing.is_some();
            control_paths::may_differ_by_path(&difference.aspect)
                && has_values
                && leaks < CONFIRMED_LEAKS
        };
        // The difference that says most about the cause is first: if it is certainly a leak, the
        // others do not matter.
        if !differences.first().is_some_and(is_doubtful) || differences[0].unsteady {
            return Ok(differences);
        }
        let mut controls = Vec::new();
        let aspects = differences.iter().map(|difference| difference.aspect.clone()).collect();
        for path in control_paths::paths(&pair.concealed, &pair.missing, self.probe.seed) {
            let control = Pair { concealed: pair.concealed.clone(), missing: path };
            let mut responses = self.repeat(probed, &control, variant).await?;
            echoes(&control, variant).replace(&mut responses, &aspects);
            controls.push(responses);
        }
        let same_length =
            pair.concealed.len() == pair.missing.len() && !echoes(pair, variant).has_short();
        let mut leaks = Vec::new();
        for difference in differences {
            let aspect = difference.aspect.clone();
            match control_paths::judge(&difference, &responses[1], &controls, same_length) {
                Judgement::Leak => {
                    *self.learned.leaks.entry(aspect).or_default() += 1;
                    leaks.push(difference);
                }
                Judgement::SameForThisLength => {
                    let values = difference.concealed.zip(difference.missing);
                    let by = values
                        .and_then(|(concealed, missing)| numeric_difference(&concealed, &missing));
                    self.learned.lengths.extend(by.filter(|_| aspect == Aspect::Length));
                    self.learned.short_echoes.insert(aspect);
                }
                Judgement::DifferentForEveryPath => {
                    let values = controls.iter().filter_map(|control| control[1].get(&aspect));
                    let series: Vec<_> =
                        values.chain(responses[1].get(&aspect)).map(|value| &value[..]).collect();
                    self.learned.forms.learn(&aspect, &series);
                    self.report.add_compared_by_form(&aspect);
                }
            }
        }
        Ok(leaks)
    }
}

fn echoes(pair: &Pair, variant: &RequestVariant) -> Echoes {
    let paths = [&*pair.concealed, &*pair.missing];
    Echoes::of(paths.map(|path| variant.target(path)), paths)
}
