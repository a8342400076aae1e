//! Known values of families of headers and parameters, as data: `names: value | value`. They are added to
//! the packs of every round, and do not cost more requests.

/// Values of headers.
pub(super) const HEADER_WORDS: &str = r#"
x-http-method-override x-http-method x-method-override x-method http-method-override: HEAD | GET
x-http-method-override x-http-method x-method-override x-method: PUT | PATCH | DELETE | OPTIONS
x-http-method-override x-http-method x-method-override x-forwarded-method: TRACE | PURGE | MERGE
x-original-method x-rewrite-method x-request-method x_http_method_override: PUT | DELETE | PATCH
x-debug debug x-debug-mode x-debug-level x-trace x-profile x-profiler x-verbose: on | yes | 2
x-debug debug x-debug-token x-debug-info x-log-level x-trace verbose: full | all | sql | trace | token
x-api-version api-version accept-version x-version version x-accept-version: v1 | v3 | 1.1 | 2.0 | 4
x-api-version api-version accept-version x-version x-client-version x-app-version: beta | preview | 0
x-api-version accept-version x-app-version x-client-version x-build: 2022-06-01 | 0.0.1 | 99.0.0 | dev
x-role x-roles x-user-role x-user-roles x-user x-username x-remote-user remote-user: root | superuser
x-user x-remote-user remote-user x-forwarded-user x-webauth-user x-auth-request-user: alice | system
x-groups x-forwarded-groups x-webauth-groups x-scope x-scopes x-permissions: read | write | all | admins
x-env x-environment x-stage: dev | development | staging | production | local | sandbox
x-feature x-features x-feature-flag x-feature-flags x-flags x-experiment x-variant: beta | new-ui | B
x-cache x-cache-control x-cache-bypass x-no-cache x-refresh x-purge: bypass | refresh | force | skip
x-real-ip client-ip x-client-ip true-client-ip cf-connecting-ip x-remote-ip x-originating-ip: 10.0.0.1
x-forwarded-for x-real-ip client-ip x-client-ip true-client-ip fastly-client-ip: ::1 | 172.16.0.1
x-forwarded-for x-real-ip x-client-ip x-remote-addr x-cluster-client-ip x-source-ip: 192.168.0.1
x-forwarded-for forwarded-for x-real-ip x-envoy-external-address x-azure-clientip: 8.8.8.8 | 0.0.0.0
x-forwarded-proto x-forwarded-scheme x-scheme x-url-scheme x-proto x-forwarded-protocol: wss | off
front-end-https x-forwarded-ssl x-https x-ssl https x-arr-ssl fastly-ssl: on | off
cloudfront-forwarded-proto fly-forwarded-proto x-original-proto forwarded-proto: http | https
x-host x-forwarded-server x-original-host x-backend-host x-http-host-override: admin.localhost
x-host x-forwarded-host x-original-host x-real-host x-forwarded-server: other.example | internal
x-country x-country-code cf-ipcountry cloudfront-viewer-country x-appengine-country: US | CN | RU | XX
x-lang x-language x-locale x-ms-effective-locale x-vercel-ip-country: de | fr | ja | ar | xx-XX
x-tenant x-tenant-id tenant tenant-id x-org x-org-id x-organization-id x-account-id: acme | other
x-workspace x-project-id x-site x-realm x-namespace x-store x-brand: acme | default | other
x-platform x-os x-device x-device-type x-client x-app-name x-channel: ios | android | web | mobile
x-format x-output x-response-format x-accept: json | xml | html | csv | text/html
x-envoy-fault-abort-request: 400 | 403 | 404 | 500 | 503
x-envoy-fault-delay-request: 1 | 100
x-envoy-retry-on: 5xx | reset
x-envoy-force-trace x-envoy-internal: true
x-b3-sampled x-b3-flags x-ot-span-context ot-tracer-sampled x-datadog-sampling-priority: d | 1 | 0
x-b3-traceid x-trace-id trace-id x-datadog-trace-id: 80f198ee56343ba864fe8b2a57d3eff7
x-mock-response x-mock x-simulate x-fault x-chaos: 500 | error | timeout | 404
x-maintenance-bypass x-vercel-protection-bypass x-bypass x-bypass-auth x-internal: secret | yes
x-return x-return-url x-redirect x-redirect-to x-next x-target: / | {path} | https://probe.example/
x-sort x-order x-fields x-include x-expand x-select x-embed: id | name | * | all
x-page x-per-page x-limit x-offset x-total: 1 | 100 | 0
x-timeout x-request-timeout request-timeout x-deadline x-wait: 0 | 1 | 100
x-kubernetes-pf-flowschema-uid x-stream-protocol-version: v4.channel.k8s.io
x-amz-acl: private | public-read
x-amz-meta-probe x-object-meta-probe x-goog-meta-probe: leak
x-goog-upload-protocol: resumable
x-goog-upload-command: start | query
x-upload-content-type: application/json
x-upload-content-length x-file-size x-expected-entity-length: 0 | 100
x-github-event x-gitlab-event x-event-type x-event-key: push | ping
x-elastic-product kbn-xsrf osd-xsrf x-atlassian-token: true | reporting | no-check
x-docker-registry-version docker-distribution-api-version: registry/2.0
git-protocol: version=1 | version=2
x-prerender x-bot x-crawler x-amp-cache from-bot: true | yes
x-csrf-token x-xsrf-token x-csrftoken csrf-token: null | Fetch | nocheck
x-forms_based_auth_accepted: f
x-ms-version: 2019-12-12 | 2015-02-21
x-frame-options x-embedded x-iframe: SAMEORIGIN | true
x-restli-method: get | batch_get | delete
x-restli-protocol-version: 2.0.0
content-profile accept-profile: public | private
cf-visitor: {"scheme":"http"} | {"scheme":"https"}
cloudfront-forwarded-proto x-forwarded-protocol x-url-scheme x-scheme: http | https
x-sendfile-type: X-Accel-Redirect | X-Sendfile | X-Lighttpd-Send-File
x-accel-mapping: /=/leak-probe/
x-hasura-role: admin | user
"#;

