//! Tokens of attackers.

use aws_lc_rs::hmac;
use portcullis::oauth::TokenError;
use serde_json::{Value, json};

use crate::mint::{Signer, encode};
use crate::{claims, header, judge, relaxed, token, verifier, verify, with, without};

#[test]
fn j12_a_public_key_is_no_secret() {
    for key in [Signer::shared_rsa(), Signer::shared()] {
        let tokens = verifier(key);
        let jwk = key.jwk().to_string();
        for secret in [key.public_bytes(), jwk.into_bytes(), Vec::new()] {
            for kid in [json!(key.kid()), json!(null), json!("another")] {
                let forger = Signer::secret("forger", &secret);
                let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": kid});
                let result = judge(&tokens, &forger, &header, &claims());
                assert_eq!(result, Err(TokenError::UnknownKey), "{kid}");
            }
        }
    }
}

#[test]
fn j12_an_algorithm_is_one_that_the_key_is_for() {
    let key = Signer::shared_rsa();
    let mut jwk = key.jwk();
    jwk["alg"] = "PS256".into();
    let keys = json!({"keys": [jwk]}).to_string();
    let keys = portcullis::oauth::Keys::given(crate::ISSUER, &keys).unwrap();
    let tokens = portcullis::oauth::Jwt::rfc9068(keys, &crate::resource());
    assert_eq!(verify(&tokens, &token(key)).map(drop), Err(TokenError::UnknownKey));
    for alg in ["ES256", "EdDSA", "HS256"] {
        let header = with(header(key), json!({"alg": alg}));
        let result = judge(&verifier(key), key, &header, &claims());
        assert_eq!(result, Err(TokenError::UnknownKey), "{alg}");
    }
    // The same key and hash, another padding.
    let header = with(header(key), json!({"alg": "PS256"}));
    assert_eq!(judge(&verifier(key), key, &header, &claims()), Err(TokenError::Signature));
}

#[test]
fn j12_an_algorithm_has_one_spelling_and_none_is_none() {
    let key = Signer::shared();
    for alg in [
        json!("none"),
        json!("None"),
        json!("NONE"),
        json!("nOnE"),
        json!(""),
        json!("es256"),
        json!("ES256 "),
        json!("ES256\u{0}"),
        json!("ＥＳ256"),
        json!("ES512"),
        json!("ES256K"),
        json!("RSA-OAEP"),
        json!("dir"),
        json!(null),
        json!(256),
        json!(["ES256"]),
        json!({}),
    ] {
        let header = with(header(key), json!({ "alg": alg }));
        assert_eq!(
            judge(&verifier(key), key, &header, &claims()),
            Err(TokenError::Algorithm),
            "{alg}"
        );
    }
    let header = without(header(key), "alg");
    assert_eq!(judge(&verifier(key), key, &header, &claims()), Err(TokenError::Algorithm));
}

#[test]
fn j10_a_token_without_a_signature_is_refused() {
    let key = Signer::shared();
    let sent = token(key);
    let (message, signature) = sent.rsplit_once('.').unwrap();
    for (wrong, expected) in [
        (format!("{message}."), TokenError::Signature),
        (message.to_owned(), TokenError::NotAJwt),
        (format!("{message}..{signature}"), TokenError::NotAJwt),
        (format!(".{message}.{signature}"), TokenError::NotAJwt),
        (format!("{sent}."), TokenError::NotAJwt),
        (format!("{message}.{}", encode(&[0; 64])), TokenError::Signature),
        (format!("{message}.{}", encode(&[0; 8000])), TokenError::Signature),
        (format!("{message}.{signature}{signature}"), TokenError::Signature),
        (format!("{message}.{}", &signature[..80]), TokenError::Signature),
    ] {
        assert_eq!(verify(&verifier(key), &wrong).map(drop), Err(expected), "{wrong}");
    }
}

