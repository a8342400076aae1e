//! `exp`, `nbf`, `iat` and the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use portcullis::oauth::TokenError;
use serde_json::{Value, json};

use crate::mint::Signer;
use crate::{NOW, at, claims, header, judge, token, verifier, verify, with};

const EXPIRED: Result<(), TokenError> = Err(TokenError::Expired);
const NOT_YET: Result<(), TokenError> = Err(TokenError::NotYetValid);

#[test]
fn j18_exp_nbf_and_iat_are_judged_with_the_leeway() {
    let key = Signer::shared();
    let now = NOW as f64;
    for (leeway, member, date, expected) in [
        (0, "exp", now, EXPIRED),
        (0, "exp", now + 0.5, Ok(())),
        (0, "exp", now + 1.0, Ok(())),
        (60, "exp", now - 60.0, EXPIRED),
        (60, "exp", now - 59.5, Ok(())),
        (60, "exp", 0.0, EXPIRED),
        (60, "exp", 253_402_300_799.0, Ok(())),
        (0, "nbf", now, Ok(())),
        (0, "nbf", now + 0.5, NOT_YET),
        (60, "nbf", now + 60.0, Ok(())),
        (60, "nbf", now + 61.0, NOT_YET),
        (60, "nbf", 0.0, Ok(())),
        (60, "iat", now + 60.0, Ok(())),
        (60, "iat", now + 61.0, NOT_YET),
    ] {
        let tokens = verifier(key).leeway(Duration::from_secs(leeway));
        let claims = with(claims(), json!({ member: date }));
        let result = judge(&tokens, key, &header(key), &claims);
        assert_eq!(result, expected, "{member} {date} with a leeway of {leeway}");
    }
}

#[test]
fn j18_the_later_of_nbf_and_iat_counts() {
    let key = Signer::shared();
    for (nbf, iat, expected) in [(0, 100, NOT_YET), (100, 0, NOT_YET), (0, 0, Ok(()))] {
        let claims = with(claims(), json!({"nbf": NOW + nbf, "iat": NOW + iat}));
        assert_eq!(judge(&verifier(key), key, &header(key), &claims), expected, "{nbf} {iat}");
    }
}

#[test]
fn j18_a_date_that_is_none_is_refused() {
    let key = Signer::shared();
    for member in ["exp", "nbf", "iat", "auth_time"] {
        for date in [
            "-1",
            "-1e300",
            "253402300800",
            "1800000000000",
            "1e300",
            "1e400",
            "-1e400",
            "99999999999999999999999999",
            "null",
            "true",
            "\"1800000100\"",
            "[1800000100]",
            "{}",
        ] {
            let claims = with(claims(), json!({ member: Value::Null })).to_string();
            let text =
                claims.replace(&format!("\"{member}\":null"), &format!("\"{member}\":{date}"));
            let sent = key.token_of(&header(key).to_string(), &text);
            let result = verify(&verifier(key), &sent).map(drop);
            assert_eq!(result, Err(TokenError::Claim(member)), "{member}: {date}");
        }
    }
}

#[test]
fn j18_only_a_token_with_a_right_signature_is_expired() {
    let (key, other) = (Signer::es256("shared"), Signer::es256("shared"));
    let expired = with(claims(), json!({"exp": NOW - 1000}));
    assert_eq!(judge(&verifier(&key), &key, &header(&key), &expired), EXPIRED);
    let result = judge(&verifier(&key), &other, &header(&key), &expired);
    assert_eq!(result, Err(TokenError::Signature));
    let elsewhere = with(expired, json!({"aud": "https://other.example"}));
    let result = judge(&verifier(&key), &key, &header(&key), &elsewhere);
    assert_eq!(result, Err(TokenError::Audience));
}

#[test]
fn j18_a_clock_may_jump() {
    let key = Signer::shared();
    let clock = Arc::new(AtomicI64::new(0));
    let read = clock.clone();
    let tokens = verifier(key).clock(move || {
        let seconds = read.load(Ordering::Relaxed);
        let distance = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 { SystemTime::UNIX_EPOCH - distance } else { at(seconds.unsigned_abs()) }
    });
    let now = i64::try_from(NOW).unwrap();
    // A clock that was set back does not revive tokens that have expired since: their `iat` is to come.
    for (seconds, expected) in [
        (now, Ok(())),
        (now + 400, EXPIRED),
        (now * 1000, EXPIRED),
        (now - 3600, NOT_YET),
        (0, NOT_YET),
        (-1, NOT_YET),
        (-now, NOT_YET),
        (now, Ok(())),
    ] {
        clock.store(seconds, Ordering::Relaxed);
        assert_eq!(verify(&tokens, &token(key)).map(drop), expected, "{seconds}");
    }
}
