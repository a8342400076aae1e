use portcullis::{Denial, Policy, Principal, policy_fn, Decision};

#[derive(Clone)]
struct User;
struct Note;

fn can_read() -> impl Policy<User, Note> {
    policy_fn(|_: &User, _: &Note| Decision::Permit)
}

async fn show(user: Option<Principal<User>>, note: Note) -> Result<(), Denial> {
    can_read().check(&user, &note).await
}

// What the message says works.
async fn shown(user: Option<Principal<User>>, known: Principal<User>, note: Note) -> Result<(), Denial> {
    can_read().check(user.as_deref(), &note).await?;
    can_read().check(&*known, &note).await
}

fn main() {
    let _ = (show, shown);
}
