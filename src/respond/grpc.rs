//! Refusals of gRPC calls (F08): trailers-only responses, and the trailers frame of gRPC-Web.

use std::borrow::Cow;
use std::fmt::Write;

use bytes::Bytes;
use http::header::{
    CONTENT_LENGTH, CONTENT_TYPE, PROXY_AUTHENTICATE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response};

use super::Refusal;
use super::finished::{FinishedResponse, append, inherit};
use crate::challenge::ServerRole;
use crate::denial::Denial;
use crate::denial::propagate::PendingDenial;
use crate::denial::public_outcome::{PublicOutcome, RenderContext, public_outcome};
use crate::grpc::{GRPC_MESSAGE, GRPC_STATUS, GrpcFraming};
use crate::observe::unclaimed;

/// The time that a client with a retry policy waits before it tries again, in milliseconds (gRPC
/// proposal A6).
const RETRY_PUSHBACK: HeaderName = HeaderName::from_static("grpc-retry-pushback-ms");

/// The longest `grpc-message` in bytes. Clients limit all headers of a response together, to 8 KiB for
/// instance, and report another status if there are more.
const LONGEST_MESSAGE: usize = 1024;

/// How a call ended, and what its trailers say about it.
#[derive(Debug)]
pub(crate) struct CallOutcome {
    framing: GrpcFraming,
    /// With the content type, where trailers are sent as headers.
    trailers: HeaderMap,
}

impl CallOutcome {
    /// With the status and the message of a refusal.
    pub(crate) fn of(refusal: &Refusal<'_>, framing: GrpcFraming) -> Self {
        let message = match refusal.own_detail {
            Some(message) => encoded(message),
            // Visible ASCII, so that nothing has to be encoded or allocated.
            None => Some(HeaderValue::from_static(refusal.fixed_detail())),
        };
        Self::new(status(refusal.outcome.grpc_code()), message, framing)
    }

    /// With a status alone.
    pub(crate) fn without_message(status: HeaderValue, framing: GrpcFraming) -> Self {
        Self::new(status, None, framing)
    }

    fn new(status: HeaderValue, message: Option<HeaderValue>, framing: GrpcFraming) -> Self {
        // Room for the message, a challenge, `Retry-After` and the headers that describe the body.
        let mut trailers = HeaderMap::with_capacity(6);
        if framing == GrpcFraming::Plain {
            trailers.insert(CONTENT_TYPE, framing.content_type());
        }
        trailers.insert(GRPC_STATUS, status);
        if let Some(message) = message {
            trailers.insert(GRPC_MESSAGE, message);
        }
        Self { framing, trailers }
    }

    /// Asks the client to wait this many seconds.
    pub(crate) fn retry_after(&mut self, seconds: HeaderValue) {
        let parsed: Option<u64> = seconds.to_str().ok().and_then(|seconds| seconds.parse().ok());
        // Without a time, the client's own policy says how long it waits. To a time of zero, gRPC's C++
        // core and so Python never try again, and wait for their deadline.
        if let Some(seconds @ 1..) = parsed {
            let longest = i32::MAX.unsigned_abs().into();
            let milliseconds = seconds.saturating_mul(1000).min(longest);
            self.trailers.insert(RETRY_PUSHBACK, HeaderValue::from(milliseconds));
        }
        self.trailers.insert(RETRY_AFTER, seconds);
    }

    /// Adds challenges, one entry of the metadata each.
    pub(crate) fn challenge(
        &mut self,
        name: &HeaderName,
        lines: impl Iterator<Item = HeaderValue>,
    ) {
        append(&mut self.trailers, name, lines);
    }

    /// The response. `inherited` are the headers of the response that it replaces (F03).
    pub(crate) fn into_response(self, mut inherited: HeaderMap) -> FinishedResponse {
        let (mut headers, body) = match self.framing {
            GrpcFraming::Plain => (self.trailers, Bytes::new()),
            GrpcFraming::Web => (self.web_headers(), self.frame().into()),
            GrpcFraming::WebText => (self.web_headers(), base64(&self.frame()).into()),
        };
        // Otherwise an outer service may add it to some responses only: axum does for a route, and
        // does not for its fallback.
        let length = match body.len() {
            0 => HeaderValue::from_static("0"),
            length => HeaderValue::from(length),
        };
        headers.insert(CONTENT_LENGTH, length);
        for name in [WWW_AUTHENTICATE, PROXY_AUTHENTICATE] {
            // Only the stage challenges.
            inherited.remove(name);
        }
        inherit(&mut headers, inherited);
        let mut response = Response::new(body);
        *response.headers_mut() = headers;
        FinishedResponse::unchanged(response)
    }

