//! Asks the same many times, for what shows in some of the answers only.

use std::collections::BTreeMap;

use super::aspect::Aspect;
use super::compare::Difference;
use super::error::ProbeError;
use super::run::{Run, Tour, name};
use super::shapes::{self, Shape};
use super::tally::Tally;
use super::timing::ALPHA;

/// How often each basic shape is asked on each side, unless the user says otherwise.
pub(super) const REPETITIONS: usize = 50;
/// How many times as often where some answers differ.
pub(super) const MORE: usize = 16;

/// What samples of a shape have shown.
pub(super) struct Sampled {
    shape: Shape,
    differences: Vec<Difference>,
}

impl Run<'_> {
    /// Asks in each basic shape as often as the user wants, and sixteen times as often where the
    /// answers vary. Whether more is asked does not depend on which side an answer is of, so the
    /// test stays exact.
    pub(super) async fn sample(&mut self, tour: &mut Tour<'_>) -> Result<Vec<Sampled>, ProbeError> {
        let repetitions = self.probe.repetitions;
        let mut basics = shapes::basics(&self.probe.methods);
        let tests = self.probe.pairs.len() * self.probe.callers.len() * basics.len();
        let alpha = ALPHA / (tests * self.probe.transports.len()) as f64;
        basics.retain(|shape| self.probe.can_send(tour.transport, shape));
        let mut sampled = Vec::new();
        let mut varying: BTreeMap<Aspect, bool> = BTreeMap::new();
        for shape in basics {
            let mut tally = Tally::default();
            self.blocks(tour, &shape, repetitions, &mut tally).await?;
            for _ in 1..MORE {
                if !tally.varies() {
                    break;
                }
                self.blocks(tour, &shape, repetitions, &mut tally).await?;
            }
            let verdict = tally.verdict(alpha);
            for aspect in verdict.alike {
                varying.entry(aspect).or_insert(true);
            }
            for difference in &verdict.differences {
                varying.insert(difference.aspect.clone(), false);
            }
            sampled.push(Sampled { shape, differences: verdict.differences });
        }
        let alike = varying.into_iter().filter_map(|(aspect, alike)| alike.then_some(aspect));
        tour.alike = alike.collect();
        Ok(sampled)
    }

    async fn blocks(
        &mut self,
        tour: &Tour<'_>,
        shape: &Shape,
        blocks: usize,
        tally: &mut Tally,
    ) -> Result<(), ProbeError> {
        for [concealed, missing] in self.ask(tour, std::iter::repeat_n(shape, blocks)).await? {
            tally.add([&concealed, &missing]);
        }
        self.report.samples += 2 * blocks;
        Ok(())
    }

    /// Reports what samples have shown, unless the same has been seen to differ every time.
    pub(super) fn add_sampled(&mut self, tour: &Tour<'_>, sampled: Vec<Sampled>) {
        for Sampled { shape, mut differences } in sampled {
            let name = name(&shape);
            differences.retain(|it| !tour.settled.contains(&(name.clone(), it.aspect.clone())));
            self.add(tour, &shape, differences);
        }
    }
}