/// Values of query parameters.
pub(super) const QUERY_WORDS: &str = r#"
format _format output alt type: api | json | xml | html | csv | pdf | rss | atom | ics | txt | yaml | js
f fmt mediatype accept view mode: json | xml | html | raw | text | csv | api | print | amp
format output type: xlsx | tsv | md | png | zip | geojson | ndjson | msgpack | protobuf | widget | email
_method method http_method X-HTTP-Method-Override: HEAD | POST | PUT | PATCH | DELETE | PURGE | put | patch
action do op cmd operation task a act: view | edit | delete | remove | update | create | new | list
action do op cmd operation task: show | get | save | login | logout | export | import | download | raw
action do op: history | info | purge | preview | print | register | restore | upload | lostpassword
debug trace verbose dev test profile profiler mode: on | yes | 2 | all | full | sql | phpinfo | toolbar
lang locale hl language l _locale setlang lc: de | fr | es | en-US | ja | zh-CN | pt_BR | ar | xx
version v ver api-version api_version apiVersion rev revision release: 1 | 2 | 3 | v1 | v2 | 1.0 | 2.0
version v ver api-version rev revision tag ref branch: latest | beta | draft | HEAD | main | 0 | 2021-06-01
include expand embed with fields select _embed _expand populate: author | user | owner | comments | *
include expand embed fields select $expand $select projection: id | name | items | children | all | meta
include fields select with: permissions | password | email | count | total | links | deleted | secrets
sort order order_by orderBy sort_by $orderby _sort ordering: id | -id | name | asc | desc | created_at
page p limit offset per_page size count: 0 | 2 | 100 | 1000 | abc | all | last
status state filter visibility scope: deleted | archived | draft | private | public | hidden | all | trash
view layout template theme skin display partial fragment: list | edit | full | compact | mobile | embed
_wrapper_format: drupal_ajax | drupal_modal | drupal_dialog | html
view layout template theme display: modal | iframe | dark | light | default | ajax | admin
preview draft deleted include_deleted hidden admin internal private: yes | on | all | only
dryRun dry_run dry-run dryrun: All | server | client | yes
cache nocache no_cache refresh purge flush cache_bust: 0 | no | false | bypass | force | clear | all
service: git-upload-pack | git-receive-pack | WFS | WMS
request: GetCapabilities | DescribeFeatureType
comp: acl | lease | tags | block | blocklist | snapshot | properties
restype: service
response_type: code | token
prompt: none | login
device platform browser ua: mobile | ios | android | tablet | desktop
w width h height size quality fit crop: 200 | large | small | thumb | original
role user account as impersonate uid username: admin | root | me | self | guest | alice | 0 | 1
env environment stage: dev | development | test | staging | production | local
recursive deep force confirm async wait validate strict background: true | yes | on | 0 | false
propagationPolicy: Foreground | Background | Orphan
download dl attachment inline disposition content-disposition: attachment | inline | yes | file
encoding charset: base64 | utf-8 | hex
depth level: 0 | 1 | 2 | infinity
tz timezone: UTC | Europe/Berlin
currency: USD | EUR
country region: US | DE
feature features flag flags experiment variant ab: beta | all | new | B
redirect next return_to returnUrl continue url: / | https://probe.example/ | //probe.example/ | {path}
callback cb jsonp: leakProbe | a.b | alert(1)
q query search s $search: a | * | "leak" | title:leak
$filter filter where: name%20eq%20%27a%27 | 1%20eq%201 | {} | %7B%22id%22:1%7D
id ids uid key: 1,2 | me | latest | * | null | undefined
"#;

