//! Is the response for this request, and not for another one? RFC 7616 §3.4.6.

use http::header::HOST;
use http::request::Parts;
use http::uri::{Authority, Scheme};
use http::{Method, Uri};

/// Whether the `uri` of the credentials is the target of the request that they came with.
///
/// What stands in a request line depends on the way that the request took: a client that speaks
/// through a proxy sends the absolute form, and the proxy hands the origin form on; HTTP/2 has
/// no request line at all. So path and query count, octet by octet, and where the `uri` says
/// more than those, that must be so too.
pub(super) fn is_target(uri: &str, request: &Parts) -> bool {
    let target = &request.uri;
    if uri == "*" {
        return request.method == Method::OPTIONS && target.path() == "*";
    }
    if is_authority_form(target) {
        let named = target.authority().map(Authority::as_str);
        return named.is_some_and(|named| named.eq_ignore_ascii_case(uri));
    }
    if uri.starts_with('/') {
        return uri == path_and_query(target);
    }
    let Ok(absolute) = uri.parse::<Uri>() else { return false };
    let (Some(scheme), Some(authority)) = (absolute.scheme(), absolute.authority()) else {
        return false;
    };
    let same_scheme = match target.scheme() {
        Some(target) => target == scheme,
        // Then it is one of those that have an origin form (RFC 9110 §4.2).
        None => *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS,
    };
    same_scheme
        && path_and_query(&absolute) == path_and_query(target)
        && is_host(authority, scheme, request)
}

/// `CONNECT`, but not the one that HTTP/2 has for other protocols, which has a path. No other form
/// is without one.
fn is_authority_form(target: &Uri) -> bool {
    target.path_and_query().is_none()
}

fn path_and_query(uri: &Uri) -> String {
    match uri.query() {
        // An empty path in front of a query is `/` (RFC 9110 §4.2.3), and `path` knows.
        Some(query) => format!("{}?{query}", uri.path()),
        None => uri.path().to_owned(),
    }
}

/// Whether the request is for this host. A client that names none leaves nothing to contradict.
fn is_host(named: &Authority, scheme: &Scheme, request: &Parts) -> bool {
    let of_field = || request.headers.get(HOST)?.to_str().ok()?.parse::<Authority>().ok();
    let Some(host) = request.uri.authority().cloned().or_else(of_field) else {
        return !request.headers.contains_key(HOST);
    };
    let usual = match scheme.as_str() {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    let port = |authority: &Authority| authority.port_u16().or(usual);
    named.host().eq_ignore_ascii_case(host.host()) && port(named) == port(&host)
}
