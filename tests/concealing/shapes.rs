//! What `docs/guides/concealing.md` says of the shapes of an axum application: where `Router::layer`
//! is enough, and where a layer has to wrap the finished router. D01, D02, D12.

use std::convert::Infallible;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::header::ALLOW;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use portcullis::authenticate::IdentityService;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, HasRoles, Tokens, conceal, role,
};
use tower::{Layer, Service, ServiceBuilder, ServiceExt};

#[derive(Clone)]
struct User(&'static str);

impl HasRoles for User {
    fn has_role(&self, name: &str) -> bool {
        self.0 == name
    }
}

fn authenticate() -> AuthenticateLayer<impl IdentityService<Principal = User>> {
    let tokens = Tokens::new().with("admin", User("admin")).with("bob", User("member"));
    AuthenticateLayer::new(Bearer::new("test", tokens).unwrap())
}

fn notes() -> Router {
    Router::new().route("/notes", get(async || "the notes"))
}

type Answer = (StatusCode, HeaderMap, Vec<u8>);

async fn send<S>(service: &S, method: Method, path: &str, token: Option<&str>) -> Answer
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
{
    let mut request = Request::builder().method(method).uri(path);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let response = service.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, to_bytes(body, usize::MAX).await.unwrap().into())
}

#[tokio::test]
async fn by_layer_a_wrong_method_adds_only_allow_to_the_401() {
    let app = Router::new().nest("/vault", notes()).layer(authenticate());
    let known = send(&app, Method::GET, "/vault/notes", None).await;
    assert_eq!(known.0, StatusCode::UNAUTHORIZED);
    for path in ["/vault/none", "/vault", "/none"] {
        assert_eq!(send(&app, Method::GET, path, None).await, known, "{path}");
    }
    let mut wrong_method = send(&app, Method::POST, "/vault/notes", None).await;
    assert_eq!(wrong_method.1.remove(ALLOW).unwrap(), "GET,HEAD");
    assert_eq!(wrong_method, known);

    // Around the finished router there is no such header.
    let around = authenticate().layer(Router::new().nest("/vault", notes()).with_state(()));
    assert_eq!(send(&around, Method::POST, "/vault/notes", None).await, known);
}

#[tokio::test]
async fn a_nested_router_with_a_layer_and_a_route_layer_skip_unmatched_paths() {
    let nested = Router::new().nest("/vault", notes().layer(authenticate()));
    let route_layer = Router::new().nest("/vault", notes()).route_layer(authenticate());
    for app in [nested, route_layer] {
        let status = async |path| send(&app, Method::GET, path, None).await.0;
        assert_eq!(status("/vault/notes").await, StatusCode::UNAUTHORIZED);
        assert_eq!(status("/vault/none").await, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn by_layer_objects_are_concealed() {
    async fn show(id: axum::extract::Path<u32>) -> Result<&'static str, portcullis::Denial> {
        match id.0 {
            1 => Err(portcullis::Denial::forbidden().concealed()),
            _ => Err(portcullis::Denial::not_found()),
        }
    }
    let app = Router::new()
        .route("/notes/{id}", get(show))
        .layer(authenticate().optional())
        .layer(ConcealLayer::everywhere());
    for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
        let hidden = send(&app, method.clone(), "/notes/1", Some("bob")).await;
        assert_eq!(hidden, send(&app, method.clone(), "/notes/2", Some("bob")).await, "{method}");
    }
}

// Hidden routes, in three shapes.

fn hiding_by_layer() -> Router {
    let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    Router::new()
        .nest("/vault", notes().layer(admins))
        .layer(authenticate().optional())
        .layer(ConcealLayer::routes_under("/vault").unwrap())
}

fn hiding_around()
-> impl Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone {
    let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    let vault = admins.layer(notes().with_state(()));
    let app = Router::new().nest_service("/vault", vault).with_state(());
    ServiceBuilder::new()
        .layer(ConcealLayer::routes_under("/vault").unwrap())
        .layer(authenticate().optional())
        .service(app)
}

#[tokio::test]
async fn by_layer_allow_shows_a_hidden_route() {
    let app = hiding_by_layer();
    let missing = send(&app, Method::POST, "/vault/none", None).await;
    let mut hidden = send(&app, Method::POST, "/vault/notes", None).await;
    assert_eq!((missing.0, hidden.0), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(hidden.1.remove(ALLOW).unwrap(), "GET,HEAD");
    assert_eq!(hidden, missing);
}

fn hiding_by_second_routers() -> Router {
    let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    let vault = Router::new().fallback_service(notes()).layer(admins);
    Router::new()
        .fallback_service(Router::new().nest("/vault", vault))
        .layer(authenticate().optional())
        .layer(ConcealLayer::routes_under("/vault").unwrap())
}

#[tokio::test]
async fn d02_d12_around_the_finished_router_a_hidden_route_is_a_missing_one() {
    assert_hidden(hiding_around()).await;
    assert_hidden(hiding_by_second_routers()).await;
}

async fn assert_hidden<S>(app: S)
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
{
    let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "FROB"];
    for method in methods {
        let send = async |path, token| {
            send(&app, Method::from_bytes(method.as_bytes()).unwrap(), path, token).await
        };
        for token in [None, Some("bob")] {
            let missing = send("/vault/none", token).await;
            assert_eq!(missing.0, StatusCode::NOT_FOUND, "{method}");
            for path in ["/vault/notes", "/vault", "/vault/", "/vault/notes/"] {
                assert_eq!(send(path, token).await, missing, "{method} {path}");
            }
        }
    }
    // An admin gets what the router says.
    let status = async |method, path| send(&app, method, path, Some("admin")).await.0;
    assert_eq!(status(Method::GET, "/vault/notes").await, StatusCode::OK);
    assert_eq!(status(Method::POST, "/vault/notes").await, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(status(Method::GET, "/vault/none").await, StatusCode::NOT_FOUND);
}
