//! The plan of a run: all variants, in order.

use std::collections::HashSet;

use super::additions::{self, ACCEPTS, CONDITIONALS, ORIGINS, RANGES, UPGRADES};
use super::alone::ALONE;
use super::bodies::COMPANIONS;
use super::clients::{CLIENTS, ELSEWHERE};
use super::methods::{self, METHODS, WRITING, leading};
use super::parameters::{QUERIES, WITH_CHANGES};
use super::path_spellings::RARE;
use super::random::{Drawn, RANDOM_PER_METHOD};
use super::{HeaderLine, PathForm, RequestVariant, large, packs, payload, together};
use crate::testing::rng::SplitMix64;

/// The settings that determine the plan.
#[derive(Clone, Copy)]
pub(in crate::testing) struct Plan<'a> {
    pub(in crate::testing) methods: &'a [&'static str],
    /// Headers that the user has added.
    pub(in crate::testing) extra_headers: &'a [HeaderLine],
    /// Headers made from the responses to authorized callers.
    pub(in crate::testing) authorized_headers: &'a [HeaderLine],
    pub(in crate::testing) seed: u64,
    /// The number of variants, if the user has set it.
    pub(in crate::testing) budget: Option<usize>,
}

/// The variants that are tried: the covering set and [`RANDOM_PER_METHOD`] more for each method, or as
/// many as the budget says.
pub(in crate::testing) fn plan(plan: &Plan<'_>) -> Vec<RequestVariant> {
    let mut variants = covering(plan);
    let budget = plan.budget.unwrap_or(variants.len() + RANDOM_PER_METHOD * plan.methods.len());
    if budget < variants.len() {
        return thinned(variants, budget, plan.seed);
    }
    let drawn = budget - variants.len();
    variants.extend(Drawn::new(plan.methods, plan.seed).take(drawn));
    variants
}

/// As many of these variants as the budget says, drawn at random, in the same order. The plain ones, which
/// are first, stay.
fn thinned(mut variants: Vec<RequestVariant>, budget: usize, seed: u64) -> Vec<RequestVariant> {
    let plain = variants.iter().take_while(|variant| variant.parts() == 0).count().min(budget);
    let mut places: Vec<_> = (plain..variants.len()).collect();
    SplitMix64::new(seed).shuffle(&mut places);
    let kept: HashSet<_> = (0..plain).chain(places.into_iter().take(budget - plain)).collect();
    let mut place = 0;
    variants.retain(|_| {
        place += 1;
        kept.contains(&(place - 1))
    });
    variants
}

/// The covering set without duplicates, in the order in which it is tried.
fn covering(plan: &Plan<'_>) -> Vec<RequestVariant> {
    let methods = plan.methods;
    let mut variants: Vec<_> = methods.iter().map(|method| RequestVariant::plain(method)).collect();
    for method in methods {
        with_every_method(method, plan.extra_headers, &mut variants);
    }
    with_authorized_headers(methods, plan.authorized_headers, &mut variants);
    with_few_methods(methods, &mut variants);
    variants.extend(together::variants(methods));
    if methods == METHODS {
        variants.extend(methods::rare());
    }
    variants.extend(packs::packs(methods, &mut SplitMix64::new(plan.seed)));
    pairs(methods, &mut variants);
    let is_rare = |method: &str| methods == METHODS && methods::RARE.contains(&method);
    let mut seen = HashSet::new();
    variants.retain(|variant| {
        let named = methods.contains(&variant.method) || is_rare(variant.method);
        let RequestVariant { method, path_form, queries, .. } = variant;
        named && seen.insert(format!("{method} {variant} {} {queries:?}", path_form.name))
    });
    variants
}

/// Single additions, with every method.
fn with_every_method(
    method: &'static str,
    extra: &[HeaderLine],
    variants: &mut Vec<RequestVariant>,
) {
    let plain = || RequestVariant::plain(method);
    variants.push(plain().in_version("HTTP/1.0"));
    variants.extend(PathForm::COMMON.map(|path_form| plain().at(path_form)));
    variants.extend(additions::groups().map(|headers| plain().with(headers)));
    variants.extend(payload::singles().map(|payload| plain().with_body(payload)));
    variants.extend(extra.iter().map(|line| plain().with_lines([line.clone()])));
}

