//! The cases: what is measured, what it is counted from, and which floor it is held against.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::future::poll_fn;
use std::hint::black_box;
use std::pin::pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};

use constant_time_eq::constant_time_eq;
use http::request::Parts;
use http::{HeaderName, StatusCode, Uri};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use portcullis::inspect::inspect;
use portcullis::observe::{Event, Metrics, Observe};
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Basic, Bearer, ConcealLayer, Identity, Login, Policy,
    Tokens, Unauthenticated, Users, Verify, any_of, conceal, role, verify_fn,
};
use sha2::{Digest, Sha256};
use tower::util::Oneshot;
use tower::{Layer, Service, ServiceExt};

use crate::harness::{Exchange, Run, Work};
use crate::shapes::{PATH, Shape, Visitor};
use crate::world::{
    ALICE, Drops, GOOD, Inner, OTHER_ROLE, REALM, ROLE, Request, Response, Sends, TOKEN, User,
    bearer,
};
use crate::{floors, peers};

/// One thing to measure.
pub struct Case {
    pub name: &'static str,
    /// The case whose cost is not its own: the bare service, or only the request.
    pub base: Option<&'static str>,
    /// The floor that it is held against.
    pub floor: Option<&'static str>,
    /// Another one, which does less.
    pub lesser_floor: Option<&'static str>,
    /// Whether its instructions may be counted: valgrind lacks those that hash.
    pub hashes: bool,
    build: Box<dyn Fn() -> Box<dyn Run>>,
}

impl Case {
    pub fn build(&self) -> Box<dyn Run> {
        (self.build)()
    }
}

/// The cases that have one of these texts in their names, with what they are counted from and held
/// against; all of them if there is no text.
pub fn wanted(texts: &[String]) -> Vec<Case> {
    let mut cases = cases();
    let is_wanted = |case: &Case| texts.iter().any(|text| case.name.contains(text.as_str()));
    let mut names: BTreeSet<&str> =
        cases.iter().filter(|case| is_wanted(case)).map(|case| case.name).collect();
    // A floor has a base, and a base has neither: twice is enough.
    for _ in 0..2 {
        let named = cases.iter().filter(|case| names.contains(case.name));
        let others = |case: &Case| [case.base, case.floor, case.lesser_floor];
        let others: Vec<&str> = named.flat_map(others).flatten().collect();
        names.extend(others);
    }
    cases.retain(|case| texts.is_empty() || names.contains(case.name));
    cases
}

/// All cases; none is built before it is wanted.
fn cases() -> Vec<Case> {
    let mut list = List(Vec::new());
    bases(&mut list);
    floors(&mut list);
    stages(&mut list);
    observed(&mut list);
    curtains(&mut list);
    identities(&mut list);
    tables(&mut list);
    inspected(&mut list);
    peers(&mut list);
    shapes(&mut list);
    list.0
}

struct List(Vec<Case>);

impl List {
    fn add<S>(
        &mut self,
        name: &'static str,
        service: impl Fn() -> S + 'static,
        sends: Sends,
    ) -> &mut Case
    where
        S: Service<Request> + 'static,
    {
        let build = Box::new(move || -> Box<dyn Run> {
            Box::new(Exchange::new(service(), move || sends.request()))
        });
        self.0.push(Case {
            name,
            base: None,
            floor: None,
            lesser_floor: None,
            hashes: false,
            build,
        });
        let last = self.0.len() - 1;
        &mut self.0[last]
    }
}

impl Case {
    /// Counted from the bare service that gets the same request.
    fn served(&mut self, sends: Sends) -> &mut Self {
        self.base = Some(bare(sends));
        self
    }

    /// Counted from a request that is dropped.
    fn refused(&mut self, sends: Sends) -> &mut Self {
        self.base = Some(dropped(sends));
        self
    }

    fn against(&mut self, floor: &'static str) -> &mut Self {
        self.floor = Some(floor);
        self
    }

