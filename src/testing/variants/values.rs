//! Values of headers, as data: kinds that any header may have, and known values of well-known headers.

/// The values of every name in every round, in turn: a switch, a word, the path itself.
pub(super) const ALWAYS: &[&str] = &["1", "leak-probe", "{path}"];

/// Values that are drawn at random: one of each kind that a header may have.
pub(super) const KINDS: &[&str] = &[
    "0",
    "true",
    "false",
    "on",
    "yes",
    "*",
    "",
    "-1",
    "2",
    "99999999999999999999",
    "1.0",
    "v2",
    "2024-01-01",
    "debug",
    "admin",
    "root",
    "test",
    "none",
    "all",
    "/",
    "/leak-probe",
    "../",
    "https://{host}{path}",
    "https://probe.example/",
    "http",
    "https",
    "{host}",
    "localhost",
    "127.0.0.1",
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "OPTIONS",
    "\"leak-probe\"",
    "?1",
    "u=1, i",
    "a=1; b=\"2\"",
    "a, b, c",
    "en",
    "gzip",
    "text/html",
    "application/json",
    "no-cache",
    "only-if-cached",
    "{\"a\":1}",
    "<leak-probe>",
    "leak@probe.example",
    "bGVhay1wcm9iZQ==",
    "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:",
    "0123456789abcdef0123456789abcdef",
    "00000000-0000-4000-8000-000000000001",
    "Sat, 29 Oct 1994 19:43:31 GMT",
    "1700000000",
    "eyJhbGciOiJub25lIn0.e30.",
    "\u{e4}",
    "leak\tprobe",
    "'\"`;$(leak-probe)",
    "' or 1=1--",
    "<script>alert(1)</script>",
    "../../../etc/passwd",
    "${jndi:ldap://127.0.0.1/leak}",
    "{{7*7}}",
    "() { :;}; echo leak",
    "union select 1",
    "%00%0d%0aleak",
];

