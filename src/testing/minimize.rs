//! Which of many additions does it? Those that can be taken away are, for as long as the same
//! difference shows.

use super::compare::{self, Difference};
use super::error::ProbeError;
use super::run::{ProbedPair, Run, cause};
use super::variants::RequestVariant;

/// With no more additions than this, all of them may belong together.
const MIN_PARTS: usize = 6;

impl Run<'_> {
    /// The variant with as few additions as show the difference. Takes about twice as many tries as
    /// there are additions, at most, and a dozen if one of forty is enough.
    pub(super) async fn minimized(
        &mut self,
        probed: &ProbedPair<'_>,
        variant: &RequestVariant,
        difference: &Difference,
    ) -> Result<Option<RequestVariant>, ProbeError> {
        if variant.parts() <= MIN_PARTS || self.report.contains(difference) {
            return Ok(None);
        }
        let sought = cause(difference);
        let mut variant = variant.clone();
        let mut size = variant.parts().div_ceil(2);
        loop {
            let mut at = 0;
            while at < variant.parts() {
                let smaller = variant.without(&(at..at + size));
                let [concealed, missing] = self.ask_pair(probed, probed.pair, &smaller).await?;
                let differences = compare::differences(&concealed, &missing);
                match differences.iter().any(|it| cause(it) == sought) {
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
