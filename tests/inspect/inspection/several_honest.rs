//! Inspections of honest servers of other kinds: no error, no warning, but for those that are deserved.

use http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, LOCATION, WWW_AUTHENTICATE,
};
use http::{HeaderName, Method, Response};
use portcullis::inspect::Severity;
use portcullis::testing::{InspectionReport, basic, bearer};

use super::server::{
    Credentials, Head, Reply, application, challenge, honest, inspect, inspection, inspection_of,
    ok, refusal, token, with,
};

/// The ids of errors and warnings.
fn grave(report: &InspectionReport) -> Vec<&str> {
    let findings = report.findings().iter().map(|found| found.finding());
    findings.filter(|it| it.severity() >= Severity::Warning).map(|it| it.id()).collect()
}

fn value(head: &Head, name: HeaderName) -> &str {
    head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A stage on each route, as many frameworks have it: what no route is for is the router's.
#[tokio::test]
async fn a_router_that_answers_in_front_of_each_route() {
    fn by_route(head: &Head) -> Reply {
        match (&head.method, head.uri.path()) {
            (&Method::GET, "/reports") => honest(head),
            (_, "/reports") => with(refusal(405, "", None), ALLOW, "GET"),
            _ => refusal(404, "", None),
        }
    }
    assert_eq!(grave(&inspect(by_route).await), [""; 0]);
    // Methods without a route are unknown.
    fn by_path(head: &Head) -> Reply {
        match head.method {
            Method::GET | Method::HEAD => by_route(head),
            Method::OPTIONS => with(ok("GET, HEAD"), ALLOW, "GET, HEAD"),
            _ => refusal(404, "Cannot PROPFIND /reports", None),
        }
    }
    fn with_head(head: &Head) -> Reply {
        let mut head = head.clone();
        if head.method == Method::HEAD {
            head.method = Method::GET;
        }
        by_path(&head)
    }
    assert_eq!(grave(&inspect(with_head).await), [""; 0]);
}

/// A service for programs, behind no browser: preflights get what all requests without credentials get.
#[tokio::test]
async fn a_service_for_programs_alone() {
    fn service(head: &Head) -> Reply {
        match token(head) {
            Credentials::None => challenge(),
            _ => honest(head),
        }
    }
    assert_eq!(grave(&inspect(service).await), [""; 0]);
    let report = inspection(service).origin("https://app.example").run().await.unwrap();
    assert_eq!(grave(&report), ["preflight-refused"]);
}

/// Who may not see it learns nothing of it.
#[tokio::test]
async fn a_resource_that_is_hidden() {
    fn hidden(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("alice") => application(head),
            _ => refusal(404, "There is nothing here.", None),
        }
    }
    assert_eq!(grave(&inspect(hidden).await), [""; 0]);
}

/// Kubernetes has a name for callers without credentials, and forbids them by choice. A login helps, so this is
/// said; nothing else is.
#[tokio::test]
async fn a_cluster_that_forbids_callers_without_credentials() {
    fn cluster(head: &Head) -> Reply {
        match token(head) {
            Credentials::None => refusal(403, "system:anonymous cannot list reports", None),
            _ => honest(head),
        }
    }
    assert_eq!(grave(&inspect(cluster).await), ["anonymous-forbidden"]);
}

/// A page of one's own at one address, and a page for all without a session.
#[tokio::test]
async fn a_page_that_differs_by_session() {
    fn page(head: &Head) -> Reply {
        let text = match value(head, COOKIE) {
            "session=alice-4eC39HqLyjWDarjt" => "Welcome, alice",
            _ => "Welcome",
        };
        let mut reply = ok(text);
        reply.headers_mut().insert(CACHE_CONTROL, "private".parse().unwrap());
        with(reply, http::header::VARY, "cookie")
    }
    let inspection = inspection_of(page);
    let report = inspection.permitted("alice", [("cookie", "session=alice-4eC39HqLyjWDarjt")]);
    assert_eq!(grave(&report.run().await.unwrap()), [""; 0]);
}

