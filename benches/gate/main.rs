//! What does a stage cost? `cargo bench --bench gate`, about two minutes; behind `--`, texts that
//! the names of the wanted cases contain, as in `cargo bench --bench gate -- "2 stages" any_of`.
//!
//! Every case is held against a floor written by hand for the same work; see `docs/performance.md`
//! for the bars. Built with the `bench` profile as cargo has it: no LTO, as most users build.

mod cases;
mod floors;
mod harness;
mod peers;
mod shapes;
mod table;
mod world;

use std::{env, io};

#[global_allocator]
static COUNTING: counting::Counting = counting::Counting;

fn main() -> io::Result<()> {
    let (options, texts): (Vec<String>, Vec<String>) =
        env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let cases = cases::wanted(&texts);
    if options.iter().any(|option| option == "--child") {
        harness::measure(&cases);
        return Ok(());
    }
    cases::same_denials();
    let times = harness::measure_in_children(&texts)?;
    table::print(&table::rows(&cases, &times));
    Ok(())
}
