//! [`LoginPage`]: the page to which browsers are redirected to log in (F06).

use std::fmt::Write;

use http::Uri;
use http::uri::PathAndQuery;

use super::lead::LeadOptions;
use super::{InvalidReturnPath, ReturnPath};

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
    page: ReturnPath,
    /// The query parameter that holds the return path, if there is one.
    return_in: Option<Box<str>>,
    pub(super) options: LeadOptions,
}

/// The error for a [`LoginPage`] that cannot be configured like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLoginPage {
    /// The login page is not a path of this site.
    #[error("the login page is a path of this site, such as `/login`, perhaps with a query")]
    Path(#[from] InvalidReturnPath),
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
        Ok(Self { page, return_in: None, options: LeadOptions::DEFAULT })
    }

    /// Adds the target of the redirected request to the page's query, in this parameter. Without
    /// this call the page does not get it. A target that is not a valid [`ReturnPath`] is left out.
    ///
    /// The stage writes the target as it sees it: inside a nested axum router, it is without the
    /// prefix.
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

    /// Whether a request with this target is for the page itself.
    pub(super) fn is_at(&self, target: &Uri) -> bool {
        target.path() == self.path()
    }

    /// The query parameter that holds the return path.
    pub(super) fn return_parameter(&self) -> Option<&str> {
        self.return_in.as_deref()
    }

    /// Returns the `Location` for a login that returns to this target, if there is one.
    pub(super) fn location(&self, target: Option<&PathAndQuery>) -> String {
        let mut location = self.page.as_str().to_owned();
        let path = target.and_then(|target| ReturnPath::parse(target.as_str()).ok());
        if let (Some(parameter), Some(path)) = (&self.return_in, path) {
            let separator = if location.contains('?') { '&' } else { '?' };
            let _ = write!(location, "{separator}{parameter}={}", Encoded(path.as_str()));
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
