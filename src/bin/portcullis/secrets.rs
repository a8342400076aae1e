//! Secrets: from environment variables, a prompt, or lines of the standard input.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, BufRead, IsTerminal, Read};

use crate::args::Kind;
use crate::failure::Failure;

/// The longest line that is read.
const MAX: u64 = 64 * 1024;

/// A password, a token, or the value of a header. Its `Debug` does not show it.
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A secret that is needed.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Such as `the password of alice`.
    pub(crate) what: String,
    /// The environment variable that may have it.
    pub(crate) variable: String,
    pub(crate) kind: Kind,
}

/// Where secrets come from.
pub(crate) trait Sources {
    /// The value of an environment variable.
    fn variable(&self, name: &str) -> Option<OsString>;
    /// The next secret that a person types, or the next line; `None` at the end.
    fn next(&mut self, prompt: &str) -> io::Result<Option<Vec<u8>>>;
}

/// Gets all of these secrets, in their order.
pub(crate) fn read(wanted: &[Wanted], sources: &mut impl Sources) -> Result<Vec<Secret>, Failure> {
    let mut secrets = Vec::new();
    for (place, one) in wanted.iter().enumerate() {
        let Wanted { what, variable, kind } = one;
        let (value, from) = match sources.variable(variable) {
            Some(value) => {
                if wanted[..place].iter().any(|other| other.variable == *variable) {
                    return Err(Failure::new(format!(
                        "{variable} would be the secret of two callers: unset it"
                    )));
                }
                (value.into_string().ok(), format!("{variable}: "))
            }
            None => {
                let line = sources.next(&format!("{}: ", capitalized(what)));
                let line = line.map_err(|error| {
                    Failure::new(format!("cannot read {what}: {error}; or set {variable}"))
                })?;
                let Some(line) = line else { return Err(missing(wanted, one)) };
                (String::from_utf8(line).ok(), String::new())
            }
        };
        let value = value.ok_or_else(|| Failure::new(format!("{from}{what} is not UTF-8")))?;
        if let Err(why) = kind.judge(&value) {
            return Err(Failure::new(format!("{from}{what} {why}")));
        }
        secrets.push(Secret(value));
    }
    Ok(secrets)
}

fn missing(wanted: &[Wanted], one: &Wanted) -> Failure {
    let (what, variable) = (&one.what, &one.variable);
    let mut message =
        format!("{what} is missing: set {variable}, or give it as a line of the standard input");
    if wanted.len() > 1 {
        let order: Vec<_> = wanted.iter().map(|wanted| &wanted.what[..]).collect();
        message += &format!("; the order is: {}", order.join(", "));
    }
    Failure::new(message)
}

fn capitalized(text: &str) -> String {
    let mut text = text.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

impl Kind {
    /// Why this cannot be a secret of this kind.
    fn judge(self, secret: &str) -> Result<(), &'static str> {
        if secret.is_empty() {
            return Err("is empty");
        }
        if secret.chars().any(char::is_control) {
            return Err("has control characters");
        }
        match self {
            Self::Password => Ok(()),
            Self::Token if secret.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(()),
            Self::Token => {
                Err("has a character that no bearer token has (RFC 6750 §2.1); leave out `Bearer`")
            }
            Self::Header if secret.is_ascii() && secret.trim() == secret => Ok(()),
            Self::Header => Err("is no value of a header: only ASCII, without spaces around it"),
        }
    }
}

/// The environment, and the terminal or the standard input of this process.
pub(crate) struct Process;

impl Sources for Process {
    fn variable(&self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }

    fn next(&mut self, prompt: &str) -> io::Result<Option<Vec<u8>>> {
        let input = io::stdin();
        if input.is_terminal() {
            return rpassword::prompt_password(prompt).map(|secret| Some(secret.into_bytes()));
        }
        next_line(&mut input.lock())
    }
}

