//! The variants that are tried over HTTP/2.

use super::additions::HeaderList;
use super::{METHODS, PathForm, RequestVariant};

/// Additions that only HTTP/2 can carry, with every method: another scheme, a `host` that is not the
/// authority, and a cookie in several lines (RFC 9113 §8.2.3).
const ADDITIONS: [HeaderList; 3] = [
    &[(":scheme", "https")],
    &[(":authority", "localhost"), ("host", "other.example")],
    &[("cookie", "a=b"), ("cookie", "c=d")],
];

/// The extended `CONNECT` (RFC 8441, RFC 9220), which a service may answer with a tunnel.
const EXTENDED_CONNECT: [HeaderList; 3] = [
    &[(":protocol", "websocket"), ("sec-websocket-version", "13")],
    &[(":protocol", "websocket"), ("sec-websocket-version", "13"), ("origin", "null")],
    &[(":protocol", "leak-probe")],
];

/// The variants to try over HTTP/2: these, and those that only HTTP/2 can carry. Where the variants are
/// tried over HTTP/1.1 as well, only those with one addition are tried: the same service reads them, and
/// only the way from the response to the wire differs.
pub(in crate::testing) fn over_http2(
    mut variants: Vec<RequestVariant>,
    methods: &[&'static str],
    with_pairs: bool,
) -> Vec<RequestVariant> {
    variants.retain(|variant| with_pairs || additions(variant) < 2);
    variants.extend(only_http2(methods));
    variants
}

/// Counts a path form as one addition, a body with its headers as one, and other headers together as one.
fn additions(variant: &RequestVariant) -> usize {
    let of_body = variant.payload.as_ref().map_or(0, |payload| payload.headers.len());
    usize::from(variant.path_form != PathForm::PLAIN)
        + variant.queries.len()
        + variant.cookies.len()
        + usize::from(variant.payload.is_some())
        + usize::from(variant.headers.len() > of_body)
}

/// The variants that only HTTP/2 can carry. The extended `CONNECT` is tried with the default methods, and
/// if the user names `CONNECT`.
fn only_http2(methods: &[&'static str]) -> Vec<RequestVariant> {
    let plain = methods.iter().filter(|method| **method != "CONNECT");
    let mut variants: Vec<RequestVariant> = plain
        .flat_map(|method| ADDITIONS.map(|headers| RequestVariant::plain(method).with(headers)))
        .collect();
    if methods == METHODS || methods.contains(&"CONNECT") {
        variants
            .extend(EXTENDED_CONNECT.map(|headers| RequestVariant::plain("CONNECT").with(headers)));
    }
    variants
}

#[cfg(test)]
mod tests {
    use super::super::{Plan, plan};
    use super::*;

    #[test]
    fn pairs_are_tried_where_nothing_else_tries_them() {
        let all = plan(&Plan {
            methods: &METHODS,
            extra_headers: &[],
            authorized_headers: &[],
            seed: 1,
            budget: None,
        });
        let count = |with_pairs| {
            let variants = over_http2(all.clone(), &METHODS, with_pairs);
            assert_eq!(variants.iter().filter(|variant| variant.is_plain_get()).count(), 1);
            variants.len()
        };
        assert_eq!(count(true), all.len() + only_http2(&METHODS).len());
        assert!(count(false) > 1_000 && count(false) + 1_000 < count(true), "{}", count(false));
    }

    #[test]
    fn the_extended_connect_needs_its_method() {
        let has_connect =
            |methods| only_http2(methods).iter().any(|variant| variant.method == "CONNECT");
        assert!(has_connect(&METHODS) && has_connect(&["CONNECT"]));
        assert!(!has_connect(&["GET", "OPTIONS"]));
    }
}
