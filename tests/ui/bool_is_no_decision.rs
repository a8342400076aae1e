use portcullis::policy_fn;

struct User {
    admin: bool,
}

fn main() {
    let _ = policy_fn(|user: &User, _: &()| user.admin);
}
