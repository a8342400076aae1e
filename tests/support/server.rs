//! A server on a loopback port, on a thread of its own.

use std::error::Error;
use std::net::SocketAddr;
use std::{mem, thread};

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tower::Service;
use tracing::dispatcher;

/// A running service; it stops when this is dropped.
pub struct Server {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Serves an axum `Router` or any other tower service. Whatever captures tracing events on
    /// this thread captures the server's as well.
    pub fn start<S, B>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>, Future: Send>,
        S: Clone + Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        Self::running(move |listener| accept(listener, service))
    }

    /// Runs a server of another kind.
    pub fn running<F: Future>(serve: impl FnOnce(TcpListener) -> F + Send + 'static) -> Self {
        let dispatch = dispatcher::get_default(Clone::clone);
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.set_nonblocking(true).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let run = move || {
            let _capturing = dispatcher::set_default(&dispatch);
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    _ = serve(listener) => {}
                    _ = stopped => {}
                }
            });
        };
        Self { address, stop: Some(stop), thread: Some(thread::spawn(run)) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(mem::take(&mut self.stop));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn accept<S, B>(listener: TcpListener, service: S)
where
    S: Service<Request<Incoming>, Response = Response<B>, Future: Send>,
    S: Clone + Send + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        // Otherwise the second of several responses waits until the client has acknowledged the first.
        stream.set_nodelay(true).expect("an option");
        let service = TowerToHyperService::new(service.clone());
        tokio::task::spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            // How a connection ends is the client's to judge.
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
        });
    }
}
