//! [`Fake`]: an introspection endpoint in the process.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{Request, Response};
use portcullis::oauth::{Fetch, FetchError};
use serde_json::{Value, json};

use crate::RESOURCE;

type Answer = dyn FnMut(&str) -> Result<Response<Bytes>, FetchError> + Send;

/// Answers as a closure says, after a time.
#[derive(Clone)]
pub struct Fake(Arc<Inner>);

struct Inner {
    answer: Mutex<Box<Answer>>,
    wait: Mutex<Duration>,
    calls: AtomicUsize,
    in_progress: AtomicUsize,
    most: AtomicUsize,
    last: Mutex<Option<Request<Bytes>>>,
}

impl Fake {
    pub fn new(
        answer: impl FnMut(&str) -> Result<Response<Bytes>, FetchError> + Send + 'static,
    ) -> Self {
        Self(Arc::new(Inner {
            answer: Mutex::new(Box::new(answer)),
            wait: Mutex::default(),
            calls: AtomicUsize::new(0),
            in_progress: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            last: Mutex::default(),
        }))
    }

    /// Tokens are right that begin with `right`. Each is its own subject.
    pub fn right() -> Self {
        Self::new(|token| Ok(if token.starts_with("right") { active(token) } else { inactive() }))
    }

    pub fn json(body: Value) -> Self {
        Self::new(move |_| Ok(response(&body)))
    }

    pub fn answer(
        &self,
        answer: impl FnMut(&str) -> Result<Response<Bytes>, FetchError> + Send + 'static,
    ) {
        *self.0.answer.lock().unwrap() = Box::new(answer);
    }

    pub fn wait(&self, time: Duration) {
        *self.0.wait.lock().unwrap() = time;
    }

    pub fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    pub fn most_at_once(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }

    pub fn last(&self) -> Request<Bytes> {
        self.0.last.lock().unwrap().take().expect("a request")
    }

    pub fn keep_no_request(&self) {
        *self.0.last.lock().unwrap() = None;
    }
}

impl Fetch for Fake {
    async fn fetch(
        &self,
        request: Request<Bytes>,
        _: usize,
    ) -> Result<Response<Bytes>, FetchError> {
        struct Leave<'a>(&'a AtomicUsize);

        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::SeqCst);
            }
        }

        let inner = &*self.0;
        inner.calls.fetch_add(1, Ordering::SeqCst);
        let now = inner.in_progress.fetch_add(1, Ordering::SeqCst) + 1;
        inner.most.fetch_max(now, Ordering::SeqCst);
        let _leave = Leave(&inner.in_progress);
        let wait = *inner.wait.lock().unwrap();
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let answer = {
            let form = str::from_utf8(request.body()).unwrap();
            let token = form.strip_prefix("token=").unwrap().split('&').next().unwrap();
            (inner.answer.lock().unwrap())(token)
        };
        *inner.last.lock().unwrap() = Some(request);
        answer
    }
}

pub fn response(body: &Value) -> Response<Bytes> {
    let mut response = Response::new(body.to_string().into());
    response.headers_mut().insert(CONTENT_TYPE, "application/json".parse().unwrap());
    response
}

pub fn active(subject: &str) -> Response<Bytes> {
    response(&json!({ "active": true, "sub": subject, "aud": RESOURCE, "scope": "notes:read" }))
}

pub fn inactive() -> Response<Bytes> {
    response(&json!({ "active": false }))
}
