//! Everything that is tried, in order.

use std::collections::HashSet;

use super::additions::{self, ACCEPTS, CONDITIONALS, ORIGINS, RANGES, UPGRADES};
use super::alone::ALONE;
use super::bodies::COMPANIONS;
use super::clients::{CLIENTS, ELSEWHERE};
use super::drawn::{DRAWN, Drawn};
use super::methods::{self, METHODS, WRITING, leading};
use super::parameters::{QUERIES, WITH_CHANGES};
use super::writings::RARE;
use super::{Address, Line, Shape, large, packs, payload, together};
use crate::testing::rank::Dice;

/// What decides on what is tried.
#[derive(Clone, Copy)]
pub(in crate::testing) struct Plan<'a> {
    pub(in crate::testing) methods: &'a [&'static str],
    /// Lines that the user has added.
    pub(in crate::testing) also: &'a [Line],
    /// Lines made of what the resource says to those who may see it.
    pub(in crate::testing) known: &'a [Line],
    pub(in crate::testing) seed: u64,
    /// How many shapes there are to be, if somebody says so.
    pub(in crate::testing) budget: Option<usize>,
}

/// The shapes that are tried: the covering set and [`DRAWN`] more for each method, or as many as the
/// budget says.
pub(in crate::testing) fn plan(plan: &Plan<'_>) -> Vec<Shape> {
    let mut shapes = covering(plan);
    let budget = plan.budget.unwrap_or(shapes.len() + DRAWN * plan.methods.len());
    if budget < shapes.len() {
        return thinned(shapes, budget, plan.seed);
    }
    let drawn = budget - shapes.len();
    shapes.extend(Drawn::new(plan.methods, plan.seed).take(drawn));
    shapes
}

/// As many of these, drawn at random, in the same order. The plain ones, which stand first, stay.
fn thinned(mut shapes: Vec<Shape>, budget: usize, seed: u64) -> Vec<Shape> {
    let plain = shapes.iter().take_while(|shape| shape.parts() == 0).count().min(budget);
    let mut places: Vec<_> = (plain..shapes.len()).collect();
    Dice::new(seed).shuffle(&mut places);
    let kept: HashSet<_> = (0..plain).chain(places.into_iter().take(budget - plain)).collect();
    let mut place = 0;
    shapes.retain(|_| {
        place += 1;
        kept.contains(&(place - 1))
    });
    shapes
}

/// The covering set, without duplicates, in the order in which it is tried.
fn covering(plan: &Plan<'_>) -> Vec<Shape> {
    let methods = plan.methods;
    let mut shapes: Vec<_> = methods.iter().map(|method| Shape::plain(method)).collect();
    for method in methods {
        singles(method, plan.also, &mut shapes);
    }
    known(methods, plan.known, &mut shapes);
    few(methods, &mut shapes);
    shapes.extend(together::shapes(methods));
    if methods == METHODS {
        shapes.extend(methods::rare());
    }
    shapes.extend(packs::packs(methods, &mut Dice::new(plan.seed)));
    pairs(methods, &mut shapes);
    let is_rare = |method: &str| methods == METHODS && methods::RARE.contains(&method);
    let mut seen = HashSet::new();
    shapes.retain(|shape| {
        let named = methods.contains(&shape.method) || is_rare(shape.method);
        let Shape { method, address, queries, .. } = shape;
        named && seen.insert(format!("{method} {shape} {} {queries:?}", address.name))
    });
    shapes
}

/// What is added alone, with every method.
fn singles(method: &'static str, also: &[Line], shapes: &mut Vec<Shape>) {
    let plain = || Shape::plain(method);
    shapes.push(plain().in_version("HTTP/1.0"));
    shapes.extend(Address::COMMON.map(|address| plain().at(address)));
    shapes.extend(additions::groups().map(|fields| plain().with(fields)));
    shapes.extend(payload::singles().map(|payload| plain().sending(payload)));
    shapes.extend(also.iter().map(|line| plain().with_lines([line.clone()])));
}

