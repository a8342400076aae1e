//! Over which connection a request came, as far as it says.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::header::{FORWARDED, HOST};
use http::{HeaderMap, HeaderName, Uri};

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_SSL: HeaderName = HeaderName::from_static("x-forwarded-ssl");

/// Whether a front server says that it has ended TLS.
pub(super) fn ended_tls(headers: &HeaderMap) -> bool {
    let has = |name: &HeaderName, text: &[u8]| {
        let mut lines = headers.get_all(name).iter();
        lines.any(|line| {
            line.as_bytes().windows(text.len()).any(|part| part.eq_ignore_ascii_case(text))
        })
    };
    has(&X_FORWARDED_PROTO, b"https")
        || has(&X_FORWARDED_SSL, b"on")
        || has(&FORWARDED, b"proto=https")
        || has(&FORWARDED, b"proto=\"https")
}

/// The host that the client has named, without the port.
pub(super) fn host<'a>(target: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    if let Some(host) = target.host() {
        return Some(host);
    }
    let host = headers.get(HOST)?.to_str().ok()?.trim();
    let name = match host.strip_prefix('[') {
        Some(address) => address.split_once(']')?.0,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    (!name.is_empty()).then_some(name)
}

/// Whether a host is this machine. Names under `localhost` are (RFC 6761 §6.3).
pub(super) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = host.parse::<IpAddr>() {
        return match address {
            IpAddr::V4(address) => address.is_loopback(),
            IpAddr::V6(address) => {
                address == Ipv6Addr::LOCALHOST
                    || address.to_ipv4_mapped().is_some_and(|it: Ipv4Addr| it.is_loopback())
            }
        };
    }
    let host = host.trim_end_matches('.');
    let start = host.len().saturating_sub("localhost".len());
    let (before, end) = host.split_at_checked(start).unwrap_or_default();
    end.eq_ignore_ascii_case("localhost") && (before.is_empty() || before.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn i17_loopback_is_this_machine_under_any_of_its_names() {
        for host in
            ["localhost", "LOCALHOST.", "a.b.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "::1"]
        {
            assert!(is_loopback(host), "{host}");
        }
        assert!(is_loopback("[::ffff:127.0.0.1]"));
        for host in
            ["notlocalhost", "localhost.example", "128.0.0.1", "10.0.0.1", "0.0.0.0", "", "[::2]"]
        {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
