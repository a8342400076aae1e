//! Properties of all inputs, tested with ten thousand each.

use http::HeaderValue;
use portcullis::challenge::{Challenge, Challenges, Credentials};
use proptest::prelude::*;

use crate::{Plain, plain, plain_one};

/// Names and values that builders accept.
fn good_param() -> impl Strategy<Value = (String, String)> {
    let list = r"[!#-\[\]-~]{1,5}( [!#-\[\]-~]{1,5}){0,3}";
    prop_oneof![
        4 => ("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,6}", "[ -~]{0,12}"),
        1 => ("(?i)error|error_description", r"[ !#-\[\]-~]{1,12}"),
        1 => ("(?i)scope|acr_values", list),
        1 => ("(?i)max_age", "[0-9]{1,6}"),
    ]
}

fn good_challenge() -> impl Strategy<Value = Challenge> {
    let scheme = "Basic|bearer|DPoP|NTLM|[A-Za-z0-9!#$%&'*+.^_`|~-]{1,6}";
    let params = proptest::collection::vec((good_param(), any::<bool>()), 0..6);
    (scheme, "[ -~]{0,12}", params).prop_filter_map("two alike", |(scheme, realm, params)| {
        let mut builder = Challenge::builder(&scheme).realm(&realm);
        for ((name, value), quoted) in params {
            let token = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            builder = match token && !quoted {
                true => builder.token_param(&name, &value),
                false => builder.param(&name, &value),
            };
        }
        builder.build().ok()
    })
}

/// Text that a program might put into a challenge, allowed or not.
fn careless_text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[ -~]{0,8}",
        2 => "[a-z]{1,8}",
        1 => "[ -~]{0,3}(ERROR|scope|x)=[ -~]{0,3}",
        1 => "[a-z\t\r\n\0é–]{0,8}",
        1 => ".{0,4}",
    ]
}

/// A line that is a list of challenges more often than not.
fn grammatical() -> impl Strategy<Value = Vec<u8>> {
    let any_of = |texts: &'static [&'static str]| proptest::sample::select(texts);
    let token = || "[A-Za-z!~'-]{1,4}";
    let in_quotes = prop_oneof![
        "[ !a-z=,\t]{1,3}".prop_map(String::into_bytes),
        r#"\\[\\" a-z]"#.prop_map(String::into_bytes),
        (0x80..=u8::MAX).prop_map(|byte| vec![byte]),
    ];
    let quoted = proptest::collection::vec(in_quotes, 0..4)
        .prop_map(|pieces| [&b"\""[..], &pieces.concat(), b"\""].concat());
    let value = prop_oneof![quoted, token().prop_map(String::into_bytes)];
    let param = (
        prop_oneof![3 => token(), 1 => "(?i)realm"],
        any_of(&["=", "=", "=", " = ", "\t="]),
        value,
    );
    let param = param
        .prop_map(|(name, equals, value)| [name.as_bytes(), equals.as_bytes(), &value].concat());
    let param = param.boxed();
    let scheme = (token(), any_of(&[" ", " ", "  ", " ,"]));
    let opening = (scheme, param.clone()).prop_map(|((scheme, space), param)| {
        [scheme.as_bytes(), space.as_bytes(), &param].concat()
    });
    let element = prop_oneof![
        4 => opening.clone(),
        4 => param,
        1 => token().prop_map(String::into_bytes),
        1 => "[A-Z]{1,3} [a-z/+]{1,4}={0,3}".prop_map(String::into_bytes),
    ];
    let comma = any_of(&[",", ", ", " ,", ",,", "\t, "]);
    let more = proptest::collection::vec((comma, element), 0..5);
    (opening, more).prop_map(|(opening, more)| {
        more.iter()
            .fold(opening, |line, (comma, element)| [&line, comma.as_bytes(), element].concat())
    })
}

