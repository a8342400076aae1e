//! What a run has learned about differences that tell nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::aspect::Aspect;
use super::compare::Difference;
use super::control_paths::{self, Judgement};
use super::echo::Echoes;
use super::error::ProbeError;
use super::form::Forms;
use super::probe::Pair;
use super::run::{ProbedPair, ResponsePair, Run};
use super::variants::RequestVariant;

/// After so many differences that were leaks, another one of the same aspect is one too.
const ENOUGH: usize = 3;

/// What a run has learned about differences that tell nothing.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// What is new with every answer, or with every path.
    pub(super) forms: Forms,
    /// Where short paths are repeated.
    trusted: BTreeSet<Aspect>,
    /// By how much lengths differ since the paths do.
    lengths: BTreeSet<i128>,
    /// How often a difference of the aspect was a leak by the answers for other paths.
    leaks: BTreeMap<Aspect, usize>,
}

impl Learned {
    /// Whether a difference is known to tell nothing.
    pub(super) fn explains(&self, difference: &Difference) -> bool {
        let (Some(one), Some(other)) = (&difference.concealed, &difference.missing) else {
            return false;
        };
        let by_length = difference.aspect == Aspect::Length
            && apart(one, other).is_some_and(|apart| self.lengths.contains(&apart));
        by_length || self.forms.explain(&difference.aspect, one, other)
    }
}

fn apart(one: &[u8], other: &[u8]) -> Option<i128> {
    let number = |text: &[u8]| str::from_utf8(text).ok()?.parse::<i128>().ok();
    Some(number(one)? - number(other)?)
}

impl Run<'_> {
    /// Asks for both paths of the pair, and levels what both answers repeat of them.
    pub(super) async fn ask_pair(
        &mut self,
        probed: &ProbedPair<'_>,
        pair: &Pair,
        variant: &RequestVariant,
    ) -> Result<ResponsePair, ProbeError> {
        let mut both = self.repeat(probed, pair, variant).await?;
        self.replace_echoes(pair, variant, &mut both);
        Ok(both)
    }

    /// Levels what both answers repeat of their paths.
    pub(super) fn replace_echoes(
        &self,
        pair: &Pair,
        variant: &RequestVariant,
        both: &mut ResponsePair,
    ) {
        if both[0] != both[1] {
            echoes(pair, variant).replace(both, &self.learned.trusted);
        }
    }

    /// Leaves out the differences that there are between other missing paths as well.
    pub(super) async fn without_differences_of_every_path(
        &mut self,
        probed: &ProbedPair<'_>,
        variant: &RequestVariant,
        differences: Vec<Difference>,
        both: &ResponsePair,
    ) -> Result<Vec<Difference>, ProbeError> {
        let pair = probed.pair;
        let is_doubtful = |difference: &Difference| {
            let leaks = self.learned.leaks.get(&difference.aspect).copied().unwrap_or(0);
            let values = difference.concealed.is_some() && difference.missing.is_some();
            control_paths::may_differ_by_path(&difference.aspect) && values && leaks < ENOUGH
        };
        // What says most comes first: where it is a leak without doubt, the rest does not matter.
        if !differences.first().is_some_and(is_doubtful) || differences[0].unsteady {
            return Ok(differences);
        }
        let mut others = Vec::new();
        let aspects = differences.iter().map(|difference| difference.aspect.clone()).collect();
        for path in control_paths::paths(&pair.concealed, &pair.missing, self.probe.seed) {
            let control = Pair { concealed: pair.concealed.clone(), missing: path };
            let mut both = self.repeat(probed, &control, variant).await?;
            echoes(&control, variant).replace(&mut both, &aspects);
            others.push(both);
        }
        let paths = [&pair.concealed, &pair.missing];
        let same_length = paths[0].len() == paths[1].len() && !echoes(pair, variant).has_short();
        let mut leaks = Vec::new();
        for difference in differences {
            let aspect = difference.aspect.clone();
            match control_paths::judge(&difference, &both[1], &others, same_length) {
                Judgement::Leak => {
                    *self.learned.leaks.entry(aspect).or_default() += 1;
                    leaks.push(difference);
                }
                Judgement::SameForThisLength => {
                    let values = difference.concealed.zip(difference.missing);
                    let apart = values.and_then(|(one, other)| apart(&one, &other));
                    self.learned.lengths.extend(apart.filter(|_| aspect == Aspect::Length));
                    self.learned.trusted.insert(aspect);
                }
                Judgement::DifferentForEveryPath => {
                    let values = others.iter().filter_map(|both| both[1].get(&aspect));
                    let series: Vec<_> =
                        values.chain(both[1].get(&aspect)).map(|value| &value[..]).collect();
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
