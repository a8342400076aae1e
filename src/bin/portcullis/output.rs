//! Prints what was found: as text for a person, or as JSON for a program.

use std::fmt::Write as _;

use portcullis::inspect::{Place, Severity};
use serde_json::{Value, json};

use crate::outcome::{Found, Outcome};
use crate::shown::clean;
use crate::terminal::Style;

/// The most requests that are named for one finding.
const MAX_REQUESTS: usize = 3;
/// How many characters a line has at most, unless one word is longer.
const WIDTH: usize = 100;
/// How many spaces are in front of what belongs to a finding.
const INDENT: usize = 8;
/// The version of the JSON. It changes if a member is removed, or gets another meaning.
const FORMAT: u64 = 1;

/// For a person to read.
pub(crate) fn text(outcome: &Outcome, style: Style) -> String {
    let mut text = String::new();
    let width = outcome.found.iter().map(|found| found.finding.id().len()).max().unwrap_or(0);
    for found in &outcome.found {
        add(&mut text, found, width, style);
    }
    if !outcome.unanswered.is_empty() {
        text += "without a response that can be judged:\n";
        for (request, why) in &outcome.unanswered {
            line(&mut text, &format!("{request}: {why}"));
        }
        text.push('\n');
    }
    for note in &outcome.notes {
        let _ = writeln!(text, "note: {}", clean(note));
    }
    text += &summary(outcome, style);
    text
}

fn add(text: &mut String, found: &Found, width: usize, style: Style) {
    let Found { finding, requests, .. } = found;
    let (severity, id, check) = (finding.severity(), finding.id(), finding.check());
    let word = style.severity(severity, &format!("{severity:<7}"));
    let _ =
        writeln!(text, "{word} {}  {}", style.strong(&format!("{id:<width$}")), shown_by(requests));
    line(text, &format!("{}.", finding.detail().trim_end_matches('.')));
    if let Some(seen) = seen(finding.place(), finding.excerpt()) {
        line(text, &seen);
    }
    line(text, check.remedy());
    let rows: Vec<_> = [check.number()].iter().chain(check.rows()).copied().collect();
    let word = if rows.len() == 1 { "row" } else { "rows" };
    let source = format!("{}; {word} {}", check.source(), rows.join(", "));
    let _ = writeln!(text, "        {}\n", style.faint(&source));
}

/// `GET /reports without credentials → 401, and 3 more`.
fn shown_by(requests: &[(String, http::StatusCode)]) -> String {
    let named = requests.iter().take(MAX_REQUESTS);
    let named = named.map(|(request, status)| format!("{} → {}", clean(request), status.as_u16()));
    let mut text = named.collect::<Vec<_>>().join("; ");
    if let Some(more @ 1..) = requests.len().checked_sub(MAX_REQUESTS) {
        let _ = write!(text, "; and {more} more");
    }
    text
}

/// The bytes that a finding rests on.
fn seen(place: &Place, excerpt: &str) -> Option<String> {
    match place {
        _ if excerpt.is_empty() => None,
        Place::Header { name, .. } => Some(format!("seen: {name}: {excerpt}")),
        Place::Body(_) => Some(format!("seen in the body: {excerpt}")),
        _ => None,
    }
}

/// A paragraph below a finding, in lines of a width that can be read.
fn line(text: &mut String, line: &str) {
    let line = clean(line);
    let mut width = 0;
    for word in line.split(' ') {
        let length = word.chars().count();
        let (separator, longer) = match width {
            0 => ("        ", INDENT + length),
            _ if width + 1 + length > WIDTH => ("\n        ", INDENT + length),
            _ => (" ", width + 1 + length),
        };
        width = longer;
        text.push_str(separator);
        text.push_str(word);
    }
    text.push('\n');
}

fn summary(outcome: &Outcome, style: Style) -> String {
    let number = |count: usize, word: &str| match count {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        count => format!("{count} {word}s"),
    };
    let judged = if outcome.inspected == "-" { "response" } else { "request" };
    let severity = |severity, word: &str| {
        let count = outcome.count(severity);
        let text = number(count, word);
        if count == 0 { text } else { style.severity(severity, &text) }
    };
    let mut text = format!(
        "{}, {}, {} in {}\n",
        severity(Severity::Error, "error"),
        severity(Severity::Warning, "warning"),
        match outcome.count(Severity::Advice) {
            0 => "no advice".to_owned(),
            count => format!("{count} advice"),
        },
        number(outcome.requests, judged),
    );
    if let Some(found) = outcome.found.first() {
        let _ = writeln!(text, "`portcullis explain {}` says more", found.finding.id());
    }
    text
}

/// For a program to read: one object on one line.
pub(crate) fn json(outcome: &Outcome) -> String {
    let unanswered = outcome.unanswered.iter();
    let unanswered = unanswered.map(|(request, why)| json!({ "request": request, "why": why }));
    let json = json!({
        "format": FORMAT,
        "inspected": outcome.inspected,
        "requests": outcome.requests,
        "errors": outcome.count(Severity::Error),
        "warnings": outcome.count(Severity::Warning),
        "advice": outcome.count(Severity::Advice),
        "findings": outcome.found.iter().map(|found| found.json.clone()).collect::<Value>(),
        "unanswered": unanswered.collect::<Value>(),
        "notes": outcome.notes,
    });
    format!("{}\n", cleaned(json))
}

/// The texts without what would control the terminal of a person who looks at them: JSON escapes some of it.
fn cleaned(value: Value) -> Value {
    match value {
        Value::String(text) => clean(&text).into(),
        Value::Array(values) => values.into_iter().map(cleaned).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, cleaned(value))).collect()
        }
        value => value,
    }
}
