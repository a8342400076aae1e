//! Row I45: an error in the check of credentials.

use http::{Method, Response};
use portcullis::testing::{InspectionReport, basic, bearer};

use super::server::{
    Credentials, Head, Reply, application, challenge, compared, honest, inspect, inspection,
    inspection_of, is_preflight, refusal, token,
};

/// A body that says nothing of credentials.
fn failed() -> Reply {
    refusal(500, "Something went wrong.", None)
}

fn is_wrong(head: &Head) -> bool {
    matches!(token(head), Credentials::Of(token) if !["alice", "bob", "expired"].contains(&token))
}

fn ids(report: &InspectionReport) -> Vec<&'static str> {
    report.findings().iter().map(|found| found.finding().id()).collect()
}

#[tokio::test]
async fn i45_an_error_in_the_check_of_credentials() {
    fn wrong(head: &Head) -> Reply {
        if is_wrong(head) { failed() } else { honest(head) }
    }
    let report = inspect(wrong).await;
    let found = "warning fault-for-wrong-credentials: wrong credentials get 500, and a request \
                 without credentials gets 401";
    assert_eq!(compared(&report), [found]);
    assert_eq!(ids(&report), ["fault-for-wrong-credentials"]);
    assert_eq!(report.findings()[0].status(), 500);
    assert_eq!(report.findings()[0].request(), "GET /reports with wrong credentials");
    fn expired(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("expired") => failed(),
            _ => honest(head),
        }
    }
    let of_expired = found.replace(": wrong", ": expired");
    assert_eq!(compared(&inspect(expired).await), [&of_expired[..]]);
    // The wrong ones show that credentials can be checked, also where no caller is named.
    let report = inspection_of(expired).expired(bearer("expired")).run().await.unwrap();
    assert_eq!(compared(&report), [of_expired]);
    fn both(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("alice" | "bob") => honest(head),
            Credentials::Of(_) => failed(),
            _ => honest(head),
        }
    }
    let of_both = found.replace(": wrong", ": wrong credentials, expired");
    assert_eq!(compared(&inspect(both).await), [&of_both[..]]);
    // A known caller who is refused has passed the check too.
    let report = inspection_of(both).refused("bob", bearer("bob")).run().await.unwrap();
    assert_eq!(compared(&report), [found]);
}

/// A cookie or a key of no user is as well formed as any.
#[tokio::test]
async fn i45_other_credentials_than_authorization() {
    fn keys(head: &Head) -> Reply {
        match head.headers.get("x-api-key").map(http::HeaderValue::as_bytes) {
            Some(b"alice-4eC39HqLyjWDarjt") => application(head),
            Some(_) => failed(),
            None => honest(head),
        }
    }
    let alice = [("x-api-key", "alice-4eC39HqLyjWDarjt")];
    let report = inspection_of(keys).permitted("alice", alice).run().await.unwrap();
    assert_eq!(ids(&report), ["fault-for-wrong-credentials"]);
}

/// Without a caller who passes, the store of users may be down.
#[tokio::test]
async fn i45_where_no_caller_is_named_the_check_may_be_down() {
    fn all(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of(_) => failed(),
            _ => honest(head),
        }
    }
    let report = inspection_of(all).run().await.unwrap();
    assert_eq!(
        compared(&report),
        ["advice fault-for-wrong-credentials: wrong credentials get 500, and a request without \
          credentials gets 401 (503 is right if no credentials can be checked now)"]
    );
    report.assert_clean();
    // It is down for those whose credentials are right.
    let named = inspection_of(all).refused("bob", bearer("bob")).expired(bearer("expired"));
    assert_eq!(compared(&named.run().await.unwrap()), [""; 0]);
}

#[tokio::test]
async fn i45_a_server_that_fails_or_cannot_check_now() {
    // For all callers.
    fn down(head: &Head) -> Reply {
        if is_preflight(head) { honest(head) } else { failed() }
    }
    assert_eq!(compared(&inspection_of(down).run().await.unwrap()), [""; 0]);
    // The statuses of an outage.
    fn outage<const STATUS: u16>(head: &Head) -> Reply {
        if is_wrong(head) { refusal(STATUS, "Try later.", None) } else { honest(head) }
    }
    for reply in [outage::<502>, outage::<503>, outage::<504>] {
        assert_eq!(compared(&inspect(reply).await), [""; 0]);
    }
    // 404 without credentials: nothing says that a 401 is meant.
    fn hidden(head: &Head) -> Reply {
        match token(head) {
            Credentials::None if !is_preflight(head) => refusal(404, "Nothing is here.", None),
            _ if is_wrong(head) => failed(),
            _ => honest(head),
        }
    }
    assert_eq!(compared(&inspect(hidden).await), [""; 0]);
}

#[tokio::test]
async fn i45_a_server_that_fails_now_and_then() {
    // The same credentials get 401 with another method.
    fn with_get(head: &Head) -> Reply {
        if is_wrong(head) && head.method == Method::GET { failed() } else { honest(head) }
    }
    let report = inspection(with_get).with_methods(["POST"]).run().await.unwrap();
    assert_eq!(compared(&report), [""; 0]);
    assert_eq!(ids(&inspect(with_get).await), ["fault-for-wrong-credentials"]);
    // Another request without credentials fails too.
    fn by_origin(head: &Head) -> Reply {
        let fails = head.headers.contains_key("origin") && !is_preflight(head);
        if fails || is_wrong(head) { failed() } else { honest(head) }
    }
    let found = compared(&inspect(by_origin).await);
    assert!(!found.iter().any(|found| found.contains("fault-for-wrong")), "{found:?}");
}

/// I22 says it of the exchange alone, and once is enough.
#[tokio::test]
async fn i45_is_silent_where_the_body_says_it() {
    fn blames(head: &Head) -> Reply {
        if is_wrong(head) { refusal(500, "Invalid token", None) } else { honest(head) }
    }
    assert_eq!(ids(&inspect(blames).await), ["fault-for-credentials"]);
    // The other exchange has another body.
    fn one_blames(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("expired") => failed(),
            _ => blames(head),
        }
    }
    let report = inspect(one_blames).await;
    assert_eq!(ids(&report), ["fault-for-credentials", "fault-for-wrong-credentials"]);
    assert!(compared(&report)[0].contains(": expired credentials get 500"), "{report}");
    // Malformed ones are for I22, as ever.
    fn malformed(head: &Head) -> Reply {
        match token(head) {
            Credentials::Unclear => failed(),
            _ => honest(head),
        }
    }
    assert_eq!(compared(&inspect(malformed).await), [""; 0]);
}

/// A server for passwords.
#[tokio::test]
async fn i45_passwords_too() {
    fn passwords(head: &Head) -> Reply {
        let sent = head.headers.get("authorization").and_then(|value| value.to_str().ok());
        match sent {
            None => challenge(),
            Some("Basic YWxpY2U6d29uZGVybGFuZA==") => application(head),
            Some(sent) if sent.contains('%') => challenge(),
            Some(_) => Response::builder().status(500).body(String::new()).unwrap(),
        }
    }
    let inspection = inspection_of(passwords).permitted("alice", basic("alice", "wonderland"));
    let found = ids(&inspection.run().await.unwrap());
    assert!(found.contains(&"fault-for-wrong-credentials"), "{found:?}");
}
