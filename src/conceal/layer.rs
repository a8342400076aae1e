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
use crate::observe::{Observe, ObservedLayer};
use crate::respond::{Problem, Respond};

/// Layer that applies [`ConcealService`](crate::conceal::ConcealService): it replaces every 404 with
/// one fixed response, so that a client cannot tell a hidden resource from a missing one.
///
/// Put it outside everything else that depends on the path: the stages, the router, its fallback
/// and file services. The response body of the service has to be axum's `Body`, or a
/// [`ResponseBody`](crate::ResponseBody), which adapts any other.
/// [Hiding a resource](crate::hiding_a_resource) says what the layer does about each leak, and what
/// the application has to do.
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
///         // Two parts of an application make different 404s.
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
pub struct ConcealLayer<R = Problem, T = Immediate, O = ()> {
    concealer: Arc<Concealer<R, O>>,
    timing: T,
}

impl ConcealLayer {
    /// Replaces every 404 of the service with one fixed response.
    pub fn everywhere() -> Self {
        Self::new(Area::everywhere())
    }

    /// Replaces every 404 to a path that is this prefix, or continues it after a slash. Responses to
    /// other paths pass unchanged.
    ///
    /// A path counts as under the prefix if *any* reading of it is
    /// ([D15](crate::semantics#d15)), because a service inside may read it differently. A
    /// reading is one answer to each of these questions:
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
    /// | What follows two slashes at the beginning of the path as it was sent? | the path; a host, and the path after it (§4.2) |
    ///
    /// A path that passes the prefix on its way counts as well, as `/vault/../public` passes `/vault`.
    /// To bound the work, a path with `..` and more than 32 segments is not read and counts as under
    /// the prefix, and so does a path of more than 2,048 bytes that can be read in more than one way.
    /// Double decoding is out of scope, as are the other
    /// points that [remain yours](crate::hiding_a_resource#what-remains-yours).
    ///
    /// Write the prefix decoded and without dot-segments: `/vault`, or `/` for all paths. It is text and
    /// not a route: for `/users/{id}/vault` take `/users`. If a path is under two prefixes, the one that
    /// hides more counts.
    ///
    /// # Errors
    ///
    /// [`InvalidConcealment::Prefix`] for a prefix that is not written so.
    pub fn under(prefix: &str) -> Result<Self, InvalidConcealment> {
        Self::new(Area::nowhere()).and_under(prefix)
    }

    /// As [`hide_routes_under`](Self::hide_routes_under); responses to other paths pass unchanged.
    ///
    /// # Errors
    ///
    /// As [`under`](Self::under).
    pub fn routes_under(prefix: &str) -> Result<Self, InvalidConcealment> {
        Self::new(Area::nowhere()).hide_routes_under(prefix)
    }

    fn new(area: Area) -> Self {
        let settings = Settings::new(area);
        let concealer = Concealer::new(Arc::new(Problem::new()), Arc::new(()), settings);
        Self { concealer: Arc::new(concealer), timing: Immediate }
    }
}

impl<R: Respond, T: ReleaseTiming, O: Observe> ConcealLayer<R, T, O> {
    /// Adds a prefix to the area, as [`under`](ConcealLayer::under) declares one.
    ///
    /// # Errors
    ///
    /// As [`under`](ConcealLayer::under).
    pub fn and_under(self, prefix: &str) -> Result<Self, InvalidConcealment> {
        self.try_with(|settings| settings.area.add(prefix, false))
    }

    /// Hides which routes exist under the prefix: until the caller is permitted, every response is
    /// the 404 of a path that does not exist ([D12](crate::semantics#d12)).
    ///
    /// A 405 with its `Allow`, a redirect to the path without a slash, a 400 about a path or a
    /// query, a 403, a 500 and the response to `OPTIONS` become that 404. These pass:
    ///
    /// 1. a success of any method except `OPTIONS` and `TRACE`,
    /// 2. a response that is marked as [`Disclosed`](crate::Disclosed), and a denial marked by
    ///    [`Denial::disclosed`](crate::Denial::disclosed),
    /// 3. an authenticate stage's own response, made before it calls the service inside,
    /// 4. any other response except a denial, if an authorize stage that
    ///    [discloses routes](crate::AuthorizeLayer::discloses_routes) has permitted the caller.
    ///
    /// So the layer also covers an authorize stage that was put too far inside, and a policy that
    /// forgot to conceal. To admit callers, put a stage that discloses routes around the whole
    /// prefix:
    ///
    /// ```
    /// use portcullis::{AuthenticateLayer, AuthorizeLayer, ConcealLayer, conceal, role};
    /// # use portcullis::{HasRoles, Identity};
    /// # #[derive(Clone)]
    /// # struct User;
    /// # impl HasRoles for User { fn has_role(&self, _: &str) -> bool { false } }
    /// # fn app(vault: axum::Router, identity: impl Identity<Principal = User>) -> Result<(), Box<dyn std::error::Error>> {
    /// use axum::Router;
    /// use tower::{Layer, ServiceBuilder};
    ///
    /// let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    /// let app = Router::new().nest_service("/vault", admins.layer(vault));
    /// let app = ServiceBuilder::new()
    ///     .layer(ConcealLayer::routes_under("/vault")?)
    ///     .layer(AuthenticateLayer::new(identity).optional())
    ///     .service(app);
    /// # let _ = tower::ServiceExt::oneshot(app, http::Request::new(axum::body::Body::empty()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// An *authenticate* stage that was put too far inside is not covered: its 401 shows that there is
    /// a route, because a path without one gets 404. Put that stage around the finished router.
    ///
    /// # Errors
    ///
    /// As [`under`](ConcealLayer::under).
    pub fn hide_routes_under(self, prefix: &str) -> Result<Self, InvalidConcealment> {
        self.try_with(|settings| settings.area.add(prefix, true))
    }

