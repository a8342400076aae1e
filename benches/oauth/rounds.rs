//! How cases take turns, and how their times are compared.

use std::time::{Duration, Instant};

use counting::allocations;

const ROUNDS: usize = 200;
const BATCH: Duration = Duration::from_micros(500);

/// Work to measure, under a name.
pub struct Case<'a> {
    name: &'static str,
    work: Box<dyn FnMut() + 'a>,
}

pub fn case<'a>(name: &'static str, work: impl FnMut() + 'a) -> Case<'a> {
    Case { name, work: Box::new(work) }
}

/// Measures the cases in turns, and prints each with its ratio to the first.
pub fn compare(title: &str, mut cases: Vec<Case<'_>>) {
    let mut times = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for round in 0..=ROUNDS {
        for (case, times) in cases.iter_mut().zip(&mut times) {
            let time = batch(&mut case.work);
            // The first round warms up.
            if round > 0 {
                times.push(time);
            }
        }
    }
    println!("{title}");
    println!(
        "  {:<44} {:>9} {:>9} {:>14} {:>7}",
        "case", "least ns", "median", "of the first", "allocs"
    );
    for (case, own) in cases.iter_mut().zip(&times) {
        let ratios = own.iter().zip(&times[0]).map(|(own, first)| own / first).collect();
        println!(
            "  {:<44} {:>9.0} {:>9.0} {:>14.3} {:>7}",
            case.name,
            own.iter().copied().fold(f64::INFINITY, f64::min),
            median(own.clone()),
            median(ratios),
            allocations(&mut case.work),
        );
    }
}

/// Nanoseconds of one run.
fn batch(work: &mut dyn FnMut()) -> f64 {
    let (start, mut runs) = (Instant::now(), 0.0);
    while start.elapsed() < BATCH {
        for _ in 0..8 {
            work();
        }
        runs += 8.0;
    }
    start.elapsed().as_secs_f64() * 1e9 / runs
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
