//! The examples respond to each command that they print as they promise, and conceal: C06, D08.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Answer, Connection, Example, get, request, send};

/// A request as `curl` sends it, and the status that the example promises for it.
struct Try {
    line: String,
    request: Vec<u8>,
    promised: u16,
}

impl Try {
    /// Reads `curl -i … http://ADDRESS/path  # status, and why`. `jar` is what `-b` sends.
    fn read(line: &str, example: &Example, jar: &str) -> Self {
        let (command, promise) = line.rsplit_once('#').expect("what to expect, behind a `#`");
        let promised = promise.trim().split(',').next().unwrap().parse().expect("a status");
        let base = format!("http://{}", example.address);
        let (mut method, mut path, mut body) = (None, None, None);
        let mut fields = vec!["accept: */*".to_owned()];
        let mut words = words(command).into_iter();
        assert_eq!(words.next().as_deref(), Some("curl"), "{line}");
        while let Some(word) = words.next() {
            let mut argument = || words.next().unwrap_or_else(|| panic!("an argument: {line}"));
            match &*word {
                // The version does not change the response, and has its own tests.
                "-i" | "--http2-prior-knowledge" => {}
                // Cookies go into the jar whenever the command names one.
                "-c" => drop(argument()),
                "-b" => {
                    argument();
                    fields.push(format!("cookie: {jar}"));
                }
                "-X" => method = Some(argument()),
                "-H" => fields.push(argument()),
                "-d" => body = Some(argument()),
                "-u" => {
                    fields.push(format!("authorization: Basic {}", STANDARD.encode(argument())))
                }
                "--oauth2-bearer" => fields.push(format!("authorization: Bearer {}", argument())),
                url => {
                    path = Some(url.strip_prefix(&base).expect("an address of its own").to_owned())
                }
            }
        }
        if let Some(body) = &body {
            fields.push("content-type: application/x-www-form-urlencoded".to_owned());
            fields.push(format!("content-length: {}", body.len()));
        }
        let method = method.unwrap_or(if body.is_some() { "POST" } else { "GET" }.to_owned());
        let fields: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
        let head = request(&method, &path.expect("an address"), &fields);
        let request = [head, body.unwrap_or_default().into_bytes()].concat();
        Self { line: line.to_owned(), request, promised }
    }
}

/// The words of a command line, of which some are in single quotes.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate();
    let words = parts.flat_map(|(index, part)| match index % 2 {
        1 => vec![part.to_owned()],
        _ => part.split_whitespace().map(str::to_owned).collect(),
    });
    words.collect()
}

#[test]
fn a01_to_d08_every_line_that_an_example_prints_answers_as_it_says() {
    for (name, at_least) in [
        ("decision_table", 16),
        ("hyper_server", 6),
        ("object_level", 5),
        ("passwords", 20),
        ("sessions", 22),
        ("vault", 16),
        ("webapp", 19),
    ] {
        let example = Example::start(name);
        assert!(example.lines.len() >= at_least, "{name}: {:?}", example.lines);
        let mut hidden: Option<Answer> = None;
        let mut jar = String::new();
        for line in &example.lines {
            let Try { line, request, promised } = Try::read(line, &example, &jar);
            let answer = Connection::open(example.address).send(&request);
            // A log-out sets another one, for the back-forward cache.
            let mut cookies = answer.lines("set-cookie").into_iter();
            let session = cookies.find(|cookie| !cookie.starts_with("logged-out="));
            if let Some((cookie, _)) = session.and_then(|it| it.split_once(';')) {
                jar = cookie.to_owned();
            }
            assert_eq!(answer.status, promised, "{name}: {line}: {answer:?}");
            let has_type = answer.field("content-type").is_some();
            assert!(has_type || answer.body.is_empty(), "{name}: {line}: {answer:?}");
            let waits = [429, 503].contains(&promised);
            assert_eq!(answer.field("retry-after").is_some(), waits, "{line}");
            assert_eq!(answer.schemes().is_empty(), !line.contains("scopes") && promised != 401);
            let says_scopes = answer.error("Bearer").as_deref() == Some("insufficient_scope");
            assert_eq!(says_scopes, line.contains("says which scopes"), "{line}");
            if promised != 404 {
                continue;
            }
            // A concealed resource looks like a missing one.
            let answer = answer.undated();
            assert_eq!(*hidden.get_or_insert_with(|| answer.clone()), answer, "{line}");
        }
    }
}

