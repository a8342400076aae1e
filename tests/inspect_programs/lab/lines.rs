//! The lines for a terminal: on the guided page, and where the lab starts.

use crate::support::{Connection, Example};

fn page(lab: &Example) -> String {
    let request = format!("GET / HTTP/1.1\r\nhost: {}\r\n\r\n", lab.address);
    Connection::open(lab.address).send(request.as_bytes()).text().to_owned()
}

/// The HTML between the two texts, each time that they stand on the page.
fn between<'a>(html: &'a str, from: &str, until: &str) -> Vec<&'a str> {
    let behind = html.split(from).skip(1);
    behind.map(|text| text.split_once(until).expect("an end").0).collect()
}

/// The lines of each step.
fn of_steps(html: &str) -> Vec<Vec<&str>> {
    let blocks = between(html, "aria-label=\"Lines for curl\">", "</pre>");
    assert_eq!(blocks.len(), 10, "one for each step");
    blocks.into_iter().map(|block| block.lines().collect()).collect()
}

/// A person without a browser copies the lines from the HTML itself.
#[test]
fn the_lines_of_the_page_need_no_browser_to_be_read() {
    let html = page(&Example::start("lab"));
    for line in of_steps(&html).concat() {
        assert!(!line.contains('&') || line.contains(" 2>&1 | "), "{line}");
        assert!(!line.contains("&amp;"), "{line}");
    }
}

/// The lab remembers a visitor: a second walk through a step has to begin it anew.
#[test]
fn steps_with_a_memory_begin_anew() {
    let html = page(&Example::start("lab"));
    let steps = of_steps(&html);
    for number in [4, 9] {
        let lines = &steps[number - 1];
        assert_eq!(lines[0], "# This begins the step anew:");
        let report = format!("/visitors/step-{number}/report");
        assert!(
            lines[1].starts_with("curl -X DELETE ") && lines[1].ends_with(&report),
            "{lines:?}"
        );
    }
}

/// What the page asks for without scripts, it also answers.
#[test]
fn without_scripts_each_question_has_its_answer() {
    let html = page(&Example::start("lab"));
    let pasted = of_steps(&html)[0].iter().any(|line| line.ends_with(" | portcullis inspect -"));
    assert!(pasted, "step 1 asks what the inspector finds");
    for number in [7, 10] {
        let step =
            between(&html, &format!("<section class=\"step\" id=\"step-{number}\""), "</section>");
        let answers = between(step[0], "<noscript>", "</noscript>");
        assert_eq!(answers.len(), 1, "step {number}");
    }
}

/// In zsh a `?` without quotes is a pattern, and a `#` behind a command is an argument.
#[test]
fn the_lines_are_for_each_shell() {
    let lab = Example::start("lab");
    let html = page(&lab);
    let lines = of_steps(&html).concat().into_iter().map(str::to_owned);
    for line in lines.chain(lab.lines.clone()) {
        if line.starts_with("# ") {
            assert!(!line.contains(['\'', '"', '`', '?', '*', '(', ')', '!', '&', ';']), "{line}");
            continue;
        }
        assert!(line.starts_with("curl "), "{line}");
        let unquoted = line.split('\'').step_by(2).collect::<String>();
        assert!(!unquoted.contains(['?', '*', '#', '!']), "{line}");
    }
}

/// The first page shows a request, and the response that the lab sends to it.
#[test]
fn the_model_is_what_the_lab_sends() {
    let lab = Example::start("lab");
    let html = page(&lab);
    let model = |label: &str| between(&html, &format!("aria-label=\"{label}\">"), "</pre>")[0];
    let request = format!("{}\r\n\r\n", model("A request").replace('\n', "\r\n"));
    assert!(request.contains(&format!("Host: {}\r\n", lab.address)), "{request}");
    let answer = Connection::open(lab.address).send(request.as_bytes());
    let mut lines = vec!["HTTP/1.1 401 Unauthorized".to_owned()];
    let fields = answer.fields.iter().filter(|(name, _)| name != "date");
    lines.extend(fields.map(|(name, value)| format!("{name}: {value}")));
    lines.extend([String::new(), answer.text().to_owned()]);
    assert_eq!(answer.status, 401);
    assert_eq!(model("Its response").lines().collect::<Vec<_>>(), lines);
}

/// The names are not in the source alone.
#[test]
fn the_lab_lists_its_sequences_and_its_faults() {
    let lab = Example::start("lab");
    let get = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", lab.address);
        Connection::open(lab.address).send(request.as_bytes())
    };
    let list = get("/visitors/me");
    assert_eq!(list.status, 200, "{list:?}");
    for name in ["expires-after/3", "rotates", "403-always", "step-up", "redirect-away", "report"] {
        assert!(list.text().contains(&format!("\"/visitors/me/{name}\"")), "{name}");
    }
    // Each is there.
    for sequence in list.json().as_array().expect("sequences") {
        let path = sequence["path"].as_str().expect("a path");
        let is_hidden = path.contains("/hidden");
        assert!(is_hidden || get(path).status != 404, "{path}");
    }
    let unknown = get("/wrong/I99/reports");
    assert_eq!(unknown.status, 404);
    assert!(unknown.text().contains("listed at /wrong"), "{unknown:?}");
    let other = get("/wrong/I01/reports");
    assert!(other.text().contains("/status/401?wrong=I01"), "{other:?}");
}
