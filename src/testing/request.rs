//! The bytes of requests.

use super::caller::Caller;
use super::exchange::Sent;
use super::shapes::{Delivery, Shape};

/// The request of this shape, for this path.
pub(super) fn request(shape: &Shape, path: &str, host: &str, caller: &Caller) -> Sent {
    let mut head = format!("{} {} {}\r\n", shape.method, shape.target(path), shape.version);
    let mut line = |name: &str, value: &str| {
        head.push_str(name);
        head.push_str(": ");
        head.push_str(value);
        head.push_str("\r\n");
    };
    if !shape.has_field("host") {
        line("host", host);
    }
    for (name, value) in shape.lines(&caller.fields, path, host) {
        line(&name, &value);
    }
    let (mut first, mut later, mut delivery) = (Vec::new(), Vec::new(), Delivery::AtOnce);
    if let Some(payload) = &shape.payload {
        head.push_str(&payload.framing());
        head.push_str("\r\n");
        (first, later) = payload.bytes();
        delivery = payload.delivery;
    }
    head.push_str("\r\n");
    first.splice(..0, head.into_bytes());
    Sent { method: shape.method, first, later, delivery }
}
