//! The numbers, for people.

use crate::cases::Case;
use crate::harness::{Times, median};

/// What is known of a case.
pub struct Row {
    pub name: &'static str,
    /// Nanoseconds beyond its base.
    pub delta: f64,
    pub floor: Option<Ratio>,
    pub lesser_floor: Option<Ratio>,
    /// Beyond its base.
    pub allocations: i64,
    pub future_bytes: usize,
}

/// Δ / Δfloor: the median over the processes, and how far apart they were.
pub struct Ratio {
    pub median: f64,
    pub least: f64,
    pub most: f64,
}

pub fn rows(cases: &[Case], times: &[Times]) -> Vec<Row> {
    let case = |name: &str| cases.iter().find(|case| case.name == name);
    let delta = |case: &Case, times: &Times| {
        let time = |name: &str| times.get(name).copied().unwrap_or(f64::NAN);
        time(case.name) - case.base.map_or(0.0, time)
    };
    let allocations = |case: &Case| i64::try_from(case.build().allocations()).unwrap_or(i64::MAX);
    let row = |it: &Case| {
        let own: Vec<f64> = times.iter().map(|times| delta(it, times)).collect();
        let against = |floor: Option<&str>| {
            let floor = floor.and_then(case)?;
            let ratio = |(own, times): (&f64, &Times)| own / delta(floor, times);
            let mut ratios: Vec<f64> = own.iter().zip(times).map(ratio).collect();
            let median = median(&mut ratios);
            Some(Ratio { median, least: ratios[0], most: ratios[ratios.len() - 1] })
        };
        Row {
            name: it.name,
            delta: median(&mut own.clone()),
            floor: against(it.floor),
            lesser_floor: against(it.lesser_floor),
            allocations: allocations(it) - it.base.and_then(case).map_or(0, allocations),
            future_bytes: it.build().future_bytes(),
        }
    };
    cases.iter().map(row).collect()
}

pub fn print(rows: &[Row]) {
    println!(
        "{:<42} {:>8} {:>8} {:>13} {:>8} {:>7} {:>8}",
        "case", "Δ ns", "Δ/floor", "(of processes)", "Δ/lesser", "allocs", "future B"
    );
    for row in rows {
        let (ratio, spread) = row.floor.as_ref().map_or_else(Default::default, |ratio| {
            (format!("{:.2}", ratio.median), format!("({:.2}–{:.2})", ratio.least, ratio.most))
        });
        let lesser = row.lesser_floor.as_ref();
        let lesser = lesser.map_or_else(String::new, |ratio| format!("{:.2}", ratio.median));
        println!(
            "{:<42} {:>8.1} {:>8} {:>14} {:>8} {:>7} {:>8}",
            row.name, row.delta, ratio, spread, lesser, row.allocations, row.future_bytes
        );
    }
}
