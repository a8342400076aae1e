//! [`LogOut`]: what browsers delete when a user logs out.

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue, Response};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Gone after a second, and says nothing. Its only use is to be set.
const LOGGED_OUT: HeaderValue =
    HeaderValue::from_static("logged-out=1; Max-Age=1; Path=/; HttpOnly; SameSite=Lax");

/// The headers of a response that logs a user out, so that the browser shows no page from before
/// ([A24](crate::semantics#a24)). The session itself is for the handler to end.
///
/// There are three places from which a browser shows a page again:
///
/// - Its HTTP cache keeps what is `private`. [`clear_cache`](Self::clear_cache) empties it.
/// - Its back-forward cache keeps whole pages, for the *back* button. Chromium keeps a page with
///   `no-store` there as well, until a response sets a cookie that is `HttpOnly`; to delete one, as a
///   log-out does, does not count (tried with Chromium 156). So this type sets `logged-out=1` for one
///   second. It needs
///   [`no_store_for_verified_callers`](crate::AuthenticateLayer::no_store_for_verified_callers) beside
///   it, since Chromium keeps a `private` page in either case.
/// - Scripts keep data in storages, and service workers in caches of their own.
///   [`clear_storage`](Self::clear_storage) deletes both.
///
/// ```
/// use http::{Response, StatusCode, header::LOCATION};
/// use portcullis::login::LogOut;
///
/// let mut response = Response::new(());
/// *response.status_mut() = StatusCode::SEE_OTHER;
/// response.headers_mut().insert(LOCATION, "/".parse().unwrap());
/// let response = LogOut::new().clear_cache().clear_storage().mark(response);
/// assert_eq!(response.headers()["clear-site-data"], "\"cache\", \"storage\"");
/// ```
///
/// In axum it is a part of a response, `(LogOut::new().clear_cache(), Redirect::to("/"))`. A handler
/// that responds with a denial has
/// [`Denial::with_log_out`](crate::Denial::with_log_out).
///
/// Browsers obey `Clear-Site-Data` over HTTPS and on localhost only, and may take some hundred
/// milliseconds for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "it does nothing until it is on a response"]
pub struct LogOut {
    cache: bool,
    cookies: bool,
    storage: bool,
}

impl LogOut {
    /// Makes Chromium drop pages with `no-store` from its back-forward cache.
    pub const fn new() -> Self {
        Self { cache: false, cookies: false, storage: false }
    }

    /// Adds `"cache"` to `Clear-Site-Data`: the browser empties its HTTP cache for this origin.
    pub const fn clear_cache(mut self) -> Self {
        self.cache = true;
        self
    }

    /// Adds `"storage"`: the browser deletes the origin's storages (`localStorage`, IndexedDB, the
    /// caches of service workers) and unregisters its service workers. Drafts that a user has kept there
    /// are lost.
    pub const fn clear_storage(mut self) -> Self {
        self.storage = true;
        self
    }

    /// Adds `"cookies"`: the browser deletes all cookies of the registrable domain, also those of other
    /// hosts in it. A log-out seldom needs this, since it deletes the cookie of its session. In
    /// Chromium pages with `no-store` then stay in the back-forward cache (see above).
    pub const fn clear_cookies(mut self) -> Self {
        self.cookies = true;
        self
    }

    /// Adds the headers to a response.
    #[must_use]
    pub fn mark<B>(self, mut response: Response<B>) -> Response<B> {
        self.add_to(response.headers_mut());
        response
    }

    pub(crate) fn add_to(self, headers: &mut HeaderMap) {
        headers.append(SET_COOKIE, LOGGED_OUT);
        if let Some(clears) = self.clear_site_data() {
            headers.insert(CLEAR_SITE_DATA, HeaderValue::from_static(clears));
        }
    }

    fn clear_site_data(self) -> Option<&'static str> {
        match (self.cache, self.cookies, self.storage) {
            (false, false, false) => None,
            (true, false, false) => Some(r#""cache""#),
            (false, true, false) => Some(r#""cookies""#),
            (false, false, true) => Some(r#""storage""#),
            (true, true, false) => Some(r#""cache", "cookies""#),
            (true, false, true) => Some(r#""cache", "storage""#),
            (false, true, true) => Some(r#""cookies", "storage""#),
            (true, true, true) => Some(r#""cache", "cookies", "storage""#),
        }
    }
}
