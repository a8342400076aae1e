//! Rows I35 to I37, I39 and I40: what shows when exchanges are compared.

use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, ORIGIN, VARY};
use http::{Method, Response};

use super::server::{
    Credentials, Head, Reply, application, challenge, compared, honest, inspect, inspection,
    inspection_of, is_preflight, ok, refusal, token, with,
};

#[tokio::test]
async fn a_server_that_is_right_has_no_finding() {
    let report = inspect(honest).await;
    assert!(report.findings().is_empty(), "{report}");
    report.assert_clean();
}

#[tokio::test]
async fn i35_a_preflight_needs_no_login() {
    fn reply(head: &Head) -> Reply {
        if is_preflight(head) { challenge() } else { honest(head) }
    }
    let advice = "advice preflight-refused: a preflight, which never has credentials, gets 401";
    // A server that no script of another origin uses need not answer it.
    assert_eq!(compared(&inspect(reply).await), [advice]);
    let warning = advice.replace("advice", "warning");
    let report = inspection(reply).origin("https://app.example").run().await.unwrap();
    assert_eq!(compared(&report), [&warning[..]]);
    fn allows(head: &Head) -> Reply {
        with(reply(head), ACCESS_CONTROL_ALLOW_ORIGIN, "https://app.example")
    }
    assert_eq!(compared(&inspect(allows).await), [warning]);
}

#[tokio::test]
async fn i35_another_refusal_may_be_meant() {
    fn reply(head: &Head) -> Reply {
        if is_preflight(head) { refusal(403, "Not from there.", None) } else { honest(head) }
    }
    let advice = "advice preflight-refused: a preflight, which never has credentials, gets 403";
    assert_eq!(compared(&inspect(reply).await), [advice]);
    // Not if the user says that this origin may.
    let report = inspection(reply).origin("https://app.example").run().await.unwrap();
    assert_eq!(compared(&report), [advice.replace("advice", "warning")]);
    // Nor if the server answers other origins.
    fn allows(head: &Head) -> Reply {
        match head.headers.contains_key(ORIGIN) {
            true => with(reply(head), ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            false => reply(head),
        }
    }
    assert_eq!(compared(&inspect(allows).await), [advice.replace("advice", "warning")]);
}

#[tokio::test]
async fn i35_the_origin_of_the_user_is_allowed() {
    fn reply(head: &Head) -> Reply {
        if is_preflight(head) { ok("") } else { honest(head) }
    }
    let report = inspection(reply).origin("https://app.example").run().await.unwrap();
    assert_eq!(
        compared(&report),
        ["warning preflight-refused: the preflight gets 200 without Access-Control-Allow-Origin"]
    );
    // Another origin may be refused like this.
    assert_eq!(compared(&inspect(reply).await), [""; 0]);
}

#[tokio::test]
async fn i35_an_options_that_is_no_preflight_asks_for_a_login() {
    fn handler(head: &Head) -> Reply {
        if head.method == Method::OPTIONS { ok("the reports") } else { honest(head) }
    }
    let detail = "an OPTIONS that is no preflight gets 200 without credentials, and GET gets 401";
    assert_eq!(compared(&inspect(handler).await), [format!("warning preflight-refused: {detail}")]);
    fn methods(head: &Head) -> Reply {
        match head.method {
            Method::OPTIONS if !is_preflight(head) => with(ok("GET"), ALLOW, "GET"),
            _ => honest(head),
        }
    }
    assert_eq!(compared(&inspect(methods).await), [format!("advice preflight-refused: {detail}")]);
    // A CORS layer outside answers it, and nothing has passed.
    fn cors_layer(head: &Head) -> Reply {
        match head.method {
            Method::OPTIONS => with(ok(""), VARY, "Origin, Access-Control-Request-Method"),
            _ => honest(head),
        }
    }
    assert_eq!(compared(&inspect(cors_layer).await), [""; 0]);
}

#[tokio::test]
async fn i36_a_caller_without_credentials_is_asked_for_a_login() {
    fn reply(head: &Head) -> Reply {
        match token(head) {
            Credentials::None if !is_preflight(head) => refusal(403, "Forbidden.", None),
            _ => honest(head),
        }
    }
    assert_eq!(
        compared(&inspect(reply).await),
        [
            "warning anonymous-forbidden: a caller without credentials gets 403, where a login gets 200"
        ]
    );
    // Without a permitted caller, a login might not help.
    let report = inspection_of(reply).run().await.unwrap();
    assert_eq!(compared(&report), [""; 0]);
}

#[tokio::test]
async fn i37_a_known_caller_is_refused_by_403() {
    fn reply(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("bob") => challenge(),
            _ => honest(head),
        }
    }
    let found = compared(&inspect(reply).await);
    assert!(found.len() == 1 && found[0].starts_with("warning known-challenged: bob"), "{found:?}");
    fn step_up(head: &Head) -> Reply {
        let challenge =
            r#"Bearer realm="api", error="insufficient_user_authentication", max_age=5"#;
        match token(head) {
            Credentials::Of("bob") => refusal(401, "Log in again.", Some(challenge)),
            _ => honest(head),
        }
    }
    assert_eq!(compared(&inspect(step_up).await), [""; 0]);
}

