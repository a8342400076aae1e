//! A run on its way: what is asked, and what is made of the answers.

use std::collections::HashMap;
use std::time::Instant;

use super::aspect::{Aspect, Aspects};
use super::compare::{self, Difference};
use super::error::ProbeError;
use super::probe::{LeakProbe, Pair};
use super::report::{Found, Report};
use super::request::Caller;
use super::shapes::Shape;

/// After so many shapes that were repeated, a difference is believed at sight.
const BELIEVED: usize = 3;

/// A run on its way.
pub(super) struct Run<'a> {
    probe: &'a LeakProbe,
    report: Report,
    /// How often a difference has been settled by repetition.
    believed: HashMap<Difference, usize>,
}

impl<'a> Run<'a> {
    pub(super) fn new(probe: &'a LeakProbe, shapes: usize) -> Self {
        let report = Report::new(shapes, probe.pairs.len(), probe.callers.len());
        Self { probe, report, believed: HashMap::new() }
    }

    /// Tries all shapes, for each caller and pair.
    pub(super) async fn through(mut self, shapes: &[Shape]) -> Result<Report, ProbeError> {
        let started = Instant::now();
        for caller in &self.probe.callers {
            for pair in &self.probe.pairs {
                for shape in shapes {
                    self.compare(caller, pair, shape).await?;
                }
            }
        }
        self.report.elapsed = started.elapsed();
        Ok(self.report)
    }

    async fn compare(
        &mut self,
        caller: &Caller,
        pair: &Pair,
        shape: &Shape,
    ) -> Result<(), ProbeError> {
        let concealed = self.ask(caller, pair, shape, &pair.concealed).await?;
        let missing = self.ask(caller, pair, shape, &pair.missing).await?;
        let mut differences = compare::differences(&concealed, &missing);
        for difference in &mut differences {
            let both = difference.concealed.is_some() && difference.missing.is_some();
            let unsteady = Difference { unsteady: true, ..difference.clone() };
            difference.unsteady = both && self.is_believed(&unsteady);
        }
        let is_believed = |difference| self.is_believed(difference);
        if !differences.iter().all(is_believed) {
            let mut series = [vec![concealed.clone()], vec![missing.clone()]];
            for _ in 0..compare::REPEATED {
                series[0].push(self.ask(caller, pair, shape, &pair.concealed).await?);
                series[1].push(self.ask(caller, pair, shape, &pair.missing).await?);
            }
            let (settled, unsettled) = compare::settled(&series[0], &series[1]);
            self.report.unsettled += usize::from(unsettled);
            for difference in &settled {
                *self.believed.entry(cause(difference)).or_default() += 1;
            }
            differences = settled;
        }
        if differences.is_empty() && shape.is_plain_get() && succeeded(&concealed) {
            let status = concealed.get(&Aspect::Status).cloned();
            differences.push(Difference {
                aspect: Aspect::Seen,
                concealed: status.clone(),
                missing: status,
                unsteady: false,
            });
        }
        if !differences.is_empty() {
            self.report.add(Found { caller: &caller.name, pair, shape, differences });
        }
        Ok(())
    }

    fn is_believed(&self, difference: &Difference) -> bool {
        self.believed.get(&cause(difference)).is_some_and(|times| *times >= BELIEVED)
    }

    async fn ask(
        &mut self,
        caller: &Caller,
        pair: &Pair,
        shape: &Shape,
        path: &str,
    ) -> Result<Aspects, ProbeError> {
        self.report.requests += 1;
        self.probe.ask(caller, path, shape, &pair.missing).await
    }
}

fn succeeded(aspects: &Aspects) -> bool {
    aspects.get(&Aspect::Status).is_some_and(|status| status.starts_with(b"2"))
}

/// The difference as far as it is the same in every shape.
fn cause(difference: &Difference) -> Difference {
    let mut cause = difference.clone();
    if cause.aspect.is_particular() || cause.unsteady {
        (cause.concealed, cause.missing) = (None, None);
    }
    cause
}
