//! Parts of a request that a service reads together, such as two headers, two query parameters or a cookie
//! and a header, where one alone has no effect; and queries that it compares as a whole.

use super::additions::HeaderList;
use super::methods::{WRITING, leading};
use super::{RequestVariant, payload};

/// Where a request comes from, and what for (Fetch Metadata): services refuse some combinations.
const SITES: [&str; 4] = ["cross-site", "same-site", "same-origin", "none"];
const PURPOSES: [(&str, &str); 8] = [
    ("no-cors", "image"),
    ("no-cors", "script"),
    ("no-cors", "empty"),
    ("cors", "empty"),
    ("same-origin", "empty"),
    ("navigate", "document"),
    ("navigate", "iframe"),
    ("websocket", "websocket"),
];

const FIELDS: &[HeaderList] = &[
    // A range and its unit, differences to what is known, codings that depend on the client.
    &[("range-unit", "items"), ("range", "0-9")],
    &[("a-im", "feed"), ("if-none-match", "\"leak-probe\"")],
    &[("a-im", "vcdiff"), ("if-none-match", "\"leak-probe\""), ("accept-encoding", "gzip")],
    &[("accept-encoding", "gzip"), ("via", "1.1 leak-probe")],
    &[("accept-encoding", "gzip"), ("range", "bytes=0-1")],
    &[("accept-encoding", "gzip"), ("user-agent", "Mozilla/4.0 (compatible; MSIE 6.0)")],
    &[
        ("accept-encoding", "gzip, br, dcb, dcz"),
        ("available-dictionary", ":pZGm1Av0IEBKARczz7exkNYsZb8LzaMrV7J32a2fFG4=:"),
        ("dictionary-id", "\"leak-probe\""),
    ],
    &[("accept", "application/json"), ("content-type", "application/json")],
    &[("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")],
    &[("accept", "text/html"), ("content-type", "application/x-www-form-urlencoded")],
    // Headers between a proxy and the service behind it.
    &[("x-sendfile-type", "X-Accel-Redirect"), ("x-accel-mapping", "/=/leak-probe/")],
    &[("x-sendfile-type", "X-Sendfile"), ("x-accel-mapping", "/=/leak-probe/")],
    &[("x-forwarded-proto", "http"), ("x-forwarded-host", "{host}"), ("x-forwarded-port", "80")],
    &[("x-forwarded-proto", "http"), ("upgrade-insecure-requests", "1")],
    &[("x-forwarded-host", "other.example"), ("x-forwarded-prefix", "/leak-probe")],
    &[("cf-visitor", "{\"scheme\":\"http\"}"), ("cf-ray", "0123456789abcdef-FRA")],
    &[("x-envoy-fault-abort-request", "503"), ("x-envoy-fault-abort-request-percentage", "100")],
    &[("x-envoy-fault-delay-request", "1"), ("x-envoy-fault-delay-request-percentage", "100")],
    // An identity to impersonate, and its group.
    &[("impersonate-user", "leak"), ("impersonate-group", "system:masters")],
    &[("x-remote-user", "admin"), ("x-remote-group", "system:masters")],
    &[("x-hasura-role", "admin"), ("x-hasura-user-id", "1")],
    // Requests for debugging output from a private address.
    &[("x-debug", "1"), ("debug", "1"), ("x-forwarded-for", "127.0.0.1")],
    &[("x-debug", "true"), ("x-trace", "1"), ("x-forwarded-for", "10.0.0.1")],
    // Signatures, with what they cover and when they were made.
    &[
        ("signature-input", "sig1=(\"@method\" \"@path\");created=1618884473;keyid=\"leak\""),
        ("signature", "sig1=:bGVhay1wcm9iZQ==:"),
    ],
    &[("x-slack-signature", "v0=00"), ("x-slack-request-timestamp", "1700000000")],
    &[("x-amz-date", "20240101T000000Z"), ("x-amz-content-sha256", "UNSIGNED-PAYLOAD")],
    &[
        ("authorization", "SharedKey leak:bGVhaw=="),
        ("x-ms-date", "Sat, 29 Oct 1994 19:43:31 GMT"),
        ("x-ms-version", "2021-08-06"),
    ],
    // Traces whose parts are in several headers.
    &[
        ("x-b3-traceid", "80f198ee56343ba864fe8b2a57d3eff7"),
        ("x-b3-spanid", "e457b5a2e4d86bd1"),
        ("x-b3-sampled", "1"),
    ],
    &[
        ("x-datadog-trace-id", "1234567890"),
        ("x-datadog-parent-id", "1234567890"),
        ("x-datadog-sampling-priority", "2"),
    ],
    // Protocols of scripts and agents.
    &[
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", "2025-06-18"),
        ("mcp-session-id", "leak-probe"),
    ],
    &[("rsc", "1"), ("next-router-state-tree", "%5B%22%22%5D"), ("next-url", "/")],
    &[("x-inertia", "true"), ("x-inertia-version", "0"), ("accept", "text/html")],
    &[("x-up-version", "3.0.0"), ("x-up-target", "main"), ("x-up-mode", "root")],
];

