//! What each fuzz target asserts. A target is one function, `check`, in the module of its name; the
//! programs in `fuzz_targets` call it with the fuzzer's input.
//!
//! `check` panics where portcullis breaks its promise, and returns `None` for an input that is not
//! even of the target's form, which is then left out of the corpus.

pub mod area;
pub mod authentication_info;
pub mod browser_headers;
pub mod cache_control;
pub mod challenges;
pub mod credentials;
pub mod identities;
pub mod inspect;
pub mod return_path;

mod reference;
mod wire;

/// The exhaustive reading of RFC 9110's ABNF, which `tests/challenges` uses too.
#[path = "../../tests/challenges/abnf.rs"]
mod abnf;

/// A challenge as scheme, token68 and parameters.
type Plain = (String, Option<String>, Vec<(String, Vec<u8>)>);

/// Part of every secret in the seeds: what must not show is searched for this.
const SECRET: &str = "Zq7";

/// Defines the `main` of a fuzz target.
#[macro_export]
macro_rules! fuzz_target {
    ($target:ident) => {
        libfuzzer_sys::fuzz_target!(|data: &[u8]| -> libfuzzer_sys::Corpus {
            match $crate::$target::check(data) {
                Some(()) => libfuzzer_sys::Corpus::Keep,
                None => libfuzzer_sys::Corpus::Reject,
            }
        });
    };
}
