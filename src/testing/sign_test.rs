//! The exact test for differences in some responses, and the threshold for its p-values where many
//! properties are tested.

use std::f64::consts::LN_2;

/// The two-sided p-value of the exact sign test, which is McNemar's exact test: in `more` blocks a
/// property shows on the first side only, in `fewer` on the second side only.
///
/// Each block has one request for either side, in an order drawn for it. If the side does not matter,
/// the draw alone decides on which side of a block a property shows, so each such block is a fair
/// coin: whatever the responses depend on, however they depend on each other, and however often the
/// property shows. Fisher's exact test assumes independent responses, and is wrong more often than it
/// says where backends take turns: the response on one side then determines the other.
pub(super) fn two_sided(more: usize, fewer: usize) -> f64 {
    let (blocks, largest) = (more + fewer, more.max(fewer));
    // The largest term of the tail first: C(blocks, largest) / 2^blocks.
    let choose: f64 = (1..=blocks - largest).map(|k| ((largest + k) as f64 / k as f64).ln()).sum();
    let mut term = (choose - blocks as f64 * LN_2).exp();
    let mut tail = 0.0;
    for heads in largest..=blocks {
        tail += term;
        term *= (blocks - heads) as f64 / (heads + 1) as f64;
    }
    (2.0 * tail).min(1.0)
}

/// The threshold for the p-value of each of many tests, so that all of them together are wrong no
/// more often than `alpha`: Bonferroni's correction by the tests that could reach the threshold at all
/// (R. E. Tarone, 1990). `blocks` are the numbers of blocks in which each property shows on one side
/// only. A test of few blocks has no small p-values and does not lower the threshold: values that are
/// new in every response do not reduce the power of the other tests.
pub(super) fn threshold(alpha: f64, blocks: impl Iterator<Item = usize>) -> f64 {
    let mut least: Vec<f64> = blocks.map(|blocks| two_sided(blocks, 0)).collect();
    least.sort_unstable_by(f64::total_cmp);
    let mut tests = 1;
    loop {
        let threshold = alpha / tests as f64;
        if least.partition_point(|p| *p <= threshold) <= tests {
            return threshold;
        }
        tests += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_agree_with_binomial_tables() {
        // Sums of binomial coefficients, by hand: P(X ≥ 9 of 10) = 11/1024, and so on.
        for (more, fewer, p) in [
            (0, 0, 1.0),
            (1, 0, 1.0),
            (5, 0, 0.0625),
            (9, 1, 2.0 * 11.0 / 1024.0),
            (1, 9, 2.0 * 11.0 / 1024.0),
            (5, 5, 1.0),
            (15, 5, 2.0 * 21_700.0 / 1_048_576.0),
            (24, 0, 2f64.powi(-23)),
        ] {
            let own = two_sided(more, fewer);
            assert!((own / p - 1.0).abs() < 1e-12, "{more} and {fewer}: {own} for {p}");
        }
    }

    #[test]
    fn p_values_agree_with_the_normal_distribution_where_there_are_many_blocks() {
        // 5,000 ± 150 of 10,000 is three standard deviations of 50: p = 0.0027, and a little more
        // since the test is discrete.
        let p = two_sided(5_150, 4_850);
        assert!((0.0027..0.0029).contains(&p), "{p}");
        assert!(two_sided(20_000, 0) >= 0.0, "underflow is zero, and not an error");
    }

    #[test]
    fn tests_that_cannot_succeed_do_not_count() {
        let single = threshold(1e-4, [30].into_iter());
        assert_eq!(single, 1e-4);
        let among_ids = threshold(1e-4, [30].into_iter().chain([1; 2_000]));
        assert_eq!(among_ids, 1e-4);
        assert_eq!(threshold(1e-4, [30; 7].into_iter()), 1e-4 / 7.0);
        assert_eq!(threshold(1e-4, [].into_iter()), 1e-4);
    }
}