/// The headers made from the responses to authorized callers.
fn with_authorized_headers(
    methods: &[&'static str],
    lines: &[HeaderLine],
    variants: &mut Vec<RequestVariant>,
) {
    let named = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS"];
    let tried: Vec<_> = match methods.iter().any(|method| named.contains(method)) {
        true => named.to_vec(),
        false => leading(methods, 0),
    };
    for line in lines {
        for method in &tried {
            let plain = || RequestVariant::plain(method).with_lines([line.clone()]);
            variants.push(plain());
            if matches!(&*line.0, "if-range" | "if-match" | "if-none-match") {
                variants.push(plain().with(&[("range", "bytes=0-1")]));
            }
        }
    }
}

/// Single additions, with a few methods.
fn with_few_methods(methods: &[&'static str], variants: &mut Vec<RequestVariant>) {
    let mut turn = 0;
    let mut each = |add: &dyn Fn(RequestVariant) -> RequestVariant| {
        turn += 1;
        let leading = leading(methods, turn);
        variants.extend(leading.into_iter().map(|method| add(RequestVariant::plain(method))));
    };
    for version in ["HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "http/1.1"] {
        each(&|plain| plain.in_version(version));
    }
    RARE.iter().for_each(|path_form| each(&|plain| plain.at(*path_form)));
    ALONE.iter().chain(CLIENTS).for_each(|headers| each(&|plain| plain.with(headers)));
    ELSEWHERE.iter().for_each(|headers| each(&|plain| plain.at(PathForm::ROOT).with(headers)));
    // There are many of these, so most are tried with one method. Services read a method override from
    // forms, so it is tried with POST as well.
    let often = leading(methods, 1);
    let single_method =
        |turn: usize| often[usize::from(turn.is_multiple_of(3)).min(often.len() - 1)];
    for (turn, path_form) in PathForm::suffixes().enumerate() {
        variants.push(RequestVariant::plain(single_method(turn)).at(path_form));
    }
    for (turn, query) in QUERIES.iter().enumerate() {
        let for_override = query.contains("ethod").then(|| often.clone());
        for method in for_override.unwrap_or_else(|| vec![single_method(turn)]) {
            variants.push(RequestVariant::plain(method).with_queries([(*query).into()]));
        }
    }
    for method in WRITING.iter().chain(&["DELETE"]) {
        let queries = WITH_CHANGES.iter().map(|query| (*query).into());
        variants.push(RequestVariant::plain(method).with_queries(queries));
    }
    for method in leading(methods, 1) {
        variants.extend(large::variants(method));
    }
    // Handlers of these methods are the most likely to read bodies; other methods are tried in turn.
    for (turn, payload) in payload::typed().enumerate() {
        let writing = WRITING[turn % WRITING.len()];
        let other = methods[turn % methods.len()];
        let tried = if methods.contains(&writing) { writing } else { other };
        let alone = if methods.contains(&"POST") { "POST" } else { tried };
        variants.push(RequestVariant::plain(alone).with_body(payload.clone()));
        let with_companions = RequestVariant::plain(tried).with_body(payload);
        let more: Vec<_> = COMPANIONS
            .iter()
            .filter(|(name, _)| !with_companions.has_header(name))
            .copied()
            .collect();
        variants.push(with_companions.with(&more));
    }
}

/// Pairs of additions, where a service may read one only because of the other.
fn pairs(methods: &[&'static str], variants: &mut Vec<RequestVariant>) {
    for method in ["GET", "HEAD"] {
        for conditional in CONDITIONALS {
            let conditional = || RequestVariant::plain(method).with(conditional);
            variants.extend(RANGES.iter().map(|range| conditional().with(range)));
        }
    }
    for path_form in PathForm::COMMON {
        let at = |method, headers: &[_]| RequestVariant::plain(method).at(path_form).with(headers);
        // The most effective ones of each group.
        for group in [CONDITIONALS, RANGES, ACCEPTS, UPGRADES] {
            variants.extend(group.iter().take(3).map(|headers| at("GET", headers)));
        }
        for origin in ORIGINS.iter().take(3) {
            variants.extend(["GET", "OPTIONS"].map(|method| at(method, origin)));
        }
        variants.extend(payload::small().map(|payload| at("POST", &[]).with_body(payload)));
        let overriding = [("x-http-method-override", "DELETE")];
        variants.extend(leading(methods, 1).into_iter().map(|method| at(method, &overriding)));
    }
    for method in WRITING {
        let plain = || RequestVariant::plain(method);
        variants.extend(payload::matrix().map(|payload| plain().with_body(payload)));
        variants.extend(payload::oversize().map(|payload| plain().with_body(payload)));
        for payload in payload::small() {
            let sending = || plain().with_body(payload.clone());
            for group in [CONDITIONALS, ACCEPTS, ORIGINS] {
                variants.extend(group.iter().map(|headers| sending().with(headers)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(methods: &[&'static str]) -> Vec<RequestVariant> {
        plan(&Plan { methods, extra_headers: &[], authorized_headers: &[], seed: 1, budget: None })
    }

    #[test]
    fn every_single_addition_is_tried_with_every_method() {
        let variants = all(&METHODS);
        let with = |method: &str, text: &str| {
            variants.iter().any(|variant| variant.method == method && variant.to_string() == text)
        };
        for method in METHODS {
            assert!(with(method, " with `range: bytes=0-1`"), "{method}");
            assert!(with(method, " with `if-none-match: *`"), "{method}");
            for path_form in PathForm::COMMON {
                assert!(
                    variants
                        .iter()
                        .any(|variant| variant.method == method && variant.path_form == path_form)
                );
            }
        }
    }

    #[test]
    fn a_plain_get_comes_first_and_only_once() {
        let variants = all(&METHODS);
        assert!(variants[0].is_plain_get());
        assert_eq!(variants.iter().filter(|variant| variant.is_plain_get()).count(), 1);
    }

    #[test]
    fn there_are_as_many_as_the_documentation_says() {
        assert_eq!(all(&METHODS).len(), 6_338);
    }

    #[test]
    fn only_the_methods_that_are_named_are_tried() {
        for methods in [&["GET"][..], &["FROB", "QUERY"]] {
            assert!(all(methods).iter().all(|variant| methods.contains(&variant.method)));
        }
    }

    #[test]
    fn a_budget_is_kept_and_the_rest_is_drawn() {
        let with = |budget, seed| {
            plan(&Plan {
                methods: &METHODS,
                extra_headers: &[],
                authorized_headers: &[],
                seed,
                budget: Some(budget),
            })
        };
        for budget in [5, 500, 9_000] {
            let variants = with(budget, 1);
            assert_eq!(variants.len(), budget);
            assert!(variants[0].is_plain_get());
        }
        let drawn = |seed| format!("{:?}", with(500, seed));
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
    }
}
