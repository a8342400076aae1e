//! The two-sample test of response times: Wilcoxon's signed-rank test, and the Mann–Whitney
//! statistic as the size of the effect.

/// The result of testing two samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    /// In which share of comparisons a value of the first sample is less than one of the second. A
    /// tie counts half.
    pub(super) less: f64,
    /// How many standard deviations the statistic is from its expectation without a difference;
    /// positive if the first sample is less.
    pub(super) z: f64,
    /// The probability of a difference at least as large if there is none (two-sided).
    pub(super) p: f64,
}

/// Tests two samples that were measured in blocks of one value each, in an order drawn at random.
///
/// If nothing differs, the draw alone decides the sign of each block's difference, whatever the
/// distribution of times, their drift and their dependence. So the test needs no assumptions. (The
/// Mann–Whitney test is as good without drift; with drift it finds less, since it treats the drift
/// as noise.)
pub(super) fn signed_rank_test(first: &[u64], second: &[u64]) -> Ranked {
    let blocks = first.iter().zip(second).filter(|(first, second)| first != second);
    let mut differences: Vec<(u64, bool)> =
        blocks.map(|(first, second)| (first.abs_diff(*second), first < second)).collect();
    let ranks = ranked(&mut differences);
    let n = differences.len() as f64;
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ranks.ties / 48.0;
    // Continuity correction: the statistic is discrete, the normal distribution is not.
    let away = ranks.of_marked - mean;
    let away = away.signum() * (away.abs() - 0.5).max(0.0);
    let z = if variance > 0.0 { away / variance.sqrt() } else { 0.0 };
    Ranked { less: less(first, second), z, p: two_sided(z) }
}

/// The Mann–Whitney U, divided by the number of comparisons.
fn less(first: &[u64], second: &[u64]) -> f64 {
    let mut all: Vec<(u64, bool)> = first.iter().map(|value| (*value, true)).collect();
    all.extend(second.iter().map(|value| (*value, false)));
    let (n, m) = (first.len() as f64, second.len() as f64);
    (n * m + n * (n + 1.0) / 2.0 - ranked(&mut all).of_marked) / (n * m)
}

struct Ranks {
    /// The sum of the ranks of the marked values.
    of_marked: f64,
    /// Σ (t³ − t) over groups of t equal values.
    ties: f64,
}

/// Ranks by value. Equal values share the mean of their ranks.
fn ranked(values: &mut [(u64, bool)]) -> Ranks {
    values.sort_unstable();
    let (mut ranks, mut before) = (Ranks { of_marked: 0.0, ties: 0.0 }, 0.0);
    for tied in values.chunk_by(|left, right| left.0 == right.0) {
        let count = tied.len() as f64;
        let marked = tied.iter().filter(|value| value.1).count() as f64;
        ranks.of_marked += marked * (before + f64::midpoint(count, 1.0));
        ranks.ties += count * count * count - count;
        before += count;
    }
    ranks
}

/// The probability of a standard normal value beyond ±z.
fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

