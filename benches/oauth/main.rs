//! What does a resource server cost? `cargo bench --bench oauth`, about three minutes; behind `--`, the
//! parts that are wanted: `first`, `cached`, `stage`, `token68`, `floods`.
//!
//! All cases of a table take turns in one process, so that whatever slows the machine down slows all of
//! them down; what counts is the median of the rounds' *ratios*. Signatures and hashes run at the
//! machine's own speed, so instructions are not counted here.

mod floods;
mod issuer;
mod rounds;
mod server;
mod tables;

use std::env;

#[global_allocator]
static COUNTING: counting::Counting = counting::Counting;

fn main() {
    let wanted: Vec<String> =
        env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    // `jsonwebtoken::decode` uses the provider of the process.
    let provider = &jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
    provider.install_default().expect("no provider is there yet");
    let parts: [(&str, fn()); 5] = [
        ("first", tables::first_use),
        ("cached", tables::cached_lookup),
        ("stage", tables::whole_stage),
        ("token68", tables::token68),
        ("floods", floods::all),
    ];
    for (name, run) in parts {
        if wanted.is_empty() || wanted.iter().any(|it| it == name) {
            run();
            println!();
        }
    }
}
