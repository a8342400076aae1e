//! [`JwtOrOpaque`]: JWTs and opaque tokens at one resource.

use std::fmt;

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::source::MAX_TOKEN;
use super::token::Token;
use crate::denial::Unauthenticated;
use crate::identity::Verify;

/// Verifies JWTs in one way and every other token in another, made by `Jwt::or_opaque`.
///
/// A token is a JWT if it looks like one: three parts, the first of which is an object in JSON with an `alg`,
/// in base64url. So JWTs never reach the introspection endpoint, and opaque tokens never reach the rules
/// for JWTs. A token that one of them refuses is not tried with the other
/// ([J66](crate::semantics#j66)): a JWT with a wrong signature or for another audience would otherwise get a
/// second chance with weaker rules (RFC 8725 §3.11, §3.12).
///
/// An authorization server whose opaque tokens look like JWTs needs
/// [`Introspection`](super::Introspection) alone.
#[derive(Clone, Debug)]
pub struct JwtOrOpaque<J, O> {
    jwt: J,
    opaque: O,
}

impl<J, O> JwtOrOpaque<J, O> {
    #[cfg_attr(
        not(any(feature = "jwt", feature = "jwt-rust-crypto")),
        allow(dead_code, reason = "`Jwt` makes it")
    )]
    pub(super) fn new(jwt: J, opaque: O) -> Self {
        Self { jwt, opaque }
    }
}

impl<E, J, O> Verify<str> for JwtOrOpaque<J, O>
where
    E: Send + Sync + 'static,
    J: Verify<str, Principal = Token<E>>,
    O: Verify<str, Principal = Token<E>>,
{
    type Principal = Token<E>;

    async fn verify(&self, token: &str) -> Result<Token<E>, Unauthenticated> {
        if is_jwt(token) { self.jwt.verify(token).await } else { self.opaque.verify(token).await }
    }

    fn verify_now(&self, token: &str) -> Option<Result<Token<E>, Unauthenticated>> {
        // What is accepted as a JWT is one, so that a remembered token costs no second look.
        if may_be_jwt(token) {
            match self.jwt.verify_now(token) {
                Some(Ok(verified)) => return Some(Ok(verified)),
                other if is_jwt(token) => return other,
                _ => {}
            }
        }
        self.opaque.verify_now(token)
    }
}

