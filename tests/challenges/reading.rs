//! Reading challenges.

use std::collections::BTreeSet;

use portcullis::challenge::{Challenge, Challenges, Credentials, MAX_PARAMS, ParseErrorKind};

use crate::{Plain, abnf, plain, read, refusal};

/// Reads by the ABNF, with the deviations that the module's documentation lists.
fn by_the_abnf(input: &[u8]) -> Option<Vec<Plain>> {
    let mut readings = abnf::read(input.trim_ascii());
    assert!(readings.len() <= 1, "ambiguous: {readings:?}");
    readings.pop_first().filter(|challenges| {
        let distinct = |params: &[(String, Vec<u8>)]| {
            let names = params.iter().map(|(name, _)| name.to_ascii_lowercase());
            names.collect::<BTreeSet<_>>().len() == params.len()
        };
        !challenges.is_empty() && challenges.iter().all(|(.., params)| distinct(params))
    })
}

#[test]
fn all_short_inputs_are_read_by_the_abnf() {
    const ALPHABET: &[u8] = b"a=, \t\"\\/";
    let mut accepted = 0;
    let mut inputs: Vec<_> = ["", "A ", "A b=c", "A b=\"c\"", "A b=\"", "A, B "]
        .map(|start| start.as_bytes().to_vec())
        .into();
    for _ in 0..5 {
        inputs = inputs
            .iter()
            .flat_map(|input| ALPHABET.iter().map(|byte| [input, &[*byte][..]].concat()))
            .collect();
        for input in &inputs {
            let found = Challenges::parse([input]).ok().map(|list| plain(&list));
            accepted += usize::from(found.is_some());
            assert_eq!(found, by_the_abnf(input), "{}", input.escape_ascii());
        }
    }
    assert!(accepted > 10_000, "only {accepted} inputs were valid");
}

#[test]
fn lines_are_read_as_if_joined_by_commas() {
    let apart = Challenges::parse(["Newauth a=b", "", "c=d, A", "B"]).unwrap();
    assert_eq!(apart, read("Newauth a=b, c=d, A, B"));
    assert_eq!(refusal(&["Newauth", "c=d"]), ParseErrorKind::Comma);
    assert_eq!(refusal(&["A b=\"x", "y\""]), ParseErrorKind::Unterminated);
}

#[test]
fn errors_have_kind_line_and_byte() {
    for (lines, kind, line, position) in [
        (&["", " ,\t,"][..], ParseErrorKind::Empty, 0, 0),
        (&["A", "  =b"], ParseErrorKind::Token, 1, 2),
        (&["A b/c d"], ParseErrorKind::Equals, 0, 3),
        (&["A b= @"], ParseErrorKind::Value, 0, 5),
        (&[r#"A b="c"#], ParseErrorKind::Unterminated, 0, 6),
        (&["A b=\"c\\"], ParseErrorKind::Unterminated, 0, 6),
        (&["A b=\"c\x7f\""], ParseErrorKind::Control, 0, 6),
        (&["A b=\"\\\n\""], ParseErrorKind::Control, 0, 5),
        (&["A b=c d"], ParseErrorKind::Comma, 0, 5),
        (&["A b=c, B=d, b=e"], ParseErrorKind::Duplicate, 0, 10),
    ] {
        let error = Challenges::parse(lines.iter().copied()).unwrap_err();
        assert_eq!(
            (error.kind(), error.line(), error.position()),
            (kind, line, position),
            "{lines:?}: {error}"
        );
    }
}

#[test]
fn a_quoted_string_may_have_any_byte_but_controls() {
    for byte in 0..=u8::MAX {
        for escape in ["", "\\"] {
            let line = [b"A b=\"", escape.as_bytes(), &[byte], b"\""].concat();
            let found = Challenges::parse([&line]);
            let special = escape.is_empty() && matches!(byte, b'"' | b'\\');
            if special || (byte.is_ascii_control() && byte != b'\t') {
                assert!(found.is_err(), "{byte:#x} after {escape:?}: {found:?}");
            } else {
                let found = found.unwrap();
                assert_eq!(found.first().param("B"), Some(&[byte][..]));
                assert_eq!(Challenges::parse([found.first().header_value()]), Ok(found));
            }
        }
    }
}

#[test]
fn a_challenge_has_its_realm_and_its_header_value() {
    let list = read("Basic Realm=a, Newauth");
    let realms: Vec<_> = list.iter().map(Challenge::realm).collect();
    assert_eq!(realms, [Some(&b"a"[..]), None]);
    assert_eq!(format!("{:?}", list.first()), r#"Challenge("Basic Realm=\"a\"")"#);
}

#[test]
fn the_number_of_parameters_is_bounded() {
    let line = |count| {
        let params = (0..count).map(|index| format!("p{index}=v"));
        format!("A {}", params.collect::<Vec<_>>().join(","))
    };
    assert_eq!(read(&line(MAX_PARAMS)).first().params().count(), MAX_PARAMS);
    assert_eq!(refusal(&[&line(MAX_PARAMS + 1)]), ParseErrorKind::TooMany);
}

/// With a million repetitions, quadratic work would not end in time.
#[test]
fn work_is_linear_in_the_length() {
    const MANY: usize = 1_000_000;
    for filler in [",", ", ", "\t,", " , ,"] {
        let commas = filler.repeat(MANY);
        assert_eq!(read(&format!("{commas}A b=c{commas},d=e{commas}")), read("A b=c, d=e"));
        assert_eq!(refusal(&[&commas]), ParseErrorKind::Empty);
        let sent = format!("A {commas},b=c{commas}");
        let sent = Credentials::parse(sent.as_bytes()).unwrap();
        assert_eq!(sent.params().unwrap().get("b"), Some(&b"c"[..]));
    }
    assert_eq!(read(&"A,".repeat(60_000)).len(), 60_000);
    assert_eq!(read(&"A b=c,".repeat(60_000)).len(), 60_000);
    let long = read(&format!("A b=\"{}\"", r"\x".repeat(MANY)));
    assert_eq!(long.first().param("b").map(<[u8]>::len), Some(MANY));
    for line in ["=", "a", " ", "\t"].map(|filler| format!("A b{}c", filler.repeat(MANY))) {
        let _ = Challenges::parse([&line]);
        let _ = Credentials::parse(line.as_bytes()).unwrap().token68();
    }
}
