//! Exchanges of honest applications for programs, as they are on the wire: no error, no warning, but for those
//! that are deserved.

use super::wire::{assert_grave, assert_honest};

/// A token with three parts, as most servers issue it.
const JWT: &str =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWFsaWNl";

#[test]
fn an_axum_api_behind_nginx() {
    let get =
        |path: &str| format!("GET https://api.example{path}\nuser-agent: curl/8.5.0\naccept: */*");
    let alice = |path: &str| format!("{}\nauthorization: Bearer {JWT}", get(path));
    let json = |status: &str, headers: &str, body: &str| {
        format!(
            "{status}\nserver: nginx/1.26.2\ncontent-type: application/json\n{headers}content-length: {}\n\n{body}",
            body.len()
        )
    };
    let html = |status: &str, title: &str| {
        format!(
            "{status}\nserver: nginx/1.26.2\ncontent-type: text/html\nconnection: close\n\n<html>\r\n<head>\
             <title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx\
             </center>\r\n</body>\r\n</html>\r\n"
        )
    };
    let challenge = "www-authenticate: Bearer realm=\"api\"\ncache-control: no-store\n";
    assert_honest(&get("/reports"), &json("401", challenge, r#"{"error":"missing credentials"}"#));
    let refused = "www-authenticate: Bearer realm=\"api\", error=\"invalid_token\"\n";
    assert_honest(&alice("/reports"), &json("401", refused, r#"{"error":"invalid token"}"#));
    let scope = "www-authenticate: Bearer realm=\"api\", error=\"insufficient_scope\", scope=\"reports:write\"\n";
    assert_honest(&alice("/reports"), &json("403", scope, r#"{"error":"insufficient scope"}"#));
    assert_honest(&alice("/reports"), &json("403", "", r#"{"error":"not an auditor"}"#));
    assert_honest(&alice("/reports"), &json("200", "", r#"[{"id":1,"status":"denied"}]"#));
    assert_honest(&alice("/reports/7"), &json("404", "", r#"{"error":"no such report"}"#));
    assert_honest(&alice("/reports/7"), "404\nserver: nginx/1.26.2\ncontent-length: 0");
    let post = alice("/reports").replace("GET ", "POST ");
    assert_honest(&post, "405\nallow: GET,HEAD\ncontent-length: 0");
    for (status, body) in [
        (
            "400",
            "Failed to parse the request body as JSON: x: EOF while parsing an object at line 1 column 1",
        ),
        ("415", "Expected request with `Content-Type: application/json`"),
        (
            "422",
            "Failed to deserialize the JSON body into the target type: missing field `name` at line 1 column 2",
        ),
        ("413", "length limit exceeded"),
    ] {
        let response = format!("{status}\ncontent-type: text/plain; charset=utf-8\n\n{body}");
        assert_honest(&post, &response);
    }
    for (status, title) in [
        ("400", "400 Bad Request"),
        ("403", "403 Forbidden"),
        ("404", "404 Not Found"),
        ("413", "413 Request Entity Too Large"),
        ("502", "502 Bad Gateway"),
        ("503", "503 Service Temporarily Unavailable"),
        ("504", "504 Gateway Time-out"),
    ] {
        assert_honest(&alice("/reports"), &html(status, title));
    }
    let moved = html("301", "301 Moved Permanently")
        .replace("\ncontent-type", "\nlocation: https://api.example/reports/\ncontent-type");
    assert_honest(&alice("/reports"), &moved);
    let https = get("/reports").replace("https://", "http://");
    let moved = "301\nlocation: https://api.example/reports\ncontent-length: 0";
    assert_honest(&https, moved);
}

#[test]
fn an_object_store_with_signed_urls() {
    let error = |status: &str, code: &str, message: &str| {
        format!(
            "{status}\nx-amz-request-id: 4442587FB7D0A2F9\ncontent-type: application/xml\nserver: AmazonS3\n\n\
             <?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message>\
             <RequestId>4442587FB7D0A2F9</RequestId><HostId>abc/def=</HostId></Error>"
        )
    };
    let signed = "GET https://bucket.s3.example/private/report.pdf?X-Amz-Algorithm=AWS4-HMAC-SHA256&\
        X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Expires=60&\
        X-Amz-Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024";
    assert_honest(signed, &error("403", "AccessDenied", "Request has expired"));
    assert_honest(signed, "200\ncontent-type: application/pdf\netag: \"abc\"\n\n%PDF");
    let plain = "GET https://bucket.s3.example/private/report.pdf";
    assert_honest(plain, &error("403", "AccessDenied", "Access Denied"));
    assert_honest(
        "HEAD https://bucket.s3.example/private/report.pdf",
        "403\ncontent-type: application/xml",
    );
    assert_honest(plain, &error("404", "NoSuchKey", "The specified key does not exist."));
    assert_honest(plain, &error("503", "SlowDown", "Please reduce your request rate."));
    let post = "POST https://bucket.s3.example/private/report.pdf";
    let method = "The specified method is not allowed against this resource.";
    let refused = error("405", "MethodNotAllowed", method)
        .replace("\nserver", "\nallow: GET, HEAD, PUT\nserver");
    assert_honest(post, &refused);
    let header = format!(
        "{plain}\nx-amz-date: 20260101T000000Z\nauthorization: AWS4-HMAC-SHA256 \
         Credential=AKIAIOSFODNN7EXAMPLE/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, \
         Signature=fe5f80f77d5fa3beca038a248ff027d0445342fe2855ddc963176630326f1024"
    );
    assert_honest(&header, &error("404", "NoSuchKey", "The specified key does not exist."));
    assert_honest(&header, &error("400", "ExpiredToken", "The provided token has expired."));
}

#[test]
fn repositories_that_are_hidden() {
    let anonymous = "GET https://api.git.example/repos/octo/hidden\nuser-agent: git-client/1";
    let alice =
        format!("{anonymous}\nauthorization: token gho_16C7e42F292c6912E7710c838347Ae178B4a");
    let json = |status: &str, headers: &str, body: &str| {
        format!("{status}\ncontent-type: application/json; charset=utf-8\n{headers}\n{body}")
    };
    let missing = r#"{"message":"Not Found","documentation_url":"https://docs.git.example/rest","status":"404"}"#;
    for request in [anonymous, &alice] {
        assert_honest(request, &json("404", "", missing));
        assert_honest(request, &json("451", "", r#"{"message":"Repository access blocked"}"#));
    }
    let bad = r#"{"message":"Bad credentials","documentation_url":"https://docs.git.example/rest","status":"401"}"#;
    assert_honest(&alice, &json("401", "www-authenticate: token realm=\"git\"\n", bad));
    // As the best known of them does it.
    assert_grave(&alice, &json("401", "", bad), &["challenge-missing"]);
    let limit = "x-ratelimit-limit: 60\nx-ratelimit-remaining: 0\nx-ratelimit-reset: 1767225600\n";
    let limited = r#"{"message":"API rate limit exceeded for 203.0.113.7."}"#;
    assert_honest(anonymous, &json("403", limit, limited));
    assert_honest(anonymous, &json("429", limit, limited));
    let scopes = "x-oauth-scopes: gist\nx-accepted-oauth-scopes: repo\n";
    assert_honest(
        &alice,
        &json("403", scopes, r#"{"message":"Resource not accessible by personal access token"}"#),
    );
    // The web interface, which keeps what it shows apart by its cookie.
    let page = "GET https://git.example/octo/hidden\naccept: text/html,*/*;q=0.8\ncookie: user_session=4eC39HqLyjWDarjtT1zdp7dc";
    let hidden = "404\ncontent-type: text/html; charset=utf-8\nvary: X-PJAX, Accept-Encoding\ncache-control: no-cache\n\n\
                  <title>Page not found</title>";
    assert_honest(page, hidden);
    assert_honest(
        page,
        "404\ncontent-type: text/html\nvary: Cookie\n\n<title>Page not found</title>",
    );
    assert_grave(
        page,
        "404\ncontent-type: text/html\n\n<title>Page not found</title>",
        &["absence-storable"],
    );
}

#[test]
fn a_cluster_that_forbids_anonymous_callers_by_choice() {
    let status = |code: u16, reason: &str, message: &str| {
        format!(
            "{code}\naudit-id: 1f0c\ncache-control: no-cache, private\ncontent-type: application/json\n\
             x-content-type-options: nosniff\n\n{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{{}},\
             \"status\":\"Failure\",\"message\":\"{message}\",\"reason\":\"{reason}\",\
             \"details\":{{\"kind\":\"secrets\"}},\"code\":{code}}}"
        )
    };
    let anonymous = "GET https://cluster.example:6443/api/v1/namespaces/default/secrets\nuser-agent: kubectl/v1.32";
    let forbidden = |user: &str| {
        format!(
            "secrets is forbidden: User \\\"{user}\\\" cannot list resource \\\"secrets\\\" in API group \\\"\\\""
        )
    };
    assert_honest(anonymous, &status(403, "Forbidden", &forbidden("system:anonymous")));
    let alice = format!("{anonymous}\nauthorization: Bearer {JWT}");
    assert_honest(&alice, &status(403, "Forbidden", &forbidden("alice")));
    assert_honest(&alice, &status(404, "NotFound", "secrets \\\"a\\\" not found"));
    assert_honest(&alice, &status(409, "Conflict", "the object has been modified"));
    assert_grave(&alice, &status(401, "Unauthorized", "Unauthorized"), &["challenge-missing"]);
    let busy = status(429, "TooManyRequests", "too many requests")
        .replace("\naudit-id", "\nretry-after: 1\naudit-id");
    assert_honest(&alice, &busy);
    // Questions about callers: that the answer is no is a success.
    let created = |body: &str| {
        format!("201\ncache-control: no-cache, private\ncontent-type: application/json\n\n{body}")
    };
    let review = alice.replace("GET ", "POST ");
    for body in [
        r#"{"kind":"TokenReview","spec":{"token":"x"},"status":{"authenticated":false,"error":"invalid bearer token"}}"#,
        r#"{"kind":"SubjectAccessReview","spec":{"user":"bob"},"status":{"allowed":false,"reason":"forbidden"}}"#,
        r#"{"kind":"SelfSubjectAccessReview","status":{"allowed":false,"denied":true}}"#,
    ] {
        assert_honest(&review, &created(body));
        assert_honest(&review, &created(body).replace("201\n", "200\n"));
    }
    assert_honest(
        "GET https://cluster.example:6443/healthz",
        "200\ncontent-type: text/plain\n\nok",
    );
}

#[test]
fn a_health_check_that_is_open() {
    let get = |path: &str| {
        format!("GET http://10.0.0.7:8080{path}\nuser-agent: kube-probe/1.32\naccept: */*")
    };
    let with = |path: &str| format!("{}\nauthorization: Bearer {JWT}", get(path));
    let json =
        |status: &str, body: &str| format!("{status}\ncontent-type: application/json\n\n{body}");
    for request in [get("/healthz"), with("/healthz")] {
        assert_honest(&request, "200\ncontent-type: text/plain\n\nok");
        assert_honest(&request, &json("200", r#"{"status":"UP"}"#));
        assert_honest(
            &request,
            &json("200", r#"{"status":"ok","checks":{"database":"ok","auth":"denied"}}"#),
        );
        assert_honest(
            &request,
            &json("503", r#"{"status":"DOWN","components":{"db":{"status":"DOWN"}}}"#),
        );
        assert_honest(&request, "503\ncontent-type: text/plain\n\nnot ready");
        let health = "200\ncontent-type: application/health+json\n\n{\"status\":\"fail\",\"output\":\"forbidden\"}";
        assert_honest(&request, health);
    }
    let metrics = "200\ncontent-type: text/plain; version=0.0.4\n\n# HELP requests_total Requests.\n\
        requests_total{code=\"401\"} 12\nrequests_total{code=\"403\"} 3\n";
    assert_honest(&get("/metrics"), metrics);
    assert_honest(&get("/favicon.ico"), "404\ncontent-length: 0");
    assert_honest(&get("/robots.txt"), "404\ncontent-type: text/plain\n\nNot Found");
    assert_honest("HEAD http://10.0.0.7:8080/", "200\ncontent-type: text/plain");
}

#[test]
fn a_graphql_endpoint_that_answers_errors_with_200() {
    let post = format!(
        "POST https://api.example/graphql\ncontent-type: application/json\naccept: application/json\n\
         authorization: Bearer {JWT}"
    );
    for body in [
        r#"{"errors":[{"message":"Not Authorised!","locations":[{"line":1,"column":3}],"path":["user"]}],"data":null}"#,
        r#"{"data":null,"errors":[{"message":"Access denied"}]}"#,
        r#"{"errors":[{"message":"You must be logged in","extensions":{"code":"UNAUTHENTICATED"}}]}"#,
        r#"{"errors":[{"extensions":{"path":"$","code":"access-denied"},"message":"invalid x-admin-secret"}]}"#,
        r#"{"data":{"login":{"__typename":"InvalidCredentials","message":"Invalid credentials"}}}"#,
        r#"[{"errors":[{"message":"Forbidden"}],"data":null},{"data":{"a":1}}]"#,
        r#"{"data":{"me":null}}"#,
        r#"{"errors":[{"message":"Unauthorized"}],"message":"Unauthorized"}"#,
    ] {
        let response = |status: &str, media: &str| {
            format!(
                "{status}\ncontent-type: {media}; charset=utf-8\ncache-control: no-store\n\n{body}"
            )
        };
        assert_honest(&post, &response("200", "application/json"));
        assert_honest(&post, &response("200", "application/graphql-response+json"));
    }
    let anonymous = "POST https://api.example/graphql\ncontent-type: application/json";
    let refused = "401\ncontent-type: application/graphql-response+json\nwww-authenticate: Bearer realm=\"api\"\n\n\
                   {\"errors\":[{\"message\":\"Unauthenticated\"}]}";
    assert_honest(anonymous, refused);
    let get = "GET https://api.example/graphql?query=%7Bme%7Bid%7D%7D\naccept: */*";
    let method = "405\nallow: POST\ncontent-type: application/json\ncache-control: no-store\n\n\
                  {\"errors\":[{\"message\":\"GraphQL only supports POST requests.\"}]}";
    assert_honest(get, method);
}
