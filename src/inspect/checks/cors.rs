//! Whether a browser lets a script of another origin read the response (I34).

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ORIGIN,
};

use super::super::check::{Check, Finds};
use super::super::finding::{Place, Severity};
use super::super::findings::Findings;
use super::super::view::View;

pub(super) const CHECKS: &[Check] = &[Check {
    number: "I34",
    id: "cors-wildcard-credentials",
    severity: Severity::Error,
    rows: &["F09", "F10"],
    source: "Fetch, CORS protocol and credentials",
    wrong: "`Access-Control-Allow-Origin: *` together with `Access-Control-Allow-Credentials: true`",
    remedy: "Name the origin that asked, with `Vary: Origin`; or leave `Access-Control-Allow-Credentials` out.",
    page: "\
With credentials, `*` is no wildcard: a browser compares it with the origin as a text, and the script gets a
network error, whatever the status. The person who debugs it sees a 200 in the server's log.

Right, for origins of a list:
    Access-Control-Allow-Origin: https://app.example
    Access-Control-Allow-Credentials: true
    Vary: Origin
Right, without cookies: `Access-Control-Allow-Origin: *` alone. A script may still send `Authorization` then, if
a preflight names it in `Access-Control-Allow-Headers`; `*` never covers that name.
Do not repeat every `Origin` that is sent: with credentials, each site could read what its visitors can.
A warning: `*` in `Access-Control-Allow-Headers`, `-Allow-Methods` or `-Expose-Headers` with credentials is read
as a name, too. The layer of tower-http refuses to be built with these.",
    finds: Finds::InOne(wildcard_with_credentials),
}];

fn wildcard_with_credentials(view: &View<'_>, findings: &mut Findings) {
    let headers = view.headers();
    let is_asked = view.request().is_some_and(|sent| sent.headers.contains_key(ORIGIN));
    let allows = headers.get(ACCESS_CONTROL_ALLOW_CREDENTIALS);
    // Browsers compare with case.
    let is_allowed = allows.is_some_and(|value| value.as_bytes().trim_ascii() == b"true");
    if !is_asked || !is_allowed {
        return;
    }
    let mut lines = headers.get_all(ACCESS_CONTROL_ALLOW_ORIGIN).iter().enumerate();
    let wildcard = lines.find(|(_, line)| line.as_bytes().trim_ascii() == b"*");
    if let Some((index, line)) = wildcard {
        let place = Place::header(ACCESS_CONTROL_ALLOW_ORIGIN, index, 0..line.len());
        findings.add(place, "`*` allows no origin to a request with credentials");
        return;
    }
    let lists =
        [ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_EXPOSE_HEADERS];
    for name in lists {
        let mut lines = headers.get_all(&name).iter().enumerate();
        let found = lines.find_map(|(index, line)| {
            let bytes = line.as_bytes();
            let mut members = bytes.split(|byte| *byte == b',');
            members.any(|member| member.trim_ascii() == b"*").then_some(())?;
            Some((index, bytes.iter().position(|byte| *byte == b'*')?))
        });
        if let Some((index, at)) = found {
            let detail = format!("`*` in `{name}` is a name to a request with credentials");
            findings.add_as(Severity::Warning, Place::header(name, index, at..at + 1), detail);
        }
    }
}