#[tokio::test]
async fn i37_a_permitted_caller_is_known_with_head_too() {
    fn reply(head: &Head) -> Reply {
        if head.method == Method::HEAD { challenge() } else { honest(head) }
    }
    let report = inspect(reply).await;
    assert_eq!(
        compared(&report),
        ["warning known-challenged: alice is known, and gets 401 as if its credentials were wrong"]
    );
    assert_eq!(report.findings()[0].request(), "HEAD /reports as alice");
}

#[tokio::test]
async fn i39_credentials_are_checked_first() {
    fn reply(head: &Head) -> Reply {
        match head.method.as_str() {
            "PROPFIND" => application(head),
            _ => honest(head),
        }
    }
    assert_eq!(
        compared(&inspect(reply).await),
        ["advice checked-too-late: without credentials, PROPFIND gets 405, and GET of the same \
             target gets 401"]
    );
    // A stage on each route leaves it to the router.
    inspect(reply).await.assert_clean();
    fn parsed_first(head: &Head) -> Reply {
        match head.headers.get("content-type") {
            Some(kind) if kind != "application/json" => refusal(415, "No such type.", None),
            _ => honest(head),
        }
    }
    let report = inspection(parsed_first).with_methods(["POST"]).run().await.unwrap();
    assert_eq!(
        compared(&report),
        [
            "warning checked-too-late: without credentials, POST gets 415, and GET of the same target gets 401"
        ]
    );
    assert_eq!(
        report.findings()[0].request(),
        "POST /reports without credentials, with a body of an unknown type"
    );
    // A path at which there is nothing is another target.
    fn unknown(head: &Head) -> Reply {
        if head.uri.path() == "/reports" { honest(head) } else { application(head) }
    }
    assert_eq!(compared(&inspect(unknown).await), [""; 0]);
}

#[tokio::test]
async fn i40_callers_see_what_would_help() {
    fn reply(head: &Head) -> Reply {
        match token(head) {
            _ if is_preflight(head) => honest(head),
            Credentials::Of("alice") => application(head),
            _ => refusal(403, "Forbidden.", None),
        }
    }
    let report = inspect(reply).await;
    let found = compared(&report);
    assert!(
        found.contains(
            &"advice cause-hidden: missing credentials, malformed credentials, wrong credentials, \
              expired credentials, bob get the same 403"
                .to_owned()
        ),
        "{found:?}"
    );
    // It is enough if the bodies differ.
    fn explained(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("bob") => refusal(403, "You may not see this.", None),
            _ => reply(head),
        }
    }
    let found = compared(&inspect(explained).await);
    assert!(!found.iter().any(|found| found.contains("get the same")), "{found:?}");
    // A server that hides its resource has one response for all.
    fn hidden(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("alice") => application(head),
            _ => refusal(404, "There is nothing here.", None),
        }
    }
    assert_eq!(compared(&inspect(hidden).await), [""; 0]);
}

#[tokio::test]
async fn i40_expired_credentials_get_401() {
    fn reply(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("expired") => refusal(403, "It has expired.", None),
            _ => honest(head),
        }
    }
    assert_eq!(
        compared(&inspect(reply).await),
        ["advice cause-hidden: expired credentials get 403, and clients refresh on 401 only"]
    );
}

#[tokio::test]
async fn equal_findings_are_one_with_all_requests_that_show_it() {
    fn reply(head: &Head) -> Reply {
        match token(head) {
            Credentials::None if !is_preflight(head) => {
                Response::builder().status(401).body(String::new()).unwrap()
            }
            _ => honest(head),
        }
    }
    let report = inspect(reply).await;
    let missing: Vec<_> = report
        .findings()
        .iter()
        .filter(|found| found.finding().id() == "challenge-missing")
        .collect();
    let [missing] = &missing[..] else { panic!("{report}") };
    let requests: Vec<_> = missing.shown_by().map(|(request, _)| request).collect();
    assert_eq!(
        requests,
        [
            "GET /reports without credentials",
            "HEAD /reports without credentials",
            "OPTIONS /reports without credentials",
            "GET /reports without credentials, by a script of another origin",
            "PROPFIND /reports without credentials",
            "GET /nothing-is-here-7d3c91 without credentials",
            "GET /reports without credentials, on a connection that had some",
        ]
    );
    assert_eq!(missing.status(), 401);
    let text = report.to_string();
    assert!(text.contains("and 3 more"), "{text}");
    let json = report.to_json();
    assert_eq!(json["errors"], 1);
    assert_eq!(json["findings"][0]["requests"][6]["status"], 401);
    // The findings of one server are those of the next run.
    assert_eq!(inspect(reply).await.to_json(), json);
}
