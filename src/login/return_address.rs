//! [`ReturnAddress`]: the address to which a login on another host returns.

use std::fmt;

use http::HeaderValue;

use super::{InvalidReturnPath, ReturnOrigins, ReturnPath};

/// The address to which a login service redirects, on a host for which many applications log in
/// (single sign-on).
///
/// It is the [`ReturnPath`] of a login on another host: a [`LoginPage`](crate::LoginPage)
/// [at an origin](crate::LoginPage::at_origin) writes one into the query, and the login service parses
/// it, as untrusted input:
///
/// ```
/// use portcullis::login::{ReturnAddress, ReturnOrigins};
///
/// fn after_login(next: Option<&str>, applications: &ReturnOrigins) -> String {
///     let next = next.and_then(|next| ReturnAddress::parse(next, applications).ok());
///     next.map_or("https://notes.example/".to_owned(), |next| next.to_string())
/// }
///
/// let applications = ReturnOrigins::new(["https://notes.example", "https://wiki.example:8443"])?;
/// let next = "https://notes.example/notes/7?page=2";
/// assert_eq!(after_login(Some(next), &applications), next);
/// for next in ["https://evil.example/", "https://notes.example@evil.example/", "/notes"] {
///     assert_eq!(after_login(Some(next), &applications), "https://notes.example/");
/// }
/// # Ok::<(), portcullis::login::InvalidOrigin>(())
/// ```
///
/// # What it accepts
///
/// One of the [origins](ReturnOrigins), byte for byte, and a [`ReturnPath`] after it, or nothing. So it
/// is not parsed as a URL, and no two parsers can disagree about its host. Refused is what a browser
/// would resolve to one of the origins but not write itself: another case, the scheme's own port, a
/// dot after the host, a user.
///
/// It is not a permission: the application judges the request that follows. If the login service adds
/// a secret to the address, such as a code, every page of the origins can get it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReturnAddress(Box<str>);

/// The error for a text that is not a [`ReturnAddress`]. It does not repeat the text, which is
/// untrusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidReturnAddress {
    /// It does not begin with an origin of the list.
    #[error("a return address begins with an origin in the list of `ReturnOrigins`")]
    Origin,
    /// What follows the origin is not a return path.
    #[error(transparent)]
    Path(#[from] InvalidReturnPath),
}

impl ReturnAddress {
    /// Parses an untrusted address.
    ///
    /// # Errors
    ///
    /// [`InvalidReturnAddress`] if it might lead to an origin that is not in the list, or is not a
    /// valid address.
    pub fn parse(text: &str, origins: &ReturnOrigins) -> Result<Self, InvalidReturnAddress> {
        let (origin, path) = origins.strip(text).ok_or(InvalidReturnAddress::Origin)?;
        let path = ReturnPath::parse(if path.is_empty() { "/" } else { path })?;
        Ok(Self(format!("{origin}{path}").into()))
    }

    /// Returns the address, as it stands in a `Location`. It always has a path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReturnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AsRef<str> for ReturnAddress {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// For `Location`.
impl From<&ReturnAddress> for HeaderValue {
    fn from(address: &ReturnAddress) -> Self {
        // A return address is visible ASCII, so this does not fail.
        Self::from_str(address.as_str()).unwrap_or(Self::from_static("/"))
    }
}
