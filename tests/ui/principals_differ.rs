use portcullis::{Basic, Bearer, Tokens, Users, any_of};

fn main() -> Result<(), portcullis::challenge::InvalidChallenge> {
    let tokens = Tokens::new().with("token", 1_u32);
    let users = Users::new().with("alice", "wonderland", "alice");
    let _ = any_of((Bearer::new("notes", tokens)?, Basic::new("notes", users)?));
    Ok(())
}
