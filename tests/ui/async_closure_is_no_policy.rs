use portcullis::{Decision, async_policy_fn};

struct User(u32);

async fn quota_is_left(_: u32) -> bool {
    true
}

fn main() {
    let _ = async_policy_fn(async |user: &User, _: &()| {
        Decision::permit_if(quota_is_left(user.0).await)
    });
}
