//! Parameters of queries and cookies that frameworks and services are known to read, as data.

/// The values of query parameters. `None` is the bare name.
pub(super) const QUERY_VALUES: &[Option<&str>] = &[
    None,
    Some("1"),
    Some("true"),
    Some(""),
    Some("leak-probe"),
    Some("{path}"),
    Some("-1"),
    Some("*"),
    Some("%00"),
    Some("%27%22%3C"),
    Some("%27%20or%201=1--"),
    Some("%3Cscript%3Ealert(1)%3C/script%3E"),
    Some("../../../etc/passwd"),
    Some("%24%7Bjndi:ldap://127.0.0.1/leak%7D"),
    Some("union%20select%201"),
    Some(";cat%20/etc/passwd"),
    Some("{{7*7}}"),
];

pub(super) const QUERY_NAMES: &str = "
$batch $count $expand $filter $format $metadata $orderby $search $select $skip $skiptoken $top _ __a
__debug__ __nextLocale __proto__ _action _dc _data _embed _escaped_fragment_ _expand _fields _format
_limit _links _locale _meta _method _order _page _pjax _pretty _query _rsc _server _sort _start _t
_token _type access_token accessToken account acl action active admin after ajax all alt amp api-key
api-version api_key api_version apikey app app_id as assertion async at attachment auth author
authuser b back background batch before body branch browser bundle bust c cache cache_bust cachebust
callback cat category cb cdn challenge channel charset check client client_id cmd code col collapse
color columns comment commit comp compact compress confirm connection content content-type
context continue continuation cors count country cover create created crop csrf csv currency cursor
customer cwd d data date db debug decode decorator deep default deleted delete delimiter depth desc
dest destination detail detailed details dev device dir direct disabled disco display dl do doc
domain download draft dry-run dry_run dryrun dump e edit email embed embedded enable encode encoding
encoding-type end env environment error errors etag event exclude exec exists expand expires explain
export ext extended external extra f facets fallback fb fbclid feature features feed fetch field
fieldManager fieldSelector fields file filename files filter filter[id] filters first fit flag flags
flush folder follow force forceNew form format fragment from full func function g gclid generate get
group gzip h handler hash head headers height help hidden hide history hl host html http_method i id
ids if_match ignore image img import in inc include include_deleted included includes indent index
info inline input insert inspect internal invalidate invite ip is_admin item items iv j jq js json
jsonp jwt key keys keyword l label labelSelector lang language last lat layout legacy level lifecycle
limit lineage lines link links list list-type loc locale location lock log logging login logout lon
m manifest map mark marker max max-keys maxresults mediatype merge message meta metadata method min
minify mobile mock mode model module modified mount ms n name namespace nc next noCache no_cache
no_redirect nocache nonce noredirect notification ns null o object of offset old on op operation
operationName option options order orderBy order_by org orig origin out output overwrite owner p
page page[number] page[size] pageSize pageToken page_size paginate param parent part partNumber
partial partition pass password path per_page permanent permissions persist phase pid ping plain
platform policy pos post preferred prefix preserve pretty prettyPrint pretty_print preview print
priority private probe processData profile project prompt properties propagationPolicy proxy public
publish purge push put q quality query quiet r rand random range raw rawData re read readonly ready
realm reason rebuild recursive redirect redirect_to redirect_uri ref referer referrer refresh region
rel release reload remote remove render replace report repo req request request_id reset resize
resource resourceVersion response-content-disposition response-content-type response_mode
response_type restype result ret retry return returnTo returnUrl return_to return_url rev revision
role root route rows rss s safe sandbox save schema scheme scope score screen search secret section
secure select selector service session sessionid sha share short show si sid sig sign signature silent
simple since single singleWsdl site size skip slug snapshot soft sort sort_by source sp sql src sso
stack start stat state stats status step store stream strict style sub subject submit subscribe
suggest summary sv sync t tab table tag tagging tags target task team template tenant tenant_id test
text theme thumb thumbnail ticket time timeout timestamp timezone title tk tmp to token top topic
torrent total tpl trace track trail transform translate tree trigger truncate ts tx type tz u ui uid
uncompressed unit until update upload uploadId uploads uri url use user userId user_id username utc
utm_campaign utm_medium utm_source uuid v val validate value values var variables variant ver verb
verbose verify version versionId versioning versions via view visibility w wait wadl watch web
website welcome who width window with withCredentials workspace wrap write wsdl wt x X-Amz-Algorithm
X-Amz-Signature X-HTTP-Method-Override x-http-method-override XDEBUG_PROFILE XDEBUG_SESSION_START
XDEBUG_TRIGGER xhr xml xsd xsrf y yaml year z zone zoom PHPSESSID JSESSIONID jsessionid
Itemid ___store __store _count _cb _elements _esc _include _lastUpdated _rev _revinclude _source
_summary _url aggs analyzer annotations any apikeys area articleId asof assets atom attachment_id attributes
audience base64 bbox bindings blob bool bookmark bounds box branchName browse caching changes ck
client_secret cluster columnFilters command commentId comments complete component condition conflict
contentType converter corrupt cql crc credentials crs css ct cur cutoff dataset datasource dateFrom dateTo
default-graph-uri defaults diff digest dir_list dn doing_wp_cron dt duration edition ee elements encode64
endDate endpoint entity entry envelope esi eventId exact excludedAttributes exclude_fields expand[] expiry
explode expression extensions f.json fid field_list filter_path fl flat fmt fontsize force_refresh forced
fq frame freeze from_date full_text geometry gid google grant_type graph hash_type highlight hosts human
href html5 icon idp if-match ignore_unavailable image_size imdb incl include[] includeAll include_docs
indices infinite inherit init inputFormat inst_id instance interval is is_preview issuer j_username jqlQuery
keepalive kind kiosk knn lang_code last_id latest layers leaf lid like listType local locked long map_id
match max_id maxAge maxDepth max_age max_results mediaId merged metric min_id mimeType minimal modal mods
multi mview nav navigate neg nested newest nf nid node nodeId nofollow noheader nolayout nologin not notes
notify nth oauth_token oldid omit only onlyMeta open orgId org_id orient outFields outputFormat pageId page_id
pageNumber pages params parts patch pattern perPage perm phrase pi pipeline pivot pk plugin pointer
policyId post_type precision preferences preference prev preview_id preview_nonce printable prune pub
q.op qf quick r_id rate raw_data rawmode readOnly recent record reduce refType relations relogin render_mode
replytocom requestId res resolve rest_route resume return_fields returnFields rkey routing rows rt sap-client
sap-language sc scopeId screen_name scroll search_type secret_key sel seq serial sessionToken set setlang
shard shards showAll showDeleted signed sinceId sizes sl snap solution sorting sortBy sortOrder span spec
spelling split srs ss st stale startDate startIndex start_date startkey stats_groups store_id strategy
streams struct style_id subresource suffix sum suppress surrogate switch syntax tab_id tagId targetId tbm
terms text_only tid time_zone times titles toc tok toolbar top_k tq tr tracing track_total_hits ts_code
type_name typed typeNames u_id ufs uml unread unsafe upgrade use_cache useskin user-agent userip uselang
v1 v2 vals veaction vid view_mode view_as views vv w3c warn wc-ajax wd web_view where wid widget wildcard
with_count with_deleted with_meta word write_consistency ws_ticket wskey xdebug xid xpath xs xslt xss yql
";

