//! K20: in every arrangement, the responses of an area are those that were released and those that had an
//! event.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{any, get, post};
use futures_util::future::join_all;
use http::request::Parts;
use http::{Method, StatusCode};
use portcullis::observe::{ConcealEvent, Event, Observe};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, ConcealLayer, Denial, HasRoles, Tokens, conceal,
    role,
};
use tower::ServiceExt;

#[derive(Clone)]
struct User(&'static str);

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        self.0 == role
    }
}

/// The area of a layer.
#[derive(Clone, Copy, Debug)]
enum Area {
    Everywhere,
    Vault,
    HiddenVault,
}

#[derive(Clone, Copy, Debug)]
enum Timing {
    AtOnce,
    Floor,
    /// With a limit that some requests exceed.
    Limit,
}

const AREAS: [Area; 3] = [Area::Everywhere, Area::Vault, Area::HiddenVault];
const TIMINGS: [Timing; 3] = [Timing::AtOnce, Timing::Floor, Timing::Limit];

/// What was counted of one layer: by its observer, and by middleware around and inside it.
#[derive(Clone, Default)]
struct Counts(Arc<[AtomicUsize; 6]>);

const BEGUN: usize = 0;
const COVERED: usize = 1;
const ABSENT: usize = 2;
const TURNED_AWAY: usize = 3;
const RELEASED: usize = 4;
const REPLACED: usize = 5;

impl Counts {
    fn add(&self, index: usize) {
        self.0[index].fetch_add(1, Ordering::Relaxed);
    }

    fn all(&self) -> [usize; 6] {
        std::array::from_fn(|index| self.0[index].load(Ordering::Relaxed))
    }
}

impl Observe for Counts {
    type Context = ();

    fn begin(&self, _: &Parts) {
        self.add(BEGUN);
    }

