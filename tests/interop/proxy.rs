//! The `forward_proxy` example between clients and an origin: section B.
//!
//! Node's `fetch` and digest-fetch know no proxy; everybody else does. Few have Digest for one:
//! httpx, aiohttp, HTTPie and wget send Basic, and do not wait to be asked.

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portcullis::{AuthenticateLayer, Basic, Users};
use serde_json::{Value, json};

use crate::chromium::drive;
use crate::curl::curl;
use crate::git::Git;
use crate::httpie::{self, http};
use crate::python::python;
use crate::support::{Answer, Connection, Example, Tool, get, request, send};
use crate::wget::{told, wget};
use crate::{Noted, Site, Told, digest};

/// A proxy, and an origin that asks for a login of its own at `/login`.
struct Way {
    proxy: Example,
    origin: Site,
}

const LOGIN: &str = "user:passwd";
const WRONG: &str = "user:wrong";
/// At the origin.
const ALICE: &str = "alice:wonderland";

impl Way {
    fn start() -> Self {
        let users = Users::new().with("alice", "wonderland", "alice");
        let users = users.with("user", "passwd", "user");
        let stage = AuthenticateLayer::new(Basic::new("origin", users).unwrap());
        let page = |request: Request| async move {
            let fields = [("connection", "x-hop"), ("x-hop", "one"), ("x-end", "to end")];
            (fields, format!("{} {}\n", request.method(), request.uri()))
        };
        let routes = Router::new().route("/login", any(page).layer(stage)).fallback(any(page));
        // The origin is on this machine.
        let proxy = Example::start_with("forward_proxy", &[("ALLOW_PRIVATE", "on")]);
        Self { proxy, origin: Site::noting(routes) }
    }

    fn proxy(&self) -> String {
        format!("http://{}", self.proxy.address)
    }

    fn proxy_of(&self, login: &str) -> String {
        format!("http://{login}@{}", self.proxy.address)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.origin.address())
    }

    /// What the origin was sent. B02: the proxy's credentials stay there.
    #[track_caller]
    fn arrived(&self) -> Vec<Noted> {
        let mut noted = self.origin.noted();
        noted.retain(|noted| !noted.line.contains("favicon"));
        for noted in &noted {
            let names: Vec<_> = noted.fields.iter().map(|(name, _)| &**name).collect();
            assert!(names.iter().all(|name| !name.starts_with("proxy-")), "{noted:?}");
        }
        noted
    }

    #[track_caller]
    fn lines(&self) -> Vec<String> {
        self.arrived().into_iter().map(|noted| noted.line).collect()
    }
}

fn basic(field: &str, login: &str) -> String {
    format!("{field}: Basic {}", STANDARD.encode(login))
}

// ==== curl ====

#[test]
fn b01_curl_proxy() {
    let Some(tool) = Tool::find("curl") else { return };
    let way = Way::start();
    let (proxy, url) = (way.proxy(), way.url("/page?a=b%20c"));
    for how in ["--proxy-basic", "--proxy-digest", "--proxy-anyauth"] {
        let ask = |more: &[&str]| curl(&tool, &[&["-x", &proxy, how], more, &[&*url]].concat());
        let (code, told) = ask(&["-U", LOGIN]);
        assert_eq!((code, told.status), (0, 200), "{how}");
        assert_eq!(told.body.as_deref(), Some("GET /page?a=b%20c\n"), "{how}");
        let arrived = way.arrived();
        assert_eq!(arrived.len(), 1, "{how}: {arrived:?}");
        assert_eq!(arrived[0].field("via"), Some("1.1 portcullis"), "{how}");
        for nobody in [&["-U", WRONG][..], &["-U", "mallory:passwd"], &[]] {
            let (code, told) = ask(nobody);
            assert_eq!((code, told.status), (0, 407), "{how} {nobody:?}");
            assert!(told.body.unwrap().contains("Proxy Authentication Required"));
        }
        // A body is sent again to whom asked.
        let (code, told) = ask(&["-U", LOGIN, "--data", "note=1"]);
        assert_eq!((code, told.body.as_deref()), (0, Some("POST /page?a=b%20c\n")), "{how}");
        assert_eq!(way.lines(), ["POST /page - 200"], "{how}");
    }
}