/// The known values of well-known headers: `name: value | value | value`. These are tried in every round.
pub(super) const KNOWN: &str = r#"
accept: application/xml | text/xml | application/ld+json | application/hal+json | text/markdown
accept: application/problem+json | application/problem+xml | application/activity+json | text/csv
accept: application/vnd.github.v3+json | application/vnd.github+json | application/vnd.api+json
accept: application/vnd.example.v2+json | application/vnd.example+json; version=2 | text/turtle
accept: application/json; version=2 | application/json; version=1.0 | application/json; v=2
accept: application/json;odata=verbose | application/json;odata.metadata=full | application/rdf+xml
accept: application/json; charset=utf-16 | application/json; indent=2 | application/json;q=0
accept: application/yaml | application/cbor | application/msgpack | application/x-protobuf
accept: application/grpc | application/grpc-web+proto | application/connect+json | application/pdf
accept: application/octet-stream | application/zip | image/* | image/webp | image/svg+xml
accept: text/vnd.turbo-stream.html | application/javascript | text/javascript, */*; q=0.01
accept: application/x-ndjson | application/json-seq | application/atom+xml | application/rss+xml
accept: application/soap+xml | application/graphql-response+json | application/schema+json
accept: application/vnd.oai.openapi+json | application/vnd.sun.wadl+xml | application/jose+json
accept: application/signed-exchange;v=b3 | text/calendar | text/vcard | application/xhtml+xml
accept: application/json-patch+json | multipart/mixed | multipart/x-mixed-replace | message/http
accept: */* | * | text/* | application/* | text/html;level=1 | a/b;q=2 | text/html, */*;q=0.1
accept: application/vnd.docker.distribution.manifest.v2+json | application/fhir+json | video/mp4
accept: application/vnd.google.protobuf | text/x-component | application/scim+json | audio/*
accept-charset: utf-8 | iso-8859-1 | utf-8;q=0 | *;q=0 | koi8-r | utf-7
accept-ch: dpr, width
accept-datetime: Sat, 29 Oct 1994 19:43:31 GMT | Fri, 01 Jan 2100 00:00:00 GMT
accept-encoding: gzip | deflate | br | zstd | compress | identity | * | *;q=0 | dcb, dcz
accept-encoding: x-gzip | gzip;q=0 | aes128gcm | xpress | not a coding!
accept-features: *
accept-language: en | en-US,en;q=0.9 | de-DE | fr | fr-CA | es | it | pt-BR | ja | ko | zh-CN | ru | ar
accept-language: he | nl | pl | tr | sv | cs | tlh | x-pirate | * | *;q=0 | i-klingon | not a language!
accept-patch: application/json-patch+json
accept-signature: sig1=("@method" "@path");created;keyid="leak-probe"
accept-version: 1 | 1.0.0 | ~1 | ~2 | ^2.0 | >=1 | latest | next | beta | 3
access-control-request-headers: content-type | x-probe | authorization, x-csrf-token | *
access-control-request-private-network: true
a-im: feed | diffe | vcdiff, gzip | gdiff | range
alt-used: {host} | other.example:8443
api-version: 1 | 2023-10-16 | 2019-07-07 | latest | beta | 1.0-preview
available-dictionary: :pZGm1Av0IEBKARczz7exkNYsZb8LzaMrV7J32a2fFG4=:
b3: 0 | 1 | d | 80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90
baggage: userId=alice,isProduction=false | debug=true
brief: t
cache-control: max-age=0 | no-store | max-stale | min-fresh=60 | no-transform | stale-if-error=60
cache-control: only-if-cached, max-stale | max-age=31536000 | max-age=-1 | no-cache="x"
cdn-loop: leak-probe | cloudflare | fastly; loops=20 | akamai;v=1.0;c=1
client-cert: :bGVhay1wcm9iZQ==:
connect-protocol-version: 1
content-digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:
content-disposition: attachment; filename="leak-probe.txt" | form-data; name="a" | inline
content-language: en | de | tlh
content-location: {path} | /leak-probe
content-md5: 1B2M2Y8AsgTpgAmY7PhCfg== | AAAAAAAAAAAAAAAAAAAAAA==
content-range: bytes 0-1/2 | bytes */2 | bytes 0-1/* | bytes 5-1/2 | items 0-9/100
content-security-policy: default-src 'none'
correlation-id: leak-probe-1
csrf-token: fetch | undefined
date: Sat, 29 Oct 1994 19:43:31 GMT | Fri, 01 Jan 2100 00:00:00 GMT
dav: 1, 2, 3
depth: 0 | 1 | infinity | 1,noroot | infinity,noroot | 2
destination: {path} | https://{host}{path} | http://{host}/leak-probe | https://other.example/x
device-memory: 0.25 | 8
digest: SHA-256=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= | MD5=AAAAAAAAAAAAAAAAAAAAAA==
dnt: 0 | null
downlink: 0.05 | 10
dpop: eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6Im5vbmUifQ.e30.
dpr: 2.0 | 3
early-data: 0
ect: slow-2g | 2g | 4g
fastly-debug: 1
forwarded: for=127.0.0.1 | for=192.0.2.1;proto=http | host=other.example | host={host};proto=https
forwarded: for=_hidden, for=127.0.0.1 | for="[::1]";by=127.0.0.1 | proto=https;host=admin.localhost
forwarded: for=unknown | not a pair | for="
from: leak@probe.example | googlebot(at)googlebot.com | bingbot(at)microsoft.com
front-end-https: on | off
grpc-accept-encoding: identity, deflate, gzip
grpc-encoding: gzip | identity | leak-probe
grpc-timeout: 1n | 1m | 1S | 0m | 99999999H | leak-probe
hx-boosted: true
hx-current-url: http://{host}{path} | http://{host}/
hx-history-restore-request: true
hx-prompt: yes
hx-request: true | false
idempotency-key: "8e03978e-40d5-43dd-bc93-6894a57f9324" | 8e03978e-40d5-43dd-bc93-6894a57f9324
if: (<urn:uuid:leak-probe>) | (["leak-probe"]) | (Not <DAV:no-lock>) | <{path}> ([W/"a"]) | ()
if-schedule-tag-match: "leak-probe"
impersonate-user: system:admin
keep-alive: timeout=5, max=100 | 300
label: leak-probe
last-event-id: 0 | 42
last-modified: Sat, 29 Oct 1994 19:43:31 GMT
link: <{path}>; rel="canonical" | </leak-probe>; rel="type"
lock-token: <urn:uuid:leak-probe> | <opaquelocktoken:leak-probe>
max-forwards: 0 | 1 | 10 | -1 | leak-probe
maxdataserviceversion: 2.0 | 3.0
negotiate: trans | vlist | *
next-router-state-tree: %5B%22%22%5D
odata-maxversion: 4.0 | 4.01 | 3.0
odata-version: 4.0 | 4.01 | 9.9
origin: https://{host} | http://{host} | https://localhost:3000 | chrome-extension://leakprobe | file://
origin: https://evil.example, https://{host} | HTTP://{host} | leak-probe
overwrite: T | F
position: first
pragma: no-cache | akamai-x-cache-on | akamai-x-get-cache-key, akamai-x-get-true-cache-key | debug
prefer: return=representation | return=minimal | return=headers-only | respond-async | wait=0
prefer: respond-async, wait=10 | handling=strict | handling=ignore_invalid_credentials | count=exact | safe | wait=-1
prefer: depth-noroot | odata.maxpagesize=1 | odata.continue-on-error | transclude | code=403
prefer: return=representation; include="http://www.w3.org/ns/ldp#PreferContainment" | tx=rollback
prefer: params=single-object | resolution=merge-duplicates | dynamic=true | example=leak-probe
priority: u=0 | u=7, i | u=9
private-token: leak-probe
purpose: prefetch | preview | prerender
referer: https://{host}{path} | https://{host}/ | http://{host}/login | https://www.google.com/
referer: https://{host}/admin | about:blank | android-app://com.example/ | leak-probe
repr-digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=: | md5=:AAAAAAAAAAAAAAAAAAAAAA==:
request-range: bytes=0-1
rsc: 1
rtt: 2000
save-data: on | off
schedule-reply: F
sec-browsing-topics: ();p=P0000000000000000000000000000000
sec-ch-prefers-color-scheme: dark | light
sec-ch-prefers-reduced-motion: reduce
sec-ch-ua: "Chromium";v="124", "Google Chrome";v="124", "Not-A.Brand";v="99"
sec-ch-ua-mobile: ?0 | ?1
sec-ch-ua-model: "Pixel 7"
sec-ch-ua-platform: "Windows" | "Android" | "macOS" | "iOS"
sec-fetch-dest: document | empty | image | script | style | iframe | worker | serviceworker | report
sec-fetch-dest: audio | video | font | object | embed | manifest | websocket | webidentity
sec-fetch-mode: navigate | cors | no-cors | same-origin | websocket
sec-fetch-site: same-origin | same-site | cross-site | none
sec-fetch-storage-access: none | inactive | active
sec-fetch-user: ?1
sec-gpc: 1 | 0
sec-purpose: prefetch | prefetch;prerender | prefetch;anonymous-client-ip
sec-websocket-extensions: permessage-deflate; client_max_window_bits
sec-websocket-protocol: chat | graphql-ws | graphql-transport-ws | mqtt, stomp | leak-probe
sec-websocket-version: 13 | 8 | 99
service-worker: script
service-worker-navigation-preload: true
signature: sig1=:bGVhay1wcm9iZQ==:
signature-input: sig1=("@method" "@target-uri");created=1618884473;keyid="leak-probe"
slug: leak-probe | The%20Leak%20Probe
soapaction: "" | "urn:leak-probe" | urn:leak-probe | "http://tempuri.org/Get"
supports-loading-mode: credentialed-prerender | fenced-frame
surrogate-capability: edge="ESI/1.0" | varnish="Surrogate/1.0 ESI/1.0" | abc="ESI/1.0 ESI-Inline/1.0"
timeout: Second-1 | Infinite, Second-4100000000 | Infinite
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00 | ff-0-0-0
traceparent: 00-00000000000000000000000000000000-0000000000000000-00 | leak-probe
tracestate: congo=t61rcWkgMzE | dd=s:2;o:rum
trailer: expires | x-checksum
translate: f | t
ttl: 0 | 3600
turbo-frame: leak-probe | main | _top
tus-resumable: 1.0.0 | 0.2.2 | 99.0.0
uber-trace-id: 5b2b4c3e:5b2b4c3e:0:1 | 5b2b4c3e:5b2b4c3e:0:3
unencoded-digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:
upgrade-insecure-requests: 1
upload-complete: ?0 | ?1
upload-draft-interop-version: 3 | 6
upload-incomplete: ?1
upload-length: 0 | 100
upload-metadata: filename bGVhay1wcm9iZQ==
upload-offset: 0 | 5
user-agent: curl/8.5.0 | Wget/1.21 | python-requests/2.31.0 | Go-http-client/1.1 | PostmanRuntime/7.36.0
user-agent: Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html) | okhttp/4.12.0
user-agent: Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) | GPTBot/1.2
user-agent: Mozilla/5.0 (compatible; YandexBot/3.0) | facebookexternalhit/1.1 | Twitterbot/1.0 | WhatsApp/2
user-agent: Slackbot-LinkExpanding 1.0 | Discordbot/2.0 | LinkedInBot/1.0 | AdsBot-Google | Baiduspider
user-agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148
user-agent: Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36
user-agent: Mozilla/4.0 (compatible; MSIE 6.0; Windows NT 5.1) | Mozilla/5.0 (Windows NT 6.1; Trident/7.0)
user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/124.0 Safari/537.36
user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:125.0) Gecko/20100101 Firefox/125.0 | Lynx/2.9 | Opera/9.80
user-agent: kube-probe/1.29 | ELB-HealthChecker/2.0 | Prometheus/2.50.0 | UptimeRobot/2.0 | Pingdom.com_bot
user-agent: Java/17.0.1 | Apache-HttpClient/4.5 | axios/1.6.0 | node | undici | Ruby | Faraday v2 | libwww-perl
user-agent: sqlmap/1.7 | Nikto/2.5 | masscan/1.3 | Microsoft-WebDAV-MiniRedir/10.0 | davfs2/1.6 | git/2.43.0
user-agent: Microsoft Office Excel 2014 | DavClnt | Dalvik/2.1.0 | CFNetwork/1490 | grpc-go/1.60 | HTTPie/3.2
user-agent: Amazon CloudFront | Varnish | fastly | Cloudflare-Healthchecks/1.0 | GoogleHC/1.0 | - | Mozilla
variant-vary: accept
via: 1.1 leak-probe | 1.0 fred, 1.1 p.example.com (Apache/1.1) | HTTP/1.1 GWA | 2 edge
viewport-width: 320 | 1920
want-content-digest: sha-256=10 | sha-512=3, sha-256=10, unixsum=0 | md5=1
want-digest: SHA-256 | SHA-512;q=0.3, sha-256;q=1, md5;q=0
want-repr-digest: sha-256=10 | sha-512=3, sha-256=10, unixsum=0 | md5=1
want-unencoded-digest: sha-256=10
width: 320 | 1920
x-amz-target: DynamoDB_20120810.ListTables
x-amzn-trace-id: Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1
x-api-version: 1 | 3 | 1.0 | 2.0 | v1 | latest | beta | 2023-01-01
x-atlassian-token: no-check
x-cloud-trace-context: 105445aa7843bc8bf206b12000100000/1;o=1
x-csrf-token: fetch | undefined
x-datadog-sampling-priority: 2
x-debug: sql | verbose | *
x-forwarded-for: 127.0.0.1 | 10.0.0.1 | 192.168.1.1 | ::1 | 192.0.2.1, 127.0.0.1 | unknown | leak-probe
x-forwarded-host: other.example | admin.localhost | {host} | localhost:8080 | other.example, {host}
x-forwarded-path: {path} | /admin
x-forwarded-port: 443 | 80 | 8443 | 22
x-forwarded-prefix: /leak-probe | / | {path} | /api
x-forwarded-proto: http | https | ws | wss | https, http
x-forwarded-scheme: http | https | nothttps
x-forwarded-ssl: on | off
x-frame-options: DENY
x-github-api-version: 2022-11-28 | 1999-01-01
x-http-method: MERGE | PATCH | HEAD | PURGE | FROB
x-http-method-override: GET | HEAD | PUT | PATCH | DELETE | OPTIONS | TRACE | PROPFIND | PURGE | FROB | delete
x-method-override: GET | HEAD | PUT | PATCH | DELETE | OPTIONS | FROB
x-inertia: true
x-inertia-version: 0 | leak-probe
x-inertia-partial-component: Leak/Probe
x-inertia-partial-data: probe
x-livewire: true
x-middleware-prefetch: 1
x-middleware-subrequest: middleware:middleware:middleware:middleware:middleware | src/middleware
x-moz: prefetch
x-ms-version: 2021-08-06
x-nextjs-data: 1
x-original-url: / | {path} | /admin | /leak-probe
x-original-uri: {path}
x-pjax: true
x-pjax-container: #leak-probe
x-purge-method: regex
x-real-ip: 127.0.0.1 | 10.0.0.1 | 203.0.113.9
x-requested-with: XMLHttpRequest | fetch | com.android.browser | xmlhttprequest
x-rewrite-url: / | {path} | /admin | /leak-probe
x-wap-profile: "http://wap.example/uaprof.xml"
"#;
