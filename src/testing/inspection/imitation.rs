//! Credentials that no server may accept, in the form of those that it accepts.

use http::header::{AUTHORIZATION, COOKIE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};

use crate::challenge::ReceivedChallenges;

use super::planned::Lines;

/// What no user is named, and no token is.
const NOBODY: &str = "portcullis-inspection";

/// `portcullis-inspection:wrong`, in Base64.
const WRONG_BASIC: &str = "Basic cG9ydGN1bGxpcy1pbnNwZWN0aW9uOndyb25n";

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
                false => (name.clone(), HeaderValue::from_static(NOBODY)),
            });
            return Self { malformed: None, wrong: Some(wrong.collect()) };
        };
        let text = authorization.to_str().unwrap_or_default();
        let (scheme, rest) = text.split_once(' ').unwrap_or((text, ""));
        Self::of_scheme(&scheme.to_ascii_lowercase(), Some(rest))
    }

    fn of_scheme(scheme: &str, credentials: Option<&str>) -> Self {
        let (malformed, wrong) = match scheme {
            "basic" => (Some("Basic %malformed%"), Some(WRONG_BASIC.to_owned())),
            "bearer" => (
                Some("Bearer malformed credentials"),
                Some(format!("Bearer {}", wrong_token(credentials.unwrap_or_default()))),
            ),
            "digest" => (Some("Digest malformed"), None),
            _ => (None, None),
        };
        let line = |value: Option<HeaderValue>| value.map(|value| vec![(AUTHORIZATION, value)]);
        Self {
            malformed: line(malformed.map(HeaderValue::from_static)),
            wrong: line(wrong.and_then(|value| value.try_into().ok())),
        }
    }
}

/// The first scheme of the challenges for which there is an imitation.
fn offered(headers: &HeaderMap) -> Option<String> {
    let challenges = ReceivedChallenges::parse(headers.get_all(WWW_AUTHENTICATE)).list;
    let schemes = challenges.iter().map(|challenge| challenge.scheme().to_ascii_lowercase());
    let mut schemes = schemes.filter(|scheme| matches!(&scheme[..], "basic" | "bearer" | "digest"));
    schemes.next()
}

/// A token of no user. For a JWT (three parts), the same with another signature.
fn wrong_token(token: &str) -> String {
    let parts: Vec<_> = token.split('.').collect();
    let &[header, claims, signature] = &parts[..] else { return format!("{NOBODY}-wrong") };
    let mut signature = signature.chars();
    let first = if signature.next() == Some('A') { 'B' } else { 'A' };
    format!("{header}.{claims}.{first}{}", signature.as_str())
}

/// The same cookies, with other values.
fn wrong_cookies(value: &HeaderValue) -> HeaderValue {
    let text = value.to_str().unwrap_or_default();
    let pairs = text.split(';').map(|pair| {
        let name = pair.split('=').next().unwrap_or_default().trim();
        format!("{name}={NOBODY}")
    });
    let pairs: Vec<_> = pairs.collect();
    HeaderValue::try_from(pairs.join("; ")).unwrap_or(HeaderValue::from_static(NOBODY))
}
