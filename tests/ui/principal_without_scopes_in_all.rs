use portcullis::policy::all;
use portcullis::{AuthorizeLayer, HasRoles, role, scope};

struct User;

impl HasRoles for User {
    fn has_role(&self, _: &str) -> bool {
        false
    }
}

fn main() {
    let _ = AuthorizeLayer::<User>::new(all((role("admin"), scope("write").unwrap())));
}
