//! [`LoginPage`]: where a browser is sent that has to log in (F06).

use std::fmt::Write;

use http::Uri;
use http::uri::PathAndQuery;

use crate::return_path::{InvalidReturnPath, ReturnPath};

/// The page on which people log in.
///
/// Given to [`AuthenticateLayer::login_page`](crate::AuthenticateLayer::login_page).
///
/// ```
/// use portcullis::LoginPage;
///
/// let page = LoginPage::at("/login")?.return_in("next")?;
/// // GET /notes?page=2 is sent to /login?next=/notes%3Fpage%3D2
/// # Ok::<(), portcullis::InvalidLoginPage>(())
/// ```
///
/// Its form answers a wrong password with itself, and 403: a 401 asks for credentials in
/// `Authorization`, with a dialog in a browser. A right one gives the session a new identifier, so
/// that one who planted the old one gains nothing; and it leads to the [`ReturnPath`] of the
/// parameter.
#[derive(Clone, Debug)]
pub struct LoginPage {
    page: ReturnPath,
    /// The name of the parameter, if the page wants to know.
    return_in: Option<Box<str>>,
}

/// A login page cannot be configured like this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidLoginPage {
    /// It is not a path of this site.
    #[error("the login page is a path of this site, such as `/login`, perhaps with a query")]
    Path(#[from] InvalidReturnPath),
    /// The name would have to be encoded, or is in the page's own query already.
    #[error(
        "`{0}` cannot name the parameter with the return path: use letters, digits, `-`, `_` or `.`, \
         and a name that the page's own query does not have"
    )]
    Parameter(String),
}

impl LoginPage {
    /// The page at this path, which may have a query of its own. It needs no identity: let it lie
    /// outside the stage, or make the stage [optional](crate::AuthenticateLayer::optional).
    ///
    /// # Errors
    ///
    /// [`InvalidLoginPage`] if it is no local path, by the rules of [`ReturnPath`].
    pub fn at(path: &str) -> Result<Self, InvalidLoginPage> {
        Ok(Self { page: ReturnPath::parse(path)?, return_in: None })
    }

    /// Tells the page where its reader came from, in this parameter of the query. Without it the
    /// page is not told. A request target that is no [`ReturnPath`] is not mentioned.
    ///
    /// It is the target as the stage sees it: a stage inside an axum router that was nested sees
    /// it without its prefix.
    ///
    /// # Errors
    ///
    /// [`InvalidLoginPage`] if the name would have to be encoded, or is taken.
    pub fn return_in(self, parameter: &str) -> Result<Self, InvalidLoginPage> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let names = self.query().split('&').map(|pair| pair.split('=').next().unwrap_or_default());
        let is_taken = names.into_iter().any(|name| name == parameter);
        if parameter.is_empty() || !parameter.bytes().all(plain) || is_taken {
            return Err(InvalidLoginPage::Parameter(parameter.to_owned()));
        }
        Ok(Self { return_in: Some(parameter.into()), ..self })
    }

    /// Whether the request is for the page itself. Sending it there again would never end.
    pub(super) fn is(&self, target: &Uri) -> bool {
        target.path() == self.path()
    }

    /// Where to send a request for this target.
    pub(super) fn location(&self, target: &PathAndQuery) -> String {
        let mut location = self.page.as_str().to_owned();
        if let (Some(parameter), Ok(back)) = (&self.return_in, ReturnPath::parse(target.as_str())) {
            let separator = if location.contains('?') { '&' } else { '?' };
            let _ = write!(location, "{separator}{parameter}={}", Encoded(back.as_str()));
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

/// A value in a query: what is not unreserved is encoded, except `/`, which reads better.
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
