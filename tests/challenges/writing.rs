//! Writing challenges and credentials: rows A14 and A15.

use headers::HeaderMapExt;
use http::{HeaderMap, HeaderValue, header};
use portcullis::challenge::{
    AuthenticationInfo, Challenge, ChallengeBuilder, Challenges, Credentials, InvalidChallenge,
    InvalidSyntax, MAX_PARAMS, ProxyAuthenticate, WwwAuthenticate, fits_error_description,
    is_scope_token,
};

use crate::{plain_one, read};

#[test]
fn credentials_are_written_strictly_and_sensitive() {
    let value = Credentials::builder("Digest").param("username", r#"a"b\"#).token_param("nc", "1");
    let value = value.build().unwrap();
    assert_eq!(value, r#"Digest username="a\"b\\", nc=1"#);
    assert!(value.is_sensitive());

    let basic = || Credentials::builder("Basic");
    assert_eq!(basic().build().unwrap(), "Basic");
    let name = |name: &str| name.to_owned();
    for (builder, error) in [
        (Credentials::builder("Bearer x"), InvalidSyntax::Scheme),
        (Credentials::builder(""), InvalidSyntax::Scheme),
        (basic().token68(""), InvalidSyntax::Token68),
        (basic().token68("="), InvalidSyntax::Token68),
        (basic().token68("a=b"), InvalidSyntax::Token68),
        (basic().token68("a b"), InvalidSyntax::Token68),
        (basic().token68("a").param("b", "c"), InvalidSyntax::Token68WithParams),
        (basic().param("a b", "c"), InvalidSyntax::Name { name: name("a b") }),
        (basic().param("a", "1").param("A", "2"), InvalidSyntax::Duplicate { name: name("A") }),
        (basic().param("a", "\r\n"), InvalidSyntax::Text { name: name("a") }),
        (basic().param("a", "\t"), InvalidSyntax::Text { name: name("a") }),
        (basic().param("a", "\x7f"), InvalidSyntax::Text { name: name("a") }),
        (basic().param("a", "ä"), InvalidSyntax::Text { name: name("a") }),
        (basic().token_param("a", "b c"), InvalidSyntax::NotAToken { name: name("a") }),
        (basic().token_param("a", ""), InvalidSyntax::NotAToken { name: name("a") }),
    ] {
        assert_eq!(builder.build(), Err(error));
    }
    let many = |count| {
        let names = (0..count).map(|index| format!("p{index}"));
        names.fold(basic(), |some, name| some.param(&name, "")).build()
    };
    assert!(many(MAX_PARAMS).is_ok());
    assert_eq!(many(MAX_PARAMS + 1), Err(InvalidSyntax::TooMany));
}

#[test]
fn a14_a_name_occurs_once_compared_without_case() {
    let builder = || Challenge::builder("Newauth").realm("a");
    let twice = builder().param("REALM", "b").build();
    let name = "REALM".to_owned();
    assert_eq!(twice, Err(InvalidSyntax::Duplicate { name }.into()));
    let replaced = builder().param("b", "c").set_param("REALM", "d").build().unwrap();
    assert_eq!(replaced.header_value(), r#"Newauth REALM="d", b="c""#);
}

#[test]
fn a14_oauth_parameters_have_only_their_characters() {
    let bad_text = ["", "a\"b", "a\\b"];
    let bad_list = ["", " ", " a", "a ", "a  b", "a\"", "a\\"];
    for (name, good, bad) in [
        ("error", &["invalid_token", "a b!"][..], &bad_text[..]),
        ("Error_Description", &["The access token expired"], &bad_text),
        ("error_uri", &["https://example.com/e#1"], &["", "a b", "a\"b"]),
        ("scope", &["a", "a b:c !"], &bad_list),
        ("ACR_VALUES", &["urn:a", "urn:a urn:b"], &bad_list),
        ("max_age", &["0", "300"], &["", "-1", "1.5", "1s", " 1"]),
    ] {
        let build = |value| Challenge::builder("Newauth").param(name, value).build();
        for value in good {
            assert_eq!(build(value).unwrap().param(name), Some(value.as_bytes()));
        }
        for value in bad {
            let refused = matches!(build(value), Err(InvalidChallenge::OAuthValue { .. }));
            assert!(refused, "{name}={value:?}");
        }
    }
}

#[test]
fn a14_no_value_has_controls_or_non_ascii() {
    for value in ["\r\nSet-Cookie: a=b", "\n", "\0", "\t", "\x7f", "\u{80}", "ä", "–"] {
        let challenge = Challenge::basic(value);
        let name = "realm".to_owned();
        assert_eq!(challenge, Err(InvalidSyntax::Text { name }.into()), "{value:?}");
    }
}

#[test]
fn a14_no_value_looks_like_another_parameter() {
    for (text, found) in [
        ("see scope=admin", "scope="),
        ("an ERROR=", "error="),
        ("Resource_Metadata=x", "resource_metadata="),
    ] {
        for name in ["realm", "error_description", "title"] {
            let refused = Challenge::builder("Newauth").param(name, text).build();
            let name = name.to_owned();
            assert_eq!(refused, Err(InvalidChallenge::LookAlike { name, found }));
        }
        assert!(!fits_error_description(text));
    }
    // `scope` may contain `scope=`, and no other look-alike.
    let scope = |value| Challenge::builder("Bearer").param("Scope", value).build();
    assert!(scope("scope=x").is_ok());
    assert!(scope("error=x").is_err());
}

#[test]
fn a14_text_from_outside_can_be_checked_before_it_is_used() {
    assert!(fits_error_description("The token expired! (#1)"));
    for text in ["", "a\"b", "a\\b", "a\tb", "a\nb", "é", "\x7f"] {
        assert!(!fits_error_description(text), "{text:?}");
    }
    assert!(is_scope_token("https://example.com/scope.read"));
    for text in ["", " ", "a b", "a\"", "\\", "é", "a\n"] {
        assert!(!is_scope_token(text), "{text:?}");
    }
}

#[test]
fn a15_realm_is_always_quoted() {
    let name = "Realm".to_owned();
    let unquoted = Challenge::builder("Newauth").token_param("Realm", "a").build();
    assert_eq!(unquoted, Err(InvalidChallenge::Unquoted { name }));
    let received = read("Basic realm=foo, charset=UTF-8");
    let written = received.first().header_value();
    assert_eq!(written, r#"Basic realm="foo", charset=UTF-8"#);
    assert!(received.first().to_builder().build().is_ok());
}

#[test]
fn a15_basic_has_a_realm_and_bearer_a_parameter() {
    let build = |builder: ChallengeBuilder| builder.build().map(|made| plain_one(&made));
    let basic = Challenge::builder("BASIC").param("charset", "UTF-8");
    assert_eq!(build(basic), Err(InvalidChallenge::MissingRealm));
    assert_eq!(
        build(Challenge::builder("basic").token68("a")),
        Err(InvalidChallenge::MissingRealm)
    );
    assert_eq!(build(Challenge::builder("bearer")), Err(InvalidChallenge::MissingParam));
    assert!(build(Challenge::builder("Negotiate")).is_ok());

    let basic = Challenge::basic(r#"a "b" \c"#).unwrap();
    assert_eq!(basic.header_value(), r#"Basic realm="a \"b\" \\c", charset="UTF-8""#);
    assert_eq!(Challenge::bearer("").unwrap().header_value(), r#"Bearer realm="""#);
}

#[test]
fn a15_digest_is_quoted_as_rfc_7616_requires() {
    let digest = || Challenge::builder("digest").realm("a").param("nonce", "b");
    let good = digest().param("qop", "auth").token_param("algorithm", "SHA-256").build();
    let written = r#"digest realm="a", nonce="b", qop="auth", algorithm=SHA-256"#;
    assert_eq!(good.unwrap().header_value(), written);
    for name in ["domain", "opaque", "QOP"] {
        let unquoted = digest().token_param(name, "a").build();
        let name = name.to_owned();
        assert_eq!(unquoted, Err(InvalidChallenge::Unquoted { name }));
    }
    for name in ["Algorithm", "stale"] {
        let quoted = digest().param(name, "a").build();
        let name = name.to_owned();
        assert_eq!(quoted, Err(InvalidChallenge::Quoted { name }));
    }
}

#[test]
fn a15_each_challenge_has_a_line_in_order() {
    let three = read(r#"Newauth, Bearer realm="a", Basic realm="b""#);
    let lines = ["Newauth", r#"Bearer realm="a""#, r#"Basic realm="b""#];

    let mut headers = HeaderMap::new();
    headers.typed_insert(WwwAuthenticate(three.clone()));
    headers.typed_insert(ProxyAuthenticate(three.clone()));
    for name in [header::WWW_AUTHENTICATE, header::PROXY_AUTHENTICATE] {
        assert_eq!(headers.get_all(&name).iter().collect::<Vec<_>>(), lines);
    }
    assert_eq!(headers.typed_get(), Some(WwwAuthenticate(three.clone())));
    assert_eq!(headers.typed_get(), Some(ProxyAuthenticate(three)));

    headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static("="));
    assert!(headers.typed_try_get::<WwwAuthenticate>().is_err());
}

#[test]
fn h05_authentication_info_is_a_typed_header() {
    let info = |count| AuthenticationInfo::builder().cnonce("a\"b").nc(count).qop("auth").build();
    let one = info(1).unwrap();
    assert_eq!(one.header_value(), r#"cnonce="a\"b", nc=00000001, qop=auth"#);
    let mut headers = HeaderMap::new();
    headers.typed_insert(one.clone());
    assert_eq!(headers["authentication-info"], one.header_value());
    assert_eq!(headers.typed_get::<AuthenticationInfo>(), Some(one.clone()));
    // Compared as a whole, quoted or not.
    assert_ne!(one, info(2).unwrap());
    headers.insert("authentication-info", HeaderValue::from_static(r#"qop="auth", NC=00000001"#));
    let other = headers.typed_get::<AuthenticationInfo>().unwrap();
    assert_eq!((other.nc(), other.qop(), other.cnonce()), (Some(1), Some("auth"), None));
    assert_ne!(other, one);
    headers.insert("authentication-info", HeaderValue::from_static(r#"qop=auth,nc="00000001""#));
    assert_eq!(headers.typed_get(), Some(other));

    // Eight digits without a sign.
    for nc in ["1", "000000001", "0000000g", "+0000001", "0000000 "] {
        let line = format!("nc=\"{nc}\"");
        headers.insert("authentication-info", HeaderValue::from_str(&line).unwrap());
        assert_eq!(headers.typed_get::<AuthenticationInfo>().unwrap().nc(), None, "{nc}");
    }
    for line in ["", "nc", "nc=1, nc=2", "nc=1 2", "=1"] {
        headers.insert("authentication-info", HeaderValue::from_static(line));
        assert!(headers.typed_try_get::<AuthenticationInfo>().is_err(), "{line}");
    }
}

#[test]
fn challenges_have_no_duplicates_and_keep_their_order() {
    let [a, b, c] = ["A x=1", "B x=1", "C"].map(|line| read(line).first().clone());
    let mut list = Challenges::from(a.clone()).and(b.clone()).and(a.clone());
    assert_eq!(list.iter().collect::<Vec<_>>(), [&a, &b]);
    list.extend([read("b X=\"1\"").first().clone(), c.clone()]);
    assert_eq!(list.len(), 3);
    assert_eq!(list.iter().size_hint(), (3, Some(3)));
    assert_eq!(list.clone().into_iter().size_hint(), (3, Some(3)));
    assert_eq!(list.clone().filter(|one| one.is("c")), Some(Challenges::new(c.clone())));
    assert_eq!(list.clone().filter(|_| false), None);
    assert_eq!(list.clone().map(|one| one).into_iter().collect::<Vec<_>>(), [a, b, c]);
    assert_ne!(read("A x=1"), read("A x=\"1 \""));
    assert_ne!(read("A x=1"), read("A x"));
}

#[test]
fn only_bearer_and_dpop_have_oauth_errors() {
    for (scheme, takes) in [("bearer", true), ("DPOP", true), ("Basic", false), ("Bear", false)] {
        assert_eq!(read(scheme).first().takes_oauth_error(), takes, "{scheme}");
    }
}

#[test]
fn clones_share_their_bytes() {
    let original = Challenge::bearer("a").unwrap();
    let place = |value: &HeaderValue| value.as_bytes().as_ptr();
    assert_eq!(place(&original.header_value().clone()), place(original.clone().header_value()));
}