    /// Keeps a header of the response that the 404 replaces; no header is kept unless it is named here.
    ///
    /// Use it for a header that a middleware inside sets on every response alike, such as a request
    /// id. It is better to put that middleware outside. Kept headers come last, in the order in which
    /// they were named.
    ///
    /// # Errors
    ///
    /// [`InvalidConcealment::Header`] for a header that shows what exists
    /// ([D04](crate::semantics#d04)), or describes the body.
    pub fn keep_header(self, name: HeaderName) -> Result<Self, InvalidConcealment> {
        self.try_with(|settings| settings.keep_header(name))
    }

    /// Renders the 404 with this renderer instead of [`Problem`], for the application's own page.
    ///
    /// A [`StaticBody`](crate::StaticBody) is made of fixed bytes or of a service's response;
    /// [`respond_fn`](crate::respond_fn) wraps a closure. A [`Negotiate`](crate::Negotiate) takes the format
    /// and the language from the request as it enters the layer, so these depend on no path.
    pub fn respond_with<P: Respond>(self, respond: P) -> ConcealLayer<P, T, O> {
        let observer = self.concealer.observer.clone();
        let settings = self.concealer.settings.clone();
        let concealer = Concealer::new(Arc::new(respond), observer, settings);
        ConcealLayer { concealer: Arc::new(concealer), timing: self.timing }
    }

    fn try_with(
        self,
        change: impl FnOnce(&mut Settings) -> Result<(), InvalidConcealment>,
    ) -> Result<Self, InvalidConcealment> {
        let mut settings = self.concealer.settings.clone();
        change(&mut settings)?;
        let (respond, observer) = (self.concealer.respond.clone(), self.concealer.observer.clone());
        let concealer = Concealer::new(respond, observer, settings);
        Ok(Self { concealer: Arc::new(concealer), timing: self.timing })
    }
}

impl<R: Respond, T: ReleaseTiming> ConcealLayer<R, T> {
    /// Gives this observer a [`ConcealEvent`](crate::observe::ConcealEvent) for each request to the area whose
    /// response the layer replaces. Several observers are given as a tuple.
    ///
    /// [`begin`](Observe::begin) is called for each request to the area, also for one beyond the limit; not
    /// for requests outside the area. It gets the request as it enters the layer, before the caller is
    /// authenticated. [`concealed`](Observe::concealed) is called once the response is known, unless the
    /// response is released. If the *trailers* of a gRPC response say that there is no such object, it is
    /// not called either, because the response has begun by then.
    ///
    /// # What the observer's time shows
    ///
    /// The request waits while the observer runs. With a time floor, the observer runs before the layer
    /// chooses the tick, so the floor hides the observer's time as well ([K24](crate::semantics#k24)):
    /// choose a floor above what service and observer take together. The floor does not hide the time of
    /// `begin` if the response is released or
    /// [turned away](crate::observe::ConcealEvent::TurnedAway). Without a floor, the client can measure all
    /// of the observer's time. So the observers of this layer and of the stages inside have to follow these
    /// rules ([K25](crate::semantics#k25)):
    ///
    /// 1. In `begin`, do not look up what the path names. Copy what you need of the request head.
    /// 2. In `concealed`, do the same work for [`Covered`](crate::observe::ConcealEvent::Covered), which is a
    ///    hidden route, as for [`Absent`](crate::observe::ConcealEvent::Absent), which may be a missing one.
    ///    To increment one counter or another is the same work; to write a line for one of them alone is not.
    /// 3. Do not hand over work to another thread for one of them alone: that thread takes processor time
    ///    from the requests that follow and from the responses that wait for their tick, and a client can
    ///    measure that.
    ///
    /// ```
    /// use http::request::Parts;
    /// use portcullis::ConcealLayer;
    /// use portcullis::observe::{ConcealEvent, Event, Observe};
    ///
    /// /// Prints each response that the layer replaces.
    /// struct Print;
    ///
    /// impl Observe for Print {
    ///     type Context = http::Method;
    ///
    ///     fn begin(&self, request: &Parts) -> http::Method {
    ///         request.method.clone()
    ///     }
    ///
    ///     fn decided(&self, _: http::Method, _: &Event<'_>) {
    ///         // A conceal layer has no decisions, so it does not call this.
    ///     }
    ///
    ///     fn concealed(&self, method: http::Method, event: &ConcealEvent) {
    ///         println!("{method} {event:?}");
    ///     }
    /// }
    ///
    /// let layer = ConcealLayer::routes_under("/vault")?.observe(Print);
    /// # Ok::<(), portcullis::conceal::InvalidConcealment>(())
    /// ```
    pub fn observe<O: Observe>(self, mut observer: O) -> ConcealLayer<R, T, O> {
        observer.attach(&ObservedLayer::conceal());
        let (respond, settings) = (self.concealer.respond.clone(), self.concealer.settings.clone());
        let concealer = Concealer::new(respond, Arc::new(observer), settings);
        ConcealLayer { concealer: Arc::new(concealer), timing: self.timing }
    }
}

