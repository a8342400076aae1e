//! Which responses pass an area with hidden routes, in every arrangement of up to three authorize
//! stages: the table under D16 of the specification, as a function, against the layers. D12.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use axum::routing::{MethodRouter, get};
use http::request::Parts;
use portcullis::policy::not;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, BoxPolicy, ConcealLayer, Decision, Denial, HasRoles,
    Policy, Tokens, conceal, policy_fn, role,
};
use tower::ServiceExt;

/// The most stages that an arrangement has.
const MOST: usize = 3;

/// The stage with this number permits callers that have the role with this number.
const PERMITTED: [&str; MOST] = ["0", "1", "2"];
const REFUSED: [&str; MOST] = ["not 0", "not 1", "not 2"];

/// A known caller; the bits say which stages permit it.
#[derive(Clone, Copy)]
struct User(usize);

impl User {
    fn is_permitted_by(self, stage: usize) -> bool {
        self.0 >> stage & 1 == 1
    }
}

impl HasRoles for User {
    fn has_role(&self, name: &str) -> bool {
        (0..MOST).any(|stage| match self.is_permitted_by(stage) {
            true => name == PERMITTED[stage],
            false => name == REFUSED[stage],
        })
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Concealing,
    Role,
    Not,
    Closure,
}

/// Where a stage is, outermost first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// Around the whole application.
    Application,
    /// Around the finished router of the area.
    Area,
    /// On each path with a route: it skips unmatched paths.
    Path,
    /// On each method of a route: it skips unmatched methods as well.
    Method,
}

#[derive(Clone, Copy, Debug)]
struct Stage {
    place: Place,
    kind: Kind,
    discloses: bool,
}

impl Stage {
    fn all() -> Vec<Self> {
        let kinds = [Kind::Concealing, Kind::Role, Kind::Not, Kind::Closure];
        let places = [Place::Application, Place::Area, Place::Path, Place::Method];
        let stages = places.into_iter().flat_map(|place| kinds.map(|kind| (place, kind)));
        let stages = stages.flat_map(|it| [false, true].map(|discloses| (it, discloses)));
        stages.map(|((place, kind), discloses)| Self { place, kind, discloses }).collect()
    }

    fn policy(self, number: usize) -> BoxPolicy<User> {
        match self.kind {
            Kind::Concealing => BoxPolicy::new(conceal(role(PERMITTED[number]))),
            Kind::Role => BoxPolicy::new(role(PERMITTED[number])),
            Kind::Not => BoxPolicy::new(not(role(REFUSED[number]))),
            Kind::Closure => BoxPolicy::new(policy_fn(move |user: &User, _: &Parts| {
                Decision::permit_if(user.is_permitted_by(number))
            })),
        }
    }
}

/// Applies the stages of one place with `wrap`, from the inside out.
fn wrap<T>(
    stages: &[Stage],
    place: Place,
    inner: T,
    around: impl Fn(T, BoxPolicy<User>, bool) -> T,
) -> T {
    let of_place = stages.iter().enumerate().filter(|(_, stage)| stage.place == place).rev();
    of_place
        .fold(inner, |inner, (number, stage)| around(inner, stage.policy(number), stage.discloses))
}

/// The layer of a stage; a macro, since its type has no name.
macro_rules! layer {
    ($policy:expr, $discloses:expr) => {{
        let layer = AuthorizeLayer::<User>::new($policy);
        if $discloses { layer.discloses_routes() } else { layer }
    }};
}

/// A token for each combination of roles.
static IDENTITY: LazyLock<Arc<Bearer<Tokens<User>>>> = LazyLock::new(|| {
    let users = (0..1 << MOST).map(|bits| (bits.to_string(), User(bits)));
    let tokens = users.fold(Tokens::new(), |tokens, (token, user)| tokens.with(&token, user));
    Arc::new(Bearer::new("test", tokens).unwrap())
});

/// An application with these stages, around an area whose routes are hidden.
fn app(stages: &[Stage]) -> Router {
    let method = |handler: MethodRouter| {
        wrap(stages, Place::Method, handler, |inner, policy, discloses| {
            inner.route_layer(layer!(policy, discloses))
        })
    };
    let area = Router::new()
        .route("/seen", method(get(|| async { "seen" })))
        .route("/conflict", method(get(|| async { StatusCode::CONFLICT })))
        .route("/denied", method(get(|| async { Denial::forbidden() })))
        .route("/checked", method(get(checked)));
    let area = wrap(stages, Place::Path, area, |inner, policy, discloses| {
        inner.route_layer(layer!(policy, discloses))
    });
    let around = |inner, policy, discloses| {
        Router::new().fallback_service(inner).layer(layer!(policy, discloses))
    };
    let area = wrap(stages, Place::Area, area, around);
    let app = wrap(stages, Place::Application, Router::new().nest("/area", area), around);

    Router::new()
        .fallback_service(app)
        .layer(AuthenticateLayer::new(IDENTITY.clone()).optional())
        .layer(ConcealLayer::everywhere().hide_routes_under("/area").unwrap())
}

