//! URLs in the configuration.

use http::Uri;

/// A URL or identifier that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidUrl {
    /// Not an absolute URL.
    #[error(
        "`{0}` is not an absolute URL: write it as in `https://host/path`, with characters that a URL \
         does not have percent-encoded"
    )]
    NotAbsolute(String),
    /// `http`, and the host is not this machine.
    #[error(
        "`{0}` must begin with `https://`; `http://` is accepted for 127.0.0.1, [::1] and localhost"
    )]
    NotHttps(String),
    /// A fragment, user information, or a query where the RFC permits none.
    #[error("`{0}` must have neither a fragment nor a user name, and an issuer no query")]
    Extra(String),
    /// A segment `.` or `..`, which clients remove before they send a request.
    #[error("`{0}` must have no segment `.` or `..`: clients request another path")]
    DotSegment(String),
    /// The URL of the metadata cannot be written into a challenge, because it contains `scope=` or
    /// `error=` ([A14](crate::semantics#a14)).
    #[error(
        "`{0}` must not contain `scope=` or `error=`: simple clients would find these parameters of a \
         challenge in it; percent-encode the `=`"
    )]
    LookAlike(String),
}

/// Checks the URL of a server: `https`, or `http` on this machine.
pub(super) fn server_url(url: &str) -> Result<Uri, InvalidUrl> {
    let uri = web_url(url)?;
    // `Uri` drops a fragment without a word.
    if url.contains('#') {
        return Err(InvalidUrl::Extra(url.to_owned()));
    }
    let is_dots = |segment: &str| matches!(&*segment.replace("%2e", "."), "." | "..");
    if uri.path().to_ascii_lowercase().split('/').any(is_dots) {
        return Err(InvalidUrl::DotSegment(url.to_owned()));
    }
    Ok(uri)
}

/// Checks the identifier of an authorization server (RFC 8414 §2).
pub(super) fn issuer_url(url: &str) -> Result<Uri, InvalidUrl> {
    let uri = server_url(url)?;
    if url.contains('?') {
        return Err(InvalidUrl::Extra(url.to_owned()));
    }
    Ok(uri)
}

/// Checks the URL of a page for people, which may have a fragment.
pub(super) fn page_url(url: &str) -> Result<(), InvalidUrl> {
    web_url(url).map(drop)
}

/// Whether the host of a URL names this machine.
#[cfg(any(feature = "jwt", feature = "jwt-rust-crypto"))]
pub(super) fn is_here(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<std::net::IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => {
            let name = host.trim_end_matches('.').to_ascii_lowercase();
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

fn web_url(url: &str) -> Result<Uri, InvalidUrl> {
    let not_absolute = || InvalidUrl::NotAbsolute(url.to_owned());
    // The characters of RFC 3986 §2; `Uri` accepts others too.
    let is_of_url =
        |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    if !url.bytes().all(is_of_url) {
        return Err(not_absolute());
    }
    let uri: Uri = url.parse().map_err(|_| not_absolute())?;
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else {
        return Err(not_absolute());
    };
    if host.is_empty() {
        return Err(not_absolute());
    }
    let is_here = ["127.0.0.1", "[::1]", "localhost"].contains(&host);
    if scheme != "https" && !(scheme == "http" && is_here) {
        return Err(InvalidUrl::NotHttps(url.to_owned()));
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(InvalidUrl::Extra(url.to_owned()));
    }
    Ok(uri)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j01_the_urls_of_servers_are_https_and_have_no_fragment() {
        for url in [
            "https://api.example",
            "https://api.example/",
            "https://api.example:8443/notes?tenant=a",
            "http://127.0.0.1:3000/notes",
            "http://localhost",
            "http://[::1]:3000/",
            "https://api.example/a.b/..c/%2f",
        ] {
            assert!(server_url(url).is_ok(), "{url}");
        }
        let cases: [(&str, fn(String) -> InvalidUrl); 20] = [
            ("", InvalidUrl::NotAbsolute),
            ("/notes", InvalidUrl::NotAbsolute),
            ("api.example", InvalidUrl::NotAbsolute),
            ("https:///notes", InvalidUrl::NotAbsolute),
            ("https://api.example/a b", InvalidUrl::NotAbsolute),
            ("https://api.example/\"", InvalidUrl::NotAbsolute),
            ("https://api.example/{id}", InvalidUrl::NotAbsolute),
            ("https://api.example/\u{e9}", InvalidUrl::NotAbsolute),
            ("https://api.example/\r\nx", InvalidUrl::NotAbsolute),
            ("urn:example:notes", InvalidUrl::NotAbsolute),
            ("http://api.example", InvalidUrl::NotHttps),
            ("http://localhost.example", InvalidUrl::NotHttps),
            ("ftp://api.example", InvalidUrl::NotHttps),
            ("https://api.example/#a", InvalidUrl::Extra),
            ("https://api.example#a", InvalidUrl::Extra),
            ("https://alice@api.example", InvalidUrl::Extra),
            ("https://api.example/a/../b", InvalidUrl::DotSegment),
            ("https://api.example/./b", InvalidUrl::DotSegment),
            ("https://api.example/%2E%2e/b", InvalidUrl::DotSegment),
            ("https://api.example/a/.", InvalidUrl::DotSegment),
        ];
        for (url, error) in cases {
            assert_eq!(server_url(url), Err(error(url.to_owned())), "{url}");
        }
    }

    #[test]
    fn j01_an_issuer_has_no_query_and_a_page_may_have_a_fragment() {
        assert!(issuer_url("https://login.example/realms/a").is_ok());
        assert!(matches!(issuer_url("https://login.example/?a=b"), Err(InvalidUrl::Extra(_))));
        assert!(page_url("https://api.example/docs?a=b#c").is_ok());
        assert!(page_url("javascript:alert(1)").is_err());
        assert!(page_url("http://api.example/docs").is_err());
    }
}
