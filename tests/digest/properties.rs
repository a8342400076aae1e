//! For arbitrary requests: no panic, no permit, and well-formed challenges.

use http::request::Parts;
use http::{HeaderValue, Request};
use portcullis::{Cause, Identity};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::client::Client;
use crate::{ALL, Name, digest};

fn parts(uri: &str, authorization: &[u8]) -> Option<Parts> {
    let value = HeaderValue::from_bytes(authorization).ok()?;
    let request = Request::builder()
        .uri(uri)
        .header("host", "example.org")
        .header("authorization", value)
        .body(())
        .ok()?;
    Some(request.into_parts().0)
}

fn refused_for(
    identity: &impl Identity<Principal = Name>,
    uri: &str,
    line: &[u8],
) -> Option<Cause> {
    let result = identity.identify_now(&parts(uri, line)?).expect("a result without waiting");
    result.err().map(|unauthenticated| unauthenticated.cause())
}

/// Mufasa's right value of `Authorization`, for a nonce of this identity.
fn right(identity: &impl Identity<Principal = Name>) -> String {
    let challenges = identity.per_response_challenges(Cause::Missing, None).unwrap();
    let param = |name| String::from_utf8(challenges.first().param(name).unwrap().to_vec()).unwrap();
    let client = Client {
        user: "Mufasa".to_owned(),
        password: "Circle of Life".to_owned(),
        realm: param("realm"),
        algorithm: param("algorithm"),
        nonce: param("nonce"),
        cnonce: "c".to_owned(),
        count: 0,
        hashed: false,
        extended: false,
    };
    let line = client.line_of_count(1, "GET", "/");
    line.strip_prefix("authorization: ").unwrap().to_owned()
}

fn param() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        Just("username"),
        Just("username*"),
        Just("userhash"),
        Just("realm"),
        Just("nonce"),
        Just("uri"),
        Just("qop"),
        Just("algorithm"),
        Just("nc"),
        Just("cnonce"),
        Just("response"),
        Just("opaque"),
        Just("x"),
    ];
    let value = prop_oneof![
        Just("auth".to_owned()),
        Just("SHA-256".to_owned()),
        Just("MD5".to_owned()),
        Just("00000001".to_owned()),
        Just("\"/\"".to_owned()),
        Just("true".to_owned()),
        Just("\"http-auth@example.org\"".to_owned()),
        Just("UTF-8''%41".to_owned()),
        "\"[0-9a-f]{64}\"",
        "\"[0-9a-f]{32}\"",
        "\"[^\"\\\\[:cntrl:]]{0,9}\"",
        "[!-~]{0,9}",
    ];
    (name, value).prop_map(|(name, value)| format!("{name}={value}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn a04_arbitrary_bytes_are_refused(bytes in vec(any::<u8>(), 0..200)) {
        let identity = digest().algorithms(ALL).unwrap().userhash(true);
        for line in [bytes.clone(), [b"Digest ", &*bytes].concat()] {
            if parts("/", &line).is_some() {
                prop_assert!(refused_for(&identity, "/", &line).is_some());
            }
        }
    }

    #[test]
    fn h03_arbitrary_parameters_are_refused(params in vec(param(), 0..14)) {
        let identity = digest().algorithms(ALL).unwrap().userhash(true);
        let line = format!("Digest {}", params.join(", "));
        if parts("/", line.as_bytes()).is_some() {
            prop_assert!(refused_for(&identity, "/", line.as_bytes()).is_some());
        }
    }

    #[test]
    fn h03_a_right_line_with_one_byte_changed_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let identity = digest();
        let line = right(&identity);
        let mut bytes = line.clone().into_bytes();
        let at = at.index(bytes.len());
        let before = std::mem::replace(&mut bytes[at], byte);
        // Case does not matter in names and in hexadecimal, nor white space around commas.
        let same = before.eq_ignore_ascii_case(&byte) || before == b' ' || before == b',';
        if !same && parts("/", &bytes).is_some() {
            prop_assert!(refused_for(&identity, "/", &bytes).is_some(), "{}", bytes.escape_ascii());
        }
        prop_assert_eq!(refused_for(&identity, "/", line.as_bytes()), None);
    }

    #[test]
    fn h03_arbitrary_uris_are_another_target(uri in "((http|https|x)?://)?[!-~]{0,20}") {
        let identity = digest();
        let line = right(&identity);
        let uri = uri.replace(['"', '\\'], "");
        let other = line.replace("uri=\"/\"", &format!("uri=\"{uri}\""));
        if uri != "/" {
            prop_assert_eq!(refused_for(&identity, "/", other.as_bytes()), Some(Cause::InvalidRequest));
        }
    }
}
