//! [`Discovery`]: finds the key set of an issuer (RFC 8414, OpenID Connect Discovery 1.0 §4).

use std::sync::Arc;

use http::Uri;
use serde::Deserialize;

use super::FetchKeysError;
use super::document;
use crate::oauth::fetch::BoxFetch;
use crate::oauth::url::{InvalidUrl, is_here, issuer_url, server_url};

/// How much of a wrong value an error quotes, in characters.
const QUOTED: usize = 200;

/// How long the URL of a key set may be, in bytes.
const MAX_URL: usize = 2048;

/// Where the metadata of an issuer is.
#[derive(Debug)]
pub(super) struct Discovery {
    issuer: Arc<str>,
    /// Whether the issuer is on this machine itself.
    is_here: bool,
    addresses: Vec<Uri>,
}

/// The members of the metadata that matter here.
#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    jwks_uri: String,
}

impl Discovery {
    /// # Errors
    ///
    /// [`InvalidUrl`] if the issuer is not what RFC 8414 §2 permits.
    pub(super) fn new(issuer: Arc<str>) -> Result<Self, InvalidUrl> {
        let uri = issuer_url(&issuer)?;
        let is_here = is_here(&uri);
        let addresses = addresses(&issuer, &uri)?;
        Ok(Self { issuer, is_here, addresses })
    }

    /// Finds the URL of the key set: the first address whose document is right.
    pub(super) async fn key_set_url(&self, fetch: &BoxFetch) -> Result<Uri, FetchKeysError> {
        let mut failures = Vec::new();
        for address in &self.addresses {
            match self.read(fetch, address).await {
                Ok(url) => return Ok(url),
                // The other addresses are on the same server.
                Err(error @ FetchKeysError::NoResponse { .. }) => return Err(error),
                Err(error) => failures.push(error),
            }
        }
        Err(FetchKeysError::NotDiscovered(failures.into()))
    }

    async fn read(&self, fetch: &BoxFetch, address: &Uri) -> Result<Uri, FetchKeysError> {
        let url = || address.clone();
        let body = document::get(fetch, address, "application/json").await?;
        let metadata: Metadata = serde_json::from_slice(&body)
            .map_err(|_| FetchKeysError::NotMetadata { url: url() })?;
        // Byte for byte (RFC 8414 §3.3): otherwise one tenant of a server could speak for another.
        if metadata.issuer != *self.issuer {
            let found = quoted(&metadata.issuer);
            return Err(FetchKeysError::WrongIssuer { url: url(), found });
        }
        // Errors quote the URL from now on.
        let keys = server_url(&metadata.jwks_uri).ok();
        let keys = keys.filter(|_| metadata.jwks_uri.len() <= MAX_URL);
        // An issuer elsewhere must not make this service ask what runs on its own machine.
        let keys = keys.filter(|keys| self.is_here || !is_here(keys));
        keys.ok_or_else(|| FetchKeysError::KeysUrl {
            url: url(),
            found: quoted(&metadata.jwks_uri),
        })
    }
}

fn quoted(text: &str) -> Box<str> {
    text.chars().take(QUOTED).collect::<String>().into()
}

/// The addresses in the order of the authorization specification of the Model Context Protocol: RFC
/// 8414 §3.1, then OpenID in the way of RFC 8414 §5 (both put their name in front of the path), then
/// OpenID Connect Discovery §4 (behind it).
fn addresses(issuer: &str, uri: &Uri) -> Result<Vec<Uri>, InvalidUrl> {
    let path = uri.path().trim_end_matches('/');
    let root = issuer.trim_end_matches('/');
    // An empty path is no part of the text, one of `/` alone was trimmed.
    let root = root.strip_suffix(path).unwrap_or(root);
    let mut addresses = vec![
        format!("{root}/.well-known/oauth-authorization-server{path}"),
        format!("{root}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        addresses.push(format!("{root}{path}/.well-known/openid-configuration"));
    }
    addresses.iter().map(|address| server_url(address)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn of(issuer: &str) -> Vec<String> {
        let discovery = Discovery::new(issuer.into()).unwrap();
        discovery.addresses.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn j30_addresses_of_the_metadata() {
        let server = "https://a.example/.well-known/oauth-authorization-server";
        let openid = "https://a.example/.well-known/openid-configuration";
        assert_eq!(of("https://a.example"), [server, openid]);
        assert_eq!(of("https://a.example/"), [server, openid]);
        let with_path = [
            format!("{server}/t/1"),
            format!("{openid}/t/1"),
            "https://a.example/t/1/.well-known/openid-configuration".to_owned(),
        ];
        assert_eq!(of("https://a.example/t/1"), with_path);
        assert_eq!(of("https://a.example/t/1/"), with_path);
        assert_eq!(
            of("http://127.0.0.1:4000/a")[0],
            "http://127.0.0.1:4000/.well-known/oauth-authorization-server/a"
        );
    }

    #[test]
    fn j30_an_issuer_is_an_https_url_without_a_query() {
        for issuer in [
            "",
            "a.example",
            "/t",
            "http://a.example",
            "https://a.example?t=1",
            "https://a.example/t?",
            "https://a.example#t",
            "https://user@a.example",
            "https://",
        ] {
            assert!(Discovery::new(issuer.into()).is_err(), "{issuer}");
        }
    }
}
