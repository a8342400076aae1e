//! Responses of honest applications, as the documentation of well-known ones describes them: nothing in them
//! is an error or worth a warning.

use portcullis::inspect::Severity;

use super::wire::findings;

/// Checks an exchange: no error, no warning, and of I20 to I34 this advice.
#[track_caller]
fn honest(request: &str, response: &str, advice: &[&str]) {
    let found = findings(request, response);
    for finding in &found {
        assert!(finding.severity() < Severity::Warning, "{finding}");
    }
    let numbers = found.iter().map(|finding| finding.check().number());
    let numbers: Vec<_> = numbers.filter(|number| ("I20"..="I34").contains(number)).collect();
    assert_eq!(numbers, advice);
}

#[test]
fn i32_a_repository_that_is_hidden_by_a_404() {
    honest(
        "GET https://api.git.example/repos/octo/hidden HTTP/1.1\n\
         accept: application/vnd.git+json\n\
         user-agent: octokit-core.js/5.0.0\n\
         authorization: token gho_16C7e42F292c6912E7710c838347Ae178B4a",
        "HTTP/1.1 404 Not Found\n\
         content-type: application/json; charset=utf-8\n\
         vary: Accept, Authorization, Cookie, X-OTP, Accept-Encoding\n\
         x-ratelimit-limit: 5000\n\
         x-ratelimit-remaining: 4998\n\
         x-accepted-oauth-scopes: repo\n\
         access-control-allow-origin: *\n\
         access-control-expose-headers: ETag, Link, Location, Retry-After\n\
         \n\
         {\"message\":\"Not Found\",\"documentation_url\":\"https://docs.git.example/rest\",\"status\":\"404\"}",
        &["I32"],
    );
}

#[test]
fn i29_an_object_store_that_denies_in_xml() {
    honest(
        "GET https://bucket.s3.example/private/report.pdf HTTP/1.1\n\
         x-amz-date: 20260101T000000Z\n\
         authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/eu-west-1/s3/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024",
        "HTTP/1.1 403 Forbidden\n\
         x-amz-request-id: 4442587FB7D0A2F9\n\
         content-type: application/xml\n\
         server: AmazonS3\n\
         \n\
         <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match \
         the signature you provided.</Message><AWSAccessKeyId>AKIAIOSFODNN7EXAMPLE</AWSAccessKeyId>\
         <SignatureProvided>fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024</SignatureProvided>\
         <RequestId>4442587FB7D0A2F9</RequestId></Error>",
        &[],
    );
}

#[test]
fn i24_a_network_that_delivers_content_and_limits_requests() {
    honest(
        "GET https://www.shop.example/search?q=a HTTP/2\n\
         user-agent: curl/8.5.0\n\
         accept: */*\n\
         cookie: __cf_bm=4eC39HqLyjWDarjtT1zdp7dc; cart=f00d4eC39HqL",
        "HTTP/2 429\n\
         date: Thu, 01 Jan 2026 00:00:00 GMT\n\
         content-type: text/plain; charset=UTF-8\n\
         content-length: 16\n\
         retry-after: 9\n\
         x-frame-options: SAMEORIGIN\n\
         referrer-policy: same-origin\n\
         cache-control: private, max-age=0, no-store, no-cache, must-revalidate, post-check=0, pre-check=0\n\
         expires: Thu, 01 Jan 1970 00:00:01 GMT\n\
         server: cdn\n\
         \n\
         error code: 1015",
        &[],
    );
}

#[test]
fn i33_the_discovery_document_of_an_identity_provider() {
    honest(
        "GET https://id.example/.well-known/openid-configuration HTTP/1.1\n\
         accept: application/json\n\
         origin: https://app.example",
        "HTTP/1.1 200 OK\n\
         content-type: application/json; charset=utf-8\n\
         cache-control: public, max-age=3600\n\
         access-control-allow-origin: *\n\
         \n\
         {\"issuer\":\"https://id.example\",\"authorization_endpoint\":\"https://id.example/authorize\",\
         \"token_endpoint\":\"https://id.example/token\",\"jwks_uri\":\"https://id.example/jwks\",\
         \"response_types_supported\":[\"code\"],\"subject_types_supported\":[\"public\"],\
         \"id_token_signing_alg_values_supported\":[\"RS256\"]}",
        &[],
    );
}

