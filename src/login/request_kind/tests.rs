//! Headers as clients send them, and the kind of each request (F12).
//!
//! Chromium's were recorded with Chromium 156, over `localhost` and over plain HTTP to another name;
//! those of the other clients are from their sources and documentation.

use http::{Method, Request};

use super::RequestKind::{self, *};

const CHROMIUM: &str = "user-agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36\naccept-language: en-US,en;q=0.9\n";
const FIREFOX: &str = "user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\naccept-language: en-US,en;q=0.5\n";
const SAFARI: &str = "user-agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15\naccept-language: en-US,en;q=0.9\n";
const OLD: &str = "user-agent: Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko\naccept-language: de-DE\n";

const CHROMIUM_PAGE: &str = "accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/jxl,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7\n";
const PAGE: &str = "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\n";
const UPGRADES: &str = "upgrade-insecure-requests: 1\n";
const FORM: &str = "content-type: application/x-www-form-urlencoded\n";

fn kind(method: &str, headers: &[&str]) -> RequestKind {
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap());
    for line in headers.iter().flat_map(|lines| lines.lines()) {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?}"));
        request = request.header(name, value);
    }
    let request = request.body(()).unwrap();
    RequestKind::of(request.method(), request.headers())
}

#[track_caller]
fn assert_kinds(cases: &[(&str, &str, &[&str], RequestKind)]) {
    for (name, method, headers, expected) in cases {
        assert_eq!(kind(method, headers), *expected, "{name}: {method} {headers:#?}");
    }
}

fn metadata(mode: &str, destination: &str) -> String {
    format!("sec-fetch-mode: {mode}\nsec-fetch-dest: {destination}\nsec-fetch-site: same-origin\n")
}

#[test]
#[rustfmt::skip]
fn f12_browsers_with_fetch_metadata() {
    let fm = metadata;
    for (agent, page) in [(CHROMIUM, CHROMIUM_PAGE), (FIREFOX, PAGE), (SAFARI, PAGE)] {
        assert_kinds(&[
            ("link", "GET", &[agent, page, UPGRADES, &fm("navigate", "document")], Navigation),
            // Safari sends `Upgrade-Insecure-Requests` over plain HTTP only.
            ("link", "GET", &[agent, page, &fm("navigate", "document")], Navigation),
            ("link", "HEAD", &[agent, page, &fm("navigate", "document")], Navigation),
            ("iframe", "GET", &[agent, page, UPGRADES, &fm("navigate", "iframe")], Navigation),
            ("frame", "GET", &[agent, page, UPGRADES, &fm("navigate", "frame")], Navigation),
            ("service worker", "GET", &[agent, page, UPGRADES, &fm("navigate", "empty")], Navigation),
            ("service worker, request changed", "GET", &[agent, page, UPGRADES, &fm("same-origin", "empty")], Navigation),
            ("navigation preload", "GET", &[agent, page, UPGRADES, "service-worker-navigation-preload: true", &fm("navigate", "document")], Navigation),
            ("form", "POST", &[agent, page, UPGRADES, FORM, &fm("navigate", "document")], Form),
            ("form with a file", "POST", &[agent, page, UPGRADES, "content-type: multipart/form-data; boundary=x", &fm("navigate", "document")], Form),
            ("form in an iframe", "POST", &[agent, page, FORM, &fm("navigate", "iframe")], Form),
            ("form, service worker", "POST", &[agent, page, UPGRADES, FORM, &fm("navigate", "empty")], Form),
            ("form, service worker, changed", "POST", &[agent, page, UPGRADES, FORM, &fm("same-origin", "empty")], Form),
            ("fetch", "GET", &[agent, "accept: */*", &fm("cors", "empty")], Script),
            ("fetch of HTML", "GET", &[agent, "accept: text/html", &fm("cors", "empty")], Script),
            ("fetch that imitates", "GET", &[agent, page, UPGRADES, &fm("cors", "empty")], Script),
            ("fetch, same-origin", "GET", &[agent, page, &fm("same-origin", "empty")], Script),
            ("fetch, same-origin", "GET", &[agent, "accept: */*", UPGRADES, &fm("same-origin", "empty")], Script),
            ("fetch, no-cors", "GET", &[agent, "accept: */*", &fm("no-cors", "empty")], Script),
            ("fetch PUT", "PUT", &[agent, "accept: */*", &fm("cors", "empty")], Script),
            ("axios", "GET", &[agent, "accept: application/json, text/plain, */*", &fm("cors", "empty")], Script),
            ("EventSource", "GET", &[agent, "accept: text/event-stream", &fm("cors", "empty")], Script),
            ("beacon", "POST", &[agent, "accept: */*", &fm("no-cors", "empty")], Script),
            ("grpc-web", "POST", &[agent, "accept: application/grpc-web-text", "content-type: application/grpc-web-text", &fm("cors", "empty")], Script),
            ("image", "GET", &[agent, "accept: image/avif,image/webp,*/*;q=0.8", &fm("no-cors", "image")], Subresource),
            ("video", "GET", &[agent, "accept: */*", "range: bytes=0-", &fm("no-cors", "video")], Subresource),
            ("style", "GET", &[agent, "accept: text/css,*/*;q=0.1", &fm("no-cors", "style")], Subresource),
            ("script", "GET", &[agent, "accept: */*", &fm("no-cors", "script")], Subresource),
            ("module", "GET", &[agent, "accept: */*", &fm("cors", "script")], Subresource),
            ("worker", "GET", &[agent, "accept: */*", &fm("same-origin", "worker")], Subresource),
            ("font", "GET", &[agent, "accept: */*", &fm("cors", "font")], Subresource),
            ("object", "GET", &[agent, page, UPGRADES, &fm("navigate", "object")], Subresource),
            ("embed", "GET", &[agent, page, UPGRADES, &fm("navigate", "embed")], Subresource),
            ("download", "GET", &[agent, &fm("navigate", "empty")], Subresource),
            ("navigation that wants no page", "GET", &[agent, "accept: */*", &fm("navigate", "document")], Subresource),
            ("WebSocket", "GET", &[agent, "upgrade: websocket", &fm("websocket", "empty")], WebSocket),
            ("prefetch", "GET", &[agent, page, UPGRADES, "sec-purpose: prefetch", &fm("navigate", "document")], Prefetch),
            ("prerender", "GET", &[agent, page, UPGRADES, "sec-purpose: prefetch;prerender", &fm("navigate", "document")], Prefetch),
            ("link rel=prefetch", "GET", &[agent, page, "sec-purpose: prefetch", &fm("no-cors", "empty")], Prefetch),
            ("htmx", "GET", &[agent, "accept: */*", "hx-request: true", &fm("cors", "empty")], Htmx),
            ("htmx, boosted", "GET", &[agent, "accept: */*", "hx-request: true\nhx-boosted: true", &fm("cors", "empty")], Htmx),
            ("Turbo visit", "GET", &[agent, "accept: text/html, application/xhtml+xml", "x-turbo-request-id: 7", &fm("same-origin", "empty")], Turbo),
            ("Turbo frame", "GET", &[agent, "accept: text/html, application/xhtml+xml", "turbo-frame: notes", &fm("same-origin", "empty")], Turbo),
            ("Turbo form", "POST", &[agent, "accept: text/vnd.turbo-stream.html, text/html, application/xhtml+xml", &fm("same-origin", "empty")], Turbo),
            ("Inertia", "GET", &[agent, "accept: text/html, application/xhtml+xml", "x-inertia: true\nx-requested-with: XMLHttpRequest", &fm("cors", "empty")], Script),
        ]);
    }
}

