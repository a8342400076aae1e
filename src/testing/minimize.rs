//! Finds out which of many additions cause a difference: removes each addition without which the
//! same difference still shows.

use super::compare::{self, Difference};
use super::error::ProbeError;
use super::run::{ProbedPair, Run};
use super::variants::RequestVariant;

/// A variant with no more additions than this is reported as it is: all of them may belong together.
const MAX_REPORTED_WHOLE: usize = 6;

impl Run<'_> {
    /// The variant with as few additions as show the difference, or `None` if it need not be
    /// minimized. Takes about twice as many tries as there are additions, at most, and a dozen if one
    /// of forty is enough.
    pub(super) async fn minimized(
        &mut self,
        probed: &ProbedPair<'_>,
        variant: &RequestVariant,
        difference: &Difference,
    ) -> Result<Option<RequestVariant>, ProbeError> {
        if variant.parts() <= MAX_REPORTED_WHOLE || self.report.contains(difference) {
            return Ok(None);
        }
        let sought = difference.cause();
        let mut variant = variant.clone();
        let mut size = variant.parts().div_ceil(2);
        loop {
            let mut at = 0;
            while at < variant.parts() {
                let smaller = variant.without(&(at..at + size));
                let [concealed, missing] = self.ask_pair(probed, probed.pair, &smaller).await?;
                let differences = compare::differences(&concealed, &missing);
                match differences.iter().any(|difference| difference.cause() == sought) {
                    true => variant = smaller,
                    false => at += size,
                }
            }
            if size == 1 {
                return Ok(Some(variant));
            }
            size = size.div_ceil(2);
        }
    }
}
