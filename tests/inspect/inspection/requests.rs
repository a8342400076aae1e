//! What an inspection sends.

use std::convert::Infallible;
use std::future::ready;
use std::sync::{Arc, Mutex};

use http::header::{AUTHORIZATION, COOKIE, ORIGIN};
use http::{HeaderMap, Method, Request};
use hyper::body::Incoming;
use portcullis::testing::{Inspection, InspectionReport, basic, bearer};
use tower::service_fn;

use super::server::{Head, Reply, challenge, honest, ok, refusal};

/// The heads of the requests that an inspection of such a server sends.
async fn heads(
    reply: fn(&Head) -> Reply,
    set: impl FnOnce(Inspection) -> Inspection,
) -> (Vec<Head>, InspectionReport) {
    let heads: Arc<Mutex<Vec<Head>>> = Arc::default();
    let seen = heads.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let head = request.into_parts().0;
        let reply = reply(&head);
        seen.lock().unwrap().push(head);
        ready(Ok::<_, Infallible>(reply))
    });
    let report = set(Inspection::of_service(service).target("/reports")).run().await.unwrap();
    let heads = heads.lock().unwrap().clone();
    (heads, report)
}

fn values(heads: &[Head], name: http::HeaderName) -> Vec<Vec<String>> {
    let lines = |headers: &HeaderMap| -> Vec<String> {
        headers.get_all(&name).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
    };
    let mut values: Vec<_> = heads.iter().map(|head| lines(&head.headers)).collect();
    values.sort();
    values.dedup();
    values
}

#[tokio::test]
async fn all_methods_are_safe() {
    let (heads, report) = heads(honest, |inspection| {
        inspection.permitted("alice", bearer("alice")).refused("bob", bearer("bob")).crawler()
    })
    .await;
    let propfind = Method::from_bytes(b"PROPFIND").unwrap();
    for head in &heads {
        assert!(head.method.is_safe() || head.method == propfind, "{head:?}");
        assert!(!head.headers.contains_key("content-length"), "{head:?}");
        assert_eq!(head.headers["host"], "localhost");
    }
    assert_eq!(heads.len(), report.requests());
    assert!(heads.len() <= 60);
}

#[tokio::test]
async fn other_methods_are_sent_if_the_user_allows_them() {
    let (heads, _) = heads(honest, |inspection| inspection.with_methods(["DELETE"])).await;
    let deletes: Vec<_> = heads.iter().filter(|head| head.method == Method::DELETE).collect();
    let expects = deletes.iter().filter(|head| head.headers.contains_key("expect"));
    assert_eq!((deletes.len(), expects.count()), (5, 2));
}

#[tokio::test]
async fn the_wrong_credentials_have_the_form_of_the_right_ones() {
    let (basics, _) = heads(
        |head| match head.headers.get(AUTHORIZATION) {
            Some(line) if *line == basic("alice", "wonderland")[0].1[..] => ok("the reports"),
            _ => challenge(),
        },
        |inspection| inspection.permitted("alice", basic("alice", "wonderland")),
    )
    .await;
    let alice = "Basic YWxpY2U6d29uZGVybGFuZA==".to_owned();
    let wrong = "Basic bm91c2VyLTd4M2M5MTo3eDNjOTEtd3Jvbmc=".to_owned();
    assert_eq!(
        values(&basics, AUTHORIZATION),
        [
            vec![],
            vec!["Basic %broken-7x3c91%".to_owned()],
            vec![alice.clone()],
            vec![alice.clone(), wrong.clone()],
            vec![wrong.clone()],
            vec![wrong, alice],
        ]
    );
    // A JWT whose signature is another.
    let (jwts, _) = heads(
        |_| ok("x"),
        |inspection| inspection.permitted("alice", bearer("head.claims.signed")),
    )
    .await;
    assert!(values(&jwts, AUTHORIZATION).contains(&vec!["Bearer head.claims.Aigned".to_owned()]));
    let (cookies, _) = heads(
        |_| ok("x"),
        |inspection| inspection.permitted("alice", [("cookie", "session=5; theme=dark")]),
    )
    .await;
    assert_eq!(
        values(&cookies, COOKIE),
        [
            vec![],
            vec!["session=5; theme=dark".to_owned()],
            vec!["session=nouser-7x3c91; theme=nouser-7x3c91".to_owned()],
        ]
    );
    // Without callers, the challenge says which scheme there is.
    let basic_challenge =
        |_: &Head| refusal(401, "no", Some(r#"Basic realm="a", charset="UTF-8""#));
    let (offered, _) = heads(basic_challenge, |inspection| inspection).await;
    assert!(values(&offered, AUTHORIZATION).contains(&vec!["Basic %broken-7x3c91%".to_owned()]));
}

#[tokio::test]
async fn the_unknown_path_is_beside_the_target() {
    for (target, unknown) in [
        ("/", "/nothing-is-here-7d3c91"),
        ("/reports?year=5", "/nothing-is-here-7d3c91"),
        ("/a/reports", "/a/nothing-is-here-7d3c91"),
        ("/a/reports/", "/a/nothing-is-here-7d3c91"),
    ] {
        let (heads, _) = heads(honest, |inspection| inspection.target(target)).await;
        assert!(heads.iter().any(|head| head.uri == *unknown), "{target}");
    }
}

#[tokio::test]
async fn headers_of_the_user_are_in_every_request_and_the_origin_in_two() {
    let (heads, _) = heads(honest, |inspection| {
        let inspection = inspection.with_header("x-tenant", "a").with_header("accept", "text/html");
        inspection.origin("https://app.example").host("api.example")
    })
    .await;
    for head in &heads {
        assert_eq!(head.headers["x-tenant"], "a");
        assert_eq!(head.headers.get_all("accept").iter().count(), 1);
        assert_eq!(head.headers["accept"], "text/html");
        assert_eq!(head.headers["host"], "api.example");
    }
    let origins: Vec<_> = heads.iter().filter_map(|head| head.headers.get(ORIGIN)).collect();
    assert_eq!(origins, ["https://app.example"; 2]);
}

#[tokio::test]
async fn the_connector_is_asked_for_each_connection() {
    let (heads, _) = heads(honest, |inspection| inspection).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = hyper::service::service_fn(|request: Request<Incoming>| {
                ready(Ok::<_, Infallible>(honest(&request.into_parts().0)))
            });
            let stream = hyper_util::rt::TokioIo::new(stream);
            tokio::spawn(
                hyper::server::conn::http1::Builder::new().serve_connection(stream, service),
            );
        }
    });
    let inspection = Inspection::of_connector("api.example", true, move || {
        tokio::net::TcpStream::connect(address)
    });
    let report = inspection.target("/reports").run().await.unwrap();
    serving.abort();
    assert_eq!(report.requests(), heads.len());
    report.assert_clean();
}
