//! What a run has found, for a person to act on.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::aspect::Aspect;
use super::compare::Difference;
use super::probe::Pair;
use super::shapes::Shape;
use super::transport::{PerTransport, Transport};

/// What a run has found. Its `Display` is the report.
///
/// ```
/// # use portcullis::testing::{Aspect, Report};
/// fn judge(report: &Report) {
///     for leak in report.leaks().iter().filter(|leak| *leak.aspect() == Aspect::Status) {
///         eprintln!("{} ({} shapes)", leak.sentence(), leak.shapes());
///     }
///     report.assert_silent();
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "leaks are in the report: `assert_silent`, or look at `leaks`"]
pub struct Report {
    pub(super) shapes: PerTransport,
    pairs: usize,
    callers: usize,
    pub(super) requests: usize,
    pub(super) samples: usize,
    pub(super) unsettled: usize,
    pub(super) elapsed: Duration,
    leaks: Vec<Leak>,
}

/// One cause: a difference, and all the requests that show it.
#[derive(Clone, Debug)]
pub struct Leak {
    pub(super) difference: Difference,
    /// What it is over the other transport, if it has another name there.
    elsewhere: Option<Difference>,
    sentence: String,
    example: Example,
    also: BTreeMap<Aspect, (String, usize)>,
    methods: BTreeMap<&'static str, usize>,
    pub(super) transports: PerTransport,
    callers: Vec<String>,
    pairs: Vec<String>,
    shapes: usize,
}

/// The first request that showed it.
#[derive(Clone, Debug)]
struct Example {
    transport: Transport,
    method: &'static str,
    targets: [String; 2],
    with: String,
    caller: String,
}

/// What one shape has shown.
pub(super) struct Found<'a> {
    pub(super) caller: &'a str,
    pub(super) pair: &'a Pair,
    pub(super) transport: Transport,
    pub(super) shape: &'a Shape,
    /// What says most about the cause comes first.
    pub(super) differences: Vec<Difference>,
}

impl Report {
    pub(super) const fn new(shapes: PerTransport, pairs: usize, callers: usize) -> Self {
        Self {
            shapes,
            pairs,
            callers,
            requests: 0,
            samples: 0,
            unsettled: 0,
            elapsed: Duration::ZERO,
            leaks: Vec::new(),
        }
    }

    /// Whether nothing was found.
    pub const fn is_silent(&self) -> bool {
        self.leaks.is_empty()
    }

    /// What was found, by cause, in the order in which it was found.
    pub fn leaks(&self) -> &[Leak] {
        &self.leaks
    }

    /// How many requests were compared one by one, repetitions included. Each that had a connection
    /// of its own was followed by another one that showed what became of the connection.
    pub const fn requests(&self) -> usize {
        self.requests
    }

    /// How many different shapes were tried, for each pair and caller, over all transports: a shape
    /// that was tried over two counts twice.
    pub fn shapes(&self) -> usize {
        self.shapes.total()
    }

    /// How many shapes differed now and then, and not every time: a race, or load on the service, by
    /// others or by many requests [at a time](super::LeakProbe::at_a_time). They are no leaks, and
    /// no proof that there is none.
    pub const fn unsettled(&self) -> usize {
        self.unsettled
    }

    /// How long it took.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// Fails a test if anything was found.
    ///
    /// # Panics
    ///
    /// With the report, unless it [is silent](Self::is_silent).
    #[track_caller]
    pub fn assert_silent(&self) {
        assert!(self.is_silent(), "{self}");
    }

    pub(super) fn add(&mut self, found: Found<'_>) {
        let Some(first) = found.differences.first() else { return };
        let place = self.leaks.iter().position(|leak| leak.is_of(first)).or_else(|| {
            // A request without an answer ends in other ways over HTTP/2 than over HTTP/1.
            let is_outcome = |leak: &Leak| *leak.aspect() == Aspect::Outcome;
            let is_new = |leak: &Leak| leak.transports.of(found.transport) == 0;
            let place = self.leaks.iter().position(|leak| is_outcome(leak) && is_new(leak));
            place.filter(|_| first.aspect == Aspect::Outcome)
        });
        match place {
            Some(place) => self.leaks[place].count(&found),
            None => {
                let mut leak = Leak::new(&found, first);
                leak.count(&found);
                self.leaks.push(leak);
            }
        }
    }
}

