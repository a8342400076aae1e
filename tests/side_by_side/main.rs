//! What other servers answer to the same bytes, held against `docs/side-by-side.md`.
//!
//! `UPDATE=1 cargo test --all-features --test side_by_side` writes the measured part of the page
//! anew. The versions are noted there and not held to: an answer that changes is news, a release
//! that changes none is not.

#[path = "../support/mod.rs"]
mod support;

mod oauth;
mod servers;
mod situations;

use std::{env, fs};

use crate::servers::Running;
use crate::situations::{DIGEST, Situation, digests, situations};
use crate::support::{Answer, Connection, Scratch, Tool, run};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/side-by-side.md");

/// Ours are the columns that are not only looked at.
#[test]
fn a01_to_a13_portcullis_keeps_to_the_rows() {
    keeps_to(&servers::portcullis(), situations());
}

#[test]
fn b01_portcullis_keeps_to_the_rows_at_a_proxy() {
    keeps_to(&servers::portcullis_proxy(), situations());
}

#[test]
fn h01_to_h06_portcullis_keeps_to_the_rows() {
    let server = servers::portcullis();
    logs_in_by_digest(&server);
    keeps_to(&server, own_digests(&server));
}

#[track_caller]
fn keeps_to(server: &Running, situations: Vec<Situation>) {
    for situation in situations {
        let Some(answer) = ask(server, &situation) else { continue };
        let Situation { row, what, .. } = &situation;
        let expect = expected(server, &situation);
        assert_eq!(answer.status, expect, "{row}: {what}");
        assert_eq!(
            answer.schemes().is_empty(),
            !matches!(expect, 400 | 401 | 407),
            "{row}: {what}"
        );
    }
}

#[test]
fn the_page_says_what_is_measured() {
    // All of them, so that what is missing is said at once.
    let theirs = [servers::apache(), servers::nginx(), servers::squid()];
    let ([Some(apache), Some(nginx), Some(squid)], Some(oauth)) = (theirs, oauth::table()) else {
        return;
    };
    let all = [servers::portcullis(), apache, nginx, servers::portcullis_proxy(), squid];

    let programs = all.iter().filter(|it| !it.name.contains(", "));
    let versions = programs.map(|it| format!("{} {}", it.name, it.version));
    let versions = versions.collect::<Vec<_>>().join(", ");
    logs_in_by_digest(&all[1]);
    let parts = [
        ("answers", table(&all, |_| situations())),
        ("refusals", refusals(&all)),
        ("digest", table(&all[..2], own_digests)),
        ("oauth", oauth),
    ];

    let mut page = fs::read_to_string(PAGE).expect("the page");
    let update = env::var_os("UPDATE").is_some();
    let mut news = String::new();
    for (name, measured) in &parts {
        let said = part(&page, name);
        if said != measured {
            news += &differences(said, measured);
            page = with_part(&page, name, measured);
        }
    }
    if update {
        let page = with_part(&page, "versions", &format!("{versions}.\n"));
        fs::write(PAGE, page).expect("to write the page");
        return;
    }
    assert!(
        news.is_empty(),
        "docs/side-by-side.md is not what is measured now.\n{news}\nMeasured with {versions}; the \
         page was made with {}If that is right, run this test with UPDATE=1, and read the text \
         above the table again.",
        part(&page, "versions"),
    );
}

// ==== asking ====

