//! Credentials that no server may accept, in the form of those that it accepts.

use http::header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};

use crate::challenge::ReceivedChallenges;

use super::planned::Lines;

/// What no user is named, and no token is. No eight bytes of it, nor of the others, are of words alone: those that
/// a response has are taken for a part of a credential, and are hidden.
const UNKNOWN: &str = "nouser-7x3c91";

/// `nouser-7x3c91:7x3c91-wrong`, in Base64.
const WRONG_BASIC: &str = "Basic bm91c2VyLTd4M2M5MTo3eDNjOTEtd3Jvbmc=";

/// What no scheme can read: `%` is in no token, token68 or name. It has no words of a language, since what a server
/// says of malformed credentials is no echo of these.
const UNREADABLE: &str = "%broken-7x3c91%";

/// Credentials that break the grammar of their scheme, and well-formed ones of no user.
pub(super) struct Imitations {
    pub(super) malformed: Option<Lines>,
    pub(super) wrong: Option<Lines>,
}

impl Imitations {
    /// In the form of these credentials, or as the response to a request without credentials asks.
    pub(super) fn new(credentials: Option<&Lines>, anonymous: Option<&HeaderMap>) -> Self {
        match credentials {
            Some(lines) => Self::of_credentials(lines),
            None => {
                let scheme = anonymous.and_then(offered).unwrap_or_else(|| "bearer".to_owned());
                Self::of_scheme(&scheme, None)
            }
        }
    }

    fn of_credentials(lines: &Lines) -> Self {
        let Some((_, authorization)) = lines.iter().find(|(name, _)| name == AUTHORIZATION) else {
            // An API key, or a cookie: every text is well formed.
            let wrong = lines.iter().map(|(name, value)| match *name == COOKIE {
                true => (name.clone(), wrong_cookies(value)),
                false => (name.clone(), HeaderValue::from_static(UNKNOWN)),
            });
            return Self { malformed: None, wrong: Some(wrong.collect()) };
        };
        let text = authorization.to_str().unwrap_or_default().trim();
        match text.split_once(' ') {
            Some((scheme, rest)) => Self::of_scheme(scheme, Some(rest.trim())),
            // A token alone, without a scheme.
            None => Self { malformed: None, wrong: line(Some(wrong_token(text))) },
        }
    }

    fn of_scheme(scheme: &str, credentials: Option<&str>) -> Self {
        let token = || wrong_token(credentials.unwrap_or_default());
        let (malformed, wrong) = match &scheme.to_ascii_lowercase()[..] {
            "basic" => (Some("Basic"), Some(WRONG_BASIC.to_owned())),
            "bearer" => (Some("Bearer"), Some(format!("Bearer {}", token()))),
            "dpop" => (Some("DPoP"), Some(format!("DPoP {}", token()))),
            "digest" => (Some("Digest"), None),
            _ => (None, credentials.and_then(|credentials| wrong_of_other(scheme, credentials))),
        };
        let malformed = malformed.map(|scheme| format!("{scheme} {UNREADABLE}"));
        Self { malformed: line(malformed), wrong: line(wrong) }
    }
}

fn line(value: Option<String>) -> Option<Lines> {
    let value = HeaderValue::try_from(value?).ok()?;
    Some(vec![(AUTHORIZATION, value)])
}

/// Credentials of another scheme that are one token, such as `Token abc` and `ApiKey abc`, or the parameter
/// `token` (`Token token="abc"`), with another token. Those of a signature or of a handshake have no imitation.
fn wrong_of_other(scheme: &str, credentials: &str) -> Option<String> {
    const HANDSHAKES: [&str; 2] = ["negotiate", "ntlm"];
    if HANDSHAKES.iter().any(|it| scheme.eq_ignore_ascii_case(it)) {
        return None;
    }
    let is_token = |text: &str| {
        let end = text.trim_end_matches('=');
        !end.is_empty() && !end.contains(|c: char| c.is_ascii_whitespace() || "=,\"".contains(c))
    };
    if is_token(credentials) {
        return Some(format!("{scheme} {}", wrong_token(credentials)));
    }
    let (name, value) = credentials.split_once('=')?;
    let token = value.trim().trim_matches('"');
    (name.trim().eq_ignore_ascii_case("token") && is_token(token))
        .then(|| format!("{scheme} {name}=\"{}\"", wrong_token(token)))
}

