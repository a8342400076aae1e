//! Can anybody tell what you conceal from what does not exist? Tools for your own tests.

mod answer;
mod aspect;
mod compare;
mod error;
mod exchange;
mod probe;
mod rank;
mod report;
mod request;
mod shapes;
mod target;
mod timing;

pub use aspect::Aspect;
pub use error::ProbeError;
pub use probe::LeakProbe;
pub use report::{Leak, Report};
pub use timing::{Timing, Timings};