    fn and(&mut self, lesser_floor: &'static str) -> &mut Self {
        self.lesser_floor = Some(lesser_floor);
        self
    }

    fn hashing(&mut self) -> &mut Self {
        self.hashes = true;
        self
    }
}

// ==== what the others are counted from ====

fn bare(sends: Sends) -> &'static str {
    match sends {
        Sends::Nothing => "bare: nothing",
        Sends::Token => "bare: token",
        Sends::WrongToken => "bare: wrong token",
        Sends::NothingExtended => "bare: nothing, extended",
        Sends::TokenExtended => "bare: token, extended",
    }
}

fn dropped(sends: Sends) -> &'static str {
    match sends {
        Sends::Nothing => "dropped: nothing",
        Sends::Token => "dropped: token",
        Sends::WrongToken => "dropped: wrong token",
        Sends::NothingExtended => "dropped: nothing, extended",
        Sends::TokenExtended => "dropped: token, extended",
    }
}

fn bases(list: &mut List) {
    for sends in Sends::ALL {
        list.add(bare(sends), || Inner, sends);
        list.add(dropped(sends), || Drops, sends);
    }
}

// ==== the floors ====

fn floor() -> floors::Bearer<Inner> {
    floors::Bearer::new(Inner, floors::BearerConfig::new(TOKEN, ALICE, REALM))
}

fn optional_floor() -> floors::Bearer<Inner> {
    floors::Bearer::new(Inner, floors::BearerConfig::new(TOKEN, ALICE, REALM).optional())
}

type TwoStageFloor = floors::Bearer<floors::Role<Inner>>;

fn two_stage_floor(role: floors::RoleConfig) -> TwoStageFloor {
    let config = floors::BearerConfig::new(TOKEN, ALICE, REALM);
    floors::Bearer::new(floors::Role::new(Inner, role), config)
}

fn bubbling_floor(role: floors::RoleConfig) -> TwoStageFloor {
    let config = floors::BearerConfig::new(TOKEN, ALICE, REALM).bubbling();
    floors::Bearer::new(floors::Role::new(Inner, role.bubbling()), config)
}

fn permitting() -> floors::RoleConfig {
    floors::RoleConfig::forbidding(ROLE)
}

fn forbidding() -> floors::RoleConfig {
    floors::RoleConfig::forbidding(OTHER_ROLE)
}

fn concealing() -> floors::RoleConfig {
    floors::RoleConfig::concealing(OTHER_ROLE)
}

fn floors(list: &mut List) {
    use Sends::{Nothing, NothingExtended, Token, TokenExtended, WrongToken};

    list.add("floor 1: allow", floor, Token).served(Token);
    list.add("floor 1: nothing sent", floor, Nothing).refused(Nothing);
    list.add("floor 1: wrong token", floor, WrongToken).refused(WrongToken);
    let floor = || two_stage_floor(permitting());
    list.add("floor 2: allow", floor, Token).served(Token);
    list.add("floor 2: allow, extended", floor, TokenExtended).served(TokenExtended);
    list.add("floor 2: nothing sent", floor, Nothing).refused(Nothing);
    list.add("floor 2: wrong token", floor, WrongToken).refused(WrongToken);
    let floor = || bubbling_floor(forbidding());
    list.add("floor 2: 403", floor, Token).refused(Token);
    list.add("floor 2: 403, extended", floor, TokenExtended).refused(TokenExtended);
    let floor = || bubbling_floor(concealing());
    list.add("floor 2: concealed 404", floor, Token).refused(Token);
    let floor = || two_stage_floor(forbidding());
    list.add("floor 2: 403 in place", floor, Token).refused(Token);
    list.add("floor 2: 403 in place, extended", floor, TokenExtended).refused(TokenExtended);
    let floor = || two_stage_floor(concealing());
    list.add("floor 2: concealed 404 in place", floor, Token).refused(Token);

    list.add("do nothing", || floors::Idle::<_, false>::new(Inner), Nothing).served(Nothing);
    list.add("do nothing and mark", || floors::Idle::<_, true>::new(Inner), Nothing)
        .served(Nothing);
    list.add(
        "do nothing and mark, extended",
        || floors::Idle::<_, true>::new(Inner),
        NothingExtended,
    )
    .served(NothingExtended);
    list.add("floor 1: optional, nothing sent", optional_floor, Nothing).served(Nothing);
    list.add("floor 1: optional, nothing sent, extended", optional_floor, NothingExtended)
        .served(NothingExtended);
}