/// Whether a token has three parts.
fn may_be_jwt(token: &str) -> bool {
    token.len() <= MAX_TOKEN && token.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// Whether a token is a JWT: three parts, the first of which is an object in JSON with an `alg`, in base64url
/// (RFC 7515 §9).
///
/// The other parts may have characters that base64url does not have. Some authorization servers skip these:
/// a character added to the signature must not lead a JWT past its rules.
fn is_jwt(token: &str) -> bool {
    if !may_be_jwt(token) {
        return false;
    }
    // A token with padding is a malformed JWT.
    let header = token.split('.').next().unwrap_or_default().trim_end_matches('=');
    BASE64URL.decode(header).is_ok_and(|header| {
        serde_json::from_slice::<Header>(&header).is_ok_and(|header| header.has_alg)
    })
}

/// With bits that do not count or without, for the same reason.
const BASE64URL: GeneralPurpose =
    GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// An object in JSON. One with two `alg` is the header of a malformed JWT.
struct Header {
    has_alg: bool,
}

impl<'de> Deserialize<'de> for Header {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let mut has_alg = false;
        while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            has_alg |= name == "alg";
        }
        Ok(Header { has_alg })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::oauth::token::Claims;
    use crate::oauth::token_error::TokenError;

    fn with_header(header: &str) -> String {
        format!("{}.e30.c2ln", URL_SAFE_NO_PAD.encode(header))
    }

    #[test]
    fn j66_a_jwt_has_three_parts_and_an_alg() {
        for header in [
            r#"{"alg":"ES256"}"#,
            r#" { "typ" : "at+jwt" , "alg" : 1 } "#,
            r#"{"alg":"none","alg":"ES256"}"#,
            r#"{"\u0061lg":"RS256"}"#,
        ] {
            assert!(is_jwt(&with_header(header)), "{header}");
            assert!(is_jwt(&with_header(header).replace("c2ln", "")), "{header}");
        }
        // Some decoders skip what is not in their alphabet.
        for odd in [".e30.c2~n", ".e30.c2ln==", ".e3+0.c2/n", ".e30.~"] {
            let jwt = format!("{}{odd}", URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256"}"#));
            assert!(is_jwt(&jwt), "{jwt}");
        }
        assert!(is_jwt(&format!("{}=.e30.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":1}"#))));
        for header in ["", "{}", "[]", r#"["alg"]"#, r#"{"typ":"JWT"}"#, r#""alg""#, r#"{"alg":1"#]
        {
            assert!(!is_jwt(&with_header(header)), "{header}");
        }
        let right = with_header(r#"{"alg":"ES256"}"#);
        for other in [
            "2YotnFZFEjr1zCsicMWpAA".to_owned(),
            // A signed cookie of the Python package `itsdangerous`.
            "eyJpZCI6NX0.XrTV_Q.U0x0PYzh8W4Ta6lvfYsN8d5qZ2k".to_owned(),
            right.replacen('.', "", 1),
            format!("{right}.x"),
            // A JWE has five.
            format!("{right}.x.y"),
            format!("{right}{}", "A".repeat(MAX_TOKEN)),
        ] {
            assert!(!is_jwt(&other), "{other}");
        }
    }

    /// Refuses every token but the right one, and counts.
    struct One {
        right: String,
        at_once: bool,
        asked: Mutex<Vec<String>>,
    }

    impl One {
        fn new(right: &str, at_once: bool) -> Self {
            Self { right: right.to_owned(), at_once, asked: Mutex::default() }
        }

        fn judge(&self, token: &str) -> Result<Token<()>, Unauthenticated> {
            self.asked.lock().unwrap().push(token.to_owned());
            if token != self.right {
                return Err(TokenError::Signature.into());
            }
            Ok(Token::new(Claims {
                issuer: None,
                subject: None,
                client: None,
                scope: "".into(),
                roles: Box::default(),
                expires: None,
                not_before: None,
                auth_time: None,
                acr: None,
                id: None,
                extra: (),
            }))
        }
    }

    impl Verify<str> for One {
        type Principal = Token<()>;

        async fn verify(&self, token: &str) -> Result<Token<()>, Unauthenticated> {
            self.judge(token)
        }

        fn verify_now(&self, token: &str) -> Option<Result<Token<()>, Unauthenticated>> {
            self.at_once.then(|| self.judge(token))
        }
    }

    #[tokio::test]
    async fn j66_no_token_that_was_refused_is_tried_with_the_other_verifier() {
        let jwt = with_header(r#"{"alg":"ES256"}"#);
        let (wrong_jwt, opaque, dotted) = (jwt.replace("c2ln", "c2lo"), "opaque", "a.b.c");
        for at_once in [false, true] {
            // Each would accept the tokens of the other, too.
            let both = JwtOrOpaque::new(One::new(&jwt, at_once), One::new(opaque, at_once));
            for (token, is_right) in
                [(&*jwt, true), (&wrong_jwt, false), (opaque, true), (dotted, false)]
            {
                let now = both.verify_now(token);
                assert_eq!(now.is_some(), at_once, "{token}");
                let verdicts = now.into_iter().chain([both.verify(token).await]);
                assert!(verdicts.into_iter().all(|it| it.is_ok() == is_right), "{token}");
            }
            let asked = |one: &One| {
                let mut asked = one.asked.lock().unwrap().clone();
                asked.dedup();
                asked
            };
            assert_eq!(asked(&both.opaque), [opaque, dotted]);
            // A remembered JWT is looked up before its header is read, so `a.b.c` is looked up as well.
            let jwts = asked(&both.jwt);
            assert_eq!(
                jwts.iter().filter(|it| *it != dotted).collect::<Vec<_>>(),
                [&jwt, &wrong_jwt]
            );
        }
    }
}
