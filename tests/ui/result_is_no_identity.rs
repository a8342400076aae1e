use portcullis::{AuthenticateLayer, Bearer, Tokens};

fn main() {
    let tokens = Tokens::new().with("token", 1_u32);
    AuthenticateLayer::new(Bearer::new("notes", tokens));
}
