//! K24, K25: a client that cannot read the metrics learns nothing from observation. The leak probe stays
//! silent with observers on every layer, and finds an observer that breaks the rule.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use http::Method;
use http::request::Parts;
use portcullis::observe::{ConcealEvent, Event, Observe};
use portcullis::testing::{LeakProbe, Timings, bearer};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, HasRoles, Tokens, conceal, role,
};

const HIDDEN: &str = "/vault/notes";
const MISSING: &str = "/vault/other";
/// Well above the work of service and observers, also on a busy machine: longer work would show.
const FLOOR: Duration = Duration::from_millis(20);
const WORK: Duration = Duration::from_millis(2);

#[derive(Clone)]
struct User(&'static str);

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.0 == role
    }
}

// ==== observers ====

/// Counts events by kind.
#[derive(Clone, Default)]
struct Count(Arc<[AtomicU64; 2]>);

impl Count {
    /// Of a stage, and of a conceal layer.
    fn all(&self) -> [u64; 2] {
        [0, 1].map(|index: usize| self.0[index].load(Ordering::Relaxed))
    }
}

impl Observe for Count {
    type Context = ();

    fn begin(&self, _: &Parts) {}

    fn decided(&self, (): (), _: &Event<'_>) {
        self.0[0].fetch_add(1, Ordering::Relaxed);
    }

    fn concealed(&self, (): (), _: &ConcealEvent) {
        self.0[1].fetch_add(1, Ordering::Relaxed);
    }
}

/// Writes a line for each event to the device that discards it, with what it has copied of the request.
#[derive(Clone)]
struct Ledger(Arc<File>);

impl Ledger {
    fn open() -> Self {
        Self(Arc::new(File::options().write(true).open("/dev/null").unwrap()))
    }
}

impl Observe for Ledger {
    type Context = (Method, String, usize);

    fn begin(&self, request: &Parts) -> Self::Context {
        (request.method.clone(), request.uri.path().to_owned(), request.headers.len())
    }

    fn decided(&self, (method, path, headers): Self::Context, event: &Event<'_>) {
        let _ = writeln!(&*self.0, "{method} {path} {headers} {event:?}");
    }

    fn concealed(&self, (method, path, headers): Self::Context, event: &ConcealEvent) {
        let _ = writeln!(&*self.0, "{method} {path} {headers} {event:?}");
    }
}

/// Breaks the rule.
#[derive(Clone, Copy)]
enum Careless {
    /// Looks up in `begin` what the path names.
    LooksUp,
    /// Works for a covered response, and not for an absence.
    WorksForCovered,
}

impl Observe for Careless {
    type Context = ();

    fn begin(&self, request: &Parts) {
        if matches!(self, Self::LooksUp) && request.uri.path() == HIDDEN {
            sleep(WORK);
        }
    }