// ==== ours ====

/// Both stages around the service.
fn two_stages(
    identity: impl Identity<Principal = User>,
    policy: impl Policy<User> + 'static,
) -> impl Service<Request, Response = Response, Error = Infallible> {
    AuthenticateLayer::new(identity).layer(AuthorizeLayer::<User>::new(policy).layer(Inner))
}

fn one_stage(
    identity: impl Identity<Principal = User>,
) -> impl Service<Request, Response = Response, Error = Infallible> {
    AuthenticateLayer::new(identity).layer(Inner)
}

fn optional(
    identity: impl Identity<Principal = User>,
) -> impl Service<Request, Response = Response, Error = Infallible> {
    AuthenticateLayer::new(identity).optional().layer(Inner)
}

fn stages(list: &mut List) {
    use Sends::{Nothing, NothingExtended, Token, TokenExtended, WrongToken};

    list.add("1 stage: allow", || one_stage(bearer()), Token)
        .served(Token)
        .against("floor 1: allow");
    list.add("1 stage: nothing sent", || one_stage(bearer()), Nothing)
        .refused(Nothing)
        .against("floor 1: nothing sent");
    list.add("1 stage: wrong token", || one_stage(bearer()), WrongToken)
        .refused(WrongToken)
        .against("floor 1: wrong token");

    let both = || two_stages(bearer(), role(ROLE));
    list.add("2 stages: allow", both, Token).served(Token).against("floor 2: allow");
    list.add("2 stages: allow, extended", both, TokenExtended)
        .served(TokenExtended)
        .against("floor 2: allow, extended");
    list.add("2 stages: nothing sent", both, Nothing)
        .refused(Nothing)
        .against("floor 2: nothing sent");
    list.add("2 stages: wrong token", both, WrongToken)
        .refused(WrongToken)
        .against("floor 2: wrong token");
    let forbidding = || two_stages(bearer(), role(OTHER_ROLE));
    list.add("2 stages: 403", forbidding, Token)
        .refused(Token)
        .against("floor 2: 403")
        .and("floor 2: 403 in place");
    list.add("2 stages: 403, extended", forbidding, TokenExtended)
        .refused(TokenExtended)
        .against("floor 2: 403, extended")
        .and("floor 2: 403 in place, extended");
    list.add("2 stages: concealed 404", || two_stages(bearer(), conceal(role(OTHER_ROLE))), Token)
        .refused(Token)
        .against("floor 2: concealed 404")
        .and("floor 2: concealed 404 in place");

    list.add("optional: nothing sent", || optional(bearer()), Nothing)
        .served(Nothing)
        .against("floor 1: optional, nothing sent")
        .and("do nothing and mark");
    list.add("optional: nothing sent, extended", || optional(bearer()), NothingExtended)
        .served(NothingExtended)
        .against("floor 1: optional, nothing sent, extended")
        .and("do nothing and mark, extended");
}

// ==== what operators see ====

/// Both stages, with counters of the exporter of Prometheus.
fn counted(
    policy: impl Policy<User> + 'static,
) -> impl Service<Request, Response = Response, Error = Infallible> {
    static EXPORTER: OnceLock<PrometheusHandle> = OnceLock::new();
    EXPORTER.get_or_init(|| {
        PrometheusBuilder::new().install_recorder().expect("the only exporter of this process")
    });
    AuthenticateLayer::new(bearer())
        .observe(Metrics::new("gate"))
        .layer(AuthorizeLayer::<User>::new(policy).layer(Inner))
}

/// An observer that does nothing: the price of an event.
struct Idle;

