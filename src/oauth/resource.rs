//! [`Resource`]: the protected resource that this service is.

use http::Uri;
use serde::Serialize;
use serde_json::{Map, Value};

use super::metadata::MetadataLayer;
use super::url::{InvalidUrl, issuer_url, page_url, resource_url};
use crate::challenge::Challenge;
use crate::denial::token;
use crate::policy::InvalidScopeToken;

/// The path under which the metadata of a host is found (RFC 9728 §3).
pub(super) const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// The protected resource that this service is (RFC 9728): what clients have to know before they
/// request a token for it.
///
/// ```
/// use portcullis::oauth::Resource;
///
/// let notes = Resource::new("https://api.example.com/notes")?
///     .authorization_server("https://login.example.com")?
///     .scopes(["notes:read", "notes:write"])?
///     .name("Notes")
///     .documentation("https://example.com/docs/notes#tokens")?;
/// assert_eq!(
///     notes.metadata_url(),
///     "https://api.example.com/.well-known/oauth-protected-resource/notes",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | who | uses it |
/// |---|---|
/// | [`Jwt`](super::Jwt), [`Introspection`](super::Introspection) | accepts only tokens whose `aud` is the [identifier](Self::identifier) |
/// | [`AccessTokens::metadata`](super::AccessTokens::metadata) | names the [URL of the metadata](Self::metadata_url) in each challenge |
/// | [`layer`](Self::layer) | serves the metadata there |
///
/// # The identifier
///
/// The URL that clients use, without the parts of it that differ between requests. Clients compare it
/// letter by letter with the URL from which they derived the address of the metadata (RFC 9728 §3.3),
/// and authorization servers copy it into `aud`. Nothing in it is taken from a request. Write it
/// without a slash at the end: a widely used client drops that slash before it requests the metadata.
/// Scheme and host are in lower case, and the port 443 is left out, because clients do the same.
///
/// The URLs of servers begin with `https://`; for 127.0.0.1, \[::1] and localhost `http://` is accepted
/// too, for tests.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    identifier: String,
    metadata_url: String,
    /// The members of the metadata.
    members: Map<String, Value>,
}

/// A member of the metadata that cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidMember {
    /// A member for which [`Resource`] has a method, or one that says something else than this crate
    /// does.
    #[error(
        "`{0}` cannot be set: `Resource` has a method for it, or it would promise what this crate does \
         not do"
    )]
    Reserved(String),
    /// The value cannot be written as JSON.
    #[error("the value of `{0}` cannot be written as JSON")]
    NotJson(String),
}

/// The members that [`Resource::member`] does not set. Tokens bound to keys are refused, so the
/// metadata cannot promise to accept them; `signed_metadata` would contradict what is added later.
const RESERVED: [&str; 13] = [
    "resource",
    "authorization_servers",
    "scopes_supported",
    "bearer_methods_supported",
    "resource_name",
    "resource_documentation",
    "resource_policy_uri",
    "resource_tos_uri",
    "tls_client_certificate_bound_access_tokens",
    "dpop_signing_alg_values_supported",
    "dpop_bound_access_tokens_required",
    "signed_metadata",
    "",
];

impl Resource {
    /// The resource with this identifier, an absolute URL that may have a query.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`] if it is not a URL as [above](Self#the-identifier), or if the URL of its metadata
    /// cannot be written into a challenge.
    pub fn new(identifier: &str) -> Result<Self, InvalidUrl> {
        let uri = resource_url(identifier)?;
        let metadata_url = metadata_url(&uri);
        let challenge = Challenge::builder("Bearer").param("resource_metadata", &metadata_url);
        if challenge.build().is_err() {
            return Err(InvalidUrl::LookAlike(identifier.to_owned()));
        }
        let mut members = Map::new();
        members.insert("resource".to_owned(), identifier.into());
        // Tokens in the query or in a form are not read (RFC 9700 §4.3.2).
        members.insert("bearer_methods_supported".to_owned(), vec!["header"].into());
        Ok(Self { identifier: identifier.to_owned(), metadata_url, members })
    }

    /// Names an authorization server that issues tokens for this resource, by its issuer identifier
    /// (`authorization_servers`). Call it once for each. Clients take the first that they can use.
    ///
    /// This tells clients where to go. Which tokens are accepted, the verifier says.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`]; an issuer has no query (RFC 8414 §2).
    pub fn authorization_server(mut self, issuer: &str) -> Result<Self, InvalidUrl> {
        issuer_url(issuer)?;
        self.add("authorization_servers", issuer);
        Ok(self)
    }

