//! Which requests are CORS preflights, and the marker of those that an authenticate stage has let through
//! without credentials (F09).

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, COOKIE, ORIGIN};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName, Method};

/// Request marker: an authenticate stage that requires credentials let this preflight through without.
#[derive(Clone, Copy)]
pub(crate) struct ExemptPreflight;

impl ExemptPreflight {
    pub(crate) fn is_on(extensions: &Extensions) -> bool {
        extensions.get::<Self>().is_some()
    }
}

/// Whether a request is a CORS preflight (Fetch, "CORS-preflight fetch"): `OPTIONS` with one `Origin` and
/// one `Access-Control-Request-Method` that is a method. Browsers never send credentials with one, so a
/// request with some is none, even if no identity of the stage reads them.
pub(crate) fn is_preflight(request: &Parts) -> bool {
    let requested = || only(&request.headers, &ACCESS_CONTROL_REQUEST_METHOD);
    request.method == Method::OPTIONS
        && only(&request.headers, &ORIGIN).is_some_and(|origin| !origin.is_empty())
        && requested().is_some_and(|method| Method::from_bytes(method).is_ok())
        && ![AUTHORIZATION, COOKIE].iter().any(|name| request.headers.contains_key(name))
}

/// The value of a header that is there once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
    let mut lines = headers.get_all(name).iter();
    lines.next().map(|value| value.as_bytes()).filter(|_| lines.next().is_none())
}
