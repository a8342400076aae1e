//! The example `webapp`, as its users see it: pages, scripts, a service worker, a WebSocket and programs.
//! A16, A23, C02, D01, F01, F06, F07, and section G.

use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::support::{Answer, Connection, Example, Scratch, Tool, get, request, run, send};
use crate::{FETCH, NAVIGATION};

// ==== Chromium ====

const LOCALHOST: &str = "localhost";
/// Over plain HTTP, so without Fetch Metadata and service workers.
const INTRANET: &str = "intranet.example";

/// Lets Chromium act a story of `webapp.cjs` on both hosts, and gives what it tells of each. `None` if a
/// program is missing. No password dialog may open.
fn act(story: &str) -> Option<Map<String, Value>> {
    // One at a time: each is many processes.
    static TURN: Mutex<()> = Mutex::new(());
    let (node, chromium) = (Tool::find("node")?, Tool::find("chromium")?);
    let modules = Tool::find("node/node_modules")?;
    let example = Example::start("webapp");
    let home = Scratch::new();
    let mut command = node.command(&home);
    command.env("NODE_PATH", modules.path());
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browsers/webapp.cjs"));
    command.arg(chromium.path()).arg(example.address.port().to_string());
    let ran = {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        run(command.args([story, LOCALHOST, INTRANET]))
    };
    assert_eq!(ran.code, 0, "{story}: {ran:#?}");
    let told: Map<String, Value> = serde_json::from_str(&ran.out).expect("what it tells");
    assert_eq!(told.len(), 2);
    for (host, told) in &told {
        assert_eq!(told["dialogs"], json!([]), "{host}: each would open a password dialog");
    }
    Some(told.into_iter().map(|(host, mut told)| (host, told["told"].take())).collect())
}

#[test]
fn f06_c02_d01_people_see_pages_that_say_what_helps() {
    let Some(told) = act("pages") else { return };
    for (host, mut told) in told {
        let (hidden, missing) = (told["hidden"].take(), told["missing"].take());
        assert_eq!(hidden, missing, "{host}");
        assert_eq!(hidden[0], 404, "{host}");
        assert!(hidden[1].as_str().is_some_and(|page| page.contains("There is no such page")));
        let expected = json!({
            "asked": [200, "/login?next=/reports"],
            "wrong": [403, "The name or the password is wrong."],
            "focused": "password",
            "login": [303, "/reports"],
            "skip": "#main",
            "forbidden": ["No permission", "Reports are for administrators."],
            "forbiddenAsksForLogin": 0,
            "hidden": null,
            "missing": null,
            "note": "<b>bold</b> & \"brave\"",
            "widths": [360, 360, 360],
            "loggedOut": [200, "/login"],
            // The page of the session is not shown again.
            "back": [true, 0],
            "askedAgain": true,
        });
        assert_eq!(told, expected, "{host}");
    }
}

#[test]
fn f07_scripts_refresh_once_after_401_and_do_not_retry_after_403() {
    let Some(told) = act("scripts") else { return };
    for (host, told) in told {
        let expected = json!({
            "upload": ["GET /api/files 200", "PUT /api/files/one.txt 201"],
            "forbidden": [
                "No permission. Only its owner may change or delete this file.",
                ["DELETE /api/files/tides.txt 403"],
            ],
            "expired": [
                "GET /api/files 200",
                "POST /api/session/expire 204",
                "POST /api/session/refresh 204",
                "PUT /api/files/two.txt 201",
                "PUT /api/files/two.txt 401",
            ],
            "together": [
                "DELETE /api/files/one.txt 204",
                "DELETE /api/files/one.txt 401",
                "DELETE /api/files/two.txt 204",
                "DELETE /api/files/two.txt 401",
                "POST /api/session/refresh 204",
            ],
            "outage": [
                "This cannot be checked at the moment. You have not been logged out. Try again in 7 seconds.",
                "",
            ],
            "ended": [
                "Your session has ended. Please log in again. Log in",
                ["POST /api/session/refresh 401", "PUT /api/files/three.txt 401"],
            ],
            // Nothing in the page is lost.
            "kept": "three.txt",
            "loginIsAt": "/login?next=%2F",
            "login": [303, "/"],
        });
        assert_eq!(told, expected, "{host}");
    }
}