#[test]
fn i32_a_static_site_without_this_page() {
    honest(
        "GET /docs/login HTTP/1.1\n\
         user-agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0\n\
         accept: text/html,application/xhtml+xml,*/*;q=0.8\n\
         accept-language: en",
        "HTTP/1.1 404 Not Found\n\
         server: pages.example\n\
         content-type: text/html; charset=utf-8\n\
         etag: \"64d39a40-24a3\"\n\
         cache-control: max-age=600\n\
         access-control-allow-origin: *\n\
         content-length: 181\n\
         \n\
         <!DOCTYPE html><html><head><title>Page not found</title><script src=\"/home/site/app.js\"></script>\
         </head><body><h1>404</h1><p>There is no page here. <a href=\"/home/\">Home</a></p></body></html>",
        &["I32"],
    );
}

#[test]
fn i20_a_call_of_grpc_without_credentials() {
    honest(
        "POST https://grpc.example/helloworld.Greeter/SayHello HTTP/2\n\
         content-type: application/grpc\n\
         te: trailers\n\
         user-agent: grpc-go/1.70.0",
        "HTTP/2 200\n\
         content-type: application/grpc\n\
         grpc-status: 16\n\
         grpc-message: missing credentials",
        &[],
    );
}

#[test]
fn i20_a_query_of_graphql_without_permission() {
    honest(
        "POST https://api.example/graphql HTTP/1.1\n\
         content-type: application/json\n\
         authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl",
        "HTTP/1.1 200 OK\n\
         content-type: application/json; charset=utf-8\n\
         cache-control: no-store\n\
         \n\
         {\"errors\":[{\"message\":\"You are not authorized to see salaries.\",\"path\":[\"salaries\"],\
         \"extensions\":{\"code\":\"FORBIDDEN\",\"http\":{\"status\":403}}}],\"data\":{\"salaries\":null}}",
        &[],
    );
}

const NAVIGATION: &str = "user-agent: Mozilla/5.0 (Macintosh) Safari/605.1.15\n\
    accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\n\
    accept-language: en\n\
    sec-fetch-mode: navigate\n\
    sec-fetch-dest: document\n\
    cookie: _session_id=5f0d4eC39HqLyjWDarjtT1zd";

#[test]
fn i21_a_login_with_a_form() {
    let redirected = "HTTP/1.1 302 Found\n\
         location: https://notes.example/users/sign_in\n\
         content-type: text/html; charset=utf-8\n\
         cache-control: no-cache\n\
         \n\
         <html><body>You are being <a href=\"https://notes.example/users/sign_in\">redirected</a>.</body></html>";
    honest(&format!("GET https://notes.example/notes HTTP/1.1\n{NAVIGATION}"), redirected, &[]);
    let page = "HTTP/1.1 200 OK\n\
         content-type: text/html; charset=utf-8\n\
         cache-control: max-age=0, private, must-revalidate\n\
         etag: W/\"5c1e\"\n\
         set-cookie: _session_id=5f0d4eC39HqLyjWDarjtT1zd; path=/; HttpOnly; SameSite=Lax\n\
         \n\
         <!DOCTYPE html><html><head><title>Sign in · Notes</title></head><body><form method=post>\
         <input name=authenticity_token type=hidden value=abc><input name=user><input name=password \
         type=password><button>Sign in</button></form></body></html>";
    honest(&format!("GET https://notes.example/users/sign_in HTTP/1.1\n{NAVIGATION}"), page, &[]);
}

