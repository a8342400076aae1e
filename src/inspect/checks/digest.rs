//! Whether clients can answer a challenge of Digest, and safely.

use super::super::check::{Check, Finds};
use super::super::finding::Severity;
use super::super::findings::Findings;
use super::super::view::{ChallengeHeader, View};
use crate::challenge::{ReceivedChallenge, scheme};

pub(super) const CHECKS: &[Check] = &[
    Check {
        number: "I14",
        id: "digest-incomplete",
        severity: Severity::Error,
        rows: &["H01"],
        source: "RFC 7616 §3.3",
        wrong: "Digest without `realm`, `nonce` or `qop`",
        remedy: "Send `realm`, `nonce` and `qop=\"auth\"` with each challenge, and a fresh nonce (in portcullis: the identity `Digest`).",
        page: "\
The response of a client is a hash over user, realm, password, nonce, the count of the
nonce, method and target. Without `nonce` a client has nothing to hash, and without `realm`
no hash of the password. Without `qop`, the client counts no nonces and adds none of its
own: the form of RFC 2069, which some clients refuse, and which cannot tell a replay.

Wrong: WWW-Authenticate: Digest realm=\"reports\"
Right: WWW-Authenticate: Digest realm=\"reports\", qop=\"auth\", algorithm=SHA-256,
       nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\"

`realm`, `nonce`, `qop`, `opaque` and `domain` are quoted, `algorithm` and `stale` are not.

In portcullis the identity `Digest` sends all of them, with a nonce for each 401.",
        finds: Finds::InOne(digest_incomplete),
    },
    Check {
        number: "I15",
        id: "digest-md5-only",
        severity: Severity::Warning,
        rows: &["H01"],
        source: "RFC 7616 §3.7",
        wrong: "Digest with MD5, and nothing better",
        remedy: "Offer SHA-256 in a challenge of its own in front of that with MD5.",
        page: "\
Without `algorithm`, Digest uses MD5. Passwords are guessed from MD5 at billions of tries
per second, so a person who reads one exchange finds a weak password in minutes. RFC 7616
keeps MD5 for old clients only.

A server offers several algorithms in challenges of their own, the best first, and a client
takes the first that it knows:
    WWW-Authenticate: Digest realm=\"reports\", qop=\"auth\", algorithm=SHA-256, nonce=\"…\"
    WWW-Authenticate: Digest realm=\"reports\", qop=\"auth\", algorithm=MD5, nonce=\"…\"
Some clients know MD5 only. Leave it out once none of yours needs it.

In portcullis the identity `Digest` offers SHA-256, and MD5 only if `algorithms` says so.",
        finds: Finds::InOne(digest_md5_only),
    },
];

pub(super) const QUOTING: &[Check] = &[Check {
    number: "I44",
    id: "digest-quoting",
    severity: Severity::Error,
    rows: &["H01"],
    source: "RFC 7616 §3.3",
    wrong: "a parameter of Digest in quotes that must have none, or without those that it needs",
    remedy: "Quote `realm`, `domain`, `nonce`, `opaque` and `qop`, and neither `stale` nor `algorithm` (in portcullis: the identity `Digest`).",
    page: "\
Elsewhere a recipient may not care whether a parameter is in quotes. For Digest old clients
do, so RFC 7616 says for each parameter which of the two forms a server must send:
    in quotes:      realm, domain, nonce, opaque, qop
    without them:   stale, algorithm
A client that compares the text `\"MD5\"` with MD5 takes the algorithm for an unknown one, and
one that does not find `stale=true` asks its user for the password again, though the nonce
alone was too old.

Wrong: WWW-Authenticate: Digest realm=\"reports\", nonce=\"…\", qop=auth, algorithm=\"SHA-256\"
Right: WWW-Authenticate: Digest realm=\"reports\", nonce=\"…\", qop=\"auth\", algorithm=SHA-256

In portcullis the identity `Digest` writes each in its form.",
    finds: Finds::InOne(digest_quoting),
}];

fn digest_incomplete(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        for digest in header.of(scheme::DIGEST) {
            // An empty realm is a realm; nothing can be hashed from the others without a value.
            let is_empty = |name: &str| {
                name != "realm" && digest.param(name).is_some_and(|it| it.value().is_empty())
            };
            let lacks = ["realm", "nonce", "qop"]
                .map(|name| (digest.lacks(name) || is_empty(name)).then_some(name));
            let mut missing = lacks.into_iter().flatten();
            if let Some(first) = missing.next() {
                let names =
                    missing.fold(format!("`{first}`"), |names, name| names + ", `" + name + "`");
                findings.add(header.place(digest), format!("Digest lacks {names}"));
            }
        }
    }
}

fn digest_quoting(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        for param in header.of(scheme::DIGEST).flat_map(ReceivedChallenge::params) {
            // `realm` is for I06, which is about all schemes.
            let needs = ["domain", "nonce", "opaque", "qop"].into_iter().find(|it| param.is(it));
            let forbids = ["stale", "algorithm"].into_iter().find(|it| param.is(it));
            let detail = match (needs, forbids) {
                (Some(name), _) if !param.is_quoted() => {
                    format!("`{name}` of Digest has no quotes")
                }
                (_, Some(name)) if param.is_quoted() => format!("`{name}` of Digest has quotes"),
                _ => continue,
            };
            findings.add(header.place_of_param(param), detail);
        }
    }
}

fn digest_md5_only(view: &View<'_>, findings: &mut Findings) {
    for header in view.challenge_headers() {
        let mut digests = header.of(scheme::DIGEST);
        let Some(first) = digests.next() else { continue };
        if is_md5(first) && digests.all(is_md5) && !may_hide_more(header) {
            let (place, detail) = match first.param("algorithm") {
                Some(algorithm) => {
                    (header.place_of_param(algorithm), "Digest offers no better algorithm than MD5")
                }
                None => (header.place(first), "Digest has no `algorithm`, and so it is MD5"),
            };
            findings.add(place, detail);
        }
    }
}

/// Whether the hash is MD5, which is the default. Clients ignore a challenge with an algorithm that they do
/// not know, but it may be better.
fn is_md5(digest: &ReceivedChallenge<'_>) -> bool {
    match digest.param("algorithm") {
        Some(algorithm) => [&b"MD5"[..], b"MD5-sess"]
            .iter()
            .any(|name| algorithm.value().eq_ignore_ascii_case(name)),
        None => digest.lacks("algorithm"),
    }
}

/// Whether another challenge may be on a line that does not parse.
fn may_hide_more(header: &ChallengeHeader<'_>) -> bool {
    !header.errors.is_empty()
}