impl Leak {
    fn new(found: &Found<'_>, difference: &Difference) -> Self {
        let Found { caller, pair, transport, shape, .. } = *found;
        let targets = [&pair.concealed, &pair.missing].map(|path| shape.address.of(path));
        let with = shape.to_string();
        let over = transport.suffix();
        let (method, told) = (shape.method, Told(difference));
        let sentence = format!("`{method} {}`{with}{over}: {told}", targets[0]);
        Self {
            difference: difference.clone(),
            elsewhere: None,
            sentence,
            example: Example { transport, method, targets, with, caller: caller.to_owned() },
            also: BTreeMap::new(),
            methods: BTreeMap::new(),
            transports: PerTransport::default(),
            callers: Vec::new(),
            pairs: Vec::new(),
            shapes: 0,
        }
    }

    /// Whether the difference is of the same cause.
    fn is_of(&self, difference: &Difference) -> bool {
        let is_same = |own: &Difference| {
            let same_value =
                own.concealed == difference.concealed && own.missing == difference.missing;
            own.aspect == difference.aspect
                && own.unsteady == difference.unsteady
                && own.how_often.is_some() == difference.how_often.is_some()
                && (own.aspect.is_particular()
                    || own.unsteady
                    || own.how_often.is_some()
                    || same_value)
        };
        is_same(&self.difference) || self.elsewhere.as_ref().is_some_and(is_same)
    }

    fn count(&mut self, found: &Found<'_>) {
        self.shapes += 1;
        if let Some(first) = found.differences.first().filter(|it| !self.is_of(it)) {
            self.elsewhere = Some(first.clone());
        }
        *self.methods.entry(found.shape.method).or_default() += 1;
        self.transports.add(found.transport, 1);
        let pair = format!("{} and {}", found.pair.concealed, found.pair.missing);
        for (list, item) in [(&mut self.callers, found.caller), (&mut self.pairs, &*pair)] {
            if !list.iter().any(|own| own == item) {
                list.push(item.to_owned());
            }
        }
        for difference in &found.differences[1..] {
            let told = || (Told(difference).to_string(), 0);
            self.also.entry(difference.aspect.clone()).or_insert_with(told).1 += 1;
        }
    }

    /// What differs.
    pub const fn aspect(&self) -> &Aspect {
        &self.difference.aspect
    }

    /// The first request that showed it, and what differs: "`OPTIONS /vault/x`: `allow` is present
    /// on concealed (`GET,HEAD`), absent on missing".
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// How many shapes show it, over all pairs and callers.
    pub const fn shapes(&self) -> usize {
        self.shapes
    }

    /// What differs beside it in some of those shapes, in words.
    pub fn also(&self) -> impl Iterator<Item = &str> {
        self.also.values().map(|(told, _)| &**told)
    }

    /// The names of the callers who get to see it.
    pub fn callers(&self) -> impl Iterator<Item = &str> {
        self.callers.iter().map(|name| &**name)
    }

    /// The methods that show it.
    pub fn methods(&self) -> impl Iterator<Item = &str> {
        self.methods.keys().copied()
    }

    /// Whether the values are new with every answer, so that they could not be compared. If nobody
    /// can guess them, tell the probe to [ignore](super::LeakProbe::ignoring) the field.
    pub const fn is_unsteady(&self) -> bool {
        self.difference.unsteady
    }
}

