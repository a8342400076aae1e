//! Packs: many additions in one request. If one of them has an effect, the response shows it, and the run
//! then finds out which one it was.
//!
//! One addition can hide the effect of another, as an `Accept` that is refused first. So each name comes
//! several times, with different others each time.

use std::collections::HashSet;

use super::methods::leading;
use super::names::{DE_FACTO, REGISTERED};
use super::parameters::{COOKIE_NAMES, COOKIE_VALUES, QUERIES, QUERY_NAMES, QUERY_VALUES};
use super::values::{ALWAYS, KINDS, KNOWN};
use super::words::{self, COOKIE_WORDS, HEADER_WORDS, QUERY_WORDS};
use super::{HeaderLine, RequestVariant, Text, alone, payload};
use crate::testing::rng::SplitMix64;

/// Few servers accept more than a hundred header lines.
const LINES: usize = 40;
const PARAMETERS: usize = 24;
/// How often each name comes with each of its known values, with other methods and different others.
const ROUNDS: usize = 3;
/// How many values each name is tried with in a round, in addition to those of [`ALWAYS`].
const DRAWN_VALUES: usize = 5;

/// The packs of headers, of queries and of cookies for these methods.
pub(super) fn packs(methods: &[&'static str], rng: &mut SplitMix64) -> Vec<RequestVariant> {
    let mut variants = Vec::new();
    let payloads: Vec<_> = payload::typed().collect();
    for round in 0..methods.len().min(ROUNDS) {
        // The last round takes turns over all methods.
        let method = |turn: usize| match (round, &leading(methods, 1)[..]) {
            (0, [first, ..]) => *first,
            (1, [_, second, ..]) => *second,
            _ => methods[turn % methods.len()],
        };
        for (turn, lines) in packed(field_layers(rng), known(), LINES, rng).into_iter().enumerate()
        {
            let lines = lines.into_iter().map(|(name, value)| (name.into(), value));
            let variant = RequestVariant::plain(method(turn)).with_lines(lines);
            // A reader of a body may read headers, too.
            variants.push(match (round, turn % 2) {
                (1, 1) => variant.with_body(payloads[turn / 2 % payloads.len()].clone()),
                _ => variant,
            });
        }
        for (turn, pack) in
            packed(query_layers(rng), known_queries(), PARAMETERS, rng).into_iter().enumerate()
        {
            let queries = pack.into_iter().map(|(_, query)| query);
            variants.push(RequestVariant::plain(method(turn)).with_queries(queries));
        }
        for (turn, pack) in
            packed(cookie_layers(rng), known_cookies(), PARAMETERS, rng).into_iter().enumerate()
        {
            let cookies = pack.into_iter().map(|(name, value)| format!("{name}={value}").into());
            variants.push(RequestVariant::plain(method(turn)).with_cookies(cookies));
        }
    }
    variants
}

/// The names of headers that are combined.
pub(super) fn field_names() -> Vec<&'static str> {
    let alone: HashSet<_> = alone::NAMES.split_whitespace().collect();
    let names = REGISTERED.split_whitespace().chain(DE_FACTO.split_whitespace());
    names.filter(|name| !alone.contains(name)).collect()
}

/// The known values of well-known headers.
pub(super) fn known() -> Vec<Item> {
    let known = words::pairs(KNOWN).chain(words::pairs(HEADER_WORDS));
    known.map(|(name, value)| (name, value.into())).collect()
}

/// The known values of query parameters.
fn known_queries() -> Vec<Item> {
    let words = words::pairs(QUERY_WORDS);
    let words = words.map(|(name, value)| (name, parameter(name, Some(value))));
    QUERIES.iter().map(|query| (name_of(query), (*query).into())).chain(words).collect()
}

/// The known values of cookies.
fn known_cookies() -> Vec<Item> {
    words::pairs(COOKIE_WORDS).map(|(name, value)| (name, value.into())).collect()
}

/// A value of any kind.
pub(super) fn any_kind(rng: &mut SplitMix64) -> &'static str {
    KINDS[rng.below(KINDS.len())]
}

/// Any parameter of a query.
pub(super) fn any_query(rng: &mut SplitMix64) -> Text {
    if rng.below(3) == 0 {
        return QUERIES[rng.below(QUERIES.len())].into();
    }
    let names: Vec<_> = QUERY_NAMES.split_whitespace().collect();
    let value = QUERY_VALUES[rng.below(QUERY_VALUES.len())];
    parameter(names[rng.below(names.len())], value)
}

/// Any cookie.
pub(super) fn any_cookie(rng: &mut SplitMix64) -> Text {
    let names: Vec<_> = COOKIE_NAMES.split_whitespace().collect();
    let value = COOKIE_VALUES[rng.below(COOKIE_VALUES.len())];
    format!("{}={value}", names[rng.below(names.len())]).into()
}