#[test]
fn b01_curl_tunnel() {
    let Some(tool) = Tool::find("curl") else { return };
    let way = Way::start();
    let (proxy, url) = (way.proxy(), way.url("/page"));
    for how in ["--proxy-basic", "--proxy-digest", "--proxy-anyauth"] {
        let ask = |login| curl(&tool, &["-x", &proxy, "-p", how, "-U", login, &url]);
        let (code, told) = ask(LOGIN);
        assert_eq!((code, told.status), (0, 200), "{how}");
        let arrived = way.arrived();
        assert_eq!(arrived.len(), 1, "{how}: {arrived:?}");
        // Nobody is between the ends of a tunnel.
        assert_eq!(arrived[0].field("via"), None, "{how}");
        // 56: there is no tunnel, and so no answer.
        let (code, told) = ask(WRONG);
        assert_eq!((code, told.status), (56, 0), "{how}");
        assert!(way.arrived().is_empty(), "{how}");
    }
}

#[test]
fn b03_curl_proxy_and_origin() {
    let Some(tool) = Tool::find("curl") else { return };
    let way = Way::start();
    let (proxy, url) = (way.proxy(), way.url("/login"));
    for how in ["--proxy-basic", "--proxy-digest", "--proxy-anyauth"] {
        for tunnel in [&[][..], &["-p"]] {
            let ask = |more: &[&str]| {
                let ask = [&["-x", &proxy, how, "--anyauth"], tunnel, more, &[&*url]].concat();
                curl(&tool, &ask).1.status
            };
            assert_eq!(ask(&["-U", LOGIN, "-u", ALICE]), 200, "{how} {tunnel:?}");
            let arrived = way.arrived();
            assert_eq!(arrived.last().unwrap().line, "GET /login Basic 200");
            let sent = format!(
                "authorization: {}",
                arrived.last().unwrap().field("authorization").unwrap()
            );
            assert_eq!(sent, basic("authorization", ALICE));
            // The origin asks for itself.
            assert_eq!(ask(&["-U", LOGIN]), 401, "{how} {tunnel:?}");
            assert_eq!(ask(&["-U", LOGIN, "-u", "alice:wrong"]), 401, "{how} {tunnel:?}");
            way.arrived();
            // What is for the one is of no use to the other.
            assert_eq!(ask(&["-u", LOGIN]), if tunnel.is_empty() { 407 } else { 0 });
            assert!(way.arrived().is_empty());
        }
    }
}

/// Both ask for Digest, each of its own realm, and each is told the target that it sees.
#[test]
fn b03_curl_digest_at_proxy_and_origin() {
    let Some(tool) = Tool::find("curl") else { return };
    let proxy = Example::start_with("forward_proxy", &[("ALLOW_PRIVATE", "on")]);
    let origin = digest::site("SHA-256");
    let proxy = format!("http://{}", proxy.address);
    let url = format!("http://{}/page?a=%2Fb", origin.address());
    for tunnel in [&[][..], &["-p"]] {
        let logins = ["--proxy-digest", "-U", LOGIN, "--digest", "-u", ALICE];
        let (code, told) = curl(&tool, &[&["-x", &proxy], &logins[..], tunnel, &[&*url]].concat());
        assert_eq!((code, told.status), (0, 200), "{tunnel:?}");
        assert_eq!(told.body.as_deref(), Some("alice GET /page?a=%2Fb ()"));
        assert_eq!(origin.seen(), ["GET /page - 401", "GET /page Digest 200"], "{tunnel:?}");
    }
}