#[test]
#[rustfmt::skip]
fn f12_browsers_over_plain_http() {
    for (agent, page) in [(CHROMIUM, CHROMIUM_PAGE), (FIREFOX, PAGE), (SAFARI, PAGE)] {
        assert_kinds(&[
            ("link", "GET", &[agent, page, UPGRADES], Navigation),
            ("form", "POST", &[agent, page, UPGRADES, FORM], Form),
            ("form without it", "POST", &[agent, page, FORM], Form),
            ("fetch", "GET", &[agent, "accept: */*"], Script),
            ("fetch POST", "POST", &[agent, "accept: */*", FORM], Script),
            ("fetch of HTML", "GET", &[agent, "accept: text/html"], Script),
            ("fetch of XHTML", "GET", &[agent, "accept: text/html, application/xhtml+xml"], Script),
            ("fetch of HTML, rest", "GET", &[agent, "accept: text/html, */*;q=0.1"], Script),
            ("fetch of HTML, POST", "POST", &[agent, "accept: text/html", FORM], Script),
            ("fetch of HTML, PUT", "PUT", &[agent, page, UPGRADES], Script),
            ("jQuery", "GET", &[agent, "accept: text/html, */*; q=0.01", "x-requested-with: XMLHttpRequest"], Script),
            ("JSON", "GET", &[agent, "accept: application/json"], Script),
            ("axios", "GET", &[agent, "accept: application/json, text/plain, */*"], Script),
            ("JSON:API", "GET", &[agent, "accept: application/vnd.api+json"], Script),
            ("EventSource", "GET", &[agent, "accept: text/event-stream"], Script),
            ("image", "GET", &[agent, "accept: image/avif,image/webp,*/*;q=0.8"], Subresource),
            ("video", "GET", &[agent, "accept: */*", "range: bytes=0-"], Subresource),
            ("style", "GET", &[agent, "accept: text/css,*/*;q=0.1"], Subresource),
            ("download", "GET", &[agent], Subresource),
            ("WebSocket", "GET", &[agent, "upgrade: websocket"], WebSocket),
            ("link rel=prefetch", "GET", &[agent, page, "sec-purpose: prefetch"], Prefetch),
            ("htmx", "GET", &[agent, "accept: */*", "hx-request: true"], Htmx),
            ("Turbo frame", "GET", &[agent, "accept: text/html, application/xhtml+xml", "turbo-frame: notes"], Turbo),
            ("Turbo stream", "POST", &[agent, "accept: text/vnd.turbo-stream.html, text/html, application/xhtml+xml", FORM], Turbo),
            ("Inertia", "GET", &[agent, "accept: text/html, application/xhtml+xml", "x-inertia: true"], Script),
        ]);
    }
    assert_kinds(&[
        ("Firefox before 140", "GET", &[FIREFOX, PAGE, UPGRADES, "x-moz: prefetch"], Prefetch),
        ("Safari", "GET", &[SAFARI, PAGE, UPGRADES, "purpose: prefetch"], Prefetch),
        // Over HTTPS, before it sent Fetch Metadata.
        ("Safari before 16.4", "GET", &[SAFARI, PAGE], Navigation),
        ("Internet Explorer", "GET", &[OLD, "accept: text/html, application/xhtml+xml, */*"], Navigation),
        ("Android WebView", "GET", &[CHROMIUM, CHROMIUM_PAGE, UPGRADES, "x-requested-with: com.example.app"], Navigation),
    ]);
}

