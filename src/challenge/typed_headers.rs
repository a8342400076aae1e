//! The headers that carry challenges, for `headers::HeaderMapExt`.

use headers::{Error, Header};
use http::header::{HeaderName, HeaderValue, PROXY_AUTHENTICATE, WWW_AUTHENTICATE};

use super::Challenges;

/// `WWW-Authenticate` header: the challenges of an origin server. RFC 9110 §11.6.1.
///
/// Reads any number of challenges from any number of lines. Writes one line per challenge, in
/// order, because widely used clients ignore the second challenge of a line.
///
/// # ABNF
///
/// ```text
/// WWW-Authenticate = #challenge
/// ```
///
/// # Example values
///
/// - `Bearer realm="api", error="invalid_token"`
/// - `Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`
///
/// # Example
///
/// ```
/// use headers::HeaderMapExt;
/// use http::HeaderMap;
/// use portcullis::challenge::{Challenge, Challenges, WwwAuthenticate};
///
/// let challenges = Challenges::new(Challenge::bearer("api")?).and(Challenge::basic("api")?);
/// let mut headers = HeaderMap::new();
/// headers.typed_insert(WwwAuthenticate(challenges.clone()));
///
/// assert_eq!(headers.get_all("www-authenticate").iter().count(), 2);
/// assert_eq!(headers.typed_get(), Some(WwwAuthenticate(challenges)));
/// # Ok::<_, portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct WwwAuthenticate(pub Challenges);

/// `Proxy-Authenticate` header: the challenges of a proxy. RFC 9110 §11.7.1.
///
/// Reads and writes as [`WwwAuthenticate`] does.
///
/// # ABNF
///
/// ```text
/// Proxy-Authenticate = #challenge
/// ```
///
/// # Example values
///
/// - `Basic realm="proxy", charset="UTF-8"`
/// - `Negotiate, Basic realm="proxy"`
///
/// # Example
///
/// ```
/// use headers::HeaderMapExt;
/// use http::HeaderMap;
/// use portcullis::challenge::{Challenge, ProxyAuthenticate};
///
/// let mut headers = HeaderMap::new();
/// headers.typed_insert(ProxyAuthenticate(Challenge::basic("proxy")?.into()));
/// assert_eq!(headers["proxy-authenticate"], r#"Basic realm="proxy", charset="UTF-8""#);
/// # Ok::<_, portcullis::challenge::InvalidChallenge>(())
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ProxyAuthenticate(pub Challenges);

impl Header for WwwAuthenticate {
    fn name() -> &'static HeaderName {
        &WWW_AUTHENTICATE
    }

    fn decode<'i, I: Iterator<Item = &'i HeaderValue>>(values: &mut I) -> Result<Self, Error> {
        decode(values).map(Self)
    }

    fn encode<E: Extend<HeaderValue>>(&self, values: &mut E) {
        encode(&self.0, values);
    }
}

impl Header for ProxyAuthenticate {
    fn name() -> &'static HeaderName {
        &PROXY_AUTHENTICATE
    }

    fn decode<'i, I: Iterator<Item = &'i HeaderValue>>(values: &mut I) -> Result<Self, Error> {
        decode(values).map(Self)
    }

    fn encode<E: Extend<HeaderValue>>(&self, values: &mut E) {
        encode(&self.0, values);
    }
}

fn decode<'i>(lines: impl Iterator<Item = &'i HeaderValue>) -> Result<Challenges, Error> {
    Challenges::parse(lines).map_err(|_| Error::invalid())
}

fn encode(challenges: &Challenges, values: &mut impl Extend<HeaderValue>) {
    values.extend(challenges.iter().map(HeaderValue::from));
}
