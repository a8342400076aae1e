//! Each plant is found where it tells something, and not where it tells nothing.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use portcullis::testing::Transport;

use crate::app::{Where, each, honest, planted, planted_in, probe, run};
use crate::honest::STALLS;
use crate::plants::{PLANTS, Plant};
use crate::plants_families::FAMILIES;
use crate::plants_frameworks::FRAMEWORKS;
use crate::plants_fresh::FRESH;
use crate::plants_services::SERVICES;
use crate::plants_together::TOGETHER;

fn later() -> impl Iterator<Item = &'static Plant> {
    FAMILIES.iter().chain(FRAMEWORKS).chain(SERVICES).chain(FRESH)
}

fn all() -> impl Iterator<Item = &'static Plant> {
    PLANTS.iter().chain(later()).chain(TOGETHER)
}

#[test]
fn every_planted_leak_is_found_and_named() {
    each(PLANTS.iter().collect(), |plant| {
        let probe = probe(planted(plant, Where::OnConcealed)).methods([plant.method]);
        let report = run(&probe.over([Transport::Http1]));
        let name = plant.name;
        assert!(!report.is_silent(), "{name}: not found");
        let aspect = (plant.aspect)();
        let leak = report
            .leaks()
            .iter()
            .find(|leak| *leak.aspect() == aspect && leak.sentence().contains(plant.told));
        let leak = leak.unwrap_or_else(|| panic!("{name}: {:?} {report}", plant.told));
        // What reads a body shows by more than one thing, on requests of different kinds.
        if !plant.reads {
            assert_eq!(report.leaks().len(), 1, "{name}: one cause is one paragraph: {report}");
        }
        assert_eq!(leak.methods().collect::<Vec<_>>(), [plant.method], "{name}");
    });
}

#[test]
fn what_frameworks_and_middleware_do_is_found() {
    are_found(later());
}

#[test]
fn what_is_read_together_is_found() {
    are_found(TOGETHER.iter());
}

fn are_found(plants: impl Iterator<Item = &'static Plant>) {
    each(plants.collect(), |plant| {
        let probe = probe(planted(plant, Where::OnConcealed)).methods([plant.method]);
        let probe = probe.over([Transport::Http1]);
        // What reads bodies shows by that as well.
        let report = run(&if plant.reads { probe } else { probe.until_first_leak() });
        let aspect = (plant.aspect)();
        let is_found = report.leaks().iter().any(|leak| *leak.aspect() == aspect);
        assert!(is_found, "{}: {report}", plant.name);
    });
}

#[test]
fn what_grows_everywhere_tells_nothing() {
    // Many plants of a method at once: none of them tells anything. (Each is a stage around the
    // others, and a thread has room for so many.)
    let methods: BTreeSet<_> = all().map(|plant| plant.method).collect();
    let of_method = |method| all().filter(|plant| plant.method == method).collect::<Vec<_>>();
    let beds = methods
        .into_iter()
        .flat_map(|method| of_method(method).chunks(60).map(<[_]>::to_vec).collect::<Vec<_>>());
    each(beds.collect(), |bed| {
        let method = bed[0].method;
        let app = bed.iter().fold(honest(), |app, plant| planted_in(app, plant, Where::Everywhere));
        let report = run(&probe(app).methods([method]).over([Transport::Http1]));
        assert!(report.is_silent(), "{method}: {report}");
        assert!(report.unsettled() <= STALLS, "{method}: {report}");
    });
}

#[test]
#[ignore = "prints how many are found in a whole run each, in some minutes"]
fn how_many_are_found() {
    let found = AtomicUsize::new(0);
    each(all().collect(), |plant| {
        let report = run(&probe(planted(plant, Where::OnConcealed)).until_first_leak());
        found.fetch_add(usize::from(!report.is_silent()), Ordering::Relaxed);
        println!("{}: {report}", plant.name);
    });
    println!("{} of {}", found.into_inner(), all().count());
}
