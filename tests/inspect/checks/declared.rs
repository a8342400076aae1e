//! Headers that are declared to hold a credential, by [`HeaderValue::is_sensitive`].

use http::{HeaderValue, Request, Response};
use portcullis::inspect::{Finding, Severity, inspect};

const TICKET: &str = "0f8d4eC39HqLyjWD";

fn sensitive(value: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(value).unwrap();
    value.set_sensitive(true);
    value
}

/// What is found in the response to a request with this header, declared or not.
fn judge(name: &str, value: &str, is_declared: bool, response: &Response<String>) -> Vec<Finding> {
    let mut line = sensitive(value);
    line.set_sensitive(is_declared);
    let request = Request::get("https://api.example/a").header(name, line).body(()).unwrap();
    inspect(&request, response, response.body().as_bytes())
}

fn one<'f>(id: &str, found: &'f [Finding]) -> Option<&'f Finding> {
    found.iter().find(|finding| finding.id() == id)
}

#[test]
fn i30_what_is_declared_is_found_and_not_shown() {
    let response = Response::builder()
        .status(401)
        .header("www-authenticate", format!("Bearer realm={TICKET}"))
        .header("content-type", "text/plain")
        .body(format!("no {TICKET}"))
        .unwrap();
    for (name, value) in [
        ("x-ticket", TICKET.to_owned()),
        ("x-tenant", format!("acme {TICKET}")),
        ("cookie", format!("t={TICKET}")),
    ] {
        let found = judge(name, &value, true, &response);
        for finding in &found {
            let said = format!("{finding} {finding:?} {} {}", finding.excerpt(), finding.to_json());
            assert!(!said.contains(TICKET) && !said.contains(&TICKET[..8]), "{said}");
        }
        assert_eq!(one("realm-unquoted", &found).unwrap().excerpt(), "realm=[credential]");
        // All of the value comes back, or that of the cookie.
        assert_eq!(one("credential-echoed", &found).is_some(), name != "x-tenant", "{name}");
    }
    let found = judge("x-ticket", TICKET, false, &response);
    assert!(one("credential-echoed", &found).is_none(), "nobody has declared it");
    assert_eq!(one("realm-unquoted", &found).unwrap().excerpt(), format!("realm={TICKET}"));
}

#[test]
fn i30_what_a_response_declares_is_not_shown() {
    let response = Response::builder()
        .status(503)
        .header("retry-after", sensitive(TICKET))
        .body(String::new())
        .unwrap();
    let found = judge("accept", "*/*", false, &response);
    assert_eq!(one("wait-syntax", &found).unwrap().excerpt(), "[credential]");
}

#[test]
fn i33_what_is_declared_is_a_credential() {
    let response = Response::builder().status(200).header("cache-control", "public, max-age=60");
    let response =
        response.header("content-type", "application/json").body("{}".to_owned()).unwrap();
    let found = judge("x-ticket", TICKET, true, &response);
    assert_eq!(one("personal-storable", &found).map(Finding::severity), Some(Severity::Warning));
    let found = judge("x-ticket", TICKET, false, &response);
    assert!(one("personal-storable", &found).is_none(), "{found:?}");
    // Short cookies are marked by HTTP/2, whatever they are.
    let found = judge("cookie", "theme=midnight01", true, &response);
    assert!(one("personal-storable", &found).is_none(), "{found:?}");
}

#[test]
fn i10_what_is_declared_may_be_a_token() {
    let response = Response::builder()
        .status(401)
        .header("www-authenticate", "Bearer realm=\"a\", error=\"invalid_token\"")
        .body(String::new())
        .unwrap();
    assert!(one("bearer-error-unasked", &judge("x-ticket", TICKET, true, &response)).is_none());
    assert!(one("bearer-error-unasked", &judge("x-ticket", TICKET, false, &response)).is_some());
    assert!(one("bearer-error-unasked", &judge("x-author", "Ada", false, &response)).is_some());
}