/// What the resource says to those who may see it, said back by those who may not.
fn known(methods: &[&'static str], known: &[Line], shapes: &mut Vec<Shape>) {
    let named = ["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS"];
    let tried: Vec<_> = match methods.iter().any(|method| named.contains(method)) {
        true => named.to_vec(),
        false => leading(methods, 0),
    };
    for line in known {
        for method in &tried {
            let plain = || Shape::plain(method).with_lines([line.clone()]);
            shapes.push(plain());
            if matches!(&*line.0, "if-range" | "if-match" | "if-none-match") {
                shapes.push(plain().with(&[("range", "bytes=0-1")]));
            }
        }
    }
}

/// What is added alone, with a few methods.
fn few(methods: &[&'static str], shapes: &mut Vec<Shape>) {
    let mut turn = 0;
    let mut each = |add: &dyn Fn(Shape) -> Shape| {
        turn += 1;
        let leading = leading(methods, turn);
        shapes.extend(leading.into_iter().map(|method| add(Shape::plain(method))));
    };
    for version in ["HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "http/1.1"] {
        each(&|plain| plain.in_version(version));
    }
    RARE.iter().for_each(|address| each(&|plain| plain.at(*address)));
    ALONE.iter().chain(CLIENTS).for_each(|fields| each(&|plain| plain.with(fields)));
    ELSEWHERE.iter().for_each(|fields| each(&|plain| plain.at(Address::ROOT).with(fields)));
    // There are many of these; an override of the method is read of what forms send.
    let often = leading(methods, 1);
    let one = |turn: usize| often[usize::from(turn.is_multiple_of(3)).min(often.len() - 1)];
    for (turn, address) in Address::suffixes().enumerate() {
        shapes.push(Shape::plain(one(turn)).at(address));
    }
    for (turn, query) in QUERIES.iter().enumerate() {
        let both = query.contains("ethod").then(|| often.clone());
        for method in both.unwrap_or_else(|| vec![one(turn)]) {
            shapes.push(Shape::plain(method).asking([(*query).into()]));
        }
    }
    for method in WRITING.iter().chain(&["DELETE"]) {
        let queries = WITH_CHANGES.iter().map(|query| (*query).into());
        shapes.push(Shape::plain(method).asking(queries));
    }
    for method in leading(methods, 1) {
        shapes.extend(large::shapes(method));
    }
    // Handlers that read bodies are mostly of these methods; a method override is read of others.
    for (turn, payload) in payload::typed().enumerate() {
        let writing = WRITING[turn % WRITING.len()];
        let other = methods[turn % methods.len()];
        let tried = if methods.contains(&writing) { writing } else { other };
        let alone = if methods.contains(&"POST") { "POST" } else { tried };
        shapes.push(Shape::plain(alone).sending(payload.clone()));
        let with_companions = Shape::plain(tried).sending(payload);
        let more: Vec<_> = COMPANIONS
            .iter()
            .filter(|(name, _)| !with_companions.has_field(name))
            .copied()
            .collect();
        shapes.push(with_companions.with(&more));
    }
}

/// Pairs, where a service may look at the one only because of the other.
fn pairs(methods: &[&'static str], shapes: &mut Vec<Shape>) {
    for method in ["GET", "HEAD"] {
        for conditional in CONDITIONALS {
            let conditional = || Shape::plain(method).with(conditional);
            shapes.extend(RANGES.iter().map(|range| conditional().with(range)));
        }
    }
    for address in Address::COMMON {
        let at = |method, fields: &[_]| Shape::plain(method).at(address).with(fields);
        // Of each group, those that are answered most often.
        for group in [CONDITIONALS, RANGES, ACCEPTS, UPGRADES] {
            shapes.extend(group.iter().take(3).map(|fields| at("GET", fields)));
        }
        for origin in ORIGINS.iter().take(3) {
            shapes.extend(["GET", "OPTIONS"].map(|method| at(method, origin)));
        }
        shapes.extend(payload::small().map(|payload| at("POST", &[]).sending(payload)));
        let overriding = [("x-http-method-override", "DELETE")];
        shapes.extend(leading(methods, 1).into_iter().map(|method| at(method, &overriding)));
    }
    for method in WRITING {
        let plain = || Shape::plain(method);
        shapes.extend(payload::matrix().map(|payload| plain().sending(payload)));
        shapes.extend(payload::oversize().map(|payload| plain().sending(payload)));
        for payload in payload::small() {
            let sending = || plain().sending(payload.clone());
            for group in [CONDITIONALS, ACCEPTS, ORIGINS] {
                shapes.extend(group.iter().map(|fields| sending().with(fields)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(methods: &[&'static str]) -> Vec<Shape> {
        plan(&Plan { methods, also: &[], known: &[], seed: 1, budget: None })
    }

    #[test]
    fn every_single_addition_is_tried_with_every_method() {
        let shapes = all(&METHODS);
        let with = |method: &str, text: &str| {
            shapes.iter().any(|shape| shape.method == method && shape.to_string() == text)
        };
        for method in METHODS {
            assert!(with(method, " with `range: bytes=0-1`"), "{method}");
            assert!(with(method, " with `if-none-match: *`"), "{method}");
            for address in Address::COMMON {
                assert!(shapes.iter().any(|it| it.method == method && it.address == address));
            }
        }
    }

    #[test]
    fn a_plain_get_comes_first_and_only_once() {
        let shapes = all(&METHODS);
        assert!(shapes[0].is_plain_get());
        assert_eq!(shapes.iter().filter(|shape| shape.is_plain_get()).count(), 1);
    }

    #[test]
    fn there_are_as_many_as_the_documentation_says() {
        assert_eq!(all(&METHODS).len(), 6_334);
    }

    #[test]
    fn only_the_methods_that_are_named_are_tried() {
        for methods in [&["GET"][..], &["FROB", "QUERY"]] {
            assert!(all(methods).iter().all(|shape| methods.contains(&shape.method)));
        }
    }

    #[test]
    fn a_budget_is_kept_and_the_rest_is_drawn() {
        let with = |budget, seed| {
            plan(&Plan { methods: &METHODS, also: &[], known: &[], seed, budget: Some(budget) })
        };
        for budget in [5, 500, 9_000] {
            let shapes = with(budget, 1);
            assert_eq!(shapes.len(), budget);
            assert!(shapes[0].is_plain_get());
        }
        let told = |seed| format!("{:?}", with(500, seed));
        assert_eq!(told(1), told(1));
        assert_ne!(told(1), told(2));
    }
}
