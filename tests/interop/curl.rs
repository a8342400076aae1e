//! curl.

use std::net::SocketAddr;

use crate::digest::{self, Client, Question, Session};
use crate::support::{Example, Scratch, Tool, run};
use crate::{Case, Login, Site, Told, ask_each};

/// Calls curl, and gives its exit code and the answer behind which it writes the status.
pub fn curl(tool: &Tool, arguments: &[&str]) -> (i32, Told) {
    let home = Scratch::new();
    let mut command = tool.command(&home);
    command.args(["--silent", "--max-time", "20", "--write-out", "\n%{http_code}"]).args(arguments);
    let ran = run(&mut command);
    let (body, status) = ran.out.rsplit_once('\n').unwrap_or_else(|| panic!("{ran:?}"));
    (ran.code, Told { status: status.parse().unwrap(), body: Some(body.to_owned()) })
}

fn with_user(tool: &Tool, address: SocketAddr, case: &Case, how: &str) -> Told {
    let url = case.url(address);
    let (code, told) = match case.2 {
        Login::Nothing => curl(tool, &[&url]),
        Login::Basic(user, password) => {
            curl(tool, &[how, "--user", &format!("{user}:{password}"), &url])
        }
        Login::Bearer(token) => curl(tool, &["--oauth2-bearer", token, &url]),
    };
    assert_eq!(code, 0, "{case:?}");
    told
}

#[test]
fn curl_basic() {
    let Some(tool) = Tool::find("curl") else { return };
    let example = Example::start("decision_table");
    ask_each("curl --basic", |case| with_user(&tool, example.address, case, "--basic"));
}

/// It asks without credentials first, and reads the challenges to choose.
#[test]
fn curl_anyauth() {
    let Some(tool) = Tool::find("curl") else { return };
    let example = Example::start("decision_table");
    ask_each("curl --anyauth", |case| with_user(&tool, example.address, case, "--anyauth"));
}

#[test]
fn curl_user_in_the_address() {
    let Some(tool) = Tool::find("curl") else { return };
    let example = Example::start("decision_table");
    ask_each("curl, address", |case| match case.2 {
        Login::Basic(user, password) => {
            let url = format!("http://{user}:{password}@{}{}", example.address, case.1);
            curl(&tool, &[&url]).1
        }
        _ => with_user(&tool, example.address, case, "--basic"),
    });
}

#[test]
fn curl_reads_basic_behind_bearer_on_another_line() {
    let Some(tool) = Tool::find("curl") else { return };
    let site = Site::start();
    let url = format!("http://{}/me", site.address());
    assert_eq!(curl(&tool, &["--anyauth", "-u", "alice:wonderland", &url]).1.status, 200);
    assert_eq!(site.seen(), ["GET /me - 401", "GET /me Basic 200"]);
    assert_eq!(curl(&tool, &["--basic", "-u", "alice:wonderland", &url]).1.status, 200);
    assert_eq!(site.seen(), ["GET /me Basic 200"]);
    // It knows no loop: the same credentials are not tried again.
    assert_eq!(curl(&tool, &["--anyauth", "-u", "alice:wrong", &url]).1.status, 401);
    assert_eq!(site.seen(), ["GET /me - 401", "GET /me Basic 401"]);
    // Nothing is offered that it was told to use.
    assert_eq!(curl(&tool, &["--digest", "-u", "alice:wonderland", &url]).1.status, 401);
    assert_eq!(site.seen(), ["GET /me - 401"]);
}

#[test]
fn curl_fails_where_it_is_told_to() {
    let Some(tool) = Tool::find("curl") else { return };
    let example = Example::start("decision_table");
    let url = format!("http://{}/me", example.address);
    // 22: the answer is an error, and `--fail` was given.
    assert_eq!(curl(&tool, &["--fail", "-u", "alice:wrong", &url]).0, 22);
    assert_eq!(curl(&tool, &["--fail", "-u", "alice:wonderland", &url]).0, 0);
}

/// A13: the connection is kept, the login is not.
#[test]
fn a13_curl_keeps_a_connection_through_refusals() {
    let Some(tool) = Tool::find("curl") else { return };
    let home = Scratch::new();
    let example = Example::start("decision_table");
    let url = format!("http://{}/me", example.address);
    let mut command = tool.command(&home);
    for (at, user) in
        ["alice:wonderland", "", "alice:wrong", "bob:builder", ""].into_iter().enumerate()
    {
        if at > 0 {
            command.arg("--next");
        }
        command.args(["--silent", "--output", "/dev/null", "--max-time", "20"]);
        command.args(["--write-out", "%{http_code} %{num_connects}\n"]);
        if !user.is_empty() {
            command.args(["--user", user]);
        }
        command.arg(&url);
    }
    let ran = run(&mut command);
    assert_eq!(ran.out, "200 1\n401 0\n401 0\n200 0\n401 0\n", "{ran:?}");
}

