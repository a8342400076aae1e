//! Inspects a server.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use portcullis::testing::{Inspection, InspectionError, InspectionReport};
use tokio::runtime;

use crate::address::Address;
use crate::args::Settings;
use crate::callers::{self, Named};
use crate::connect::Connector;
use crate::credential_headers::{Holds, of_name};
use crate::failure::Failure;
use crate::origin;
use crate::outcome::{Filter, Found, Outcome};
use crate::redirect;
use crate::secrets::{self, Process, Secret};
use crate::tapped::Tap;
use crate::terminal;

/// Asks the server as each caller, and judges its responses.
pub(crate) fn server(settings: &Settings) -> Result<Outcome, Failure> {
    let address = Address::read(&settings.url)?;
    if settings.ca_file.is_some() && !address.is_encrypted {
        return Err(Failure::new("--ca-file is for https, and the URL begins with http"));
    }
    if let Some(origin) = &settings.origin {
        origin::check(origin)?;
    }
    let filter = Filter::new(settings)?;
    let named = callers::named(&settings.callers)?;
    let headers = headers(&settings.headers)?;
    let in_the_clear = in_the_clear(&address, &named);
    if let Some(note) = in_the_clear.as_ref().filter(|_| io::stdin().is_terminal()) {
        // Before the secrets are typed.
        terminal::hint(&format!("note: {note}"));
    }
    let wanted: Vec<_> = named.iter().map(Named::wanted).collect();
    let secrets = secrets::read(&wanted, &mut Process)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    runtime.block_on(async {
        let tap = Arc::new(Tap::default());
        let ca_file = settings.ca_file.as_deref();
        let connector = Arc::new(Connector::new(&address, ca_file, Arc::clone(&tap)).await?);
        let mut inspection =
            Inspection::of_connector(address.authority(), address.is_encrypted, move || {
                let connector = Arc::clone(&connector);
                async move { connector.open().await }
            })
            .target(&address.target)
            .with_methods(&settings.methods);
        for (named, secret) in named.iter().zip(&secrets) {
            inspection = named.add_to(inspection, secret);
        }
        for (name, value) in headers {
            inspection = inspection.with_header(name, value);
        }
        if let Some(origin) = &settings.origin {
            inspection = inspection.origin(origin);
        }
        if settings.crawler {
            inspection = inspection.crawler();
        }
        let report = inspection.run().await.map_err(|error| failure(&error, &tap))?;
        let has_callers = !named.is_empty();
        let mut outcome = outcome(&address, &report, &filter, &tap, has_callers);
        outcome.inspected = inspected(&address, &secrets);
        outcome.notes.extend(in_the_clear);
        Ok(outcome)
    })
}

/// The URL without its query, and without its path if that has a secret that is sent.
fn inspected(address: &Address, secrets: &[Secret]) -> String {
    const SHORTEST: usize = 4;
    let mut secrets = secrets.iter().map(Secret::reveal).filter(|it| it.len() >= SHORTEST);
    let shown = address.to_string();
    match secrets.any(|secret| shown.contains(secret)) {
        true => format!("{}/…", address.authority()),
        false => shown,
    }
}

/// What to know of the first response, which is that to a request without credentials.
fn first_note(beginning: &[u8], has_callers: bool) -> Option<String> {
    if let Some(redirect) = redirect::of(beginning) {
        return Some(format!(
            "without credentials the page is redirected ({redirect}), which was not followed"
        ));
    }
    let status = redirect::status_of(beginning)?;
    let why = match status.as_u16() {
        200..=299 => ", so it may need no credentials: inspect one that needs them",
        // A user that may see the page shows that it is there, and whether a login helps.
        404 | 410 if !has_callers => ", so it may not be there: is the path right?",
        403 if !has_callers => {
            ": if a login would help, it has to be 401; name a user with --as, and this is compared"
        }
        500..=599 => ": the server fails for every request, so its refusals were not seen",
        _ => return None,
    };
    Some(format!("without credentials the page gets {}{why}", status.as_u16()))
}

/// What to know before secrets are sent without TLS.
fn in_the_clear(address: &Address, callers: &[Named]) -> Option<String> {
    (address.is_readable_on_the_way() && !callers.is_empty()).then(|| {
        "over http everyone on the way can read the secrets that are sent: use https, or change them afterwards"
            .to_owned()
    })
}