#[test]
fn j10_what_is_not_a_signed_jwt_is_refused() {
    let key = Signer::shared();
    let sent = token(key);
    let parts: Vec<&str> = sent.split('.').collect();
    let jwe = format!("{}.{}.{}.{}.{}", parts[0], parts[1], parts[1], parts[1], parts[2]);
    for wrong in [
        String::new(),
        ".".into(),
        "..".into(),
        "...".into(),
        "a.b.c".into(),
        "opaque".into(),
        jwe,
        sent.clone() + "=",
        sent.clone() + " ",
        format!(" {sent}"),
        sent.replace('.', ".\n"),
        format!("{}=.{}.{}", parts[0], parts[1], parts[2]),
        format!("{}.{}==.{}", parts[0], parts[1], parts[2]),
        json!({"protected": parts[0], "payload": parts[1], "signature": parts[2]}).to_string(),
    ] {
        assert_eq!(verify(&verifier(key), &wrong).map(drop), Err(TokenError::NotAJwt), "{wrong}");
    }
}

#[test]
fn j10_a_token_has_one_spelling() {
    // Of a signature of 64 bytes, the last character has four bits that no byte needs.
    let key = Signer::shared();
    let sent = token(key);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let accepted = alphabet.chars().filter(|last| {
        let spelling = format!("{}{last}", &sent[..sent.len() - 1]);
        verify(&verifier(key), &spelling).is_ok()
    });
    assert_eq!(accepted.count(), 1);
    // Header and claims likewise, though their signature is right.
    for (header, claims) in [("eyJhbGciOiJFUzI1NiJ=", "e30"), ("e31", "e30"), ("e30", "e31")] {
        let result = verify(&verifier(key), &key.token_of_parts(header, claims)).map(drop);
        assert_eq!(result, Err(TokenError::NotAJwt), "{header}.{claims}");
    }
}

#[test]
fn j10_at_most_16_kib() {
    let key = Signer::shared();
    // The length of a part in base64 is not any number, so two of them are filled.
    let of_length = |length: usize| {
        let fill = |object, text: usize| with(object, json!({"fill": "x".repeat(text)}));
        let close = (length - token(key).len()) * 3 / 4 - 40;
        let fills = (0..4).flat_map(|in_header| (close..close + 40).map(move |it| (in_header, it)));
        let mut tokens = fills.map(|(in_header, in_claims)| {
            key.token(&fill(header(key), in_header), &fill(claims(), in_claims))
        });
        tokens.find(|token| token.len() == length).expect("a token of this length")
    };
    assert!(verify(&verifier(key), &of_length(16 * 1024)).is_ok());
    let longer = of_length(16 * 1024 + 1);
    assert_eq!(verify(&verifier(key), &longer).map(drop), Err(TokenError::TooLong));
    let huge = "a.".repeat(1_000_000);
    assert_eq!(verify(&verifier(key), &huge).map(drop), Err(TokenError::TooLong));
}

#[test]
fn j11_an_extension_that_a_header_requires_is_refused() {
    let key = Signer::shared();
    for extension in [
        json!({"crit": ["exp"]}),
        json!({"crit": ["b64"], "b64": false}),
        json!({"crit": ["http://example.com/ext"], "http://example.com/ext": true}),
        json!({"crit": []}),
        json!({"crit": null}),
        json!({"crit": "exp"}),
        json!({"b64": false}),
        json!({"b64": true}),
        json!({"b64": "true"}),
    ] {
        let header = with(header(key), extension.clone());
        let result = judge(&verifier(key), key, &header, &claims());
        assert_eq!(result, Err(TokenError::UnknownExtension), "{extension}");
    }
    // A name with an escape in it is the same name.
    let header = r#"{"alg":"ES256","typ":"at+jwt","kid":"shared","cr\u0069t":["x"]}"#;
    let result = verify(&verifier(key), &key.token_of(header, &claims().to_string())).map(drop);
    assert_eq!(result, Err(TokenError::UnknownExtension));
}

#[test]
fn j12_keys_and_addresses_in_a_header_are_not_looked_at() {
    let (key, forger) = (Signer::shared(), Signer::es256("shared"));
    for embedded in [
        json!({"jwk": forger.jwk()}),
        json!({"jku": "https://attacker.example/jwks", "x5u": "https://attacker.example/cert"}),
        json!({"x5c": [encode(&forger.public_bytes())]}),
        json!({"x5t": "AAAA", "x5t#S256": "AAAA"}),
        json!({"iss": "https://attacker.example", "aud": []}),
    ] {
        let header = with(header(key), embedded.clone());
        let forged = judge(&verifier(key), &forger, &header, &claims());
        assert_eq!(forged, Err(TokenError::Signature), "{embedded}");
        assert_eq!(judge(&verifier(key), key, &header, &claims()), Ok(()), "{embedded}");
    }
}