/// Parameters with their known values.
pub(super) const QUERIES: &[&str] = &[
    "_method=DELETE",
    "_method=PUT",
    "_method=PATCH",
    "_method=HEAD",
    "_method=GET",
    "_method=OPTIONS",
    "_method=delete",
    "_method=FROB",
    "method=DELETE",
    "http_method=DELETE",
    "X-HTTP-Method-Override=PUT",
    "format=json",
    "format=xml",
    "format=html",
    "format=csv",
    "format=pdf",
    "format=yaml",
    "format=frob",
    "_format=json",
    "f=json",
    "alt=json",
    "alt=media",
    "alt=sse",
    "output=json",
    "type=json",
    "accept=application/json",
    "mediatype=text/html",
    "$format=json",
    "$select=id",
    "$expand=items",
    "$filter=id%20eq%201",
    "$top=1",
    "$skip=-1",
    "$count=true",
    "callback=leakProbe",
    "jsonp=leakProbe",
    "cb=leak%28probe",
    "fields=id",
    "fields=id,name",
    "fields[notes]=id",
    "include=author",
    "include=frob",
    "expand=all",
    "embed=all",
    "page=2",
    "page=0",
    "page=999999",
    "page=abc",
    "page[size]=1",
    "per_page=100000",
    "limit=0",
    "limit=abc",
    "offset=99999999999999999999",
    "cursor=bGVhaw%3D%3D",
    "sort=-id",
    "sort=frob",
    "order=desc",
    "q=%25",
    "query={__typename}",
    "query=%7B__schema%7Btypes%7Bname%7D%7D%7D",
    "query=mutation%7Bx%7D",
    "lang=de",
    "lang=en-US",
    "locale=fr",
    "hl=ja",
    "v=2",
    "version=1",
    "version=2",
    "version=latest",
    "api-version=2020-01-01",
    "api-version=9.9",
    "api_version=3",
    "debug=sql",
    "debug=on",
    "debug=yes",
    "trace=on",
    "profile=1",
    "pretty=yes",
    "indent=4",
    "download=1",
    "dl=0",
    "raw=1",
    "inline=1",
    "disposition=attachment",
    "response-content-type=text/html",
    "response-content-disposition=attachment",
    "versionId=null",
    "uploadId=leak-probe",
    "partNumber=1",
    "list-type=2",
    "comp=list",
    "comp=metadata",
    "restype=container",
    "watch=true",
    "dryRun=All",
    "fieldManager=leak-probe",
    "resourceVersion=0",
    "as=png",
    "w=100",
    "width=99999",
    "h=0",
    "size=large",
    "size=-1",
    "theme=dark",
    "view=edit",
    "view=print",
    "mode=edit",
    "action=edit",
    "action=delete",
    "action=history",
    "do=login",
    "op=delete",
    "cmd=ls",
    "preview=true",
    "draft=true",
    "deleted=true",
    "include_deleted=true",
    "redirect={path}",
    "next={path}",
    "return_to={path}",
    "url=http://{host}{path}",
    "redirect_uri=https://probe.example/",
    "path=../../etc/passwd",
    "file={path}",
    "since=1994-10-29",
    "if_match=1",
    "rev=1-abc",
    "wait=1",
    "timeout=0",
    "access_token=leak-probe",
    "api_key=leak-probe",
    "token=eyJhbGciOiJub25lIn0.e30.",
    "sig=leak-probe",
    "X-Amz-Signature=leak-probe",
    "tenant=other",
    "user=admin",
    "role=admin",
    "admin=true",
    "id=0",
    "id=1",
    "id[]=1",
    "id=abc",
    "id=00000000-0000-4000-8000-000000000001",
    "id=1&id=2",
    "__proto__[x]=1",
    "constructor[prototype][x]=1",
    "utm_source=leak-probe",
    "gclid=leak-probe",
    "_escaped_fragment_=",
    "__amp_source_origin=https://probe.example",
    "_rsc=1a2b",
    "_data=routes%2Findex",
    "no_redirect=1",
    "XDEBUG_SESSION_START=phpstorm",
    "PHPSESSID=deadbeef",
    "=PHPB8B5F2A0-3C92-11d3-A3A9-4C7B08C10000",
    "-s",
    "-d+allow_url_include%3d1",
    "a[b][c]=1",
    "a.b=1",
    "a=%C3%A4",
    "a=%FF",
    "a=%",
    "%61=1",
    ";a=1",
];

