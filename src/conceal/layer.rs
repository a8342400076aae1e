//! [`ConcealLayer`] and how it is configured.

use std::fmt;
use std::sync::Arc;

use http::HeaderName;
use tower::Layer;

use super::area::Area;
use super::concealer::{Concealer, Settings};
use super::error::InvalidConcealment;
#[cfg(feature = "time-floor")]
use super::floor::TimeFloor;
use super::service::ConcealService;
use super::timing::{Immediate, ReleaseTiming};
use crate::respond::{Problem, Respond};

/// Layer that applies [`ConcealService`](crate::conceal::ConcealService): every 404 that leaves is
/// the same answer, whoever gave it, so that nobody can tell what is hidden from what is missing.
///
/// It belongs outside everything else that looks at paths: the router, its fallback, file
/// services, and the stages. The service's response body has to be axum's `Body`, or a
/// [`ResponseBody`](crate::ResponseBody), which adapts any other. What it does about each leak,
/// and what remains yours, is told in [Hiding a resource](crate::hiding_a_resource).
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response, StatusCode};
/// use http_body_util::Full;
/// use portcullis::{ConcealLayer, ResponseBody};
/// use tower::{ServiceBuilder, ServiceExt, service_fn};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let service = ServiceBuilder::new()
///     .layer(ConcealLayer::everywhere())
///     .map_response(ResponseBody::wrap) // axum's `Body` needs no adapter
///     .service_fn(|request: Request<()>| async move {
///         // Two ways to answer 404, as different parts of an application have them.
///         let response = match request.uri().path() {
///             "/hidden" => Response::builder().header("x-owner", "alice").status(404),
///             _ => Response::builder().status(404),
///         };
///         response.body(Full::new(Bytes::from(request.uri().path().to_owned())))
///     });
///
/// for path in ["/hidden", "/missing"] {
///     let response = service.clone().oneshot(Request::get(path).body(())?).await?;
///     assert_eq!(response.status(), StatusCode::NOT_FOUND);
///     let names: Vec<_> = response.headers().keys().map(|name| name.as_str()).collect();
///     assert_eq!(names, ["content-type", "content-length", "cache-control"]);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a layer hides nothing until it is applied to a service"]
pub struct ConcealLayer<R = Problem, T = Immediate> {
    curtain: Arc<Concealer<R>>,
    timing: T,
}

impl ConcealLayer {
    /// Every 404 of the service is the same answer.
    pub fn everywhere() -> Self {
        Self::new(Area::everywhere())
    }

    /// Every 404 to a path that is this prefix, or goes on from it with a slash, is the same
    /// answer. What lies outside is left alone.
    ///
    /// A path counts as under the prefix if *any* reading of it is (D15), since a service inside may
    /// read it otherwise than it was sent. A reading answers each of these questions in one way:
    ///
    /// | question | answers |
    /// |---|---|
    /// | Is the path percent-decoded (RFC 3986 §2.1)? | no; once |
    /// | When are dot-segments removed (§5.2.4)? | never; before it is decoded; afterwards; both |
    /// | Is `%2e` a dot before the path is decoded? | no; yes |
    /// | Does `\` separate segments before the path is decoded? | no; yes |
    /// | Do `\` and `%5c` separate segments once it is decoded? | no; yes |
    /// | Does `%2f` separate segments once it is decoded? | no; yes |
    /// | What is an empty segment (`//`)? | a segment, which `..` removes; nothing |
    /// | What are the parameters of a segment, from `;` on (§3.3)? | part of it; nothing, and dropped before all else |
    /// | What follows two slashes at the beginning of the path as it was sent? | the path; a host, and the path behind it (§4.2) |
    ///
    /// A path that passes the prefix on its way counts as well, as `/vault/../public` does under
    /// `/vault`. So does one that has `..` and more than 32 segments, separated in any of these ways:
    /// it is not read, so that reading takes a bounded time; nor is one of more than 2,048 bytes that can be
    /// read in more than one way. Double decoding is out of scope, and so is
    /// what else [remains yours](crate::hiding_a_resource#what-remains-yours).
    ///
    /// The prefix itself is a path as it is after all that: `/vault`, or `/` for all paths. Of two
    /// prefixes that a path is under, the one that hides more counts.
    ///
    /// # Errors
    ///
    /// [`InvalidConcealment::Prefix`] for what no path begins with once it is read.
    pub fn under(prefix: &str) -> Result<Self, InvalidConcealment> {
        Self::new(Area::nowhere()).and_under(prefix)
    }

    /// As [`hide_routes_under`](Self::hide_routes_under), leaving alone what lies outside.
    ///
    /// # Errors
    ///
    /// As [`under`](Self::under).
    pub fn routes_under(prefix: &str) -> Result<Self, InvalidConcealment> {
        Self::new(Area::nowhere()).hide_routes_under(prefix)
    }