/// Headers of clients and proxies that use HTTP/1.0.
const IN_HTTP_1_0: &[HeaderList] = &[
    &[("connection", "keep-alive")],
    &[("connection", "Keep-Alive"), ("keep-alive", "timeout=5, max=100")],
    &[("connection", "close"), ("x-forwarded-for", "192.0.2.1"), ("x-real-ip", "192.0.2.1")],
    &[("accept-encoding", "gzip")],
    &[("range", "bytes=0-1")],
    &[("if-modified-since", "Fri, 01 Jan 2100 00:00:00 GMT")],
    &[("pragma", "no-cache"), ("via", "1.0 leak-probe")],
    &[("expect", "100-continue")],
    &[("te", "trailers")],
];

/// A token in a cookie and, sent by a script, in a header.
const TOKENS: [(&str, &str); 5] = [
    ("XSRF-TOKEN", "x-xsrf-token"),
    ("csrftoken", "x-csrftoken"),
    ("_csrf", "x-csrf-token"),
    ("csrf-token", "csrf-token"),
    ("__RequestVerificationToken", "requestverificationtoken"),
];

/// A format, or a language, that is requested twice and differently.
const FORMATS: [&str; 4] = ["format=json", "format=xml", "format=html", "format=csv"];
const ACCEPTS: [&str; 3] = ["application/json", "text/html", "application/xml"];
const LANGUAGES: [&str; 5] = ["lang", "language", "locale", "django_language", "i18n_redirected"];

/// Queries of several parameters.
const QUERIES: &[&str] = &[
    "restype=container&comp=list",
    "restype=service&comp=properties",
    "sv=2021-08-06&sr=b&se=1994-10-29T19:43:31Z&sp=r&sig=bGVhaw%3D%3D",
    "list-type=2&prefix=leak&delimiter=/",
    "uploadId=leak-probe&partNumber=1",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=leak/20240101/us-east-1/s3/aws4_request\
     &X-Amz-Date=20240101T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=00",
    "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=leak&X-Goog-Date=20240101T000000Z\
     &X-Goog-Expires=60&X-Goog-SignedHeaders=host&X-Goog-Signature=00",
    "AWSAccessKeyId=leak&Expires=1&Signature=bGVhaw%3D%3D",
    "Policy=leak&Signature=leak&Key-Pair-Id=leak",
    "expires=1&signature=00",
    "extensions=%7B%22persistedQuery%22:%7B%22version%22:1,%22sha256Hash%22:%22ecf4%22%7D%7D",
    "query=query%20leak%7B__typename%7D&operationName=leak&variables=%7B%7D",
    "jsonrpc=2.0&method=leak.probe&params=%5B%5D&id=1",
    "service=WFS&version=2.0.0&request=GetCapabilities",
    "service=WMS&version=1.3.0&request=GetMap&layers=leak",
    "verb=ListRecords&metadataPrefix=oai_dc",
    "operation=searchRetrieve&version=1.1&query=leak",
    "response_type=code&client_id=leak&redirect_uri=https://probe.example/&state=leak",
    "code=leak&state=probe",
    "error=access_denied&state=probe",
    "token=leak&email=leak@probe.example",
    "hub.mode=subscribe&hub.challenge=leak-probe&hub.verify_token=leak",
    "action=query&format=json&titles=leak",
    "draw=1&start=0&length=10",
    "page[offset]=0&page[limit]=10",
    "format=json&callback=leakProbe",
    "watch=true&resourceVersion=0&timeoutSeconds=1",
    "$format=json&$top=1&$skip=0",
    "EIO=4&transport=polling",
    "preview=true&preview_id=1&preview_nonce=leak",
];

/// Queries that some services compare as a whole.
const WHOLE: &str = "wsdl WSDL singleWsdl _wadl disco xsd=xsd0 acl attributes cors delete diff edit
encryption help history info json legal-hold lifecycle location logging meta metrics notification
policy preview print raw restore retention rss select stats status tagging test torrent tree
uploads v versioning versions website xml";

