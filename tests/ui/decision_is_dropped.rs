#![deny(unused_must_use)]

use portcullis::{Decision, Denial};

fn main() {
    Decision::permit_if(true);
    Denial::forbidden();
}
