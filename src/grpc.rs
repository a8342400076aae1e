//! What gRPC and gRPC-Web look like in HTTP: which requests are calls, and where the status of a call
//! is.

use http::header::{ACCEPT, CONTENT_TYPE};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

use crate::denial::Cause;
use crate::denial::propagate::is_from_grpc_method;
use crate::denial::public_outcome::PublicOutcome;

/// The header, or trailer, with the status of the call.
pub(crate) const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// The header, or trailer, with the message of the status, percent-encoded.
pub(crate) const GRPC_MESSAGE: HeaderName = HeaderName::from_static("grpc-message");

const NOT_FOUND: i32 = 5;
pub(crate) const UNIMPLEMENTED: i32 = 12;

/// How a gRPC request is framed. The response has the content type of the same framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrpcFraming {
    Plain,
    Web,
    WebText,
}

impl GrpcFraming {
    /// The framing of a call; `None` if the request is not a call. gRPC has no other method than
    /// `POST`, so the headers of other requests are not inspected.
    #[inline]
    pub(crate) fn of_request(request: &Parts) -> Option<Self> {
        if request.method == Method::POST { Self::of(&request.headers) } else { None }
    }

    /// The framing of the response to a request with these headers, if its `Content-Type` is one of
    /// gRPC's. In gRPC-Web, `Accept` says whether the response is to be text; without it, the
    /// response is framed as the request.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let framing = Self::of_media_type(headers.get(CONTENT_TYPE)?)?;
        if framing == Self::Plain {
            return Some(framing);
        }
        let accepted = headers.get(ACCEPT).and_then(Self::of_media_type);
        Some(accepted.filter(|accepted| *accepted != Self::Plain).unwrap_or(framing))
    }

    /// Whether a `Content-Type` is one of gRPC's.
    #[inline]
    pub(crate) fn is(content_type: &HeaderValue) -> bool {
        let start = content_type.as_bytes().first_chunk();
        let may_be = start.is_some_and(|start: &[u8; 16]| {
            start.eq_ignore_ascii_case(Self::Plain.name().as_bytes())
        });
        may_be && Self::of_media_type(content_type).is_some()
    }

    fn of_media_type(value: &HeaderValue) -> Option<Self> {
        let sent = value.as_bytes();
        let is = |name: &str| {
            let (start, rest) = sent.split_at_checked(name.len()).unwrap_or_default();
            let ends = rest.first().is_none_or(|next| matches!(next, b'+' | b';' | b' ' | b','));
            start.eq_ignore_ascii_case(name.as_bytes()) && ends
        };
        [Self::Plain, Self::Web, Self::WebText].into_iter().find(|kind| is(kind.name()))
    }

    pub(crate) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(self.name())
    }

    #[inline]
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "application/grpc",
            Self::Web => "application/grpc-web",
            Self::WebText => "application/grpc-web-text",
        }
    }
}

/// The status of the call, if these headers or trailers have one.
#[inline]
pub(crate) fn status(headers: &HeaderMap) -> Option<&HeaderValue> {
    // Few responses have one, and comparing all names costs the others less than looking one up.
    headers.iter().find(|(name, _)| **name == GRPC_STATUS).map(|(_, status)| status)
}

/// The status of the call as a number, if these headers or trailers have one.
pub(crate) fn code(headers: &HeaderMap) -> Option<i32> {
    status(headers)?.to_str().ok()?.parse().ok()
}

/// Response marker: an authenticate stage has refused the call, whose HTTP status is therefore 200. In
/// gRPC-Web, no header says so: the status of the call is in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrpcRefusal {
    /// The method or its service does not exist for this caller. A stage says so by this `grpc-status`, 5;
    /// a conceal layer by 12.
    NoSuchMethod(i32),
    /// A method says that its object does not exist for this caller.
    NoSuchObject,
    /// Refused for another reason, with this `grpc-status`.
    Other(i32),
}

impl GrpcRefusal {
    /// The marker for a refusal with this outcome. The extensions are those of the response that
    /// the refusal replaces.
    ///
    /// The path of a call names its method, and its body the object. So only the method itself can
    /// find an object missing; a policy or a middleware refuses the method.
    pub(crate) fn new(outcome: PublicOutcome, replaced: &Extensions) -> Self {
        match outcome.cause {
            Cause::NotFound if is_from_grpc_method(replaced) => Self::NoSuchObject,
            Cause::NotFound => Self::NoSuchMethod(outcome.grpc_code()),
            _ => Self::Other(outcome.grpc_code()),
        }
    }
}

/// The `grpc-status` of a call that the service, or a stage inside, has refused: in the headers of the
/// response, or in the marker of the stage, which may have written it into the body.
pub(crate) fn passed_code(headers: &HeaderMap, extensions: &Extensions) -> Option<i32> {
    match extensions.get::<GrpcRefusal>() {
        Some(GrpcRefusal::NoSuchMethod(code) | GrpcRefusal::Other(code)) => Some(*code),
        Some(GrpcRefusal::NoSuchObject) => Some(NOT_FOUND),
        None => code(headers),
    }
}

/// The HTTP status that another request would have got in place of this code: the reverse of F08. `None`
/// for a code that is no refusal of a stage or router.
pub(crate) fn http_status(code: i32) -> Option<StatusCode> {
    Some(match code {
        3 => StatusCode::BAD_REQUEST,
        NOT_FOUND | UNIMPLEMENTED => StatusCode::NOT_FOUND,
        7 => StatusCode::FORBIDDEN,
        8 => StatusCode::TOO_MANY_REQUESTS,
        13 => StatusCode::INTERNAL_SERVER_ERROR,
        14 => StatusCode::SERVICE_UNAVAILABLE,
        16 => StatusCode::UNAUTHORIZED,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f08_accept_decides_between_the_framings_of_grpc_web() {
        let (web, text) = ("application/grpc-web+proto", "application/grpc-web-text");
        let cases = [
            (web, None, Some(GrpcFraming::Web)),
            (web, Some(text), Some(GrpcFraming::WebText)),
            (web, Some("application/grpc-web-text+proto, */*"), Some(GrpcFraming::WebText)),
            (text, None, Some(GrpcFraming::WebText)),
            (text, Some("*/*"), Some(GrpcFraming::WebText)),
            (text, Some("application/grpc"), Some(GrpcFraming::WebText)),
            (text, Some("application/grpc-web"), Some(GrpcFraming::Web)),
            ("application/grpc", Some(text), Some(GrpcFraming::Plain)),
            ("application/json", Some(text), None),
            ("application/grpc-website", None, None),
        ];
        for (content_type, accept, framing) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            if let Some(accept) = accept {
                headers.insert(ACCEPT, HeaderValue::from_static(accept));
            }
            assert_eq!(GrpcFraming::of(&headers), framing, "{content_type} {accept:?}");
        }
    }
}
