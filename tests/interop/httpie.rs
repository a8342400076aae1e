//! HTTPie.

use std::net::SocketAddr;

use crate::digest::{self, Client, Question};
use crate::support::{Example, Ran, Scratch, Tool, run};
use crate::{Case, Login, Site, Told, ask_each};

pub fn http(tool: &Tool, arguments: &[&str]) -> Ran {
    let home = Scratch::new();
    // It would leave a process behind that looks for a newer version of it, elsewhere.
    home.write("config.json", r#"{"disable_update_warnings": true}"#);
    let mut command = tool.command(&home);
    command.env("HTTPIE_CONFIG_DIR", home.path());
    command.args(["--ignore-stdin", "--timeout=20", "--pretty=none", "--print=hb"]);
    command.args(["--check-status"]).args(arguments);
    run(&mut command)
}

/// The exit code is the class of the status, besides.
pub fn told(ran: &Ran) -> Told {
    let (head, body) = ran.out.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{ran:?}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("{ran:?}"));
    assert_eq!(ran.code, if status < 300 { 0 } else { i32::from(status) / 100 }, "{ran:?}");
    // It ends what it prints with a line feed.
    Told { status, body: Some(body.trim_end().to_owned()) }
}

fn ask(tool: &Tool, address: SocketAddr, case: &Case) -> Told {
    let url = case.url(address);
    told(&match case.2 {
        Login::Nothing => http(tool, &[&url]),
        Login::Basic(user, password) => {
            http(tool, &["--auth-type=basic", "--auth", &format!("{user}:{password}"), &url])
        }
        Login::Bearer(token) => http(tool, &["--auth-type=bearer", "--auth", token, &url]),
    })
}

#[test]
fn httpie_auth() {
    let Some(tool) = Tool::find("python/bin/http") else { return };
    let example = Example::start("decision_table");
    ask_each("httpie", |case| ask(&tool, example.address, case));
}

#[test]
fn httpie_does_not_wait_to_be_asked() {
    let Some(tool) = Tool::find("python/bin/http") else { return };
    let site = Site::start();
    let url = format!("http://alice:wonderland@{}/me", site.address());
    assert_eq!(told(&http(&tool, &[&url])).status, 200);
    assert_eq!(site.seen(), ["GET /me Basic 200"]);
}

/// requests, but it looks at the first line alone: Digest must stand before all others, and of several
/// algorithms the first counts. A nonce ends with the process.
#[test]
fn httpie_digest() {
    digest::every_row(&Client {
        name: "HTTPie",
        ask: |sessions| {
            let tool = Tool::find("python/bin/http")?;
            let told = sessions.iter().flat_map(|session| {
                let tool = &tool;
                session.questions.iter().map(move |Question(method, path, body)| {
                    let login = format!("{}:{}", session.user, session.password);
                    let url = format!("{}{path}", session.base);
                    let mut arguments = vec!["--auth-type=digest", "--auth", &login];
                    let raw = body.map(|body| format!("--raw={body}"));
                    arguments.extend(raw.as_deref());
                    arguments.extend([method, &*url]);
                    told(&http(tool, &arguments))
                })
            });
            Some(told.collect())
        },
        makes: [
            "SHA-256", "MD5", "SHA-256", "-", "-", "-", "-", "MD5-sess", "SHA-256", "-", "SHA-256",
            "SHA-256", "-",
        ],
        offer: "SHA-256",
        keeps_nonces: false,
        quoted: 401,
        utf8: 401,
    });
}