/// Bodies of protocols, with the headers that belong to them.
const BODIES: &[(HeaderList, &[u8])] = &[
    // GraphQL.
    (JSON, b"{\"extensions\":{\"persistedQuery\":{\"version\":1,\"sha256Hash\":\"ecf4\"}}}"),
    (JSON, b"{\"operationName\":\"a\",\"query\":\"query a{__typename} query b{__typename}\"}"),
    (JSON, b"{\"query\":\"{__schema{types{name}}}\"}"),
    (JSON, b"{\"documentId\":\"leak\",\"id\":\"leak\",\"doc_id\":\"1\",\"variables\":{}}"),
    (
        &[("content-type", "application/json"), ("accept", "multipart/mixed, text/event-stream")],
        b"{\"query\":\"subscription{leak}\"}",
    ),
    // Uploads: to a path outside the directory, and resumed.
    (
        &[("content-type", "multipart/form-data; boundary=leak")],
        b"--leak\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../../leak.php\"\r\n\
          Content-Type: application/x-php\r\n\r\nleak\r\n--leak--\r\n",
    ),
    (
        &[
            ("content-type", "application/offset+octet-stream"),
            ("tus-resumable", "1.0.0"),
            ("upload-offset", "100"),
        ],
        b"leak-probe",
    ),
    (
        &[
            ("content-type", "application/offset+octet-stream"),
            ("tus-resumable", "1.0.0"),
            ("upload-offset", "0"),
            ("upload-checksum", "sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ],
        b"leak-probe",
    ),
    (
        &[
            ("content-type", "application/partial-upload"),
            ("upload-offset", "100"),
            ("upload-complete", "?0"),
        ],
        b"leak-probe",
    ),
    (
        &[("content-type", "application/octet-stream"), ("content-range", "bytes 100-109/200")],
        b"leak-probe",
    ),
    // Events and messages of other services.
    (
        &[
            ("content-type", "application/json"),
            ("ce-specversion", "1.0"),
            ("ce-type", "leak"),
            ("ce-source", "/leak"),
            ("ce-id", "1"),
        ],
        b"{}",
    ),
    (JSON, b"{\"type\":\"url_verification\",\"challenge\":\"leak-probe\"}"),
    (
        &[
            ("content-type", "text/plain; charset=UTF-8"),
            ("x-amz-sns-message-type", "SubscriptionConfirmation"),
        ],
        b"{\"Type\":\"SubscriptionConfirmation\"}",
    ),
    (
        &[
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
            ("mcp-protocol-version", "2025-06-18"),
        ],
        b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}",
    ),
];
const JSON: HeaderList = &[("content-type", "application/json")];

/// Announced trailers, and the same in Amazon's way.
const TRAILERS: [HeaderList; 2] = [
    &[("content-type", "application/json"), ("trailer", "x-probe"), ("te", "trailers")],
    &[
        ("content-type", "application/json"),
        ("trailer", "x-probe"),
        ("x-amz-trailer", "x-probe"),
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
    ],
];

pub(super) fn variants(methods: &[&'static str]) -> Vec<RequestVariant> {
    let mut variants = Vec::new();
    let mut turn = 0;
    let mut each = |count: usize, add: &dyn Fn(RequestVariant) -> RequestVariant| {
        turn += 1;
        let tried = leading(methods, turn).into_iter().take(count);
        variants.extend(tried.map(|method| add(RequestVariant::plain(method))));
    };
    for (mode, dest) in PURPOSES {
        for site in SITES {
            let fields =
                [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)];
            each(2, &|plain| plain.with(&fields));
        }
    }
    FIELDS.iter().for_each(|fields| each(2, &|plain| plain.with(fields)));
    for fields in IN_HTTP_1_0 {
        each(2, &|plain| plain.in_version("HTTP/1.0").with(fields));
    }
    for query in QUERIES.iter().copied().chain(WHOLE.split_whitespace()) {
        each(1, &|plain| plain.with_queries([query.into()]));
    }
    for format in FORMATS {
        for accept in ACCEPTS {
            each(1, &|plain| plain.with_queries([format.into()]).with(&[("accept", accept)]));
        }
    }
    each(2, &|plain| {
        let cookies = LANGUAGES.map(|name| format!("{name}=de").into());
        plain.with_cookies(cookies).with(&[("accept-language", "fr, en;q=0.5")])
    });
    for method in ["GET", "DELETE"].iter().chain(&WRITING) {
        for sent in ["leak-probe", "another"] {
            let cookies = TOKENS.map(|(cookie, _)| format!("{cookie}=leak-probe").into());
            let fields = TOKENS.map(|(_, field)| (field, sent));
            variants.push(RequestVariant::plain(method).with_cookies(cookies).with(&fields));
        }
    }
    for overriding in ["PUT", "PATCH", "DELETE"] {
        let fields = [("x-http-method-override", overriding), ("x-method-override", overriding)];
        variants.push(RequestVariant::plain("POST").with_body(payload::object()).with(&fields));
    }
    for method in WRITING {
        let sending = |payload| RequestVariant::plain(method).with_body(payload);
        variants
            .extend(BODIES.iter().map(|(fields, content)| sending(payload::of(fields, content))));
        variants.extend(TRAILERS.map(|fields| sending(payload::trailing(fields))));
    }
    variants
}
