//! Counts what shows in many answers to the same two requests, and tests which of it shows on one
//! side more often than on the other.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::hash::{Hash, Hasher};

use super::aspect::{Aspect, Aspects};
use super::compare::{self, Difference};
use super::sign_test;

/// Of longer values, a prefix and a hash are kept.
const MAX_VALUE: usize = 256;
/// What is looked at of a long value.
const MAX_INSPECTED: usize = 16 * 1024;
/// The most different words of a value.
const MAX_WORDS: usize = 256;
/// What is longer is no word, but an id or data.
const MAX_WORD: usize = 64;

/// The answers to two requests, block by block.
#[derive(Default)]
pub(super) struct Tally {
    blocks: usize,
    aspects: BTreeMap<Aspect, Counts>,
}

#[derive(Default)]
struct Counts {
    /// How often both answers of a block have had this value.
    alike: HashMap<Option<Vec<u8>>, usize>,
    /// In how many blocks the answers have had different values.
    different: usize,
    /// What has shown in those blocks: on concealed alone, on missing alone, on both.
    properties: HashMap<Property, [usize; 3]>,
}

/// A property of a value.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) enum Property {
    /// It is there.
    Present,
    Value(Vec<u8>),
    /// One of its words.
    Word(Vec<u8>),
    /// So many bytes.
    Length(usize),
}

/// How often something shows.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Frequency {
    what: Property,
    /// The value of what is present, if it is always the same.
    value: Option<Vec<u8>>,
    /// In how many answers on concealed, and on missing.
    pub(super) times: [usize; 2],
    /// In how many answers at most.
    pub(super) of: usize,
}

/// What the answers tell.
pub(super) struct Verdict {
    /// What shows more often on one side than chance explains; what says most comes first. What one
    /// side always has, and the other never, is left to the comparison of variants.
    pub(super) differences: Vec<Difference>,
    /// What varies, and alike on both sides.
    pub(super) alike: BTreeSet<Aspect>,
}

impl Tally {
    /// A block.
    pub(super) fn add(&mut self, [concealed, missing]: [&Aspects; 2]) {
        for aspect in concealed.keys().chain(missing.keys()) {
            if !self.aspects.contains_key(aspect) {
                // It was absent from both answers of each block before.
                let mut counts = Counts::default();
                counts.alike.extend((self.blocks > 0).then_some((None, self.blocks)));
                self.aspects.insert(aspect.clone(), counts);
            }
        }
        self.blocks += 1;
        for (aspect, counts) in &mut self.aspects {
            let values =
                [concealed.get(aspect), missing.get(aspect)].map(|it| it.map(|it| &it[..]));
            if values[0] == values[1] {
                *counts.alike.entry(values[0].map(<[u8]>::to_vec)).or_default() += 1;
                continue;
            }
            counts.different += 1;
            let [concealed, missing] = values.map(|value| properties(aspect, value));
            for it in concealed.union(&missing) {
                let side = match (concealed.contains(it), missing.contains(it)) {
                    (true, false) => 0,
                    (false, true) => 1,
                    _ => 2,
                };
                counts.properties.entry(it.clone()).or_default()[side] += 1;
            }
        }
    }

    /// Whether some answers differ and others do not, so that more of them would tell more. What is
    /// the same in all answers of one side tells all there is to tell, and what is new with every
    /// answer tells nothing.
    pub(super) fn varies(&self) -> bool {
        self.aspects.values().any(|counts| {
            let varies = |[concealed, missing, _]: &[usize; 3]| {
                concealed + missing > 1 && *concealed.max(missing) < self.blocks
            };
            counts.different > 0
                && (counts.different < self.blocks || counts.properties.values().any(varies))
        })
    }

