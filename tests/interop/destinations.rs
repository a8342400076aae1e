//! Where the `forward_proxy` example connects to, and where it does not.

use std::net::IpAddr;

use axum::Router;
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::Site;
use crate::support::{Connection, Example, request, send};

#[path = "../../examples/forward_proxy/destination.rs"]
#[allow(dead_code, reason = "the example connects")]
mod destination;

use destination::{Destinations, is_public};

#[test]
fn c02_addresses_of_special_purposes_are_not_public() {
    let not_public = [
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "168.63.129.16",
        "169.254.0.0",
        "169.254.169.254",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.0",
        "192.168.255.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        // IPv4 in IPv6: mapped, compatible, translated, 6to4, Teredo, ISATAP.
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:168.63.129.16",
        "64:ff9b::168.63.129.16",
        "2003::5efe:10.0.0.1",
        "2003::200:5efe:10.0.0.1",
        "2606:4700:1:2:0:5efe:8.8.8.8",
        "2606:4700:1:2:300:5efe:127.0.0.1",
        "::5efe:127.0.0.1",
        "fe80::200:5efe:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0.0.0.0",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::8.8.8.8",
        "2002:7f00:1::1",
        "2002:808:808::1",
        "2001::1",
        "2001:1ff:ffff::",
        "2001:db8::1",
        "3fff::1",
        "3fff:fff:ffff::1",
        "100::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fdff:ffff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ];
    let public = [
        "1.0.0.1",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.0",
        "168.63.129.15",
        "168.63.129.17",
        "169.253.255.255",
        "169.255.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "192.0.1.0",
        "192.167.255.255",
        "192.169.0.0",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2000::1",
        "2001:200::1",
        "2001:4860:4860::8888",
        "2001:db7:ffff::1",
        "2001:db9::1",
        "2003::1",
        "2003::1:5efe:10.0.0.1",
        "2003::5eff:10.0.0.1",
        "2606:4700::1111",
        "3ffe:ffff::1",
        "3fff:1000::1",
    ];
    let is_public = |address: &&str| is_public(address.parse::<IpAddr>().unwrap());
    let wrong: Vec<_> = not_public.iter().filter(|address| is_public(address)).collect();
    assert!(wrong.is_empty(), "taken for public: {wrong:?}");
    let wrong: Vec<_> = public.iter().filter(|address| !is_public(address)).collect();
    assert!(wrong.is_empty(), "not taken for public: {wrong:?}");
}

#[test]
fn c02_a_setting_that_is_neither_on_nor_off_is_found_at_the_start() {
    assert_eq!(Destinations::read(None), Ok(Destinations::Public));
    assert_eq!(Destinations::read(Some("off")), Ok(Destinations::Public));
    assert_eq!(Destinations::read(Some("on")), Ok(Destinations::Any));
    for wrong in ["", "1", "true", "ON", "127.0.0.1"] {
        let error = Destinations::read(Some(wrong)).unwrap_err();
        assert!(error.contains("ALLOW_PRIVATE is `on` or `off`"), "{error}");
    }
}

/// By its own name, by another, and by all ways to write its address: what counts is the address
/// that would be connected to.
#[test]
fn c02_the_proxy_connects_to_no_address_that_is_not_public() {
    let origin = Site::noting(Router::new().fallback(any(|| async { "a secret" })));
    let port = origin.address().port();
    let login = format!("proxy-authorization: Basic {}", STANDARD.encode("user:passwd"));
    let ask = |proxy: &Example, method, target: &str, login: &[&str]| {
        send(proxy.address, method, target, login)
    };
    let refusing = Example::start("forward_proxy");
    let hosts = [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "127.77.0.1",
        "0.0.0.0",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
    ];
    for host in hosts {
        for (method, target) in [
            ("GET", format!("http://{host}:{port}/page")),
            ("POST", format!("http://{host}:{port}/page")),
            ("CONNECT", format!("{host}:{port}")),
        ] {
            let answer = ask(&refusing, method, &target, &[&login]);
            assert_eq!(answer.status, 403, "{method} {target}: {answer:?}");
            assert_eq!(answer.field("content-type"), Some("application/problem+json"));
            let detail = "This proxy connects to public addresses only, and this host has none.";
            assert_eq!(answer.json()["detail"], detail);
            assert!(answer.lines("proxy-authenticate").is_empty(), "no login would help");
            // Who does not log in is asked to, and learns nothing.
            assert_eq!(ask(&refusing, method, &target, &[]).status, 407);
        }
    }
    assert!(origin.noted().is_empty());

    let allowing = Example::start_with("forward_proxy", &[("ALLOW_PRIVATE", "on")]);
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"] {
        let answer = ask(&allowing, "GET", &format!("http://{host}:{port}/page"), &[&login]);
        assert_eq!((answer.status, answer.text()), (200, "a secret"), "{host}");
        let mut tunnel = Connection::open(allowing.address);
        tunnel.write(&request("CONNECT", &format!("{host}:{port}"), &[login.as_bytes()]));
        assert!(tunnel.read_until(b"\r\n\r\n").starts_with(b"HTTP/1.1 200 "), "{host}");
    }
    assert_eq!(origin.noted().len(), 3);
}

#[test]
fn b02_what_is_not_http_is_not_forwarded_as_if_it_were() {
    let origin = Site::noting(Router::new().fallback(any(|| async { "a secret" })));
    let proxy = Example::start_with("forward_proxy", &[("ALLOW_PRIVATE", "on")]);
    let login = format!("proxy-authorization: Basic {}", STANDARD.encode("user:passwd"));
    for scheme in ["https", "ftp", "ws"] {
        let target = format!("{scheme}://{}/page", origin.address());
        assert_eq!(send(proxy.address, "GET", &target, &[&login]).status, 400, "{scheme}");
    }
    assert!(origin.noted().is_empty());
}
