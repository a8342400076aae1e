//! Each plant is found where it tells something, and not where it tells nothing.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::app::{Where, planted, probe, run};
use crate::honest::STALLS;
use crate::plants::{PLANTS, Plant};

/// Takes turns over all plants, on both cores.
fn each(check: fn(&'static Plant)) {
    let next = AtomicUsize::new(0);
    let turns = || {
        while let Some(plant) = PLANTS.get(next.fetch_add(1, Ordering::Relaxed)) {
            check(plant);
        }
    };
    thread::scope(|scope| {
        scope.spawn(turns);
        turns();
    });
}

#[test]
fn every_planted_leak_is_found_and_named() {
    each(|plant| {
        let report = run(&probe(planted(plant, Where::OnConcealed)).methods([plant.method]));
        let name = plant.name;
        assert!(!report.is_silent(), "{name}: not found");
        let aspect = (plant.aspect)();
        let leak = report
            .leaks()
            .iter()
            .find(|leak| *leak.aspect() == aspect && leak.sentence().contains(plant.told));
        let leak = leak.unwrap_or_else(|| panic!("{name}: {:?} {report}", plant.told));
        // Whoever reads a body shows it by more than one thing, on requests of different kinds.
        if !plant.reads {
            assert_eq!(report.leaks().len(), 1, "{name}: one cause is one paragraph: {report}");
        }
        assert_eq!(leak.methods().collect::<Vec<_>>(), [plant.method], "{name}");
    });
}

#[test]
fn what_grows_everywhere_tells_nothing() {
    each(|plant| {
        let report = run(&probe(planted(plant, Where::Everywhere)).methods([plant.method]));
        assert!(report.is_silent(), "{}: {report}", plant.name);
        assert!(report.unsettled() <= STALLS, "{}: {report}", plant.name);
    });
}