    fn web_headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(2);
        headers.insert(CONTENT_TYPE, self.framing.content_type());
        headers
    }

    /// The trailers as the last frame of a gRPC-Web body: a flag, the length, and a header block of
    /// HTTP/1.1. They are there and not among the headers, because a script of another origin can read
    /// the body, and of the headers only those that CORS exposes. They are not in both places: one
    /// client library would report the error twice.
    fn frame(&self) -> Vec<u8> {
        const UNCOMPRESSED_TRAILERS: u8 = 0x80;

        let mut frame = vec![UNCOMPRESSED_TRAILERS, 0, 0, 0, 0];
        for (name, value) in &self.trailers {
            frame.extend_from_slice(name.as_str().as_bytes());
            frame.push(b':');
            frame.extend_from_slice(value.as_bytes());
            frame.extend_from_slice(b"\r\n");
        }
        let length = u32::try_from(frame.len() - 5).unwrap_or(u32::MAX);
        frame[1..5].copy_from_slice(&length.to_be_bytes());
        frame
    }
}

fn status(code: i32) -> HeaderValue {
    match code {
        3 => HeaderValue::from_static("3"),
        5 => HeaderValue::from_static("5"),
        7 => HeaderValue::from_static("7"),
        8 => HeaderValue::from_static("8"),
        13 => HeaderValue::from_static("13"),
        14 => HeaderValue::from_static("14"),
        16 => HeaderValue::from_static("16"),
        code => HeaderValue::from(code),
    }
}

/// The message as a header value, which percent-encoded text always is.
fn encoded(message: &str) -> Option<HeaderValue> {
    HeaderValue::try_from(&*encode_message(message)).ok()
}

impl Denial {
    /// The gRPC status code for this denial ([F08](crate::semantics#f08)), for a method that makes its
    /// own status of it: 5 for a concealed one.
    ///
    /// ```
    /// use portcullis::Denial;
    ///
    /// fn status(denial: &Denial) -> tonic::Status {
    ///     tonic::Status::new(tonic::Code::from_i32(denial.grpc_code()), denial.grpc_message())
    /// }
    /// assert_eq!(status(&Denial::forbidden()).code(), tonic::Code::PermissionDenied);
    /// assert_eq!(status(&Denial::forbidden().concealed()).code(), tonic::Code::NotFound);
    /// ```
    ///
    /// Such a status has no challenge, and operators do not see the denial; see
    /// [`into_grpc_response`](Self::into_grpc_response) for a way that keeps both.
    pub fn grpc_code(&self) -> i32 {
        self.call_outcome().grpc_code()
    }

    /// The text that belongs to [`grpc_code`](Self::grpc_code): the denial's own
    /// [detail](Self::with_detail), or the fixed text of its cause.
    pub fn grpc_message(&self) -> &str {
        Refusal::new(self.call_outcome(), self).detail()
    }

    /// The response of a gRPC method that denies access to an object: HTTP 200 with `grpc-status` and
    /// `grpc-message`, and without a body.
    ///
    /// It is [`into_http_response`](Self::into_http_response) for gRPC: an authenticate stage outside
    /// replaces it with its own response, which has challenges, and reports the denial. Inside a
    /// [`ConcealLayer`](crate::ConcealLayer) the two differ: this one says that a method has no such
    /// *object*, `NOT_FOUND`; the other one, as the refusal of a policy does, that there is no such
    /// *method*, `UNIMPLEMENTED` ([D09](crate::semantics#d09)).
    ///
    /// A method of tonic returns a `Status`, whose source can be the denial. tonic keeps the status in
    /// the extensions of its response, where a layer inside the stage finds it:
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use http::Response;
    /// use portcullis::Denial;
    /// use tonic::{Code, Status};
    ///
    /// /// For methods: `check(…).await.map_err(denied)?`.
    /// fn denied(denial: Denial) -> Status {
    ///     let mut status = Status::new(Code::from_i32(denial.grpc_code()), denial.grpc_message());
    ///     status.set_source(Arc::new(denial));
    ///     status
    /// }
    ///
    /// /// For the layer `MapResponseLayer::new(restore_denial)`.
    /// fn restore_denial<B: Default>(response: Response<B>) -> Response<B> {
    ///     let status = response.extensions().get::<Status>();
    ///     let source = status.and_then(|status| std::error::Error::source(status));
    ///     match source.and_then(|source| source.downcast_ref::<Denial>()) {
    ///         Some(denial) => denial.clone().into_grpc_response(),
    ///         None => response,
    ///     }
    /// }
    /// # let response = denied(Denial::forbidden()).into_http::<String>();
    /// # assert_eq!(restore_denial(response).headers()["grpc-status"], "7");
    /// ```
    #[must_use]
    pub fn into_grpc_response<B: Default>(self) -> Response<B> {
        let mut response = Response::new(B::default());
        let framing = GrpcFraming::Plain;
        let call = CallOutcome::of(&Refusal::new(self.call_outcome(), &self), framing);
        *response.headers_mut() = call.trailers;
        let pending = PendingDenial::from_grpc_method(self, unclaimed::report);
        response.extensions_mut().insert(pending);
        response
    }

