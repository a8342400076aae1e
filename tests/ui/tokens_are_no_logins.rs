use portcullis::{AuthenticateLayer, Basic, Tokens};

fn main() -> Result<(), portcullis::challenge::InvalidChallenge> {
    let _ = AuthenticateLayer::new(Basic::new("notes", Tokens::new().with("token", "alice"))?);
    Ok(())
}
