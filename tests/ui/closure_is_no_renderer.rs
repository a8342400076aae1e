use bytes::Bytes;
use http::Response;
use portcullis::{AuthenticateLayer, Bearer, Refusal, Tokens};

fn main() -> Result<(), portcullis::challenge::InvalidChallenge> {
    let identity = Bearer::new("notes", Tokens::new().with("token", "alice"))?;
    let _ = AuthenticateLayer::new(identity)
        .respond_with(|_: &Refusal<'_>| Response::new(Bytes::new()));
    Ok(())
}
