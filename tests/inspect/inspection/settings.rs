//! Settings that are wrong, and inspections that would show nothing.

use std::io;

use http::{Request, Response};
use hyper::body::Incoming;
use portcullis::inspect::Severity;
use portcullis::testing::{Inspection, InspectionError, bearer};
use tokio::net::TcpStream;
use tower::service_fn;

use super::server::{Head, Reply, honest, inspection, inspection_of, refusal, with};

async fn error(inspection: Inspection) -> String {
    inspection.run().await.expect_err("an error").to_string()
}

#[tokio::test]
async fn a_target_starts_with_a_slash() {
    for target in
        ["", "reports", "https://api.example/reports", "//api.example", "/a b", "/#a", "/ä"]
    {
        let error = error(inspection(honest).target(target)).await;
        assert!(error.contains("is no target: it has to start with `/`"), "{target}: {error}");
    }
}

#[tokio::test]
async fn a_header_can_be_sent() {
    for (name, value) in
        [("no token", "1"), ("x", "a\r\nb: c"), ("content-length", "5"), ("host", "a")]
    {
        let error = error(inspection(honest).with_header(name, value)).await;
        assert!(error.starts_with(&format!("the header {name:?} cannot be sent")), "{error}");
        let error = self::error(inspection(honest).permitted("carol", [(name, value)])).await;
        assert!(error.starts_with(&format!("the header {name:?} cannot be sent")), "{error}");
    }
}

#[tokio::test]
async fn a_method_is_a_token_and_not_connect() {
    for method in ["", "A B", "CONNECT"] {
        let error = error(inspection(honest).with_methods([method])).await;
        assert!(
            error.starts_with(&format!("{method:?} is no method that can be asked")),
            "{error}"
        );
    }
}

/// As in [`InspectLayer::allow`](portcullis::testing::InspectLayer::allow).
#[test]
fn an_unknown_check_fails_where_it_is_allowed() {
    let panic = std::panic::catch_unwind(|| inspection(honest).allow("challenge-mising"));
    let text = *panic.expect_err("a panic").downcast::<String>().expect("a text");
    assert!(text.starts_with("no check is named \"challenge-mising\": allow one of "), "{text}");
    assert!(text.contains("challenge-missing, ") && text.ends_with(", unanswered"), "{text}");
}

#[tokio::test]
async fn what_is_allowed_is_not_reported() {
    fn reply(head: &Head) -> Reply {
        let mut reply = honest(head);
        reply.headers_mut().remove("www-authenticate");
        reply
    }
    for id in ["challenge-missing", "I01"] {
        let report = inspection(reply).allow(id).run().await.unwrap();
        let mut ids = report.findings().iter().map(|found| found.finding().id());
        assert!(ids.all(|id| id != "challenge-missing"), "{report}");
    }
    assert!(!inspection(reply).run().await.unwrap().is_clean());
}

#[tokio::test]
async fn requests_without_a_response_can_be_allowed() {
    /// Closes the connection at a method that it does not know.
    fn inspection() -> Inspection {
        let service = service_fn(|request: Request<Incoming>| async move {
            match request.method().as_str() {
                "PROPFIND" => Err("closed"),
                _ => Ok(Response::new(String::new())),
            }
        });
        Inspection::of_service(service)
    }
    let report = inspection().run().await.unwrap();
    let [one] = report.unanswered() else { panic!("{report}") };
    assert_eq!(one.request(), "PROPFIND / without credentials");
    let severities = || report.findings().iter().map(|found| found.finding().severity());
    assert!(severities().all(|severity| severity == Severity::Advice) && !report.is_clean());
    let report = inspection().allow("unanswered").run().await.unwrap();
    assert!(report.unanswered().is_empty() && report.is_clean(), "{report}");
}

#[tokio::test]
async fn there_are_at_most_60_requests() {
    let methods = (0..10).map(|number| format!("X{number}"));
    let error = inspection(honest).with_methods(methods).run().await.unwrap_err();
    let InspectionError::TooManyRequests { requests } = error else { panic!("{error}") };
    assert!(requests > 60);
    let many = (0..30).fold(inspection(honest), |inspection, number| {
        inspection.refused(format!("user{number}"), bearer(&format!("user{number}")))
    });
    let report = many.run().await.unwrap();
    assert!(report.requests() <= 60, "{report}");
}

#[tokio::test]
async fn a_permitted_caller_is_permitted() {
    let error = error(inspection_of(honest).permitted("mallory", bearer("mallory"))).await;
    assert_eq!(
        error,
        "`GET /reports as mallory` gets 401 Unauthorized, and mallory is given as permitted: correct the \
         target, or the credentials of mallory"
    );
    fn moved(_: &Head) -> Reply {
        with(refusal(308, "", None), http::header::LOCATION, "/reports/")
    }
    let error = self::error(inspection(moved)).await;
    assert!(error.contains("gets 308 Permanent Redirect"), "{error}");
}

#[tokio::test]
async fn a_connection_can_be_opened() {
    let inspection = Inspection::of_connector("api.example", true, || async {
        Err::<TcpStream, _>(io::Error::other("the certificate has expired"))
    });
    let error = error(inspection).await;
    assert_eq!(
        error,
        "cannot connect: is the server listening at this address? (the certificate has expired)"
    );
}

#[test]
fn an_inspection_needs_a_runtime() {
    let mut run = std::pin::pin!(inspection(honest).run());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(outcome) = run.as_mut().poll(&mut context) else { panic!("waits") };
    assert!(matches!(outcome, Err(InspectionError::NoRuntime)), "{outcome:?}");
}

#[tokio::test]
async fn no_text_shows_a_credential() {
    let secret = "c2VjcmV0LWlu";
    let inspection = inspection(honest)
        .permitted("carol", bearer(secret))
        .expired(bearer(secret))
        .with_header("x-api-key", secret)
        .target(format!("/reports?token={secret}"));
    assert!(!format!("{inspection:?}").contains(secret));
    let error = inspection.run().await.unwrap_err();
    assert!(!format!("{error:?} {error}").contains(secret), "{error:?}");
    let report = inspection_of(|head| match head.headers.contains_key("authorization") {
        true => refusal(401, "no", Some(head.headers["authorization"].to_str().unwrap())),
        false => refusal(401, "no", None),
    });
    let report = report.expired(bearer(secret)).target(format!("/reports?token={secret}"));
    let report = report.run().await.unwrap();
    let texts = format!("{report} {report:?} {}", report.to_json());
    assert!(!texts.contains(secret), "{texts}");
}

#[tokio::test]
async fn i30_an_error_about_a_target_does_not_show_its_query() {
    for target in ["a?access_token=hunterzwei", "/a?access_token=hunterzwei#x", "a;sid=hunterzwei"]
    {
        let error = inspection(honest).target(target).run().await.expect_err("an error");
        assert!(!format!("{error}{error:?}").contains("hunterzwei"), "{error:?}");
        assert!(error.to_string().contains("a…"), "{error}");
    }
}

#[tokio::test]
async fn i30_the_name_of_a_request_shows_no_credential() {
    fn reply(head: &Head) -> Reply {
        let mut reply = honest(head);
        reply.headers_mut().remove("www-authenticate");
        reply
    }
    let inspection = inspection(reply).refused("carol", bearer("hunter2secret99"));
    let report = inspection.target("/reset/hunter2secret99;sid=0A1B2C3D").run().await;
    let said = report.map_or_else(|error| error.to_string(), |report| report.to_string());
    assert!(said.contains("GET /reset/[credential];…"), "{said}");
    assert!(!said.contains("2secret") && !said.contains("0A1B2C3D"), "{said}");
}
