//! Compares the responses of each variant, and repeats the requests until each difference is either
//! confirmed or known to vary.

use std::collections::{BTreeSet, HashSet};

use super::aspect::{Aspect, Aspects};
use super::compare::{self, Difference};
use super::error::ProbeError;
use super::run::{ProbedPair, ResponsePair, Run, name};
use super::transport::Transport;
use super::variants::RequestVariant;

/// After so many confirmations, the same difference is reported without repetition.
const CONFIRMED_AFTER: usize = 3;
/// How often both requests are repeated where the aspect is known to vary. Whatever it depends on,
/// the order of the two requests is drawn anew each time, so a difference by chance shows in all
/// repetitions once in a thousand million.
const REPEATS_WHERE_IT_VARIES: usize = 31;

impl Run<'_> {
    /// Compares two responses, repeats the requests if they differ, and reports the differences.
    pub(super) async fn compare(
        &mut self,
        probed: &mut ProbedPair<'_>,
        variant: &RequestVariant,
        mut responses: ResponsePair,
    ) -> Result<(), ProbeError> {
        self.report.requests += 2;
        self.replace_echoes(probed.pair, variant, &mut responses);
        let [concealed, missing] = &responses;
        self.report.count_limited([concealed, missing]);
        let mut differences = compare::differences(concealed, missing);
        differences.retain(|difference| !self.learned.explains(difference));
        for difference in &mut differences {
            let unsteady = Difference { unsteady: true, ..difference.clone() };
            difference.unsteady = self.is_confirmed(&unsteady);
        }
        if !differences.iter().all(|difference| self.is_confirmed(difference)) {
            differences = self.confirm(probed, variant, responses.clone(), differences).await?;
        }
        for difference in differences.iter().filter(|difference| !difference.unsteady) {
            probed.always_different.insert((name(variant), difference.aspect.clone()));
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
            let minimized = self.minimized(probed, variant, difference).await?;
            self.add(probed, minimized.as_ref().unwrap_or(variant), differences);
        }
        Ok(())
    }

    /// Repeats both requests until it is known which differences show every time, and keeps those
    /// that do not show between other missing paths as well.
    async fn confirm(
        &mut self,
        probed: &mut ProbedPair<'_>,
        variant: &RequestVariant,
        mut responses: ResponsePair,
        differences: Vec<Difference>,
    ) -> Result<Vec<Difference>, ProbeError> {
        // The state of a connection shows only on a connection of its own, so responses on a shared
        // one do not count.
        if probed.transport == Transport::Http2 {
            responses = self.ask_pair(probed, probed.pair, variant).await?;
        }
        let mut series = responses.clone().map(|aspects| vec![aspects]);
        let confirmed = loop {
            let [concealed, missing] = self.ask_pair(probed, probed.pair, variant).await?;
            series[0].push(concealed);
            series[1].push(missing);
            let confirmed = compare::confirmed(&series[0], &series[1]);
            let varies = |difference: &Difference| {
                probed.varying.contains(&difference.aspect)
                    && !(difference.unsteady && is_new_each_time(&series, &difference.aspect))
            };
            let repeats = match confirmed.differences.iter().any(varies) {
                true => REPEATS_WHERE_IT_VARIES,
                false => compare::REPEATS,
            };
            let nothing_left = confirmed.differences.is_empty() && confirmed.noise.is_empty();
            if nothing_left || series[0].len() > repeats {
                break confirmed;
            }
        };
        let differed = differences.into_iter().map(|difference| difference.aspect).collect();
        let nothing_left = confirmed.differences.is_empty() && confirmed.noise.is_empty();
        let unsettled: &BTreeSet<_> = if nothing_left { &differed } else { &confirmed.mixed };
        self.report.unsettled += usize::from(!unsettled.is_subset(&probed.alike));
        probed.varying.extend(confirmed.mixed);
        if nothing_left {
            probed.varying.extend(differed);
        }
        for aspect in confirmed.noise {
            let [concealed, missing] =
                series.each_ref().map(|responses| compare::present(responses, &aspect));
            self.learned.forms.learn(&aspect, &[concealed, missing].concat());
            self.report.add_compared_by_form(&aspect);
        }
        let differences = self
            .without_differences_of_every_path(probed, variant, confirmed.differences, &responses)
            .await?;
        for difference in &differences {
            let causes = BTreeSet::from([difference.cause(), difference.without_values()]);
            causes.into_iter().for_each(|cause| *self.confirmed.entry(cause).or_default() += 1);
        }
        Ok(differences)
    }

    fn is_confirmed(&self, difference: &Difference) -> bool {
        let confirmations = |cause| self.confirmed.get(&cause).copied().unwrap_or(0);
        // The values may follow from the request, as in a header that repeats one of the request.
        let with_any_value = confirmations(difference.without_values());
        confirmations(difference.cause()) >= CONFIRMED_AFTER
            || with_any_value >= 3 * CONFIRMED_AFTER
    }
}

/// Whether no value occurs twice: an id or a counter, for which more repetitions show nothing more.
fn is_new_each_time(series: &[Vec<Aspects>; 2], aspect: &Aspect) -> bool {
    let values: HashSet<_> = series.iter().flatten().map(|aspects| aspects.get(aspect)).collect();
    values.len() == series[0].len() + series[1].len()
}

fn succeeded(aspects: &Aspects) -> bool {
    aspects.get(&Aspect::Status).is_some_and(|status| status.starts_with(b"2"))
}
