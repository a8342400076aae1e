//! Who asks.

use headers::Authorization;
use headers::authorization::Credentials as _;

use super::variants::Line;

/// Who asks, by the fields that say so.
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) headers: Vec<Line>,
}

impl Caller {
    pub(super) fn new(
        name: impl Into<String>,
        headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        Self { name: name.into(), headers: lines(headers) }
    }
}

pub(super) fn lines(
    headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
) -> Vec<Line> {
    headers.into_iter().map(|(name, value)| (name.into().into(), value.into().into())).collect()
}

/// The field of somebody who logs in by Basic (RFC 7617), for [`unauthorized`](super::LeakProbe::unauthorized)
/// and [`seen_by`](super::LeakProbe::authorized). The user has no colon in it.
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

/// The field of somebody who has a token (RFC 6750), for [`unauthorized`](super::LeakProbe::unauthorized) and
/// [`seen_by`](super::LeakProbe::authorized).
///
/// ```
/// # use portcullis::testing::bearer;
/// assert_eq!(bearer("bob-token"), [("authorization", "Bearer bob-token".to_owned())]);
/// ```
pub fn bearer(token: &str) -> [(&'static str, String); 1] {
    [("authorization", format!("Bearer {token}"))]
}
