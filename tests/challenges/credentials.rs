//! Reading credentials: the grammar of rows A03 and A04.

use portcullis::challenge::{Credentials, ParseErrorKind};

#[test]
fn credentials_begin_with_a_token() {
    for value in ["", " ", " Bearer x", "\"a\"", ",Bearer x", "=", "\u{e9}"] {
        assert!(Credentials::parse(value.as_bytes()).is_none(), "{value:?}");
    }
}

#[test]
fn a03_a_bare_scheme_is_not_a_malformed_one() {
    for (value, bare) in [
        ("Bearer", true),
        ("bearer  \t", true),
        ("Bearer ,", false),
        ("Bearer,x", false),
        ("Bearer\tx", false),
    ] {
        let sent = Credentials::parse(value.as_bytes()).unwrap();
        assert!(sent.is("BEARER") && !sent.is("Bear"), "{value:?}");
        assert_eq!((sent.is_bare(), sent.token68()), (bare, None), "{value:?}");
    }
}

#[test]
fn a04_a_token68_follows_spaces_and_nothing_follows_it() {
    for (value, token68) in [
        ("Bearer mF_9.B5f-4.1JqM", Some("mF_9.B5f-4.1JqM")),
        ("Bearer    a~+/===", Some("a~+/===")),
        ("Bearer a \t", Some("a")),
        ("Bearer \ta", None),
        ("Bearer a,", None),
        ("Bearer a b", None),
        ("Bearer a=b", None),
        ("Bearer ==", None),
        ("Bearer a\u{e9}", None),
        ("Bearer a:b", None),
    ] {
        let sent = Credentials::parse(value.as_bytes()).unwrap();
        assert_eq!((sent.token68(), sent.is_bare()), (token68, false), "{value:?}");
    }
}

#[test]
fn a04_parameters_of_credentials_follow_the_grammar_of_challenges() {
    let read = |value: &'static str| {
        let sent = Credentials::parse(value.as_bytes()).unwrap();
        let params = sent.params().map_err(|error| (error.kind(), error.position()))?;
        let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_vec()));
        Ok(params.collect::<Vec<_>>())
    };
    let two = Ok(vec![("a".to_owned(), b"b".to_vec()), ("C".to_owned(), b"\"".to_vec())]);
    assert_eq!(read("Digest a=b, C=\"\\\"\""), two);
    assert_eq!(read("Digest ,a = b,,C=\"\\\"\"  ,\t"), two);
    assert_eq!(read("Digest \t,a=b,C=\"\\\"\""), two);
    assert_eq!(read("Digest"), Ok(vec![]));
    for (value, error) in [
        ("Digest\ta=b", (ParseErrorKind::Space, 6)),
        ("Digest,a=b", (ParseErrorKind::Space, 6)),
        ("Digest \ta=b", (ParseErrorKind::Token, 7)),
        ("Digest a", (ParseErrorKind::Equals, 8)),
        ("Digest a=", (ParseErrorKind::Value, 9)),
        ("Digest a=b, Basic c=d", (ParseErrorKind::Equals, 17)),
        ("Digest a=b c=d", (ParseErrorKind::Comma, 10)),
        ("Digest a=b,A=c", (ParseErrorKind::Duplicate, 14)),
    ] {
        assert_eq!(read(value), Err(error), "{value:?}");
    }
}

#[test]
fn debug_prints_no_credential() {
    let debug = |value: &str| format!("{:?}", Credentials::parse(value.as_bytes()).unwrap());
    assert_eq!(debug("bearer s3cret"), r#"Credentials { scheme: "Bearer", .. }"#);
    assert!(!debug("s3cret").contains("s3cret"), "a token sent without its scheme");

    let builder = Credentials::builder("Basic").token68("s3cret").param("a", "s3cret");
    assert_eq!(format!("{builder:?}"), r#"CredentialsBuilder { scheme: "Basic", .. }"#);
    let params = Credentials::parse(b"Digest response=s3cret").unwrap().params();
    assert_eq!(format!("{:?}", params.unwrap()), r#"["response"]"#);
}
