//! The two-sample test, Wilcoxon's on signed ranks; and the size of the effect, Mann and Whitney's.

/// What the test says about two samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    /// How often one of the first sample is less than one of the second; a tie counts half.
    pub(super) less: f64,
    /// How many standard deviations the statistic is from where it is expected if nothing differs;
    /// positive if the first is less.
    pub(super) z: f64,
    /// How likely so much, or more, is if nothing differs (two-sided).
    pub(super) p: f64,
}

/// Tests two samples that were drawn in blocks of one each, whose order was left to chance.
///
/// If nothing differs, chance alone has decided on the sign of each block's difference, whatever
/// the times are, however they drift, and whatever they have to do with each other. So nothing has
/// to be taken for granted. (Mann and Whitney's test is no worse where nothing drifts; where
/// something does, it finds less, since it takes the drift for noise.)
pub(super) fn signed_rank_test(first: &[u64], second: &[u64]) -> Ranked {
    let blocks = first.iter().zip(second).filter(|(one, other)| one != other);
    let mut differences: Vec<(u64, bool)> =
        blocks.map(|(one, other)| (one.abs_diff(*other), one < other)).collect();
    let ranks = ranked(&mut differences);
    let n = differences.len() as f64;
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ranks.ties / 48.0;
    // Half a step towards the middle: the statistic is discrete, the normal distribution is not.
    let away = ranks.of_marked - mean;
    let away = away.signum() * (away.abs() - 0.5).max(0.0);
    let z = if variance > 0.0 { away / variance.sqrt() } else { 0.0 };
    Ranked { less: less(first, second), z, p: two_sided(z) }
}

/// Mann and Whitney's U, divided by the number of comparisons.
fn less(first: &[u64], second: &[u64]) -> f64 {
    let mut all: Vec<(u64, bool)> = first.iter().map(|it| (*it, true)).collect();
    all.extend(second.iter().map(|it| (*it, false)));
    let (n, m) = (first.len() as f64, second.len() as f64);
    (n * m + n * (n + 1.0) / 2.0 - ranked(&mut all).of_marked) / (n * m)
}

struct Ranks {
    /// The sum of the ranks of what is marked.
    of_marked: f64,
    /// Σ (t³ − t) over groups of t that tie.
    ties: f64,
}

/// Ranks by value; what ties shares its ranks.
fn ranked(values: &mut [(u64, bool)]) -> Ranks {
    values.sort_unstable();
    let (mut ranks, mut before) = (Ranks { of_marked: 0.0, ties: 0.0 }, 0.0);
    for tied in values.chunk_by(|one, other| one.0 == other.0) {
        let count = tied.len() as f64;
        let marked = tied.iter().filter(|it| it.1).count() as f64;
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

/// Random numbers that are the same in every run: SplitMix64 (Steele, Lea and Flood, 2014).
pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below this one, which is not 0. That some come up more often by one part in 2⁶⁴ ÷
    /// `bound` is of no account.
    pub(super) const fn below(&mut self, bound: usize) -> usize {
        (self.next_u64() % bound as u64) as usize
    }

    /// Puts them into an order in which each one has the same chances (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time in nanoseconds, as a service's times are: most of them close together, in steps of
    /// the clock, and one in fifty anywhere above. The middle part is normal, with a standard
    /// deviation of 1,000.
    fn time(rng: &mut SplitMix64) -> f64 {
        let mut unit = || rng.next_u64() as f64 / u64::MAX as f64;
        let normal: f64 = (0..12).map(|_| unit()).sum::<f64>() - 6.0;
        let tail = if unit() < 0.02 { 20_000.0 / (unit() + 1e-3) } else { 0.0 };
        50_000.0 + 1_000.0 * normal + tail
    }

    /// Two samples, the second of which comes `shift` later. Between blocks, everything drifts.
    fn samples(rng: &mut SplitMix64, size: usize, shift: f64, drift: f64) -> [Vec<u64>; 2] {
        let mut drifted = 0.0;
        let mut both = [Vec::new(), Vec::new()];
        for _ in 0..size {
            drifted += drift * (rng.next_u64() as f64 / u64::MAX as f64 - 0.5);
            both[0].push((time(rng) + drifted) as u64 / 20 * 20);
            both[1].push((time(rng) + drifted + shift) as u64 / 20 * 20);
        }
        both
    }

    /// How many of `runs` tests say at each level that the samples differ.
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
            let [first, second] = samples(&mut rng, size, shift, drift);
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
    fn it_is_wrong_as_often_as_it_says() {
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
    fn it_finds_what_the_documentation_says() {
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
    fn how_much_it_finds() {
        for (size, shift) in [(200, 540.0), (1_000, 240.0), (10_000, 76.0), (100_000, 24.0)] {
            let [found] = found(100, size, shift, 0.0, [1e-4]);
            println!("{size} a side, {shift} ns of 1,000: {found} of 100");
        }
    }
}
