//! Which of many additions does it? Those that can be taken away are, for as long as the same
//! difference shows.

use super::compare::{self, Difference};
use super::error::ProbeError;
use super::run::{Run, Tour, cause};
use super::shapes::Shape;

/// With no more additions than this, all of them may belong together.
const FEW: usize = 6;

impl Run<'_> {
    /// The shape with as few additions as show the difference. Takes about twice as many tries as
    /// there are additions, at most, and a dozen if one of forty is enough.
    pub(super) async fn narrowed(
        &mut self,
        tour: &Tour<'_>,
        shape: &Shape,
        difference: &Difference,
    ) -> Result<Option<Shape>, ProbeError> {
        if shape.parts() <= FEW || self.report.tells(difference) {
            return Ok(None);
        }
        let sought = cause(difference);
        let mut shape = shape.clone();
        let mut size = shape.parts().div_ceil(2);
        loop {
            let mut at = 0;
            while at < shape.parts() {
                let smaller = shape.without(&(at..at + size));
                let [concealed, missing] = self.both_level(tour, tour.pair, &smaller).await?;
                let differences = compare::differences(&concealed, &missing);
                match differences.iter().any(|it| cause(it) == sought) {
                    true => shape = smaller,
                    false => at += size,
                }
            }
            if size == 1 {
                return Ok(Some(shape));
            }
            size = size.div_ceil(2);
        }
    }
}
