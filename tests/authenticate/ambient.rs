//! Ambient credentials, which a browser sends without the user's doing: A16, and A08 where they meet
//! explicit ones.

use http::header::COOKIE;
use http::request::Parts;
use portcullis::challenge::Challenge;
use portcullis::{AuthenticateLayer, Identity, IdentityInfo, Unauthenticated, any_of};

use crate::support::{Connection, Server, get, request};
use crate::{Name, basic, bearer, login, site};

/// Sessions of a store that responds at once, or after a wait.
struct Sessions {
    waits: bool,
}

impl Sessions {
    fn look_up(&self, request: &Parts) -> Result<Name, Unauthenticated> {
        match request.headers.get(COOKIE).map(|cookie| cookie.as_bytes()) {
            Some(b"sid=s1") => Ok("session"),
            Some(b"sid=down") => Err(Unauthenticated::unavailable()),
            // Unknown, expired, of another application, nonsense: as if nothing was sent.
            _ => Err(Unauthenticated::missing()),
        }
    }
}

impl Identity for Sessions {
    type Principal = Name;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(Challenge::bearer("test").unwrap()).reads_headers([COOKIE])
    }

    async fn identify(&self, request: &Parts) -> Result<Name, Unauthenticated> {
        tokio::task::yield_now().await;
        self.look_up(request)
    }

    fn identify_now(&self, request: &Parts) -> Option<Result<Name, Unauthenticated>> {
        (!self.waits).then(|| self.look_up(request))
    }
}

fn sessions() -> [Sessions; 2] {
    [Sessions { waits: false }, Sessions { waits: true }]
}

/// Cookies that name no session.
const NO_SESSION: [&[&str]; 5] = [
    &[],
    &["cookie: sid=expired"],
    &["cookie: sid="],
    &["cookie: other=s1"],
    &["cookie: sid=unknown", "cookie: other=1"],
];

#[test]
fn a16_an_unknown_session_gets_the_401_of_a_request_without_credentials() {
    for session in sessions() {
        let layer = AuthenticateLayer::new(any_of((session, bearer(), basic())));
        let server = Server::start(site().layer(layer));
        for sent in NO_SESSION {
            let answer = get(server.address, "/", sent);
            assert_eq!(answer.status, 401, "{sent:?}");
            // The challenges of A01, without an error.
            assert_eq!(
                answer.challenges(),
                ["Bearer realm=test", "Basic realm=test|charset=UTF-8"]
            );
        }
        assert_eq!(get(server.address, "/", &["cookie: sid=s1"]).text(), "session");
    }
}

#[test]
fn a16_an_unknown_session_locks_no_one_out_of_public_pages() {
    for session in sessions() {
        let layer = AuthenticateLayer::new(any_of((session, bearer(), basic()))).optional();
        let server = Server::start(site().layer(layer));
        for sent in NO_SESSION {
            let answer = get(server.address, "/", sent);
            assert_eq!((answer.status, answer.text()), (200, "nobody"), "{sent:?}");
            assert_eq!(answer.members("vary"), ["authorization", "cookie"], "{sent:?}");
        }
    }
}

#[test]
fn a16_a_store_that_is_down_is_no_unknown_session() {
    for session in sessions() {
        let layer = AuthenticateLayer::new(any_of((session, bearer()))).optional();
        let server = Server::start(site().layer(layer));
        let answer = get(server.address, "/", &["cookie: sid=down"]);
        assert_eq!(answer.status, 503);
        assert_eq!((answer.field("www-authenticate"), answer.field("set-cookie")), (None, None));
    }
}

#[test]
fn a16_explicit_credentials_outrank_the_session() {
    for session in sessions() {
        let layer = AuthenticateLayer::new(any_of((session, bearer(), basic()))).optional();
        let server = Server::start(site().layer(layer));
        let right = login("user", "passwd");
        let wrong = login("user", "wrong");
        // The session is valid, unknown, or cannot be looked up: it does not matter.
        for cookie in ["cookie: sid=s1", "cookie: sid=expired", "cookie: sid=down"] {
            let ask = |sent: &str| get(server.address, "/", &[cookie, sent]);
            assert_eq!(ask("authorization: Bearer tok-read").text(), "reader", "{cookie}");
            assert_eq!(ask(&right).text(), "user", "{cookie}");
            assert_eq!(ask(&wrong).status, 401, "{cookie}");
            let old = ask("authorization: Bearer tok-old");
            assert_eq!(old.error("Bearer").as_deref(), Some("invalid_token"), "{cookie}");
        }
        // Credentials of a scheme that is not offered do not (A03).
        for sent in ["authorization: Negotiate abc", "authorization: Bearer"] {
            let answer = get(server.address, "/", &["cookie: sid=s1", sent]);
            assert_eq!(answer.text(), "session", "{sent}");
        }
    }
}

#[test]
fn a16_responses_to_a_session_are_private_and_vary_with_the_cookie() {
    for session in sessions() {
        let layer = AuthenticateLayer::new(any_of((session, bearer())));
        let server = Server::start(site().layer(layer));
        let answer = get(server.address, "/", &["cookie: sid=s1"]);
        assert_eq!(answer.members("cache-control"), ["private"]);
        assert_eq!(answer.members("vary"), ["cookie"]);
        // With an explicit token beside the cookie, the response is still private.
        let answer = get(server.address, "/", &["cookie: sid=s1", "authorization: Bearer tok-rw"]);
        assert_eq!(answer.members("cache-control"), ["private"]);
        assert_eq!(answer.members("vary"), ["cookie"]);
    }
}

/// A13: on one connection, the session of one request does not apply to the next.
#[test]
fn a16_a_session_is_sent_with_each_request() {
    for session in sessions() {
        let server = Server::start(site().layer(AuthenticateLayer::new(session)));
        let mut connection = Connection::open(server.address);
        let with = request("GET", "/", &[b"cookie: sid=s1"]);
        assert_eq!(connection.send(&with).status, 200);
        assert_eq!(connection.send(&request("GET", "/", &[])).status, 401);
        assert_eq!(connection.send(&with).status, 200);
    }
}
