use portcullis::{AuthorizeLayer, Decision, policy_fn};

struct User;
struct Repo;

fn main() {
    let can_read = policy_fn(|_: &User, _: &Repo| Decision::Permit);
    let _ = AuthorizeLayer::<User>::new(can_read);
}
