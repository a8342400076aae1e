//! A server of one shape, in a process of its own.

use std::convert::Infallible;
use std::future::{Future, IntoFuture};
use std::io::{self, BufRead, BufReader};
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use axum::ServiceExt;
use tokio::net::TcpListener;
use tower::Service;

use crate::shapes::{Shape, Visitor};
use crate::world::{Request, Response};

/// The core that all servers have; only one of them has something to do at a time.
const CORE: &str = "0";

/// A running server; it is ended when this is dropped.
pub struct Server {
    child: Child,
    pub port: u16,
}

impl Server {
    pub fn start(shape: Shape) -> io::Result<Self> {
        let mut child = Command::new("taskset")
            .args(["-c", CORE])
            .arg(env::current_exe()?)
            .args(["--serve", shape.name()])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let port = line.trim().parse().map_err(|_| io::Error::other("a server did not start"))?;
        Ok(Self { child, port })
    }

    /// Nanoseconds that the server has had of the processor: all of it runs on one thread.
    pub fn processor(&self) -> io::Result<f64> {
        let told = fs::read_to_string(format!("/proc/{}/schedstat", self.child.id()))?;
        let spent = told.split(' ').next().and_then(|spent| spent.parse().ok());
        spent.ok_or_else(|| io::Error::other("/proc has no schedstat"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the child does: it serves until it is ended.
pub fn serve(name: &str) {
    let shape = Shape::ALL.into_iter().find(|shape| shape.name() == name).expect("a shape");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        println!("{}", listener.local_addr().expect("an address").port());
        shape.hand_to(Serve(listener)).await.expect("to serve");
    });
}

struct Serve(TcpListener);

impl Visitor for Serve {
    type Output = Pin<Box<dyn Future<Output = io::Result<()>>>>;

    fn visit<S>(self, service: S) -> Self::Output
    where
        S: Service<Request, Response = Response, Error = Infallible, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let Self(listener) = self;
        let app = ServiceExt::<Request>::into_make_service(service);
        Box::pin(axum::serve(listener, app).into_future())
    }
}
