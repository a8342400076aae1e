//! What the status of a gRPC call asks for: the reverse of F08.

use http::header::{PROXY_AUTHENTICATE, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};

use super::{Advice, RetryAfter};
use crate::grpc;

/// `None` if these headers or trailers have no status of a call.
pub(super) fn advice(headers: &HeaderMap) -> Option<Advice> {
    const UNKNOWN: i32 = 2;
    grpc::status(headers)?;
    Some(match grpc::code(headers).unwrap_or(UNKNOWN) {
        0 => Advice::Proceed,
        // ALREADY_EXISTS, FAILED_PRECONDITION, OUT_OF_RANGE
        6 | 9 | 11 => Advice::Correct,
        code => match grpc::http_status(code) {
            // A proxy's 407 has the same code, and other challenges.
            Some(StatusCode::UNAUTHORIZED)
                if headers.contains_key(PROXY_AUTHENTICATE)
                    && !headers.contains_key(WWW_AUTHENTICATE) =>
            {
                Advice::of_parts(StatusCode::PROXY_AUTHENTICATION_REQUIRED, headers)
            }
            Some(status) => Advice::of_parts(status, headers),
            None => Advice::Wait(RetryAfter::read(headers)),
        },
    })
}
