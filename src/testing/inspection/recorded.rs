//! Makes types of `http` of the bytes that a server sent.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};

use crate::inspect::{Recorded, is_coded};
use crate::testing::response::Head;

use super::connection::Received;
use super::failure::Failure;

/// The exchange of a request and what the server sent.
pub(super) fn recorded(
    request: Request<Bytes>,
    received: Received,
    is_encrypted: bool,
) -> Result<Recorded, Failure> {
    let Received { head, body, is_whole, .. } = received;
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(head.status)
        .map_err(|_| unrepresentable(format!("{:03} is no status", head.status)))?;
    *response.headers_mut() = headers(&head)?;
    // What has a content coding is not read as text.
    let is_coded = is_coded(response.headers());
    *response.body_mut() = if is_coded { Bytes::new() } else { body.into() };
    Ok(Recorded { request, response, is_encrypted, is_body_known: is_whole && !is_coded })
}

fn headers(head: &Head) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in &head.headers {
        let shown: String = name.chars().take(40).collect();
        let parsed = HeaderName::from_bytes(name.as_bytes());
        let parsed =
            parsed.map_err(|_| unrepresentable(format!("{shown:?} is no name of a header")))?;
        let value = HeaderValue::from_bytes(value);
        let value = value.map_err(|_| {
            unrepresentable(format!(
                "the value of the header {shown:?} has characters that none may have"
            ))
        })?;
        let added = headers.try_append(parsed, value);
        added.map_err(|_| unrepresentable("the response has too many headers".to_owned()))?;
    }
    Ok(headers)
}

const fn unrepresentable(what: String) -> Failure {
    Failure::Unrepresentable(what)
}
