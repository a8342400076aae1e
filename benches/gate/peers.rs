//! What else people put in front of a service. All of them do the floor's check and send the
//! floor's refusals, but the tutorial, which does what tutorials do. None tells caches anything,
//! and none asks for a role.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Json;
use axum::extract::State;
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use constant_time_eq::constant_time_eq;
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde_json::json;
use tower::{Layer, Service};
use tower_http::auth::AsyncRequireAuthorizationLayer;

use crate::floors::{BearerConfig, Caller};
use crate::world::{ALICE, Inner, REALM, Request, Response, TOKEN, User};

fn config() -> Arc<BearerConfig> {
    Arc::new(BearerConfig::new(TOKEN, ALICE, REALM))
}

/// The user, as an `async fn` that never waits.
async fn identify(config: &BearerConfig, headers: &HeaderMap) -> Result<User, Response> {
    config.identify(headers).map_err(|page| page.response(false))
}

/// tower-http's own layer for this, with a closure that checks without a box.
pub fn async_require_authorization()
-> impl Service<Request, Response = Response, Error = Infallible> {
    let config = config();
    AsyncRequireAuthorizationLayer::new(move |mut request: Request| {
        let config = config.clone();
        async move {
            let user = identify(&config, request.headers()).await?;
            request.extensions_mut().insert(Caller(user));
            Ok::<_, Response>(request)
        }
    })
    .layer(Inner)
}

/// axum's `from_fn`, written with care.
pub fn from_fn_careful() -> impl Service<Request, Response = Response, Error = Infallible> {
    async fn check(
        State(config): State<Arc<BearerConfig>>,
        mut request: Request,
        next: Next,
    ) -> Result<Response, Response> {
        let user = identify(&config, request.headers()).await?;
        request.extensions_mut().insert(Caller(user));
        Ok(next.run(request).await)
    }
    middleware::from_fn_with_state(config(), check).layer(Inner)
}

/// axum's `from_fn`, as its documentation and most tutorials begin: `HeaderMap` as an extractor,
/// the token as a `String`, an error as `Json`.
pub fn from_fn_tutorial() -> impl Service<Request, Response = Response, Error = Infallible> {
    #[derive(Clone)]
    struct Secrets {
        token: Arc<str>,
    }

    fn bearer(headers: &HeaderMap) -> Option<String> {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        value.strip_prefix("Bearer ").map(str::to_owned)
    }

    async fn check(
        State(secrets): State<Secrets>,
        headers: HeaderMap,
        mut request: Request,
        next: Next,
    ) -> Response {
        match bearer(&headers) {
            Some(token) if constant_time_eq(token.as_bytes(), secrets.token.as_bytes()) => {
                request.extensions_mut().insert(Caller(ALICE));
                next.run(request).await
            }
            _ => {
                let error = json!({ "error": "unauthorized", "message": "invalid token" });
                (StatusCode::UNAUTHORIZED, Json(error)).into_response()
            }
        }
    }
    middleware::from_fn_with_state(Secrets { token: TOKEN.into() }, check).layer(Inner)
}

/// An asynchronous check, written by hand with a boxed future and a cloned service, as most
/// published middlewares are.
pub fn boxed() -> impl Service<Request, Response = Response, Error = Infallible> {
    Boxed { inner: Inner, config: config() }
}

#[derive(Clone)]
struct Boxed<S> {
    inner: S,
    config: Arc<BearerConfig>,
}

impl<S> Service<Request> for Boxed<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let config = self.config.clone();
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            match identify(&config, request.headers()).await {
                Ok(user) => {
                    request.extensions_mut().insert(Caller(user));
                    inner.call(request).await
                }
                Err(refusal) => Ok(refusal),
            }
        })
    }
}