#[test]
fn a23_a_websocket_lasts_as_long_as_its_session() {
    let Some(told) = act("live") else { return };
    for (host, told) in told {
        let expected = json!({
            // No script sees the status of a handshake.
            "withoutSession": 1006,
            "program": 201,
            "closed": [4401, "The session has ended."],
            "refreshed": [
                "GET /api/me 200",
                "GET /api/me 401",
                "POST /api/session/expire 204",
                "POST /api/session/refresh 204",
            ],
            "ended": ["Your session has ended. Please log in again. Log in", "off"],
        });
        assert_eq!(told, expected, "{host}");
    }
}

#[test]
fn f06_forms_and_service_workers_lead_to_the_login_after_the_session_ended() {
    let Some(mut told) = act("worker") else { return };
    let mut expected = json!({
        "worker": false,
        "form": [401, 1],
        "opened": [200, "/login?next=/projects/harbour%3Ffrom%3Dmail"],
        "login": [303, "/projects/harbour?from=mail"],
    });
    assert_eq!(told[INTRANET], expected);
    expected["worker"] = true.into();
    expected["offline"] = "No connection".into();
    expected["online"] = "Good to see you, Bob".into();
    assert_eq!(told[LOCALHOST].take(), expected);
}

// ==== programs, and what depends on time ====

/// Sends a body.
fn put(address: SocketAddr, method: &str, path: &str, body: &str, sent: &[&str]) -> Answer {
    let length = format!("content-length: {}", body.len());
    let headers = [sent, &["content-type: application/x-www-form-urlencoded", &length]].concat();
    let headers: Vec<_> = headers.iter().map(|header| header.as_bytes()).collect();
    let bytes = [request(method, path, &headers), body.as_bytes().to_vec()].concat();
    Connection::open(address).send(&bytes)
}

fn basic(login: &str) -> String {
    format!("authorization: Basic {}", STANDARD.encode(login))
}

/// Logs in, and gives the `Cookie` that a browser would send.
#[track_caller]
fn log_in(address: SocketAddr, user: &str, password: &str) -> String {
    let answer = put(address, "POST", "/login", &format!("user={user}&password={password}"), &[]);
    assert_eq!(answer.status, 303, "{answer:#?}");
    let line = answer.field("set-cookie").unwrap_or_else(|| panic!("a cookie: {answer:#?}"));
    format!("cookie: {}", line.split(';').next().unwrap())
}

#[test]
fn f01_people_get_pages_and_programs_get_problem_details() {
    let example = Example::start("webapp");
    let bob = log_in(example.address, "bob", "builder");
    for (method, path, status) in [
        ("GET", "/reports", 403),
        ("GET", "/projects/aurora", 404),
        ("GET", "/nothing", 404),
        ("GET", "/api/nothing", 404),
        ("GET", "/api/files/nothing", 404),
        ("DELETE", "/api/files/tides.txt", 403),
    ] {
        let page = send(example.address, method, path, &[&NAVIGATION[..], &[&bob]].concat());
        assert_eq!(page.status, status, "{path}");
        assert_eq!(page.field("content-type"), Some("text/html; charset=utf-8"), "{path}");
        assert!(page.text().contains(&format!(">{status}</p>")), "{path}");
        for client in [&FETCH[..], &[]] {
            let answer = send(example.address, method, path, &[client, &[&bob]].concat());
            assert_eq!(answer.status, status, "{path}");
            assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{path}");
            assert_eq!(answer.json()["status"], status, "{path}");
        }
    }
    // The errors of the application have the same format.
    let large = "x".repeat(1024 * 1024 + 1);
    for (method, path, body, status) in [
        ("PATCH", "/api/files/tides.txt", "", 405),
        ("PUT", "/api/files/large.txt", &*large, 413),
        ("PUT", "/api/files/a%00b", "text", 400),
        ("PUT", "/api/files/%FF", "text", 400),
    ] {
        let answer = put(example.address, method, path, body, &[&bob]);
        assert_eq!(
            (answer.status, answer.json()["status"].as_u64()),
            (status, Some(status.into()))
        );
        assert_eq!(answer.field("content-type"), Some("application/problem+json"), "{path}");
    }
}