/// The next line, without its end. `None` at the end of the input.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    input.take(MAX).read_until(b'\n', &mut line)?;
    if line.len() as u64 == MAX {
        return Err(io::Error::other("the line is too long"));
    }
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    Ok(Some(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stub {
        variables: Vec<(&'static str, &'static str)>,
        lines: &'static [u8],
        prompts: Vec<String>,
    }

    impl Sources for Stub {
        fn variable(&self, name: &str) -> Option<OsString> {
            let variable = self.variables.iter().find(|(known, _)| *known == name);
            variable.map(|(_, value)| OsString::from(value))
        }

        fn next(&mut self, prompt: &str) -> io::Result<Option<Vec<u8>>> {
            self.prompts.push(prompt.to_owned());
            next_line(&mut self.lines)
        }
    }

    fn stub(lines: &'static [u8]) -> Stub {
        Stub { variables: Vec::new(), lines, prompts: Vec::new() }
    }

    fn wanted(name: &str, variable: &str, kind: Kind) -> Wanted {
        Wanted { what: format!("the secret of {name}"), variable: variable.to_owned(), kind }
    }

    fn three() -> [Wanted; 3] {
        [
            wanted("alice", "A", Kind::Password),
            wanted("bob", "B", Kind::Token),
            wanted("carol", "C", Kind::Header),
        ]
    }

    #[test]
    fn lines_are_for_those_that_no_variable_has() {
        let mut sources = stub(b" of alice \r\nof carol\nmore\n");
        sources.variables = vec![("B", "of-bob")];
        let secrets = read(&three(), &mut sources).unwrap();
        let secrets: Vec<_> = secrets.iter().map(Secret::reveal).collect();
        assert_eq!(secrets, [" of alice ", "of-bob", "of carol"]);
        assert_eq!(sources.prompts, ["The secret of alice: ", "The secret of carol: "]);
    }

    #[test]
    fn a_line_that_is_missing_is_named_with_the_order() {
        let error = read(&three(), &mut stub(b"one\n")).unwrap_err().to_string();
        assert!(error.contains("the secret of bob is missing: set B"), "{error}");
        assert!(error.contains("alice, the secret of bob, the secret of carol"), "{error}");
    }

    #[test]
    fn what_cannot_be_a_secret_is_refused_and_not_repeated() {
        let cases: [(Kind, &[u8]); 10] = [
            (Kind::Password, b"\n"),
            (Kind::Password, b"s3cret\0\n"),
            (Kind::Password, b"s3cret\x1b[2J\n"),
            (Kind::Password, b"s3cret\xff\n"),
            (Kind::Token, b"Bearer s3cret\n"),
            (Kind::Token, "s3cretü\n".as_bytes()),
            (Kind::Token, b" s3cret\n"),
            (Kind::Header, "s3cretü\n".as_bytes()),
            (Kind::Header, b" s3cret\n"),
            (Kind::Header, b"s3cret\rx: y\n"),
        ];
        for (kind, line) in cases {
            let mut sources = stub(b"");
            sources.lines = line;
            let error = read(&[wanted("alice", "A", kind)], &mut sources).unwrap_err().to_string();
            assert!(error.contains("the secret of alice"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
        let accepted: [(Kind, &[u8]); 3] =
            [(Kind::Password, b"a: b"), (Kind::Token, b"1|a.b=="), (Kind::Header, b"sid=a; b=c")];
        for (kind, line) in accepted {
            let mut sources = stub(b"");
            sources.lines = line;
            assert!(read(&[wanted("alice", "A", kind)], &mut sources).is_ok());
        }
    }

    #[test]
    fn one_variable_for_two_callers_is_refused() {
        let mut sources = stub(b"");
        sources.variables = vec![("A", "a")];
        let two = [wanted("a.b", "A", Kind::Password), wanted("a-b", "A", Kind::Password)];
        let error = read(&two, &mut sources).unwrap_err().to_string();
        assert!(error.contains("A would be the secret of two callers"), "{error}");
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", Secret("s3cret".to_owned())), "[secret]");
    }

    #[test]
    fn a_line_without_an_end_is_not_read_for_ever() {
        assert!(next_line(&mut io::BufReader::new(io::repeat(b'a'))).is_err());
    }
}