/// A difference in words.
struct Told<'a>(&'a Difference);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { aspect, concealed, missing, unsteady, how_often } = self.0;
        if let Some(how_often) = how_often {
            return write!(f, "{aspect} {how_often}");
        }
        if *unsteady {
            return write!(f, "{aspect} is new with every answer, and cannot be compared");
        }
        match (aspect, concealed, missing) {
            (Aspect::Seen, Some(status), _) => {
                write!(f, "{aspect} {} on concealed and missing: it is seen", text(status))
            }
            (Aspect::Status, Some(concealed), Some(missing)) => {
                write!(
                    f,
                    "{aspect} {} on concealed, {} on missing",
                    text(concealed),
                    text(missing)
                )?;
                match concealed.first() {
                    Some(b'2' | b'3') => f.write_str(": it is seen"),
                    _ => Ok(()),
                }
            }
            (Aspect::Body, Some(concealed), Some(missing)) => body(f, concealed, missing),
            (_, Some(concealed), Some(missing)) => {
                let (concealed, missing) = (text(concealed), text(missing));
                write!(f, "{aspect} is `{concealed}` on concealed, `{missing}` on missing")
            }
            (_, Some(value), None) => {
                write!(f, "{aspect} present on concealed (`{}`), absent on missing", text(value))
            }
            (_, None, Some(value)) => {
                write!(f, "{aspect} absent on concealed, present on missing (`{}`)", text(value))
            }
            (_, None, None) => write!(f, "{aspect} differs"),
        }
    }
}

/// Where bodies part, and what stands there.
fn body(f: &mut fmt::Formatter<'_>, concealed: &[u8], missing: &[u8]) -> fmt::Result {
    let at = concealed.iter().zip(missing).take_while(|(one, other)| one == other).count();
    let around = |bytes: &[u8]| {
        let from = at.saturating_sub(8).min(bytes.len());
        let until = (at + 24).min(bytes.len());
        bytes[from..until].escape_ascii().to_string()
    };
    let lengths = match (concealed.len(), missing.len()) {
        (one, other) if one == other => format!("both of {one} bytes"),
        (one, other) => format!("{one} and {other} bytes"),
    };
    write!(
        f,
        "body differs from byte {at} on ({lengths}): `{}` on concealed, `{}` on missing",
        around(concealed),
        around(missing)
    )
}

fn text(value: &[u8]) -> String {
    const MOST: usize = 200;
    let short = &value[..value.len().min(MOST)];
    let dots = if short.len() < value.len() { "…" } else { "" };
    format!("{}{dots}", String::from_utf8_lossy(short).escape_debug())
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shapes, pairs, callers, requests, samples, elapsed, .. } = self;
        let found = match self.leaks.len() {
            0 => "no leak".to_owned(),
            1 => "1 leak".to_owned(),
            leaks => format!("{leaks} leaks"),
        };
        writeln!(
            f,
            "{found} in {requests} requests (shapes: {shapes}; pairs: {pairs}, callers: {callers}) \
             and {samples} samples in {:.1} s",
            elapsed.as_secs_f64()
        )?;
        if self.unsettled > 0 {
            let unsettled = self.unsettled;
            writeln!(
                f,
                "{unsettled} shapes differed now and then: is there other load on it? `at_a_time(1)` \
                 makes the least"
            )?;
        }
        for (number, leak) in self.leaks.iter().enumerate() {
            write!(f, "\n{}. {leak}", number + 1)?;
        }
        Ok(())
    }
}

/// A paragraph of the report.
impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.sentence)?;
        for (told, times) in self.also.values() {
            writeln!(f, "   with it, in {times} of the shapes: {told}")?;
        }
        let methods: Vec<_> =
            self.methods.iter().map(|(it, times)| format!("{it} {times}")).collect();
        let (callers, pairs) = (self.callers.join(", "), self.pairs.join("; "));
        writeln!(f, "   shapes: {} ({}), {}", self.shapes, methods.join(", "), self.transports)?;
        writeln!(f, "   callers: {callers}; pairs: {pairs}")?;
        let Example { transport, method, targets: [concealed, missing], with, caller } =
            &self.example;
        writeln!(f, "   first seen by {caller}: {method} {concealed}{with}{}", transport.suffix())?;
        writeln!(f, "   compared with:{:1$}{method} {missing}{with}", "", caller.len() + 1)?;
        if self.difference.unsteady && matches!(self.difference.aspect, Aspect::Field(_)) {
            writeln!(f, "   if nobody can guess it: `.ignoring(\"…\")` lets the value differ")?;
        }
        Ok(())
    }
}
