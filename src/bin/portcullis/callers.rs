//! The callers that the arguments name.

use portcullis::testing::{Inspection, basic, bearer};

use crate::args::{Flag, Kind, Role};
use crate::failure::Failure;
use crate::secrets::{Secret, Wanted};

/// A caller, without its secret.
#[derive(Debug)]
pub(crate) struct Named {
    flag: Flag,
    /// Empty for expired credentials.
    name: String,
    /// The name of the header, if the secret is the value of one.
    header: Option<String>,
}

/// Reads the values of the arguments that name callers.
pub(crate) fn named(callers: &[(Flag, String)]) -> Result<Vec<Named>, Failure> {
    let mut named: Vec<Named> = Vec::new();
    for (flag, value) in callers {
        let caller = Named::read(*flag, value)?;
        if !caller.name.is_empty() && named.iter().any(|other| other.name == caller.name) {
            return Err(Failure::new(format!(
                "two callers are named {}, and a report names callers: use the credentials of two users",
                caller.name
            )));
        }
        named.push(caller);
    }
    Ok(named)
}

impl Named {
    /// The value is not repeated in a message, since it may be a secret.
    fn read(flag: Flag, value: &str) -> Result<Self, Failure> {
        let (argument, kind) = (flag.name, flag.kind);
        let form = match (flag.role, kind) {
            (Role::Expired, _) => "-",
            (_, Kind::Header) => "NAME:HEADER:-",
            _ => "NAME:-",
        };
        let secret = kind.describe();
        let wrong = |why: &str| Failure::new(format!("{argument}: {why}; write {argument} {form}"));
        let on_command_line = || {
            wrong(&format!(
                "the {secret} must not be on the command line, where other users of this machine and the \
                 history of the shell have it"
            ))
        };
        if flag.role == Role::Expired {
            return match value {
                "-" => Ok(Self { flag, name: String::new(), header: None }),
                _ => Err(on_command_line()),
            };
        }
        let Some(rest) = value.strip_suffix(":-") else {
            return Err(match value.contains(':') {
                true => on_command_line(),
                false => wrong("no colon and - behind the name"),
            });
        };
        let (name, header) = match (kind, rest.split_once(':')) {
            (Kind::Header, Some((name, header))) => (name, Some(header.to_owned())),
            (Kind::Header, None) => return Err(wrong("the name of a header is missing")),
            (Kind::Password, Some(_)) => {
                return Err(wrong("a user name of Basic has no colon (RFC 7617 §2)"));
            }
            _ => (rest, None),
        };
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(wrong("the name is empty, or has control characters"));
        }
        if header.as_ref().is_some_and(|header| header.parse::<http::HeaderName>().is_err()) {
            return Err(wrong("what follows the name is no name of a header"));
        }
        Ok(Self { flag, name: name.to_owned(), header })
    }

    /// Which secret it needs.
    pub(crate) fn wanted(&self) -> Wanted {
        let secret = self.flag.kind.describe();
        if self.flag.role == Role::Expired {
            return Wanted {
                what: "the expired token".to_owned(),
                variable: "PORTCULLIS_EXPIRED_TOKEN".to_owned(),
                kind: self.flag.kind,
            };
        }
        let prefix = match self.flag.kind {
            Kind::Password => "PASSWORD",
            Kind::Token => "TOKEN",
            Kind::Header => "HEADER",
        };
        let is_kept = |c: char| c.is_ascii_alphanumeric();
        let name: String = self
            .name
            .chars()
            .map(|c| if is_kept(c) { c.to_ascii_uppercase() } else { '_' })
            .collect();
        let what = match &self.header {
            Some(header) => format!("the header {header} of {}", self.name),
            None => format!("the {secret} of {}", self.name),
        };
        Wanted { what, variable: format!("PORTCULLIS_{prefix}_{name}"), kind: self.flag.kind }
    }

    /// Adds it to an inspection.
    pub(crate) fn add_to(&self, inspection: Inspection, secret: &Secret) -> Inspection {
        let secret = secret.reveal();
        let headers: Vec<(String, String)> = match (self.flag.kind, &self.header) {
            (Kind::Password, _) => owned(basic(&self.name, secret)),
            (Kind::Header, Some(header)) => owned([(&header[..], secret.to_owned())]),
            _ => owned(bearer(secret)),
        };
        match self.flag.role {
            Role::Permitted => inspection.permitted(&self.name, headers),
            Role::Refused => inspection.refused(&self.name, headers),
            Role::Expired => inspection.expired(headers),
        }
    }
}

fn owned(headers: [(&str, String); 1]) -> Vec<(String, String)> {
    headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

impl Kind {
    const fn describe(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Token => "token",
            Self::Header => "value of the header",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AS: Flag = Flag { name: "--as", role: Role::Permitted, kind: Kind::Password };
    const TOKEN: Flag = Flag { name: "--as-token", role: Role::Permitted, kind: Kind::Token };
    const HEADER: Flag = Flag { name: "--as-header", role: Role::Refused, kind: Kind::Header };
    const EXPIRED: Flag = Flag { name: "--expired-token", role: Role::Expired, kind: Kind::Token };

    fn wanted(flag: Flag, value: &str) -> (String, String) {
        let wanted = Named::read(flag, value).unwrap().wanted();
        (wanted.what, wanted.variable)
    }

    #[test]
    fn each_caller_has_a_variable_of_its_own() {
        let pair = |what: &str, variable: &str| (what.to_owned(), variable.to_owned());
        assert_eq!(
            wanted(AS, "alice:-"),
            pair("the password of alice", "PORTCULLIS_PASSWORD_ALICE")
        );
        assert_eq!(
            wanted(AS, "a.b@api.example:-"),
            pair("the password of a.b@api.example", "PORTCULLIS_PASSWORD_A_B_API_EXAMPLE")
        );
        assert_eq!(wanted(TOKEN, "bob:-"), pair("the token of bob", "PORTCULLIS_TOKEN_BOB"));
        assert_eq!(
            wanted(HEADER, "bob:x-api-key:-"),
            pair("the header x-api-key of bob", "PORTCULLIS_HEADER_BOB")
        );
        assert_eq!(wanted(EXPIRED, "-"), pair("the expired token", "PORTCULLIS_EXPIRED_TOKEN"));
    }

    #[test]
    fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
        for (flag, value) in [
            (AS, "alice:s3cret"),
            (AS, "alice:s3cret:-"),
            (AS, "alice:s3cret-"),
            (AS, "s3cret"),
            (AS, ":-"),
            (TOKEN, "alice:s3cret"),
            (TOKEN, "s3cret"),
            (HEADER, "alice:x-api-key:s3cret"),
            (HEADER, "alice:s3cret 1:-"),
            (HEADER, "s3cret:-"),
            (EXPIRED, "s3cret"),
        ] {
            let message = Named::read(flag, value).unwrap_err().to_string();
            assert!(!message.contains("s3cret"), "{message}");
            assert!(message.contains(&format!("write {}", flag.name)), "{message}");
        }
    }

    #[test]
    fn two_callers_have_two_names() {
        let twice = [(AS, "alice:-".to_owned()), (TOKEN, "alice:-".to_owned())];
        assert!(named(&twice).unwrap_err().to_string().contains("named alice"));
        let two = [(AS, "alice:-".to_owned()), (TOKEN, "bob:-".to_owned())];
        assert_eq!(named(&two).unwrap().len(), 2);
    }
}
