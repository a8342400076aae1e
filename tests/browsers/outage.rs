//! The identity of the example `sessions` when its store is down, and when its sessions expire.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::routing::get as on_get;
use portcullis::challenge::Challenge;
use portcullis::{AuthenticateLayer, LoginPage, Principal};
use tower_sessions::cookie::time::{Duration, OffsetDateTime};
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer, SessionStore};

use crate::NAVIGATION;
use crate::support::{Answer, Server, get};

#[path = "../../examples/sessions/identity.rs"]
mod identity;

use identity::{Sessions, USER, User};

/// A store that may be down.
#[derive(Clone, Default)]
struct Shaky {
    store: MemoryStore,
    down: Arc<AtomicBool>,
}

impl Shaky {
    fn ask(&self) -> Result<&MemoryStore> {
        match self.down.load(Ordering::Relaxed) {
            true => Err(Error::Backend("10.0.0.7:6379 refused the connection".to_owned())),
            false => Ok(&self.store),
        }
    }
}

impl fmt::Debug for Shaky {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shaky")
    }
}

impl Shaky {
    /// Expires this session, as disuse does.
    fn let_expire(&self, cookie: &str) {
        let id: Id = cookie.split_once('=').and_then(|(_, id)| id.parse().ok()).expect("an id");
        let expire = async {
            let mut record = self.store.load(&id).await.unwrap().expect("a session");
            record.expiry_date = OffsetDateTime::now_utc() - Duration::seconds(1);
            self.store.save(&record).await.unwrap();
        };
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(expire);
    }
}

#[async_trait]
impl SessionStore for Shaky {
    async fn create(&self, record: &mut Record) -> Result<()> {
        self.ask()?.create(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.ask()?.save(record).await
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        self.ask()?.load(id).await
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.ask()?.delete(id).await
    }
}

async fn log_in(session: Session) -> &'static str {
    session.insert(USER, User { name: "alice".to_owned() }).await.unwrap();
    "logged in"
}

async fn who(caller: Option<Principal<User>>) -> String {
    caller.map_or("nobody".to_owned(), |Principal(user)| user.name)
}

fn site(store: Shaky, expiry: Expiry) -> Server {
    let identity = Sessions { challenges: Challenge::bearer("site").unwrap().into() };
    let page = LoginPage::at("/login").unwrap();
    let stage = AuthenticateLayer::new(identity).optional().login_page(page);
    let mine = |Principal(user): Principal<User>| async move { user.name };
    let routes = Router::new()
        .route("/login", on_get(log_in))
        .route("/mine", on_get(mine))
        .fallback(who)
        .layer(stage);
    Server::start(routes.layer(SessionManagerLayer::new(store).with_expiry(expiry)))
}

#[track_caller]
fn cookie(answer: &Answer) -> String {
    let cookie = answer.field("set-cookie").unwrap_or_else(|| panic!("a cookie: {answer:#?}"));
    format!("cookie: {}", cookie.split(';').next().unwrap())
}

#[test]
fn a07_an_outage_of_the_session_store_logs_no_one_out() {
    let store = Shaky::default();
    let server = site(store.clone(), Expiry::OnSessionEnd);
    let session = cookie(&get(server.address, "/login", &[]));
    let navigation = [&NAVIGATION[..], &[&session]].concat();
    assert_eq!(get(server.address, "/mine", &navigation).text(), "alice");

    store.down.store(true, Ordering::Relaxed);
    for path in ["/", "/mine"] {
        let answer = get(server.address, path, &navigation);
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.field("retry-after").is_some(), "{path}");
        for name in ["www-authenticate", "location", "set-cookie"] {
            assert_eq!(answer.field(name), None, "{path}");
        }
        assert!(!answer.everything().contains("10.0.0.7"), "{path}");
        // A caller without a session does not need the store.
        assert_eq!(get(server.address, path, &[]).status, if path == "/" { 200 } else { 401 });
    }

    store.down.store(false, Ordering::Relaxed);
    assert_eq!(get(server.address, "/mine", &navigation).text(), "alice");
}

#[test]
fn a16_an_expired_session_is_as_none() {
    let store = Shaky::default();
    let server = site(store.clone(), Expiry::OnInactivity(Duration::hours(1)));
    let session = cookie(&get(server.address, "/login", &[]));
    let sent = [&*session];
    assert_eq!(get(server.address, "/mine", &sent).text(), "alice");
    store.let_expire(&session);
    assert_eq!(get(server.address, "/", &sent).text(), "nobody");
    let answer = get(server.address, "/mine", &sent);
    assert_eq!((answer.status, answer.error("Bearer")), (401, None));
    let answer = get(server.address, "/mine", &[&NAVIGATION[..], &sent].concat());
    assert_eq!((answer.status, answer.field("location")), (303, Some("/login")));
}

#[test]
fn c09_without_a_session_manager_outside_no_request_passes() {
    let identity = Sessions { challenges: Challenge::bearer("site").unwrap().into() };
    let server = Server::start(Router::new().fallback(who).layer(AuthenticateLayer::new(identity)));
    assert_eq!(get(server.address, "/", &["cookie: id=1"]).status, 503);
}