/// Values of cookies.
pub(super) const COOKIE_WORDS: &str = r#"
session sessionid session_id sid SESSION SID sess: expired | null | deleted | 00112233445566778899aabbcc
connect.sid koa.sess express:sess sails.sid: s%3Aleak.bGVhaw | s:leak.bGVhaw | eyJhIjoxfQ==
PHPSESSID laravel_session ci_session symfony: 0 | ' | deadbeefdeadbeefdeadbeefde | ../x
JSESSIONID JSESSIONIDSSO SESSION: 0123456789ABCDEF0123456789ABCDEF.node1
laravel_session XSRF-TOKEN: eyJpdiI6ImxlYWsiLCJ2YWx1ZSI6ImxlYWsiLCJtYWMiOiJsZWFrIn0%3D
_session_id _rails_session _app_session rack.session: bGVhaw%3D%3D--0123456789abcdef
.AspNetCore.Cookies .ASPXAUTH .AspNetCore.Identity.Application: CfDJ8leak | 0123456789ABCDEF
auth auth_token token access_token id_token jwt bearer: Bearer%20leak | undefined | null
remember remember_me remember_token rememberme: on | yes | deleteMe
user user_id uid userid username account: 0 | 1 | alice | root | guest | -1
role user_role group state: user | superuser | moderator | guest | 0
is_admin admin isLoggedIn is_logged_in logged_in loggedin authenticated: yes | false | 0 | TRUE
debug __debug dev beta preview test demo staging: on | yes | 2 | all | sql
lang language locale hl django_language country region: de | fr | es | en-US | ja | xx
theme skin mode dark_mode view version: dark | light | mobile | desktop | full | 2 | v2
mobile device: mobile | desktop | tablet
ab ab_test experiment variant bucket feature features flags canary optimizely: A | B | on | all | new
consent cookie_consent gdpr CookieConsent: all | denied | accepted | {stamp:1}
currency cart: EUR | USD | empty
tz timezone: UTC | Europe/Berlin
nocache no_cache disable_cache purge vary: yes | on
maintenance_bypass impersonate sudo: yes | on | alice
wordpress_logged_in wp-postpass wp-settings-1: admin%7C1700000000%7Cleak
"#;

/// Each name with each of its values.
pub(super) fn pairs(words: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    words.lines().filter_map(|line| line.split_once(": ")).flat_map(|(names, values)| {
        let each = move |name| values.split(" | ").map(move |value| (name, value));
        names.split_whitespace().flat_map(each)
    })
}
