//! The arguments of the command.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use portcullis::inspect::Severity;

use crate::usage::Usage;

/// Inspects how a server refuses, and explains what is wrong.
#[derive(Parser)]
#[command(name = "portcullis", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Subcommand)]
pub(crate) enum Task {
    /// Judges the refusals of a server, or of a pasted exchange
    #[command(after_help = MORE, after_long_help = LONG)]
    Inspect(Box<Settings>),
    /// Explains a check, or lists all of them
    Explain {
        /// The id or the number of a check, such as challenge-missing or I01
        #[arg(value_name = "ID")]
        id: Option<String>,
    },
}

#[derive(Args)]
pub(crate) struct Settings {
    /// What to inspect: the http or https URL of a page that needs credentials, or - for text from
    /// the standard input, as `curl -si` or `curl -sv` prints it
    #[arg(value_name = "URL")]
    pub(crate) url: String,

    /// A user that may see the page, with Basic
    #[arg(long = "as", value_name = "NAME:-", help_heading = CALLERS)]
    permitted: Vec<String>,
    /// A user that may see the page, with a bearer token
    #[arg(long = "as-token", value_name = "NAME:-", help_heading = CALLERS)]
    permitted_token: Vec<String>,
    /// A user that may see the page, with a header such as an API key or a cookie
    #[arg(long = "as-header", value_name = "NAME:HEADER:-", help_heading = CALLERS)]
    permitted_header: Vec<String>,
    /// A user that is known and may not see the page, with Basic
    #[arg(long = "but-not", value_name = "NAME:-", help_heading = CALLERS)]
    refused: Vec<String>,
    /// A user that is known and may not see the page, with a bearer token
    #[arg(long = "but-not-token", value_name = "NAME:-", help_heading = CALLERS)]
    refused_token: Vec<String>,
    /// A user that is known and may not see the page, with a header
    #[arg(long = "but-not-header", value_name = "NAME:HEADER:-", help_heading = CALLERS)]
    refused_header: Vec<String>,
    /// A bearer token that was valid once
    #[arg(long = "expired-token", value_name = "-", help_heading = CALLERS)]
    expired_token: Option<String>,
    /// The callers, in the order in which they are named.
    #[arg(skip)]
    pub(crate) callers: Vec<(Flag, String)>,

    /// Also sends this method, which may change data: with an empty body and with bodies that no
    /// server supports
    #[arg(long = "method", value_name = "METHOD", help_heading = REQUESTS)]
    pub(crate) methods: Vec<String>,
    /// Adds a header to every request. Not for credentials
    #[arg(long = "header", value_name = "NAME:VALUE", help_heading = REQUESTS)]
    pub(crate) headers: Vec<String>,
    /// The origin whose scripts may use the page, such as https://app.example
    #[arg(long, value_name = "ORIGIN", help_heading = REQUESTS)]
    pub(crate) origin: Option<String>,
    /// Also asks what a crawler asks
    #[arg(long, help_heading = REQUESTS)]
    pub(crate) crawler: bool,
    /// Trusts the certificate authorities in this PEM file, and not those of this system
    #[arg(long = "ca-file", value_name = "FILE", help_heading = REQUESTS)]
    pub(crate) ca_file: Option<PathBuf>,

    /// Does not report what this check finds, or requests without a response: unanswered
    #[arg(long = "allow", value_name = "ID", help_heading = REPORT)]
    pub(crate) allowed: Vec<String>,
    /// Leaves out findings that are less grave
    #[arg(
        long = "min-severity",
        value_name = "SEVERITY",
        default_value = "advice",
        hide_default_value = true,
        help_heading = REPORT
    )]
    pub(crate) min_severity: Least,
    /// Prints one JSON object
    #[arg(long, help_heading = REPORT)]
    pub(crate) json: bool,
}

const CALLERS: &str = "Callers (a secret is never an argument: write - in its place)";
const REQUESTS: &str = "Requests";
const REPORT: &str = "Report";

const MORE: &str = "\
Exit status: 0 nothing found but advice, 1 a warning or an error, 2 the inspection could not be done.
`--help` says where secrets are read from, and what is sent.";

const LONG: &str = "\
Secrets: each - stands for a secret. It is the value of an environment variable, if that is set:
  --as alice:-, --but-not alice:-                PORTCULLIS_PASSWORD_ALICE
  --as-token alice:-, --but-not-token alice:-    PORTCULLIS_TOKEN_ALICE
  --as-header alice:x-api-key:-                  PORTCULLIS_HEADER_ALICE
  --expired-token -                              PORTCULLIS_EXPIRED_TOKEN
In the name of a variable, each character of NAME that is no letter or digit of ASCII is _. If the
variable is not set, the terminal asks for the secret, and does not show what is typed. If the standard
input is no terminal, each secret is one line of it, in the order of the arguments.

What is sent: at most 60 requests, with safe methods only unless --method names others. Some have wrong
credentials, which a server may count: inspect only servers that are yours. Redirects are not followed.

Exit status:
  0  nothing was found, or only advice
  1  a warning or an error was found, or a request had no response that can be judged
  2  the inspection could not be done, or the arguments are wrong

