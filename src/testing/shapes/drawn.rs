//! Requests drawn at random: any method, any way to write the path, any fields, and all of it
//! together.

use super::additions;
use super::alone::ALONE;
use super::clients::CLIENTS;
use super::methods::{METHODS, RARE};
use super::packs::{any_cookie, any_line, any_query, field_names, known};
use super::{Address, Shape, Text, payload};
use crate::testing::rank::Dice;

/// How many are drawn for each method, unless somebody says otherwise.
pub(super) const DRAWN: usize = 50;

/// Draws requests without end.
pub(super) struct Drawn<'a> {
    methods: &'a [&'static str],
    dice: Dice,
    addresses: Vec<Address>,
    names: Vec<&'static str>,
    known: Vec<(&'static str, Text)>,
    payloads: Vec<payload::Payload>,
    groups: Vec<additions::Fields>,
}

impl<'a> Drawn<'a> {
    pub(super) fn new(methods: &'a [&'static str], seed: u64) -> Self {
        Self {
            methods,
            dice: Dice::new(!seed),
            addresses: Address::all().collect(),
            names: field_names(),
            known: known(),
            payloads: payload::at_once().collect(),
            groups: additions::groups().chain(ALONE).chain(CLIENTS).copied().collect(),
        }
    }
}

impl Iterator for Drawn<'_> {
    type Item = Shape;

    fn next(&mut self) -> Option<Shape> {
        let Self { dice, .. } = self;
        let rare = self.methods == METHODS && dice.below(5) == 0;
        let methods = if rare { RARE } else { self.methods };
        let mut shape = Shape::plain(methods[dice.below(methods.len())]);
        if dice.below(2) == 0 {
            shape = shape.at(self.addresses[dice.below(self.addresses.len())]);
        }
        if dice.below(20) == 0 {
            shape = shape.in_version("HTTP/1.0");
        }
        for _ in 0..dice.below(3) {
            shape = shape.with(self.groups[dice.below(self.groups.len())]);
        }
        for _ in 0..dice.below(25) {
            let line = any_line(dice, &self.names, &self.known);
            // Twice the same name is tried elsewhere: most readers take such a request for broken.
            if !shape.has_field(&line.0) {
                shape.fields.push(line);
            }
        }
        if dice.below(3) == 0 {
            for _ in 0..=dice.below(4) {
                shape.queries.push(any_query(dice));
            }
        }
        if dice.below(4) == 0 {
            for _ in 0..=dice.below(3) {
                shape.cookies.push(any_cookie(dice));
            }
        }
        let frames = shape.has_field("content-length") || shape.has_field("transfer-encoding");
        if dice.below(3) == 0 && !frames {
            shape = shape.sending(self.payloads[dice.below(self.payloads.len())].clone());
        }
        Some(shape)
    }
}
