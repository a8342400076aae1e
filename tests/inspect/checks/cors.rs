//! I34: wildcards to a request with credentials.

use super::wire::seen;

const ID: &str = "cors-wildcard-credentials";
const ASKED: &str = "GET /\norigin: https://app.example";
const ALLOWED: &str = "200\naccess-control-allow-credentials: true";

#[test]
fn i34_a_wildcard_with_credentials_is_found() {
    let response = format!("{ALLOWED}\naccess-control-allow-origin: *");
    let expected = "error access-control-allow-origin[0] `*`";
    assert_eq!(seen(ID, ASKED, &response), expected);
    let preflight = "OPTIONS /\norigin: https://app.example\naccess-control-request-method: PUT";
    assert_eq!(seen(ID, preflight, &response), expected);
    let twice = format!(
        "{ALLOWED}\naccess-control-allow-origin: https://app.example\naccess-control-allow-origin: *"
    );
    assert_eq!(seen(ID, ASKED, &twice), "error access-control-allow-origin[1] `*`");
    // A server that names the origin to each request that has one may send `*` to the others, as httpbin does.
    assert_eq!(seen(ID, "GET /", &response), "");
}

#[test]
fn i34_other_wildcards_are_names_then() {
    for name in [
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-expose-headers",
    ] {
        let response =
            format!("{ALLOWED}\naccess-control-allow-origin: https://app.example\n{name}: a, *");
        assert_eq!(seen(ID, ASKED, &response), format!("warning {name}[0] `*`"));
    }
}

#[test]
fn i34_other_combinations_are_right() {
    for (request, response) in [
        (ASKED, "200\naccess-control-allow-origin: *"),
        (ASKED, ALLOWED),
        (ASKED, "200\naccess-control-allow-origin: *\naccess-control-allow-credentials: false"),
        // Browsers compare with case, so this allows none.
        (ASKED, "200\naccess-control-allow-origin: *\naccess-control-allow-credentials: True"),
        (ASKED, "200\naccess-control-allow-origin: *\naccess-control-allow-headers: *"),
        // No origin is named, so the lists may be for requests without credentials.
        (
            "GET /",
            "200\naccess-control-allow-origin: https://a.example\naccess-control-allow-headers: *\n\
             access-control-allow-credentials: true",
        ),
    ] {
        assert_eq!(seen(ID, request, response), "", "{request} {response}");
    }
    let named = format!(
        "{ALLOWED}\naccess-control-allow-origin: https://app.example\naccess-control-allow-headers: \
         authorization, x-*"
    );
    assert_eq!(seen(ID, ASKED, &named), "");
}
