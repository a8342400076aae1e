//! A18: a throttle counts Digest attempts by the name that was sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use portcullis::{Attempt, Identity, Outcome, Throttle};

use crate::client::Client;
use crate::{ask, digest, mufasa, serve};

/// Two wrong attempts for each account, ever.
#[derive(Clone, Default)]
struct Twice(Arc<Mutex<BTreeMap<String, u32>>>);

impl Throttle for Twice {
    fn admit(&self, attempt: &Attempt<'_>) -> Result<(), Duration> {
        let mut tried = self.0.lock().unwrap();
        let tries = tried.entry(attempt.account().unwrap_or("?").to_owned()).or_default();
        if *tries == 2 {
            return Err(Duration::from_secs(7));
        }
        *tries += 1;
        Ok(())
    }

    fn settle(&self, attempt: &Attempt<'_>, outcome: Outcome) {
        if !outcome.counts()
            && let Some(tries) = self.0.lock().unwrap().get_mut(attempt.account().unwrap_or("?"))
        {
            *tries -= 1;
        }
    }
}

#[test]
fn a18_wrong_responses_count_by_the_name_that_was_sent_whether_or_not_it_exists() {
    let throttle = Twice::default();
    let server = serve(digest().userhash(true).throttled(throttle.clone()));
    let mut right = mufasa(&server);
    // A right response is given back.
    for _ in 0..3 {
        assert_eq!(ask(&server, &right.line("GET", "/")).status, 200);
    }
    // So is one for a nonce of another process, and a replay: nothing was guessed.
    let mut elsewhere = Client { nonce: "before the restart".to_owned(), ..right.clone() };
    let replayed = right.line_of_count(1, "GET", "/");
    for _ in 0..3 {
        for line in [elsewhere.line("GET", "/"), replayed.clone()] {
            let stale = ask(&server, &line).param("Digest", "stale");
            assert_eq!(stale.as_deref(), Some("true"), "{line}");
        }
    }
    let mut throttled = Vec::new();
    for user in ["Mufasa", "Nobody"] {
        let mut wrong =
            Client { user: user.to_owned(), password: "x".to_owned(), ..mufasa(&server) };
        for status in [401, 401, 429] {
            let answer = ask(&server, &wrong.line("GET", "/")).undated();
            assert_eq!(answer.status, status, "{user}");
            if status == 429 {
                assert_eq!(answer.field("retry-after"), Some("7"));
                throttled.push(answer);
            }
        }
    }
    assert_eq!(throttled[0], throttled[1]);
    // While the account is limited, the right response is refused in the same way, for any nonce.
    assert_eq!(ask(&server, &elsewhere.line("GET", "/")).undated(), throttled[0]);
    let answer = ask(&server, &right.line("GET", "/")).undated();
    assert_eq!(answer, throttled[0]);
    assert_eq!(answer.field("authentication-info"), None);
    // `username*` counts as the same name, the hashed name as another.
    let mut extended = Client { extended: true, ..right.clone() };
    assert_eq!(ask(&server, &extended.line("GET", "/")).status, 429);
    let mut hashed = Client { extended: false, hashed: true, ..right.clone() };
    assert_eq!(ask(&server, &hashed.line("GET", "/")).status, 200);
    let counted: Vec<String> = throttle.0.lock().unwrap().keys().cloned().collect();
    assert_eq!(counted.len(), 3, "{counted:?}");
    assert!(counted.contains(&"Mufasa".to_owned()) && counted.contains(&"Nobody".to_owned()));
}