    /// Names the scopes that clients may request for this resource (`scopes_supported`), in this order.
    ///
    /// Clients of MCP servers request all of these where a challenge names no scope, so leave out those
    /// that few should have. [`AccessTokens::ask_for`](super::AccessTokens::ask_for) names the scopes
    /// to begin with.
    ///
    /// # Errors
    ///
    /// [`InvalidScopeToken`]
    pub fn scopes<S: AsRef<str>>(
        mut self,
        scopes: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidScopeToken> {
        for scope in scopes {
            let scope = token(scope)?;
            self.add("scopes_supported", &scope);
        }
        Ok(self)
    }

    /// The name of the resource for people (`resource_name`). For other languages, add a
    /// [member](Self::member) such as `resource_name#de` (RFC 9728 §2.1).
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.with("resource_name", name)
    }

    /// The page that explains developers how to use it (`resource_documentation`).
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`]
    pub fn documentation(self, url: &str) -> Result<Self, InvalidUrl> {
        page_url(url).map(|()| self.with("resource_documentation", url))
    }

    /// The page that says how clients may use the data (`resource_policy_uri`).
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`]
    pub fn policy(self, url: &str) -> Result<Self, InvalidUrl> {
        page_url(url).map(|()| self.with("resource_policy_uri", url))
    }

    /// The page with the terms of service (`resource_tos_uri`).
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`]
    pub fn terms_of_service(self, url: &str) -> Result<Self, InvalidUrl> {
        page_url(url).map(|()| self.with("resource_tos_uri", url))
    }

    /// Adds a member of the metadata for which there is no method, or replaces it: of another RFC, of
    /// another language, or your own.
    ///
    /// ```
    /// # use portcullis::oauth::Resource;
    /// let notes = Resource::new("https://api.example.com/notes")?
    ///     .name("Notes")
    ///     .member("resource_name#de", "Notizen")?
    ///     .member("authorization_details_types_supported", ["note"])?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidMember`]
    pub fn member(mut self, name: &str, value: impl Serialize) -> Result<Self, InvalidMember> {
        if RESERVED.contains(&name) {
            return Err(InvalidMember::Reserved(name.to_owned()));
        }
        let value =
            serde_json::to_value(value).map_err(|_| InvalidMember::NotJson(name.to_owned()))?;
        self.members.insert(name.to_owned(), value);
        Ok(self)
    }

    /// The identifier, which is the `aud` of its tokens.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// The URL of the metadata: `/.well-known/oauth-protected-resource`, inserted between the host and
    /// the path of the identifier (RFC 9728 §3.1).
    pub fn metadata_url(&self) -> &str {
        &self.metadata_url
    }

    /// The layer that serves the metadata. Put it outside everything else.
    pub fn layer(&self) -> MetadataLayer {
        MetadataLayer::new(self)
    }

    /// The metadata as JSON.
    pub(super) fn json(&self) -> Vec<u8> {
        Value::Object(self.members.clone()).to_string().into_bytes()
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    /// Adds a text to a list, once.
    fn add(&mut self, name: &str, value: &str) {
        let list = self.members.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list
            && !list.iter().any(|known| known == value)
        {
            list.push(value.into());
        }
    }
}

/// Inserts the well-known path between host and path. A slash that follows the host and ends the path
/// is dropped.
fn metadata_url(identifier: &Uri) -> String {
    let scheme = identifier.scheme_str().unwrap_or_default();
    let authority = identifier.authority().map_or("", |authority| authority.as_str());
    let path = identifier.path();
    let path = if path == "/" { "" } else { path };
    let query = identifier.query();
    let (mark, query) = query.map_or(("", ""), |query| ("?", query));
    format!("{scheme}://{authority}{WELL_KNOWN}{path}{mark}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j01_the_metadata_is_between_host_and_path() {
        const ORIGIN: &str = "https://api.example";
        let cases = [
            ("", ""),
            ("/", ""),
            ("/notes", "/notes"),
            ("/notes/", "/notes/"),
            ("/a/b", "/a/b"),
            ("//a", "//a"),
            ("?tenant=a", "?tenant=a"),
            ("/?tenant=a", "?tenant=a"),
            ("/notes?tenant=a&b", "/notes?tenant=a&b"),
        ];
        for (path, expected) in cases {
            let resource = Resource::new(&format!("{ORIGIN}{path}")).unwrap();
            assert_eq!(
                resource.metadata_url(),
                format!("{ORIGIN}{WELL_KNOWN}{expected}"),
                "{path}"
            );
            assert_eq!(resource.identifier(), format!("{ORIGIN}{path}"));
        }
    }

    #[test]
    fn j01_a_resource_whose_metadata_no_challenge_can_name_is_not_built() {
        for path in ["/scope=a", "/x?error=1", "?scope=", "/Scope=a"] {
            let url = format!("https://api.example{path}");
            assert_eq!(Resource::new(&url), Err(InvalidUrl::LookAlike(url.clone())), "{path}");
        }
        assert!(Resource::new("https://api.example/scope%3Da").is_ok());
    }
}
