//! Exchanges of protocols with refusals of their own: no error, no warning, but for those that are deserved.

use super::wire::{assert_grave, assert_honest, bytes_findings};

const JWT: &str =
    "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLW9mLWFsaWNl";

#[test]
fn grpc_web_behind_a_proxy_that_reads_tokens() {
    let call = "POST https://api.example/reports.Reports/List\ncontent-type: application/grpc-web+proto\n\
        x-grpc-web: 1\nx-user-agent: grpc-web-javascript/0.1\norigin: https://app.example\n\
        sec-fetch-mode: cors\nsec-fetch-dest: empty";
    let alice = format!("{call}\nauthorization: Bearer {JWT}");
    for request in [call, &alice] {
        for (code, message) in
            [("16", "missing credentials"), ("7", "permission denied"), ("14", "down")]
        {
            let response = format!(
                "200\ncontent-type: application/grpc-web+proto\ngrpc-status: {code}\ngrpc-message: {message}\n\
                 access-control-allow-origin: https://app.example\naccess-control-allow-credentials: true\n\
                 access-control-expose-headers: grpc-status,grpc-message\nvary: Origin"
            );
            assert_honest(request, &response);
        }
        let head = "200\ncontent-type: application/grpc-web-text+proto";
        let trailers = b"gAAAABBncnBjLXN0YXR1czogMTYNCg==";
        let found = bytes_findings(request, head, trailers);
        assert!(found.is_empty(), "{found:?}");
        let trailers = b"\x80\0\0\0\x12grpc-status: 16\r\n";
        let found =
            bytes_findings(request, "200\ncontent-type: application/grpc-web+proto", trailers);
        assert!(found.is_empty(), "{found:?}");
    }
    let missing = "401\nwww-authenticate: Bearer realm=\"https://api.example/reports.Reports/List\"\n\
        content-type: text/plain\nserver: envoy\n\nJwt is missing";
    assert_honest(call, missing);
    let expired = "401\nwww-authenticate: Bearer realm=\"https://api.example/\", error=\"invalid_token\"\n\
        content-type: text/plain\nserver: envoy\n\nJwt is expired";
    assert_honest(&alice, expired);
    assert_honest(&alice, "403\ncontent-type: text/plain\nserver: envoy\n\nRBAC: access denied");
    let preflight = "OPTIONS https://api.example/reports.Reports/List\norigin: https://app.example\n\
        access-control-request-method: POST\naccess-control-request-headers: authorization,content-type";
    let allowed = "204\naccess-control-allow-origin: https://app.example\naccess-control-allow-methods: POST\n\
        access-control-allow-headers: authorization,content-type\naccess-control-max-age: 600";
    assert_honest(preflight, allowed);
    // Connect, whose codes have a status.
    let connect = call.replace("application/grpc-web+proto", "application/json");
    let refused = "401\ncontent-type: application/json\nwww-authenticate: Bearer realm=\"api\"\n\n\
                   {\"code\":\"unauthenticated\",\"message\":\"missing credentials\"}";
    assert_honest(&connect, refused);
    let stream = b"\x02\0\0\0\x23{\"error\":{\"code\":\"unauthenticated\"}}";
    let found = bytes_findings(&connect, "200\ncontent-type: application/connect+json", stream);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_folder_of_webdav_with_digest() {
    let digest = |stale: &str| {
        let rest = format!(
            "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c0\", qop=\"auth\", opaque=\"5ccc069c403ebaf9f0171e95\"{stale}"
        );
        format!(
            "401\nserver: Apache/2.4.62 (Debian)\nwww-authenticate: Digest realm=\"dav\", algorithm=SHA-256, {rest}\n\
             www-authenticate: Digest realm=\"dav\", algorithm=MD5, {rest}\ncontent-type: text/html; charset=iso-8859-1\n\n\
             <!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>401 Unauthorized</title>\n\
             </head><body>\n<h1>Unauthorized</h1>\n</body></html>\n"
        )
    };
    let alice = |method: &str, path: &str| {
        format!(
            "{method} https://files.example{path}\nuser-agent: Microsoft-WebDAV-MiniRedir/10.0.19045\n\
             authorization: Digest username=\"alice\", realm=\"dav\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c0\", \
             uri=\"{path}\", response=\"6629fae49393a05397450978507c4ef1a0b1c2d3\", algorithm=SHA-256, qop=auth, nc=00000001, \
             cnonce=\"0a4f113b0a4f113b\", opaque=\"5ccc069c403ebaf9f0171e95\""
        )
    };
    for method in ["OPTIONS", "PROPFIND", "GET", "HEAD", "PUT"] {
        let request = format!("{method} https://files.example/dav/\nuser-agent: davfs2/1.7.0");
        let response = digest("");
        let response =
            if method == "HEAD" { response.split_once("\n\n").unwrap().0 } else { &response };
        assert_honest(&request, response);
    }
    assert_honest(&alice("GET", "/dav/a.txt"), &digest(", stale=true"));
    assert_honest(&alice("GET", "/dav/a.txt"), &digest(", stale=FALSE"));
    let proof = "200\ncontent-type: text/plain\ncache-control: private\nauthentication-info: \
        rspauth=\"6629fae49393a05397450978507c4ef1\", cnonce=\"0a4f113b0a4f113b\", nc=00000001, qop=auth, \
        nextnonce=\"0b4f113bdcd98b7102dd2f0e8b11d0f6\"\n\nnotes of alice";
    assert_honest(&alice("GET", "/dav/a.txt"), proof);
    let members = "207\ncontent-type: application/xml; charset=\"utf-8\"\n\n<D:multistatus xmlns:D=\"DAV:\"><D:response>\
        <D:href>/dav/private</D:href><D:status>HTTP/1.1 403 Forbidden</D:status></D:response></D:multistatus>";
    assert_honest(&alice("PROPFIND", "/dav/"), members);
    assert_honest(
        &alice("PUT", "/dav/a.txt"),
        "423\ncontent-type: text/html\n\n<title>423 Locked</title>",
    );
    let exists = "405\nallow: GET,HEAD,OPTIONS,DELETE,PROPFIND,COPY,MOVE,LOCK,UNLOCK\ncontent-type: text/html\n\n<p>no";
    assert_honest(&alice("MKCOL", "/dav/folder"), exists);
    assert_honest(
        &alice("GET", "/dav/b.txt"),
        "404\ncontent-type: text/html\n\n<title>404 Not Found</title>",
    );
}

#[test]
fn the_token_endpoint_of_oauth() {
    let token = |method: &str| {
        format!(
            "{method} https://id.example/token\ncontent-type: application/x-www-form-urlencoded\naccept: application/json"
        )
    };
    let client =
        format!("{}\nauthorization: Basic Y2xpZW50LTE6cTN0Nnc5ekMmRilKQE5jUQ==", token("POST"));
    let json = |status: &str, headers: &str, body: &str| {
        format!(
            "{status}\ncontent-type: application/json\ncache-control: no-store\npragma: no-cache\n{headers}\n{body}"
        )
    };
    for request in [token("POST"), client.clone()] {
        for error in [
            r#"{"error":"invalid_grant","error_description":"The refresh token has expired"}"#,
            r#"{"error":"invalid_request","error_description":"grant_type is missing"}"#,
            r#"{"error":"unauthorized_client"}"#,
            r#"{"error":"invalid_scope"}"#,
            r#"{"error":"authorization_pending"}"#,
            r#"{"error":"expired_token"}"#,
            r#"{"error":"use_dpop_nonce"}"#,
        ] {
            assert_honest(&request, &json("400", "dpop-nonce: eyJ7S_zG.eyJH0-Z.HX4w-7v\n", error));
        }
        let challenge = "www-authenticate: Basic realm=\"token\", charset=\"UTF-8\"\n";
        let invalid =
            r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#;
        assert_honest(&request, &json("401", challenge, invalid));
        assert_grave(&request, &json("401", "", invalid), &["challenge-missing"]);
        let issued =
            r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"Bearer","expires_in":3600}"#;
        assert_honest(&request, &json("200", "", issued));
        assert_honest(&request, &json("200", "", r#"{"active":false}"#));
        assert_honest(&request, "200\ncontent-length: 0");
        assert_honest(&request, &json("429", "retry-after: 5\n", r#"{"error":"slow_down"}"#));
    }
    let get = "GET https://id.example/token\naccept: */*";
    assert_honest(get, &json("405", "allow: POST, OPTIONS\n", r#"{"error":"invalid_request"}"#));
    let user = format!("GET https://id.example/userinfo\nauthorization: Bearer {JWT}");
    let invalid = "www-authenticate: Bearer realm=\"id\", error=\"invalid_token\", error_description=\"The token has expired\"\n";
    assert_honest(&user, &json("401", invalid, r#"{"error":"invalid_token"}"#));
    assert_honest(
        "GET https://id.example/userinfo",
        &json("401", "www-authenticate: Bearer realm=\"id\"\n", "{}"),
    );
    let proof = format!("GET https://api.example/a\nauthorization: DPoP {JWT}\ndpop: {JWT}x");
    let nonce = "www-authenticate: DPoP error=\"use_dpop_nonce\", error_description=\"Resource server requires nonce in DPoP proof\"\n\
                 dpop-nonce: eyJ7S_zG.eyJH0-Z.HX4w-7v\n";
    assert_honest(&proof, &json("401", nonce, r#"{"error":"use_dpop_nonce"}"#));
    // A person says no, and the browser brings that to the client.
    let consent = "GET https://id.example/authorize?client_id=a&response_type=code&state=xyz\naccept: text/html,*/*;q=0.8\n\
        sec-fetch-mode: navigate\nsec-fetch-dest: document\ncookie: session=4eC39HqLyjWDarjtT1zdp7dc";
    let denied = "303\nlocation: https://app.example/callback?error=access_denied&state=xyz\ncache-control: no-store";
    assert_honest(consent, denied);
    assert_honest(consent, "302\nlocation: /login?return=%2Fauthorize\ncache-control: no-store");
    let keys = "200\ncontent-type: application/jwk-set+json\ncache-control: public, max-age=3600\n\n{\"keys\":[]}";
    assert_honest("GET https://id.example/jwks", keys);
}

#[test]
fn other_protocols_that_answer_errors_with_200() {
    let post = |media: &str| {
        format!("POST https://api.example/rpc\ncontent-type: {media}\nauthorization: Bearer {JWT}")
    };
    for (media, body) in [
        (
            "application/json",
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"Unauthorized"}}"#,
        ),
        (
            "application/json",
            r#"{"jsonrpc":"2.0","id":1,"result":{"isError":true,"content":[{"type":"text","text":"Forbidden"}]}}"#,
        ),
        ("text/event-stream", "event: message\ndata: {\"error\":\"unauthorized\"}\n\n"),
        (
            "text/xml",
            "<methodResponse><fault><value><int>403</int></value></fault></methodResponse>",
        ),
        (
            "application/json",
            r#"{"responses":[{"id":"1","status":403,"body":{"error":"forbidden"}}]}"#,
        ),
        (
            "application/json",
            r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
        ),
    ] {
        let response = format!("200\ncontent-type: {media}\ncache-control: no-store\n\n{body}");
        assert_honest(&post("application/json"), &response);
    }
}
