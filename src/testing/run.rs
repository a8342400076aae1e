//! A run on its way: what is asked, several shapes at a time; and what is made of the answers, in
//! the order of the shapes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic;
use std::time::Instant;

use tokio::task::JoinSet;

use super::aspect::{Aspect, Aspects};
use super::caller::Caller;
use super::compare::{self, Difference};
use super::error::ProbeError;
use super::learned::Learned;
use super::pace;
use super::probe::{LeakProbe, Pair};
use super::report::{Found, Report};
use super::shapes::Shape;

/// After so many shapes that were repeated, a difference is believed at sight.
const BELIEVED: usize = 3;
/// So many answers may wait for one that takes longer and comes before them.
const AHEAD: usize = 256;

/// The answers for the concealed path and for the missing one.
pub(super) type Both = [Aspects; 2];

/// A run on its way.
pub(super) struct Run<'a> {
    pub(super) probe: &'a LeakProbe,
    pub(super) report: Report,
    pub(super) learned: Learned,
    /// How often a difference has been settled by repetition.
    believed: HashMap<Difference, usize>,
}

impl<'a> Run<'a> {
    pub(super) fn new(probe: &'a LeakProbe, shapes: usize) -> Self {
        let report = Report::new(shapes, probe);
        Self { probe, report, learned: Learned::default(), believed: HashMap::new() }
    }

    /// Tries all shapes, for each caller and pair.
    pub(super) async fn through(mut self, shapes: &[Shape]) -> Result<Report, ProbeError> {
        let started = Instant::now();
        for caller in &self.probe.callers {
            for pair in &self.probe.pairs {
                self.tour(caller, pair, shapes).await?;
                if self.is_done() {
                    break;
                }
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
            if self.is_done() {
                break;
            }
        }
        Ok(())
    }

    const fn is_done(&self) -> bool {
        self.probe.stops_at_a_leak && !self.report.is_silent()
    }

    async fn compare(
        &mut self,
        caller: &Caller,
        pair: &Pair,
        shape: &Shape,
        mut both: Both,
    ) -> Result<(), ProbeError> {
        self.level(pair, shape, &mut both);
        let [concealed, missing] = &both;
        self.report.count_turned_away([concealed, missing]);
        let mut differences = compare::differences(concealed, missing);
        differences.retain(|difference| !self.learned.explains(difference));
        for difference in &mut differences {
            let unsteady = Difference { unsteady: true, ..difference.clone() };
            difference.unsteady = self.is_believed(&unsteady);
        }
        let is_believed = |difference| self.is_believed(difference);
        if !differences.iter().all(is_believed) {
            let mut series = [vec![concealed.clone()], vec![missing.clone()]];
            for _ in 0..compare::REPEATED {
                let [concealed, missing] = self.both_level(caller, pair, shape).await?;
                series[0].push(concealed);
                series[1].push(missing);
            }
            let settled = compare::settled(&series[0], &series[1]);
            self.report.unsettled += usize::from(settled.unsettled);
            for aspect in settled.noise {
                let [concealed, missing] =
                    series.each_ref().map(|it| compare::present(it, &aspect));
                self.learned.forms.learn(&aspect, &[concealed, missing].concat());
                self.report.compares_by_form(&aspect);
            }
            differences = settled.differences;
            differences =
                self.without_those_of_every_path(caller, pair, shape, differences, &both).await?;
            for difference in &differences {
                let causes = BTreeSet::from([cause(difference), without_values(difference)]);
                causes.into_iter().for_each(|it| *self.believed.entry(it).or_default() += 1);
            }
        }
        if differences.is_empty() && shape.is_plain_get() && succeeded(concealed) {
            let status = concealed.get(&Aspect::Status).cloned();
            differences.push(Difference {
                aspect: Aspect::Seen,
                concealed: status.clone(),
                missing: status,
                unsteady: false,
            });
        }
        if let Some(difference) = differences.first() {
            let narrowed = self.narrowed(caller, pair, shape, difference).await?;
            let shape = narrowed.as_ref().unwrap_or(shape);
            self.report.add(Found { caller: &caller.name, pair, shape, differences });
        }
        Ok(())
    }

    fn is_believed(&self, difference: &Difference) -> bool {
        let settled = |cause| self.believed.get(&cause).copied().unwrap_or(0);
        // What has other values for each request, as a field that repeats one of the request.
        let of_any_value = settled(without_values(difference));
        settled(cause(difference)) >= BELIEVED || of_any_value >= 3 * BELIEVED
    }

    /// Asks for the concealed path, and then for the missing one.
    pub(super) fn both(
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
pub(super) fn cause(difference: &Difference) -> Difference {
    match difference.aspect.is_particular() || difference.unsteady {
        true => without_values(difference),
        false => difference.clone(),
    }
}

/// What differs, whatever its values are.
pub(super) fn without_values(difference: &Difference) -> Difference {
    let is_there = |value: &Option<Vec<u8>>| value.as_ref().map(|_| Vec::new());
    let (concealed, missing) = (is_there(&difference.concealed), is_there(&difference.missing));
    Difference { concealed, missing, ..difference.clone() }
}
