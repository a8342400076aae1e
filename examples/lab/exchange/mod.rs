//! `POST /exchange`: sends a request that a person has typed, and returns both messages as they were on the
//! wire, with what the inspector finds.
//!
//! ```text
//! curl -s ADDRESS/exchange -H content-type:message/http --data-binary 'GET /status/401?wrong=I01'
//! ```
//!
//! A browser hides parts of an exchange from scripts, opens a dialog for some challenges, and forbids some
//! headers; here nothing is hidden or forbidden. What is typed is not trusted: [`typed`] accepts a request to
//! the simulator of this lab only, the connection goes to the lab's own address whatever was typed, and
//! [`same_origin`] refuses what the pages of other sites send. Redirects are not followed.

mod received;
pub mod same_origin;
mod typed;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Json};
use axum::routing::post;
use portcullis::ProblemDetails;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use self::received::Received;
use self::typed::Typed;

/// The longest text, in bytes.
const MAX_TEXT: usize = 8 * 1024;
/// The longest response, in bytes.
const MAX_RESPONSE: u64 = 64 * 1024;
/// The most exchanges at a time.
const MAX_EXCHANGES: usize = 16;
/// How long an exchange may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where the requests go.
#[derive(Clone)]
struct Lab {
    address: SocketAddr,
    turns: Arc<Semaphore>,
}

/// `address` is where the simulator is served: each request is sent there.
pub fn routes(address: SocketAddr) -> Router {
    let lab = Lab { address, turns: Arc::new(Semaphore::new(MAX_EXCHANGES)) };
    Router::new()
        .route("/exchange", post(exchange))
        .layer(DefaultBodyLimit::max(MAX_TEXT))
        .with_state(lab)
}

async fn exchange(
    State(lab): State<Lab>,
    headers: HeaderMap,
    text: Bytes,
) -> Result<impl IntoResponse, ProblemDetails> {
    // A form or a script of another site cannot send this type without asking first, which is refused.
    if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != "message/http") {
        let detail = "Send the text of a request as message/http.";
        return Err(problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    let typed = Typed::parse(&text, lab.address)
        .map_err(|why| problem(StatusCode::UNPROCESSABLE_ENTITY, why))?;
    let Ok(_turn) = lab.turns.try_acquire() else {
        let detail = "The lab performs too many exchanges. Try again.";
        return Err(problem(StatusCode::SERVICE_UNAVAILABLE, detail));
    };
    let bytes = timeout(TIMEOUT, send(lab.address, &typed.bytes))
        .await
        .map_err(|_| problem(StatusCode::GATEWAY_TIMEOUT, "The simulator has not responded."))?
        .map_err(|_| {
            problem(StatusCode::BAD_GATEWAY, "The simulator has closed the connection.")
        })?;
    let received = Received::read(&bytes).ok_or_else(|| {
        problem(StatusCode::BAD_GATEWAY, "The simulator has sent no response of HTTP/1.1.")
    })?;
    Ok(([(CACHE_CONTROL, "no-store")], Json(received.told(&typed))))
}

/// Sends the bytes, and reads until the simulator closes the connection.
async fn send(address: SocketAddr, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(bytes).await?;
    let mut received = Vec::new();
    stream.take(MAX_RESPONSE).read_to_end(&mut received).await?;
    Ok(received)
}

fn problem(status: StatusCode, detail: impl Into<String>) -> ProblemDetails {
    ProblemDetails::new(status).with_detail(detail.into())
}