impl Observe for Idle {
    type Context = ();

    fn begin(&self, _: &Parts) {}

    fn decided(&self, (): (), _: &Event<'_>) {}
}

fn told(
    policy: impl Policy<User> + 'static,
) -> impl Service<Request, Response = Response, Error = Infallible> {
    AuthenticateLayer::new(bearer())
        .observe(Idle)
        .layer(AuthorizeLayer::<User>::new(policy).layer(Inner))
}

/// Held against the two stages without an observer.
fn observed(list: &mut List) {
    use Sends::{Nothing, Token, TokenExtended, WrongToken};

    list.add("observed by nothing: allow", || told(role(ROLE)), Token)
        .served(Token)
        .against("2 stages: allow");
    list.add("observed by nothing: 403", || told(role(OTHER_ROLE)), Token)
        .refused(Token)
        .against("2 stages: 403");
    let permitting = || counted(role(ROLE));
    list.add("counted: allow", permitting, Token).served(Token).against("2 stages: allow");
    list.add("counted: allow, extended", permitting, TokenExtended)
        .served(TokenExtended)
        .against("2 stages: allow, extended");
    list.add("counted: nothing sent", permitting, Nothing)
        .refused(Nothing)
        .against("2 stages: nothing sent");
    list.add("counted: wrong token", permitting, WrongToken)
        .refused(WrongToken)
        .against("2 stages: wrong token");
    list.add("counted: 403", || counted(role(OTHER_ROLE)), Token)
        .refused(Token)
        .against("2 stages: 403");
}

// ==== the layer outside ====

/// Held against the two stages without it.
fn curtains(list: &mut List) {
    use Sends::{Token, TokenExtended};

    let both = || two_stages(bearer(), role(ROLE));
    list.add("concealed everywhere: allow", move || everywhere().layer(both()), Token)
        .served(Token)
        .against("2 stages: allow");
    let extended = "2 stages: allow, extended";
    list.add(
        "concealed everywhere: allow, extended",
        move || everywhere().layer(both()),
        TokenExtended,
    )
    .served(TokenExtended)
    .against(extended);
    let outside = move || ConcealLayer::under("/vault").expect(A_PREFIX).layer(both());
    list.add("outside the area: allow, extended", outside, TokenExtended)
        .served(TokenExtended)
        .against(extended);
    let hidden = move || ConcealLayer::routes_under("/").expect(A_PREFIX).layer(both());
    list.add("hidden routes: allow, extended", hidden, TokenExtended)
        .served(TokenExtended)
        .against(extended);
    let refusing = || two_stages(bearer(), conceal(role(OTHER_ROLE)));
    list.add("concealed everywhere: 404", move || everywhere().layer(refusing()), Token)
        .refused(Token)
        .against("2 stages: concealed 404");
}

const A_PREFIX: &str = "the beginning of a path";

fn everywhere() -> ConcealLayer {
    ConcealLayer::everywhere()
}

// ==== identities that may wait ====

/// Judges in an `async fn`, without an answer for now.
struct Waiting {
    yields: bool,
}

impl Verify<str> for Waiting {
    type Principal = User;