#[test]
fn j19_a_kid_is_only_compared() {
    let key = Signer::shared();
    for kid in [
        "../../../dev/null".into(),
        "/dev/null".into(),
        "shared' OR '1'='1".into(),
        "shared\u{0}".into(),
        "shared ".into(),
        "SHARED".into(),
        "shared\n".into(),
        "sh\u{0430}red".into(),
        "|/bin/true".into(),
        "https://attacker.example/jwks".into(),
        String::new(),
        "k".repeat(9000),
    ] {
        let kid: String = kid;
        let header = with(header(key), json!({ "kid": kid }));
        let result = judge(&verifier(key), key, &header, &claims());
        assert_eq!(result, Err(TokenError::UnknownKey), "{kid}");
    }
    for kid in [json!(7), json!(["shared"]), json!({"$ne": ""}), json!(true)] {
        let header = with(header(key), json!({ "kid": kid }));
        let result = judge(&verifier(key), key, &header, &claims());
        assert_eq!(result, Err(TokenError::UnknownKey), "{kid}");
    }
    // `null` is no string either.
    let header = r#"{"alg":"ES256","typ":"at+jwt","kid":null}"#;
    let result = verify(&verifier(key), &key.token_of(header, &claims().to_string())).map(drop);
    assert_eq!(result, Err(TokenError::UnknownKey));
}

/// A token with this text in front of the other members of its claims, or of its header.
fn with_text(key: &Signer, in_header: &str, in_claims: &str) -> String {
    let insert =
        |object: Value, text: &str| object.to_string().replacen('{', &format!("{{{text}"), 1);
    key.token_of(&insert(header(key), in_header), &insert(claims(), in_claims))
}