/// As a reader would try them, but for the origin's port.
#[test]
fn b01_every_line_that_the_example_prints_answers_as_it_says() {
    let Some(tool) = Tool::find("curl") else { return };
    let allowing = Way::start();
    let not_allowing = Way { proxy: Example::start("forward_proxy"), origin: Way::start().origin };
    for (way, at_least) in [(allowing, 5), (not_allowing, 4)] {
        let lines = &way.proxy.lines;
        assert!(lines.len() >= at_least, "{lines:?}");
        for line in lines {
            let (command, promise) = line.split_once('#').expect("what to expect, behind a `#`");
            let port = format!(":{}/", way.origin.address().port());
            let command = command.replace(":8000/", &port);
            let words: Vec<_> = command.split_whitespace().skip(1).collect();
            let status = curl(&tool, &words).1.status;
            let promised = promise.trim().split(',').next().unwrap().parse().unwrap_or(200);
            assert_eq!(status, promised, "{line}");
            assert_eq!(way.arrived().len(), usize::from(promised == 200), "{line}");
        }
    }
}

// ==== the others ====

const SENT: [&str; 2] = ["GET /page - 200", "GET /login Basic 200"];

fn questions() -> String {
    json!([{ "path": "/page" }, { "path": "/login", "basic": ["alice", "wonderland"] }]).to_string()
}

#[track_caller]
fn statuses(said: &str) -> Vec<u16> {
    let told: Vec<Told> =
        serde_json::from_str(said).unwrap_or_else(|error| panic!("{error}: {said}"));
    told.iter().map(|told| told.status).collect()
}

#[test]
fn b03_python_through_a_proxy() {
    let Some(tool) = Tool::find("python/bin/python") else { return };
    let way = Way::start();
    for program in ["python_requests.py", "python_httpx.py", "python_aiohttp.py"] {
        let ask =
            |login| python(&tool, program, &[&way.url(""), &questions(), &way.proxy_of(login)]);
        assert_eq!(statuses(&ask(LOGIN)), [200, 200], "{program}");
        assert_eq!(way.lines(), SENT, "{program}");
        assert_eq!(statuses(&ask(WRONG)), [407, 407], "{program}");
        assert!(way.arrived().is_empty(), "{program}");
    }
}

/// The same nonce for all.
#[test]
fn b01_python_requests_digest_at_a_proxy() {
    let Some(tool) = Tool::find("python/bin/python") else { return };
    let way = Way::start();
    let ask = |password| {
        let question = json!({ "path": "/page", "proxy_digest": ["user", password] });
        let questions = Value::from(vec![question; 3]).to_string();
        statuses(&python(&tool, "python_requests.py", &[&way.url(""), &questions, &way.proxy()]))
    };
    assert_eq!(ask("passwd"), [200; 3]);
    assert_eq!(way.lines(), ["GET /page - 200"; 3]);
    assert_eq!(ask("wrong"), [407; 3]);
    assert!(way.arrived().is_empty());
}

#[test]
fn b03_httpie_through_a_proxy() {
    let Some(tool) = Tool::find("python/bin/http") else { return };
    let way = Way::start();
    for (login, status) in [(LOGIN, 200), (WRONG, 407)] {
        let proxy = format!("--proxy=http:{}", way.proxy_of(login));
        let told = httpie::told(&http(&tool, &[&proxy, "--auth", ALICE, &way.url("/login")]));
        assert_eq!(told.status, status);
        assert_eq!(way.lines().len(), usize::from(status == 200));
    }
}

