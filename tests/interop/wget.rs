//! wget.

use std::net::SocketAddr;

use crate::support::{Example, Ran, Scratch, Tool, run};
use crate::{Case, Login, Site, Told, ask_each};

fn wget(tool: &Tool, arguments: &[&str]) -> Ran {
    let home = Scratch::new();
    let mut command = tool.command(&home);
    command.args(["--server-response", "--content-on-error", "--output-document=-"]);
    command.args(["--tries=1", "--timeout=20", "--no-verbose"]).args(arguments);
    run(&mut command)
}

/// The last status that it shows; it may have been asked to log in before.
fn told(ran: Ran) -> Told {
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
    let example = Example::start("quickstart");
    ask_each("wget", |case| ask(&tool, example.address, case, &[]));
}

#[test]
fn wget_user_without_being_asked() {
    let Some(tool) = Tool::find("wget") else { return };
    let example = Example::start("quickstart");
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
    let example = Example::start("quickstart");
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
