use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use portcullis::{AuthenticateLayer, Bearer, Identity, Tokens};
use tower::{Layer, service_fn};

fn auth() -> AuthenticateLayer<impl Identity<Principal = u32>> {
    let tokens = Tokens::new().with("token", 1_u32);
    AuthenticateLayer::new(Bearer::new("notes", tokens).unwrap())
}

async fn hello(_: Request<()>) -> Result<Response<Full<Bytes>>, std::convert::Infallible> {
    Ok(Response::new(Full::default()))
}

fn main() {
    fn is_service<S: tower::Service<Request<()>>>(_: S) {}
    is_service(auth().layer(service_fn(hello)));
}
