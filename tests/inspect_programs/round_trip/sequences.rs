//! Clients go through the sequences, and fail where they do what a client must not do.

use std::net::SocketAddr;

use serde_json::Value;

use crate::support::{Answer, Connection, Example, Scratch, Tool, get, request, run};

/// A visitor of the lab.
struct Visitor {
    lab: Example,
}

const LAB_SECRET: &str = "authorization: Basic bGFiOnNlY3JldA==";
const ALICE: &str = "authorization: Basic YWxpY2U6d29uZGVybGFuZA==";
const BOB: &str = "authorization: Basic Ym9iOmJ1aWxkZXI=";

impl Visitor {
    fn new() -> Self {
        Self { lab: Example::start("lab") }
    }

    fn get(&self, sequence: &str, fields: &[&str]) -> Answer {
        get(self.lab.address, &format!("/visitors/me/{sequence}"), fields)
    }

    fn with_token(&self, sequence: &str, token: &str) -> Answer {
        self.get(sequence, &[&format!("authorization: Bearer {token}")])
    }

    /// The statuses of requests with one token.
    fn statuses<const N: usize>(&self, sequence: &str, token: &str) -> [u16; N] {
        std::array::from_fn(|_| self.with_token(sequence, token).status)
    }

    fn ask_for_token(&self, form: &str) -> Answer {
        token_of(self.lab.address, "/visitors/me/token", form, LAB_SECRET)
    }

    fn token(&self, form: &str) -> String {
        let body = self.ask_for_token(&format!("grant_type=client_credentials{form}")).json();
        body["access_token"].as_str().expect("a token").to_owned()
    }
}

fn token_of(lab: SocketAddr, path: &str, form: &str, login: &str) -> Answer {
    let length = format!("content-length: {}", form.len());
    let kind = "content-type: application/x-www-form-urlencoded";
    let mut bytes = request("POST", path, &[login, &length, kind].map(str::as_bytes));
    bytes.extend_from_slice(form.as_bytes());
    Connection::open(lab).send(&bytes)
}

fn challenge(answer: &Answer) -> &str {
    answer.field("www-authenticate").expect("one challenge")
}

#[test]
fn a_token_that_was_refused_is_never_valid_again() {
    let me = Visitor::new();
    assert_eq!(challenge(&me.get("401-once", &[])), "Bearer realm=\"lab\"");
    let first = me.ask_for_token("grant_type=client_credentials").json();
    let text = |body: &Value, member: &str| body[member].as_str().expect("a text").to_owned();
    let token = text(&first, "access_token");
    let refused = me.with_token("401-once", &token);
    assert_eq!(refused.status, 401);
    assert!(challenge(&refused).contains("error=\"invalid_token\""), "{refused:?}");
    // The client that sends it again fails for ever, in every sequence.
    assert_eq!(me.statuses("401-once", &token), [401; 3]);
    assert_eq!(me.statuses("scope", &token), [401; 1]);
    let refresh =
        format!("grant_type=refresh_token&refresh_token={}", text(&first, "refresh_token"));
    let second = me.ask_for_token(&refresh).json();
    let fresh = text(&second, "access_token");
    assert_ne!(fresh, token);
    assert_eq!(me.statuses("401-once", &fresh), [200; 3]);
    // A refresh token is valid once.
    let again = me.ask_for_token(&refresh);
    assert_eq!((again.status, again.json()["error"].as_str()), (400, Some("invalid_grant")));
}

#[test]
fn a_token_expires_after_its_requests() {
    let me = Visitor::new();
    let token = me.token("");
    assert_eq!(me.statuses("expires-after/3", &token), [200, 200, 200, 401, 401]);
    assert_eq!(me.statuses("expires-after/1", &me.token("")), [200, 401]);
    for n in ["0", "1001", "-1", "x", "99999999999"] {
        let answer = me.with_token(&format!("expires-after/{n}"), &token);
        assert_eq!(answer.status, 400, "{n}");
    }
}

#[test]
fn a_new_key_refuses_all_tokens_of_the_old_one() {
    let me = Visitor::new();
    let (used, unused) = (me.token(""), me.token(""));
    assert_eq!(me.statuses("rotates", &used), [200, 200, 401]);
    assert_eq!(me.statuses("rotates", &unused), [401; 1]);
    assert_eq!(me.statuses("rotates", &me.token("")), [200, 200, 401]);
}