#[test]
fn b03_wget_through_a_proxy() {
    let Some(tool) = Tool::find("wget") else { return };
    let way = Way::start();
    let ask = |password: &str, path: &str| {
        let proxy = format!("http_proxy={}", way.proxy());
        let password = format!("--proxy-password={password}");
        let more = ["-e", "use_proxy=yes", "-e", &proxy, "--proxy-user=user", &password];
        let login = ["--user=alice", "--password=wonderland"];
        told(wget(&tool, &[&more[..], &login, &[&*way.url(path)]].concat())).status
    };
    assert_eq!(ask("passwd", "/page"), 200);
    assert_eq!(way.lines(), ["GET /page - 200"]);
    assert_eq!(ask("passwd", "/login"), 200);
    assert_eq!(way.lines(), ["GET /login - 401", "GET /login Basic 200"]);
    assert_eq!(ask("wrong", "/page"), 407);
    assert!(way.arrived().is_empty());
}

#[test]
fn b03_git_through_a_proxy() {
    let Some(git) = Git::find() else { return };
    git.repositories();
    let origin = git.serve();
    let example = Example::start_with("forward_proxy", &[("ALLOW_PRIVATE", "on")]);
    let url = format!("http://alice:wonderland@{}/notes.git", origin.address());
    let clone = |login: &str, method: &str, into: &str| {
        let proxy = format!("http.proxy=http://{login}@{}", example.address);
        let method = format!("http.proxyAuthMethod={method}");
        let clone = ["-c", &proxy, "-c", &method, "clone", "-q", &url, into];
        git.run(git.home.path(), &clone)
    };
    for method in ["anyauth", "basic", "digest"] {
        let ran = clone(LOGIN, method, method);
        assert_eq!(ran.code, 0, "{method}: {ran:?}");
        let seen = origin.noted();
        assert!(seen.iter().all(|noted| noted.field("proxy-authorization").is_none()));
        assert!(seen.len() > 4 && seen.iter().all(|noted| noted.field("via").is_some()));
        let ran = clone(WRONG, method, "nothing");
        assert_eq!(ran.code, 128, "{method}: {ran:?}");
        assert!(ran.err.contains("407"), "{method}: {ran:?}");
        assert!(origin.noted().is_empty());
    }
}

/// What drives it here has but one login for proxy and origin.
///
/// When the origin asks behind a proxy with Digest, it sends its request once more, with another
/// `cnonce` and the same `nc`, against RFC 7616 §3.4. That count was used (H04), so it is refused; but
/// its digest was right, and with `stale=true` it does not ask its user.
#[test]
fn b03_chromium_through_a_proxy() {
    let (Some(tool), Some(chromium)) = (Tool::find("node"), Tool::find("chromium")) else { return };
    let Some(modules) = Tool::find("node/node_modules") else { return };
    let way = Way::start();
    let program = chromium.path().display().to_string();
    let ask = |password: &str| {
        let proxy = json!({
            // It would go to this machine without one.
            "server": way.proxy(), "bypass": "<-loopback>",
        });
        let question = |path| json!({ "path": path, "session": 1, "basic": ["user", password] });
        let questions = json!([question("/page"), question("/login")]).to_string();
        let arguments = [&*program, &way.url(""), &questions, &proxy.to_string()];
        statuses(&drive(&tool, modules.path(), "chromium.cjs", &arguments))
    };
    assert_eq!(ask("passwd"), [200, 200]);
    assert_eq!(way.lines(), ["GET /page - 200", "GET /login - 401", "GET /login Basic 200"]);
    assert_eq!(ask("wrong"), [407, 407]);
    assert!(way.arrived().is_empty());
}

// ==== byte by byte ====

/// A request to the proxy, with these fields besides its own login.
#[track_caller]
fn ask(way: &Way, method: &str, target: &str, fields: &[&str]) -> Answer {
    let login = basic("proxy-authorization", LOGIN);
    send(way.proxy.address, method, target, &[&[&*login], fields].concat())
}