Examples:
  portcullis inspect https://api.example/reports --as alice:- --but-not bob:- --expired-token -
  curl -si https://api.example/reports | portcullis inspect -
  curl -sv https://api.example/reports 2>&1 | portcullis inspect -";

/// The argument that names a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flag {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) kind: Kind,
}

/// What the user says of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Permitted,
    Refused,
    Expired,
}

/// What a secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Password,
    Token,
    Header,
}

/// Each argument that names callers, by its field.
const FLAGS: [(&str, Flag); 7] = [
    ("permitted", flag("--as", Role::Permitted, Kind::Password)),
    ("permitted_token", flag("--as-token", Role::Permitted, Kind::Token)),
    ("permitted_header", flag("--as-header", Role::Permitted, Kind::Header)),
    ("refused", flag("--but-not", Role::Refused, Kind::Password)),
    ("refused_token", flag("--but-not-token", Role::Refused, Kind::Token)),
    ("refused_header", flag("--but-not-header", Role::Refused, Kind::Header)),
    ("expired_token", flag("--expired-token", Role::Expired, Kind::Token)),
];

const fn flag(name: &'static str, role: Role, kind: Kind) -> Flag {
    Flag { name, role, kind }
}

/// The least grave findings that are shown.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Least {
    Advice,
    Warning,
    Error,
}

impl Least {
    pub(crate) const fn severity(self) -> Severity {
        match self {
            Self::Advice => Severity::Advice,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
    }
}

impl Arguments {
    /// Reads the arguments, the name of the program among them.
    pub(crate) fn read(arguments: &[OsString]) -> Result<Self, Usage> {
        let wrong = |error| Usage::of(&error, arguments);
        let matches = Self::command().try_get_matches_from(arguments).map_err(wrong)?;
        let mut read = Self::from_arg_matches(&matches).map_err(wrong)?;
        if let (Task::Inspect(settings), Some((_, matches))) =
            (&mut read.task, matches.subcommand())
        {
            settings.callers = in_order(matches);
        }
        Ok(read)
    }
}

/// The values of all arguments that name callers, in their order.
fn in_order(matches: &ArgMatches) -> Vec<(Flag, String)> {
    let mut found = Vec::new();
    for (field, flag) in FLAGS {
        let values = matches.get_many::<String>(field).into_iter().flatten();
        let places = matches.indices_of(field).into_iter().flatten();
        found.extend(places.zip(values).map(|(place, value)| (place, flag, value.clone())));
    }
    found.sort_by_key(|(place, ..)| *place);
    found.into_iter().map(|(_, flag, value)| (flag, value)).collect()
}

impl Settings {
    /// Whether the text to judge is on the standard input.
    pub(crate) fn is_paste(&self) -> bool {
        self.url == "-"
    }

    /// The first argument that has no meaning for a pasted text.
    pub(crate) fn only_for_servers(&self) -> Option<&'static str> {
        let own = [
            (!self.methods.is_empty(), "--method"),
            (!self.headers.is_empty(), "--header"),
            (self.origin.is_some(), "--origin"),
            (self.crawler, "--crawler"),
            (self.ca_file.is_some(), "--ca-file"),
        ];
        let caller = self.callers.first().map(|(flag, _)| flag.name);
        caller.or_else(|| own.iter().find(|(is_set, _)| *is_set).map(|(_, name)| *name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, Usage> {
        let arguments: Vec<_> = line.split_whitespace().map(OsString::from).collect();
        Arguments::read(&arguments)
    }

    fn settings(line: &str) -> Settings {
        match read(line).map(|arguments| arguments.task) {
            Ok(Task::Inspect(settings)) => *settings,
            _ => panic!("{line}"),
        }
    }

    #[test]
    fn the_definition_of_the_arguments_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn callers_are_in_the_order_of_the_arguments() {
        let line = "portcullis inspect https://a.example/ --but-not-token bob:- --as alice:- \
                    --expired-token - --but-not carol:- --as-header dave:x-api-key:- --as eve:-";
        let callers = settings(line).callers;
        let names: Vec<_> = callers.iter().map(|(flag, value)| (flag.name, &value[..])).collect();
        assert_eq!(
            names,
            [
                ("--but-not-token", "bob:-"),
                ("--as", "alice:-"),
                ("--expired-token", "-"),
                ("--but-not", "carol:-"),
                ("--as-header", "dave:x-api-key:-"),
                ("--as", "eve:-"),
            ]
        );
        assert!(callers.iter().all(|(flag, _)| FLAGS.iter().any(|(_, known)| known == flag)));
    }

    #[test]
    fn a_pasted_text_has_no_callers_and_no_requests() {
        assert_eq!(settings("portcullis inspect -").only_for_servers(), None);
        assert!(settings("portcullis inspect -").is_paste());
        for own in [
            "--as a:-",
            "--expired-token -",
            "--method GET",
            "--header a:b",
            "--origin https://a.example",
            "--crawler",
            "--ca-file a",
        ] {
            let named = settings(&format!("portcullis inspect - {own}")).only_for_servers();
            assert_eq!(named, own.split(' ').next());
        }
        let both = "portcullis inspect - --json --allow I01 --min-severity error";
        assert_eq!(settings(both).only_for_servers(), None);
    }
}
