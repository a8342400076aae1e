//! Recorded series of a day, written down as what happens in each minute.

use std::fmt::Write;

use portcullis::Cause;

/// When the incidents begin: the hour before ends half an hour earlier.
pub const INCIDENT: u32 = 100;
/// When the tests end.
pub const END: u32 = 170;

/// The labels of one counter, without `job` and `instance`.
#[derive(Clone)]
pub struct Counter {
    name: &'static str,
    layer: &'static str,
    labels: Vec<(&'static str, String)>,
    is_lazy: bool,
}

/// A counter of decisions.
fn decisions(labels: [(&'static str, &str); 7]) -> Counter {
    let mut all: Vec<_> = labels.map(|(name, value)| (name, value.to_owned())).into();
    all.push(("concealed", "false".to_owned()));
    Counter { name: "portcullis_decisions_total", layer: "api", labels: all, is_lazy: false }
}

/// Requests of known callers that are permitted.
pub fn permitted(scheme: &str) -> Counter {
    decisions([
        ("stage", "service"),
        ("outcome", "permitted"),
        ("class", "none"),
        ("cause", "none"),
        ("status", "2xx"),
        ("scheme", scheme),
        ("caller", "known"),
    ])
}

/// Requests of anonymous callers that are permitted.
pub fn anonymous() -> Counter {
    permitted("none").with("caller", "anonymous")
}

/// Requests that the service has refused itself: here, a router's 404.
pub fn passed_404(scheme: &str) -> Counter {
    permitted(scheme).with("outcome", "passed").with("class", "absence").with("status", "404")
}

/// Refusals by a policy of known callers, or by the authenticate stage of anonymous ones.
pub fn refused(cause: Cause, scheme: &str) -> Counter {
    let (stage, status, caller) = match cause {
        Cause::Missing | Cause::Invalid | Cause::Expired | Cause::Stale => {
            ("authenticate", "401", "anonymous")
        }
        Cause::Malformed | Cause::Ambiguous | Cause::InvalidRequest => {
            ("authenticate", "400", "anonymous")
        }
        Cause::Suspended => ("authenticate", "403", "anonymous"),
        Cause::Throttled => ("authenticate", "429", "anonymous"),
        Cause::Unavailable => ("authenticate", "503", "anonymous"),
        Cause::IdentityNeeded => ("authorize", "401", "anonymous"),
        Cause::InternalError => ("authorize", "500", "known"),
        Cause::NotFound => ("handler", "404", "known"),
        _ => ("authorize", "403", "known"),
    };
    decisions([
        ("stage", stage),
        ("outcome", "refused"),
        ("class", cause.class().as_str()),
        ("cause", cause.as_str()),
        ("status", status),
        ("scheme", scheme),
        ("caller", caller),
    ])
}

/// One of the counters that have only `layer`; of unclaimed denials, only `stage`.
pub fn counter(name: &'static str) -> Counter {
    let labels = if name == "portcullis_unclaimed_total" {
        vec![("stage", "authorize".to_owned())]
    } else {
        Vec::new()
    };
    Counter { name, layer: "api", labels, is_lazy: false }
}

impl Counter {
    pub fn with(mut self, label: &str, value: &str) -> Self {
        let found = self.labels.iter_mut().find(|(name, _)| *name == label);
        value.clone_into(&mut found.expect("a label that it has").1);
        self
    }

    pub fn concealed(self) -> Self {
        self.with("concealed", "true").with("status", "404")
    }

    pub fn of_layer(self, layer: &'static str) -> Self {
        Self { layer, ..self }
    }

    /// The series appears with its first event, and not with 0.
    pub fn lazy(self) -> Self {
        Self { is_lazy: true, ..self }
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.name, self.layer, &self.labels) == (other.name, other.layer, &other.labels)
    }

    fn series(&self, job: &str, instance: usize) -> String {
        let mut series = format!("{}{{job=\"{job}\",instance=\"{instance}\"", self.name);
        if self.name != "portcullis_unclaimed_total" {
            write!(series, ",layer=\"{}\"", self.layer).unwrap();
        }
        for (name, value) in &self.labels {
            write!(series, ",{name}=\"{value}\"").unwrap();
        }
        series + "}"
    }
}

type Rate = Box<dyn Fn(u32) -> f64>;

/// What happens at a service. Each minute is one scrape.
pub struct Day {
    instances: usize,
    begins: u32,
    counters: Vec<(Counter, Rate)>,
    /// Instances that start anew, with all counters at 0, and when.
    restarts: Vec<(usize, u32)>,
    /// When Prometheus itself, or the way to all instances, is away.
    unseen: Option<(u32, u32, bool)>,
}

impl From<Day> for Vec<Day> {
    fn from(day: Day) -> Self {
        vec![day]
    }
}

impl Day {
    /// Nothing happens yet.
    pub fn empty() -> Self {
        Self { instances: 2, begins: 0, counters: Vec::new(), restarts: Vec::new(), unseen: None }
    }

    /// Two instances, one layer, 690 requests a minute; a few refusals are ordinary.
    pub fn quiet() -> Self {
        Self::empty()
            .always(permitted("bearer"), 600.0)
            .always(permitted("basic"), 60.0)
            .always(refused(Cause::Missing, "none"), 12.0)
            .always(refused(Cause::Expired, "bearer"), 3.0)
            .always(refused(Cause::Invalid, "bearer"), 3.0)
            .always(refused(Cause::Invalid, "basic"), 1.0)
            .always(refused(Cause::Forbidden, "bearer"), 4.0)
            .always(refused(Cause::InsufficientScope, "bearer"), 1.0)
            .always(refused(Cause::Forbidden, "bearer").concealed(), 1.0)
            .always(refused(Cause::NotFound, "bearer"), 2.0)
            .always(passed_404("bearer"), 3.0)
            .always(refused(Cause::Throttled, "basic"), 0.2)
            .always(refused(Cause::Unavailable, "bearer"), 0.02)
            .always(refused(Cause::InternalError, "bearer"), 0.0)
            .always(counter("portcullis_repaired_total"), 0.0)
            .always(counter("portcullis_unclaimed_total"), 0.0)
            .always(counter("portcullis_floor_lost_total"), 0.0)
            .always(counter("portcullis_covered_total"), 2.0)
    }

    /// One instance and a request a minute, all of them permitted.
    pub fn night() -> Self {
        Self::empty()
            .instances(1)
            .always(permitted("bearer"), 1.0)
            .always(refused(Cause::Invalid, "bearer"), 0.0)
            .always(refused(Cause::Missing, "none"), 0.0)
    }

    pub fn always(self, counter: Counter, per_minute: f64) -> Self {
        self.at(counter, move |_| per_minute)
    }

    /// How many events there are in a minute, instead of what was said before.
    pub fn at(mut self, counter: Counter, rate: impl Fn(u32) -> f64 + 'static) -> Self {
        self.counters.retain(|(known, _)| !known.is_same(&counter));
        self.counters.push((counter, Box::new(rate)));
        self
    }

    /// From the incident on, instead of what was said before.
    pub fn then(mut self, counter: Counter, per_minute: f64) -> Self {
        let before = self.counters.iter().position(|(known, _)| known.is_same(&counter));
        let before = before.map(|at| self.counters.remove(at).1);
        self.at(counter, move |minute| match &before {
            _ if minute >= INCIDENT => per_minute,
            Some(before) => before(minute),
            None => 0.0,
        })
    }

    /// One event, in the first minute of the incident.
    pub fn once(self, counter: Counter) -> Self {
        self.burst(counter, 1.0)
    }

    /// So many events, in the first minute of the incident.
    pub fn burst(self, counter: Counter, events: f64) -> Self {
        self.at(counter, move |minute| events * f64::from(minute == INCIDENT))
    }

    /// All rates times a factor of the minute.
    pub fn scaled(mut self, factor: impl Fn(u32) -> f64 + Clone + 'static) -> Self {
        for (_, rate) in &mut self.counters {
            let (factor, before) = (factor.clone(), std::mem::replace(rate, Box::new(|_| 0.0)));
            *rate = Box::new(move |minute| before(minute) * factor(minute));
        }
        self
    }

    /// Each counter of each minute by itself up to three tenths more or less.
    pub fn noisy(mut self, seed: u64) -> Self {
        for (index, (_, rate)) in (0_u64..).zip(&mut self.counters) {
            let before = std::mem::replace(rate, Box::new(|_| 0.0));
            *rate = Box::new(move |minute| {
                // SplitMix64, of which the upper bits are used.
                let mut mixed = (seed << 40 | index << 20 | u64::from(minute))
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15);
                mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
                let share = ((mixed ^ mixed >> 31) >> 32) as f64 / f64::from(u32::MAX);
                before(minute) * (0.7 + 0.6 * share)
            });
        }
        self
    }

    pub fn instances(self, instances: usize) -> Self {
        Self { instances, ..self }
    }

    /// Nothing is known of the service before.
    pub fn begins(self, minute: u32) -> Self {
        Self { begins: minute, ..self }
    }

    pub fn restart(mut self, instance: usize, minute: u32) -> Self {
        self.restarts.push((instance, minute));
        self
    }

    /// Prometheus is not there from one minute to another.
    pub fn without_prometheus(self, from: u32, to: u32) -> Self {
        Self { unseen: Some((from, to, false)), ..self }
    }

    /// Prometheus is there, and cannot scrape.
    pub fn without_network(self, from: u32, to: u32) -> Self {
        Self { unseen: Some((from, to, true)), ..self }
    }

    /// What promtool takes as input, for a job of this name.
    pub fn input(&self, job: &str) -> String {
        let mut input = String::new();
        for instance in 0..self.instances {
            let mut values = String::new();
            for minute in 0..=END {
                let value = match self.unseen {
                    _ if minute < self.begins => "_",
                    Some((from, to, is_scraped)) if (from..to).contains(&minute) => {
                        if is_scraped {
                            "0"
                        } else {
                            "_"
                        }
                    }
                    _ => "1",
                };
                write!(values, "{value} ").unwrap();
            }
            let up = format!("up{{job=\"{job}\",instance=\"{instance}\"}}");
            writeln!(input, "    - series: '{up}'\n      values: '{values}'").unwrap();
            for (counter, rate) in &self.counters {
                let (series, values) =
                    (counter.series(job, instance), self.values(instance, counter, rate));
                writeln!(input, "    - series: '{series}'\n      values: '{values}'").unwrap();
            }
        }
        input
    }

    fn values(&self, instance: usize, counter: &Counter, rate: &Rate) -> String {
        let mut values = String::new();
        let (mut total, mut before) = (0.0, 0.0);
        for minute in 0..=END {
            if minute >= self.begins {
                total += rate(minute);
            }
            if self.restarts.contains(&(instance, minute)) {
                before = total;
            }
            // Whole events, shared out to the instances in turn.
            let count = |total: f64| {
                let (total, index) = (total + 1e-9, instance as f64);
                ((total.floor() - index + self.instances as f64 - 1.0) / self.instances as f64)
                    .floor()
            };
            let value = count(total) - count(before);
            let is_seen = minute >= self.begins
                && !self.unseen.is_some_and(|(from, to, _)| (from..to).contains(&minute))
                && !(counter.is_lazy && value < 0.5);
            if is_seen { write!(values, "{value} ") } else { write!(values, "stale ") }.unwrap();
        }
        values
    }
}
