use http::request::Parts;
use portcullis::{AuthorizeLayer, Decision};

struct User;

fn main() {
    let _ = AuthorizeLayer::<User>::new(|_: &User, _: &Parts| Decision::Permit);
}
