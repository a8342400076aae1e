//! Whether caches may keep the responses to verified callers.

use super::identity_service::IdentityService;
use super::layer::AuthenticateLayer;
use crate::observe::Observe;
use crate::respond::Respond;

/// Which headers for caches the stage adds to the service's responses (A02, A11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CacheHeaders {
    /// None.
    Off,
    /// `Vary`, and `private` for verified callers.
    Private,
    /// `Vary`, and `no-store` for verified callers.
    NoStore,
}

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateLayer<I, R, O> {
    /// Adds neither `Cache-Control` nor `Vary` to the service's responses. This and
    /// [`no_store_for_verified_callers`](Self::no_store_for_verified_callers) replace each other.
    pub fn without_cache_headers(self) -> Self {
        self.with(|settings| settings.cache_headers = CacheHeaders::Off)
    }

    /// Adds `Cache-Control: no-store` to the responses to verified callers, in place of `private`
    /// ([A11](crate::semantics#a11)), also beside `max-age`: nothing may keep them, and a browser
    /// requests a page again when its user goes back to it after a log-out.
    ///
    /// Chromium keeps such pages in its back-forward cache nevertheless, until a log-out sets a cookie:
    /// see [`LogOut`](crate::login::LogOut), which does so. Responses that the service declares as
    /// shared (`public`, `s-maxage`), such as scripts and styles, stay as they are.
    ///
    /// ```
    /// use portcullis::{AuthenticateLayer, Identity};
    ///
    /// # fn layer(identity: impl Identity) {
    /// let layer = AuthenticateLayer::new(identity).no_store_for_verified_callers();
    /// # }
    /// ```
    pub fn no_store_for_verified_callers(self) -> Self {
        self.with(|settings| settings.cache_headers = CacheHeaders::NoStore)
    }
}
