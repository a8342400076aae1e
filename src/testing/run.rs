//! A run on its way: what is asked, several shapes at a time; and what is made of the answers, in
//! the order of the shapes.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Instant;

use super::ask::Over;
use super::aspect::{Aspect, Aspects};
use super::caller::Caller;
use super::compare::{self, Difference};
use super::error::ProbeError;
use super::in_order::in_order;
use super::pace;
use super::probe::{LeakProbe, Pair};
use super::rank::Dice;
use super::report::{Found, Report};
use super::shapes::Shape;
use super::transport::{PerTransport, Transport};

/// After so many shapes that were repeated, a difference is believed at sight.
const BELIEVED: usize = 3;
/// How often both requests are repeated where the aspect is known to differ now and then: whatever
/// it depends on, the order of two requests is drawn anew each time, so it looks settled once in a
/// thousand million.
const REPEATED_WHERE_IT_VARIES: usize = 31;
/// So many shapes are asked before their answers are compared, and over HTTP/2 on one connection.
const TOGETHER: usize = 256;

/// The answers for the concealed path and for the missing one.
pub(super) type Both = [Aspects; 2];

/// A run on its way.
pub(super) struct Run<'a> {
    pub(super) probe: &'a LeakProbe,
    pub(super) report: Report,
    /// How often a difference has been settled by repetition.
    believed: HashMap<Difference, usize>,
    dice: Dice,
}

/// The part of a run that asks as one caller for one pair over one transport.
pub(super) struct Tour<'a> {
    pub(super) caller: &'a Caller,
    pub(super) pair: &'a Pair,
    pub(super) transport: Transport,
    pub(super) at_a_time: usize,
    /// What varies, and alike on both sides, as samples have shown.
    pub(super) alike: BTreeSet<Aspect>,
    /// What differs now and then.
    varies: BTreeSet<Aspect>,
    /// What has differed every time, and in the same way, by the names of the shapes.
    pub(super) settled: HashSet<(String, Aspect)>,
}

impl<'a> Run<'a> {
    pub(super) fn new(probe: &'a LeakProbe, shapes: &BTreeMap<Transport, Vec<Shape>>) -> Self {
        let mut counts = PerTransport::default();
        shapes.iter().for_each(|(transport, shapes)| counts.add(*transport, shapes.len()));
        let report = Report::new(counts, probe.pairs.len(), probe.callers.len());
        Self { probe, report, believed: HashMap::new(), dice: Dice::new(probe.seed) }
    }

    /// Tries all shapes, for each caller, pair and transport.
    pub(super) async fn through(
        mut self,
        shapes: &BTreeMap<Transport, Vec<Shape>>,
    ) -> Result<Report, ProbeError> {
        let started = Instant::now();
        for caller in &self.probe.callers {
            for pair in &self.probe.pairs {
                for (transport, shapes) in shapes {
                    self.tour(caller, pair, *transport, shapes).await?;
                }
            }
        }
        self.report.elapsed = started.elapsed();
        Ok(self.report)
    }

    /// Tries all shapes. What comes of it does not depend on which answer comes first.
    async fn tour(
        &mut self,
        caller: &'a Caller,
        pair: &'a Pair,
        transport: Transport,
        shapes: &[Shape],
    ) -> Result<(), ProbeError> {
        let mut tour = Tour {
            caller,
            pair,
            transport,
            at_a_time: self.at_a_time(caller, pair, transport).await?,
            alike: BTreeSet::new(),
            varies: BTreeSet::new(),
            settled: HashSet::new(),
        };
        let sampled = self.sample(&mut tour).await?;
        tour.varies.clone_from(&tour.alike);
        for shapes in shapes.chunks(TOGETHER) {
            let answers = self.ask(&tour, shapes.iter()).await?;
            for (shape, both) in shapes.iter().zip(answers) {
                self.compare(&mut tour, shape, both).await?;
            }
        }
        self.add_sampled(&tour, sampled);
        Ok(())
    }

    async fn at_a_time(
        &self,
        caller: &Caller,
        pair: &Pair,
        transport: Transport,
    ) -> Result<usize, ProbeError> {
        if let Some(at_a_time) = self.probe.at_a_time {
            return Ok(at_a_time);
        }
        let connection = self.probe.connect(transport).await?;
        let over = Over::of(transport, connection.as_ref());
        let (plain, path) = (Shape::plain("GET"), &pair.missing);
        pace::fitting(|| self.probe.ask(&over, caller, path, &plain, path)).await
    }

