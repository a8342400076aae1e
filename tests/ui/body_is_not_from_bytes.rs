use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Empty, Full};
use portcullis::{AuthenticateLayer, Bearer, ConcealLayer, Tokens};
use tower::{ServiceBuilder, Service, service_fn};

fn serve<S: Service<Request<()>>>(_: S) {}

fn main() -> Result<(), portcullis::challenge::InvalidChallenge> {
    let tokens = Tokens::new().with("token", "alice");
    let stage = AuthenticateLayer::new(Bearer::new("notes", tokens)?);
    let empty = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    });
    serve(ServiceBuilder::new().layer(stage).service(empty));
    let full = service_fn(|_: Request<()>| async {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    serve(ServiceBuilder::new().layer(ConcealLayer::everywhere()).service(full));
    Ok(())
}