    async fn verify(&self, token: &str) -> Result<User, Unauthenticated> {
        if self.yields {
            let mut asked = false;
            poll_fn(|_| {
                if asked {
                    Poll::Ready(())
                } else {
                    asked = true;
                    Poll::Pending
                }
            })
            .await;
        }
        if constant_time_eq(token.as_bytes(), TOKEN.as_bytes()) {
            Ok(ALICE)
        } else {
            Err(Unauthenticated::invalid())
        }
    }
}

fn waiting(yields: bool) -> impl Identity<Principal = User> {
    Bearer::new(REALM, Waiting { yields }).expect(GOOD)
}

fn identities(list: &mut List) {
    use Sends::{Nothing, Token};

    list.add("async, ready, 1 stage: allow", || one_stage(waiting(false)), Token)
        .served(Token)
        .against("floor 1: allow");
    list.add("async, ready, 2 stages: allow", || two_stages(waiting(false), role(ROLE)), Token)
        .served(Token)
        .against("floor 2: allow");
    list.add("async, waits once: allow", || two_stages(waiting(true), role(ROLE)), Token)
        .served(Token)
        .against("floor 2: allow");

    let two_schemes = || {
        let users = Users::new().with("alice", "wonderland", ALICE);
        any_of((bearer(), Basic::new(REALM, users).expect(GOOD)))
    };
    list.add("any_of, 2 stages: allow", move || two_stages(two_schemes(), role(ROLE)), Token)
        .served(Token)
        .against("floor 2: allow");
    let two_schemes = || {
        let nobody = verify_fn(|_: &Login| Err::<User, _>(Unauthenticated::invalid()));
        any_of((bearer(), Basic::new(REALM, nobody).expect(GOOD)))
    };
    list.add(
        "any_of, 2 stages: nothing sent",
        move || two_stages(two_schemes(), role(ROLE)),
        Nothing,
    )
    .refused(Nothing)
    .against("floor 2: nothing sent");
}

// ==== tables of tokens ====

fn table(len: usize) -> impl Identity<Principal = User> {
    let others = (1..len).map(|number| format!("another-token-of-the-usual-length-{number:09}"));
    let tokens: Tokens<User> =
        others.chain([TOKEN.to_owned()]).map(|token| (token, ALICE)).collect();
    Bearer::new(REALM, tokens).expect(GOOD)
}

pub const ONE_HASH: &str = "one SHA-256";

fn tables(list: &mut List) {
    use Sends::Token;

    list.0.push(Case {
        name: ONE_HASH,
        base: None,
        floor: None,
        lesser_floor: None,
        hashes: true,
        build: Box::new(|| {
            Box::new(Work::new(|| {
                black_box(Sha256::digest(black_box(TOKEN)));
            }))
        }),
    });
    for (name, len) in [("table of 10: allow", 10), ("table of 1,000,000: allow", 1_000_000)] {
        list.add(name, move || two_stages(table(len), role(ROLE)), Token)
            .served(Token)
            .against("floor 2: allow")
            .hashing();
    }
}

// ==== the inspector ====

/// What it costs to judge one exchange: a refusal that is right, and one with a finding.
fn inspected(list: &mut List) {
    const RIGHT: [(&str, &str); 4] = [
        ("www-authenticate", "Bearer realm=\"reports\", error=\"invalid_token\""),
        ("www-authenticate", "Basic realm=\"reports\", charset=\"UTF-8\""),
        ("content-type", "application/problem+json"),
        ("cache-control", "no-store"),
    ];
    const BODY: &[u8] = br#"{"type":"about:blank","title":"Unauthorized","status":401}"#;
    for (name, challenges) in [
        ("inspect: a 401 that is right", &RIGHT[..]),
        ("inspect: a 401 without a challenge", &RIGHT[2..]),
    ] {
        list.0.push(Case {
            name,
            base: None,
            floor: None,
            lesser_floor: None,
            hashes: false,
            build: Box::new(move || {
                let request = http::Request::get("/reports")
                    .header("authorization", format!("Bearer {TOKEN}"));
                let request = request.body(()).expect("a request");
                let mut response = http::Response::builder().status(StatusCode::UNAUTHORIZED);
                for (name, value) in challenges {
                    response = response.header(*name, *value);
                }
                let response = response.body(()).expect("a response");
                Box::new(Work::new(move || {
                    black_box(inspect(black_box(&request), black_box(&response), BODY));
                }))
            }),
        });
    }
}

// ==== peers ====

macro_rules! peer {
    ($list:ident, $name:literal, $service:path) => {
        $list
            .add(concat!($name, ": allow"), $service, Sends::Token)
            .served(Sends::Token)
            .against("floor 1: allow");
        $list
            .add(concat!($name, ": nothing sent"), $service, Sends::Nothing)
            .refused(Sends::Nothing)
            .against("floor 1: nothing sent");
        $list
            .add(concat!($name, ": wrong token"), $service, Sends::WrongToken)
            .refused(Sends::WrongToken)
            .against("floor 1: wrong token");
    };
}

fn peers(list: &mut List) {
    peer!(list, "tower-http async", peers::async_require_authorization);
    peer!(list, "axum from_fn, careful", peers::from_fn_careful);
    peer!(list, "axum from_fn, tutorial", peers::from_fn_tutorial);
    peer!(list, "boxed by hand", peers::boxed);
}

// ==== in axum ====

/// What hyper does with a service: it clones it for each request.
struct PerRequest<S>(S);

impl<S: Service<Request> + Clone> Service<Request> for PerRequest<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Oneshot<S, Request>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        self.0.clone().oneshot(request)
    }
}

