//! What is said of wrong arguments. An argument may be a secret that was mistyped, so none is repeated.

use std::ffi::OsString;

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Why there is nothing to do.
pub(crate) enum Usage {
    /// The help, or the version.
    Asked(String),
    /// The arguments are wrong.
    Wrong(String),
}

impl Usage {
    pub(crate) fn of(error: &Error, arguments: &[OsString]) -> Self {
        let names = |kind| error.get(kind).map(to_text).unwrap_or_default();
        let message = match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                return Self::Asked(error.to_string());
            }
            ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                return Self::Wrong(error.to_string());
            }
            ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => unknown(error, arguments),
            ErrorKind::InvalidValue => {
                let (name, valid) =
                    (names(ContextKind::InvalidArg), names(ContextKind::ValidValue));
                match &valid[..] {
                    "" => format!("{name} needs a value"),
                    valid => format!("the value of {name} has to be one of: {valid}"),
                }
            }
            ErrorKind::MissingRequiredArgument => {
                format!("missing: {}", names(ContextKind::InvalidArg))
            }
            ErrorKind::ArgumentConflict => {
                format!("{} is given twice", names(ContextKind::InvalidArg))
            }
            ErrorKind::TooManyValues => {
                format!("{} takes no value", names(ContextKind::InvalidArg))
            }
            ErrorKind::InvalidUtf8 => "an argument is not UTF-8".to_owned(),
            kind => format!("the arguments are wrong: {kind}"),
        };
        Self::Wrong(format!("{message}\n`{}` lists what there is", help(arguments)))
    }
}

/// The help of the subcommand, or of all if there is none.
fn help(arguments: &[OsString]) -> &'static str {
    match arguments.get(1).and_then(|argument| argument.to_str()) {
        Some("inspect") => "portcullis inspect --help",
        Some("explain") => "portcullis explain --help",
        _ => "portcullis --help",
    }
}

/// Whether it begins as a URL does.
fn is_url(argument: &OsString) -> bool {
    let text = argument.to_string_lossy().to_ascii_lowercase();
    ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme))
}

/// Names the place of an argument that is not known, and what is like it.
fn unknown(error: &Error, arguments: &[OsString]) -> String {
    if arguments.get(1).is_some_and(is_url) {
        return "the subcommand is missing: write `portcullis inspect URL`".to_owned();
    }
    let unknown = [ContextKind::InvalidArg, ContextKind::InvalidSubcommand];
    let unknown = unknown.into_iter().find_map(|kind| error.get(kind)).map(to_text);
    let unknown = unknown.unwrap_or_default();
    let place = arguments.iter().skip(1).position(|argument| {
        argument.to_str().is_some_and(|argument| argument.starts_with(&unknown))
    });
    let place = place.map_or(String::new(), |place| format!(" {}", place + 1));
    let alike = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand];
    let alike = alike.into_iter().find_map(|kind| error.get(kind)).map(to_text);
    let alike = alike.map_or(String::new(), |alike| format!("; did you mean {alike}?"));
    format!("argument{place} is not known, and not repeated here since it may be a secret{alike}")
}

fn to_text(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::Usage;
    use crate::args::Arguments;

    fn wrong(arguments: &[&str]) -> String {
        let arguments: Vec<_> = arguments.iter().map(OsString::from).collect();
        match Arguments::read(&arguments) {
            Err(Usage::Wrong(message)) => message,
            _ => panic!("{arguments:?}"),
        }
    }

    #[test]
    fn no_argument_is_repeated() {
        const URL: &str = "https://api.example/";
        for arguments in [
            &["portcullis", "inspect", URL, "--as", "alice", "s3cret"][..],
            &["portcullis", "inspect", URL, "--as", "alice:-", "--s3cret"],
            &["portcullis", "inspect", URL, "--as", "--s3cret"],
            &["portcullis", "inspect", URL, "-s3cret"],
            &["portcullis", "inspect", URL, "--token=s3cret"],
            &["portcullis", "inspect", URL, "--json=s3cret"],
            &["portcullis", "inspect", URL, "--min-severity", "s3cret"],
            &["portcullis", "inspect", URL, "--expired-token", "-", "--expired-token", "s3cret"],
            &["portcullis", "s3cret"],
            &["portcullis", "explain", "I01", "s3cret"],
        ] {
            let message = wrong(arguments);
            assert!(!message.contains("s3c") && !message.contains(" -s"), "{message}");
        }
    }

    #[test]
    fn a_wrong_argument_is_named_by_its_place_and_what_is_like_it() {
        let message = wrong(&["portcullis", "inspect", "https://api.example/", "--as-tokn", "a:-"]);
        assert!(message.contains("argument 3 "), "{message}");
        assert!(message.contains("--as-token"), "{message}");
        assert!(wrong(&["portcullis", "inspect"]).contains("<URL>"));
        let message = wrong(&["portcullis", "https://user:s3cret@api.example/"]);
        assert!(message.contains("write `portcullis inspect URL`"), "{message}");
        assert!(message.contains("`portcullis --help`") && !message.contains("s3c"), "{message}");
        let message = wrong(&["portcullis", "explain", "I01", "I02"]);
        assert!(message.contains("`portcullis explain --help`"), "{message}");
        let severities = wrong(&["portcullis", "inspect", "-", "--min-severity", "grave"]);
        assert!(severities.contains("advice, warning, error"), "{severities}");
        assert!(wrong(&["portcullis", "inspect", "-", "--allow"]).contains("--allow <ID> needs"));
    }
}
