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
    /// The address of an issuer's metadata in place of the issuer.
    #[error(
        "`{0}` is the address of metadata: give the issuer, as the metadata name it in `issuer`, usually \
         what is before `/.well-known/`"
    )]
    OfMetadata(String),
    /// No text.
    #[error("the issuer is empty: give it as the tokens name it in `iss`")]
    Empty,
    /// Scheme or host in upper case, or the port that the scheme has anyway. Clients change both before
    /// they compare the URL.
    #[error(
        "`{0}` must be written as clients write it: scheme and host in lower case, and no port that the \
         scheme has anyway"
    )]
    NotNormal(String),
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

/// Checks the identifier of a resource, which clients derive from the URL that they request.
pub(super) fn resource_url(url: &str) -> Result<Uri, InvalidUrl> {
    let uri = server_url(url)?;
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let has_upper_case = |text: &str| text.bytes().any(|byte| byte.is_ascii_uppercase());
    let has_default_port = match uri.scheme_str() {
        Some("http") => uri.port_u16() == Some(80),
        _ => uri.port_u16() == Some(443),
    };
    if has_default_port || has_upper_case(scheme) || has_upper_case(authority) {
        return Err(InvalidUrl::NotNormal(url.to_owned()));
    }
    Ok(uri)
}

/// Checks the identifier of an authorization server (RFC 8414 §2).
pub(super) fn issuer_url(url: &str) -> Result<Uri, InvalidUrl> {
    let uri = server_url(url)?;
    if url.contains('?') {
        return Err(InvalidUrl::Extra(url.to_owned()));
    }
    if uri.path().contains("/.well-known/") {
        return Err(InvalidUrl::OfMetadata(url.to_owned()));
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
    // Fewer names of this machine than `is_here` knows: those that people write.
    let permits_http = ["127.0.0.1", "[::1]", "localhost"].contains(&host);
    if scheme != "https" && !(scheme == "http" && permits_http) {
        return Err(InvalidUrl::NotHttps(url.to_owned()));
    }
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    if authority.contains('@') {
        return Err(InvalidUrl::Extra(url.to_owned()));
    }
    // `Uri` accepts any text as a port.
    if authority.len() > host.len() && uri.port_u16().is_none() {
        return Err(not_absolute());
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
        type Case = (&'static str, fn(String) -> InvalidUrl);
        let cases: [Case; 24] = [
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
            ("https://api.example:notes", InvalidUrl::NotAbsolute),
            ("https://api.example:/notes", InvalidUrl::NotAbsolute),
            ("https://api.example:65536/", InvalidUrl::NotAbsolute),
            ("https://[::1]:a/", InvalidUrl::NotAbsolute),
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
    fn j01_a_resource_is_written_as_clients_write_it() {
        for url in [
            "https://API.example/notes",
            "HTTPS://api.example",
            "https://api.example:443/notes",
            "https://api.example:443",
            "https://api.example:0443?a",
            "http://localhost:80/",
        ] {
            assert_eq!(resource_url(url), Err(InvalidUrl::NotNormal(url.to_owned())), "{url}");
            // An issuer is what its tokens say, byte for byte.
            assert!(issuer_url(url.trim_end_matches("?a")).is_ok(), "{url}");
        }
        for url in [
            "https://api.example/NOTES?A",
            "https://api.example?A",
            "https://api.example:80",
            "http://localhost:443/",
            "http://[::1]",
        ] {
            assert!(resource_url(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn j01_an_issuer_has_no_query_and_a_page_may_have_a_fragment() {
        assert!(issuer_url("https://login.example/realms/a").is_ok());
        assert!(matches!(issuer_url("https://login.example/?a=b"), Err(InvalidUrl::Extra(_))));
        for path in
            ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/a"]
        {
            let url = format!("https://login.example{path}");
            assert_eq!(issuer_url(&url), Err(InvalidUrl::OfMetadata(url.clone())));
        }
        assert!(page_url("https://api.example/docs?a=b#c").is_ok());
        assert!(page_url("javascript:alert(1)").is_err());
        assert!(page_url("http://api.example/docs").is_err());
    }
}
