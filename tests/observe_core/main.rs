//! Section K, first part: what an authenticate stage tells its observer, and that its events add up to its
//! responses.
//!
//! The names of the tests begin with the rows.

#[path = "../support/mod.rs"]
mod support;

mod calls;
mod conceal;
mod costs;
mod hostile;
mod outcomes;
mod schemes;
mod sums;
mod times;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use counting::Counting;
use http::HeaderName;
use http::request::Parts;
use portcullis::observe::attributes::{STATUS_CODE, Value};
use portcullis::observe::{Class, CredentialScheme, Event, Observe, RequestOutcome, Times};
use portcullis::{ApiKey, Bearer, Cause, HasRoles, Stage, Tokens};

#[global_allocator]
static COUNTING: Counting = Counting;

#[derive(Clone, Debug)]
struct User {
    role: &'static str,
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.role == role
    }
}

fn tokens() -> Tokens<User> {
    Tokens::new().with("admin", User { role: "admin" }).with("user", User { role: "user" })
}

fn bearer() -> Bearer<Tokens<User>> {
    Bearer::new("test", tokens()).unwrap()
}

fn keys(header: &'static str) -> ApiKey<Tokens<User>> {
    ApiKey::new("keys", HeaderName::from_static(header), tokens()).unwrap()
}

/// One event, as far as it can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    outcome: RequestOutcome,
    status: u16,
    class: Option<Class>,
    cause: Option<Cause>,
    stage: Option<Stage>,
    scheme: String,
    is_anonymous: bool,
    is_repaired: bool,
    grpc_code: Option<i32>,
    times: Option<Times>,
}

/// Keeps every event, and counts the contexts that are alive.
#[derive(Clone, Default)]
struct Recorder {
    told: Arc<Mutex<Vec<Told>>>,
    begun: Arc<AtomicUsize>,
    alive: Arc<AtomicUsize>,
    measures: bool,
}

/// What the recorder takes of a request. It counts itself.
struct Taken(Arc<AtomicUsize>);

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Recorder {
    fn measuring() -> Self {
        Self { measures: true, ..Self::default() }
    }

    fn take(&self) -> Vec<Told> {
        std::mem::take(&mut self.told.lock().unwrap())
    }

    #[track_caller]
    fn only(&self) -> Told {
        let mut told = self.take();
        assert_eq!(told.len(), 1, "{told:#?}");
        told.remove(0)
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }
}

impl Observe for Recorder {
    type Context = Taken;

    fn measures_time(&self) -> bool {
        self.measures
    }

    fn begin(&self, _: &Parts) -> Taken {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.alive.fetch_add(1, Ordering::SeqCst);
        Taken(self.alive.clone())
    }

    fn decided(&self, _: Taken, event: &Event<'_>) {
        let status = Value::Number(event.status().as_u16().into());
        assert!(event.attributes().any(|attribute| attribute == (STATUS_CODE, status.clone())));
        self.told.lock().unwrap().push(Told {
            outcome: event.outcome(),
            status: event.status().as_u16(),
            class: event.class(),
            cause: event.cause(),
            stage: event.stage(),
            scheme: match event.scheme() {
                CredentialScheme::None => "none".to_owned(),
                CredentialScheme::Offered(scheme) => scheme.to_owned(),
                CredentialScheme::Other => "other".to_owned(),
            },
            is_anonymous: event.is_anonymous(),
            is_repaired: event.is_repaired(),
            grpc_code: event.grpc_code(),
            times: event.times(),
        });
    }
}
