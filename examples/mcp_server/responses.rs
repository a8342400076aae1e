//! What happens to the responses of the MCP service on their way to the stages.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::extract::Request;
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, BodyStream, StreamBody};
use portcullis::oauth::Token;
use portcullis::{Denial, Principal};
use rmcp::ErrorData;

/// For so long after its expiry, a token is still accepted: clocks differ.
const LEEWAY: Duration = Duration::from_secs(60);

/// Where a tool leaves the denial of its call.
#[derive(Clone, Default)]
pub struct Refusal(Arc<OnceLock<Denial>>);

impl Refusal {
    /// The tool returns this error. A client sees it only if the tool has sent something before.
    pub fn set(&self, denial: Denial) -> ErrorData {
        let error = ErrorData::invalid_request(denial.to_string(), None);
        let _ = self.0.set(denial); // the first one counts
        error
    }
}

/// Makes the denial of a tool the HTTP response: a client looks for `insufficient_scope` in a 403, not
/// in a JSON-RPC error.
///
/// The SDK begins its response before the tool has run. So the head of the response waits for the
/// first event, which is the result of the tool, or a message that the tool sends before.
pub async fn refuse_for_tools(mut request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await; // a stream of messages from the server
    }
    let refusal = Refusal::default();
    request.extensions_mut().insert(refusal.clone());
    let (head, mut body) = next.run(request).await.into_parts();
    let first = body.frame().await;
    if let Some(denial) = refusal.0.get() {
        return denial.clone().into_response();
    }
    let frames = stream::iter(first).chain(BodyStream::new(body));
    Response::from_parts(head, Body::new(StreamBody::new(frames)))
}

/// Ends the response when the token of its request is no longer accepted. A client may keep a stream open
/// for days, and the stages have judged the token once, when it began.
pub async fn end_with_token(token: Principal<Token>, request: Request, next: Next) -> Response {
    let (head, body) = next.run(request).await.into_parts();
    let Some(expires) = token.0.expires() else {
        return Response::from_parts(head, body);
    };
    let left = (expires + LEEWAY).duration_since(SystemTime::now()).unwrap_or_default();
    let frames = BodyStream::new(body).take_until(Box::pin(tokio::time::sleep(left)));
    Response::from_parts(head, Body::new(StreamBody::new(frames)))
}
