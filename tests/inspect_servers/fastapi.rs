//! FastAPI, with the helpers of `fastapi.security` as its tutorial uses them.

use crate::case::{Case, basic, bearer};
use crate::{confirm, programs};

fn with_password(how: &'static str, target: &'static str) -> Case {
    Case::new(how, target).alice(basic("alice", "wonderland")).wrong(basic("alice", "wrong"))
}

fn with_token(how: &'static str, target: &'static str) -> Case {
    let case = Case::new(how, target).alice(bearer("alice-token")).bob(bearer("bob-token"));
    case.expired(bearer("old-token")).wrong(bearer("no-token"))
}

#[test]
fn fastapi_as_its_tutorial_programs_it() {
    let Some(server) = programs::python("fastapi_app.py") else { return };
    let key = |key: &str| ("x-api-key", key.to_owned());
    let cases = [
        with_password("HTTPBasic()", "/basic"),
        with_password("HTTPBasic(realm=…)", "/basic-realm"),
        with_token("HTTPBearer(), then HTTPException", "/bearer"),
        with_token("OAuth2PasswordBearer", "/oauth2"),
        with_token("SecurityScopes", "/scopes"),
        Case::new("APIKeyHeader", "/api-key").alice(key("alice-key-4f1d0c9b")),
        Case::new("HTTPException(401)", "/plain"),
    ];
    confirm::all("FastAPI", server.address, &cases);
}
