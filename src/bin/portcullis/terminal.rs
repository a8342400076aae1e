//! The terminal: colours, and what is never printed.

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal, Write};

use portcullis::inspect::Severity;

use crate::failure::Failure;
use crate::shown::clean;

/// Whether colours are used.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    has_colours: bool,
}

impl Style {
    /// Colours for a terminal, unless the user wants none (<https://no-color.org>).
    pub(crate) fn of_output() -> Self {
        let (no_color, term) = (env::var_os("NO_COLOR"), env::var_os("TERM"));
        Self::of(io::stdout().is_terminal(), no_color, term)
    }

    fn of(is_terminal: bool, no_color: Option<OsString>, term: Option<OsString>) -> Self {
        let is_unwanted = no_color.is_some_and(|value| !value.is_empty());
        let is_dumb = term.is_none_or(|term| term == "dumb");
        Self { has_colours: is_terminal && !is_unwanted && !is_dumb }
    }

    pub(crate) fn severity(self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Error => "1;31",
            Severity::Warning => "1;33",
            Severity::Advice => "1;36",
        };
        self.with(code, text)
    }

    pub(crate) fn strong(self, text: &str) -> String {
        self.with("1", text)
    }

    pub(crate) fn faint(self, text: &str) -> String {
        self.with("2", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        match self.has_colours {
            true => format!("\x1b[{code}m{text}\x1b[0m"),
            false => text.to_owned(),
        }
    }
}

/// Prints to the standard output. That the reader has gone, as `head` does, is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write to the standard output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Says on the standard error why there is no result.
pub(crate) fn complain(failure: &Failure) {
    let text = failure.to_string();
    let lines: Vec<_> = text.trim_end().lines().map(clean).collect();
    let _ = writeln!(io::stderr(), "portcullis: {}", lines.join("\n"));
}

/// Says on the standard error what to do.
pub(crate) fn hint(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_of_people_who_want_them() {
        let text = |value: &str| Some(OsString::from(value));
        let has = |is_terminal, no_color, term| Style::of(is_terminal, no_color, term).has_colours;
        assert!(has(true, None, text("xterm")));
        assert!(has(true, text(""), text("xterm")));
        assert!(!has(true, text("1"), text("xterm")));
        assert!(!has(true, None, text("dumb")));
        assert!(!has(true, None, None));
        assert!(!has(false, None, text("xterm")));
        let plain = Style { has_colours: false };
        assert_eq!(plain.severity(Severity::Error, "error"), "error");
        let coloured = Style { has_colours: true };
        assert_eq!(coloured.severity(Severity::Error, "error"), "\x1b[1;31merror\x1b[0m");
    }

    #[test]
    fn what_controls_a_terminal_is_not_printed() {
        assert_eq!(
            clean("a\x1b[2Jb\rc\u{9b}d\u{202e}e\u{2028}\u{61c} → ü"),
            "a\u{FFFD}[2Jb\u{FFFD}c\u{FFFD}d\u{FFFD}e\u{FFFD}\u{FFFD} → ü"
        );
    }
}
