//! How do I hide a resource, so that nobody who may not see it can tell it from one that does not
//! exist?
//!
//! # The program
//!
//! Three things, from the inside out: the policy *conceals*, what is missing is *not found*, and
//! one layer, outside everything that looks at a path, makes them the same answer.
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::{Router, routing::get};
//! use portcullis::{AuthenticateLayer, AuthorizeLayer, ConcealLayer, HasRoles, Identity, conceal, role};
//!
//! # #[cfg(feature = "time-floor")]
//! fn app<User>(
//!     identity: impl Identity<Principal = User>,
//! ) -> Result<Router, portcullis::InvalidConcealment>
//! where
//!     User: HasRoles + Clone + Send + Sync + 'static,
//! {
//!     let vault = Router::new().route("/notes", get(|| async { "for admins" }));
//!     // 1. The policy is asked before the vault looks at the path: it wraps the finished router.
//!     //    It covers nothing but the vault, so a caller that it permits may know which routes exist.
//!     let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
//!     let vault = Router::new().fallback_service(vault).layer(admins);
//!
//!     let routes = Router::new().nest("/vault", vault);
//!     Ok(Router::new()
//!         .fallback_service(routes)
//!         // 2. Whoever sends nothing goes on, and is told what everybody is told.
//!         .layer(AuthenticateLayer::new(identity).optional())
//!         // 3. The curtain.
//!         .layer(
//!             ConcealLayer::everywhere()
//!                 .hide_routes_under("/vault")?
//!                 .time_floor(Duration::from_millis(20))?,
//!         ))
//! }
//! ```
//!
//! The example `vault` is a whole application of this shape.
//!
//! # What leaks, and what is done about it
//!
//! | what tells | what is done |
//! |---|---|
//! | another body, other fields, another order of them, another framing | [`ConcealLayer`] sends the same bytes for every 404, whoever gave it: a policy, a handler, the router, a file service. No field of the replaced answer is kept unless it is [named](crate::ConcealLayer::keep_header), and none that tells can be named |
//! | the reason phrase, the HTTP version, what other extensions make of the answer | the answer is a new one |
//! | `HEAD` with another `Content-Length` | the same fields as for `GET`, and no body |
//! | 405 and its `Allow`, the answer to `OPTIONS`, 304, 206, 416, 412, 415, 413, 400 about a path, a query or a body, a redirect to the path with or without a slash | [`hide_routes_under`](crate::ConcealLayer::hide_routes_under): none of them leaves before a stage that [discloses routes](crate::AuthorizeLayer::discloses_routes) has permitted the caller. Until then only these leave: the 404; a success (2xx) of a handler, except to `OPTIONS` and `TRACE`; an answer that a handler has marked as [`Disclosed`](crate::Disclosed); and what the authenticate stage says of credentials (its 401, for instance), which is the same for every path. The policy is asked first, so that nothing inside even sees the request; and where a stage was put too far inside for that, the answer is covered |
//! | 401 or 403 where a missing path has 404 | an anonymous caller whom a policy conceals from gets the 404, not the challenge; a 401 or 403 of a policy that forgot to conceal is covered, whatever other stages permit |
//! | a challenge, a cookie, `Vary`, `ETag`, `Server-Timing`, `RateLimit-*` | not on any 404 |
//! | a cache that keeps a 404, and serves it to somebody who may see; or keeps what somebody saw | `no-store` on every 404; `private` in place of `public` and `s-maxage` on everything else, and no field for some caches only |
//! | a query that takes longer, a policy that is not asked | `ConcealLayer::time_floor`, under the feature `time-floor`: a 404 leaves at a whole number of floors after its request arrived, and so does what the authenticate stage says of credentials |
//! | when a request's body is let go: an HTTP/2 server then asks for more, an HTTP/1.1 server closes the connection unless all of it has come | with a floor it is held until the answer leaves |
//! | gRPC: `UNIMPLEMENTED` for what is missing, HTTP 404 for what is hidden | both are the `UNIMPLEMENTED` of a server that does not know the method; and both are the 404 if the request was not gRPC by its `Content-Type`, which servers answer all the same. `NOT_FOUND`, which a method says of an object, is one answer as well: without a message or metadata, in trailers too |
//! | an outage or a panic of the policy | [`conceal`](crate::conceal()) hides those too, and a handler's 500 is covered where routes are hidden |
//! | a parent that is seen through its children | ask about the parent first: [`check`](crate::Policy::check) it, then look for the child |
//!
//! # Anonymous callers
//!
//! There are two ways, and each is uniform (D06). An [`optional`](crate::AuthenticateLayer::optional)
//! stage answers them 404 for what is hidden and what is missing alike; that is for applications
//! whose pages are open. A stage that requires an identity answers them 401 with the
//! same challenge, whatever the path: that is for APIs of tokens, whose clients must learn to
//! refresh one. In both, wrong credentials are answered 401 whatever the path.
//!
//! In the first way a client that waits to be asked is never asked: `curl --anyauth`, `git` and `wget`
//! send nothing at first, get the 404, and give up, though they hold the right login. Give them
//! the second way, or have them send credentials at once (`curl --basic`).
//!
//! So the authenticate stage has to cover *every* path, those that match no route included. With
//! axum that means around the finished router: `route_layer`, and a nested router without a
//! fallback of its own, skip what does not match.
//!
//! # Objects
//!
//! Where the route is no secret and the object is, [`ConcealLayer::under`] is enough. Load,
//! then ask; and say the same for what is not there:
//!
//! ```
//! # use portcullis::{Denial, Policy, conceal};
//! # struct User; struct Repo;
//! # fn find(_: &str) -> Option<Repo> { None }
//! # fn can_read() -> impl Policy<User, Repo> { portcullis::anyone() }
//! async fn show(user: Option<&User>, name: &str) -> Result<Repo, Denial> {
//!     let repo = find(name).ok_or(Denial::not_found())?;
//!     conceal(can_read()).check(user, &repo).await?;
//!     Ok(repo)
//! }
//! ```
//!
//! Whatever else a handler refuses before it has loaded anything (a path that is no number, a body
//! that is no JSON) it refuses whether the object exists or not, so it tells nothing. What it
//! answers afterwards is for those who may see. Where the routes are hidden as well, the
//! layer cannot know that the handler permitted the caller: mark what is no
//! success, as `(Disclosed, StatusCode::CONFLICT)` or
//! [`Denial::forbidden().disclosed()`](crate::Denial::disclosed). A denial needs that mark inside a stage
//! that discloses routes, too. A refusal of
//! [`conceal_unless`](crate::conceal_unless) to somebody who may see is marked already.
//!
//! # gRPC
//!
//! The layers go around tonic's server, around its `Routes`, or around a service. tonic's `Body` is not
//! `From<Bytes>`, so [`ResponseBody`](crate::ResponseBody) adapts it, inside the layers:
//!
//! ```
//! use std::time::Duration;
//!
//! use portcullis::{
//!     AuthenticateLayer, AuthorizeLayer, ConcealLayer, HasRoles, Identity, ResponseBody, conceal, role,
//! };
//! use tonic::{service::LayerExt, transport::Server};
//! use tower::{ServiceBuilder, util::MapResponseLayer};
//! # use tonic_health::pb::health_server::{Health as Vault, HealthServer as VaultServer};
//!
//! # #[cfg(feature = "time-floor")]
//! # fn server<User>(
//! #     identity: impl Identity<Principal = User>,
//! #     vault: impl Vault,
//! # ) -> Result<(), portcullis::InvalidConcealment>
//! # where
//! #     User: HasRoles + Clone + Send + Sync + 'static,
//! # {
//! let admins = ServiceBuilder::new()
//!     .layer(AuthorizeLayer::<User>::new(conceal(role("admin"))))
//!     .map_response(ResponseBody::wrap);
//! let server = Server::builder()
//!     // The first is the outermost.
//!     .layer(ConcealLayer::everywhere().time_floor(Duration::from_millis(20))?)
//!     .layer(AuthenticateLayer::new(identity).optional())
//!     .layer(MapResponseLayer::new(ResponseBody::wrap))
//!     .add_service(admins.named_layer(VaultServer::new(vault)));
//! # let _ = async { server.serve(([127, 0, 0, 1], 50051).into()).await };
//! # Ok(())
//! # }
//! ```
//!
//! A method knows the caller by `Principal::<User>::of(request.extensions())`, and makes of a refusal of
//! [`check`](crate::Policy::check) the `Status::not_found` that it has for what is missing. It does so
//! before it returns a stream: no floor holds what is said in one.
//!
//! Every `UNIMPLEMENTED` is the one answer, whatever it is said of: also of a compression that the
//! server does not know. And no `Status` can be marked as [`Disclosed`](crate::Disclosed), so where the routes
//! are hidden it takes an authorize stage that discloses routes. What hides nothing, a 401 or a 403, is an answer of
//! HTTP with a problem in it: tonic's client takes it for a broken message, and says `Internal`.
//!
//! # What remains yours
//!
//! - **What lies outside the layer.** A cross-origin preflight, a request id, a limit on the rate or on
//!   the length of bodies: put them outside, where they do not know paths. A proxy in front that
//!   knows them (a cache by path, a limit by path, an error page) tells.
//! - **Error pages between two stages.** A refusal of a stage further in stays hidden from a caller whom a
//!   stage that discloses routes has permitted, because the refusal travels in the extensions of the
//!   response. A middleware between the two that makes a response of its own drops it, and then the
//!   error page leaves. Rewrite the response in place and keep its extensions, or put error pages
//!   outside the stage that discloses.
//! - **Creating.** Who may create something where a hidden thing is learns that the name is taken.
//!   Give names of your own, or let nobody create where others hide.
//! - **Side channels of the application.** Counts, search results, autocompletion, mails, identifiers
//!   that go up by one, sitemaps, logs that users read; gRPC's reflection, and its health checks by the
//!   name of a service.
//! - **Time without a floor.** Both ways to a 404 do different work: an object was loaded, a policy was
//!   asked, a store answered. Whoever can ask often enough measures that, over a network too; to a gRPC
//!   client one deadline between the two is enough. What
//!   a *floor* cannot hide is work beyond it, in steps of the floor, and what the work does to
//!   others: a lock that is held, a cache that is warm, a processor that is busy. Take a floor
//!   that the slowest refusal stays under. The line of a log is such work, and what is hidden has
//!   one that what is missing has not. Let it be written before the answer waits, by the thread that
//!   made it: with a thread of its own for the log, the times of `vault` could be told apart.
//! - **What a miss is elsewhere.** Where routes are hidden a miss is a 404. If the rest of the
//!   application answers one otherwise (a file service as fallback says 405 to a `POST`, a single page
//!   200; a maintenance page, a check of a token against forgery), the prefix shows, though
//!   nothing under it does. Let the fallback say 404, or put what answers for every path outside.
//! - **Errors.** An error of the service inside passes: turn it into an answer inside this layer.
//! - **What is read of a body.** The stages read none. A handler that reads one before it asks does so for
//!   missing objects as well, but not for paths that match no route: then a client that waits
//!   for `100 Continue`, or sends a huge body, sees which routes there are, unless a stage
//!   is asked first.
//! - **A handler that panics**, where nothing catches it, ends the connection without an answer. Put
//!   tower-http's `CatchPanicLayer` inside this one.
//! - **gRPC streams** that say `NOT_FOUND` in their trailers: the messages before them have left, and no
//!   floor holds them.
//! - **Other names for a path.** Every reading in the table of [`ConcealLayer::under`] counts. A service
//!   that knows a hidden path by another name still shows that it exists, so put none under a hidden
//!   prefix, or refuse such names before they reach it:
//!   - *Double decoding*: `%2576ault` is not read as `vault`. Neither is a path that is decoded and then
//!     parsed as a URL once more, in which `%3f` begins a query and `%23` a fragment.
//!   - *Path parameters* are read as part of their segment, and as absent, because a server behind
//!     this one may drop them. They are dropped before anything else is done to the path, never later,
//!     and `%3b` does not begin any.
//!   - *Other encodings* than that of RFC 3986 §2.1: `%u0076`, overlong UTF-8, `+` for a space.
//!   - *Other comparisons*: a prefix is compared byte for byte. A service that takes `/Vault` for `/vault`,
//!     or one Unicode normal form for another, needs a prefix for each. Some file systems also ignore
//!     dots and spaces at the end of a name, and some programs end it at `%00`.
//!
//! # Trying it
//!
//! `testing::LeakProbe`, under the feature `testing`, asks your own application about what is hidden
//! and what is missing in thousands of ways, compares the answers field by field, and their times by
//! a two-sample test. Behind a floor it asks side by side, so that a run takes seconds for each
//! pair and caller.
//!
//! # What operators see
//!
//! The truth. The [event](crate::Event) of the authenticate stage says whether a 404 was concealed, from
//! whom and why; an answer that was covered is an event of its own, with the status that it had,
//! at the level `DEBUG` under the target `portcullis`.
//!
//! [`ConcealLayer`]: crate::ConcealLayer
//! [`ConcealLayer::under`]: crate::ConcealLayer::under
