//! The bytes of HTTP/1 requests.

use super::caller::Caller;
use super::exchange::RequestBytes;
use super::variants::{Delivery, RequestVariant};

/// The request of this variant for this path.
pub(super) fn request(
    variant: &RequestVariant,
    path: &str,
    host: &str,
    caller: &Caller,
) -> RequestBytes {
    let mut head = format!("{} {} {}\r\n", variant.method, variant.target(path), variant.version);
    let mut line = |name: &str, value: &str| {
        head.push_str(name);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    };
    if !variant.has_header("host") {
        line("host", host);
    }
    for (name, value) in variant.header_lines(&caller.headers, path, host) {
        line(&name, &value);
    }
    let (mut first, mut later, mut delivery) = (Vec::new(), Vec::new(), Delivery::AtOnce);
    if let Some(payload) = &variant.payload {
        head.push_str(&payload.framing());
        head.push_str("\r\n");
        (first, later) = payload.bytes();
        delivery = payload.delivery;
    }
    head.push_str("\r\n");
    first.splice(..0, head.into_bytes());
    RequestBytes { method: variant.method, first, later, delivery }
}