    fn decided(&self, (): (), _: &Event<'_>) {}

    fn concealed(&self, (): (), event: &ConcealEvent) {
        self.add(match event {
            ConcealEvent::Covered { .. } => COVERED,
            ConcealEvent::Absent => ABSENT,
            ConcealEvent::TurnedAway => TURNED_AWAY,
            event => panic!("{event:?}"),
        });
    }
}

/// Response marker: the response has come from inside the layer with this number.
#[derive(Clone)]
struct From(Vec<usize>);

/// The layer with its number, and middleware that counts by itself which responses it releases: a response
/// that it replaces has no marker.
fn wrap(inner: Router, number: usize, area: Area, timing: Timing, counts: &Counts) -> Router {
    let mark = from_fn(move |request: Request, next: Next| async move {
        let mut response = next.run(request).await;
        let From(mut of) = response.extensions_mut().remove().unwrap_or(From(Vec::new()));
        of.push(number);
        response.extensions_mut().insert(From(of));
        response
    });
    let inner = inner.layer(mark);
    let layer = match area {
        Area::Everywhere => ConcealLayer::everywhere(),
        Area::Vault => ConcealLayer::under("/vault").unwrap(),
        Area::HiddenVault => ConcealLayer::routes_under("/vault").unwrap(),
    };
    let layer = layer.observe(counts.clone());
    let floor = Duration::from_millis(1);
    let concealed = match timing {
        Timing::AtOnce => Router::new().fallback_service(inner).layer(layer),
        Timing::Floor => {
            Router::new().fallback_service(inner).layer(layer.time_floor(floor).unwrap())
        }
        Timing::Limit => {
            let layer = layer.time_floor(floor).unwrap().requests_per_period(4).unwrap();
            Router::new().fallback_service(inner).layer(layer)
        }
    };
    let counts = counts.clone();
    let count = from_fn(move |request: Request, next: Next| {
        let counts = counts.clone();
        async move {
            let is_in_area =
                matches!(area, Area::Everywhere) || request.uri().path().starts_with("/vault");
            let response = next.run(request).await;
            if is_in_area {
                let from = response.extensions().get();
                let is_released = from.is_some_and(|From(of): &From| of.contains(&number));
                counts.add(if is_released { RELEASED } else { REPLACED });
            }
            response
        }
    });
    concealed.layer(count)
}

fn app() -> Router {
    let admins = AuthorizeLayer::<User>::new(conceal(role("admin"))).discloses_routes();
    let closed = AuthorizeLayer::<User>::new(role("admin"));
    let tokens = Tokens::new().with("alice", User("admin")).with("bob", User("member"));
    let stage = AuthenticateLayer::new(Bearer::new("test", tokens).unwrap()).optional();
    let app = Router::new()
        .route("/vault/seen", get(|| async { "seen" }))
        .route("/vault/conflict", any(|| async { StatusCode::CONFLICT }).layer(admins))
        .route("/vault/closed", any(|| async { "" }).layer(closed))
        .route("/vault/denied", any(|| async { Denial::not_found() }))
        .route("/vault/call", post(|| async { [("grpc-status", "7")] }))
        .route("/open", any(|| async { StatusCode::BAD_REQUEST }));
    Router::new().fallback_service(app).layer(stage)
}

async fn send(app: Router, number: usize) {
    const PATHS: [&str; 8] = [
        "/vault/seen",
        "/vault/conflict",
        "/vault/closed",
        "/vault/denied",
        "/vault/call",
        "/vault/nothing",
        "/open",
        "/nothing",
    ];
    let method = [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS][number / 8 % 4].clone();
    let mut request = Request::builder().method(&method).uri(PATHS[number % 8]);
    request = match number % 5 {
        0 => request,
        1 => request.header("authorization", "Bearer bob"),
        2 => request.header("authorization", "Bearer wrong"),
        _ => request.header("authorization", "Bearer alice"),
    };
    if method == Method::POST && !number.is_multiple_of(3) {
        request = request.header("content-type", "application/grpc");
    }
    let _: Response = app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
}

/// Sends these requests, all at once, to nested layers of these kinds, outermost first, and adds up what
/// the layers have counted.
async fn adds_up(kinds: &[(Area, Timing)], requests: usize, total: &mut [usize; 6]) {
    let counts: Vec<_> = kinds.iter().map(|_| Counts::default()).collect();
    let layers = kinds.iter().zip(&counts).enumerate().rev();
    let app = layers.fold(app(), |inner, (number, ((area, timing), counts))| {
        wrap(inner, number, *area, *timing, counts)
    });
    join_all((0..requests).map(|number| send(app.clone(), number))).await;
    for (number, counts) in counts.iter().enumerate() {
        let all = counts.all();
        let [begun, covered, absent, turned_away, released, replaced] = all;
        let shown = format!("layer {number} of {kinds:?}: {all:?}");
        assert_eq!(covered + absent + turned_away, replaced, "{shown}");
        assert_eq!(begun, released + replaced, "{shown}");
        if number == 0 {
            let in_area = match kinds[0].0 {
                Area::Everywhere => requests,
                Area::Vault | Area::HiddenVault => requests * 6 / 8,
            };
            assert_eq!(begun, in_area, "{shown}");
        }
        total.iter_mut().zip(all).for_each(|(total, count)| *total += count);
    }
}

#[tokio::test]
async fn k20_in_every_arrangement_responses_are_released_or_have_an_event() {
    let kinds: Vec<_> =
        AREAS.into_iter().flat_map(|area| TIMINGS.map(|timing| (area, timing))).collect();
    let mut total = [0; 6];
    for outer in &kinds {
        adds_up(&[*outer], 160, &mut total).await;
        for inner in &kinds {
            adds_up(&[*outer, *inner], 80, &mut total).await;
            for innermost in &kinds {
                adds_up(&[*outer, *inner, *innermost], 24, &mut total).await;
            }
        }
    }
    assert!(total.iter().all(|count| *count > 1_000), "each kind was tried: {total:?}");
}
