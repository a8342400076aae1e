//! Counts the properties of many responses to the same two requests, and tests which of them show on
//! one side more often than on the other.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{Hash, Hasher};

use super::aspect::{Aspect, Aspects};
use super::compare::{self, Difference};
use super::frequency::{Frequency, Property};
use super::sign_test;

/// Of a longer value, only a prefix and a hash are kept.
const MAX_VALUE: usize = 256;
/// How many bytes of a value are searched for words.
const MAX_INSPECTED: usize = 16 * 1024;
/// The most different words of a value.
const MAX_WORDS: usize = 256;
/// A longer word is an id or data, and is ignored.
const MAX_WORD: usize = 64;

/// The counts of the responses to two requests. A block is one response for each path.
#[derive(Default)]
pub(super) struct Tally {
    blocks: usize,
    aspects: BTreeMap<Aspect, Counts>,
}

#[derive(Default)]
struct Counts {
    /// How often both responses of a block have had this value.
    equal: HashMap<Option<Vec<u8>>, usize>,
    /// In how many blocks the responses have had different values.
    different: usize,
    /// In how many of those blocks a property has shown: on concealed only, on missing only, on both.
    properties: HashMap<Property, [usize; 3]>,
}

/// The result of the tests.
pub(super) struct Verdict {
    /// Differences between the sides that chance does not explain; the one that says most about its
    /// cause is first. A property that one side always has, and the other never, is left to the
    /// comparison of variants.
    pub(super) differences: Vec<Difference>,
    /// The aspects that vary alike on both sides.
    pub(super) alike: BTreeSet<Aspect>,
}

impl Tally {
    /// Adds a block.
    pub(super) fn add(&mut self, [concealed, missing]: [&Aspects; 2]) {
        for aspect in concealed.keys().chain(missing.keys()) {
            if !self.aspects.contains_key(aspect) {
                // The aspect was absent from both responses of each block before.
                let mut counts = Counts::default();
                counts.equal.extend((self.blocks > 0).then_some((None, self.blocks)));
                self.aspects.insert(aspect.clone(), counts);
            }
        }
        self.blocks += 1;
        for (aspect, counts) in &mut self.aspects {
            let values = [concealed, missing].map(|aspects| aspects.get(aspect).map(Vec::as_slice));
            if values[0] == values[1] {
                *counts.equal.entry(values[0].map(<[u8]>::to_vec)).or_default() += 1;
                continue;
            }
            counts.different += 1;
            let [concealed, missing] = values.map(|value| properties(aspect, value));
            for property in concealed.union(&missing) {
                let side = match (concealed.contains(property), missing.contains(property)) {
                    (true, false) => 0,
                    (false, true) => 1,
                    _ => 2,
                };
                counts.properties.entry(property.clone()).or_default()[side] += 1;
            }
        }
    }

    /// Whether some responses differ and others do not, so that more of them would show more. More
    /// responses show nothing more about a property that all responses of one side have, or about a
    /// value that is new in every response.
    pub(super) fn varies(&self) -> bool {
        self.aspects.values().any(|counts| {
            let varies = |[concealed, missing, _]: &[usize; 3]| {
                concealed + missing > 1 && *concealed.max(missing) < self.blocks
            };
            counts.different > 0
                && (counts.different < self.blocks || counts.properties.values().any(varies))
        })
    }

