//! Each planted leak is found on the concealed path, and is no leak if it applies to all paths.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use portcullis::testing::Transport;

use crate::app::{Place, each, honest, planted, planted_in, probe, run};
use crate::honest::STALLS;
use crate::plants::{PLANTS, PlantedLeak};
use crate::plants_families::FAMILIES;
use crate::plants_frameworks::FRAMEWORKS;
use crate::plants_fresh::FRESH;
use crate::plants_services::SERVICES;
use crate::plants_together::TOGETHER;

fn later() -> impl Iterator<Item = &'static PlantedLeak> {
    FAMILIES.iter().chain(FRAMEWORKS).chain(SERVICES).chain(FRESH)
}

fn all() -> impl Iterator<Item = &'static PlantedLeak> {
    PLANTS.iter().chain(later()).chain(TOGETHER)
}

#[test]
fn every_planted_leak_is_found_and_named() {
    each(PLANTS.iter().collect(), |plant| {
        let probe = probe(planted(plant, Place::OnConcealed)).methods([plant.method]);
        let report = run(&probe.transports([Transport::Http1]));
        let name = plant.name;
        assert!(!report.has_no_leaks(), "{name}: not found");
        let aspect = (plant.aspect)();
        let leak = report
            .leaks()
            .iter()
            .find(|leak| *leak.aspect() == aspect && leak.sentence().contains(plant.text));
        let leak = leak.unwrap_or_else(|| panic!("{name}: {:?} {report}", plant.text));
        // A leak that reads the request body shows in several aspects, on requests of different kinds.
        if !plant.reads {
            assert_eq!(report.leaks().len(), 1, "{name}: one cause is one paragraph: {report}");
        }
        assert_eq!(leak.methods().collect::<Vec<_>>(), [plant.method], "{name}");
    });
}

#[test]
fn every_leak_of_frameworks_and_middleware_is_found() {
    assert_found(later());
}

#[test]
fn every_leak_that_takes_two_parts_of_a_request_is_found() {
    assert_found(TOGETHER.iter());
}

fn assert_found(plants: impl Iterator<Item = &'static PlantedLeak>) {
    each(plants.collect(), |plant| {
        let probe = probe(planted(plant, Place::OnConcealed)).methods([plant.method]);
        let probe = probe.transports([Transport::Http1]);
        // A leak that reads the body shows in that, too.
        let report = run(&if plant.reads { probe } else { probe.stop_at_first_leak() });
        let aspect = (plant.aspect)();
        let is_found = report.leaks().iter().any(|leak| *leak.aspect() == aspect);
        assert!(is_found, "{}: {report}", plant.name);
    });
}

#[test]
fn a_planted_leak_on_all_paths_is_no_leak() {
    // Many planted leaks of a method at once: none of them is a leak. (Each is a layer around the others,
    // and the stack of a thread has room for so many.)
    let methods: BTreeSet<_> = all().map(|plant| plant.method).collect();
    let of_method = |method| all().filter(|plant| plant.method == method).collect::<Vec<_>>();
    let groups = methods
        .into_iter()
        .flat_map(|method| of_method(method).chunks(60).map(<[_]>::to_vec).collect::<Vec<_>>());
    each(groups.collect(), |plants| {
        let method = plants[0].method;
        let app =
            plants.iter().fold(honest(), |app, plant| planted_in(app, plant, Place::Everywhere));
        let report = run(&probe(app).methods([method]).transports([Transport::Http1]));
        assert!(report.has_no_leaks(), "{method}: {report}");
        assert!(report.unsettled() <= STALLS, "{method}: {report}");
    });
}

#[test]
#[ignore = "prints how many are found in a whole run each, in some minutes"]
fn measure_how_many_are_found() {
    let found = AtomicUsize::new(0);
    each(all().collect(), |plant| {
        let report = run(&probe(planted(plant, Place::OnConcealed)).stop_at_first_leak());
        found.fetch_add(usize::from(!report.has_no_leaks()), Ordering::Relaxed);
        println!("{}: {report}", plant.name);
    });
    println!("{} of {}", found.into_inner(), all().count());
}
