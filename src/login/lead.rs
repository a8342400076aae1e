//! How a request is led to the login page (F06): by a redirect, by a page with a link, or by a header
//! for a script. Which of them, and where the login returns to.

use http::header::REFERER;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, Method, Uri};

use super::origin;
use super::request_kind::TURBO_FRAME;
use super::{LoginPage, RequestKind};
use crate::original_target::OriginalTarget;

const HX_CURRENT_URL: HeaderName = HeaderName::from_static("hx-current-url");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// How a refused request is led to the login page.
#[derive(Debug)]
pub(crate) struct LoginLead {
    pub(crate) way: LeadWay,
    /// What the login returns to, if that is known.
    pub(crate) return_target: Option<ReturnTarget>,
}

/// The target to which a login returns.
#[derive(Debug)]
pub(crate) struct ReturnTarget {
    pub(super) path: PathAndQuery,
    /// For a login page on another host: an origin in its list.
    pub(super) origin: Option<Box<str>>,
}

/// What takes the person to the login page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeadWay {
    /// A 303 in place of the 401.
    Redirect,
    /// A page with a link, as the body of the 401.
    Link,
    /// The same, for a frame of Turbo: the page says that it is to be shown in the window.
    LinkOutOfFrame,
    /// `HX-Redirect` on the 401.
    HxRedirect,
}

/// What a [`LoginPage`] does beside redirecting navigations.
#[derive(Clone, Copy, Debug)]
pub(super) struct LeadOptions {
    pub(super) redirects_forms: bool,
    pub(super) leads_htmx: bool,
    pub(super) leads_turbo: bool,
    pub(super) crawlers: CrawlerExclusion,
}

/// Which responses tell search engines not to list them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CrawlerExclusion {
    /// None.
    Nothing,
    /// The refusals, and the page with a return path.
    Refusals,
    /// These, and the page in every form.
    RefusalsAndPage,
}

impl LeadOptions {
    pub(super) const DEFAULT: Self = Self {
        redirects_forms: false,
        leads_htmx: false,
        leads_turbo: false,
        crawlers: CrawlerExclusion::Refusals,
    };
}

impl LoginPage {
    /// Redirects the sender of a form to the page (303), as a navigation. Without this call a form that
    /// was sent by a browser gets the 401, whose body is a short page with a link to the login.
    ///
    /// What was sent in the form is lost: the login returns to the page of the form (`Referer`, if it is
    /// a page of this origin and a valid [`ReturnPath`](super::ReturnPath)), never to the target of the
    /// `POST`.
    pub fn redirect_forms(mut self) -> Self {
        self.options.redirects_forms = true;
        self
    }

    /// Adds `HX-Redirect` to the 401 of a request by htmx (`HX-Request`), so that htmx opens the login
    /// page in the window. Without this call htmx 2 shows nothing, and htmx 4 swaps the body of the 401
    /// into the page; the page handles `htmx:responseError` (`htmx:response:error` in version 4).
    ///
    /// The login returns to the page that htmx was on (`HX-Current-URL`, else `Referer`). htmx sees the
    /// header only if the browser opens no dialog for the 401, so the stage must offer a scheme beside
    /// Basic and Digest.
    ///
    /// ```
    /// use portcullis::LoginPage;
    ///
    /// let page = LoginPage::at("/login")?.return_in("next")?.redirect_forms().redirect_htmx();
    /// # Ok::<(), portcullis::login::InvalidLoginPage>(())
    /// ```
    pub fn redirect_htmx(mut self) -> Self {
        self.options.leads_htmx = true;
        self
    }

    /// Makes the body of the 401 for a form that Turbo sends, and for a frame of Turbo (`Turbo-Frame`),
    /// a page with a link to the login, which Turbo shows in the window. Without this call Turbo shows
    /// nothing there. A visit by Turbo needs no such page: for a 401 without HTML, Turbo opens the
    /// address in the window, and that navigation is redirected.
    pub fn link_for_turbo(mut self) -> Self {
        self.options.leads_turbo = true;
        self
    }

    /// Keeps the page out of search engines also without a return path, by `X-Robots-Tag: noindex` on its
    /// successes. Without this call the page itself can be found, and only its copies with a
    /// [return path](Self::return_in) cannot ([F13](crate::semantics#f13)).
    ///
    /// Call it if no return path is configured. A search engine follows the redirect (303) and may list
    /// the address that it tried with what it found there, so that each protected address shows the login
    /// page. What the redirect itself says is not enough: Google has said that it tends to ignore a
    /// `noindex` beside a redirect.
    ///
    /// The stage can add the header only to a page that it covers, so the page has to be inside an
    /// [optional](crate::AuthenticateLayer::optional) stage. A page outside the stage, or on another host,
    /// sends `X-Robots-Tag: noindex` itself. In both cases `robots.txt` must not disallow the page: a
    /// crawler that may not read it sees no `noindex`. The guide on [crawlers](crate::guides::crawlers)
    /// has the sources.
    ///
    /// ```
    /// use portcullis::{AuthenticateLayer, Identity, LoginPage};
    ///
    /// # fn layer(identity: impl Identity) -> Result<(), portcullis::login::InvalidLoginPage> {
    /// let page = LoginPage::at("/login")?.noindex();
    /// let layer = AuthenticateLayer::new(identity).optional().login_page(page);
    /// # Ok(())
    /// # }
    /// ```
    pub fn noindex(mut self) -> Self {
        self.options.crawlers = CrawlerExclusion::RefusalsAndPage;
        self
    }

