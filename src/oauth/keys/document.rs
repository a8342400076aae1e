//! Fetches one document of JSON.

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, USER_AGENT};
use http::{HeaderValue, Request, StatusCode, Uri};

use super::FetchKeysError;
use crate::oauth::fetch::BoxFetch;

/// The longest document that is read, in bytes.
pub(super) const MAX_BYTES: usize = 512 * 1024;

const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("portcullis/", env!("CARGO_PKG_VERSION")));

/// The body of the response to a GET, if its status is 200.
pub(super) async fn get(
    fetch: &BoxFetch,
    url: &Uri,
    accept: &'static str,
) -> Result<Bytes, FetchKeysError> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = url.clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.insert(USER_AGENT, AGENT);

    let response =
        fetch.fetch(request, MAX_BYTES).await.map_err(|error| match error.is_body_too_long() {
            true => FetchKeysError::TooLong { url: url.clone(), max: MAX_BYTES },
            false => FetchKeysError::NoResponse { url: url.clone(), error: error.into() },
        })?;
    let status = response.status();
    if status != StatusCode::OK {
        return Err(FetchKeysError::Status { url: url.clone(), status });
    }
    let mut encodings = response.headers().get_all(CONTENT_ENCODING).iter();
    if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(FetchKeysError::Encoded { url: url.clone() });
    }
    // Another `Fetch` than ours may not keep the limit.
    if response.body().len() > MAX_BYTES {
        return Err(FetchKeysError::TooLong { url: url.clone(), max: MAX_BYTES });
    }
    Ok(response.into_body())
}
