//! Reading the rest of a request body that the service leaves unread, so that the response arrives.
//!
//! A stage refuses before the service reads the request body. Over HTTP/1.1 the server then has two
//! choices: to read the rest and discard it, or to close the connection. hyper closes it, and if the
//! client is still sending, its operating system gets a reset and discards the response that had
//! arrived. So a client that sends its whole upload before it reads sees a broken connection and no
//! 401. [`DrainLayer`] reads the rest, within bounds. The rules:
//!
//! 1. The response does not wait: a task reads the rest of the body and discards it while the server
//!    sends the response ([A26](crate::semantics#a26)). Nothing inside the layer sees these bytes, and no
//!    more than one buffer of the server is in memory.
//! 2. A task ends after a number of bytes, after a time, if the client sends nothing for five seconds, or
//!    with the connection. Then the server closes, as without the layer.
//! 3. Only so many tasks run at once. A request beyond them is treated as without the layer.
//! 4. A client that waits for `100 Continue` does not get it for a body that nothing inside has read:
//!    its body is not drained. It has not sent it.
//! 5. HTTP/2 needs no draining: the server ends the stream with `RST_STREAM(NO_ERROR)` after the
//!    response (RFC 9113 §8.1), and the connection goes on.
//!
//! The layer looks at neither the path, the caller nor the response, so it treats a concealed and a
//! missing path alike ([D14](crate::semantics#d14)). It also helps responses that no stage makes: a router's
//! 404 and 405, and the 413 of a handler with a limit on bodies.
//!
//! # Deployment caveat
//!
//! Put the layer outside all others, and around the finished service: what is inside receives a
//! `Request<DrainBody<B>>`, as axum and tower's layers accept. Above all outside a
//! [`ConcealLayer`](crate::ConcealLayer) with a time floor, which keeps the body until the floor has passed.
//! The other way round, the server reads on as soon as the service inside has refused, and a client that
//! sends slowly measures that time by its own upload.
//!
//! A graceful shutdown waits for the bodies that are being drained, at most for the time limit.
//!
//! Slow uploads can hold as many connections as tasks may run, each for the time limit. A client that holds
//! all of them, which takes that many connections and a byte every few seconds, switches the layer off for
//! the others as long as it does so: their uploads end as without it. A limit on the connections of one
//! address is for a front server. One that buffers requests, as nginx does by default, reads the body itself;
//! then the layer is not needed.
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//!
//! use axum::{Router, routing::post};
//! use portcullis::{AuthenticateLayer, DrainLayer, Identity};
//!
//! # fn app(identity: impl Identity) -> Result<Router, Box<dyn std::error::Error>> {
//! let drain = DrainLayer::new()
//!     .max_bytes(100 << 20)? // of one request
//!     .time_limit(Duration::from_secs(20))? // for one request
//!     .max_concurrent(500)?; // requests of all clients together
//!
//! let routes = Router::new().route("/upload", post(|body: String| async move { body }));
//! let app = routes.layer(AuthenticateLayer::new(identity));
//! let app = Router::new().fallback_service(app).layer(drain); // around the finished router
//! # Ok(app)
//! # }
//! ```

// `layer` and `service` are as in `authenticate`. `body` notices that a body was dropped before its
// end; `discard` reads the rest, within the limits.
mod body;
mod discard;
mod layer;
mod service;

pub use body::DrainBody;
pub use layer::{DrainLayer, InvalidDrain};
pub use service::Drain;
