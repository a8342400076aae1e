//! The stages on plain hyper, through `ServiceBuilder`, without a framework.
//!
//! `cargo run --example hyper_server`, then try the lines that it prints.

use std::convert::Infallible;
use std::env;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use portcullis::{
    ApiKey, AuthenticateLayer, AuthorizeLayer, Basic, Decision, Denial, HasRoles, Policy,
    Principal, Tokens, Users, any_of, conceal, policy_fn, role,
};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower::ServiceBuilder;

#[derive(Clone)]
struct User {
    name: &'static str,
    role: &'static str,
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.role == role
    }
}

/// Responds to requests that the stages have permitted. Only its owner may read a diary.
async fn read(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Denial> {
    let user = Principal::<User>::of(request.extensions());
    let name = user.map_or("stranger", |user| user.name);
    let path = request.uri().path();
    if let Some(owner) = path.strip_prefix("/diaries/") {
        let is_owner =
            policy_fn(|user: &User, owner: &str| Decision::permit_if(user.name == owner));
        conceal(is_owner).check(user, owner).await?;
    }
    let mut response = Response::new(Full::from(format!("hello, {name}: this is {path}\n")));
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, plain);
    Ok(response)
}

async fn handle(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(read(request).await.unwrap_or_else(Denial::into_http_response))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let admin = User { name: "alice", role: "admin" };
    let member = User { name: "bob", role: "member" };
    let robot = User { name: "robot", role: "admin" };
    let identity = any_of((
        Basic::new(
            "hyper",
            Users::new().with("alice", "wonderland", admin).with("bob", "builder", member),
        )?,
        ApiKey::new("hyper", "x-api-key".parse()?, Tokens::new().with("robot-key", robot))?,
    ));

    // The outermost layer first. Users that are not admins get 404 for every path.
    let service = ServiceBuilder::new()
        .layer(AuthenticateLayer::new(identity).optional())
        .layer(AuthorizeLayer::<User>::new(conceal(role("admin"))))
        .service_fn(handle);

    let port: u16 = env::var("PORT").map_or(Ok(3000), |port| port.parse())?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    println!("listening on {address}");
    println!("{}", TRY.replace("ADDRESS", &address));
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            // Keep serving if one connection fails, or if there are too many.
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            let mut server = http1::Builder::new();
            let served =
                server.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
            if let Err(error) = served.await {
                tracing::debug!(%error, "a connection failed");
            }
        });
    }
}

const TRY: &str = "
curl -i -u alice:wonderland ADDRESS/anything      # 200
curl -i -H 'x-api-key: robot-key' ADDRESS/        # 200
curl -i -u alice:wonderland ADDRESS/diaries/bob   # 404, hidden from alice
curl -i -u alice:wrong ADDRESS/                   # 401
curl -i -u bob:builder ADDRESS/                   # 404, hidden from bob
curl -i ADDRESS/                                  # 404, hidden from anonymous callers
";