/// The first scheme of the challenges for which there is an imitation.
fn offered(headers: &HeaderMap) -> Option<String> {
    let challenges = ReceivedChallenges::parse(headers.get_all(WWW_AUTHENTICATE)).list;
    let schemes = challenges.iter().map(|challenge| challenge.scheme().to_ascii_lowercase());
    let mut schemes =
        schemes.filter(|scheme| matches!(&scheme[..], "basic" | "bearer" | "digest" | "dpop"));
    schemes.next()
}

/// A token of no user. For a JWT (three parts), the same with another signature.
fn wrong_token(token: &str) -> String {
    let parts: Vec<_> = token.split('.').collect();
    let &[header, claims, signature] = &parts[..] else { return format!("{UNKNOWN}-wrong") };
    let mut signature = signature.chars();
    let first = if signature.next() == Some('A') { 'B' } else { 'A' };
    format!("{header}.{claims}.{first}{}", signature.as_str())
}

/// The same cookies, with other values.
fn wrong_cookies(value: &HeaderValue) -> HeaderValue {
    let text = value.to_str().unwrap_or_default();
    let pairs = text.split(';').map(|pair| {
        let name = pair.split('=').next().unwrap_or_default().trim();
        format!("{name}={UNKNOWN}")
    });
    let pairs: Vec<_> = pairs.collect();
    HeaderValue::try_from(pairs.join("; ")).unwrap_or(HeaderValue::from_static(UNKNOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent in place of these credentials: malformed, and wrong.
    fn of(authorization: &'static str) -> [Option<String>; 2] {
        let lines = vec![(AUTHORIZATION, HeaderValue::from_static(authorization))];
        let Imitations { malformed, wrong } = Imitations::new(Some(&lines), None);
        [malformed, wrong].map(|lines| {
            let lines = lines?;
            let [(name, value)] = &lines[..] else { panic!("{lines:?}") };
            assert_eq!(name, AUTHORIZATION);
            Some(value.to_str().unwrap().to_owned())
        })
    }

    #[test]
    fn i38_credentials_of_each_form_have_wrong_ones() {
        for (credentials, wrong) in [
            ("Token 9944b09199c62bcf", "Token nouser-7x3c91-wrong"),
            ("ApiKey VnVhQ2ZHY0JDZGJrUW0=", "ApiKey nouser-7x3c91-wrong"),
            ("token token=\"abc\"", "token token=\"nouser-7x3c91-wrong\""),
            ("DPoP a.b.c", "DPoP a.b.A"),
            ("dpop abc", "DPoP nouser-7x3c91-wrong"),
            ("JWT a.b.Ac", "JWT a.b.Bc"),
            ("9944b09199c62bcf", "nouser-7x3c91-wrong"),
            ("a.b.c", "a.b.A"),
            ("bearer abc", "Bearer nouser-7x3c91-wrong"),
        ] {
            assert_eq!(of(credentials)[1].as_deref(), Some(wrong), "{credentials}");
        }
        for signed in [
            "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c",
            "Negotiate YIIabc",
            "NTLM TlRMTVNTUAAB",
            "Digest username=\"alice\", response=\"0f8d\"",
            "Hawk id=\"a\", mac=\"b\"",
        ] {
            assert_eq!(of(signed)[1], None, "{signed}");
        }
        for (credentials, malformed) in [
            ("DPoP abc", "DPoP %broken-7x3c91%"),
            ("Bearer abc", "Bearer %broken-7x3c91%"),
            ("Basic YTpi", "Basic %broken-7x3c91%"),
            ("Digest username=\"alice\"", "Digest %broken-7x3c91%"),
        ] {
            assert_eq!(of(credentials)[0].as_deref(), Some(malformed));
        }
    }
}
