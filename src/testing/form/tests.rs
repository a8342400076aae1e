//! Forms of generated values.

use super::*;
use crate::testing::rng::SplitMix64;

fn words(values: &[String]) -> Vec<&[u8]> {
    values.iter().map(|value| value.as_bytes()).collect()
}

fn differ(concealed: &[String], missing: &[String]) -> bool {
    difference(&words(concealed), &words(missing)).is_some()
}

/// Twelve values, each with other random letters.
fn series(rng: &mut SplitMix64, letters: &str, length: usize, make: &str) -> Vec<String> {
    let letters = letters.as_bytes();
    let mut word = || -> String {
        (0..length).map(|_| char::from(letters[rng.below(letters.len())])).collect()
    };
    (0..12).map(|_| make.replace('*', &word())).collect()
}

const HEX: &str = "0123456789abcdef";
const BASE_64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[test]
fn values_of_one_kind_are_alike() {
    let mut rng = SplitMix64::new(1);
    for _ in 0..2_000 {
        for (letters, length, make) in [
            (HEX, 32, "*"),
            (HEX, 4, "W/\"1b-*\""),
            (BASE_64, 22, "sid=*==; Path=/"),
            (BASE_64, 8, "{\"a\":1,\"id\":\"*\"}"),
            ("0123456789", 3, "app;dur=0.*"),
        ] {
            let series_pair = [0, 1].map(|_| series(&mut rng, letters, length, make));
            assert!(!differ(&series_pair[0], &series_pair[1]), "{series_pair:?}");
        }
    }
}

#[test]
fn counters_and_times_are_alike() {
    for start in [0_u64, 5, 95, 990, 99_990, 1_699_999_999_990] {
        for step in [1, 2, 4, 7] {
            let of = |first: u64| -> Vec<_> {
                (0..12).map(|n| format!("\"{:?}\"", start + first + 2 * step * n)).collect()
            };
            assert!(!differ(&of(0), &of(step)), "{start} {step}");
        }
    }
}

#[test]
fn values_of_different_kinds_differ() {
    let mut rng = SplitMix64::new(2);
    for _ in 0..200 {
        let mut of = |letters, length, make: &str| series(&mut rng, letters, length, make);
        let missing = of(HEX, 32, "sid=*; Path=/");
        for concealed in [
            of(HEX, 31, "sid=*; Path=/"),
            of(HEX, 32, "tid=*; Path=/"),
            of(HEX, 32, "sid=*; Path=/vault"),
            of(HEX, 32, "sid=*; Path=/; Secure"),
            of(HEX, 31, "sid=x*; Path=/"),
            of(HEX, 31, "sid=*x; Path=/"),
            of(BASE_64, 32, "sid=*; Path=/"),
            of("7", 32, "sid=*; Path=/"),
        ] {
            assert!(differ(&concealed, &missing), "{concealed:?} {missing:?}");
        }
    }
}

#[test]
fn a_learned_form_explains_values_of_this_form_only() {
    let mut rng = SplitMix64::new(3);
    let mut forms = Forms::default();
    let body = Aspect::Body;
    forms.learn(&body, &words(&series(&mut rng, HEX, 32, "<a nonce=\"*\">there</a>")));
    let explains = |concealed: &str, missing: &str| {
        forms.explain(&body, concealed.as_bytes(), missing.as_bytes())
    };
    let nonces = ["0123456789abcdef0123456789abcdef", "f123456789abcdef0123456789abcde0"];
    let of = |at: usize, rest: &str| format!("<b nonce=\"{}\">{rest}", nonces[at]);
    assert!(explains(&of(0, "other"), &of(1, "other")), "on another page");
    assert!(!explains(&of(0, "there"), &of(1, "other")));
    assert!(!explains(&of(0, "there"), &of(1, "there").replace("f1", "f")));
    assert!(!explains(&of(0, "there"), &of(1, "there").replace("nonce", "token")));
    let header = Aspect::Header("a".to_owned());
    assert!(!forms.explain(&header, of(0, "").as_bytes(), of(1, "").as_bytes()));
}

#[test]
fn a_number_may_differ_by_as_much_as_was_seen() {
    let mut forms = Forms::default();
    forms.learn(&Aspect::Body, &[b"left: 95", b"left: 97", b"left: 99"]);
    let explains =
        |concealed: &[u8], missing: &[u8]| forms.explain(&Aspect::Body, concealed, missing);
    assert!(explains(b"left: 10007", b"left: 10009"));
    assert!(!explains(b"left: 95", b"left: 995"));
    assert!(!explains(b"left: 95", b"left: none"));
}

#[test]
fn compressed_values_are_compared_by_their_length() {
    let blob = |length: usize, octet: u8| [vec![0xff; length], vec![octet]].concat();
    let others: Vec<_> = (0..9).map(|octet| blob(80 + usize::from(octet) % 3, octet)).collect();
    let others: Vec<_> = others.iter().map(|value| &value[..]).collect();
    assert!(fits(&blob(86, 77), &others));
    assert!(!fits(&blob(140, 77), &others));
    assert!(!fits(b"the notes", &others));
}
