use portcullis::{Decision, policy_fn};

fn main() {
    let _ = policy_fn(async |user: &u32, _: &()| Decision::permit_if(*user == 1));
}
