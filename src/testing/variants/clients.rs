//! Complete header sets of well-known clients: some services respond to browsers, scripts and crawlers in
//! different ways.

use super::additions::HeaderList;

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
                      Gecko) Chrome/124.0.0.0 Safari/537.36";
const PAGES: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

pub(super) const CLIENTS: &[HeaderList] = &[
    // A browser that navigates.
    &[
        ("user-agent", CHROME),
        ("accept", PAGES),
        ("accept-language", "en-US,en;q=0.9"),
        ("accept-encoding", "gzip, deflate, br, zstd"),
        ("upgrade-insecure-requests", "1"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "none"),
        ("sec-fetch-user", "?1"),
        ("connection", "keep-alive"),
    ],
    // The same, from a page of the service itself.
    &[
        ("user-agent", CHROME),
        ("accept", PAGES),
        ("referer", "http://{host}/"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "same-origin"),
        ("cookie", "session=leak-probe"),
    ],
    // In a frame of another page.
    &[
        ("user-agent", CHROME),
        ("accept", PAGES),
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "cross-site"),
    ],
    // A script of the service's own pages.
    &[
        ("user-agent", CHROME),
        ("accept", "application/json, text/plain, */*"),
        ("origin", "http://{host}"),
        ("referer", "http://{host}/"),
        ("x-requested-with", "XMLHttpRequest"),
        ("sec-fetch-dest", "empty"),
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-site", "same-origin"),
        ("x-csrf-token", "leak-probe"),
    ],
    // A page that is fetched in advance.
    &[
        ("user-agent", CHROME),
        ("accept", PAGES),
        ("purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("sec-fetch-mode", "no-cors"),
        ("x-moz", "prefetch"),
    ],
    // A form that is sent.
    &[
        ("user-agent", CHROME),
        ("accept", PAGES),
        ("origin", "http://{host}"),
        ("referer", "http://{host}{path}"),
        ("content-type", "application/x-www-form-urlencoded"),
        ("content-length", "0"),
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-site", "same-origin"),
    ],
    // An image, a style, a stream of events, a service worker.
    &[
        ("user-agent", CHROME),
        ("accept", "image/avif,image/webp,*/*"),
        ("sec-fetch-dest", "image"),
        ("referer", "https://probe.example/"),
    ],
    &[("user-agent", CHROME), ("accept", "text/css,*/*;q=0.1"), ("sec-fetch-dest", "style")],
    &[("accept", "text/event-stream"), ("cache-control", "no-cache"), ("last-event-id", "1")],
    &[
        ("service-worker", "script"),
        ("sec-fetch-dest", "serviceworker"),
        ("cache-control", "max-age=0"),
    ],
    // Saving data, on a slow network, with a small screen.
    &[
        (
            "user-agent",
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Mobile Safari/537.36",
        ),
        ("sec-ch-ua-mobile", "?1"),
        ("save-data", "on"),
        ("ect", "2g"),
        ("rtt", "2000"),
        ("downlink", "0.1"),
        ("viewport-width", "360"),
        ("dpr", "3"),
    ],
    // Libraries that replace parts of pages.
    &[
        ("hx-request", "true"),
        ("hx-target", "main"),
        ("hx-current-url", "http://{host}{path}"),
        ("hx-trigger", "leak"),
    ],
    &[("hx-request", "true"), ("hx-boosted", "true"), ("hx-history-restore-request", "true")],
    &[("x-pjax", "true"), ("x-pjax-container", "#main"), ("x-requested-with", "XMLHttpRequest")],
    &[("turbo-frame", "main"), ("accept", "text/vnd.turbo-stream.html, text/html")],
    &[("x-inertia", "true"), ("x-inertia-version", "1"), ("x-requested-with", "XMLHttpRequest")],
    &[("rsc", "1"), ("next-router-prefetch", "1"), ("next-url", "{path}")],
    &[("x-livewire", "true"), ("content-type", "application/json")],
    // Crawlers and previews.
    &[
        ("user-agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
        ("accept", PAGES),
        ("from", "googlebot(at)googlebot.com"),
    ],
    &[("user-agent", "facebookexternalhit/1.1"), ("range", "bytes=0-524287")],
    &[
        ("user-agent", "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
        ("range", "bytes=0-32768"),
    ],
    // Programs.
    &[("user-agent", "curl/8.5.0"), ("accept", "*/*")],
    &[("user-agent", "Wget/1.21"), ("accept", "*/*"), ("accept-encoding", "identity")],
    &[
        ("user-agent", "python-requests/2.31.0"),
        ("accept-encoding", "gzip, deflate"),
        ("accept", "*/*"),
    ],
    &[("user-agent", "git/2.43.0"), ("git-protocol", "version=2"), ("pragma", "no-cache")],
    &[
        ("user-agent", "docker/24.0"),
        ("accept", "application/vnd.docker.distribution.manifest.v2+json"),
    ],
    &[("user-agent", "kubectl/v1.29"), ("accept", "application/json;as=Table;v=v1;g=meta.k8s.io")],
    &[("user-agent", "Microsoft-WebDAV-MiniRedir/10.0"), ("translate", "f"), ("depth", "0")],
    &[("user-agent", "kube-probe/1.29"), ("connection", "close")],
    &[
        ("accept", "application/openmetrics-text;version=1.0.0"),
        ("x-prometheus-scrape-timeout-seconds", "10"),
    ],
    &[
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("grpc-timeout", "1S"),
        ("grpc-accept-encoding", "gzip"),
        ("user-agent", "grpc-go/1.60"),
    ],
    &[
        ("content-type", "application/grpc-web+proto"),
        ("x-grpc-web", "1"),
        ("x-user-agent", "grpc-web-javascript/0.1"),
        ("accept", "application/grpc-web-text"),
    ],
    &[
        ("connect-protocol-version", "1"),
        ("content-type", "application/json"),
        ("connect-timeout-ms", "1"),
    ],
    // What a proxy in front adds.
    &[
        ("x-forwarded-for", "192.0.2.1"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "www.example"),
        ("x-forwarded-port", "443"),
        ("x-real-ip", "192.0.2.1"),
        ("via", "1.1 proxy.example"),
        ("x-request-id", "0123456789abcdef"),
    ],
    &[
        ("cf-connecting-ip", "192.0.2.1"),
        ("cf-ray", "0123456789abcdef-FRA"),
        ("cf-visitor", "{\"scheme\":\"https\"}"),
        ("cdn-loop", "cloudflare; loops=1"),
    ],
    &[
        ("x-envoy-internal", "true"),
        ("x-envoy-original-path", "{path}"),
        ("x-envoy-expected-rq-timeout-ms", "15000"),
        ("x-forwarded-client-cert", "By=leak;Hash=0;Subject=\"CN=leak\""),
    ],
    &[
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ("tracestate", "leak=1"),
        ("baggage", "leak=1"),
    ],
    &[
        ("surrogate-capability", "edge=\"ESI/1.0\""),
        ("x-varnish", "123"),
        ("x-forwarded-for", "10.0.0.1"),
    ],
];

/// Headers that name the path, sent to another path.
pub(super) const ELSEWHERE: &[HeaderList] = &[
    &[("x-original-url", "{path}")],
    &[("x-rewrite-url", "{path}")],
    &[("x-original-uri", "{path}")],
    &[("x-forwarded-uri", "{path}")],
    &[("x-forwarded-path", "{path}")],
    &[("x-forwarded-prefix", "{path}")],
    &[("x-envoy-original-path", "{path}")],
    &[("x-accel-redirect", "{path}")],
    &[("x-sendfile", "{path}")],
    &[("x-replaced-path", "{path}")],
    &[("x-script-name", "{path}")],
    &[("x-middleware-rewrite", "{path}")],
    &[("destination", "{path}")],
    &[("destination", "http://{host}{path}"), ("overwrite", "F")],
    &[("referer", "http://{host}{path}")],
    &[("hx-current-url", "http://{host}{path}")],
    &[("next-url", "{path}")],
    &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "{path}"), ("x-forwarded-host", "{host}")],
    &[("x-copy-from", "{path}")],
    &[("x-amz-copy-source", "{path}")],
    &[("if", "<{path}> (<urn:uuid:leak-probe>)")],
    &[("link", "<{path}>; rel=\"canonical\"")],
    &[("service-worker", "script"), ("referer", "http://{host}{path}")],
    &[("x-http-path", "{path}")],
    &[("x-path", "{path}")],
    &[("x-request-uri", "{path}")],
];