    /// All tests together are wrong no more often than `alpha`.
    pub(super) fn verdict(&self, alpha: f64) -> Verdict {
        let properties = self.aspects.iter().flat_map(|(aspect, counts)| {
            counts.properties.iter().map(move |(it, times)| (aspect, counts, it, times))
        });
        let level =
            sign_test::level(alpha, properties.clone().map(|(.., times)| times[0] + times[1]));
        let mut apart = BTreeSet::new();
        let mut found: BTreeMap<&Aspect, (f64, usize, &Property)> = BTreeMap::new();
        for (aspect, _, it, times) in properties {
            let p = sign_test::two_sided(times[0], times[1]);
            if p <= level {
                apart.insert(aspect);
                let [concealed, missing] = self.frequency(aspect, it).times;
                if concealed.abs_diff(missing) == self.blocks {
                    continue;
                }
                // What one side has never says more than what it has less often.
                let candidate = (p, concealed.min(missing), it);
                let best = found.entry(aspect).or_insert(candidate);
                if candidate < *best {
                    *best = candidate;
                }
            }
        }
        let differences = found.iter().map(|(aspect, (.., it))| {
            let frequency = self.frequency(aspect, it);
            let value = |side: usize| match it {
                Property::Value(value) | Property::Word(value) => Some(value.clone()),
                // So that what is present on one side alone is known as such.
                _ => (frequency.times[side] > 0).then(Vec::new),
            };
            Difference {
                aspect: (*aspect).clone(),
                concealed: value(0),
                missing: value(1),
                unsteady: false,
                frequency: Some(frequency.clone()),
            }
        });
        let varying = self.aspects.iter().filter(|(_, counts)| counts.different > 0);
        let alike = varying.map(|(aspect, _)| aspect).filter(|it| !apart.contains(it));
        Verdict {
            alike: alike.cloned().collect(),
            differences: compare::without_consequences(differences.collect()),
        }
    }

    fn frequency(&self, aspect: &Aspect, what: &Property) -> Frequency {
        let counts = &self.aspects[aspect];
        let [concealed, missing, both] = counts.properties[what];
        let alike = counts.alike.iter();
        let alike = alike.filter(|(value, _)| properties(aspect, value.as_deref()).contains(what));
        let both = both + alike.map(|(_, times)| times).sum::<usize>();
        // What is present has the same value every time, or it has none that is worth a word.
        let value = counts.properties.iter().find_map(|(it, times)| match it {
            Property::Value(value) if *times == counts.properties[what] => Some(value.clone()),
            _ => None,
        });
        Frequency {
            what: what.clone(),
            value: value.filter(|_| *what == Property::Present),
            times: [concealed + both, missing + both],
            of: self.blocks,
        }
    }
}

fn properties(aspect: &Aspect, value: Option<&[u8]>) -> BTreeSet<Property> {
    let Some(value) = value else { return BTreeSet::new() };
    let mut properties = BTreeSet::from([Property::Present, Property::Value(short(value))]);
    if matches!(aspect, Aspect::Header(_) | Aspect::Body | Aspect::Trailers | Aspect::Interim) {
        properties.insert(Property::Length(value.len()));
        properties.extend(words(value).into_iter().map(|word| Property::Word(word.to_vec())));
    }
    properties
}

/// Base64, in either alphabet, is one word.
const fn is_of_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=')
}

/// The different words.
pub(super) fn words(value: &[u8]) -> BTreeSet<&[u8]> {
    let looked_at = &value[..value.len().min(MAX_INSPECTED)];
    let words = looked_at.split(|byte| !is_of_word(*byte));
    words.filter(|word| (1..=MAX_WORD).contains(&word.len())).take(MAX_WORDS).collect()
}

fn short(value: &[u8]) -> Vec<u8> {
    if value.len() <= MAX_VALUE {
        return value.to_vec();
    }
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    let rest = format!("… ({} bytes, hash {:016x})", value.len(), hasher.finish());
    [&value[..MAX_VALUE / 2], rest.as_bytes()].concat()
}

