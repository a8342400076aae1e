//! The two-sample test: Mann and Whitney's U.

/// What the test says about two samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ranked {
    /// How often one of the first sample is less than one of the second; a tie counts half.
    pub(super) less: f64,
    /// How many standard deviations U is from where it is expected if nothing differs.
    pub(super) z: f64,
    /// How likely so much, or more, is if nothing differs (two-sided).
    pub(super) p: f64,
}

/// Ranks both samples together. Takes no distribution for granted, and an outlier counts as one
/// measurement, however far out: times of answers have heavy tails, and means follow those.
pub(super) fn test(first: &[u64], second: &[u64]) -> Ranked {
    let mut all: Vec<(u64, bool)> = first.iter().map(|it| (*it, true)).collect();
    all.extend(second.iter().map(|it| (*it, false)));
    all.sort_unstable();
    let (n, m) = (first.len() as f64, second.len() as f64);
    let total = n + m;
    let (mut ranks_of_first, mut ties, mut before) = (0.0, 0.0, 0.0);
    for tied in all.chunk_by(|one, other| one.0 == other.0) {
        let count = tied.len() as f64;
        let rank = before + f64::midpoint(count, 1.0);
        ranks_of_first += rank * tied.iter().filter(|it| it.1).count() as f64;
        ties += count * count * count - count;
        before += count;
    }
    let u = n * m + n * (n + 1.0) / 2.0 - ranks_of_first;
    let variance = n * m / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)));
    let away = u - n * m / 2.0;
    // Half a step towards the middle, since U is discrete and the normal distribution is not.
    let away = away.signum() * (away.abs() - 0.5).max(0.0);
    let z = if variance > 0.0 { away / variance.sqrt() } else { 0.0 };
    Ranked { less: u / (n * m), z, p: two_sided(z) }
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
pub(super) struct Dice(u64);

impl Dice {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A time in nanoseconds, as a service's times are: most of them close together, in steps of
    /// the clock, and one in fifty anywhere above. The middle part is normal, with a standard
    /// deviation of 1,000.
    fn time(dice: &mut Dice) -> f64 {
        let mut unit = || dice.roll() as f64 / u64::MAX as f64;
        let normal: f64 = (0..12).map(|_| unit()).sum::<f64>() - 6.0;
        let tail = if unit() < 0.02 { 20_000.0 / (unit() + 1e-3) } else { 0.0 };
        50_000.0 + 1_000.0 * normal + tail
    }

    fn sample(dice: &mut Dice, size: usize, shift: f64) -> Vec<u64> {
        (0..size).map(|_| (time(dice) + shift) as u64 / 20 * 20).collect()
    }

    /// How many of `runs` tests say at `alpha` that times shifted by `shift` differ.
    fn found(runs: usize, size: usize, shift: f64, alpha: f64) -> usize {
        let mut dice = Dice::new(1);
        let is_found = |_: &usize| {
            let (first, second) = (sample(&mut dice, size, 0.0), sample(&mut dice, size, shift));
            test(&first, &second).p < alpha
        };
        (0..runs).filter(is_found).count()
    }

    #[test]
    fn the_statistic_is_the_textbooks() {
        // Computed by hand: U = 2 of 16; ties in the second.
        let ranked = test(&[1, 2, 3, 6], &[4, 5, 7, 8]);
        assert!((ranked.less - 14.0 / 16.0).abs() < 1e-12);
        assert!((ranked.z - 5.5 / 12.0_f64.sqrt()).abs() < 1e-12);
        let ranked = test(&[1, 1, 2], &[1, 2, 2]);
        assert!((ranked.less - 6.0 / 9.0).abs() < 1e-12);
        assert_eq!(test(&[5; 9], &[5; 9]), Ranked { less: 0.5, z: 0.0, p: two_sided(0.0) });
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
        // about 40, and at 1 in 10,000 hardly one.
        let [five, one, rare] = [0.05, 0.01, 1e-4].map(|alpha| found(4_000, 200, 0.0, alpha));
        println!("false positives of 4,000: {five} at 5 %, {one} at 1 %, {rare} at 0.01 %");
        assert!((117..=283).contains(&five), "{five}");
        assert!((5..=78).contains(&one), "{one}");
        assert!(rare <= 4, "{rare}");
    }

    #[test]
    fn it_finds_what_the_documentation_says() {
        for (size, shift) in [(200, 540.0), (1_000, 240.0), (10_000, 76.0)] {
            let found = found(100, size, shift, 1e-4);
            println!("{size} a side, {shift} ns of 1,000: {found} of 100");
            assert!(found >= 80, "{size}: {found}");
        }
    }
}
