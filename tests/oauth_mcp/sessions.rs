//! A session belongs to the user and the client that began it.

use crate::support::Answer;
use crate::{ACCEPT, Site, bearer, call};

const STREAM: &str = "Accept: text/event-stream";

/// What can be done with a session: a call, a stream, its end.
const USES: [fn(&Site, &str, &str) -> Answer; 3] = [
    |site, token, session| site.post(&[token, session], &call("whoami", "{}")),
    |site, token, session| site.send("GET", &[token, session, STREAM], ""),
    |site, token, session| site.send("DELETE", &[token, session, ACCEPT], ""),
];

/// As if there were no such session, whatever the token may do. And the session goes on.
#[test]
fn a_session_of_another_user_is_not_found() {
    let site = Site::start();
    let alice = site.token("alice", "notes:read");
    let session = site.begin(&alice);
    let other_client = site.issuer.sign("alice", "other", "notes:read", &site.resource, 300);
    for (whose, token) in [
        ("another user", site.token("bob", "notes:read notes:write")),
        ("another client of the user", bearer(&other_client)),
    ] {
        for use_it in USES {
            let found = use_it(&site, &token, &session);
            assert_eq!(found.status, 404, "{whose}: {found:#?}");
            let unknown = use_it(&site, &token, "Mcp-Session-Id: 0.0");
            assert_eq!(found.undated(), unknown.undated(), "{whose}");
        }
    }
    let answer = site.post(&[&alice, &session], &call("whoami", "{}"));
    assert!(answer.text().contains("alice, by the client test"), "{answer:#?}");
}

/// The identifier that the SDK made does not do without its tag, nor with a changed one.
#[test]
fn an_identifier_cannot_be_made_up() {
    let site = Site::start();
    let alice = site.token("alice", "notes:read");
    let session = site.begin(&alice);
    let (id, tag) = session.rsplit_once('.').expect("a tag");
    let mut other = tag.as_bytes().to_vec();
    other[0] = if other[0] == b'A' { b'B' } else { b'A' };
    let other = format!("{id}.{}", String::from_utf8(other).expect("text"));
    for session in [id, &*format!("{id}."), &*other, "Mcp-Session-Id: ", "Mcp-Session-Id: ."] {
        let answer = site.post(&[&alice, session], &call("whoami", "{}"));
        assert_eq!(answer.status, 404, "{session}: {answer:#?}");
    }
}

/// Another token of the same user and client does: tokens expire, sessions go on.
#[test]
fn a_new_token_continues_the_session() {
    let site = Site::start();
    let session = site.begin(&site.token("alice", "notes:read"));
    let wider = site.token("alice", "notes:read notes:write");
    let answer = site.post(&[&wider, &session], &call("add_note", r#"{"text": "a"}"#));
    assert!(answer.text().contains("added as number 1"), "{answer:#?}");
}

#[test]
fn its_owner_ends_it() {
    let site = Site::start();
    let alice = site.token("alice", "notes:read");
    let session = site.begin(&alice);
    assert_eq!(site.send("DELETE", &[&alice, &session], "").status, 202);
    assert_eq!(site.post(&[&alice, &session], &call("whoami", "{}")).status, 404);
}

/// Notes are kept by user, whichever session they came from.
#[test]
fn users_see_their_own_notes() {
    let site = Site::start();
    for user in ["alice", "bob"] {
        let token = site.token(user, "notes:read notes:write");
        let session = site.begin(&token);
        let text = format!(r#"{{"text": "of {user}"}}"#);
        site.post(&[&token, &session], &call("add_note", &text));
        let listed = site.post(&[&token, &session], &call("list_notes", "{}"));
        assert!(listed.text().contains(&format!(r#""text":"of {user}""#)), "{listed:#?}");
    }
}