/// "is present in 52 of 1088 answers on concealed, in none on missing".
impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &[u8]| String::from_utf8_lossy(value).escape_debug().to_string();
        match &self.what {
            Property::Present => match &self.value {
                Some(value) => write!(f, "is present (`{}`)", text(value))?,
                None => f.write_str("is present")?,
            },
            Property::Value(value) => write!(f, "is `{}`", text(value))?,
            Property::Word(word) => write!(f, "contains `{}`", text(word))?,
            Property::Length(length) => write!(f, "is {length} bytes long")?,
        }
        let [concealed, missing] = self.times;
        write!(f, " in {concealed} of {} responses on concealed, in {missing} on missing", self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{REPETITIONS, VARYING_FACTOR};
    use super::super::signed_rank::SplitMix64;
    use super::super::timing::ALPHA;
    use super::*;

    /// Answers that are drawn.
    type Service<'a> = &'a mut dyn FnMut(&mut SplitMix64, bool) -> Vec<(Aspect, String)>;

    fn header(name: &str, value: impl ToString) -> (Aspect, String) {
        (Aspect::Header(name.to_owned()), value.to_string())
    }

    /// Blocks, as a run asks for them: in an order that is drawn.
    fn sampled(rng: &mut SplitMix64, repetitions: usize, service: Service<'_>) -> Tally {
        let mut tally = Tally::default();
        for _ in 0..VARYING_FACTOR {
            for _ in 0..repetitions {
                let mut both = [Aspects::new(), Aspects::new()];
                let first = rng.next_u64() & 1;
                for side in [first, 1 - first] {
                    let response = service(rng, side == 0).into_iter();
                    both[side as usize] = response.map(|(it, value)| (it, value.into())).collect();
                }
                tally.add(both.each_ref());
            }
            if !tally.varies() {
                break;
            }
        }
        tally
    }

    /// For a run of two pairs and two callers over two transports.
    const LEVEL: f64 = ALPHA / 120.0;

    /// A field that shows in these shares of the answers on concealed and on missing.
    fn showing(shares: [f64; 2]) -> impl FnMut(&mut SplitMix64, bool) -> Vec<(Aspect, String)> {
        move |rng, concealed| {
            let shows = (rng.next_u64() as f64) < shares[usize::from(!concealed)] * u64::MAX as f64;
            let cache = shows.then(|| header("x-cache", "hit"));
            [header("server", "x")].into_iter().chain(cache).collect()
        }
    }

    /// In how many of so many runs it is found.
    fn found(runs: usize, repetitions: usize, shares: [f64; 2]) -> usize {
        let mut seeds = SplitMix64::new(1);
        let is_found = |_: &usize| {
            let mut rng = SplitMix64::new(seeds.next_u64());
            let tally = sampled(&mut rng, repetitions, &mut showing(shares));
            !tally.verdict(LEVEL).differences.is_empty()
        };
        (0..runs).filter(is_found).count()
    }

    #[test]
    fn it_finds_what_the_documentation_says() {
        // 45 of 50 are expected, or a few more; 34 are five standard deviations less.
        for shares in [[0.05, 0.0], [0.5, 0.33], [1.0, 0.95]] {
            let found = found(50, REPETITIONS, shares);
            println!("{shares:?}: {found} of 50");
            assert!(found >= 34, "{shares:?}: {found}");
        }
    }

    #[test]
    #[ignore = "prints the table of the documentation, in a few minutes"]
    fn how_much_it_finds() {
        for (repetitions, of) in [(50, 20.0), (100, 40.0), (200, 80.0), (1_000, 400.0)] {
            let found = found(1_000, repetitions, [1.0 / of, 0.0]);
            println!("{repetitions} times, one in {of}: {found} of 1000");
        }
    }

    #[test]
    fn what_is_found_is_told_with_its_counts() {
        let mut service = showing([0.1, 0.0]);
        let verdict = sampled(&mut SplitMix64::new(7), REPETITIONS, &mut service).verdict(LEVEL);
        let [difference] = &verdict.differences[..] else { panic!("{:?}", verdict.differences) };
        assert_eq!(difference.aspect, Aspect::Header("x-cache".to_owned()));
        let frequency = difference.frequency.as_ref().unwrap();
        assert!((40..120).contains(&frequency.times[0]) && frequency.times[1] == 0);
        let text = format!(
            "is present (`hit`) in {} of 800 responses on concealed, in 0 on missing",
            frequency.times[0]
        );
        assert_eq!(frequency.to_string(), text);
        assert!(verdict.alike.is_empty());
    }

    #[test]
    fn a_word_among_ids_is_found() {
        let mut id = 0;
        let mut service = |rng: &mut SplitMix64, concealed: bool| {
            id += 1;
            let from = if concealed && rng.next_u64().is_multiple_of(5) { "disk" } else { "none" };
            vec![(Aspect::Body, format!("request {id} from {from}"))]
        };
        let verdict = sampled(&mut SplitMix64::new(7), REPETITIONS, &mut service).verdict(LEVEL);
        let text = verdict.differences[0].frequency.as_ref().unwrap().to_string();
        assert!(text.starts_with("contains `disk` in "), "{text}");
    }

    /// What varies from answer to answer, whatever the path: ids of several lengths, counters,
    /// backends that take turns, a field now and then.
    fn varying() -> impl FnMut(&mut SplitMix64, bool) -> Vec<(Aspect, String)> {
        let mut responses = 0_usize;
        move |rng, _| {
            responses += 1;
            let id = format!("{:x}", rng.next_u64() >> (rng.next_u64() % 60));
            let mut response = vec![
                header("x-request-id", &id),
                header("x-backend", responses % 2),
                header("x-pod", responses / 2 % 3),
                header("ratelimit-remaining", 10_000 - responses),
                header("ratelimit-reset", 60 - responses % 60),
                (Aspect::Body, format!("error {id} at {responses}")),
            ];
            response.extend(
                rng.next_u64().is_multiple_of(10).then(|| header("server-timing", "db;dur=3")),
            );
            response
        }
    }

    #[test]
    fn what_varies_alike_is_found_as_rarely_as_the_level_says() {
        let alike = |level| {
            let mut seeds = SplitMix64::new(3);
            let is_alike = |_: &usize| {
                let tally = sampled(
                    &mut SplitMix64::new(seeds.next_u64()),
                    REPETITIONS / 5,
                    &mut varying(),
                );
                tally.verdict(level).differences.is_empty()
            };
            (0..80).filter(is_alike).count()
        };
        // One in ten may be wrong: 8 of 80, and five standard deviations more are 21.
        let (strict, ignore_invalid_credentials) = (alike(LEVEL), alike(0.1));
        println!(
            "wrong: {} at the level of a run, {} at 10 %",
            80 - strict,
            80 - ignore_invalid_credentials
        );
        assert_eq!(strict, 80);
        assert!(ignore_invalid_credentials >= 59, "{ignore_invalid_credentials}");
    }

    #[test]
    fn nothing_more_is_asked_where_more_would_tell_nothing() {
        let asked = |service: Service<'_>| sampled(&mut SplitMix64::new(7), 10, service).blocks;
        assert_eq!(asked(&mut |_, _| vec![header("server", "x")]), 10, "always the same");
        let mut id = 0;
        let mut ids = |_: &mut SplitMix64, _| {
            id += 1;
            vec![header("x-request-id", id)]
        };
        assert_eq!(asked(&mut ids), 10, "always new");
        let by_side = &mut |_: &mut SplitMix64, side: bool| vec![header("server", side)];
        assert_eq!(asked(by_side), 10, "always different");
        let verdict = sampled(&mut SplitMix64::new(7), 50, by_side).verdict(LEVEL);
        assert!(verdict.differences.is_empty() && verdict.alike.is_empty());
        assert_eq!(asked(&mut varying()), 10 * VARYING_FACTOR);
    }
}
