//! Names of headers, as data.

/// The IANA registry of HTTP field names (RFC 9110 §18.4): every name that was ever entered, in
/// lower case, as of August 2026. Obsoleted names are included, since old middleware reads them.
pub(super) const REGISTERED: &str = "
a-im accept accept-additions accept-ch accept-charset accept-datetime accept-encoding
accept-features accept-language accept-patch accept-post accept-query accept-ranges
accept-signature access-control access-control-allow-credentials access-control-allow-headers
access-control-allow-methods access-control-allow-origin access-control-expose-headers
access-control-max-age access-control-request-headers access-control-request-method
activate-storage-access age allow alpn alt-svc alt-used alternates amp-cache-transform
apply-to-redirect-ref authentication-control authentication-info authorization
available-dictionary c-ext c-man c-opt c-pep c-pep-info cache-control cache-group-invalidation
cache-groups cache-status cal-managed-id caldav-timezones capsule-protocol cdn-cache-control
cdn-loop cert-not-after cert-not-before clear-site-data client-cert client-cert-chain close
cmcd-object cmcd-request cmcd-session cmcd-status cmsd-dynamic cmsd-static concealed-auth-export
configuration-context connection content-base content-digest content-disposition content-encoding
content-id content-language content-length content-location content-md5 content-range
content-script-type content-security-policy content-security-policy-report-only content-style-type
content-type content-version cookie cookie2 cross-origin-embedder-policy
cross-origin-embedder-policy-report-only cross-origin-opener-policy
cross-origin-opener-policy-report-only cross-origin-resource-policy cta-common-access-token dasl
date dav default-style delta-base deprecation depth derived-from destination detached-jws
dictionary-id differential-id digest dpop dpop-nonce early-data ediint-features etag expect
expect-ct expires ext forwarded from getprofile hobareg host http2-settings if if-match
if-modified-since if-none-match if-range if-schedule-tag-match if-unmodified-since im
include-referred-token-binding-id incremental isolation keep-alive label last-event-id
last-modified link link-template location lock-token man max-forwards memento-datetime meter
method-check method-check-expires mime-version negotiate nel odata-entityid odata-isolation
odata-maxversion odata-version opt optional-www-authenticate ordering-type origin
origin-agent-cluster oscore oslc-core-version overwrite p3p pep pep-info permissions-policy
pics-label ping-from ping-to position pragma prefer preference-applied priority profileobject
protocol protocol-info protocol-query protocol-request proxy-authenticate
proxy-authentication-info proxy-authorization proxy-features proxy-instruction proxy-status public
public-key-pins public-key-pins-report-only range redirect-ref referer referer-root
referrer-policy refresh repeatability-client-id repeatability-first-sent repeatability-request-id
repeatability-result replay-nonce reporting-endpoints repr-digest retry-after safe schedule-reply
schedule-tag sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-storage-access sec-fetch-user
sec-gpc sec-purpose sec-token-binding sec-websocket-accept sec-websocket-extensions
sec-websocket-key sec-websocket-protocol sec-websocket-version security-scheme server
server-timing set-cookie set-cookie2 set-txn setprofile signature signature-input slug soapaction
status-uri strict-transport-security sunset surrogate-capability surrogate-control tcn te timeout
timing-allow-origin topic traceparent tracestate trailer transfer-encoding ttl unencoded-digest
upgrade urgency uri use-as-dictionary user-agent variant-vary vary via want-content-digest
want-digest want-repr-digest want-unencoded-digest warning www-authenticate x-content-type-options
x-frame-options
";

