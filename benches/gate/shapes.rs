//! The shapes in which an axum application has its stages, and what else people put there. All
//! serve [`PATH`], and all but [`Shape::Open`] want alice's token and her role.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::routing::{MethodRouter, get};
use http::StatusCode;
use portcullis::authenticate::IdentityService;
use portcullis::authorize::PolicyService;
use portcullis::{AuthenticateLayer, AuthorizeLayer, ConcealLayer, HasRoles, conceal, role};
use tower::{Layer, Service, ServiceBuilder};
use tower_http::auth::AsyncRequireAuthorizationLayer;

use crate::floors::{BearerConfig, Caller};
use crate::world::{ALICE, REALM, ROLE, Request, Response, TOKEN, User, bearer};

pub const PATH: &str = "/vault/reports";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No stages.
    Open,
    /// Both stages by `Router::layer`.
    Layers,
    /// As README has it: a second router around the finished one.
    SecondRouter,
    /// The authenticate stage around the finished router, which is served as a service.
    Around,
    /// As README hides routes: a second router around the part, another around the whole.
    Hidden,
    /// The layers around the finished router, which is served as a service.
    HiddenAround,
    /// All three by `Router::layer`.
    ConcealedLayers,
    /// axum's `from_fn`, twice.
    FromFn,
    /// tower-http's layer, and `from_fn` for the role.
    TowerHttp,
}

impl Shape {
    pub const ALL: [Self; 9] = [
        Self::Open,
        Self::Layers,
        Self::SecondRouter,
        Self::Around,
        Self::ConcealedLayers,
        Self::Hidden,
        Self::HiddenAround,
        Self::FromFn,
        Self::TowerHttp,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "axum: open",
            Self::Layers => "axum: both by .layer",
            Self::SecondRouter => "axum: both, second router",
            Self::Around => "axum: both, around the router",
            Self::ConcealedLayers => "axum: concealed, by .layer",
            Self::Hidden => "axum: hidden, second routers",
            Self::HiddenAround => "axum: hidden, around the router",
            Self::FromFn => "axum: two from_fn",
            Self::TowerHttp => "axum: tower-http and from_fn",
        }
    }

    pub fn hand_to<V: Visitor>(self, visitor: V) -> V::Output {
        match self {
            Self::Open => visitor.visit(vault(get(reports)).with_state(())),
            Self::Layers => visitor.visit(layers().with_state(())),
            Self::SecondRouter => visitor.visit(second_router().with_state(())),
            Self::Around => visitor.visit(around()),
            Self::ConcealedLayers => {
                visitor.visit(layers().layer(ConcealLayer::everywhere()).with_state(()))
            }
            Self::Hidden => visitor.visit(hidden().with_state(())),
            Self::HiddenAround => visitor.visit(hidden_around()),
            Self::FromFn => visitor.visit(two_from_fn().with_state(())),
            Self::TowerHttp => visitor.visit(tower_http().with_state(())),
        }
    }
}

/// Gets the service of a shape, whose type differs from shape to shape.
pub trait Visitor {
    type Output;

    fn visit<S>(self, service: S) -> Self::Output
    where
        S: Service<Request, Response = Response, Error = Infallible, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static;
}

async fn reports() -> &'static str {
    "the reports"
}

fn vault(reports: MethodRouter) -> Router {
    Router::new().nest("/vault", Router::new().route("/reports", reports))
}

// ==== ours ====

fn who() -> AuthenticateLayer<impl IdentityService<Principal = User>> {
    AuthenticateLayer::new(bearer())
}

fn may() -> AuthorizeLayer<User, impl PolicyService<User>> {
    AuthorizeLayer::<User>::new(role(ROLE))
}

fn layers() -> Router {
    vault(get(reports)).layer(may()).layer(who())
}

fn second_router() -> Router {
    Router::new().fallback_service(vault(get(reports).layer(may()))).layer(who())
}

fn around()
-> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync
{
    who().layer(vault(get(reports).layer(may())).with_state(()))
}

fn admins() -> AuthorizeLayer<User, impl PolicyService<User>> {
    AuthorizeLayer::<User>::new(conceal(role(ROLE))).discloses_routes()
}

fn hiding() -> ConcealLayer {
    ConcealLayer::routes_under("/vault").expect("a prefix")
}

fn hidden() -> Router {
    let vault = Router::new().route("/reports", get(reports));
    let vault = Router::new().fallback_service(vault).layer(admins());
    Router::new()
        .fallback_service(Router::new().nest("/vault", vault))
        .layer(who().optional())
        .layer(hiding())
}

fn hidden_around()
-> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync
{
    let vault = Router::new().route("/reports", get(reports)).with_state(());
    let app = Router::new().nest_service("/vault", admins().layer(vault)).with_state(());
    ServiceBuilder::new().layer(hiding()).layer(who().optional()).service(app)
}

// ==== others ====

fn config() -> Arc<BearerConfig> {
    Arc::new(BearerConfig::new(TOKEN, ALICE, REALM))
}

fn two_from_fn() -> Router {
    async fn who(
        State(config): State<Arc<BearerConfig>>,
        mut request: Request,
        next: Next,
    ) -> Result<Response, Response> {
        let user = config.identify(request.headers()).map_err(|page| page.response(false))?;
        request.extensions_mut().insert(Caller(user));
        Ok(next.run(request).await)
    }
    vault(get(reports)).layer(from_fn(may_by_fn)).layer(from_fn_with_state(config(), who))
}

async fn may_by_fn(request: Request, next: Next) -> Result<Response, StatusCode> {
    match request.extensions().get::<Caller>() {
        Some(Caller(user)) if user.has_role(ROLE) => Ok(next.run(request).await),
        Some(_) => Err(StatusCode::FORBIDDEN),
        None => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn tower_http() -> Router {
    let config = config();
    let who = AsyncRequireAuthorizationLayer::new(move |mut request: Request| {
        let config = config.clone();
        async move {
            let user = config.identify(request.headers()).map_err(|page| page.response(false))?;
            request.extensions_mut().insert(Caller(user));
            Ok::<_, Response>(request)
        }
    });
    vault(get(reports)).layer(from_fn(may_by_fn)).layer(who)
}