#[test]
fn b02_what_is_for_one_connection_is_not_passed_on() {
    let way = Way::start();
    let fields = [
        "connection: x-one, close, X-Two",
        "connection: x-three",
        "x-one: 1",
        "x-two: 2",
        "x-three: 3",
        "x-four: 4",
        "keep-alive: timeout=5",
        "proxy-connection: keep-alive",
        "te: trailers",
        "upgrade: websocket",
        "via: 1.0 earlier",
        "authorization: Basic b3JpZ2lu",
    ];
    let answer = ask(&way, "GET", &way.url("/page"), &fields);
    assert_eq!((answer.status, answer.text()), (200, "GET /page\n"));
    let arrived = way.arrived();
    let names: Vec<_> = arrived[0].fields.iter().map(|(name, _)| &**name).collect();
    assert!(names.contains(&"x-four"), "{names:?}");
    for gone in ["connection", "x-one", "x-two", "x-three", "keep-alive", "te", "upgrade"] {
        assert!(!names.contains(&gone), "{gone}: {names:?}");
    }
    let vias = arrived[0].fields.iter().filter(|(name, _)| name == "via");
    let vias: Vec<_> = vias.map(|(_, value)| &**value).collect();
    assert_eq!(vias, ["1.0 earlier", "1.1 portcullis"]);
    assert_eq!(arrived[0].field("authorization"), Some("Basic b3JpZ2lu"));
    assert_eq!(arrived[0].field("host"), Some(&*way.origin.address().to_string()));
    // Back as well.
    assert_eq!((answer.field("x-hop"), answer.field("x-end")), (None, Some("to end")));
    assert_eq!(answer.field("via"), Some("1.1 portcullis"));
}

#[test]
fn b01_a_proxy_asks_before_it_looks_where_to() {
    let way = Way::start();
    // Held, so that nobody else gets it and listens.
    let port = tokio::net::TcpSocket::new_v4().unwrap();
    port.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let closed = port.local_addr().unwrap();
    let cases = [
        ("GET", "/page".to_owned(), 400),
        ("GET", format!("http://{closed}/"), 502),
        ("CONNECT", closed.to_string(), 502),
        ("CONNECT", "localhost".to_owned(), 400),
        ("GET", way.url("/page"), 200),
    ];
    for (method, target, status) in &cases {
        let answer = ask(&way, method, target, &[]);
        assert_eq!(answer.status, *status, "{method} {target}");
        assert!(answer.field("content-type").is_some(), "{method} {target}: {answer:?}");
        let answer = send(way.proxy.address, method, target, &[]);
        assert_eq!((answer.status, answer.schemes().len()), (407, 2), "{method} {target}");
        assert!(answer.lines("proxy-authenticate")[0].starts_with("Digest realm=\"proxy\""));
    }
    assert_eq!(way.lines(), ["GET /page - 200"]);
    let answer = get(way.proxy.address, &way.url("/page"), &[&basic("authorization", LOGIN)]);
    assert_eq!(answer.status, 407);
}

/// A tunnel takes the connection, after a refusal on the same one; what goes through it is not the
/// proxy's any more.
#[test]
fn b02_a_tunnel_passes_everything() {
    let way = Way::start();
    let origin = way.origin.address();
    let connect = |fields: &[&str]| {
        let fields: Vec<_> = fields.iter().map(|field| field.as_bytes()).collect();
        request("CONNECT", &origin.to_string(), &fields)
    };
    let mut connection = Connection::open(way.proxy.address);
    assert_eq!(connection.send(&connect(&[])).status, 407);
    connection.write(&connect(&[&basic("proxy-authorization", LOGIN)]));
    let head = String::from_utf8(connection.read_until(b"\r\n\r\n")).unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let lower = head.to_ascii_lowercase();
    assert!(!lower.contains("content-length") && !lower.contains("transfer-encoding"), "{head}");
    for _ in 0..2 {
        let request = request("GET", "/page", &[b"proxy-authorization: Basic eA=="]);
        assert_eq!(connection.send(&request).text(), "GET /page\n");
    }
    let noted = way.origin.noted();
    assert_eq!(noted[1].field("proxy-authorization"), Some("Basic eA=="));
}
