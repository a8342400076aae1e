//! Requests drawn at random: any method, path form, headers, query, cookies and body together.

use super::additions;
use super::alone::ALONE;
use super::clients::CLIENTS;
use super::methods::{METHODS, RARE};
use super::packs::{any_cookie, any_line, any_query, field_names, known};
use super::{PathForm, RequestVariant, Text, payload};
use crate::testing::rng::SplitMix64;

/// How many variants are drawn for each method by default.
pub(super) const RANDOM_PER_METHOD: usize = 50;

/// An endless iterator of random variants.
pub(super) struct Drawn<'a> {
    methods: &'a [&'static str],
    rng: SplitMix64,
    addresses: Vec<PathForm>,
    names: Vec<&'static str>,
    known: Vec<(&'static str, Text)>,
    payloads: Vec<payload::Payload>,
    groups: Vec<additions::HeaderList>,
}

impl<'a> Drawn<'a> {
    pub(super) fn new(methods: &'a [&'static str], seed: u64) -> Self {
        Self {
            methods,
            rng: SplitMix64::new(!seed),
            addresses: PathForm::all().collect(),
            names: field_names(),
            known: known(),
            payloads: payload::at_once().collect(),
            groups: additions::groups().chain(ALONE).chain(CLIENTS).copied().collect(),
        }
    }
}

impl Iterator for Drawn<'_> {
    type Item = RequestVariant;

    fn next(&mut self) -> Option<RequestVariant> {
        let Self { rng, .. } = self;
        let rare = self.methods == METHODS && rng.below(5) == 0;
        let methods = if rare { RARE } else { self.methods };
        let mut variant = RequestVariant::plain(methods[rng.below(methods.len())]);
        if rng.below(2) == 0 {
            variant = variant.at(self.addresses[rng.below(self.addresses.len())]);
        }
        if rng.below(20) == 0 {
            variant = variant.in_version("HTTP/1.0");
        }
        for _ in 0..rng.below(3) {
            variant = variant.with(self.groups[rng.below(self.groups.len())]);
        }
        for _ in 0..rng.below(25) {
            let line = any_line(rng, &self.names, &self.known);
            // Repeated names are tried elsewhere: most parsers reject such a request.
            if !variant.has_header(&line.0) {
                variant.headers.push(line);
            }
        }
        if rng.below(3) == 0 {
            for _ in 0..=rng.below(4) {
                variant.queries.push(any_query(rng));
            }
        }
        if rng.below(4) == 0 {
            for _ in 0..=rng.below(3) {
                variant.cookies.push(any_cookie(rng));
            }
        }
        let frames =
            variant.has_header("content-length") || variant.has_header("transfer-encoding");
        if rng.below(3) == 0 && !frames {
            variant = variant.with_body(self.payloads[rng.below(self.payloads.len())].clone());
        }
        Some(variant)
    }
}
