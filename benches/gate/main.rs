//! What does a stage cost? `cargo bench --bench gate`, about two minutes.
//!
//! Every case is held against a floor written by hand for the same work; see `DESIGN.md` for the
//! bars. Built with the `bench` profile as cargo has it: no LTO, as most users build.

mod cases;
mod floors;
mod harness;
mod peers;
mod table;
mod world;

use std::{env, io};

#[global_allocator]
static COUNTING: counting::Counting = counting::Counting;

fn main() -> io::Result<()> {
    let cases = cases::cases();
    if env::args().any(|argument| argument == "--child") {
        harness::measure(&cases);
        return Ok(());
    }
    cases::same_denials();
    let times = harness::measure_in_children()?;
    table::print(&table::rows(&cases, &times));
    Ok(())
}