#[test]
fn d06_without_a_session_hidden_and_missing_pages_are_alike() {
    let example = Example::start("webapp");
    for headers in [&FETCH[..], &[]] {
        let ask = |path| get(example.address, path, headers).undated();
        let hidden = ask("/projects/aurora");
        assert_eq!((hidden.status, hidden.schemes()), (401, vec!["Bearer".to_owned()]));
        for path in ["/projects/nothing", "/nothing", "/projects/harbour", "/live"] {
            assert_eq!(ask(path), hidden, "{path}");
        }
    }
    for path in ["/projects/aurora", "/projects/nothing", "/nothing"] {
        let answer = get(example.address, path, &NAVIGATION);
        let login = format!("/login?next={path}");
        assert_eq!((answer.status, answer.field("location")), (303, Some(&*login)));
    }
}

#[test]
fn f07_basic_is_offered_to_programs_only() {
    let example = Example::start("webapp");
    let schemes = |path: &str, headers: &[&str]| {
        let answer = get(example.address, path, headers);
        assert_eq!(answer.status, 401, "{path}");
        answer.schemes()
    };
    for path in ["/api/me", "/api/nothing"] {
        assert_eq!(schemes(path, &[]), ["Bearer", "Basic"], "{path}");
        for script in [&FETCH[..], &["x-requested-with: XMLHttpRequest"]] {
            assert_eq!(schemes(path, script), ["Bearer"], "{path}");
        }
    }
    let programs = [&*basic("bob:builder"), "authorization: Bearer bob-token"];
    for sent in programs {
        assert_eq!(get(example.address, "/api/me", &[sent]).json()["name"], "bob");
    }
}

const HANDSHAKE: [&str; 4] = [
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
];

/// Sends a handshake. The status, and the connection.
fn connect(address: SocketAddr, sent: &[&str]) -> (String, Connection) {
    let headers = [&HANDSHAKE[..], sent].concat();
    let headers: Vec<_> = headers.iter().map(|header| header.as_bytes()).collect();
    let mut connection = Connection::open(address);
    connection.write(&request("GET", "/live", &headers));
    let head = String::from_utf8(connection.read_until(b"\r\n\r\n")).expect("a head");
    (head.split(' ').nth(1).unwrap_or_default().to_owned(), connection)
}

#[test]
fn a23_a_websocket_handshake_is_authenticated() {
    let example = Example::start("webapp");
    let alice = log_in(example.address, "alice", "wonderland");
    for (sent, status) in [
        (&[][..], "401"),
        (&["cookie: sid=AAAAAAAAAAAAAAAAAAAAAA"], "401"),
        (&[&*alice], "101"),
        (&[&*alice, "origin: http://localhost"], "101"),
        (&["authorization: Bearer alice-token"], "101"),
        // The browser sends the cookie for a page of a sibling domain as well.
        (&[&*alice, "origin: http://evil.example"], "403"),
        (&[&*alice, "origin: http://localhost:1"], "403"),
        (&[&*alice, "origin: null"], "403"),
    ] {
        assert_eq!(connect(example.address, sent).0, status, "{sent:?}");
    }
}

#[test]
fn a23_a_websocket_is_closed_when_the_session_expires() {
    let example = Example::start_with("webapp", &[("SESSION_SECONDS", "1")]);
    // On a loaded machine a session may have expired before its handshake.
    let mut connection = loop {
        let alice = log_in(example.address, "alice", "wonderland");
        let (status, connection) = connect(example.address, &[&alice]);
        if status == "101" {
            break connection;
        }
    };
    // A close frame (RFC 6455 §5.5.1), and the end of the connection.
    let reason = "The session has ended.";
    assert_eq!(connection.read(4), [0x88, 2 + reason.len() as u8, 0x11, 0x31]);
    assert_eq!(connection.read(reason.len()), reason.as_bytes());
}

