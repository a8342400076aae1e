//! Servers that are down or open to all, and settings that are mistaken: what is found is true of them.

use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, AUTHORIZATION};
use portcullis::testing::{InspectionReport, basic};

use super::raw::RawServer;
use super::server::{
    Credentials, Head, Reply, application, challenge, compared, honest, inspect, inspection,
    inspection_of, is_preflight, ok, refusal, token, with,
};

/// The ids and details of all that was found.
fn all(report: &InspectionReport) -> Vec<String> {
    let findings = report.findings().iter().map(|found| found.finding());
    findings.map(|finding| format!("{}: {}", finding.id(), finding.detail())).collect()
}

#[tokio::test]
async fn i30_a_server_may_speak_of_malformed_credentials() {
    fn reply(head: &Head) -> Reply {
        match token(head) {
            _ if is_preflight(head) => honest(head),
            Credentials::Unclear => {
                let challenge = r#"Bearer realm="api", error="invalid_request""#;
                refusal(400, "malformed credentials, or bad credentials: log in", Some(challenge))
            }
            _ => honest(head),
        }
    }
    let report = inspection_of(reply).run().await.unwrap();
    assert_eq!(all(&report), [""; 0]);
    // And what the tool itself says is not redacted.
    fn storable(head: &Head) -> Reply {
        let mut reply = reply(head);
        reply.headers_mut().remove("cache-control");
        *reply.status_mut() = 404.try_into().unwrap();
        reply
    }
    let report = inspection_of(storable).run().await.unwrap();
    assert!(!report.to_string().contains("[credential]"), "{report}");
    let found = all(&report);
    assert!(found.iter().any(|found| found.starts_with("absence-storable")), "{found:?}");
    // Nor what a server says with the words of the inspection, here in the place of a finding.
    fn in_challenge(head: &Head) -> Reply {
        let challenge = r#"Basic realm=wrong inspection of portcullis, malformed credentials"#;
        if is_preflight(head) { honest(head) } else { refusal(401, "No.", Some(challenge)) }
    }
    let report = inspection_of(in_challenge).run().await.unwrap();
    let text = report.to_json().to_string();
    assert!(text.contains("realm=wrong i"), "{text}");
    assert!(!text.contains("[credential]"), "{text}");
}

#[tokio::test]
async fn i22_a_server_that_is_down_does_not_blame_credentials() {
    fn down(_: &Head) -> Reply {
        refusal(500, "The server has failed.", None)
    }
    let report = inspection_of(down).run().await.unwrap();
    assert_eq!(all(&report), [""; 0]);
    // It does if credentials are the cause.
    fn fails(head: &Head) -> Reply {
        match token(head) {
            Credentials::Unclear => refusal(500, "The server has failed.", None),
            _ => honest(head),
        }
    }
    let found = all(&inspection_of(fails).run().await.unwrap());
    assert_eq!(
        found,
        ["fault-for-credentials: a 500 answers a request whose `authorization` cannot be read"]
    );
}

#[tokio::test]
async fn i35_a_server_without_cors_is_no_fault() {
    fn preflight(status: u16, head: &Head) -> Reply {
        if is_preflight(head) { refusal(status, "No.", None) } else { honest(head) }
    }
    for reply in [
        (|head: &Head| preflight(302, head)) as fn(&Head) -> Reply,
        |head| preflight(404, head),
        |head| preflight(405, head),
        |head| preflight(500, head),
        |head| preflight(503, head),
    ] {
        assert_eq!(compared(&inspect(reply).await), [""; 0]);
        // The user says that scripts of this origin may use it.
        let report = inspection(reply).origin("https://app.example").run().await.unwrap();
        assert_eq!(compared(&report).len(), 1, "{report}");
    }
    // A 403 to all is no answer to preflights.
    fn forbidden(_: &Head) -> Reply {
        refusal(403, "Not from there.", None)
    }
    assert_eq!(compared(&inspection_of(forbidden).run().await.unwrap()), [""; 0]);
    // A server that is down answers none of them.
    fn down(_: &Head) -> Reply {
        with(refusal(503, "Down.", None), ACCESS_CONTROL_ALLOW_ORIGIN, "*")
    }
    let report = inspection_of(down).origin("https://app.example").run().await.unwrap();
    assert_eq!(compared(&report), [""; 0]);
}

