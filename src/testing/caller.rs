//! The callers, and the credentials that the probe sends for each.

use headers::Authorization;
use headers::authorization::Credentials as _;

use super::variants::HeaderLine;

/// A caller, by the headers with its credentials.
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) headers: Vec<HeaderLine>,
}

impl Caller {
    pub(super) fn new(
        name: impl Into<String>,
        headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        Self { name: name.into(), headers: header_lines(headers) }
    }
}

pub(super) fn header_lines(
    headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
) -> Vec<HeaderLine> {
    headers.into_iter().map(|(name, value)| (name.into().into(), value.into().into())).collect()
}

/// The `Authorization` header with Basic credentials (RFC 7617), for
/// [`unauthorized`](super::LeakProbe::unauthorized) and [`authorized`](super::LeakProbe::authorized).
/// The user name must not contain a colon.
///
/// ```
/// # use portcullis::testing::basic;
/// assert_eq!(
///     basic("Aladdin", "open sesame"),
///     [("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==".to_owned())]
/// );
/// ```
pub fn basic(user: &str, password: &str) -> [(&'static str, String); 1] {
    let value = Authorization::basic(user, password).0.encode();
    // Base64 is ASCII.
    [("authorization", value.to_str().unwrap_or_default().to_owned())]
}

/// The `Authorization` header with a bearer token (RFC 6750), for
/// [`unauthorized`](super::LeakProbe::unauthorized) and [`authorized`](super::LeakProbe::authorized).
///
/// ```
/// # use portcullis::testing::bearer;
/// assert_eq!(bearer("bob-token"), [("authorization", "Bearer bob-token".to_owned())]);
/// ```
pub fn bearer(token: &str) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {token}"))]
}
