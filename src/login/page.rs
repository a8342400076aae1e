//! [`LoginPage`]: the page to which browsers are redirected to log in (F06).

use std::fmt::Write;

use http::Uri;
use http::request::Parts;

use super::lead::{LeadOptions, ReturnTarget};
use super::origin::{self, Origin};
use super::{InvalidOrigin, InvalidReturnPath, ReturnOrigins, ReturnPath};
use crate::original_target::OriginalTarget;

/// The page on which people log in, for
/// [`AuthenticateLayer::login_page`](crate::AuthenticateLayer::login_page).
///
/// ```
/// use portcullis::LoginPage;
///
/// let page = LoginPage::at("/login")?.return_in("next")?;
/// // GET /notes?page=2 is redirected to /login?next=/notes%3Fpage%3D2
/// # Ok::<(), portcullis::login::InvalidLoginPage>(())
/// ```
///
/// After a wrong password, the handler of the form shows the form again, with status 403: a 401
/// requests credentials in `Authorization`, and browsers would open a dialog. After a right one, it
/// gives the session a new identifier, so that an attacker who planted the old one gains nothing,
/// and redirects to the [`ReturnPath`] in the parameter.
#[derive(Clone, Debug)]
pub struct LoginPage {
    /// `None` for a page of this site.
    host: Option<Host>,
    page: ReturnPath,
    /// The query parameter that holds the return path, if there is one.
    return_in: Option<Box<str>>,
    pub(super) options: LeadOptions,
}

/// The host of a login page, and the origins that may get their users back from there.
#[derive(Clone, Debug)]
struct Host {
    origin: Origin,
    returns_to: ReturnOrigins,
}

/// The error for a [`LoginPage`] that cannot be configured like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLoginPage {
    /// The path of the login page is none.
    #[error(
        "a login page is a path of this site, such as `/login`, perhaps with a query; for a page on \
         another host there is `LoginPage::at_origin`, whose address has such a path"
    )]
    Path(#[from] InvalidReturnPath),
    /// The address of a login page on another host does not begin with an origin.
    #[error(
        "the address of a login page is an origin and a path, such as `https://sso.example/login`"
    )]
    Origin(#[source] InvalidOrigin),
    /// The parameter's name would have to be encoded, or is already in the page's own query.
    #[error(
        "`{0}` cannot name the parameter with the return path: use letters, digits, `-`, `_` or `.`, \
         and a name that the page's own query does not have"
    )]
    Parameter(String),
}

impl LoginPage {
    /// Creates a login page at this path, which may have a query of its own. The page must be
    /// reachable without authentication: route it outside the stage, or make the stage
    /// [optional](crate::AuthenticateLayer::optional).
    ///
    /// # Errors
    ///
    /// [`InvalidLoginPage`] if the path is not local, by the rules of [`ReturnPath`].
    pub fn at(path: &str) -> Result<Self, InvalidLoginPage> {
        let page = ReturnPath::parse(path)?;
        Ok(Self { host: None, page, return_in: None, options: LeadOptions::DEFAULT })
    }