    fn decided(&self, (): (), _: &Event<'_>) {}

    fn concealed(&self, (): (), event: &ConcealEvent) {
        if matches!((self, event), (Self::WorksForCovered, ConcealEvent::Covered { .. })) {
            sleep(WORK);
        }
    }
}

// ==== the application ====

/// Where the caller of the hidden route is refused.
#[derive(Clone, Copy, PartialEq)]
enum Refused {
    /// By a stage around the vault: the same work for a hidden path and for a missing one.
    AroundTheVault,
    /// By a stage at the route, which forgot to conceal: the conceal layer covers its 403.
    AtTheRoute,
}

/// An application with observers on every layer, the authenticate stage twice.
fn app<C: Observe, S: Observe>(
    refused: Refused,
    floor: bool,
    conceals: C,
    [one, two]: [S; 2],
) -> Router {
    let route = get(|| async { "the notes" });
    let vault = match refused {
        Refused::AroundTheVault => {
            let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
            Router::new().fallback_service(Router::new().route("/notes", route)).layer(admins)
        }
        Refused::AtTheRoute => {
            let admins = AuthorizeLayer::<User>::new(role("admin"));
            Router::new().fallback_service(Router::new().route("/notes", route.layer(admins)))
        }
    };
    let stage = || {
        let tokens = Tokens::new().with("alice", User("admin")).with("bob", User("member"));
        AuthenticateLayer::new(Bearer::new("vault", tokens).unwrap()).optional()
    };
    let app = Router::new().nest("/vault", vault).layer(stage().observe(one));
    let app = Router::new().fallback_service(app).layer(stage().observe(two));
    let layer = ConcealLayer::everywhere().hide_routes_under("/vault").unwrap().observe(conceals);
    let app = Router::new().fallback_service(app);
    if floor { app.layer(layer.time_floor(FLOOR).unwrap()) } else { app.layer(layer) }
}

type Honest = (Count, Ledger);

fn honest(refused: Refused, floor: bool, count: &Count) -> Router {
    let observer = || -> Honest { (count.clone(), Ledger::open()) };
    app(refused, floor, observer(), [observer(), observer()])
}

fn probe(app: Router) -> LeakProbe {
    LeakProbe::of_service(app).pair(HIDDEN, MISSING).unauthorized("bob", bearer("bob"))
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

fn times(probe: &LeakProbe, samples: usize) -> Timings {
    run(probe.times(samples)).expect("times")
}

/// The error rate is 1e-4 a run, so a second run distinguishes chance from a difference.
#[track_caller]
fn assert_alike(probe: LeakProbe, samples: usize) {
    let first = times(&probe, samples);
    if !first.has_no_leaks() {
        println!("once more, since it may be chance: {first}");
        times(&probe.seed(7), samples).assert_no_leaks();
    }
}

#[test]
fn k25_the_probe_finds_no_leak_with_observers_on_every_layer() {
    for (refused, floor) in [
        (Refused::AroundTheVault, false),
        (Refused::AtTheRoute, false),
        (Refused::AtTheRoute, true),
    ] {
        let count = Count::default();
        let probe = probe(honest(refused, floor, &count)).anonymous();
        let probe =
            probe.authorized("alice", bearer("alice")).methods(["GET", "HEAD", "POST"]).budget(500);
        let report = run(probe.run()).unwrap();
        report.assert_no_leaks();
        let [decided, concealed] = count.all();
        assert!(decided > 1_000 && concealed > 1_000, "{decided} {concealed}");
    }
}

#[test]
fn k25_without_a_floor_observers_that_do_the_same_work_show_no_difference_in_time() {
    let service = honest(Refused::AroundTheVault, false, &Count::default());
    assert_alike(probe(service), 1_000);
}

#[test]
fn k24_with_a_floor_the_probe_finds_no_difference_in_time_between_covered_and_missing() {
    let service = honest(Refused::AtTheRoute, true, &Count::default());
    assert_alike(probe(service), 300);
}

#[test]
fn k25_an_observer_that_looks_up_what_a_path_names_is_found_unless_there_is_a_floor() {
    let at_the_layer = |floor| app(Refused::AroundTheVault, floor, Careless::LooksUp, [(), ()]);
    let at_a_stage = |floor| {
        app(Refused::AroundTheVault, floor, (), [Careless::LooksUp, Careless::WorksForCovered])
    };
    for app in [at_the_layer, at_a_stage] as [fn(bool) -> Router; 2] {
        let found = times(&probe(app(false)), 100);
        assert!(!found.has_no_leaks(), "{found}");
        assert_alike(probe(app(true)), 100);
    }
}

#[test]
fn k25_an_observer_that_works_for_covered_responses_only_is_found_unless_there_is_a_floor() {
    let app = |floor| app(Refused::AtTheRoute, floor, Careless::WorksForCovered, [(), ()]);
    let found = times(&probe(app(false)), 100);
    assert!(!found.has_no_leaks(), "{found}");
    assert_alike(probe(app(true)), 100);
}