    /// Asks for both paths in each of these shapes, in an order that is drawn.
    pub(super) async fn ask<'s>(
        &mut self,
        tour: &Tour<'_>,
        shapes: impl Iterator<Item = &'s Shape>,
    ) -> Result<Vec<Both>, ProbeError> {
        let drawn: Vec<_> = shapes.map(|shape| (shape, self.dice.roll() & 1 == 0)).collect();
        if let Some(mut connection) = self.probe.connect(tour.transport).await? {
            let streams = Over::Streams(connection.streams.clone());
            let answers = self.ask_over(&streams, tour, &drawn).await?;
            if connection.is_open().await {
                return Ok(answers);
            }
            // One of the answers has ended it: each on a connection of its own tells which.
        }
        self.ask_over(&Over::own(tour.transport), tour, &drawn).await
    }

    async fn ask_over(
        &self,
        over: &Over,
        tour: &Tour<'_>,
        shapes: &[(&Shape, bool)],
    ) -> Result<Vec<Both>, ProbeError> {
        let both = shapes.iter().map(|(shape, first)| self.both(tour, over, shape, *first));
        in_order(both, tour.at_a_time).await
    }

    /// Compares two answers, and repeats the requests where they differ.
    async fn compare(
        &mut self,
        tour: &mut Tour<'_>,
        shape: &Shape,
        [concealed, missing]: Both,
    ) -> Result<(), ProbeError> {
        self.report.requests += 2;
        let mut differences = compare::differences(&concealed, &missing);
        for difference in &mut differences {
            let both = difference.concealed.is_some() && difference.missing.is_some();
            let unsteady = Difference { unsteady: true, ..difference.clone() };
            difference.unsteady = both && self.is_believed(&unsteady);
        }
        if !differences.iter().all(|it| self.is_believed(it)) {
            let both = [concealed.clone(), missing];
            differences = self.settle(tour, shape, both, differences).await?;
        }
        for difference in differences.iter().filter(|it| !it.unsteady) {
            tour.settled.insert((name(shape), difference.aspect.clone()));
        }
        if differences.is_empty() && shape.is_plain_get() && succeeded(&concealed) {
            let status = concealed.get(&Aspect::Status).cloned();
            differences.push(Difference {
                aspect: Aspect::Seen,
                concealed: status.clone(),
                missing: status,
                unsteady: false,
                how_often: None,
            });
        }
        self.add(tour, shape, differences);
        Ok(())
    }

    /// Repeats both requests until it is known which of the differences are there every time.
    async fn settle(
        &mut self,
        tour: &mut Tour<'_>,
        shape: &Shape,
        [concealed, missing]: Both,
        differences: Vec<Difference>,
    ) -> Result<Vec<Difference>, ProbeError> {
        let over = Over::own(tour.transport);
        // What becomes of a connection is seen on one of its own only, so answers on a shared one
        // do not count.
        let mut series = match tour.transport {
            Transport::Http1 => [vec![concealed], vec![missing]],
            Transport::Http2 => [vec![], vec![]],
        };
        let settled = loop {
            let first = self.dice.roll() & 1 == 0;
            let [concealed, missing] = self.both(tour, &over, shape, first).await?;
            self.report.requests += 2;
            series[0].push(concealed);
            series[1].push(missing);
            let settled = compare::settled(&series[0], &series[1]).0;
            let varies = |it: &Difference| {
                tour.varies.contains(&it.aspect)
                    && !(it.unsteady && is_new_each_time(&series, &it.aspect))
            };
            let times = match settled.iter().any(varies) {
                true => REPEATED_WHERE_IT_VARIES,
                false => compare::REPEATED,
            };
            if settled.is_empty() || series[0].len() > times {
                break settled;
            }
        };
        let mut mixed = compare::mixed(&series[0], &series[1]);
        let explained = |aspect: &Aspect| tour.alike.contains(aspect);
        if settled.is_empty() {
            let is_explained = differences.iter().all(|it| explained(&it.aspect));
            self.report.unsettled += usize::from(!is_explained);
            mixed.extend(differences.into_iter().map(|it| it.aspect));
        } else {
            self.report.unsettled += usize::from(!mixed.iter().all(explained));
        }
        tour.varies.extend(mixed);
        for difference in &settled {
            *self.believed.entry(cause(difference)).or_default() += 1;
        }
        Ok(settled)
    }

    fn is_believed(&self, difference: &Difference) -> bool {
        self.believed.get(&cause(difference)).is_some_and(|times| *times >= BELIEVED)
    }

    pub(super) fn add(&mut self, tour: &Tour<'_>, shape: &Shape, differences: Vec<Difference>) {
        let Tour { caller, pair, transport, .. } = *tour;
        self.report.add(Found { caller: &caller.name, pair, transport, shape, differences });
    }

    /// Asks for the one path, and then for the other.
    fn both(
        &self,
        tour: &Tour<'_>,
        over: &Over,
        shape: &Shape,
        concealed_first: bool,
    ) -> impl Future<Output = Result<Both, ProbeError>> + Send + use<> {
        let [concealed, missing] = [&tour.pair.concealed, &tour.pair.missing]
            .map(|path| self.probe.ask(over, tour.caller, path, shape, &tour.pair.missing));
        async move {
            if concealed_first {
                let concealed = concealed.await?;
                Ok([concealed, missing.await?])
            } else {
                let missing = missing.await?;
                Ok([concealed.await?, missing])
            }
        }
    }
}

/// Whether no value comes twice: it is an id or a counter, and more of them tell no more.
fn is_new_each_time(series: &[Vec<Aspects>; 2], aspect: &Aspect) -> bool {
    let values: HashSet<_> = series.iter().flatten().map(|it| it.get(aspect)).collect();
    values.len() == series[0].len() + series[1].len()
}

fn succeeded(aspects: &Aspects) -> bool {
    aspects.get(&Aspect::Status).is_some_and(|status| status.starts_with(b"2"))
}

/// What a shape is called within a run.
pub(super) fn name(shape: &Shape) -> String {
    format!("{} {shape} {}", shape.method, shape.address.name)
}

/// The difference as far as it is the same in every shape.
fn cause(difference: &Difference) -> Difference {
    let mut cause = difference.clone();
    if cause.aspect.is_particular() || cause.unsteady {
        (cause.concealed, cause.missing) = (None, None);
    }
    cause
}
