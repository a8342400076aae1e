use http::request::Parts;
use portcullis::{AuthenticateLayer, Unauthenticated};

fn main() {
    AuthenticateLayer::new(|_: &Parts| Err::<u32, _>(Unauthenticated::missing()));
}