    /// Leaves out `X-Robots-Tag: noindex`. By default it is on the redirects to the page, on each 401
    /// and 403, and on the page itself if a [return path](Self::return_in) is in its query: otherwise a
    /// search engine lists the page once for every address that it tried. It is never on a 404. Of this
    /// and [`noindex`](Self::noindex), the last call counts.
    pub fn without_noindex(mut self) -> Self {
        self.options.crawlers = CrawlerExclusion::Nothing;
        self
    }

    /// Returns how this request is led to the page if it is refused with a 401. `None` for programs,
    /// for scripts that cannot use it, and for a request to the page itself, which would go in a circle.
    ///
    /// A client that names an offered scheme in `Authorization` gets the plain 401: it has to learn that
    /// its credentials failed, and a browser would send them again to the login page.
    pub(crate) fn lead(
        &self,
        request: &Parts,
        kind: RequestKind,
        names_offered_scheme: bool,
    ) -> Option<LoginLead> {
        if names_offered_scheme || self.is_requested_by(request) {
            return None;
        }
        let sender = || self.sending_page(request, &REFERER);
        let (way, return_target) = match kind {
            RequestKind::Navigation => {
                (LeadWay::Redirect, Some(OriginalTarget::of(request).path_and_query()?.clone()))
            }
            RequestKind::Form => {
                let way =
                    if self.options.redirects_forms { LeadWay::Redirect } else { LeadWay::Link };
                // A service worker that has changed the request is the sender, not the form's page.
                (way, sender().filter(|_| !is_changed_by_worker(&request.headers)))
            }
            RequestKind::Htmx if self.options.leads_htmx => {
                let current = self.sending_page(request, &HX_CURRENT_URL);
                (LeadWay::HxRedirect, current.or_else(sender))
            }
            RequestKind::Turbo if self.options.leads_turbo => {
                let is_in_frame = request.headers.contains_key(TURBO_FRAME);
                let way = match request.method {
                    _ if is_in_frame => LeadWay::LinkOutOfFrame,
                    Method::GET | Method::HEAD => return None,
                    _ => LeadWay::Link,
                };
                (way, sender())
            }
            RequestKind::Htmx
            | RequestKind::Turbo
            | RequestKind::Script
            | RequestKind::Prefetch
            | RequestKind::Subresource
            | RequestKind::WebSocket
            | RequestKind::Program => return None,
        };
        let origin = self.return_origin(request);
        Some(LoginLead {
            way,
            return_target: return_target.map(|path| ReturnTarget { path, origin }),
        })
    }

    /// Whether a success for this request is kept out of search engines: it is the page itself, with a
    /// return path or, by opt-in, in every form.
    pub(crate) fn is_kept_from_crawlers(&self, request: &Parts) -> bool {
        let has_parameter = |name: &str| {
            let mut pairs = OriginalTarget::of(request).query().unwrap_or_default().split('&');
            pairs.any(|pair| pair.split('=').next() == Some(name))
        };
        let excludes = match self.options.crawlers {
            CrawlerExclusion::Nothing => false,
            CrawlerExclusion::Refusals => self.return_parameter().is_some_and(has_parameter),
            CrawlerExclusion::RefusalsAndPage => true,
        };
        excludes && self.is_requested_by(request)
    }

    /// Whether a refusal with a page like this is kept out of search engines.
    pub(crate) fn excludes_crawlers(&self) -> bool {
        self.options.crawlers != CrawlerExclusion::Nothing
    }

    /// Returns the path of the page that sent the request, if it is another page of this origin than
    /// the login page.
    fn sending_page(&self, request: &Parts, header: &HeaderName) -> Option<PathAndQuery> {
        let page: Uri = request.headers.get(header)?.to_str().ok()?.parse().ok()?;
        let is_own =
            is_same_origin(&request.headers) || is_host_of(request, page.authority()?.as_str());
        if !is_own || self.is_at(&page) {
            return None;
        }
        page.path_and_query().cloned()
    }
}

/// Whether a service worker has changed the navigation before it handed it on.
fn is_changed_by_worker(headers: &HeaderMap) -> bool {
    headers.get(SEC_FETCH_MODE).is_some_and(|mode| mode == "same-origin")
}

/// Whether the browser says so. Then a proxy may have changed `Host`.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    sites.next().is_some_and(|site| site == "same-origin") && sites.next().is_none()
}

/// Whether the request was sent to this host and port.
fn is_host_of(request: &Parts, authority: &str) -> bool {
    origin::authority(request).is_some_and(|own| own.as_str().eq_ignore_ascii_case(authority))
}