/// Sends a situation to a server. `None` if it has nothing of the kind.
fn ask(server: &Running, situation: &Situation) -> Option<Answer> {
    let proxy = server.origin.as_ref();
    // A proxy has no store of its own for a path.
    if proxy.is_some() && situation.path.starts_with("/outage/") {
        return None;
    }
    let field = if proxy.is_some() { "Proxy-Authorization" } else { "Authorization" };
    let target = proxy.map_or(String::new(), |origin| format!("http://{}", origin.address));
    let request = |sent: &[Vec<u8>]| {
        let start = format!("{} {target}{} HTTP/1.1\r\n", situation.method, situation.path);
        let mut bytes = start.into_bytes();
        bytes.extend_from_slice(b"Host: localhost\r\n");
        for value in sent {
            bytes.extend_from_slice(format!("{field}: ").as_bytes());
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    };
    let mut connection = Connection::open(server.address);
    if let Some(before) = &situation.before {
        let answer = connection.send(&request(std::slice::from_ref(before)));
        assert_eq!(answer.status, 200, "{}: {}", server.name, situation.what);
    }
    Some(connection.send(&request(&situation.sent)))
}

fn challenges(answer: &Answer) -> Vec<&str> {
    [answer.lines("www-authenticate"), answer.lines("proxy-authenticate")].concat()
}

fn nonce(answer: &Answer) -> Option<String> {
    let challenges = challenges(answer).join(", ");
    let (_, behind) = challenges.split_once(" nonce=\"")?;
    Some(behind.split('"').next()?.to_owned())
}

/// With a nonce of this server.
fn own_digests(server: &Running) -> Vec<Situation> {
    let asked = ask(server, &digests("")[0]).expect("an answer");
    digests(&nonce(&asked).expect("a nonce"))
}

/// What the semantics say for it: 407 where an origin has 401.
fn expected(server: &Running, situation: &Situation) -> u16 {
    match situation.expect {
        401 if server.origin.is_some() => 407,
        expect => expect,
    }
}

/// By a client that is not ours.
fn logs_in_by_digest(server: &Running) {
    let Some(curl) = Tool::find("curl") else { return };
    let home = Scratch::new();
    let mut command = curl.command(&home);
    command.args(["--silent", "--max-time", "20", "--digest", "--user", "user:passwd"]);
    let ran = run(command.arg(format!("http://{}{DIGEST}", server.address)));
    assert_eq!(ran.out, "hello\n", "{ran:?}");
}

// ==== writing ====

fn table(servers: &[Running], situations: impl Fn(&Running) -> Vec<Situation>) -> String {
    let names: Vec<_> = servers.iter().map(|server| server.name).collect();
    let mut text = format!("| row | sent | {} |\n", names.join(" | "));
    text += &format!("|---|---|{}\n", "---|".repeat(names.len()));
    let own: Vec<_> = servers.iter().map(situations).collect();
    for (index, Situation { row, what, .. }) in own[0].iter().enumerate() {
        let cells = servers.iter().zip(&own).map(|(server, own)| {
            let answer = ask(server, &own[index]);
            answer.map_or("–".to_owned(), |answer| cell(&answer, expected(server, &own[index])))
        });
        let cells = cells.collect::<Vec<_>>().join(" | ");
        text += &format!("| {row} | {what} | {cells} |\n");
    }
    text
}

/// The status, in bold if it is another than the semantics say; the schemes that are offered, and
/// whether a nonce is stale; what caches are told.
fn cell(answer: &Answer, expect: u16) -> String {
    let mut cell = match answer.status {
        status if status == expect => status.to_string(),
        status => format!("**{status}**"),
    };
    for challenge in challenges(answer) {
        cell += &format!(" {}", challenge.split(' ').next().unwrap_or("?"));
        if challenge.contains("stale=true") {
            cell += " stale";
        }
    }
    if let Some(told) = answer.field("cache-control") {
        cell += &format!(", {told}");
    }
    cell
}

/// What stands in the answer to a request with nothing.
fn refusals(servers: &[Running]) -> String {
    let mut text = "| server | challenge | `Content-Type` | `Cache-Control` | `Vary` |\n\
                    |---|---|---|---|---|\n"
        .to_owned();
    let nothing = |path| Situation { path, ..situations().remove(0) };
    let basic = servers.iter().map(|server| (server, "/hello"));
    for (server, path) in basic.chain(servers[..2].iter().map(|server| (server, DIGEST))) {
        let answer = ask(server, &nothing(path)).expect("an answer");
        let field =
            |name| answer.field(name).map_or("–".to_owned(), |value| format!("`{value}`"));
        let fields = ["content-type", "cache-control", "vary"].map(field).join(" | ");
        let mut challenges = challenges(&answer).join("`, `");
        if let Some(nonce) = nonce(&answer) {
            challenges = challenges.replace(&nonce, "…");
        }
        text += &format!("| {} | `{challenges}` | {fields} |\n", server.name);
    }
    text
}

// ==== the page ====

/// What stands between `<!-- name -->` and `<!-- /name -->`.
fn part<'a>(page: &'a str, name: &str) -> &'a str {
    let (_, behind) = page.split_once(&format!("<!-- {name} -->\n")).expect("a part of the page");
    behind.split_once(&format!("<!-- /{name} -->")).expect("the end of a part").0
}

fn with_part(page: &str, name: &str, text: &str) -> String {
    let end = format!("<!-- /{name} -->");
    let said = part(page, name);
    page.replace(&format!("-->\n{said}{end}"), &format!("-->\n{text}{end}"))
}

/// Says plainly who answers what, and where the page has it otherwise.
fn differences(said: &str, measured: &str) -> String {
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    let names = cells(measured.lines().next().unwrap_or_default());
    let mut text = String::new();
    if said.lines().count() != measured.lines().count() {
        text += "- there are other rows than on the page\n";
    }
    for (said, measured) in said.lines().zip(measured.lines()) {
        let (said, measured) = (cells(said), cells(measured));
        for ((name, said), now) in names.iter().zip(&said).zip(&measured) {
            if said != now {
                let situation = measured.iter().take(2).cloned().collect::<Vec<_>>().join(", ");
                text += &format!("- {situation}: {name} has {now:?}, the page says {said:?}\n");
            }
        }
    }
    text
}