/// Headers that are sent with every request. What looks like a credential is refused, since others can read
/// the command line.
fn headers(lines: &[String]) -> Result<Vec<(&str, &str)>, Failure> {
    let header = |line| {
        let Some((name, value)) = str::split_once(line, ':') else {
            return Err(Failure::new(
                "--header: no colon behind the name; write --header NAME:VALUE",
            ));
        };
        let parsed = name.trim().parse();
        match parsed.is_ok_and(|name| of_name(&name) != Holds::Nothing) {
            true => Err(Failure::new(
                "--header: this header may have a credential, and others can read the command line: use \
                 --as-header NAME:HEADER:-",
            )),
            false => Ok((name.trim(), value.trim())),
        }
    };
    lines.iter().map(|line| header(&line[..])).collect()
}

/// What an error of an inspection means for a person at a terminal.
fn failure(error: &InspectionError, tap: &Tap) -> Failure {
    Failure::new(match error {
        // The connector has said what there is to say.
        InspectionError::Connect(error) => error.to_string(),
        InspectionError::Target { .. } => "the path of the URL cannot be sent".to_owned(),
        InspectionError::NotPermitted { .. } => match redirect::of(&tap.last()) {
            Some(redirect) => {
                format!(
                    "{error}\nit is redirected ({redirect}), which is not followed: inspect that address"
                )
            }
            None => error.to_string(),
        },
        error => error.to_string(),
    })
}

fn outcome(
    address: &Address,
    report: &InspectionReport,
    filter: &Filter,
    tap: &Tap,
    has_callers: bool,
) -> Outcome {
    let found = report.findings().iter().filter(|found| filter.keeps(found.finding()));
    let found = found.map(|found| Found {
        finding: found.finding().clone(),
        json: found.to_json(),
        requests: found.shown_by().map(|(name, status)| (name.to_owned(), status)).collect(),
    });
    let unanswered = report.unanswered().iter().filter(|_| filter.keeps_unanswered);
    let unanswered = unanswered.map(|one| (one.request().to_owned(), one.why().to_owned()));
    let mut notes: Vec<_> = first_note(&tap.first(), has_callers).into_iter().collect();
    notes.extend(report.notes().map(str::to_owned));
    if !has_callers {
        notes.push("no user is named: with --as and --but-not more is compared".to_owned());
    }
    Outcome {
        inspected: address.to_string(),
        requests: report.requests(),
        found: found.collect(),
        unanswered: unanswered.collect(),
        notes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Flag, Kind, Role};

    #[test]
    fn a_page_whose_refusals_are_not_seen_is_noted() {
        let noted =
            |status: &str| first_note(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes(), false);
        assert!(noted("200 OK").unwrap().contains("gets 200, so it may need no credentials"));
        assert!(noted("404 No").unwrap().contains("is the path right?"));
        assert!(noted("302 Found\r\nlocation: /a").unwrap().contains("302 to /a"));
        assert!(noted("403 Forbidden").unwrap().contains("gets 403: if a login would help"));
        assert!(
            noted("503 Down").unwrap().contains("gets 503: the server fails for every request")
        );
        assert!(first_note(b"HTTP/1.1 500 E\r\n\r\n", true).is_some());
        assert_eq!(first_note(b"HTTP/1.1 403 No\r\n\r\n", true), None);
        assert_eq!(noted("401 Unauthorized"), None);
        assert_eq!(first_note(b"", false), None);
        assert_eq!(first_note(b"HTTP/1.1 404 No\r\n\r\n", true), None);
    }

    #[test]
    fn secrets_over_http_are_noted() {
        let flag = Flag { name: "--as", role: Role::Permitted, kind: Kind::Password };
        let alice = callers::named(&[(flag, "alice:-".to_owned())]).unwrap();
        let noted = |url: &str, callers: &[Named]| {
            in_the_clear(&Address::read(url).unwrap(), callers).is_some()
        };
        assert!(noted("http://api.example/", &alice));
        assert!(!noted("http://api.example/", &[]));
        assert!(!noted("http://127.0.0.1:3000/", &alice));
        assert!(!noted("https://api.example/", &alice));
    }

    #[test]
    fn headers_that_may_have_a_credential_are_refused() {
        for line in [
            "Authorization: Bearer s3cret",
            "proxy-authorization:s3cret",
            "Cookie: sid=s3cret",
            "x-api-key: s3cret",
            "X-Auth-Token:s3cret",
            "s3cret",
        ] {
            let message = headers(&[line.to_owned()]).unwrap_err().to_string();
            assert!(message.starts_with("--header"), "{message}");
            assert!(!message.contains("s3cret"), "{message}");
        }
        let lines = ["x-tenant: a: b".to_owned(), "accept:text/html".to_owned()];
        assert_eq!(headers(&lines).unwrap(), [("x-tenant", "a: b"), ("accept", "text/html")]);
    }
}