/// The parameters of methods that change something, all together.
pub(super) const WITH_CHANGES: &[&str] = &[
    "force=true",
    "recursive=true",
    "dryRun=All",
    "dry_run=true",
    "confirm=true",
    "permanent=true",
    "permanently=1",
    "cascade=true",
    "purge=true",
    "hard=true",
    "soft=false",
    "overwrite=true",
    "upsert=true",
    "replace=true",
    "merge=true",
    "validate=true",
    "validateOnly=true",
    "returning=true",
    "return=representation",
    "async=true",
    "wait_for_completion=false",
    "propagationPolicy=Foreground",
    "gracePeriodSeconds=0",
    "fieldManager=leak-probe",
    "updateMask=name",
    "version=1",
    "if_seq_no=1",
    "if_match=1",
    "rev=1-abc",
    "refresh=true",
    "notify=false",
    "suppressEvents=true",
    "skip_validation=true",
    "ignore_errors=true",
    "publish=true",
    "restore=true",
];

/// The values of cookies.
pub(super) const COOKIE_VALUES: &[&str] = &[
    "1",
    "true",
    "leak-probe",
    "admin",
    "\"\"",
    "0123456789abcdef0123456789abcdef",
    "s%3Aleak.probe",
    "eyJhbGciOiJub25lIn0.e30.",
];

