//! docs/alerts.yml, for the tests that load it into Prometheus.

use std::fs;
use std::path::Path;

/// The windows of docs/alerts.yml, and short ones for a Prometheus that scrapes each second and evaluates
/// each second. What is longer there stays longer here.
pub const SHORT_WINDOWS: [(&str, &str); 7] = [
    ("2m", "2s"),
    ("4m", "5s"),
    ("5m", "6s"),
    ("10m", "12s"),
    ("15m", "10s"),
    ("30m", "15s"),
    ("1h", "30s"),
];

/// The text of docs/alerts.yml.
pub fn alert_rules() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/alerts.yml");
    fs::read_to_string(path).expect("docs/alerts.yml")
}

/// The same rules with [`SHORT_WINDOWS`]: only what is a duration as a whole is replaced.
///
/// # Panics
///
/// If the rules have a window without a short one.
pub fn alert_rules_with_short_windows() -> String {
    let mut short = String::new();
    for line in alert_rules().lines() {
        if line.trim_start().starts_with('#') {
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
            let is_apart = !rest[..at].ends_with(|c: char| c.is_alphanumeric() || "_.".contains(c));
            let end = rest[at..].find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.');
            let end = end.map_or(rest.len(), |length| at + length);
            let word = &rest[at..end];
            short.push_str(&rest[..at]);
            if is_apart && is_duration(word) {
                let window = SHORT_WINDOWS.iter().find(|(long, _)| *long == word);
                let (_, window) = window.unwrap_or_else(|| panic!("no short window for {word}"));
                short.push_str(window);
            } else {
                short.push_str(word);
            }
            rest = &rest[end..];
        }
        short.push_str(rest);
        short.push('\n');
    }
    short
}

fn is_duration(word: &str) -> bool {
    let number = word.trim_end_matches(|c| "smhd".contains(c));
    number.len() + 1 == word.len() && number.bytes().all(|byte| byte.is_ascii_digit())
}
