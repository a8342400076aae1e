//! The HTTP/2 requests of variants.

use bytes::Bytes;
use h2::ext::Protocol;
use http::uri::{PathAndQuery, Uri};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};

use crate::testing::caller::Caller;
use crate::testing::variants::{Delivery, RequestVariant};

/// A request whose header section or body is larger than this has its own connection, so that it can
/// neither fill the flow-control window that other streams share nor end their connection.
const MAX_SHARED: usize = 8 * 1024;

/// A request to send on a stream.
#[derive(Clone)]
pub(in crate::testing) struct Http2Request {
    pub(super) head: Request<()>,
    /// The part of the body that follows at once; `None` if the header section ends the stream.
    pub(super) first: Option<Bytes>,
    /// The part of the body that follows after a response, or after a time without one.
    pub(super) later: Bytes,
    pub(super) trailers: Option<HeaderMap>,
    pub(super) delivery: Delivery,
    /// Whether the request has its own connection.
    pub(in crate::testing) own_connection: bool,
}

/// The request of this variant for this path; `None` if HTTP/2 cannot carry it.
///
/// `Host` becomes `:authority`. Variants that need HTTP/1 are left out: the absolute form, HTTP/1.0,
/// `Connection` and the other connection-specific headers (RFC 9113 §8.2.2), malformed chunks, several
/// `Host` lines.
pub(in crate::testing) fn request(
    variant: &RequestVariant,
    path: &str,
    host: &str,
    caller: &Caller,
) -> Option<Http2Request> {
    let target = variant.target(path);
    if variant.version == "HTTP/1.0" || target.contains('#') {
        return None;
    }
    let method = Method::from_bytes(variant.method.as_bytes()).ok()?;
    let (mut authority, mut scheme, mut protocol) = (None, "http", None);
    let mut headers = HeaderMap::new();
    let lines = variant.header_lines(&caller.headers, path, host);
    for (name, value) in &lines {
        match &*name.to_ascii_lowercase() {
            ":scheme" => scheme = value,
            ":protocol" => protocol = Some(Protocol::from(&**value)),
            "host" if variant.has_header(":authority") => append(&mut headers, "host", value)?,
            ":authority" | "host" if authority.is_some() => return None,
            ":authority" | "host" => authority = Some(&**value),
            "te" if !value.eq_ignore_ascii_case("trailers") => return None,
            "connection" | "http2-settings" | "keep-alive" | "proxy-connection"
            | "transfer-encoding" | "upgrade" => return None,
            name => append(&mut headers, name, value)?,
        }
    }
    // A CONNECT without a protocol has no path.
    if method == Method::CONNECT && protocol.is_none() {
        return None;
    }
    let (mut first, mut later, mut trailers) = (None, Bytes::new(), None);
    let mut delivery = Delivery::AtOnce;
    if let Some(payload) = &variant.payload {
        let body = payload.over_http2()?;
        if let Some(length) = body.length {
            append(&mut headers, "content-length", &length.to_string())?;
        }
        if body.length != Some(0) {
            first = Some(Bytes::from(body.first));
        }
        later = body.later.into();
        trailers = body.trailer.map(|(name, value)| {
            HeaderMap::from_iter([(HeaderName::from_static(name), HeaderValue::from_static(value))])
        });
        delivery = payload.delivery;
    }
    let path = PathAndQuery::try_from(&*target).ok()?;
    let uri = Uri::builder().scheme(scheme).authority(authority.unwrap_or(host));
    let uri = uri.path_and_query(path).build().ok()?;
    let body = first.as_ref().map_or(0, Bytes::len) + later.len();
    let header: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let own_connection =
        delivery != Delivery::AtOnce || body.max(header + target.len()) > MAX_SHARED;
    let mut head = Request::new(());
    *head.method_mut() = method;
    *head.uri_mut() = uri;
    *head.headers_mut() = headers;
    if let Some(protocol) = protocol {
        head.extensions_mut().insert(protocol);
    }
    Some(Http2Request { head, first, later, trailers, delivery, own_connection })
}

/// `None` if HTTP/2 cannot carry this header.
fn append(headers: &mut HeaderMap, name: &str, value: &str) -> Option<()> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
    // An error means that there are too many headers.
    headers.try_append(name, HeaderValue::from_str(value).ok()?).ok()?;
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::variants::{METHODS, Plan, plan};

    fn anonymous() -> Caller {
        Caller::new("anonymous", [] as [(&str, &str); 0])
    }

    fn planned(methods: &[&'static str]) -> Vec<RequestVariant> {
        plan(&Plan { methods, extra_headers: &[], authorized_headers: &[], seed: 1, budget: None })
    }

    #[test]
    fn most_variants_can_be_sent_and_none_that_need_http_1() {
        let variants = planned(&METHODS);
        let sent =
            |variant: &RequestVariant| request(variant, "/vault/notes", "localhost", &anonymous());
        let count = variants.iter().filter(|variant| sent(variant).is_some()).count();
        assert!(count * 10 > variants.len() * 8, "{count} of {}", variants.len());
        for variant in &variants {
            let only_http_1 = variant.version == "HTTP/1.0"
                || variant.has_header("connection")
                || variant.has_header("transfer-encoding")
                || variant.to_string().contains("malformed chunk");
            assert!(!only_http_1 || sent(variant).is_none(), "{variant} {:?}", variant.path_form);
        }
    }

    #[test]
    fn the_target_is_unchanged() {
        for variant in planned(&["GET"]) {
            let Some(sent) = request(&variant, "/vault/notes", "localhost", &anonymous()) else {
                continue;
            };
            let target = variant.target("/vault/notes");
            assert_eq!(sent.head.uri().path_and_query().unwrap().as_str(), target);
        }
    }

    #[test]
    fn host_becomes_the_authority() {
        let variant = |headers: &[(&'static str, &'static str)]| {
            let mut variant = RequestVariant::plain("GET");
            variant.headers =
                headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            request(&variant, "/", "localhost", &anonymous())
        };
        let authority = |sent: &Http2Request| sent.head.uri().authority().unwrap().to_string();
        let sent = variant(&[("host", "other.example")]).unwrap();
        assert_eq!(authority(&sent), "other.example");
        assert!(sent.head.headers().is_empty());
        let sent = variant(&[(":authority", "localhost"), ("host", "other.example")]).unwrap();
        assert_eq!(authority(&sent), "localhost");
        assert_eq!(sent.head.headers()["host"], "other.example");
        assert!(variant(&[("host", "a.example"), ("host", "b.example")]).is_none());
        assert!(variant(&[("te", "gzip")]).is_none());
        assert!(variant(&[("te", "trailers")]).is_some());
    }
}