pub(super) const COOKIE_NAMES: &str = "
CloudFront-Key-Pair-Id CloudFront-Policy CloudFront-Signature Cloud-CDN-Cookie
.AspNetCore.Antiforgery .AspNetCore.Cookies .AspNetCore.Identity.Application .AspNetCore.Session
.ASPXAUTH ASP.NET_SessionId ASPSESSIONID AWSALB AWSALBCORS CFID CFTOKEN JSESSIONID JSESSIONIDSSO
OAuth_Token_Request_State PHPSESSID PLAY_SESSION ROUTEID SERVERID SESSION SESSIONID SSESS SID
XDEBUG_PROFILE XDEBUG_SESSION XDEBUG_TRACE XSRF-TOKEN X-CSRF-TOKEN __Host-csrf __Host-id
__Host-next-auth.csrf-token __Host-session __Host-token __RequestVerificationToken __Secure-id
__Secure-next-auth.session-token __Secure-session __cf_bm __debug __next_preview_data
__prerender_bypass __session __stripe_mid _app_session _csrf _csrf_token _fbp _flash _ga _gid
_gitlab_session _gh_sess _oauth2_proxy _rails_session _session _session_id _shopify_s a ab ab_test
access_token account admin alternative_session amp-access api_key auth auth_token authenticated
authentik_session authorization bearer beta bucket canary cart cf_clearance cfduid client_id connect.sid
consent cookie_consent country cs csrf csrf_token csrftoken currency customer dark_mode debug
debug_toolbar debugbar demo dev device device_id disable_cache django_language email env experiment
express:sess feature features first_visit flags flash geo gdpr grafana_session group guest hasVisited
hl i18n_redirected id id_token impersonate internal io is_admin isLoggedIn is_logged_in jwt kc_session
keycloak koa.sess koa:sess lang language laravel_session last_visit locale logged_in loggedin login
machine maintenance_bypass member messages mobile moodle_session no_cache nocache nonce oauth_state
optimizely org originalUrl pma_lang preview profile project purge rack.session ref region remember
remember_me remember_token rememberme request_id returning role route s sails.sid sb-access-token
seen session session-id session_id session_token sessionid sess sid sid_guest skin sso ssid staging
state staff store sudo superuser symfony tenant tenant_id test theme timezone token tower.sid trace
tracking tz uid user user_id user_role userid username utm_source uuid vid variant version view
vary visited visitor visitor_id wordpress_logged_in wordpress_test_cookie wp-postpass wp-settings-1
workspace xsrf xsrf-token xtoken
";