/// A site with sessions, whose scripts get a 401 and whose pages lead to a login.
#[tokio::test]
async fn a_site_with_a_login_page() {
    fn site(head: &Head) -> Reply {
        let is_navigation = value(head, http::header::ACCEPT).starts_with("text/html");
        match (value(head, COOKIE), head.uri.path()) {
            (_, "/login") => {
                let page = ok("<title>Log in</title><input type=password>");
                let mut page = with(page, HeaderName::from_static("x-robots-tag"), "noindex");
                page.headers_mut().insert(CONTENT_TYPE, "text/html".parse().unwrap());
                page
            }
            (_, "/robots.txt") => ok("User-agent: *"),
            ("session=alice-4eC39HqLyjWDarjt", _) => application(head),
            _ if is_navigation => with(refusal(303, "", None), LOCATION, "/login?to=%2Freports"),
            _ => refusal(401, "Log in first.", Some("Form realm=\"site\"")),
        }
    }
    let inspection = inspection_of(site);
    let report = inspection.permitted("alice", [("cookie", "session=alice-4eC39HqLyjWDarjt")]);
    let report = report.crawler().run().await.unwrap();
    assert_eq!(grave(&report), [""; 0]);
    assert!(
        report.findings().iter().all(|it| !it.finding().id().starts_with("crawler-")),
        "{report}"
    );
}

/// Digest, a raw token, and keys: each with wrong credentials of its own form.
#[tokio::test]
async fn i38_credentials_of_other_forms_are_told_from_wrong_ones() {
    /// The one line of credentials that passes.
    fn accepts(head: &Head, right: &str, challenge: &str) -> Reply {
        let mut lines = head.headers.get_all(AUTHORIZATION).iter();
        match (lines.next(), lines.next()) {
            (Some(line), None) if line == right => application(head),
            _ => refusal(401, "Not with these.", Some(challenge)),
        }
    }
    fn is_any(head: &Head, prefix: &str) -> Reply {
        match value(head, AUTHORIZATION).starts_with(prefix) {
            true => application(head),
            false => refusal(401, "Not with these.", Some("Form realm=\"api\"")),
        }
    }
    const ALICE: [&str; 4] =
        ["Token 0a1b2c3d4e5f6071", "ApiKey VnVhQ2ZHY0JDZGJrUW0=", "DPoP a.b.c", "0a1b2c3d4e5f6071"];
    let right: [fn(&Head) -> Reply; 4] = [
        |head| accepts(head, ALICE[0], "Token realm=\"api\""),
        |head| accepts(head, ALICE[1], "ApiKey realm=\"api\""),
        |head| accepts(head, ALICE[2], "DPoP algs=\"ES256\", error=\"invalid_token\""),
        |head| accepts(head, ALICE[3], "Form realm=\"api\""),
    ];
    let ignoring: [fn(&Head) -> Reply; 4] = [
        |head| is_any(head, "Token "),
        |head| is_any(head, "ApiKey "),
        |head| is_any(head, "DPoP "),
        |head| match head.headers.contains_key(AUTHORIZATION) {
            true => application(head),
            false => refusal(401, "Not without.", Some("Form realm=\"api\"")),
        },
    ];
    for (credentials, (right, ignoring)) in ALICE.into_iter().zip(right.into_iter().zip(ignoring)) {
        let ask = |reply| inspection_of(reply).permitted("alice", [("authorization", credentials)]);
        let report = ask(right).run().await.unwrap();
        let found = grave(&report);
        assert!(!found.contains(&"credentials-ignored"), "{credentials}: {report}");
        let report = ask(ignoring).run().await.unwrap();
        assert!(grave(&report).contains(&"credentials-ignored"), "{credentials}: {report}");
        let text = report.to_string();
        assert!(text.contains("the same 200 for alice and for"), "{credentials}: {text}");
    }
}

/// A challenge of the second kind that a permitted caller never sees.
#[tokio::test]
async fn two_schemes_of_one_server() {
    fn either(head: &Head) -> Reply {
        match value(head, AUTHORIZATION) {
            "Bearer alice" | "Basic YWxpY2U6d29uZGVybGFuZA==" => application(head),
            sent => {
                let error =
                    if sent.starts_with("Bearer") { ", error=\"invalid_token\"" } else { "" };
                let bearer = format!("Bearer realm=\"api\"{error}");
                let reply = refusal(401, "Log in.", Some(&bearer));
                let reply: Response<String> = reply;
                with(reply, WWW_AUTHENTICATE, "Basic realm=\"api\", charset=\"UTF-8\"")
            }
        }
    }
    let report = inspection_of(either)
        .permitted("alice", bearer("alice"))
        .permitted("alice by password", basic("alice", "wonderland"));
    let report = report.run().await.unwrap();
    // The second of two lines is not looked at.
    assert_eq!(grave(&report), ["credentials-ignored"]);
}