    fn new(area: Area) -> Self {
        let curtain = Concealer::new(Arc::new(Problem::new()), Settings::new(area));
        Self { curtain: Arc::new(curtain), timing: Immediate }
    }
}

impl<R: Respond, T: ReleaseTiming> ConcealLayer<R, T> {
    /// Adds a prefix to the area, as [`under`](ConcealLayer::under) declares one.
    ///
    /// # Errors
    ///
    /// As [`under`](ConcealLayer::under).
    pub fn and_under(self, prefix: &str) -> Result<Self, InvalidConcealment> {
        self.try_with(|settings| settings.area.add(prefix, false))
    }

    /// Hides the very routes under the prefix: until the caller is permitted, every answer is the
    /// 404 of a path that does not exist (D12).
    ///
    /// A 405 with its `Allow`, a redirect to the path without a slash, a 400 about a path or a
    /// query, a 403, a 500 and the answer to `OPTIONS` become that 404. What leaves:
    ///
    /// 1. a success of any method but `OPTIONS` and `TRACE`,
    /// 2. an answer that is marked as [`Disclosed`](crate::Disclosed), and a denial that
    ///    [is](crate::Denial::disclosed),
    /// 3. what an authenticate stage says of credentials, before it calls what is inside,
    /// 4. any other answer but a denial, if an authorize stage has permitted the caller that
    ///    [discloses routes](crate::AuthorizeLayer::discloses_routes).
    ///
    /// So a stage that was put too far inside is covered, a policy that forgot to conceal is, and
    /// neither changes because other stages are outside. To admit callers, put a stage that
    /// discloses around the whole prefix:
    ///
    /// ```
    /// use portcullis::{AuthenticateLayer, AuthorizeLayer, ConcealLayer, conceal, role};
    /// # use portcullis::{HasRoles, Identity};
    /// # #[derive(Clone)]
    /// # struct User;
    /// # impl HasRoles for User { fn has_role(&self, _: &str) -> bool { false } }
    /// # fn app(vault: axum::Router, identity: impl Identity<Principal = User>) -> Result<axum::Router, Box<dyn std::error::Error>> {
    /// use axum::Router;
    ///
    /// let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    /// let vault = Router::new().fallback_service(vault).layer(admins);
    /// let app = Router::new()
    ///     .fallback_service(Router::new().nest("/vault", vault))
    ///     .layer(AuthenticateLayer::new(identity).optional())
    ///     .layer(ConcealLayer::routes_under("/vault")?);
    /// # Ok(app)
    /// # }
    /// ```
    ///
    /// An *authenticate* stage that was put too far inside is not covered: its 401 leaves where
    /// there is a route, and a path without a route answers 404. Put that stage around the
    /// finished router.
    ///
    /// # Errors
    ///
    /// As [`under`](ConcealLayer::under).
    pub fn hide_routes_under(self, prefix: &str) -> Result<Self, InvalidConcealment> {
        self.try_with(|settings| settings.area.add(prefix, true))
    }

    /// Keeps a field of the answer that a 404 replaces; none is kept unless it is named here.
    ///
    /// It is for what a middleware inside puts on every answer alike, as a request's id. Better
    /// that middleware is outside. Kept fields come last, in the order in which they were named.
    ///
    /// # Errors
    ///
    /// [`InvalidConcealment::Field`] for one that tells what exists (D04), or describes the body.
    pub fn keep_header(self, name: HeaderName) -> Result<Self, InvalidConcealment> {
        self.try_with(|settings| settings.keep_header(name))
    }

    /// Renders the 404 with this, in place of [`Problem`]: the application's own page.
    ///
    /// Fixed bytes, or what a service answers, are a [`StaticBody`](crate::StaticBody); a closure is wrapped in
    /// [`respond_fn`](crate::respond_fn).
    pub fn respond_with<P: Respond>(self, respond: P) -> ConcealLayer<P, T> {
        let curtain = Concealer::new(Arc::new(respond), self.curtain.settings.clone());
        ConcealLayer { curtain: Arc::new(curtain), timing: self.timing }
    }

    fn try_with(
        self,
        change: impl FnOnce(&mut Settings) -> Result<(), InvalidConcealment>,
    ) -> Result<Self, InvalidConcealment> {
        let mut settings = self.curtain.settings.clone();
        change(&mut settings)?;
        let curtain = Concealer::new(self.curtain.respond.clone(), settings);
        Ok(Self { curtain: Arc::new(curtain), timing: self.timing })
    }
}

