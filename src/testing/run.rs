//! A run on its way: what is asked, several shapes at a time; and what is made of the answers, in
//! the order of the shapes.

use std::collections::{BTreeMap, HashMap};
use std::panic;
use std::time::Instant;

use tokio::task::JoinSet;

use super::aspect::{Aspect, Aspects};
use super::caller::Caller;
use super::compare::{self, Difference};
use super::error::ProbeError;
use super::pace;
use super::probe::{LeakProbe, Pair};
use super::report::{Found, Report};
use super::shapes::Shape;

/// After so many shapes that were repeated, a difference is believed at sight.
const BELIEVED: usize = 3;
/// So many answers may wait for one that takes longer and comes before them.
const AHEAD: usize = 256;

/// The answers for the concealed path and for the missing one.
type Both = [Aspects; 2];

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
                self.tour(caller, pair, shapes).await?;
            }
        }
        self.report.elapsed = started.elapsed();
        Ok(self.report)
    }

    /// Tries all shapes. What comes of it does not depend on which answer comes first.
    async fn tour(
        &mut self,
        caller: &Caller,
        pair: &Pair,
        shapes: &[Shape],
    ) -> Result<(), ProbeError> {
        let at_a_time = match self.probe.at_a_time {
            Some(at_a_time) => at_a_time,
            None => {
                let plain = Shape::plain("GET");
                pace::fitting(|| self.probe.ask(caller, &pair.missing, &plain, &pair.missing))
                    .await?
            }
        };
        let mut left = shapes.iter().enumerate();
        let mut asked = JoinSet::new();
        let mut answered = BTreeMap::new();
        for (turn, shape) in shapes.iter().enumerate() {
            let both = loop {
                if let Some(both) = answered.remove(&turn) {
                    break both;
                }
                while asked.len() < at_a_time
                    && answered.len() < AHEAD
                    && let Some((place, shape)) = left.next()
                {
                    let both = self.both(caller, pair, shape);
                    asked.spawn(async move { (place, both.await) });
                }
                let (place, both) = joined(&mut asked).await?;
                answered.insert(place, both?);
            };
            self.compare(caller, pair, shape, both).await?;
        }
        Ok(())
    }

    async fn compare(
        &mut self,
        caller: &Caller,
        pair: &Pair,
        shape: &Shape,
        [concealed, missing]: Both,
    ) -> Result<(), ProbeError> {
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
                let [concealed, missing] = self.both(caller, pair, shape).await?;
                series[0].push(concealed);
                series[1].push(missing);
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

    /// Asks for the concealed path, and then for the missing one.
    fn both(
        &mut self,
        caller: &Caller,
        pair: &Pair,
        shape: &Shape,
    ) -> impl Future<Output = Result<Both, ProbeError>> + Send + use<> {
        self.report.requests += 2;
        let [concealed, missing] = [&pair.concealed, &pair.missing]
            .map(|path| self.probe.ask(caller, path, shape, &pair.missing));
        async { Ok([concealed.await?, missing.await?]) }
    }
}

/// What the next task comes back with. There has to be one.
pub(super) async fn joined<T: 'static>(asked: &mut JoinSet<T>) -> Result<T, ProbeError> {
    match asked.join_next().await {
        Some(Ok(came)) => Ok(came),
        Some(Err(error)) if error.is_panic() => panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down.
        Some(Err(_)) | None => Err(ProbeError::NoRuntime),
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
