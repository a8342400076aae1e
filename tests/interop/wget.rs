//! wget.

use std::net::SocketAddr;

use crate::digest::{self, Client, Question, Session};
use crate::support::{Example, Ran, Scratch, Tool, run};
use crate::{Case, Login, Site, Told, ask_each};

pub fn wget(tool: &Tool, arguments: &[&str]) -> Ran {
    let home = Scratch::new();
    let mut command = tool.command(&home);
    command.args(["--server-response", "--content-on-error", "--output-document=-"]);
    command.args(["--tries=1", "--timeout=20", "--no-verbose"]).args(arguments);
    run(&mut command)
}

/// The last status that it shows; it may have been asked to log in before.
pub fn told(ran: Ran) -> Told {
    let mut lines = ran.err.lines().rev();
    let line = lines.find_map(|line| line.trim_start().strip_prefix("HTTP/1.1 "));
    let status = line.unwrap_or_else(|| panic!("{ran:?}"))[..3].parse().unwrap();
    // It drops the page of a 401, whatever it is told.
    Told { status, body: Some(ran.out).filter(|_| status != 401) }
}

fn ask(tool: &Tool, address: SocketAddr, case: &Case, more: &[&str]) -> Told {
    let mut arguments: Vec<String> = more.iter().map(|&it| it.to_owned()).collect();
    match case.2 {
        Login::Nothing => {}
        Login::Basic(user, password) => {
            arguments.extend([format!("--user={user}"), format!("--password={password}")]);
        }
        Login::Bearer(token) => arguments.push(format!("--header=Authorization: Bearer {token}")),
    }
    arguments.push(case.url(address));
    told(wget(tool, &arguments.iter().map(String::as_str).collect::<Vec<_>>()))
}

#[test]
fn wget_user() {
    let Some(tool) = Tool::find("wget") else { return };
    let example = Example::start("decision_table");
    ask_each("wget", |case| ask(&tool, example.address, case, &[]));
}

#[test]
fn wget_user_without_being_asked() {
    let Some(tool) = Tool::find("wget") else { return };
    let example = Example::start("decision_table");
    ask_each("wget --auth-no-challenge", |case| {
        ask(&tool, example.address, case, &["--auth-no-challenge"])
    });
}

#[test]
fn wget_reads_basic_behind_bearer_on_another_line() {
    let Some(tool) = Tool::find("wget") else { return };
    let site = Site::start();
    let url = format!("http://{}/me", site.address());
    let login = ["--user=alice", "--password=wonderland"];
    // It asks first, and knows the host afterwards.
    assert_eq!(wget(&tool, &[login[0], login[1], &url, &url]).code, 0);
    assert_eq!(site.seen(), ["GET /me - 401", "GET /me Basic 200", "GET /me Basic 200"]);
    assert_eq!(wget(&tool, &["--auth-no-challenge", login[0], login[1], &url]).code, 0);
    assert_eq!(site.seen(), ["GET /me Basic 200"]);
    let address = format!("http://alice:wonderland@{}/me", site.address());
    assert_eq!(wget(&tool, &[&address]).code, 0);
    assert_eq!(site.seen(), ["GET /me - 401", "GET /me Basic 200"]);
}

#[test]
fn wget_tells_refusals_apart() {
    let Some(tool) = Tool::find("wget") else { return };
    let example = Example::start("decision_table");
    let exit = |path: &str, user, password| {
        let url = format!("http://{}{path}", example.address);
        wget(&tool, &[&format!("--user={user}"), &format!("--password={password}"), &url]).code
    };
    assert_eq!(exit("/me", "alice", "wonderland"), 0);
    // 6: authentication failed. 8: the server answers with an error.
    assert_eq!(exit("/me", "alice", "wrong"), 6);
    assert_eq!(exit("/admin/reports", "bob", "builder"), 8);
    assert_eq!(exit("/repos/wonder", "bob", "builder"), 8);
}

// ==== Digest ====

/// A process for each question: it keeps nothing, but the bodies of all in one file.
fn digest(sessions: &[&Session]) -> Option<Vec<Told>> {
    let tool = Tool::find("wget")?;
    let told = sessions.iter().flat_map(|session| {
        let tool = &tool;
        session.questions.iter().map(move |Question(_, path, body)| {
            let user = format!("--user={}", session.user);
            let password = format!("--password={}", session.password);
            let url = format!("{}{path}", session.base);
            let body = body.map(|body| format!("--post-data={body}"));
            let mut arguments = vec![&*user, &password, &url];
            arguments.extend(body.as_deref());
            told(wget(tool, &arguments))
        })
    });
    Some(told.collect())
}

/// MD5 is all that it knows: it answers SHA-256 with MD5, and Digest with Basic where Basic stands
/// last. It escapes no quotation mark.
#[test]
fn wget_digest() {
    digest::every_row(&Client {
        name: "wget",
        ask: digest,
        makes: ["-", "MD5", "MD5", "-", "-", "MD5", "-", "MD5-sess", "Basic", "-", "-", "-", "-"],
        offer: "MD5",
        keeps_nonces: false,
        quoted: 401,
        utf8: 200,
    });
}

/// It has the host for Basic, and nothing for Digest.
#[test]
fn wget_digest_asks_each_time() {
    let Some(tool) = Tool::find("wget") else { return };
    let site = digest::site("MD5");
    let url = format!("http://{}/me", site.address());
    let ran = wget(&tool, &["--user=alice", "--password=wonderland", &url, &url]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(site.seen(), ["GET /me - 401", "GET /me Digest 200"].repeat(2));
}