/// The complementary error function for x ≥ 0, with a relative error below 1.2e-7 (W. H. Press et
/// al., *Numerical Recipes*, §6.2): a Chebyshev fit.
fn erfc(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let t = 1.0 / (1.0 + x / 2.0);
    let fit = COEFFICIENTS.iter().rev().fold(0.0, |sum, coefficient| sum * t + coefficient);
    (t * (fit - x * x).exp()).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::super::rng::SplitMix64;
    use super::*;

    /// A time in nanoseconds with the distribution of a service's times: most of them close together,
    /// in steps of the clock, and one in fifty anywhere above. The middle part is normal, with a
    /// standard deviation of 1,000.
    fn time(rng: &mut SplitMix64) -> f64 {
        let mut unit = || rng.next_u64() as f64 / u64::MAX as f64;
        let normal: f64 = (0..12).map(|_| unit()).sum::<f64>() - 6.0;
        let tail = if unit() < 0.02 { 20_000.0 / (unit() + 1e-3) } else { 0.0 };
        50_000.0 + 1_000.0 * normal + tail
    }

    /// Two samples, the second of which is later by `shift`. Both drift between blocks.
    fn draw_samples(rng: &mut SplitMix64, size: usize, shift: f64, drift: f64) -> [Vec<u64>; 2] {
        let mut drifted = 0.0;
        let mut samples = [Vec::new(), Vec::new()];
        for _ in 0..size {
            drifted += drift * (rng.next_u64() as f64 / u64::MAX as f64 - 0.5);
            samples[0].push((time(rng) + drifted) as u64 / 20 * 20);
            samples[1].push((time(rng) + drifted + shift) as u64 / 20 * 20);
        }
        samples
    }

    /// How many of `runs` tests find at each significance level that the samples differ.
    fn found<const N: usize>(
        runs: usize,
        size: usize,
        shift: f64,
        drift: f64,
        levels: [f64; N],
    ) -> [usize; N] {
        let mut rng = SplitMix64::new(1);
        let mut found = [0; N];
        for _ in 0..runs {
            let [first, second] = draw_samples(&mut rng, size, shift, drift);
            let p = signed_rank_test(&first, &second).p;
            found
                .iter_mut()
                .zip(levels)
                .for_each(|(found, level)| *found += usize::from(p < level));
        }
        found
    }

    #[test]
    fn the_statistic_is_the_textbooks() {
        // By hand: differences −3, −3, −2, −2; +1 is the one block where the first is later.
        let ranked = signed_rank_test(&[1, 2, 5, 6, 9, 4], &[4, 5, 7, 8, 8, 4]);
        let (mean, variance) = (7.5, 5.0 * 6.0 * 11.0 / 24.0 - 12.0 / 48.0);
        assert!((ranked.z - (14.0 - mean - 0.5) / f64::sqrt(variance)).abs() < 1e-12);
        // By hand: 14 of 16 comparisons; then 4 and 4 halves of 9.
        assert!((signed_rank_test(&[1, 2, 3, 6], &[4, 5, 7, 8]).less - 14.0 / 16.0).abs() < 1e-12);
        assert!((signed_rank_test(&[1, 1, 2], &[1, 2, 2]).less - 6.0 / 9.0).abs() < 1e-12);
        assert_eq!(
            signed_rank_test(&[5; 9], &[5; 9]),
            Ranked { less: 0.5, z: 0.0, p: two_sided(0.0) }
        );
    }

    #[test]
    fn the_tails_are_those_of_the_normal_distribution() {
        for (z, p) in [(0.0, 1.0), (1.0, 0.317_310_508), (1.96, 0.049_995_79), (3.890_592, 1e-4)] {
            assert!((two_sided(z) / p - 1.0).abs() < 1e-5, "{z}: {}", two_sided(z));
        }
        assert!((two_sided(6.0) / 1.973_175e-9 - 1.0).abs() < 1e-5);
    }

    #[test]
    fn the_test_has_the_documented_error_rate() {
        // 4,000 tests of nothing: at 5 % about 200 are wrong (six standard deviations: 83), at 1 %
        // about 40, and at 1 in 10,000 hardly one. A drift that hides the noise changes nothing.
        for drift in [0.0, 5_000.0] {
            let [five, one, rare] = found(4_000, 200, 0.0, drift, [0.05, 0.01, 1e-4]);
            println!("drift {drift}: of 4,000, {five} at 5 %, {one} at 1 %, {rare} at 0.01 %");
            assert!((117..=283).contains(&five), "{five}");
            assert!((5..=78).contains(&one), "{one}");
            assert!(rare <= 4, "{rare}");
        }
    }

    #[test]
    fn the_test_has_the_documented_power() {
        for (runs, size, shift) in [(100, 200, 540.0), (100, 1_000, 240.0), (20, 10_000, 76.0)] {
            for drift in [0.0, 200.0] {
                let [found] = found(runs, size, shift, drift, [1e-4]);
                println!("{size} a side, {shift} ns of 1,000, drift {drift}: {found} of {runs}");
                assert!(found * 4 >= runs * 3, "{size}: {found}");
            }
        }
    }

    #[test]
    #[ignore = "prints the table of the documentation, in a minute"]
    fn measure_the_power() {
        for (size, shift) in [(200, 540.0), (1_000, 240.0), (10_000, 76.0), (100_000, 24.0)] {
            let [found] = found(100, size, shift, 0.0, [1e-4]);
            println!("{size} a side, {shift} ns of 1,000: {found} of 100");
        }
    }
}