#[test]
fn the_first_program_of_the_readme_is_the_example_quickstart() {
    let example = include_str!("../../examples/quickstart.rs");
    let program = example.split_once("\n\n").expect("a line of documentation").1;
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("```rust,no_run\n{program}```\n")), "{program}");
}

const ALICE: &str = "authorization: Bearer alice-token";
const BOB: &str = "authorization: Bearer bob-token";

#[test]
fn d08_of_loaded_objects_a_foreign_one_is_as_missing_as_an_unknown_one() {
    let example = Example::start("object_level");
    let missing = get(example.address, "/documents/3", &[BOB]).undated();
    assert_eq!(missing.status, 404);
    for method in ["GET", "DELETE", "HEAD"] {
        let ask = |path, who| send(example.address, method, path, &[who]).undated();
        assert_eq!(ask("/documents/2", BOB), ask("/documents/3", BOB), "{method}");
    }
    // A caller who may see it gets the real reason.
    assert_eq!(get(example.address, "/documents/1", &[BOB]).json()["title"], "Minutes");
    assert_eq!(send(example.address, "DELETE", "/documents/1", &[BOB]).status, 403);
    assert_eq!(send(example.address, "DELETE", "/documents/2", &[ALICE]).status, 403);
    // After its deletion it is missing for every caller.
    assert_eq!(send(example.address, "DELETE", "/documents/1", &[ALICE]).status, 200);
    for who in [ALICE, BOB] {
        assert_eq!(get(example.address, "/documents/1", &[who]).undated(), missing);
    }
    assert_eq!(get(example.address, "/nothing", &[BOB]).undated(), missing);
    // An anonymous caller learns nothing (D06).
    let unknown = get(example.address, "/documents/2", &[]).undated();
    assert_eq!((unknown.status, unknown.schemes()), (401, vec!["Bearer".to_owned()]));
    assert_eq!(get(example.address, "/documents/3", &[]).undated(), unknown);
}

#[test]
fn c06_without_a_framework_all_is_hidden_from_strangers_and_diaries_from_others() {
    let example = Example::start("hyper_server");
    let login = |login: &str| format!("authorization: Basic {}", STANDARD.encode(login));
    let (alice, bob) = (login("alice:wonderland"), login("bob:builder"));
    let missing = get(example.address, "/", &[]).undated();
    assert_eq!(missing.status, 404);
    for path in ["/", "/anything", "/diaries/bob", "/diaries/alice"] {
        for who in [&[][..], &[&*bob], &["x-api-key:"], &["authorization: Bearer x"]] {
            assert_eq!(get(example.address, path, who).undated(), missing, "{path} {who:?}");
        }
    }
    for (who, own) in [(&*alice, "/diaries/alice"), ("x-api-key: robot-key", "/diaries/robot")] {
        assert_eq!(get(example.address, own, &[who]).status, 200);
        assert_eq!(get(example.address, "/diaries/bob", &[who]).undated(), missing);
    }
    for who in [&*login("alice:wrong"), "x-api-key: wrong"] {
        let answer = get(example.address, "/", &[who]);
        assert_eq!(
            (answer.status, answer.schemes()),
            (401, ["Basic", "ApiKey"].map(str::to_owned).into())
        );
    }
    // Two lines are ambiguous, right or not (A05).
    assert_eq!(get(example.address, "/", &[&alice, &bob]).status, 400);
}
