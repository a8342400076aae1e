//! Row I38: credentials make a difference.

use std::sync::atomic::{AtomicUsize, Ordering};

use http::Method;
use http::header::AUTHORIZATION;

use super::server::{
    Credentials, Head, Reply, application, compared, honest, inspect, inspection, ok, token,
};

#[tokio::test]
async fn i38_callers_without_right_credentials_get_no_2xx() {
    fn public(head: &Head) -> Reply {
        match head.method {
            Method::GET => application(head),
            _ => honest(head),
        }
    }
    let report = inspect(public).await;
    assert_eq!(
        compared(&report)[0],
        "error credentials-ignored: the same 200 for alice and for missing credentials, malformed \
         credentials, wrong credentials, expired credentials, bob"
    );
    fn unsigned(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of(_) => application(head),
            _ => honest(head),
        }
    }
    assert_eq!(
        compared(&inspect(unsigned).await),
        [
            "error credentials-ignored: the same 200 for alice and for wrong credentials, expired credentials, bob"
        ]
    );
    fn expired(head: &Head) -> Reply {
        match token(head) {
            Credentials::Of("expired") => application(head),
            _ => honest(head),
        }
    }
    assert_eq!(
        compared(&inspect(expired).await),
        [
            "error credentials-ignored: the same 200 for alice and for expired credentials (is what was given as \
             expired really expired?)"
        ]
    );
}

#[tokio::test]
async fn i38_a_page_of_ones_own_is_not_that_of_another() {
    fn personal(head: &Head) -> Reply {
        match token(head) {
            Credentials::None if head.method == Method::GET => ok("hello, log in to see more"),
            Credentials::Of("alice") if head.method == Method::GET => ok("hello alice"),
            _ => honest(head),
        }
    }
    assert_eq!(compared(&inspect(personal).await), [""; 0]);
}

#[tokio::test]
async fn i38_a_page_may_show_what_is_new_in_each_response() {
    fn page(text: &str) -> Reply {
        static RESPONSES: AtomicUsize = AtomicUsize::new(0);
        let number = RESPONSES.fetch_add(1, Ordering::Relaxed) + 95;
        ok(&format!(
            "<h1>{text}</h1><p>a long text that is the same for all</p><i>no. {number}</i>"
        ))
    }
    fn same(head: &Head) -> Reply {
        match token(head) {
            Credentials::None | Credentials::Of("alice") if head.method == Method::GET => {
                page("all")
            }
            _ => honest(head),
        }
    }
    assert_eq!(
        compared(&inspect(same).await),
        ["error credentials-ignored: the same 200 for alice and for missing credentials"]
    );
    fn different(head: &Head) -> Reply {
        match token(head) {
            Credentials::None if head.method == Method::GET => page("a teaser"),
            Credentials::Of("alice") if head.method == Method::GET => page("all"),
            _ => honest(head),
        }
    }
    assert_eq!(compared(&inspect(different).await), [""; 0]);
}

#[tokio::test]
async fn i38_another_method_is_no_way_around() {
    fn reply(head: &Head) -> Reply {
        match head.method.as_str() {
            "GET" | "OPTIONS" => honest(head),
            _ => ok("the reports"),
        }
    }
    assert_eq!(
        compared(&inspect(reply).await),
        [
            "error credentials-ignored: HEAD gets 200 without credentials, where a plain GET is refused",
            "error credentials-ignored: PROPFIND gets 200 without credentials, where a plain GET is refused",
        ]
    );
}

#[tokio::test]
async fn i38_two_lines_are_refused() {
    fn first(head: &Head) -> Reply {
        let mut head = head.clone();
        if let Some(first) = head.headers.get(AUTHORIZATION).cloned() {
            head.headers.insert(AUTHORIZATION, first);
        }
        honest(&head)
    }
    let report = inspect(first).await;
    let detail =
        "warning credentials-ignored: two lines of Authorization, of which one is wrong, get 200";
    assert_eq!(compared(&report), [detail]);
    fn last(head: &Head) -> Reply {
        let mut head = head.clone();
        if let Some(last) = head.headers.get_all(AUTHORIZATION).iter().next_back().cloned() {
            head.headers.insert(AUTHORIZATION, last);
        }
        honest(&head)
    }
    assert_eq!(compared(&inspect(last).await), [detail]);
}

#[tokio::test]
async fn i38_a_connection_remembers_no_caller() {
    use std::convert::Infallible;
    use std::sync::{Arc, Mutex};

    use http::{HeaderValue, Request};
    use hyper::body::Incoming;
    use hyper::server::conn::http1;
    use hyper_util::rt::TokioIo;
    use portcullis::testing::{Inspection, bearer};

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let remembered: Arc<Mutex<Option<HeaderValue>>> = Arc::default();
            let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
                let mut remembered = remembered.lock().unwrap();
                match request.headers().get(AUTHORIZATION).cloned() {
                    Some(line) => *remembered = Some(line),
                    None => {
                        let line = remembered.clone().into_iter().map(|line| (AUTHORIZATION, line));
                        request.headers_mut().extend(line);
                    }
                }
                let reply = honest(&request.into_parts().0);
                std::future::ready(Ok::<_, Infallible>(reply))
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    let inspection = Inspection::of_address(address).target("/reports");
    let report = inspection.permitted("alice", bearer("alice")).run().await.unwrap();
    serving.abort();
    assert_eq!(
        compared(&report),
        [
            "error credentials-ignored: a request without credentials gets 200 after one with credentials \
             on its connection"
        ]
    );
    // The same service, each of whose requests stands alone.
    let report = inspection_alone().await;
    assert_eq!(compared(&report), [""; 0]);
}

async fn inspection_alone() -> portcullis::testing::InspectionReport {
    inspection(honest).run().await.unwrap()
}
