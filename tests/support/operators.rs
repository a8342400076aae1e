//! What operators get to see: tracing events, and what the `on_decision` hook is told.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, Once};

use portcullis::observe::{CredentialScheme, RequestEvent};
use portcullis::{Cause, Stage};
use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

/// A tracing event of the crate.
#[derive(Clone, Debug)]
pub struct Happened {
    pub level: tracing::Level,
    /// By name; the text is `message`.
    pub fields: BTreeMap<String, String>,
}

/// Collects the crate's tracing events of this thread, and of the servers that it starts.
pub struct Events {
    store: Arc<Mutex<Vec<Happened>>>,
    _guard: DefaultGuard,
}

impl Events {
    pub fn capture() -> Self {
        // While there is but one subscriber, `tracing` asks the thread that is first to emit an
        // event whether anybody cares, for all threads and for good. So there are two.
        static ANOTHER: Once = Once::new();
        ANOTHER.call_once(|| {
            let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        });
        let store = Arc::default();
        let subscriber = tracing_subscriber::registry().with(Collect(Arc::clone(&store)));
        Self { store, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// What has happened since it was last asked.
    pub fn take(&self) -> Vec<Happened> {
        std::mem::take(&mut self.store.lock().unwrap())
    }

    /// The one event that has happened since it was last asked.
    #[track_caller]
    pub fn only(&self) -> Happened {
        let mut happened = self.take();
        assert_eq!(happened.len(), 1, "one event: {happened:#?}");
        happened.remove(0)
    }
}

struct Collect(Arc<Mutex<Vec<Happened>>>);

impl<S: tracing::Subscriber> Layer<S> for Collect {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "portcullis" {
            let mut happened =
                Happened { level: *event.metadata().level(), fields: BTreeMap::new() };
            event.record(&mut happened);
            self.0.lock().unwrap().push(happened);
        }
    }
}

impl Visit for Happened {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.fields.insert(field.name().to_owned(), format!("{value:?}"));
    }
}

/// What the hook was told about one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// `None` if the service answered.
    pub cause: Option<Cause>,
    pub concealed: bool,
    pub stage: Option<Stage>,
    /// `None` unless the stage refused.
    pub status: Option<u16>,
    pub scheme: Option<String>,
    pub anonymous: bool,
}

/// Collects what the `on_decision` hook is told.
#[derive(Clone, Default)]
pub struct Decisions(Arc<Mutex<Vec<Decided>>>);

impl Decisions {
    /// For `AuthenticateLayer::on_decision`.
    pub fn hook(&self) -> impl Fn(&RequestEvent<'_>) + Send + Sync + 'static {
        let Self(store) = self.clone();
        move |event| {
            store.lock().unwrap().push(Decided {
                cause: event.denial().map(|denial| denial.cause()),
                concealed: event.denial().is_some_and(|denial| denial.is_concealed()),
                stage: event.stage(),
                status: event.denial().map(|_| event.status().as_u16()),
                scheme: match event.scheme() {
                    CredentialScheme::Offered(scheme) => Some(scheme.to_owned()),
                    CredentialScheme::None | CredentialScheme::Other => None,
                },
                anonymous: event.is_anonymous(),
            });
        }
    }

    /// What it was told since it was last asked.
    pub fn take(&self) -> Vec<Decided> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}
