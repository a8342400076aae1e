//! URLs in the configuration.

use http::Uri;

/// A URL or identifier that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// Not an absolute URL.
    #[error("`{0}` is not an absolute URL: write it as in `https://host/path`")]
    NotAbsolute(String),
    /// `http`, and the host is not this machine.
    #[error(
        "`{0}` must begin with `https://`; `http://` is accepted for 127.0.0.1, [::1] and localhost"
    )]
    NotHttps(String),
    /// A fragment, user information, or a query where the RFC permits none.
    #[error("`{0}` must have neither a fragment nor a user name, and an issuer no query")]
    Extra(String),
}

/// Checks the URL of a server: `https`, or `http` on this machine.
pub(super) fn server_url(url: &str) -> Result<Uri, InvalidUrl> {
    let uri: Uri = url.parse().map_err(|_| InvalidUrl::NotAbsolute(url.to_owned()))?;
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return Err(InvalidUrl::NotAbsolute(url.to_owned()));
    };
    let is_here = ["127.0.0.1", "[::1]", "localhost"].contains(&host);
    if scheme != "https" && !(scheme == "http" && is_here) {
        return Err(InvalidUrl::NotHttps(url.to_owned()));
    }
    // `Uri` drops a fragment without a word.
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if has_user || url.contains('#') {
        return Err(InvalidUrl::Extra(url.to_owned()));
    }
    Ok(uri)
}