#[cfg(feature = "time-floor")]
impl<R: Respond, O: Observe> ConcealLayer<R, Immediate, O> {
    /// Releases a 404 only at a whole number of floors after its request arrived
    /// ([D07](crate::semantics#d07)), so that its time does not show how long the work took.
    /// An authenticate stage's own response, such as a 401, is delayed likewise.
    ///
    /// Choose a floor above what a slow refusal takes: longer work shows in steps of the floor. The
    /// response waits on a timer, after the service's future and all that it holds have been dropped.
    /// The timer is one thread for the whole process, so any runtime will do.
    ///
    /// The request body is [kept](super::DeferredDropBody) as long, because dropping it would show when
    /// the work was done. So the service inside receives a `Request<DeferredDropBody<B>>`, which axum
    /// accepts. Make your own service generic over the body, rather than taking hyper's `Incoming`:
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
    /// # Ok::<(), portcullis::conceal::InvalidConcealment>(())
    /// ```
    ///
    /// At most 10,000 requests to the area may arrive in each period, which is as long as the floor
    /// and 100 ms at most; [`requests_per_period`](ConcealLayer::requests_per_period) changes that.
    ///
    /// # Errors
    ///
    /// [`InvalidConcealment::Floor`] for less than a millisecond or more than an hour.
    pub fn time_floor(
        self,
        floor: std::time::Duration,
    ) -> Result<ConcealLayer<R, TimeFloor, O>, InvalidConcealment> {
        if !TimeFloor::FLOORS.contains(&floor) {
            return Err(InvalidConcealment::Floor(floor));
        }
        Ok(ConcealLayer { concealer: self.concealer, timing: TimeFloor::new(floor) })
    }
}

#[cfg(feature = "time-floor")]
impl<R, O> ConcealLayer<R, TimeFloor, O> {
    /// Sets how many requests to the area may arrive in each period
    /// ([D16](crate::semantics#d16)), so that the waiting responses of a flood take a bounded
    /// amount of memory. A period is as long as the floor, and 100 ms where the floor is longer; so at
    /// most as many responses wait as may arrive within one floor, and the same number again from the
    /// period before.
    ///
    /// Beyond the limit, every request to the area gets 503 at once, before anything inside sees it: so
    /// a full period does not depend on any path or caller. A client has to send that many requests
    /// again in each period to keep it full. A request that stays open counts once, when it arrives;
    /// the server limits how many may be open.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use portcullis::ConcealLayer;
    ///
    /// let layer = ConcealLayer::everywhere()
    ///     .time_floor(Duration::from_millis(50))?
    ///     .requests_per_period(2_000)?; // 40,000 a second
    /// # Ok::<(), portcullis::conceal::InvalidConcealment>(())
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

impl<S, R, T: Clone, O> Layer<S> for ConcealLayer<R, T, O> {
    type Service = ConcealService<S, R, T, O>;

    fn layer(&self, inner: S) -> Self::Service {
        ConcealService::new(inner, self.concealer.clone(), self.timing.clone())
    }
}

impl<R, T: Clone, O> Clone for ConcealLayer<R, T, O> {
    fn clone(&self) -> Self {
        Self { concealer: self.concealer.clone(), timing: self.timing.clone() }
    }
}

impl<R, T: fmt::Debug, O> fmt::Debug for ConcealLayer<R, T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcealLayer")
            .field("settings", &self.concealer.settings)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}
