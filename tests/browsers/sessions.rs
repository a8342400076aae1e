//! The example `sessions`, as browsers, scripts and programs use it: A08, A11, A16, F06, F07.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Answer, Connection, Example, Scratch, Tool, get, request, run, send};
use crate::{FETCH, NAVIGATION};

fn basic(login: &str) -> String {
    format!("authorization: Basic {}", STANDARD.encode(login))
}

/// Sends a form.
fn post(address: SocketAddr, path: &str, form: &str, sent: &[&str]) -> Answer {
    let length = format!("content-length: {}", form.len());
    let fields = [sent, &["content-type: application/x-www-form-urlencoded", &length]].concat();
    let fields: Vec<_> = fields.iter().map(|field| field.as_bytes()).collect();
    let bytes = [request("POST", path, &fields), form.as_bytes().to_vec()].concat();
    Connection::open(address).send(&bytes)
}

/// The `Cookie` that a browser would send after this answer.
#[track_caller]
fn cookie(answer: &Answer) -> String {
    let line = answer.field("set-cookie").unwrap_or_else(|| panic!("a cookie: {answer:#?}"));
    format!("cookie: {}", line.split(';').next().unwrap())
}

#[track_caller]
fn log_in(address: SocketAddr, user: &str, password: &str, sent: &[&str]) -> String {
    let answer = post(address, "/login", &format!("user={user}&password={password}"), sent);
    assert_eq!((answer.status, answer.field("location")), (303, Some("/")), "{answer:#?}");
    cookie(&answer)
}

