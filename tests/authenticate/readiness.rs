//! Readiness and back-pressure: A10 while the service inside is busy.

use http::{Request, Response};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, Decision, Principal, Unauthenticated,
    async_policy_fn, authenticated, verify_fn,
};
use tower_test::mock::{self, Handle, Spawn};

use crate::{Name, Waiting};

type Inside = Handle<Request<&'static str>, Response<http_body_util::Full<bytes::Bytes>>>;

fn with_token(body: &'static str) -> Request<&'static str> {
    Request::builder().header("authorization", "Bearer a").body(body).unwrap()
}

fn at_once() -> Bearer<impl portcullis::Verify<str, Principal = Name>> {
    Bearer::new("test", verify_fn(|_: &str| Ok("reader"))).unwrap()
}

fn after_a_wait() -> Bearer<Waiting<str>> {
    Bearer::new("test", Waiting(|_| Ok("reader"))).unwrap()
}

/// Runs the same test with a stage whose identity has a result at once, with one that waits, and with
/// an authorize stage inside whose policy does either.
macro_rules! with_every_stage {
    ($test:ident) => {{
        $test(mock::spawn_layer(AuthenticateLayer::new(at_once()))).await;
        $test(mock::spawn_layer(AuthenticateLayer::new(after_a_wait()))).await;
        let waiting = async_policy_fn(|_: &Name, _: &http::request::Parts| async {
            tokio::task::yield_now().await;
            Decision::Permit
        });
        $test(mock::spawn_layer(tower::layer::util::Stack::new(
            AuthorizeLayer::<Name>::new(waiting),
            AuthenticateLayer::new(after_a_wait()),
        )))
        .await;
        $test(mock::spawn_layer(tower::layer::util::Stack::new(
            AuthorizeLayer::<Name>::new(authenticated()),
            AuthenticateLayer::new(at_once()),
        )))
        .await;
    }};
}

#[tokio::test]
async fn a10_the_service_that_was_polled_ready_is_the_one_that_is_called() {
    // The mock panics if it is called without having been ready, and each clone of it has its own
    // readiness.
    async fn test<S, B>((mut stage, mut inside): (Spawn<S>, Inside))
    where
        S: tower::Service<Request<&'static str>, Response = Response<B>>,
        S::Error: std::fmt::Debug,
    {
        inside.allow(0);
        assert!(stage.poll_ready::<Request<&'static str>>().is_pending(), "the service is busy");
        for body in ["first", "second"] {
            inside.allow(1);
            assert!(stage.is_woken(), "the waiting task is woken");
            assert!(stage.poll_ready::<Request<&'static str>>().is_ready());
            let answer = stage.call(with_token(body));
            tokio::pin!(answer);
            let (request, send) = tokio::select! {
                biased;
                _ = &mut answer => panic!("the service was not asked"),
                asked = inside.next_request() => asked.expect("a request"),
            };
            assert_eq!(*request.body(), body);
            assert_eq!(Principal::<Name>::of(request.extensions()), Some(&"reader"));
            send.send_response(Response::new(http_body_util::Full::default()));
            let answer = answer.await;
            assert_eq!(answer.unwrap().status(), 200);
            assert!(stage.poll_ready::<Request<&'static str>>().is_pending(), "it is busy again");
        }
    }
    with_every_stage!(test);
}

#[tokio::test]
async fn a10_errors_of_the_service_pass() {
    async fn test<S, B>((mut stage, mut inside): (Spawn<S>, Inside))
    where
        S: tower::Service<Request<&'static str>, Response = Response<B>>,
        S::Error: std::fmt::Display,
    {
        assert!(stage.poll_ready::<Request<&'static str>>().is_ready());
        let answer = stage.call(with_token("body"));
        tokio::pin!(answer);
        let (_, send) = tokio::select! {
            biased;
            _ = &mut answer => panic!("the service was not asked"),
            asked = inside.next_request() => asked.expect("a request"),
        };
        send.send_error("broken while serving");
        let answer = answer.await;
        assert_eq!(answer.err().expect("an error").to_string(), "broken while serving");

        inside.send_error("broken while idle");
        match stage.poll_ready::<Request<&'static str>>() {
            std::task::Poll::Ready(Err(error)) => {
                assert_eq!(error.to_string(), "broken while idle");
            }
            _ => panic!("the error did not pass"),
        }
    }
    with_every_stage!(test);
}

#[tokio::test]
async fn a06_a_refused_request_never_reaches_the_service() {
    async fn test<S, B>((mut stage, mut inside): (Spawn<S>, Inside))
    where
        S: tower::Service<Request<&'static str>, Response = Response<B>>,
        S::Error: std::fmt::Debug,
    {
        assert!(stage.poll_ready::<Request<&'static str>>().is_ready());
        let answer = stage.call(with_token("body")).await.unwrap();
        assert_eq!(answer.status(), 401);
        let asked = request_of(&mut inside);
        assert!(asked.is_none(), "the service was asked");
    }
    fn request_of(inside: &mut Inside) -> Option<&'static str> {
        let mut next = Box::pin(inside.next_request());
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        match next.as_mut().poll(&mut cx) {
            std::task::Poll::Ready(Some((request, _))) => Some(*request.body()),
            _ => None,
        }
    }
    fn refuse(_: &str) -> Result<Name, Unauthenticated> {
        Err(Unauthenticated::invalid())
    }
    let now = Bearer::new("test", verify_fn(refuse)).unwrap();
    test(mock::spawn_layer(AuthenticateLayer::new(now))).await;
    let waiting = Bearer::new("test", Waiting::<str>(refuse)).unwrap();
    test(mock::spawn_layer(AuthenticateLayer::new(waiting))).await;
}