/// A handler whose policy forgot to conceal, and permits no caller.
async fn checked() -> Result<&'static str, Denial> {
    role("none").check(&User(0), &()).await?;
    Ok("seen")
}

/// Where the response is made, unless a stage refuses first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Success,
    /// Another response of a handler, or of a router for a path with a route.
    Other,
    /// A router's response for a method without a route.
    NoSuchMethod,
    Denial,
}

/// Requests to existing routes, and the status of each without any layer.
const REQUESTS: [(Method, &str, Origin, StatusCode); 6] = [
    (Method::GET, "/area/seen", Origin::Success, StatusCode::OK),
    (Method::POST, "/area/seen", Origin::NoSuchMethod, StatusCode::METHOD_NOT_ALLOWED),
    (Method::OPTIONS, "/area/seen", Origin::NoSuchMethod, StatusCode::METHOD_NOT_ALLOWED),
    (Method::GET, "/area/conflict", Origin::Other, StatusCode::CONFLICT),
    (Method::GET, "/area/denied", Origin::Denial, StatusCode::FORBIDDEN),
    (Method::GET, "/area/checked", Origin::Denial, StatusCode::FORBIDDEN),
];

/// Whether the response passes by the table.
fn leaves(stages: &[Stage], caller: Option<User>, origin: Origin) -> bool {
    let mut asked: Vec<_> = stages.iter().enumerate().collect();
    asked.retain(|(_, stage)| origin != Origin::NoSuchMethod || stage.place != Place::Method);
    let permits = |number| caller.is_some_and(|user| user.is_permitted_by(number));
    let is_permitted = asked.iter().all(|(number, _)| permits(*number));
    let is_told = asked.iter().any(|(_, stage)| stage.discloses);
    match origin {
        Origin::Success => is_permitted,
        Origin::Other | Origin::NoSuchMethod => is_permitted && is_told,
        Origin::Denial => false,
    }
}

type Answer = (StatusCode, HeaderMap, Vec<u8>);

async fn answer(app: &Router, method: &Method, path: &str, caller: Option<User>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(User(bits)) = caller {
        request = request.header("authorization", format!("Bearer {bits}"));
    }
    let response = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, to_bytes(body, 10_000).await.unwrap().to_vec())
}

async fn is_as_the_table_says(stages: &[Stage], missing: &Answer) {
    let app = app(stages);
    // A caller that every stage permits, one for each stage that it refuses, and an anonymous one.
    let all = (1 << stages.len()) - 1;
    let refused = (0..stages.len()).map(|stage| Some(User(all & !(1 << stage))));
    for caller in refused.chain([Some(User(all)), None]) {
        let bits = caller.map(|User(bits)| bits);
        let nothing = answer(&app, &Method::GET, "/area/nothing", caller).await;
        assert_eq!(nothing, *missing, "{stages:?} {bits:?}");
        for (method, path, origin, status) in &REQUESTS {
            let answer = answer(&app, method, path, caller).await;
            if leaves(stages, caller, *origin) {
                assert_eq!(answer.0, *status, "{method} {path} {stages:?} {bits:?}");
            } else {
                assert_eq!(answer, *missing, "{method} {path} {stages:?} {bits:?}");
            }
        }
    }
}

/// Every arrangement of so many stages. Stages that go on from one another are written in the
/// order in which they are asked; the others are the same with other numbers.
fn arrangements(stages: usize) -> Vec<Vec<Stage>> {
    let mut all = vec![Vec::new()];
    for _ in 0..stages {
        let further = |outer: Vec<Stage>| {
            let place = outer.last().map(|stage| stage.place);
            let inner = Stage::all().into_iter().filter(move |it| Some(it.place) >= place);
            inner.map(move |inner| [outer.as_slice(), &[inner]].concat())
        };
        all = all.into_iter().flat_map(further).collect();
    }
    all
}

/// Tries every arrangement of these numbers of stages, of which there are so many.
async fn all_are_as_the_table_says(numbers: &[(usize, usize)]) {
    let missing = answer(&app(&[]), &Method::GET, "/nothing", None).await;
    assert_eq!(missing.0, StatusCode::NOT_FOUND);
    for (stages, count) in numbers {
        let arrangements = arrangements(*stages);
        assert_eq!(arrangements.len(), *count);
        for stages in arrangements {
            is_as_the_table_says(&stages, &missing).await;
        }
    }
}

#[tokio::test]
async fn d12_every_arrangement_of_up_to_two_stages_is_as_the_table_says() {
    all_are_as_the_table_says(&[(0, 1), (1, 32), (2, 640)]).await;
}

#[tokio::test]
async fn d12_every_arrangement_of_three_stages_is_as_the_table_says() {
    all_are_as_the_table_says(&[(3, 10_240)]).await;
}