#[test]
fn f06_a_login_redirects_to_the_requested_page() {
    let example = Example::start("sessions");
    let address = example.address;
    let asked = get(address, "/notes?page=2", &NAVIGATION);
    assert_eq!(asked.status, 303);
    let login = asked.field("location").unwrap();
    assert_eq!(login, "/login?next=/notes%3Fpage%3D2");
    let form = get(address, login, &NAVIGATION);
    assert_eq!(form.status, 200);
    assert!(form.text().contains(r#"name="next" type="hidden" value="/notes?page=2""#));

    // A wrong password shows the form again, and opens no dialog.
    let answer = post(address, "/login", "user=alice&password=wrong&next=/notes", &NAVIGATION);
    assert_eq!((answer.status, answer.field("www-authenticate")), (403, None));
    assert!(answer.text().contains(r#"value="/notes""#) && answer.field("set-cookie").is_none());
    let unknown = post(address, "/login", "user=mallory&password=wrong&next=/notes", &NAVIGATION);
    assert_eq!(unknown.undated(), answer.undated(), "a06");

    let sent = "user=alice&password=wonderland&next=%2Fnotes%3Fpage%3D2";
    let answer = post(address, "/login", sent, &NAVIGATION);
    assert_eq!((answer.status, answer.field("location")), (303, Some("/notes?page=2")));
    let line = answer.field("set-cookie").unwrap();
    assert!(line.contains("; HttpOnly") && line.contains("; SameSite=Lax"), "{line}");

    let page = get(address, "/notes?page=2", &[&NAVIGATION[..], &[&cookie(&answer)]].concat());
    assert_eq!(page.status, 200);
    assert!(page.text().contains("Notes of alice"));
}

#[test]
fn a11_pages_of_a_session_are_its_owners() {
    let example = Example::start("sessions");
    let session = log_in(example.address, "alice", "wonderland", &[]);
    let page = get(example.address, "/notes", &[&session]);
    assert_eq!(page.members("cache-control"), ["no-store"]);
    assert_eq!(page.members("vary"), ["cookie", "origin"]);
    // A public page varies with the credential headers (A02).
    let page = get(example.address, "/", &[]);
    assert!(page.text().contains("Hello, stranger"));
    assert_eq!(page.members("vary"), ["authorization", "cookie", "origin"]);
    assert!(get(example.address, "/", &[&session]).text().contains("Hello, alice"));
}

#[test]
fn a16_an_unknown_session_counts_as_no_credentials() {
    let example = Example::start("sessions");
    let address = example.address;
    let gone = log_in(address, "bob", "builder", &[]);
    let answer = post(address, "/logout", "", &[&gone]);
    assert_eq!((answer.status, answer.field("location")), (303, Some("/")));
    let well_formed = "cookie: sid=AAAAAAAAAAAAAAAAAAAAAA";
    for sent in [&*gone, well_formed, "cookie: sid=nonsense", "cookie: sid=", "cookie: other=1"] {
        assert_eq!(get(address, "/", &[sent]).status, 200, "{sent}");
        assert_eq!(get(address, "/login", &[sent]).status, 200, "{sent}");
        let answer = get(address, "/notes", &[sent]);
        assert_eq!((answer.status, answer.schemes()), (401, vec!["Bearer".into(), "Basic".into()]));
        assert_eq!(answer.error("Bearer"), None, "{sent}");
        let answer = get(address, "/notes", &[&NAVIGATION[..], &[sent]].concat());
        assert_eq!((answer.status, answer.field("location")), (303, Some("/login?next=/notes")));
    }
}

#[test]
fn a08_credentials_in_authorization_outrank_the_session_cookie() {
    let example = Example::start("sessions");
    let session = log_in(example.address, "alice", "wonderland", &[]);
    let ask = |authorization: &str| get(example.address, "/api/me", &[&session, authorization]);
    assert_eq!(ask(&basic("bob:builder")).json()["name"], "bob");
    assert_eq!(ask(&basic("bob:wrong")).status, 401);
    assert_eq!(ask("authorization: Bearer nope").error("Bearer").as_deref(), Some("invalid_token"));
    assert_eq!(ask("authorization: Bearer alice-token").json()["name"], "alice");
    // A scheme that is not offered does not count (A03).
    assert_eq!(ask("authorization: Negotiate abc").json()["name"], "alice");
}

#[test]
fn a08_programs_need_no_session() {
    let example = Example::start("sessions");
    for sent in [&*basic("alice:wonderland"), "authorization: Bearer alice-token"] {
        let answer = get(example.address, "/api/me", &[sent]);
        assert_eq!(answer.json()["name"], "alice");
        assert_eq!(answer.field("set-cookie"), None, "a session without a login");
        assert_eq!(answer.field("cache-control"), Some("no-store"));
    }
    assert_eq!(get(example.address, "/api/me", &[]).schemes(), ["Bearer", "Basic"]);
}

#[test]
fn f07_scripts_of_a_page_open_no_dialog_and_follow_no_redirect() {
    let example = Example::start("sessions");
    for sent in [&FETCH[..], &["accept: text/html", "x-requested-with: XMLHttpRequest"]] {
        let answer = get(example.address, "/api/me", sent);
        assert_eq!((answer.status, answer.schemes()), (401, vec!["Bearer".to_owned()]), "{sent:?}");
    }
    let session = log_in(example.address, "alice", "wonderland", &[]);
    let answer = get(example.address, "/api/me", &[&FETCH[..], &[&session]].concat());
    assert_eq!(answer.json()["name"], "alice");
}

#[test]
fn f06_a_login_redirects_nowhere_else() {
    let example = Example::start("sessions");
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%5Cevil.example",
        "/%2Fevil.example",
        "/\t/evil.example",
        "/..//evil.example",
        "javascript:alert(1)",
        " //evil.example",
        "/\"><script>alert(1)</script>",
        "/x\r\nset-cookie: sid=1",
    ] {
        let encoded: String = next.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let form = get(example.address, &format!("/login?next={encoded}"), &NAVIGATION);
        assert!(form.text().contains(r#"name="next" type="hidden" value="""#), "{next:?}");
        let sent = format!("user=alice&password=wonderland&next={encoded}");
        let answer = post(example.address, "/login", &sent, &NAVIGATION);
        assert_eq!((answer.status, answer.field("location")), (303, Some("/")), "{next:?}");
    }
}

/// Against session fixation: the session before a login is not the session after it.
#[test]
fn a16_a_login_changes_the_sessions_identifier() {
    let example = Example::start("sessions");
    let planted = log_in(example.address, "bob", "builder", &[]);
    let after = log_in(example.address, "alice", "wonderland", &[&planted]);
    assert_ne!(after, planted);
    assert_eq!(get(example.address, "/api/me", &[&planted]).status, 401);
    assert_eq!(get(example.address, "/api/me", &[&after]).json()["name"], "alice");
    // An identifier that the server did not issue is not used.
    let made_up = "cookie: sid=AAAAAAAAAAAAAAAAAAAAAA";
    assert_ne!(log_in(example.address, "alice", "wonderland", &[made_up]), made_up);
}

/// Otherwise that site could log its visitor in under another account, and read what the visitor then
/// writes.
#[test]
fn c02_a_form_that_another_site_posts_is_refused() {
    let example = Example::start("sessions");
    let address = example.address;
    // The test's requests have `host: localhost`.
    let own = "origin: http://localhost";
    let elsewhere: [&[&str]; 6] = [
        &["sec-fetch-site: cross-site", "origin: https://evil.example"],
        // A sibling domain, which `SameSite` permits.
        &["sec-fetch-site: same-site", "origin: https://sibling.localhost"],
        &["sec-fetch-site: cross-site"],
        // Browsers without `Sec-Fetch-Site`.
        &["origin: https://evil.example"],
        &["origin: null"],
        &["origin: http://127.0.0.1:1"],
    ];
    for sent in elsewhere {
        let answer = post(address, "/login", "user=alice&password=wonderland", sent);
        assert_eq!((answer.status, answer.field("set-cookie")), (403, None), "{sent:?}");
        assert_eq!(answer.json()["detail"], "This form was sent from another site.");
    }
    for sent in [&["sec-fetch-site: same-origin", own][..], &[own], &["sec-fetch-site: none"]] {
        log_in(address, "alice", "wonderland", sent);
    }
    // Nor can it log a user out.
    let session = log_in(address, "alice", "wonderland", &[]);
    let answer = post(address, "/logout", "", &[&session, "sec-fetch-site: cross-site"]);
    assert_eq!((answer.status, answer.field("set-cookie")), (403, None));
    assert_eq!(get(address, "/api/me", &[&session]).json()["name"], "alice");
    // Links from elsewhere still lead here.
    let answer = get(address, "/notes", &[&session, "sec-fetch-site: cross-site"]);
    assert_eq!(answer.status, 200);
}

#[test]
fn a18_attempts_at_the_form_are_limited_together_with_those_by_basic() {
    let example = Example::start("sessions");
    let address = example.address;
    let session = log_in(address, "alice", "wonderland", &[]);
    let guess = |user: &str| post(address, "/login", &format!("user={user}&password=guess"), &[]);
    let limited = |answer: &Answer| {
        assert_eq!((answer.status, answer.field("set-cookie")), (429, None), "{answer:?}");
        let seconds: u32 = answer.field("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&seconds));
        assert_eq!(answer.json()["detail"], "Too many attempts. Try again later.");
    };
    // The same for an account that exists and one that does not.
    for user in ["alice", "mallory"] {
        for _ in 0..3 {
            assert_eq!(guess(user).status, 403);
        }
        for _ in 0..2 {
            let sent = basic(&format!("{user}:guess"));
            assert_eq!(get(address, "/api/me", &[&sent]).status, 401);
        }
        limited(&guess(user));
        limited(&get(address, "/api/me", &[&basic(&format!("{user}:guess"))]));
    }
    // Right or wrong; but a session stays valid, and other users may log in.
    limited(&post(address, "/login", "user=alice&password=wonderland", &[]));
    limited(&get(address, "/api/me", &[&basic("alice:wonderland")]));
    assert_eq!(get(address, "/api/me", &[&session]).json()["name"], "alice");
    log_in(address, "bob", "builder", &[]);
    // A form that another site posts is not an attempt.
    for _ in 0..10 {
        let sent = "user=bob&password=guess";
        assert_eq!(post(address, "/login", sent, &["sec-fetch-site: cross-site"]).status, 403);
    }
    log_in(address, "bob", "builder", &[]);
}

#[test]
fn a16_the_cookie_is_secure_where_the_example_listens_beyond_the_machine() {
    let line = |host| {
        let example = Example::start_with("sessions", &[("HOST", host)]);
        let host = if host == "0.0.0.0" { "127.0.0.1" } else { host };
        let address = SocketAddr::new(host.parse().unwrap(), example.address.port());
        let answer = post(address, "/login", "user=alice&password=wonderland", &[]);
        assert_eq!(answer.status, 303);
        answer.field("set-cookie").unwrap().to_owned()
    };
    for host in ["127.0.0.1", "127.0.0.2"] {
        let line = line(host);
        assert!(line.starts_with("sid=") && !line.contains("Secure"), "{line}");
    }
    let line = line("0.0.0.0");
    // Browsers require these attributes for a `__Host-` name.
    assert!(line.starts_with("__Host-sid=") && line.contains("; Secure"), "{line}");
    assert!(line.contains("; Path=/") && !line.contains("Domain"), "{line}");
    assert!(line.contains("; HttpOnly") && line.contains("; SameSite=Lax"), "{line}");
}

#[test]
fn f06_unsafe_methods_are_not_redirected() {
    let example = Example::start("sessions");
    for method in ["POST", "PUT", "DELETE"] {
        let answer = send(example.address, method, "/notes", &NAVIGATION);
        assert_eq!(answer.field("location"), None, "{method}");
    }
}

#[test]
fn f06_curl_with_a_jar_of_cookies_logs_in_and_out() {
    let Some(tool) = Tool::find("curl") else { return };
    let example = Example::start("sessions");
    let home = Scratch::new();
    let jar = home.path().join("jar").display().to_string();
    let base = format!("http://{}", example.address);
    let curl = |arguments: &[&str], path: &str| {
        let mut command = tool.command(&home);
        command.args([
            "-s",
            "-S",
            "-b",
            &jar,
            "-c",
            &jar,
            "-w",
            "\n%{http_code} %{num_redirects} %{url}",
        ]);
        let ran = run(command.args(arguments).arg(format!("{base}{path}")));
        assert_eq!(ran.code, 0, "{ran:#?}");
        ran.out
    };
    let html = ["-L", "-H", "accept: text/html"];
    let form = curl(&html, "/notes?page=2");
    assert!(form.contains("<h1>Log in</h1>") && form.contains("\n200 1 "), "{form}");
    let login = ["-L", "-d", "user=alice", "-d", "password=wonderland", "-d", "next=/notes?page=2"];
    let page = curl(&login, "/login");
    assert!(page.contains("Notes of alice") && page.contains("\n200 1 "), "{page}");
    assert!(curl(&[], "/notes").contains("Notes of alice"));
    assert!(curl(&["-L", "-X", "POST", "--post303"], "/logout").contains(" 1 "));
    assert!(curl(&html, "/notes").contains("<h1>Log in</h1>"));
    assert!(curl(&["-u", "bob:builder"], "/api/me").contains("bob"));
}