#[test]
fn a16_a_session_expires_and_can_be_refreshed_until_the_login_ends() {
    let example =
        Example::start_with("webapp", &[("SESSION_SECONDS", "1"), ("LOGIN_SECONDS", "3")]);
    let alice = log_in(example.address, "alice", "wonderland");
    let refresh = || send(example.address, "POST", "/api/session/refresh", &[&alice]);
    let me = || get(example.address, "/api/me", &[&alice]);
    while me().status == 200 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // As without credentials (A01).
    let answer = me();
    assert_eq!((answer.status, answer.error("Bearer")), (401, None));
    let ended = loop {
        let answer = refresh();
        match answer.status {
            204 => std::thread::sleep(std::time::Duration::from_millis(20)),
            _ => break answer,
        }
    };
    assert_eq!((ended.status, ended.schemes()), (401, vec!["Bearer".to_owned()]));
    assert_eq!(ended.field("content-type"), Some("application/problem+json"));
    assert_eq!(me().status, 401);
}

#[test]
fn a16_a_page_with_an_expired_session_is_reached_without_a_new_login() {
    let example = Example::start("webapp");
    let bob = log_in(example.address, "bob", "builder");
    let open = |path: &str| {
        let answer = get(example.address, path, &[&NAVIGATION[..], &[&bob]].concat());
        (answer.status, answer.field("location").unwrap_or_default().to_owned())
    };
    assert_eq!(open("/projects/harbour").0, 200);
    let post = |path: &str| send(example.address, "POST", path, &[&bob]).status;
    assert_eq!(post("/api/session/expire"), 204);
    let login = "/login?next=/projects/harbour".to_owned();
    assert_eq!(open("/projects/harbour"), (303, login.clone()));
    assert_eq!(open(&login), (303, "/projects/harbour".to_owned()));
    assert_eq!(open("/projects/harbour").0, 200);
    // After the login has ended, the form is shown.
    assert_eq!(post("/api/session/revoke"), 204);
    assert_eq!(open("/projects/harbour"), (303, login.clone()));
    assert_eq!(open(&login).0, 200);
}

#[test]
fn a16_a_wrong_lifetime_ends_the_program() {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("examples/webapp");
    for (value, why) in [("0", "use 1 to 31536000 seconds"), ("soon", "SESSION_SECONDS is")] {
        let mut command = std::process::Command::new(&program);
        let ran = run(command.env("PORT", "0").env("SESSION_SECONDS", value));
        assert!(ran.code == 1 && ran.err.contains(why), "{ran:#?}");
    }
}

/// More than two sockets buffer, and more than a file may have.
#[test]
fn a26_a_client_that_sends_its_whole_upload_first_reads_the_refusal() {
    const LENGTH: usize = 8 << 20;
    let example = Example::start("webapp");
    for (credentials, status) in [
        (String::new(), 401),
        (basic("bob:wrong") + "\r\n", 401),
        (basic("bob:builder") + "\r\n", 413),
    ] {
        let mut connection = Connection::open(example.address);
        let head = format!(
            "PUT /api/files/a HTTP/1.1\r\nhost: test\r\ncontent-length: {LENGTH}\r\n{credentials}\r\n"
        );
        connection.write(head.as_bytes());
        connection.write(&vec![b'x'; LENGTH]);
        assert_eq!(connection.answer(false).status, status, "{credentials}");
    }
}

#[test]
fn a11_a24_nothing_is_kept_after_a_log_out() {
    let example = Example::start("webapp");
    let session = log_in(example.address, "bob", "builder");
    for path in ["/", "/projects/harbour", "/api/me", "/api/files", "/api/files/tides.txt"] {
        let answer = get(example.address, path, &[&session]);
        assert_eq!(
            (answer.status, answer.field("cache-control")),
            (200, Some("no-store")),
            "{path}"
        );
    }
    let answer = send(example.address, "POST", "/logout", &[&session]);
    assert_eq!((answer.status, answer.field("location")), (303, Some("/login")));
    assert_eq!(answer.field("clear-site-data"), Some("\"cache\""));
    assert!(answer.lines("set-cookie").iter().any(|line| line.starts_with("logged-out=1;")));
    assert_eq!(get(example.address, "/api/me", &[&session]).status, 401);
}