    /// What the denial says without a stage: no challenge, so nothing that the caller could get.
    fn call_outcome(&self) -> PublicOutcome {
        let context = RenderContext::Stage {
            challenger: ServerRole::Origin,
            offers_token_scheme: false,
            authenticated_by_token: false,
            has_login_page: false,
        };
        public_outcome(self, context)
    }
}

/// Percent-encodes a message as gRPC over HTTP/2 says: all bytes but visible ASCII without `%`, and
/// spaces. A space at either end is encoded as well, since a header value may lose it. A message that
/// is too long is cut between two characters.
fn encode_message(message: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'%';
    let has_outer_space = message.starts_with(' ') || message.ends_with(' ');
    if message.bytes().all(is_plain) && !has_outer_space && message.len() <= LONGEST_MESSAGE {
        return message.into();
    }
    let mut encoded = String::with_capacity(message.len().min(LONGEST_MESSAGE));
    let last = message.char_indices().next_back().map_or(0, |(position, _)| position);
    for (position, character) in message.char_indices() {
        let end = encoded.len();
        let is_outer = position == 0 || position == last;
        let mut utf8 = [0; 4];
        for byte in character.encode_utf8(&mut utf8).bytes() {
            if is_plain(byte) && !(byte == b' ' && is_outer) {
                encoded.push(char::from(byte));
            } else {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        if encoded.len() > LONGEST_MESSAGE {
            encoded.truncate(end);
            // Not to end in a space.
            encoded.truncate(encoded.trim_end_matches(' ').len());
            break;
        }
    }
    encoded.into()
}

/// Encodes bytes in base64 with padding (RFC 4648 §4).
fn base64(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    let mut encoded = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (digit, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let is_padding = digit > chunk.len();
            let character = ALPHABET[(bits >> shift & 63) as usize];
            encoded.push(if is_padding { b'=' } else { character });
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use proptest::prelude::*;

    use super::*;
    use crate::denial::Cause;

    proptest! {
        #[test]
        fn f08_base64_is_that_of_rfc_4648(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            prop_assert_eq!(base64(&bytes), BASE64_STANDARD.encode(&bytes).into_bytes());
        }

        #[test]
        fn f08_a_message_is_a_header_value_and_decodes_to_itself(message in ".{0,80}") {
            let encoded = encode_message(&message);
            let value = HeaderValue::try_from(&*encoded).unwrap();
            prop_assert!(value.to_str().unwrap().trim() == encoded);
            let decoded: Vec<u8> = crate::percent::decode(encoded.as_bytes()).collect();
            prop_assert_eq!(decoded, message.into_bytes());
        }

        #[test]
        fn f08_a_long_message_is_cut_between_two_characters(message in "[ -~é€𝄞%]{300,1200}") {
            let encoded = encode_message(&message);
            prop_assert!(encoded.len() <= LONGEST_MESSAGE);
            let decoded: Vec<u8> = crate::percent::decode(encoded.as_bytes()).collect();
            let decoded = String::from_utf8(decoded).unwrap();
            prop_assert!(message.starts_with(&decoded));
        }
    }

    #[test]
    fn f08_the_text_of_a_cause_needs_no_encoding() {
        for cause in Cause::ALL {
            assert_eq!(encode_message(cause.detail()), cause.detail());
        }
    }

    #[test]
    fn f08_what_a_header_cannot_hold_is_percent_encoded() {
        for (message, encoded) in [
            ("plain text", "plain text"),
            ("100 % sure", "100 %25 sure"),
            (" a b ", "%20a b%20"),
            ("a\r\nb", "a%0D%0Ab"),
            ("grüße", "gr%C3%BC%C3%9Fe"),
            ("", ""),
        ] {
            assert_eq!(encode_message(message), encoded);
        }
    }
}