#[tokio::test]
async fn i37_a_mistyped_password_is_named_first() {
    fn reply(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("bob") => challenge(),
            _ => honest(head),
        }
    }
    let found = compared(&inspect(reply).await);
    assert_eq!(
        found,
        [
            "warning known-challenged: bob, given as known, gets 401, as wrong credentials do: check the \
             credentials of bob; if they are right, 403 is for a caller that may not"
        ]
    );
}

#[tokio::test]
async fn i38_a_token_that_has_not_expired_is_asked_for() {
    fn reply(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("expired") => application(head),
            _ => honest(head),
        }
    }
    let report = inspect(reply).await;
    assert_eq!(
        compared(&report),
        [
            "error credentials-ignored: the same 200 for alice and for expired credentials (is what was given \
             as expired really expired?)"
        ]
    );
    let remedy = report.findings()[0].finding().check().remedy();
    assert!(remedy.contains("missing, wrong, expired"), "{remedy}");
}

#[tokio::test]
async fn i30_what_a_page_shows_to_all_is_no_echo() {
    fn logins(head: &Head) -> Reply {
        let [(_, alice)] = basic("alice", "wonderland");
        let line = head.headers.get(AUTHORIZATION).and_then(|line| line.to_str().ok());
        match line {
            _ if is_preflight(head) => honest(head),
            Some(line) if line == alice => application(head),
            _ => with(
                refusal(401, "To try it, log in as alice:wonderland.", None),
                http::header::WWW_AUTHENTICATE,
                "Basic realm=\"a\", charset=\"UTF-8\"",
            ),
        }
    }
    fn page(head: &Head) -> Reply {
        match (head.method.as_str(), head.uri.path()) {
            ("GET", "/reports") if !is_preflight(head) => {
                ok("To try it, log in as alice:wonderland.")
            }
            _ => logins(head),
        }
    }
    let inspection = inspection_of(page).permitted("alice", basic("alice", "wonderland"));
    let found = all(&inspection.run().await.unwrap());
    assert!(!found.iter().any(|found| found.starts_with("credential-echoed")), "{found:?}");
    // What is shown to one caller alone is.
    fn echoes(head: &Head) -> Reply {
        match head.headers.contains_key(AUTHORIZATION) {
            true => page(head),
            false => logins(&without_page(head)),
        }
    }
    fn without_page(head: &Head) -> Head {
        let mut head = head.clone();
        head.uri = "/elsewhere".parse().unwrap();
        head
    }
    fn silent(head: &Head) -> Reply {
        let mut reply = echoes(head);
        if !head.headers.contains_key(AUTHORIZATION) {
            *reply.body_mut() = "Log in.".to_owned();
        }
        reply
    }
    let inspection = inspection_of(silent).permitted("alice", basic("alice", "wonderland"));
    let found = all(&inspection.run().await.unwrap());
    assert!(found.iter().any(|found| found.starts_with("credential-echoed")), "{found:?}");
}

#[tokio::test]
async fn a_body_that_is_judged_in_part_is_noted() {
    let head = "HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer realm=\"api\"\r\n\
                cache-control: no-store\r\ncontent-type: text/plain\r\n";
    let noted = async |text: String| {
        let report = RawServer::sending(text).await.inspect().await.unwrap();
        report.notes().map(str::to_owned).collect::<Vec<_>>()
    };
    let [note] = &noted(format!("{head}content-length: 500\r\n\r\nshort")).await[..] else {
        panic!("one note")
    };
    assert!(note.starts_with("the body of the 401 to GET /reports without credentials, and of"));
    assert!(note.ends_with("more, did not come whole, and was judged as far as it came"), "{note}");
    let coded = format!("{head}content-encoding: gzip\r\ncontent-length: 5\r\n\r\nshort");
    let coded = noted(coded).await;
    assert!(coded.len() == 1 && coded[0].ends_with("compressed, and was not judged"), "{coded:?}");
    assert_eq!(noted(format!("{head}content-length: 5\r\n\r\nshort")).await, [""; 0]);
}