#[test]
fn nothing_helps_against_a_403() {
    let me = Visitor::new();
    for token in [me.token(""), me.token("&scope=reports:write"), me.token("&acr_values=mfa")] {
        let answer = me.with_token("403-always", &token);
        assert_eq!((answer.status, answer.field("www-authenticate")), (403, None));
    }
    assert_eq!(me.get("403-always", &[]).status, 401);
    let report = me.get("report", &[]).json();
    let expected = [403, 403, 403, 401].map(|status| format!("GET /403-always: {status}"));
    assert_eq!(report["requests"], serde_json::json!(expected));
}

#[test]
fn a_token_outlives_an_outage() {
    let me = Visitor::new();
    let token = me.token("");
    let down = me.with_token("outage", &token);
    assert_eq!((down.status, down.field("retry-after")), (503, Some("1")));
    assert_eq!(down.field("www-authenticate"), None);
    assert_eq!(me.statuses("outage", &token), [503, 200, 200]);
}

#[test]
fn a_wider_scope_and_a_stronger_login_have_to_be_asked_for() {
    let me = Visitor::new();
    let narrow = me.with_token("scope", &me.token(""));
    assert_eq!(narrow.status, 403);
    let asked = r#"Bearer realm="lab", error="insufficient_scope""#;
    assert!(challenge(&narrow).starts_with(asked), "{narrow:?}");
    assert!(challenge(&narrow).contains(r#"scope="reports:write""#), "{narrow:?}");
    assert_eq!(me.statuses("scope", &me.token("&scope=reports:write")), [200; 1]);
    // A refresh does not widen it.
    let first = me.ask_for_token("grant_type=client_credentials").json();
    let refresh = first["refresh_token"].as_str().expect("a token");
    let wider = format!("grant_type=refresh_token&refresh_token={refresh}&scope=reports:write");
    assert_eq!(me.ask_for_token(&wider).json()["error"], "invalid_scope");

    let weak = me.with_token("step-up", &me.token(""));
    assert_eq!(weak.status, 401);
    assert!(challenge(&weak).contains(r#"error="insufficient_user_authentication""#), "{weak:?}");
    assert!(challenge(&weak).contains(r#"acr_values="mfa", max_age="300""#), "{weak:?}");
    assert_eq!(me.statuses("step-up", &me.token("&acr_values=mfa")), [200; 1]);
}

#[test]
fn a_token_is_not_sent_to_another_origin() {
    let me = Visitor::new();
    let token = me.token("");
    let away = me.with_token("redirect-away", &token);
    assert_eq!(away.status, 307);
    let location = away.field("location").expect("a location");
    let other = location.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/landed"));
    let other: SocketAddr = other.expect("an address").parse().expect("an address");
    assert!(other.ip().is_loopback());
    assert_ne!(other, me.lab.address);
    assert_eq!(get(other, "/landed", &[]).status, 200);
    let told = get(other, "/landed", &[&format!("authorization: Bearer {token}")]);
    assert_eq!(told.status, 400);
    assert!(!told.everything().contains(&token));
}

#[test]
fn two_parties_ask_one_after_the_other() {
    let me = Visitor::new();
    let gate = "proxy-authorization: Basic Z2F0ZTprZWVwZXI=";
    let nothing = me.get("proxy", &[]);
    assert_eq!((nothing.status, nothing.field("www-authenticate")), (407, None));
    assert!(nothing.field("proxy-authenticate").is_some());
    assert_eq!(me.get("proxy", &[ALICE]).status, 407);
    let origin = me.get("proxy", &[gate]);
    assert_eq!((origin.status, origin.field("proxy-authenticate")), (401, None));
    assert_eq!(me.get("proxy", &[gate, ALICE]).status, 200);
    // Each with the credentials of the other.
    let swapped = [ALICE.replace("authorization", "proxy-authorization"), BOB.to_owned()];
    assert_eq!(me.get("proxy", &[&swapped[0], &swapped[1]]).status, 407);
}

#[test]
fn what_is_hidden_is_like_what_is_missing_and_its_twin_leaks() {
    let me = Visitor::new();
    for login in [&[BOB][..], &[], &["authorization: Basic !!!!"]] {
        let [existing, missing] =
            ["merger", "nothing"].map(|name| me.get(&format!("hidden/{name}"), login).undated());
        assert_eq!(existing, missing);
        // Wrong credentials are refused as such, on every path.
        assert_eq!(
            existing.status,
            if login.iter().any(|it| it.contains('!')) { 401 } else { 404 }
        );
    }
    for login in [&[BOB][..], &[]] {
        let [existing, missing] =
            ["merger", "nothing"].map(|name| me.get(&format!("hidden-leaking/{name}"), login));
        assert_eq!((existing.status, missing.status), (404, 404));
        assert_eq!([&existing, &missing].map(|it| it.field("allow").is_some()), [true, false]);
        assert_ne!(existing.body.len(), missing.body.len());
        let is_stored = |it: &Answer| it.field("cache-control") != Some("no-store");
        assert_eq!([&existing, &missing].map(is_stored), [false, true]);
    }
    for sequence in ["hidden", "hidden-leaking"] {
        assert_eq!(me.get(&format!("{sequence}/merger"), &[ALICE]).status, 200);
        assert_eq!(me.get(&format!("{sequence}/nothing"), &[ALICE]).status, 404);
    }
}

#[test]
fn the_token_endpoint_refuses_as_oauth_says() {
    let me = Visitor::new();
    let stranger =
        token_of(me.lab.address, "/visitors/me/token", "grant_type=client_credentials", BOB);
    assert_eq!((stranger.status, stranger.json()["error"].as_str()), (401, Some("invalid_client")));
    assert_eq!(challenge(&stranger), "Basic realm=\"token\", charset=\"UTF-8\"");
    for (form, error) in [
        ("", "invalid_request"),
        ("grant_type=password&username=alice&password=wonderland", "unsupported_grant_type"),
        ("grant_type=client_credentials&scope=everything", "invalid_scope"),
        ("grant_type=refresh_token", "invalid_grant"),
        ("grant_type=refresh_token&refresh_token=guess", "invalid_grant"),
    ] {
        let answer = me.ask_for_token(form);
        assert_eq!((answer.status, answer.json()["error"].as_str()), (400, Some(error)), "{form}");
        assert_eq!(answer.field("cache-control"), Some("no-store"));
    }
}

/// What a visitor sends does not fill the memory of the lab.
#[test]
fn a_grant_is_as_short_as_its_scopes() {
    let me = Visitor::new();
    let repeated = "reports:write+reports:read+".repeat(100);
    let token = me.ask_for_token(&format!("grant_type=client_credentials&scope={repeated}")).json();
    assert_eq!(token["scope"], "reports:read reports:write");
    let refresh = token["refresh_token"].as_str().expect("a token");
    let form = format!("grant_type=refresh_token&refresh_token={refresh}&scope={repeated}");
    assert_eq!(me.ask_for_token(&form).json()["scope"], "reports:read reports:write");
    // Nor does a form of one long member.
    let long = format!("grant_type=client_credentials&acr_values={}", "x".repeat(9000));
    assert_eq!(me.ask_for_token(&long).status, 413);
}

#[test]
fn each_visitor_has_a_state_of_its_own() {
    let lab = Example::start("lab");
    let form = "grant_type=client_credentials";
    let token = token_of(lab.address, "/visitors/one/token", form, LAB_SECRET).json();
    let bearer = format!("authorization: Bearer {}", token["access_token"].as_str().unwrap());
    assert_eq!(get(lab.address, "/visitors/two/expires-after/9", &[&bearer]).status, 401);
    assert_eq!(get(lab.address, "/visitors/one/expires-after/9", &[&bearer]).status, 200);
    let long = "x".repeat(65);
    for id in ["", "a b", "a%2Fb", "%C3%A4", &long] {
        let answer = get(lab.address, &format!("/visitors/{}/report", id.replace(' ', "%20")), &[]);
        assert_eq!(answer.status, 404, "{id}");
    }

    // With a cookie, which is set once.
    let first = get(lab.address, "/sequences/401-once", &[]);
    let cookie = first.field("set-cookie").expect("a cookie");
    let cookie = format!("cookie: other=1; {}", cookie.split(';').next().unwrap());
    let with_cookie = get(lab.address, "/sequences/report", &[&cookie]);
    assert_eq!(with_cookie.field("set-cookie"), None);
    assert_eq!(with_cookie.json()["requests"], serde_json::json!(["GET /401-once: 401"]));
    let other = get(lab.address, "/sequences/report", &[]);
    assert_eq!(other.json()["requests"], serde_json::json!([]));
    // And the first one begins anew.
    let forget = request("DELETE", "/sequences/report", &[cookie.as_bytes()]);
    assert_eq!(Connection::open(lab.address).send(&forget).status, 204);
    let after = get(lab.address, "/sequences/report", &[&cookie]);
    assert_eq!(after.json()["requests"], serde_json::json!([]));
}

#[test]
fn the_visitors_that_came_last_are_remembered() {
    let lab = Example::start("lab");
    let report = |visitor: &str| {
        get(lab.address, &format!("/visitors/{visitor}/report"), &[]).json()["requests"].clone()
    };
    assert_eq!(get(lab.address, "/visitors/first/rotates", &[]).status, 401);
    assert_eq!(report("first"), serde_json::json!(["GET /rotates: 401"]));
    let mut connection = Connection::open(lab.address);
    for visitor in 0..4000 {
        let path = format!("/visitors/stranger-{visitor}/rotates");
        assert_eq!(connection.send(&request("GET", &path, &[])).status, 401);
    }
    assert_eq!(report("first"), serde_json::json!([]));
    assert_eq!(report("stranger-3999"), serde_json::json!(["GET /rotates: 401"]));
    // And of each, the last hundred exchanges.
    for _ in 0..150 {
        connection.send(&request("GET", "/visitors/often/outage", &[]));
    }
    assert_eq!(report("often").as_array().map(Vec::len), Some(100));
}

#[test]
fn curl_goes_through() {
    let Some(curl) = Tool::find("curl") else { return };
    let me = Visitor::new();
    let home = Scratch::new();
    let address = format!("http://{}", me.lab.address);
    let statuses = |arguments: &[&str], url: &str| {
        let mut command = curl.command(&home);
        // curl shortens the file before it tries again.
        let body = home.path().join("body");
        command.arg("-so").arg(body).args(["-w", "%{response_code} %{url_effective}"]);
        let said = run(command.args(arguments).arg(url));
        assert_eq!(said.code, 0, "{said:?}");
        let mut words = said.out.split(' ').map(str::to_owned);
        (words.next().unwrap().parse::<u16>().unwrap(), words.next_back().unwrap())
    };
    let url = |sequence: &str| format!("{address}/visitors/me/{sequence}");
    let token = me.token("");

    let digest = ["--digest", "-u", "alice:wonderland"];
    assert_eq!(statuses(&digest, &url("stale-nonce")).0, 200);
    let lines = me.get("report", &[]).json()["requests"].clone();
    let expected = [401, 401, 200].map(|status| format!("GET /stale-nonce: {status}"));
    assert_eq!(lines, serde_json::json!(expected), "the nonce was outdated once");

    // curl waits as `Retry-After` says, and keeps the token.
    let bearer = ["--oauth2-bearer", &token];
    assert_eq!(statuses(&[&bearer[..], &["--retry", "3"]].concat(), &url("outage")).0, 200);

    let proxied = "http://origin.example/visitors/me/proxy";
    assert_eq!(statuses(&["-x", &address], proxied).0, 407);
    assert_eq!(statuses(&["-x", &address, "-U", "gate:keeper"], proxied).0, 401);
    let both = ["-x", &address, "-U", "gate:keeper", "-u", "alice:wonderland"];
    assert_eq!(statuses(&both, proxied).0, 200);

    // It follows to the other origin, and keeps the token to itself. Older versions do not.
    let (status, landed) = statuses(&[&bearer[..], &["-L"]].concat(), &url("redirect-away"));
    assert!(landed.ends_with("/landed"), "{landed}");
    assert_eq!(status, 200);
    let trusting = ["-L", "--location-trusted"];
    assert_eq!(statuses(&[&bearer[..], &trusting].concat(), &url("redirect-away")).0, 400);

    // With a cookie jar.
    let jar = home.path().join("jar");
    let jar = ["-b", jar.to_str().unwrap(), "-c", jar.to_str().unwrap()];
    for _ in 0..2 {
        assert_eq!(statuses(&jar, &format!("{address}/sequences/rotates")).0, 401);
    }
    let mut command = curl.command(&home);
    let report = run(command.arg("-s").args(jar).arg(format!("{address}/sequences/report")));
    assert_eq!(report.out.matches("GET /rotates: 401").count(), 2, "{report:?}");
}