/// A body that was sent for nothing does not break the connection; the second try succeeds. What is
/// concealed from strangers asks nobody to log in, so a client that waits for it finds nothing.
#[test]
fn curl_writes_after_being_asked() {
    let Some(tool) = Tool::find("curl") else { return };
    let home = Scratch::new();
    let body = home.write("body", vec![b'x'; 300_000]);
    let data = format!("@{}", body.display());
    let example = Example::start("decision_table");
    let url = format!("http://{}/repos", example.address);
    for how in ["--anyauth", "--basic"] {
        let put = |user, repo| {
            let url = format!("{url}/{repo}");
            let put = [how, "-u", user, "-X", "PUT", "--data-binary", &data, &url];
            curl(&tool, &put).1.status
        };
        assert_eq!(put("alice:wonderland", "public"), 204, "{how}");
        assert_eq!(put("alice:wrong", "public"), 401, "{how}");
        assert_eq!(put("bob:builder", "public"), 403, "{how}");
        let asked = if how == "--basic" { 204 } else { 404 };
        assert_eq!(put("alice:wonderland", "wonder"), asked, "{how}");
    }
}

// ==== Digest ====

/// A process for each session, with all of its addresses.
fn digest(how: &str, sessions: &[&Session]) -> Option<Vec<Told>> {
    let tool = Tool::find("curl")?;
    let told = sessions.iter().flat_map(|session| {
        let home = Scratch::new();
        let mut command = tool.command(&home);
        for (at, Question(_, path, body)) in session.questions.iter().enumerate() {
            if at > 0 {
                command.arg("--next");
            }
            command.args(["--silent", "--max-time", "20", "--globoff", "--path-as-is"]);
            command.args(["--write-out", "\n%{http_code}\x1e", how]);
            command.args(["--user", &format!("{}:{}", session.user, session.password)]);
            if let Some(body) = body {
                command.args(["--data", body]);
            }
            command.arg(format!("{}{path}", session.base));
        }
        let ran = run(&mut command);
        let told = ran.out.split_terminator('\x1e').map(|each| {
            let (body, status) = each.rsplit_once('\n').unwrap_or_else(|| panic!("{ran:?}"));
            Told { status: status.parse().unwrap(), body: Some(body.to_owned()) }
        });
        told.collect::<Vec<_>>()
    });
    Some(told.collect())
}

/// It looks at the first challenge of Digest and at no other, and this one knows no SHA-512-256: what
/// it sends under that name is SHA-256.
#[test]
fn curl_digest() {
    digest::every_row(&Client {
        name: "curl --digest",
        ask: |sessions| digest("--digest", sessions),
        makes: [
            "SHA-256",
            "MD5",
            "SHA-256",
            "-",
            "-",
            "-",
            "SHA-256-sess",
            "MD5-sess",
            "SHA-256",
            "SHA-256",
            "SHA-256",
            "SHA-256",
            "SHA-256",
        ],
        offer: "SHA-256",
        keeps_nonces: false,
        quoted: 200,
        utf8: 200,
    });
}

#[test]
fn curl_anyauth_digest() {
    digest::every_row(&Client {
        name: "curl --anyauth",
        ask: |sessions| digest("--anyauth", sessions),
        makes: [
            "SHA-256",
            "MD5",
            "SHA-256",
            "-",
            "-",
            "-",
            "SHA-256-sess",
            "MD5-sess",
            "SHA-256",
            "SHA-256",
            "SHA-256",
            "SHA-256",
            "SHA-256",
        ],
        offer: "SHA-256",
        keeps_nonces: false,
        quoted: 200,
        utf8: 200,
    });
}

/// To it, each address of a command line is a login of its own. A redirect is not.
#[test]
fn curl_digest_keeps_a_nonce_through_redirects() {
    let Some(tool) = Tool::find("curl") else { return };
    let site = digest::site("SHA-256");
    let url = format!("http://{}/hop/8", site.address());
    let login = ["--digest", "--user", "alice:wonderland", "--location"];
    assert_eq!(curl(&tool, &[&login[..], &[&url]].concat()).1.status, 200);
    let noted = site.noted();
    assert_eq!((noted.len(), noted[0].status), (11, 401), "{noted:#?}");
    let counts: Vec<_> = noted[1..].iter().map(|noted| digest::param(noted, "nc")).collect();
    let expected: Vec<_> = (1..=10).map(|count| format!("{count:08x}")).collect();
    assert_eq!(counts, expected.iter().map(|it| Some(&**it)).collect::<Vec<_>>());
    assert!(noted[1..].iter().all(|noted| noted.status < 400), "{noted:#?}");
}

/// The name that it hashes is not sent.
#[test]
fn curl_digest_userhash() {
    let Some(tool) = Tool::find("curl") else { return };
    let site = digest::site("userhash");
    let url = format!("http://{}/me", site.address());
    let told = curl(&tool, &["--digest", "--user", "alice:wonderland", &url]).1;
    assert_eq!((told.status, told.body.as_deref()), (200, Some("alice GET /me ()")));
    let noted = site.noted();
    assert_eq!(digest::param(&noted[1], "userhash"), Some("true"));
    assert_eq!(digest::param(&noted[1], "username").map(str::len), Some(64));
}