#[test]
#[rustfmt::skip]
fn f12_programs_and_text_browsers() {
    assert_kinds(&[
        ("nothing", "GET", &[], Program),
        ("curl", "GET", &["user-agent: curl/8.5.0\naccept: */*"], Program),
        ("curl, told to", "GET", &["user-agent: curl/8.5.0\naccept: text/html"], Navigation),
        ("curl, told to", "POST", &["user-agent: curl/8.5.0\naccept: text/html", FORM], Program),
        ("wget", "GET", &["user-agent: Wget/1.21.3\naccept: */*"], Program),
        ("git", "GET", &["user-agent: git/2.39.5\naccept: */*\naccept-language: de-DE, *;q=0.9"], Program),
        ("requests", "GET", &["user-agent: python-requests/2.32.3\naccept: */*"], Program),
        ("a JSON client", "GET", &["user-agent: Java-http-client/21\naccept: application/json"], Program),
        ("an MCP client", "POST", &["accept: application/json, text/event-stream"], Program),
        ("PowerShell", "GET", &["user-agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1"], Program),
        ("Lynx", "GET", &["user-agent: Lynx/2.9.0\naccept: text/html, text/plain, text/sgml, application/xhtml+xml, */*;q=0.01\naccept-language: en"], Navigation),
        ("w3m", "GET", &["user-agent: w3m/0.5.3\naccept: text/html, text/*;q=0.5, image/*, application/*\naccept-language: en;q=1.0"], Navigation),
        ("Googlebot", "GET", &["user-agent: Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", PAGE], Navigation),
        ("gRPC", "POST", &["user-agent: tonic/0.14\ncontent-type: application/grpc"], Program),
        ("gRPC that accepts HTML", "GET", &["content-type: application/grpc\naccept: text/html"], Program),
        ("a program with a WebSocket", "GET", &["upgrade: websocket"], Program),
        // A script says so itself, in whatever client it runs.
        ("XHR", "GET", &["x-requested-with: XMLHttpRequest"], Script),
        ("htmx", "GET", &["hx-request: true"], Htmx),
        ("Turbo", "GET", &["turbo-frame: x"], Turbo),
        ("Inertia", "GET", &["x-inertia: true"], Script),
        // No browser sends these.
        ("two modes", "GET", &[PAGE, "sec-fetch-mode: navigate\nsec-fetch-mode: cors"], Program),
        ("two destinations", "GET", &[PAGE, "sec-fetch-mode: navigate\nsec-fetch-dest: document\nsec-fetch-dest: image"], Subresource),
        ("a destination alone", "GET", &[PAGE, "sec-fetch-dest: empty"], Program),
        ("an empty mode", "GET", &[PAGE, "sec-fetch-mode: "], Script),
    ]);
}

#[test]
fn f12_each_kind_is_of_a_script_or_not_and_of_a_browser_or_not() {
    for (kind, is_by_script, is_by_browser) in [
        (Navigation, false, true),
        (Form, false, true),
        (Htmx, true, true),
        (Turbo, true, true),
        (Script, true, true),
        (Prefetch, true, true),
        (Subresource, false, true),
        (WebSocket, false, true),
        (Program, false, false),
    ] {
        assert_eq!((kind.is_by_script(), kind.is_by_browser()), (is_by_script, is_by_browser));
    }
}