/// Bytes that often come close to the grammar, and sometimes do not.
fn near_grammar() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => proptest::sample::select(b"\",= \t\\".to_vec()).prop_map(|byte| vec![byte]),
        4 => "[a-zA-Z0-9~/]{1,3}".prop_map(String::into_bytes),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    let soup = proptest::collection::vec(piece.clone(), 0..24).prop_map(|all| all.concat());
    let spoilt = (grammatical(), any::<proptest::sample::Index>(), piece);
    let spoilt = spoilt.prop_map(|(mut line, place, piece)| {
        let place = place.index(line.len() + 1);
        line.splice(place..place, piece);
        line
    });
    prop_oneof![
        6 => grammatical(),
        3 => spoilt,
        3 => soup,
        1 => proptest::collection::vec(any::<u8>(), 0..48),
    ]
}

/// A line as an independent parser reads it.
fn by_http_auth(line: &HeaderValue) -> Vec<Plain> {
    let challenges = http_auth::parse_challenges(line.to_str().unwrap()).unwrap();
    let plain = challenges.into_iter().map(|challenge| {
        let params = challenge.params.iter();
        let params =
            params.map(|(name, value)| ((*name).to_owned(), value.to_unescaped().into_bytes()));
        (challenge.scheme.to_owned(), None, params.collect())
    });
    plain.collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 10_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_built_challenge_is_read_back(made in good_challenge()) {
        let read = Challenges::parse([made.header_value()]).unwrap();
        prop_assert_eq!(read.first().header_value(), made.header_value());
        prop_assert_eq!(read, Challenges::new(made));
    }

    #[test]
    fn a15_a_built_challenge_is_read_alike_by_http_auth(made in good_challenge()) {
        prop_assert_eq!(by_http_auth(made.header_value()), [plain_one(&made)]);
    }

    #[test]
    fn a14_a_builder_makes_only_safe_challenges_of_any_input(
        scheme in "Basic|Bearer|Newauth|.{0,2}",
        realm in careless_text(),
        name in "scope|error|[a-zA-Z]{1,3}|.{0,2}",
        value in careless_text(),
        quoted in any::<bool>(),
    ) {
        let builder = Challenge::builder(&scheme).realm(&realm);
        let builder = match quoted {
            true => builder.param(&name, &value),
            false => builder.token_param(&name, &value),
        };
        if let Ok(made) = builder.build() {
            let line = made.header_value();
            prop_assert!(line.as_bytes().iter().all(|byte| (b' '..=b'~').contains(byte)));
            let shown = format!("{realm} {value}").to_ascii_lowercase();
            prop_assert!(!shown.contains("error=") || name == "error");
            let params = [("realm".to_owned(), realm), (name, value)];
            let params = params.map(|(name, value)| (name, value.into_bytes()));
            prop_assert_eq!(by_http_auth(line), [(scheme, None, params.to_vec())]);
        }
    }

    #[test]
    fn the_canonical_form_of_what_was_read_is_read_alike(lines in proptest::collection::vec(near_grammar(), 1..3)) {
        if let Ok(read) = Challenges::parse(&lines) {
            let again = Challenges::parse(read.iter().map(Challenge::header_value)).unwrap();
            prop_assert_eq!(plain(&again), plain(&read));
            let twice = again.iter().map(Challenge::header_value);
            prop_assert!(twice.eq(read.iter().map(Challenge::header_value)));
        }
    }

    #[test]
    fn no_bytes_panic(bytes in near_grammar()) {
        let _ = Challenges::parse([&bytes]).map_err(|error| error.to_string());
        if let Some(sent) = Credentials::parse(&bytes) {
            let alone = Challenges::parse([&bytes]).ok().filter(|list| list.len() == 1);
            let params = sent.params().ok();
            // Credentials are read as a single challenge would be.
            if let Some(token68) = sent.token68() {
                prop_assert_eq!(alone.as_ref().and_then(|list| list.first().token68()), Some(token68));
                prop_assert!(!sent.is_bare());
            }
            if let Some(params) = params {
                let alone = alone.unwrap();
                prop_assert!(params.iter().eq(alone.first().params()));
            }
        }
    }
}