#[cfg(feature = "time-floor")]
impl<R: Respond> ConcealLayer<R> {
    /// Lets no 404 leave earlier than this after its request arrived, and later ones only at a
    /// whole number of times this (D07): how long the work took does not show. The same goes for
    /// what an authenticate stage says by itself, as a 401, which what is hidden and what is missing
    /// may share.
    ///
    /// Take more than a slow refusal needs. Work that takes longer shows in steps of this length,
    /// so that what is rarely above it is rarely told. It waits on a timer, after everything that
    /// the service holds for the request is let go. The timer is one thread for the whole process,
    /// so any runtime will do.
    ///
    /// The request's body is [held](super::DeferredDropBody) as long, since a body that is let go shows when
    /// the work was done. So the service inside gets a `Request<DeferredDropBody<B>>`, which axum takes as
    /// it is. A service of one's own takes any body, rather than hyper's `Incoming` alone:
    ///
    /// ```
    /// use std::convert::Infallible;
    /// use std::time::Duration;
    ///
    /// use bytes::Bytes;
    /// use http::{Request, Response, StatusCode};
    /// use http_body::Body;
    /// use http_body_util::Full;
    /// use portcullis::{ConcealLayer, ResponseBody};
    /// use tower::ServiceBuilder;
    ///
    /// async fn missing<B: Body>(_: Request<B>) -> Result<Response<Full<Bytes>>, Infallible> {
    ///     let mut response = Response::new(Full::default());
    ///     *response.status_mut() = StatusCode::NOT_FOUND;
    ///     Ok(response)
    /// }
    ///
    /// let service = ServiceBuilder::new()
    ///     .layer(ConcealLayer::everywhere().time_floor(Duration::from_millis(20))?)
    ///     .map_response(ResponseBody::wrap)
    ///     .service_fn(missing);
    /// # let _ = |request: Request<hyper::body::Incoming>| tower::ServiceExt::oneshot(service, request);
    /// # Ok::<(), portcullis::InvalidConcealment>(())
    /// ```
    ///
    /// At most 10,000 requests to the area may arrive in each period of the floor's length, and of
    /// 100 ms where the floor is longer, [unless set](ConcealLayer::requests_per_period).
    ///
    /// # Errors
    ///
    /// [`InvalidConcealment::Floor`] for less than a millisecond or more than an hour.
    pub fn time_floor(
        self,
        floor: std::time::Duration,
    ) -> Result<ConcealLayer<R, TimeFloor>, InvalidConcealment> {
        if !TimeFloor::FLOORS.contains(&floor) {
            return Err(InvalidConcealment::Floor(floor));
        }
        Ok(ConcealLayer { curtain: self.curtain, timing: TimeFloor::new(floor) })
    }
}

#[cfg(feature = "time-floor")]
impl<R> ConcealLayer<R, TimeFloor> {
    /// Sets how many requests to the area may arrive in each period (D16), so that a flood of them
    /// takes a bounded amount of memory while their answers wait. A period is as long as the floor,
    /// and 100 ms where the floor is longer; so no more answers wait at a time than may arrive within
    /// a floor, and the same again for those that arrived in the period before.
    ///
    /// Past it every request to the area is answered with 503 at once, before anything inside sees
    /// it, whatever it would have got: so a full period tells nothing. A client has to send so many
    /// requests again in each period to keep it full. Requests that stay open count once, when
    /// they arrive; how many of those there may be is the server's to limit.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use portcullis::ConcealLayer;
    ///
    /// let layer = ConcealLayer::everywhere()
    ///     .time_floor(Duration::from_millis(50))?
    ///     .requests_per_period(2_000)?; // 40,000 a second
    /// # Ok::<(), portcullis::InvalidConcealment>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidConcealment::Limit`] for 0, and for more than 16,777,215.
    pub fn requests_per_period(self, requests: u32) -> Result<Self, InvalidConcealment> {
        if !TimeFloor::LIMITS.contains(&requests) {
            return Err(InvalidConcealment::Limit(requests));
        }
        Ok(Self { timing: self.timing.with_limit(requests), ..self })
    }
}

impl<S, R, T: Clone> Layer<S> for ConcealLayer<R, T> {
    type Service = ConcealService<S, R, T>;

    fn layer(&self, inner: S) -> Self::Service {
        ConcealService::new(inner, self.curtain.clone(), self.timing.clone())
    }
}

impl<R, T: Clone> Clone for ConcealLayer<R, T> {
    fn clone(&self) -> Self {
        Self { curtain: self.curtain.clone(), timing: self.timing.clone() }
    }
}

impl<R, T: fmt::Debug> fmt::Debug for ConcealLayer<R, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcealLayer")
            .field("settings", &self.curtain.settings)
            .field("pace", &self.timing)
            .finish_non_exhaustive()
    }
}
