//! What clients do with a challenge that is right in itself.

use http::{StatusCode, header};

use super::super::check::{Check, Finds};
use super::super::finding::Severity;
use super::super::findings::Findings;
use super::super::view::View;
use super::bearer;
use crate::challenge::{ReceivedChallenge, scheme};

pub(super) const CHECKS: &[Check] = &[
    Check {
        number: "I16",
        id: "challenges-on-one-line",
        severity: Severity::Advice,
        rows: &["A15"],
        source: "ours",
        wrong: "several challenges on one line",
        remedy: "Send each challenge in a header line of its own (as portcullis does).",
        page: "\
RFC 9110 allows several challenges on one line, and a comma divides both challenges and
parameters. Widely used clients get it wrong: some find the first scheme only, some read
the second as a parameter of the first, and a browser misses Basic after Bearer.

Allowed:  WWW-Authenticate: Bearer realm=\"reports\", Basic realm=\"reports\"
Better:   WWW-Authenticate: Bearer realm=\"reports\"
          WWW-Authenticate: Basic realm=\"reports\", charset=\"UTF-8\"
Proxies and frameworks may join lines: look at the bytes that reach the client.

In portcullis each challenge has a line of its own, Bearer first.",
        finds: Finds::InOne(on_one_line),
    },
    Check {
        number: "I17",
        id: "basic-in-the-clear",
        severity: Severity::Warning,
        rows: &[],
        source: "RFC 7617 §4",
        wrong: "Basic over plain HTTP, and not on loopback",
        remedy: "Offer Basic over HTTPS only; redirect plain HTTP before credentials are asked for.",
        page: "\
Basic sends the password as it is: base64 is no encryption, and everything on the path can
read it. A client that gets this challenge over plain HTTP asks its user for a password and
sends it in the clear, with every request.

Serve HTTPS, answer plain HTTP with a redirect that needs no credentials, and send
`Strict-Transport-Security`. Digest protects the password a little better; nothing protects
the session.

The check is silent on loopback, where the request says that a front server has ended TLS,
and where it is not known how the request came.

portcullis does not know how its requests come: configure TLS in the server or before it.",
        finds: Finds::InOne(in_the_clear),
    },
    Check {
        number: "I18",
        id: "dialog-for-script",
        severity: Severity::Advice,
        rows: &["F07"],
        source: "ours",
        wrong: "Basic or Digest for a request that a script made",
        remedy: "Leave Basic and Digest out for requests by script, where another scheme is offered (in portcullis: `AuthenticateLayer::suppress_dialogs_for_scripts`).",
        page: "\
A browser opens its own dialog for user and password when a `fetch` or `XMLHttpRequest`
gets a 401 with a challenge of Basic or Digest. The page shows no form of its own any more,
a person who cancels the dialog is stuck, and the script learns of the 401 afterwards.

Browsers say who asks: `Sec-Fetch-Mode: cors` with `Sec-Fetch-Dest: empty` is a script, and
so is `X-Requested-With: XMLHttpRequest`. For these send another challenge, not none:
    HTTP/1.1 401 Unauthorized
    WWW-Authenticate: Bearer realm=\"reports\"

In portcullis `AuthenticateLayer::suppress_dialogs_for_scripts` leaves them out where
another scheme is offered; a configured login page does it for all requests of browsers.",
        finds: Finds::InOne(dialog_for_script),
    },
    Check {
        number: "I19",
        id: "forbidden-with-challenge",
        severity: Severity::Warning,
        rows: &["C02", "C03"],
        source: "RFC 6750 §3.1; ours for other schemes",
        wrong: "a 403 with a challenge that is not `insufficient_scope`",
        remedy: "Send 401 if other credentials would help, and 403 without a challenge if none would.",
        page: "\
A 403 says that the server knows enough and refuses; a challenge says that other credentials
would help. With both, clients do different things: browsers ignore the challenge, some
libraries fetch a new token and try again, for ever.

No or wrong credentials:       401, with a challenge
Right ones, not permitted:     403, without a challenge
A token with too few scopes:   403, and the one challenge that belongs to a 403:
    WWW-Authenticate: Bearer error=\"insufficient_scope\", scope=\"reports:write\"
A login that is too weak:      401, with `insufficient_user_authentication` (RFC 9470)

RFC 9110 §11.6.1 allows a challenge in any response, so this is a warning.

In portcullis the cause of the denial decides: `Denial` for a missing scope is the only 403
that has a challenge.",
        finds: Finds::InOne(forbidden_with_challenge),
    },
];

fn on_one_line(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        let mut last_found = None;
        for pair in header.challenges.windows(2) {
            let [first, second] = pair else { continue };
            let line = second.line;
            let is_broken = header.errors.iter().any(|error| error.line == line);
            // One finding a line, at the second challenge.
            if first.line == line && last_found != Some(line) && !is_broken {
                last_found = Some(line);
                let (title, schemes) = (header.title, (first.scheme(), second.scheme()));
                let detail =
                    format!("{} follows {} on one line of `{title}`", schemes.1, schemes.0);
                findings.add(header.place(second), detail);
            }
        }
    }
}

fn in_the_clear(view: &View<'_>, findings: &mut Findings) {
    // The host of the request is not that of a proxy, which may be on loopback.
    let header = &view.origin;
    let Some(basic) = header.of(scheme::BASIC).next() else { return };
    if view.is_encrypted() == Some(false) && view.is_loopback() == Some(false) {
        findings.add(header.place(basic), "Basic asks for a password over plain HTTP");
    }
}

fn dialog_for_script(view: &View<'_>, findings: &mut Findings) {
    let header = &view.origin;
    if view.status() != StatusCode::UNAUTHORIZED {
        return;
    }
    let opens_dialog = |it: &&ReceivedChallenge<'_>| {
        [scheme::BASIC, scheme::DIGEST].iter().any(|name| it.is(name))
    };
    let Some(challenge) = header.iter().find(opens_dialog) else { return };
    // No dialog opens where the script has set the header itself.
    let sets_credentials =
        view.request().is_some_and(|sent| sent.headers.contains_key(header::AUTHORIZATION));
    if !sets_credentials && view.request_kind().is_some_and(|kind| kind.is_by_script()) {
        let detail = format!("a script asked, and {} opens a dialog", challenge.scheme());
        findings.add(header.place(challenge), detail);
    }
}

fn forbidden_with_challenge(view: &View<'_>, findings: &mut Findings) {
    let header = &view.origin;
    if view.status() != StatusCode::FORBIDDEN || header.iter().any(may_be_right) {
        return;
    }
    // I12 speaks of an error of another status.
    let is_misplaced = |it: &ReceivedChallenge<'_>| bearer::misplaced(view, header, it).is_some();
    if let Some(first) = header.challenges.first()
        && !header.iter().any(is_misplaced)
    {
        let detail = format!("the 403 has a challenge of {}", first.scheme());
        findings.add(header.place(first), detail);
    }
}

/// `insufficient_scope`; or a token68, with which Negotiate ends a handshake whatever the status is
/// (RFC 4559 §5); or a challenge that was not read to its end.
fn may_be_right(challenge: &ReceivedChallenge<'_>) -> bool {
    let is_scope = challenge.param("error").is_some_and(|it| it.value() == b"insufficient_scope");
    is_scope || challenge.token68().is_some() || challenge.is_cut
}
