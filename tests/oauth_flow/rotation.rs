//! Keys that an issuer replaces.

use crate::issuers::oidc_provider;
use crate::refused::{invalid, with_token};
use crate::{oauth4webapi, resource_server};

#[test]
fn a_new_key_is_found_and_a_removed_one_takes_its_tokens_along() {
    let Some(issuer) = oidc_provider() else { return };
    let (server, resource) = resource_server(&[("ISSUER", &issuer.url)]);
    let token = || {
        let tokens = oauth4webapi(&[&resource, "ES256", "tokens", &issuer.url]);
        tokens[0]["access_token"].as_str().expect("a token").to_owned()
    };
    let send = |token: &str| with_token(server.address, token).status;

    let first = token();
    assert_eq!(send(&first), 200);
    issuer.say("second first");
    let second = token();
    assert_eq!(send(&second), 200, "its key is new");
    assert_eq!(send(&first), 200, "its key is still there");
    issuer.say("third second");
    let third = token();
    // Known, so that nothing is fetched for it.
    assert_eq!(send(&first), 200);
    assert_eq!(send(&third), 200);
    invalid(server.address, "its key was removed", &first);
    assert_eq!(send(&second), 200);
}
