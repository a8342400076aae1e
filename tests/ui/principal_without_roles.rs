use portcullis::{AuthorizeLayer, role};

struct User;

fn main() {
    let _ = AuthorizeLayer::<User>::new(role("admin"));
}