struct Build(Sends);

impl Visitor for Build {
    type Output = Box<dyn Run>;

    fn visit<S>(self, service: S) -> Box<dyn Run>
    where
        S: Service<Request, Response = Response, Error = Infallible, Future: Send>
            + Clone
            + Send
            + Sync
            + 'static,
    {
        let Self(sends) = self;
        Box::new(Exchange::new(PerRequest(service), move || {
            let mut request = sends.request();
            *request.uri_mut() = Uri::from_static(PATH);
            request
        }))
    }
}

/// All of them are counted from the application without stages.
fn shapes(list: &mut List) {
    for shape in Shape::ALL {
        let is_open = shape == Shape::Open;
        list.0.push(Case {
            name: shape.name(),
            base: (!is_open).then_some(Shape::Open.name()),
            floor: (!is_open).then_some(Shape::FromFn.name()),
            lesser_floor: None,
            hashes: false,
            build: Box::new(move || shape.hand_to(Build(Sends::TokenExtended))),
        });
    }
}

// ==== the floors do the same ====

/// Checks that floor and stages answer alike: the same status and the same fields.
///
/// # Panics
///
/// They do not, so that comparing their costs would mean nothing.
pub fn same_denials() {
    use Sends::{Token, WrongToken};

    for sends in Sends::ALL {
        let expected = answer(&mut two_stage_floor(permitting()), sends.request());
        assert_eq!(answer(&mut two_stages(bearer(), role(ROLE)), sends.request()), expected);
        let table = &mut two_stages(table(10), role(ROLE));
        assert_eq!(answer(table, sends.request()), expected);
        let waiting = &mut two_stages(waiting(true), role(ROLE));
        assert_eq!(answer(waiting, sends.request()), expected);
    }
    for sends in [Token, WrongToken] {
        let expected = answer(&mut two_stage_floor(forbidding()), sends.request());
        assert_eq!(answer(&mut bubbling_floor(forbidding()), sends.request()), expected);
        assert_eq!(answer(&mut two_stages(bearer(), role(OTHER_ROLE)), sends.request()), expected);
        let expected = answer(&mut two_stage_floor(concealing()), sends.request());
        assert_eq!(answer(&mut bubbling_floor(concealing()), sends.request()), expected);
        let ours = &mut two_stages(bearer(), conceal(role(OTHER_ROLE)));
        assert_eq!(answer(ours, sends.request()), expected);
    }
    for sends in Sends::ALL {
        let expected = answer(&mut optional_floor(), sends.request());
        assert_eq!(answer(&mut optional(bearer()), sends.request()), expected);
    }
}

fn answer<S, B>(service: &mut S, request: Request) -> (StatusCode, BTreeSet<String>)
where
    S: Service<Request, Response = Response<B>, Error = Infallible>,
{
    let mut cx = Context::from_waker(Waker::noop());
    assert!(service.poll_ready(&mut cx).is_ready());
    let mut future = pin!(service.call(request));
    loop {
        if let Poll::Ready(Ok(response)) = future.as_mut().poll(&mut cx) {
            let fields = response.headers().keys().map(HeaderName::to_string).collect();
            return (response.status(), fields);
        }
    }
}