#[test]
fn i28_a_registry_of_images_that_names_its_token_service() {
    honest(
        "GET https://registry.example/v2/library/alpine/manifests/latest HTTP/1.1\n\
         accept: application/vnd.oci.image.index.v1+json\n\
         user-agent: docker/28.0.1 go/go1.23.6",
        "HTTP/1.1 401 Unauthorized\n\
         content-type: application/json\n\
         docker-distribution-api-version: registry/2.0\n\
         www-authenticate: Bearer realm=\"https://auth.example/token\",service=\"registry.example\",\
         scope=\"repository:library/alpine:pull\"\n\
         strict-transport-security: max-age=31536000\n\
         content-length: 158\n\
         \n\
         {\"errors\":[{\"code\":\"UNAUTHORIZED\",\"message\":\"authentication required\",\"detail\":\
         [{\"Type\":\"repository\",\"Class\":\"\",\"Name\":\"library/alpine\",\"Action\":\"pull\"}]}]}\n",
        &[],
    );
}

#[test]
fn i31_a_server_of_git_that_asks_for_a_login() {
    honest(
        "GET https://git.example/octo/notes.git/info/refs?service=git-upload-pack HTTP/2\n\
         user-agent: git/2.48.1\n\
         accept: */*\n\
         git-protocol: version=2",
        "HTTP/2 401\n\
         www-authenticate: Basic realm=\"Git\", charset=\"UTF-8\"\n\
         content-type: text/plain; charset=UTF-8\n\
         cache-control: no-cache, max-age=0, must-revalidate\n\
         expires: Fri, 01 Jan 1980 00:00:00 GMT\n\
         pragma: no-cache\n\
         \n\
         HTTP Basic: Access denied. If a password was provided for Git authentication, the password was \
         incorrect or you're required to use a token instead of a password.\n",
        &[],
    );
}

#[test]
fn i27_a_proxy_of_a_company() {
    honest(
        "CONNECT www.example.com:443 HTTP/1.1\nuser-agent: curl/8.5.0",
        "HTTP/1.1 407 Proxy Authentication Required\n\
         server: squid/6.10\n\
         date: Thu, 01 Jan 2026 00:00:00 GMT\n\
         content-type: text/html;charset=utf-8\n\
         content-length: 214\n\
         x-squid-error: ERR_CACHE_ACCESS_DENIED 0\n\
         vary: Accept-Language\n\
         content-language: en\n\
         proxy-authenticate: Negotiate\n\
         proxy-authenticate: Basic realm=\"proxy\", charset=\"UTF-8\"\n\
         cache-status: proxy.example;detail=no-cache\n\
         connection: keep-alive\n\
         \n\
         <html><head><title>ERROR: Cache Access Denied</title></head><body><h1>ERROR</h1><p>Sorry, you are not \
         currently allowed to request www.example.com:443 from this cache until you have authenticated \
         yourself.</p></body></html>",
        &[],
    );
}

#[test]
fn i26_a_folder_of_webdav() {
    let challenged = "HTTP/1.1 401 Unauthorized\n\
         date: Thu, 01 Jan 2026 00:00:00 GMT\n\
         server: Apache/2.4.62 (Debian)\n\
         www-authenticate: Digest realm=\"dav\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c0\", qop=\"auth\", \
         algorithm=SHA-256, charset=\"UTF-8\"\n\
         www-authenticate: Digest realm=\"dav\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c0\", qop=\"auth\", \
         algorithm=MD5, charset=\"UTF-8\"\n\
         content-type: text/html; charset=iso-8859-1\n\
         \n\
         <!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>401 Unauthorized</title>\n\
         </head><body>\n<h1>Unauthorized</h1>\n<p>This server could not verify that you are authorized to access \
         the document requested.</p>\n</body></html>\n";
    honest("PROPFIND https://files.example/dav/ HTTP/1.1\ndepth: 1", challenged, &[]);
    honest(
        "PUT https://files.example/dav HTTP/1.1\n\
         authorization: Digest username=\"alice\", realm=\"dav\", uri=\"/dav\", response=\"0f8d4eC39HqL\", \
         nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c0\"",
        "HTTP/1.1 405 Method Not Allowed\n\
         allow: OPTIONS,GET,HEAD,POST,DELETE,TRACE,PROPFIND,PROPPATCH,COPY,MOVE,LOCK,UNLOCK\n\
         content-type: text/html; charset=iso-8859-1\n\
         \n\
         <html><head><title>405 Method Not Allowed</title></head><body><p>The requested method PUT is not \
         allowed for this URL.</p></body></html>",
        &[],
    );
}