type Item = (&'static str, Text);

/// Layers with every name once, each with other values.
fn field_layers(rng: &mut SplitMix64) -> Vec<Vec<Item>> {
    let names = field_names();
    let mut layers: Vec<Vec<Item>> = Vec::new();
    for value in ALWAYS {
        layers.push(names.iter().map(|name| (*name, (*value).into())).collect());
    }
    for _ in 0..DRAWN_VALUES {
        layers.push(names.iter().map(|name| (*name, any_kind(rng).into())).collect());
    }
    layers
}

fn query_layers(rng: &mut SplitMix64) -> Vec<Vec<Item>> {
    let names = || QUERY_NAMES.split_whitespace();
    let bare = names().map(|name| (name, name.into())).collect();
    let switch = names().map(|name| (name, parameter(name, Some("1")))).collect();
    let value = |rng: &mut SplitMix64| QUERY_VALUES[rng.below(QUERY_VALUES.len())];
    let drawn = names().map(|name| (name, parameter(name, value(rng)))).collect();
    vec![bare, switch, drawn]
}

fn cookie_layers(rng: &mut SplitMix64) -> Vec<Vec<Item>> {
    let names = || COOKIE_NAMES.split_whitespace();
    let switch = names().map(|name| (name, "1".into())).collect();
    let value = |rng: &mut SplitMix64| COOKIE_VALUES[rng.below(COOKIE_VALUES.len())];
    let drawn = names().map(|name| (name, value(rng).into())).collect();
    vec![switch, drawn]
}

fn parameter(name: &str, value: Option<&str>) -> Text {
    match value {
        None => name.to_owned().into(),
        Some(value) => format!("{name}={value}").into(),
    }
}

fn name_of(query: &'static str) -> &'static str {
    query.split_once('=').map_or(query, |(name, _)| name)
}

/// Shuffles each layer, splits it into packs, and adds each known value to a pack without its name.
fn packed(
    layers: Vec<Vec<Item>>,
    known: Vec<Item>,
    size: usize,
    rng: &mut SplitMix64,
) -> Vec<Vec<Item>> {
    let mut packs = Vec::new();
    for mut layer in layers {
        rng.shuffle(&mut layer);
        packs.extend(layer.chunks(size).map(<[Item]>::to_vec));
    }
    for (name, value) in known {
        let start = rng.below(packs.len());
        let lacks = |at: &usize| packs[*at].iter().all(|(own, _)| *own != name);
        let free = (start..packs.len()).chain(0..start).find(lacks);
        if let Some(at) = free {
            packs[at].push((name, value));
        }
    }
    packs
}

/// A line of any name, with any value.
pub(super) fn any_line(
    rng: &mut SplitMix64,
    names: &[&'static str],
    known: &[(&'static str, Text)],
) -> HeaderLine {
    if rng.below(2) == 0 {
        let (name, value) = &known[rng.below(known.len())];
        return ((*name).into(), value.clone());
    }
    (names[rng.below(names.len())].into(), any_kind(rng).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_comes_several_times_with_different_others() {
        let packs = packs(&["GET", "POST", "PUT"], &mut SplitMix64::new(1));
        let holding: Vec<_> =
            packs.iter().filter(|variant| variant.has_header("x-request-id")).collect();
        assert!(holding.len() >= 3 * (ALWAYS.len() + DRAWN_VALUES), "{}", holding.len());
        for method in ["GET", "POST"] {
            assert!(holding.iter().any(|variant| variant.method == method), "{method}");
        }
        let together =
            |name: &str| holding.iter().filter(|variant| variant.has_header(name)).count();
        assert!(together("x-correlation-id") <= 4, "not with the same each time");
        for name in field_names() {
            assert!(
                packs.iter().filter(|variant| variant.has_header(name)).count() >= 24,
                "{name}"
            );
        }
    }

    #[test]
    fn no_pack_has_a_name_twice_or_more_than_servers_take() {
        for variant in packs(&["GET"], &mut SplitMix64::new(2)) {
            let names: HashSet<_> = variant.headers.iter().map(|(name, _)| name).collect();
            assert_eq!(names.len(), variant.headers.len(), "{variant}");
            assert!(variant.headers.len() < 60, "{}", variant.headers.len());
        }
    }

    #[test]
    fn names_and_known_values_can_be_sent() {
        for (name, value) in known() {
            assert!(http::HeaderName::from_bytes(name.as_bytes()).is_ok(), "{name}");
            assert!(http::HeaderValue::from_str(&value).is_ok(), "{name}: {value}");
            assert_eq!(value.trim(), value, "{name}: {value}");
        }
        for name in field_names() {
            assert!(http::HeaderName::from_bytes(name.as_bytes()).is_ok(), "{name}");
            assert_eq!(name, name.to_ascii_lowercase());
        }
        let unique: HashSet<_> = field_names().into_iter().collect();
        assert_eq!(unique.len(), field_names().len());
    }

    #[test]
    fn another_seed_makes_other_packs() {
        let first = |seed| packs(&["GET"], &mut SplitMix64::new(seed))[0].to_string();
        assert_eq!(first(1), first(1));
        assert_ne!(first(1), first(2));
    }
}