    /// Tests all properties. All tests together are wrong no more often than `alpha`.
    pub(super) fn verdict(&self, alpha: f64) -> Verdict {
        let properties = self.aspects.iter().flat_map(|(aspect, counts)| {
            counts.properties.iter().map(move |(property, times)| (aspect, property, times))
        });
        let blocks = properties.clone().map(|(.., times)| times[0] + times[1]);
        let threshold = sign_test::threshold(alpha, blocks);
        let mut differing = BTreeSet::new();
        let mut found: BTreeMap<&Aspect, (f64, usize, &Property)> = BTreeMap::new();
        for (aspect, property, times) in properties {
            let p = sign_test::two_sided(times[0], times[1]);
            if p <= threshold {
                differing.insert(aspect);
                let [concealed, missing] = self.frequency(aspect, property).times;
                if concealed.abs_diff(missing) == self.blocks {
                    continue;
                }
                // A property that one side never has says more than one that it has less often.
                let candidate = (p, concealed.min(missing), property);
                let best = found.entry(aspect).or_insert(candidate);
                if candidate < *best {
                    *best = candidate;
                }
            }
        }
        let differences = found.iter().map(|(aspect, (.., property))| {
            let frequency = self.frequency(aspect, property);
            let value = |side: usize| match property {
                Property::Value(value) | Property::Word(value) => Some(value.clone()),
                // `None` where the property never shows, so that a difference in presence is
                // recognized as such.
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
        let alike = varying.map(|(aspect, _)| aspect).filter(|aspect| !differing.contains(aspect));
        Verdict {
            alike: alike.cloned().collect(),
            differences: compare::without_consequences(differences.collect()),
        }
    }

    fn frequency(&self, aspect: &Aspect, property: &Property) -> Frequency {
        let counts = &self.aspects[aspect];
        let [concealed, missing, on_both] = counts.properties[property];
        let has_property =
            |value: &Option<Vec<u8>>| properties(aspect, value.as_deref()).contains(property);
        let equal = counts.equal.iter().filter(|(value, _)| has_property(value));
        let on_both = on_both + equal.map(|(_, times)| times).sum::<usize>();
        // A value with the counts of `Present` is the only one.
        let value = counts.properties.iter().find_map(|(other, times)| match other {
            Property::Value(value) if *times == counts.properties[property] => Some(value.clone()),
            _ => None,
        });
        Frequency {
            property: property.clone(),
            value: value.filter(|_| *property == Property::Present),
            times: [concealed + on_both, missing + on_both],
            of: self.blocks,
        }
    }
}

fn properties(aspect: &Aspect, value: Option<&[u8]>) -> BTreeSet<Property> {
    let Some(value) = value else { return BTreeSet::new() };
    let mut properties = BTreeSet::from([Property::Present, Property::Value(abbreviated(value))]);
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
fn words(value: &[u8]) -> BTreeSet<&[u8]> {
    let inspected = &value[..value.len().min(MAX_INSPECTED)];
    let words = inspected.split(|byte| !is_of_word(*byte));
    words.filter(|word| (1..=MAX_WORD).contains(&word.len())).take(MAX_WORDS).collect()
}

fn abbreviated(value: &[u8]) -> Vec<u8> {
    if value.len() <= MAX_VALUE {
        return value.to_vec();
    }
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    let rest = format!("… ({} bytes, hash {:016x})", value.len(), hasher.finish());
    [&value[..MAX_VALUE / 2], rest.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::super::probe::REPETITIONS;
    use super::super::rng::SplitMix64;
    use super::super::sample::VARYING_FACTOR;
    use super::super::timing::ALPHA;
    use super::*;

    /// A service whose responses are drawn at random.
    type Service<'a> = &'a mut dyn FnMut(&mut SplitMix64, bool) -> Vec<(Aspect, String)>;

    fn header(name: &str, value: impl ToString) -> (Aspect, String) {
        (Aspect::Header(name.to_owned()), value.to_string())
    }

    /// Blocks of responses in an order drawn for each, as in a run.
    fn sampled(rng: &mut SplitMix64, repetitions: usize, service: Service<'_>) -> Tally {
        let mut tally = Tally::default();
        for _ in 0..VARYING_FACTOR {
            for _ in 0..repetitions {
                let mut responses = [Aspects::new(), Aspects::new()];
                let first = rng.next_u64() & 1;
                for side in [first, 1 - first] {
                    let response = service(rng, side == 0).into_iter();
                    responses[side as usize] =
                        response.map(|(aspect, value)| (aspect, value.into())).collect();
                }
                tally.add(responses.each_ref());
            }
            if !tally.varies() {
                break;
            }
        }
        tally
    }

    /// The level of each test in a run of two pairs and two callers over two transports.
    const THRESHOLD: f64 = ALPHA / 120.0;

    /// A service that sends a header in these shares of the responses on concealed and on missing.
    fn showing(shares: [f64; 2]) -> impl FnMut(&mut SplitMix64, bool) -> Vec<(Aspect, String)> {
        move |rng, concealed| {
            let shows = (rng.next_u64() as f64) < shares[usize::from(!concealed)] * u64::MAX as f64;
            let cache = shows.then(|| header("x-cache", "hit"));
            [header("server", "x")].into_iter().chain(cache).collect()
        }
    }

    /// In how many of these runs the header is found.
    fn found(runs: usize, repetitions: usize, shares: [f64; 2]) -> usize {
        let mut seeds = SplitMix64::new(1);
        let is_found = |_: &usize| {
            let mut rng = SplitMix64::new(seeds.next_u64());
            let tally = sampled(&mut rng, repetitions, &mut showing(shares));
            !tally.verdict(THRESHOLD).differences.is_empty()
        };
        (0..runs).filter(is_found).count()
    }

    #[test]
    fn the_test_has_the_documented_power() {
        // 45 of 50 are expected, or a few more; 34 are five standard deviations less.
        for shares in [[0.05, 0.0], [0.5, 0.33], [1.0, 0.95]] {
            let found = found(50, REPETITIONS, shares);
            println!("{shares:?}: {found} of 50");
            assert!(found >= 34, "{shares:?}: {found}");
        }
    }

    #[test]
    #[ignore = "prints the table of the documentation, in a few minutes"]
    fn measure_the_power() {
        for (repetitions, of) in [(50, 20.0), (100, 40.0), (200, 80.0), (1_000, 400.0)] {
            let found = found(1_000, repetitions, [1.0 / of, 0.0]);
            println!("{repetitions} times, one in {of}: {found} of 1000");
        }
    }

    #[test]
    fn the_report_states_how_often_a_header_shows() {
        let mut service = showing([0.1, 0.0]);
        let verdict =
            sampled(&mut SplitMix64::new(7), REPETITIONS, &mut service).verdict(THRESHOLD);
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
        let verdict =
            sampled(&mut SplitMix64::new(7), REPETITIONS, &mut service).verdict(THRESHOLD);
        let text = verdict.differences[0].frequency.as_ref().unwrap().to_string();
        assert!(text.starts_with("contains `disk` in "), "{text}");
    }

    /// A service whose responses vary alike for every path: ids of several lengths, counters, backends
    /// that take turns, a header in some responses.
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
    fn values_that_vary_alike_are_reported_as_rarely_as_the_level_says() {
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
        let (strict, ignore_invalid_credentials) = (alike(THRESHOLD), alike(0.1));
        println!(
            "wrong: {} at the level of a run, {} at 10 %",
            80 - strict,
            80 - ignore_invalid_credentials
        );
        assert_eq!(strict, 80);
        assert!(ignore_invalid_credentials >= 59, "{ignore_invalid_credentials}");
    }

    #[test]
    fn no_more_requests_follow_where_they_would_show_nothing() {
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
        let verdict = sampled(&mut SplitMix64::new(7), 50, by_side).verdict(THRESHOLD);
        assert!(verdict.differences.is_empty() && verdict.alike.is_empty());
        assert_eq!(asked(&mut varying()), 10 * VARYING_FACTOR);
    }
}
