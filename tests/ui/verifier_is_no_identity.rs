use portcullis::{AuthenticateLayer, Tokens};

fn main() {
    let _ = AuthenticateLayer::new(Tokens::new().with("alice-token", "alice"));
}