#[test]
fn j10_a_member_that_occurs_twice_is_refused_at_every_level() {
    let key = Signer::shared();
    let many: String = (0..40).map(|it| format!("\"m{it}\":{it},")).collect();
    for (in_header, in_claims) in [
        (r#""alg":"ES256","#, ""),
        (r#""alg":"none","#, ""),
        (r#""kid":"another","#, ""),
        (r#""typ":"at+jwt","#, ""),
        (r#""x":1,"x":1,"#, ""),
        (r#""jwk":{"kty":"EC","kty":"oct"},"#, ""),
        (r#""\u0061lg":"none","#, ""),
        ("", r#""sub":"mallory","#),
        ("", r#""sub":"alice","#),
        ("", r#""\u0073ub":"mallory","#),
        ("", r#""aud":["a"],"#),
        ("", r#""scope":"admin","#),
        ("", r#""exp":1,"#),
        ("", r#""own":1,"own":2,"#),
        ("", r#""own":{"a":1,"a":1},"#),
        ("", r#""own":[[{"b":{"a":1,"c":[],"a":1}}]],"#),
        ("", r#""cnf":{"jkt":"a","jkt":"b"},"#),
        ("", r#""nonce":{"a":1,"a":2},"#),
        ("", r#""roles":[{"value":"a","value":"b"}],"#),
        ("", r#""roles":[{"value":"a","more":{"a":1,"a":1}}],"#),
        ("", r#""":1,"":2,"#),
        ("", &format!("{many}\"m39\":0,")),
        ("", &format!("{many}\"m0\":0,")),
    ] {
        let sent = with_text(key, in_header, in_claims);
        for tokens in [verifier(key), relaxed(key)] {
            let result = verify(&tokens, &sent).map(drop);
            assert_eq!(result, Err(TokenError::DuplicateMember), "{in_header} {in_claims}");
        }
    }
    // The same name at two levels, and many names, are no duplicates.
    let nested = format!(r#"{many}"own":{{"sub":1,"own":{{"own":[{{"a":1}},{{"a":1}}]}}}},"#);
    assert!(verify(&verifier(key), &with_text(key, r#""x":{"alg":1},"#, &nested)).is_ok());
}

#[test]
fn j10_nesting_is_bounded() {
    let key = Signer::shared();
    let nested = |open: &str, close: &str, depth: usize| {
        format!("\"own\":{}{}{},", open.repeat(depth), "0", close.repeat(depth))
    };
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        // The object of all claims is the first level.
        let deepest = with_text(key, "", &nested(open, close, 31));
        assert!(verify(&verifier(key), &deepest).is_ok());
        for depth in [32, 127, 128, 129, 1000] {
            let deeper = with_text(key, "", &nested(open, close, depth));
            let result = verify(&verifier(key), &deeper).map(drop);
            assert_eq!(result, Err(TokenError::NotAJwt), "{depth}");
            let deeper = with_text(key, &nested(open, close, depth), "");
            let result = verify(&verifier(key), &deeper).map(drop);
            assert_eq!(result, Err(TokenError::NotAJwt), "{depth}");
        }
    }
}

#[test]
fn j10_header_and_claims_are_one_json_object_each() {
    let key = Signer::shared();
    let (right_header, right_claims) = (header(key).to_string(), claims().to_string());
    assert!(verify(&verifier(key), &key.token_of(&right_header, &right_claims)).is_ok());
    // White space is JSON.
    let spaced = format!(" \t\r\n{right_claims}\n ");
    assert!(verify(&verifier(key), &key.token_of(&right_header, &spaced)).is_ok());
    for wrong in [
        String::new(),
        " ".into(),
        "null".into(),
        "true".into(),
        "7".into(),
        "\"text\"".into(),
        "[]".into(),
        format!("[{right_claims}]"),
        "{".into(),
        "{}{}".into(),
        format!("\u{feff}{right_claims}"),
        format!("{right_claims}{{}}"),
        format!("{right_claims}\u{0}"),
        right_claims.replace(':', "="),
        right_claims.replace('"', "'"),
        right_claims.replace('}', ",}"),
        format!("/**/{right_claims}"),
        right_claims.replace("alice", "\\ud800"),
        right_claims.replace("alice", "a\nb"),
        right_claims.replace("alice", "\\x61"),
        right_claims.replacen('{', "{\"own\":NaN,", 1),
        right_claims.replacen('{', "{\"own\":1e999,", 1),
        right_claims.replacen('{', "{\"own\":01,", 1),
        right_claims.replacen('{', "{7:1,", 1),
    ] {
        let result = verify(&verifier(key), &key.token_of(&right_header, &wrong)).map(drop);
        let is_refused = matches!(result, Err(TokenError::NotAJwt | TokenError::Claim(_)));
        assert!(is_refused, "{result:?}: {wrong}");
        let in_header = wrong.replace(&right_claims, &right_header);
        let result = verify(&verifier(key), &key.token_of(&in_header, &right_claims)).map(drop);
        assert!(result.is_err(), "{in_header}");
    }
    let encoded = encode(&[right_claims.as_bytes(), &[0xff]].concat());
    let sent = key.token_of_parts(&encode(right_header.as_bytes()), &encoded);
    assert_eq!(verify(&verifier(key), &sent).map(drop), Err(TokenError::NotAJwt));
    let utf16: Vec<u8> = right_claims.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let sent = key.token_of_parts(&encode(right_header.as_bytes()), &encode(&utf16));
    assert_eq!(verify(&verifier(key), &sent).map(drop), Err(TokenError::NotAJwt));
}

#[test]
fn j17_another_key_of_the_same_kind_does_not_verify() {
    let key = Signer::shared();
    let forger = Signer::es256("shared");
    assert_eq!(verify(&verifier(key), &token(&forger)).map(drop), Err(TokenError::Signature));
    // The signature of a shorter message.
    let mac = Signer::secret("mac", &[9; 32]);
    let sent = token(&mac);
    let (message, _) = sent.rsplit_once('.').unwrap();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &[9; 32]), message.as_bytes());
    assert!(verify(&verifier(&mac), &format!("{message}.{}", encode(tag.as_ref()))).is_ok());
    for length in 0..tag.as_ref().len() {
        let truncated = format!("{message}.{}", encode(&tag.as_ref()[..length]));
        assert_eq!(verify(&verifier(&mac), &truncated).map(drop), Err(TokenError::Signature));
    }
}
