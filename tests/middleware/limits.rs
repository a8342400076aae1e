//! What draining holds, and how much it reads: A26, with a body that counts.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body::{Body, Frame};
use portcullis::DrainLayer;
use tokio::sync::Notify;
use tower::{Layer, ServiceExt, service_fn};

const CHUNK: usize = 1000;

#[derive(Default)]
struct Counts {
    /// Chunks that were read and not given back.
    alive: AtomicUsize,
    most_alive: AtomicUsize,
    read: AtomicUsize,
    dropped: Notify,
}

/// A body without an end.
struct Endless(Arc<Counts>);

struct Chunk(Arc<Counts>);

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &[0; CHUNK]
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let alive = self.0.alive.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most_alive.fetch_max(alive, Ordering::SeqCst);
        self.0.read.fetch_add(1, Ordering::SeqCst);
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_owner(Chunk(self.0.clone()))))))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

/// Sends a request whose body nothing reads, and waits until it is dropped.
async fn unread(layer: DrainLayer, version: Version, expect: bool) -> Arc<Counts> {
    let counts = Arc::new(Counts::default());
    let service =
        layer.layer(service_fn(|_: Request<_>| async { Ok::<_, Infallible>(Response::new(())) }));
    let mut request = Request::new(Endless(counts.clone()));
    *request.version_mut() = version;
    if expect {
        request.headers_mut().insert("expect", "100-continue".parse().unwrap());
    }
    service.oneshot(request).await.unwrap();
    counts.dropped.notified().await;
    counts
}

#[tokio::test]
async fn a26_one_chunk_is_in_memory_and_no_more_bytes_are_read_than_stated() {
    let layer = DrainLayer::new().max_bytes(50_000).unwrap();
    let counts = unread(layer, Version::HTTP_11, false).await;
    assert_eq!(counts.most_alive.load(Ordering::SeqCst), 1);
    // The last one is beyond the limit.
    assert_eq!(counts.read.load(Ordering::SeqCst), 51);
    assert_eq!(counts.alive.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a26_neither_http2_nor_a_client_that_waits_is_drained() {
    for (version, expect) in [(Version::HTTP_2, false), (Version::HTTP_11, true)] {
        let counts = unread(DrainLayer::new(), version, expect).await;
        assert_eq!(counts.read.load(Ordering::SeqCst), 0, "{version:?}");
    }
}

#[test]
fn a26_without_a_runtime_or_its_timer_nothing_is_drained() {
    let request = || {
        let counts = Arc::new(Counts::default());
        let service = DrainLayer::new().layer(service_fn(|request: Request<_>| {
            drop(request);
            std::future::ready(Ok::<_, Infallible>(Response::new(())))
        }));
        let future = service.oneshot(Request::new(Endless(counts.clone())));
        (counts, future)
    };
    let (counts, future) = request();
    let mut future = std::pin::pin!(future);
    let mut context = Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut context).is_ready());
    assert_eq!(counts.read.load(Ordering::SeqCst), 0);

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (counts, future) = request();
        future.await.unwrap();
        counts.dropped.notified().await;
        assert_eq!(counts.read.load(Ordering::SeqCst), 0);
    });
}