/// Unregistered names that servers, proxies, frameworks and services are known to read:
/// method overrides, forwarding, request ids and tracing, scripts' requests, keys, tenants,
/// versions, switches for debugging and caches, uploads, paging, gRPC and its like, client hints,
/// `WebDAV`'s extensions, hosting platforms.
pub(super) const DE_FACTO: &str = "
accept-profile accept-version access-control-request-external access-control-request-local-network
access-control-request-private-network akamai-origin-hop akamai-x-cache-on anthropic-version
anti-forgery-token api-key api-version apikey apollo-query-plan-experimental
apollo-require-preflight apollographql-client-name apollographql-client-version
attribution-reporting-eligible attribution-reporting-support b3 baggage base-url brief call-back
ce-id ce-source ce-specversion ce-type cf-access-client-id cf-access-client-secret
cf-access-jwt-assertion cf-connecting-ip cf-connecting-ipv6 cf-ew-via cf-ipcountry cf-pseudo-ipv4
cf-ray cf-visitor cf-worker client-ip client-request-id cloudfront-forwarded-proto
cloudfront-is-desktop-viewer cloudfront-is-mobile-viewer cloudfront-viewer-country
connect-accept-encoding connect-content-encoding connect-protocol-version connect-timeout-ms
content-dpr content-profile correlation-id csrf-token dapr-app-id dataserviceversion
datastar-request debug device-memory discourse-present dnt docker-distribution-api-version
downlink dpr dropbox-api-arg dropbox-api-path-root dry-run ect elastic-apm-traceparent
fastly-client-ip fastly-debug fastly-ff fastly-ssl fly-client-ip fly-force-instance-id
fly-forwarded-proto fly-prefer-region fly-region foo forwarded-for forwarded-proto from-bot
front-end-https function-name git-protocol graphql-preflight grpc-accept-encoding grpc-encoding
grpc-message-type grpc-previous-rpc-attempts grpc-status grpc-timeout grpc-trace-bin
heroku-session-affinity http-method-override http-proxy https hx-boosted hx-current-url
hx-history-restore-request hx-prompt hx-request hx-target hx-trigger hx-trigger-name ic-request
idempotency-key idempotent-replayed impersonate-group impersonate-user jaeger-baggage
jaeger-debug-id job-token kbn-version kbn-xsrf key-inflection linkedin-version
maxdataserviceversion ms-author-via mwg-version mx newrelic next-action next-router-prefetch
next-router-state-tree next-url notification-type notion-version npm-command npm-in-ci nt
observe-browsing-topics oc-checksum oc-chunked oc-total-length on-behalf-of openai-beta
openai-organization origin-trial osd-xsrf ot-tracer-sampled ot-tracer-spanid ot-tracer-traceid
private-network-access-id private-network-access-name private-token proxy proxy-connection purpose
remote-addr remote-user request-id request-range request-timeout request-uri
requestverificationtoken return-client-request-id rsc rtt save-data sec-ad-auction-fetch
sec-browsing-topics sec-ch-device-memory sec-ch-downlink sec-ch-dpr sec-ch-ect
sec-ch-forced-colors sec-ch-lang sec-ch-prefers-color-scheme sec-ch-prefers-contrast
sec-ch-prefers-reduced-motion sec-ch-prefers-reduced-transparency sec-ch-rtt sec-ch-save-data
sec-ch-ua sec-ch-ua-arch sec-ch-ua-bitness sec-ch-ua-form-factors sec-ch-ua-full-version
sec-ch-ua-full-version-list sec-ch-ua-mobile sec-ch-ua-model sec-ch-ua-platform
sec-ch-ua-platform-version sec-ch-ua-wow64 sec-ch-viewport-height sec-ch-viewport-width
sec-ch-width sec-cpu-architecture sec-private-state-token sec-redemption-record
sec-shared-storage-writable sec-speculation-tags secret sentry-trace service-worker
service-worker-navigation-preload sid ssl-client-cert ssl-client-verify st stripe-account
stripe-signature stripe-version subscription-id sudo supports-loading-mode surrogate-key sw8
tenant tenant-id timeout-access tk trace-id traceresponse translate true-client-ip turbo-frame
turbo-visit turbolinks-referrer tus-resumable twirp-version ua-color ua-cpu ua-disp ua-os
ua-pixels uber-trace-id unpoly-request upgrade-insecure-requests upload-checksum upload-complete
upload-concat upload-defer-length upload-draft-interop-version upload-incomplete upload-length
upload-limit upload-metadata upload-offset usn verbose version viewport-width width x-2fa
x-ab-test x-accel-buffering x-accel-expires x-accel-mapping x-accel-redirect x-accept
x-accept-charset x-accept-encoding x-accept-language x-accept-version x-access-token x-account-id
x-act-as x-action x-action-name x-admin x-admin-key x-after x-age x-ajax x-ajax-navigation
x-akamai-config-log-detail x-akamai-debug x-akamai-device-characteristics x-akamai-edgescape
x-alpine-request x-amp-cache x-amz-acl x-amz-cf-id x-amz-cf-pop x-amz-content-sha256
x-amz-copy-source x-amz-date x-amz-expected-bucket-owner x-amz-meta-probe x-amz-request-payer
x-amz-security-token x-amz-target x-amz-user-agent x-amzn-oidc-accesstoken x-amzn-oidc-data
x-amzn-oidc-identity x-amzn-requestid x-amzn-trace-id x-anonymous-consumer x-api-key
x-api-revision x-api-version x-apikey x-apollo-operation-name x-app-id x-app-name x-app-version
x-appengine-country x-appengine-cron x-appengine-queuename x-appengine-user-ip x-appwrite-project
x-archive-meta x-arr-clientcert x-arr-ssl x-artifactory-filename x-astro-partial x-async
x-atlassian-token x-atlassian-webhook-identifier x-att-deviceid x-attempt x-ausername x-auth
x-auth-key x-auth-request-access-token x-auth-request-email x-auth-request-user x-auth-token
x-authenticated-user x-authenticated-userid x-authentik-username x-azure-clientip x-azure-fdid
x-azure-ref x-azure-socketip x-b3-flags x-b3-parentspanid x-b3-sampled x-b3-spanid x-b3-traceid
x-backend x-backend-host x-backend-server x-ban x-bandwidth x-bar x-base-path x-base-url x-batch
x-before x-beta x-bingbot x-blackfire-query x-blitz-csrf x-bolt-phone-ua x-bot x-brand x-build
x-build-number x-bulk x-bypass x-bypass-auth x-bypass-cache x-cache x-cache-bypass x-cache-control
x-cache-debug x-cache-key x-cache-warmer x-callback x-canary x-case x-cdn x-cdn-forward x-channel
x-chaos x-check-cacheable x-checksum x-checksum-deploy x-checksum-sha1 x-checksum-sha256
x-chunk-number x-client x-client-cert x-client-data x-client-id x-client-info x-client-ip
x-client-mutation-id x-client-name x-client-request-id x-client-trace-id x-client-version x-clock
x-cloud-trace-context x-cloudscheduler x-cloudtasks-queuename x-cluster-client-ip x-code x-command
x-comment x-company-id x-compress x-confluence x-connection x-consul-index x-consul-token
x-consumer-id x-consumer-username x-content-digest x-content-encoding x-content-length
x-content-md5 x-content-range x-content-sha256 x-content-type x-controller x-copy-from
x-correlation-id x-count x-country x-country-code x-crawler x-credential-identifier x-cross-domain
x-csrf x-csrf-header x-csrf-token x-csrftoken x-currency x-cursor x-custom x-custom-header
x-custom-ip-authorization x-customer-id x-data x-datadog-origin x-datadog-parent-id
x-datadog-sampling-priority x-datadog-trace-id x-date x-date-format x-deadline x-debug
x-debug-info x-debug-level x-debug-mode x-debug-request x-debug-sql x-debug-token x-delegate
x-delete-after x-delete-at x-depth x-destination x-dev x-dev-mode x-development x-device
x-device-id x-device-model x-device-type x-device-user-agent x-digest x-discourse-present
x-docker-registry-version x-dom-path x-drupal-cache x-dry-run x-dynatrace x-early-data
x-edge-location x-elastic-product x-embed x-embedded x-end x-endpoint x-env x-envelope
x-environment x-envoy-attempt-count x-envoy-decorator-operation x-envoy-expected-rq-timeout-ms
x-envoy-external-address x-envoy-fault-abort-request x-envoy-fault-delay-request
x-envoy-force-trace x-envoy-hedge-on-per-try-timeout x-envoy-internal x-envoy-max-retries
x-envoy-original-path x-envoy-retry-on x-envoy-upstream-rq-timeout-ms x-error x-error-detail
x-errors x-etag x-etcd-index x-event-key x-event-type x-expand x-expected-entity-length
x-experiment x-expires x-explain x-facebook x-failover x-fault x-fb-http-engine x-fd-healthprobe
x-feature x-feature-flag x-feature-flags x-features x-fields x-file-name x-file-size x-file-type
x-filename x-filter x-firebase-appcheck x-firebase-locale x-flags x-flash-version x-foo
x-force-refresh x-format x-forms_based_auth_accepted x-forwarded x-forwarded-access-token
x-forwarded-by x-forwarded-client-cert x-forwarded-context x-forwarded-email x-forwarded-for
x-forwarded-groups x-forwarded-host x-forwarded-host-override x-forwarded-method x-forwarded-path
x-forwarded-port x-forwarded-preferred-username x-forwarded-prefix x-forwarded-proto
x-forwarded-protocol x-forwarded-query x-forwarded-scheme x-forwarded-server x-forwarded-ssl
x-forwarded-tls-client-cert x-forwarded-uri x-forwarded-url x-forwarded-user x-from x-from-date
x-function-key x-functions-key x-get-cache-key x-get-cache-tags x-git x-gitea-otp
x-github-api-version x-github-event x-github-request-id x-github-token x-gitlab-event
x-gitlab-token x-gogs-signature x-goog-api-client x-goog-api-key x-goog-authenticated-user-email
x-goog-authenticated-user-id x-goog-copy-source x-goog-fieldmask x-goog-iap-jwt-assertion
x-goog-request-params x-goog-resumable x-goog-upload-command x-goog-upload-protocol
x-goog-user-project x-googlebot x-grafana-device-id x-grafana-nocache x-grafana-org-id
x-graphql-event-stream x-graphql-operation-name x-groups x-grpc-web x-gwt-module-base
x-gwt-permutation x-handler x-hasura-admin-secret x-hasura-role x-hasura-user-id x-health-check
x-healthcheck x-heroku-dynos-in-use x-hg x-hidden x-hmac-signature x-host x-http-host-override
x-http-method x-http-method-override x-http-version x-http2 x-http3 x-https x-hub-signature
x-hub-signature-256 x-ics-api-version x-id x-id-token x-idempotency-key x-if-match
x-if-modified-since x-if-none-match x-if-unmodified-since x-if-version x-iframe x-impersonate-user
x-inbound-appid x-include x-indent x-index x-inertia x-inertia-except x-inertia-partial-component
x-inertia-partial-data x-inertia-version x-influxdb-version x-info x-instana-l x-instana-s
x-instana-t x-internal x-internal-request x-internal-token x-invalidate x-ip x-is-admin
x-is-mobile x-ja3 x-ja3-fingerprint x-jenkins x-jenkins-session x-jfrog-art-api x-jira
x-joomla-token x-json-naming x-json-rpc x-jsonp x-jwt-assertion x-keep-alive x-key x-key-case
x-kubernetes-pf-flowschema-uid x-label x-lang x-language x-last-modified x-layout x-length x-level
x-lighttpd-send-file x-limit x-limit-to x-litmus x-litmus-second x-livewire x-load-test x-locale
x-lock x-lock-token x-log-level x-magento-cache-debug x-magento-vary x-maintenance
x-maintenance-bypass x-mapi-http x-market x-max x-message x-message-id x-meta x-metadata x-method
x-method-override x-middleware-prefetch x-middleware-subrequest x-min x-min-version x-miniprofiler
x-mobile x-mock x-mock-response x-mode x-module x-monitor x-move-to x-moz x-ms-blob-type
x-ms-client-principal x-ms-client-principal-id x-ms-client-principal-name x-ms-client-request-id
x-ms-continuation x-ms-copy-source x-ms-correlation-request-id x-ms-date
x-ms-documentdb-partitionkey x-ms-effective-locale x-ms-exchange x-ms-proxy x-ms-request-id
x-ms-return-client-request-id x-ms-token-aad-access-token x-ms-useragent x-ms-version x-name
x-namespace x-nc-webdav x-netinfo x-newrelic-id x-newrelic-transaction x-next x-nextjs-data
x-nexus-ui x-nf-client-connection-ip x-nf-request-id x-no-cache x-no-compression x-no-csrf
x-no-transform x-nocache x-nokia-gateway-id x-nomad-token x-nonce x-note x-now x-npm-session x-nt
x-object-meta-probe x-oc-mtime x-october x-october-request-handler x-odata-version x-offset
x-on-behalf-of x-op x-operamini-features x-operamini-phone x-operamini-phone-ua x-operation
x-operation-id x-org x-org-id x-organization x-organization-id x-origin x-origin-server
x-original-for x-original-host x-original-method x-original-path x-original-proto x-original-uri
x-original-url x-original-user-agent x-originating-ip x-os x-os-version x-ot-span-context x-otp
x-output x-overwrite x-owa-canary x-owner x-page x-pagination x-parse-application-id
x-parse-rest-api-key x-path x-path-info x-per-page x-permissions x-permitted-cross-domain-policies
x-ping x-pjax x-pjax-container x-pjax-version x-platform x-prerender x-prerender-token
x-prerendered x-pretty x-pretty-print x-preview x-priority x-private x-profile x-profiler
x-profiling x-project-id x-prometheus-remote-write-version x-prometheus-scrape-timeout-seconds
x-proto x-protobuf x-protocol-version x-proxy x-proxy-authorization x-proxy-host x-proxy-id
x-proxy-url x-proxyuser-ip x-public x-puffin-ua x-purge x-purge-key x-purge-method x-purpose x-qos
x-query x-queue-start x-quota-user x-railway-edge x-range x-rate-limit-bypass x-ratelimit-bypass
x-real-host x-real-ip x-real-url x-realm x-reason x-recursive x-redirect x-redirect-to x-referer
x-referrer x-refresh x-region x-registry-auth x-remix-response x-remote-addr x-remote-ip
x-remote-user x-render-origin-server x-replaced-path x-replit-user-id x-replit-user-name
x-request-id x-request-method x-request-path x-request-start x-request-time x-request-timeout
x-request-uri x-request-url x-requestdigest x-requested-from x-requested-with x-resource
x-resource-id x-resource-type x-response-format x-restli-method x-restli-protocol-version x-retry
x-retry-count x-return x-return-url x-revision x-rewrite-method x-rewrite-url x-robots x-role
x-roles x-route x-rpc x-same-domain x-scheme x-scope x-scope-orgid x-scopes x-screen-height
x-screen-width x-script-name x-sdk-version x-secret x-select x-sendfile x-sendfile-type
x-served-by x-server x-server-name x-service x-service-name x-service-token x-session x-session-id
x-session-token x-shadow x-sharepoint x-shopify-access-token x-shopify-api-version
x-shopify-shop-domain x-shopify-topic x-signature x-silverlight x-simulate x-since x-site
x-site-id x-size x-skip-cache x-skyfire-phone x-slack-request-timestamp x-slack-signature
x-soapaction x-sort x-source-ip x-span-id x-spdy x-ssl x-ssl-cert x-ssl-client-cert
x-ssl-client-s-dn x-ssl-client-verify x-stage x-start x-state x-status x-store
x-stream-protocol-version x-stress-test x-subject x-sudo x-supabase-api-version x-surrogate-key
x-sveltekit-invalidated x-svn-options x-sync x-synthetic x-tablet x-tag x-tags x-target x-te
x-template x-tenant x-tenant-id x-terraform-get x-terraform-version x-test x-test-mode x-testing
x-theme x-thrift-protocol x-time x-time-zone x-timeout x-timestamp x-timezone x-tls-version x-to
x-token x-total x-total-count x-totp x-trace x-trace-id x-tracing x-trailer x-transaction
x-transaction-id x-true-cache-key x-ttl x-tunnel-method x-turbo-request-id x-turbolinks
x-twilio-signature x-type x-typo3-parsetime x-ucbrowser-ua x-until x-up-mode x-up-target
x-up-validate x-up-version x-upload-content-length x-upload-content-type x-upload-id x-upstream
x-uri x-url x-url-scheme x-user x-user-email x-user-id x-user-role x-user-roles x-username x-value
x-variant x-varnish x-varnish-debug x-vault-namespace x-vault-token x-verbose
x-vercel-deployment-url x-vercel-id x-vercel-ip-country x-vercel-protection-bypass
x-vercel-set-bypass-cookie x-vermeer-content-type x-version x-version-id x-view x-visible x-wait
x-wallarm-mode x-wap-profile x-warmup x-webauth-email x-webauth-groups x-webauth-user
x-webdav-method x-webhook-id x-webhook-signature x-workspace x-workspace-id x-wp-nonce x-wp-total
x-wrap x-xdebug-session x-xhprof x-xsrf-header x-xsrf-token x-zone x_forwarded_for
x_http_method_override xsrf-token
";
