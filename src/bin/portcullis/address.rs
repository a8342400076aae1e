//! [`Address`]: the URL to inspect.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use http::Uri;

use crate::failure::Failure;

/// The URL to inspect.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) is_encrypted: bool,
    /// A name or an address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// The path and the query.
    pub(crate) target: String,
}

impl Address {
    /// A URL is not repeated in a message, since its query or its authority may have a credential.
    pub(crate) fn read(url: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| Err(Failure::new(format!("the URL {why}")));
        let Some((scheme, rest)) = url.split_once("://") else {
            if Path::new(url).is_file() {
                return wrong("is a file: its text is judged by `portcullis inspect - < FILE`");
            }
            return wrong("has no scheme: write http:// or https:// in front");
        };
        let is_encrypted = match &scheme.to_ascii_lowercase()[..] {
            "http" => false,
            "https" => true,
            _ => return wrong("is neither http nor https"),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        if rest[..end].contains('@') {
            return wrong("has credentials, and others can read the command line: use --as NAME:-");
        }
        let Ok(uri) = url.parse::<Uri>() else {
            return wrong("is malformed: write names of hosts in ASCII, and paths percent-encoded");
        };
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let host = uri.host().unwrap_or_default();
        if host.is_empty() {
            return wrong("has no host");
        }
        let port = match authority.get(host.len()..) {
            Some("") => Some(if is_encrypted { 443 } else { 80 }),
            _ => uri.port_u16(),
        };
        let Some(port) = port else { return wrong("has no port behind the colon") };
        let target = uri.path_and_query().map_or("/", |target| target.as_str());
        let target = match target.strip_prefix('?') {
            Some(_) => format!("/{target}"),
            None => target.to_owned(),
        };
        if target.starts_with("//") {
            return wrong(
                "has a path that begins with two slashes, which servers read in two ways",
            );
        }
        if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("is malformed: write paths percent-encoded");
        }
        let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        Ok(Self { is_encrypted, host, port, target })
    }

    /// Whether others on the way can read what is sent: without TLS, and not to this machine itself.
    pub(crate) fn is_readable_on_the_way(&self) -> bool {
        let is_loopback = match self.host.parse::<IpAddr>() {
            Ok(address) => address.to_canonical().is_loopback(),
            Err(_) => self.host == "localhost" || self.host.ends_with(".localhost"),
        };
        !self.is_encrypted && !is_loopback
    }

    /// The value of the header `host`.
    pub(crate) fn authority(&self) -> String {
        let host = match self.host.contains(':') {
            true => format!("[{}]", self.host),
            false => self.host.clone(),
        };
        match (self.is_encrypted, self.port) {
            (true, 443) | (false, 80) => host,
            (_, port) => format!("{host}:{port}"),
        }
    }
}

/// The URL, without its query, which may have a token.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_encrypted { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority())?;
        match self.target.find(['?', ';']) {
            Some(end) => write!(f, "{}…", &self.target[..=end]),
            None => f.write_str(&self.target),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Address;

    #[test]
    fn what_is_sent_over_http_can_be_read_on_the_way() {
        for (url, is_readable) in [
            ("http://api.example/", true),
            ("http://192.0.2.1:8080/", true),
            ("http://localhost.example/", true),
            ("http://[2001:db8::1]/", true),
            ("https://api.example/", false),
            ("http://localhost:3000/", false),
            ("http://app.localhost/", false),
            ("http://127.8.9.1/", false),
            ("http://[::1]/", false),
            ("http://[::ffff:127.0.0.1]/", false),
        ] {
            assert_eq!(Address::read(url).unwrap().is_readable_on_the_way(), is_readable, "{url}");
        }
    }

    #[test]
    fn urls_are_read() {
        for (url, host, port, authority, target) in [
            ("https://api.example", "api.example", 443, "api.example", "/"),
            ("https://api.example?a=b", "api.example", 443, "api.example", "/?a=b"),
            ("HTTP://API.example:8080/a?b#c", "api.example", 8080, "api.example:8080", "/a?b"),
            ("http://[::1]:3000/a", "::1", 3000, "[::1]:3000", "/a"),
            ("https://127.0.0.1/a/%20", "127.0.0.1", 443, "127.0.0.1", "/a/%20"),
            ("http://a.example:443/", "a.example", 443, "a.example:443", "/"),
        ] {
            let address = Address::read(url).unwrap();
            assert_eq!((&address.host[..], address.port), (host, port), "{url}");
            assert_eq!(address.authority(), authority, "{url}");
            assert_eq!(address.target, target, "{url}");
        }
        let shown = Address::read("https://api.example/a?token=s3cret").unwrap().to_string();
        assert_eq!(shown, "https://api.example/a?…");
    }

    #[test]
    fn other_urls_are_refused_and_not_repeated() {
        for (url, why) in [
            ("api.example/s3cret", "no scheme"),
            ("ftp://api.example/s3cret", "neither http nor https"),
            ("https://alice:s3cret@api.example/", "credentials"),
            ("https://alice:s3c/ret@api.example/", "no port"),
            ("https:///s3cret", "malformed"),
            ("https://:80/s3cret", "no host"),
            ("https://api.example:port/s3cret", "no port"),
            ("https://api.example:99999/s3cret", "no port"),
            ("https://api.example:/s3cret", "no port"),
            ("https://bücher.example/s3cret", "malformed"),
            ("https://api.example//s3cret", "two slashes"),
            ("https://api.example/s3 cret", "malformed"),
        ] {
            let message = Address::read(url).unwrap_err().to_string();
            assert!(!message.contains("s3c"), "{message}");
            assert!(message.contains(why), "{url}: {message}");
        }
    }
}