    /// Creates a login page on another host, where many applications log in (single sign-on).
    ///
    /// There [`return_in`](Self::return_in) adds the full address of the redirected request: one of
    /// these origins, with path and query. The stage finds the origin by the host that the client has
    /// used (of the [original target](crate::OriginalTarget), else `Host`), and takes scheme, host and
    /// port from the list. A request for any other host is redirected without an address, so that a
    /// forged `Host` has no effect. The login service parses the address with
    /// [`ReturnAddress::parse`](super::ReturnAddress::parse).
    ///
    /// ```
    /// use portcullis::LoginPage;
    /// use portcullis::login::ReturnOrigins;
    ///
    /// let own = ReturnOrigins::new(["https://notes.example"])?;
    /// let page = LoginPage::at_origin("https://sso.example/login", own)?.return_in("next")?;
    /// // GET /notes?page=2 with Host: notes.example is redirected to
    /// // https://sso.example/login?next=https%3A//notes.example/notes%3Fpage%3D2
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidLoginPage`] if the address is not an origin, in the form of [`ReturnOrigins`], and a
    /// path by the rules of [`ReturnPath`].
    pub fn at_origin(address: &str, returns_to: ReturnOrigins) -> Result<Self, InvalidLoginPage> {
        let start = address.find("://").map_or(0, |scheme| scheme + 3);
        let end = address[start..].find('/').map_or(address.len(), |path| start + path);
        let (origin, path) = address.split_at(end);
        let origin = Origin::parse(origin).map_err(InvalidLoginPage::Origin)?;
        let page = ReturnPath::parse(if path.is_empty() { "/" } else { path })?;
        let host = Some(Host { origin, returns_to });
        Ok(Self { host, page, return_in: None, options: LeadOptions::DEFAULT })
    }

    /// Adds the target of the redirected request to the page's query, in this parameter. Without
    /// this call the page does not get it. A target that is not a valid [`ReturnPath`] is left out.
    ///
    /// It is the [original target](crate::OriginalTarget): inside a nested axum router, without the
    /// prefix, unless the stage is told how to find that.
    ///
    /// # Errors
    ///
    /// [`InvalidLoginPage`] if the name would have to be encoded, or is already in the query.
    pub fn return_in(self, parameter: &str) -> Result<Self, InvalidLoginPage> {
        let needs_no_encoding = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let names = self.query().split('&').map(|pair| pair.split('=').next().unwrap_or_default());
        let is_taken = names.into_iter().any(|name| name == parameter);
        if parameter.is_empty() || !parameter.bytes().all(needs_no_encoding) || is_taken {
            return Err(InvalidLoginPage::Parameter(parameter.to_owned()));
        }
        Ok(Self { return_in: Some(parameter.into()), ..self })
    }

    /// Whether the request is for the page itself.
    pub(super) fn is_requested_by(&self, request: &Parts) -> bool {
        let is_at_host = |host: &Host| {
            origin::authority(request).is_some_and(|authority| host.origin.is_at(&authority))
        };
        OriginalTarget::of(request).path() == self.path()
            && self.host.as_ref().is_none_or(is_at_host)
    }

    /// Whether this is the address of the page. For a page of this site, its host does not count.
    pub(super) fn is_at(&self, address: &Uri) -> bool {
        let is_at_host =
            |host: &Host| address.authority().is_some_and(|named| host.origin.is_at(named));
        address.path() == self.path() && self.host.as_ref().is_none_or(is_at_host)
    }

    /// Returns the origin to which a login on another host returns, if this request is for one in the
    /// list.
    pub(super) fn return_origin(&self, request: &Parts) -> Option<Box<str>> {
        let origin = self.host.as_ref()?.returns_to.of_request(request)?;
        Some(origin.as_str().into())
    }

    /// The query parameter that holds the return path.
    pub(super) fn return_parameter(&self) -> Option<&str> {
        self.return_in.as_deref()
    }

    /// Returns the `Location` for a login that returns to this target, if there is one.
    pub(super) fn location(&self, target: Option<&ReturnTarget>) -> String {
        let mut location = String::new();
        if let Some(host) = &self.host {
            location.push_str(host.origin.as_str());
        }
        location.push_str(self.page.as_str());
        // To another host, a path alone would lead back to a page there.
        let target = target.filter(|target| self.host.is_none() || target.origin.is_some());
        let path = target.and_then(|target| ReturnPath::parse(target.path.as_str()).ok());
        if let (Some(parameter), Some(target), Some(path)) = (&self.return_in, target, path) {
            let separator = if location.contains('?') { '&' } else { '?' };
            let origin = Encoded(target.origin.as_deref().unwrap_or_default());
            let _ = write!(location, "{separator}{parameter}={origin}{}", Encoded(path.as_str()));
        }
        location
    }

    fn path(&self) -> &str {
        self.page.as_str().split('?').next().unwrap_or_default()
    }

    fn query(&self) -> &str {
        self.page.as_str().split_once('?').unwrap_or_default().1
    }
}

/// Displays a query value percent-encoded, except unreserved characters, and `/` for legibility.
struct Encoded<'a>(&'a str);

impl std::fmt::Display for Encoded<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
                f.write_char(byte.into())?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
        Ok(())
    }
}
