//! Whether a challenge of Digest can be answered, and safely: I14, I15 and I44.

use portcullis::inspect::Severity;

use super::written::{GET, assert_at, assert_ids, judge};

const ALL: &str = "realm=\"a\", nonce=\"b\", qop=\"auth\"";

#[test]
fn i14_digest_without_a_part_is_found() {
    for (params, detail) in [
        ("realm=\"a\", algorithm=SHA-256", "Digest lacks `nonce`, `qop`"),
        ("nonce=\"a\", qop=\"auth\", algorithm=SHA-256", "Digest lacks `realm`"),
        ("realm=\"a\", nonce=\"b\", algorithm=SHA-256", "Digest lacks `qop`"),
        ("algorithm=SHA-256", "Digest lacks `realm`, `nonce`, `qop`"),
    ] {
        let value = format!("Digest {params}");
        let response = format!("401\nWWW-Authenticate: {value}");
        let finding = assert_at("digest-incomplete", GET, &response, &value);
        assert_eq!(finding.detail(), detail);
        assert_eq!(finding.severity(), Severity::Error);
        assert_ids(GET, &response, &["digest-incomplete"]);
        let proxy = format!("407\nProxy-Authenticate: {value}");
        assert_ids(GET, &proxy, &["digest-incomplete"]);
    }
    let seed = "401\nWWW-Authenticate: Digest realm=\"a\"";
    assert_ids(GET, seed, &["digest-incomplete", "digest-md5-only"]);
}

#[test]
fn i14_a_whole_challenge_is_fine() {
    for value in [
        format!("Digest {ALL}, algorithm=SHA-256"),
        format!("digest {}, ALGORITHM=\"SHA-512-256\", stale=true", ALL.to_uppercase()),
        format!("Digest opaque=\"c\", {ALL}, algorithm=SHA-256-sess, userhash=true"),
    ] {
        assert_ids(GET, &format!("401\nWWW-Authenticate: {value}"), &[]);
    }
}

#[test]
fn i15_md5_alone_is_found() {
    for (algorithm, text) in [
        ("MD5", "algorithm=MD5"),
        ("\"md5\"", "algorithm=\"md5\""),
        ("MD5-sess", "algorithm=MD5-sess"),
    ] {
        let response = format!("401\nWWW-Authenticate: Digest {ALL}, algorithm={algorithm}");
        let finding = assert_at("digest-md5-only", GET, &response, text);
        assert_eq!(finding.severity(), Severity::Warning);
        assert_ids(GET, &response, &["digest-md5-only"]);
    }
    let without = format!("401\nWWW-Authenticate: Digest {ALL}");
    assert_at("digest-md5-only", GET, &without, &format!("Digest {ALL}"));
    let twice = format!("{without}, algorithm=MD5-sess\nWWW-Authenticate: Digest {ALL}");
    assert_at("digest-md5-only", GET, &twice, "algorithm=MD5-sess");
    let beside = format!("{without}\nWWW-Authenticate: Bearer realm=\"a\"");
    assert_ids(GET, &beside, &["digest-md5-only"]);
}

#[test]
fn i15_a_better_one_beside_md5_is_fine() {
    let md5 = format!("WWW-Authenticate: Digest {ALL}, algorithm=MD5");
    for better in ["SHA-256", "SHA-256-sess", "SHA-512-256", "SHA3-512", "token"] {
        let better = format!("WWW-Authenticate: Digest {ALL}, algorithm={better}");
        assert_ids(GET, &format!("401\n{better}\n{md5}"), &[]);
        assert_ids(GET, &format!("401\n{md5}\n{better}"), &[]);
    }
    let unread = format!("401\n{md5}\nWWW-Authenticate: Digest realm=\"a");
    assert_ids(GET, &unread, &["challenge-syntax"]);
    let other = format!("401\n{md5}\nWWW-Authenticate: =, Digest {ALL}, algorithm=SHA-256");
    assert_ids(GET, &other, &["challenge-syntax"]);
}

const QUOTING: &str = "digest-quoting";

#[test]
fn i44_quotes_that_are_missing_or_too_many_are_found() {
    let right = [
        "realm=\"a\"",
        "domain=\"/\"",
        "nonce=\"b\"",
        "opaque=\"c\"",
        "stale=true",
        "algorithm=SHA-256",
        "qop=\"auth\"",
        "charset=UTF-8",
        "userhash=true",
    ];
    for wrong in
        ["domain=a", "nonce=b", "opaque=c", "stale=\"true\"", "algorithm=\"SHA-256\"", "QOP=auth"]
    {
        let name = wrong.split_once('=').unwrap().0.to_lowercase();
        let params = right.map(|it| if it.starts_with(&name) { wrong } else { it });
        for (status, header) in [(401, "WWW-Authenticate"), (407, "Proxy-Authenticate")] {
            let response = format!("{status}\n{header}: dIGEST {}", params.join(", "));
            let finding = assert_at(QUOTING, GET, &response, wrong);
            assert_eq!(finding.severity(), Severity::Error);
            assert!(finding.detail().starts_with(&format!("`{name}` of Digest has ")));
        }
    }
    let response = format!("401\nWWW-Authenticate: Digest {}", right.join(", "));
    assert!(judge(GET, &response).iter().all(|it| it.id() != QUOTING));
    // Each that is wrong, in both challenges.
    let two = "Digest realm=\"a\", nonce=b, qop=auth, algorithm=SHA-256";
    let response = format!("401\nWWW-Authenticate: {two}\nWWW-Authenticate: {two}");
    let found = judge(GET, &response);
    assert_eq!(found.iter().filter(|it| it.id() == QUOTING).count(), 4);
}

#[test]
fn i44_other_parameters_and_schemes_may_have_either_form() {
    for value in [
        "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", algorithm=SHA-256, charset=\"UTF-8\", userhash=\"true\"",
        "Bearer realm=\"a\", algorithm=\"x\", nonce=b, qop=c",
        // I06 is about the realm.
        "Digest realm=a, nonce=\"b\", qop=\"auth\", algorithm=SHA-256",
    ] {
        let found = judge(GET, &format!("401\nWWW-Authenticate: {value}"));
        assert!(found.iter().all(|it| it.id() != QUOTING), "{value}");
    }
}
