//! What a conceal layer makes of refusals that have the HTTP status 200, in every arrangement: the rules of
//! D09 and D12 as a function, against the layers.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::Empty;
use portcullis::{
    AuthenticateLayer, AuthorizeLayer, Bearer, BoxPolicy, ConcealLayer, Denial, HasRoles, Tokens,
    conceal, role,
};
use tower::util::BoxCloneService;
use tower::{Layer, ServiceExt, service_fn};

use crate::calls::{Answer, Body, FRAMINGS, answer, call};

#[derive(Clone)]
struct User {
    admin: bool,
}

impl HasRoles for User {
    fn has_role(&self, role: &str) -> bool {
        role == "admin" && self.admin
    }
}

type App = BoxCloneService<Request<Empty<Bytes>>, Response<Body>, Infallible>;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Area {
    Everywhere,
    Under,
    HiddenRoutes,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Policy {
    None,
    Concealing,
    Refusing,
}

/// Whether the policy runs for every path, or for paths with a method only.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    Everywhere,
    Methods,
}

#[derive(Clone, Copy, Debug)]
struct Arrangement {
    area: Area,
    requires_identity: bool,
    policy: Policy,
    place: Place,
    discloses: bool,
}

/// A method, by what it returns.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    /// There is none: the server's own response.
    Missing,
    Success,
    /// A status of the server itself.
    Status(&'static str),
    /// A denial of the method.
    Denied(Kind),
    /// A denial of a middleware in front of the method.
    DeniedByMiddleware(Kind),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Concealed,
    NotFound,
    Forbidden,
    Disclosed,
    Gone,
}

impl Kind {
    const ALL: [Self; 5] =
        [Self::Concealed, Self::NotFound, Self::Forbidden, Self::Disclosed, Self::Gone];

    fn denial(self) -> Denial {
        match self {
            Self::Concealed => Denial::forbidden().concealed(),
            Self::NotFound => Denial::not_found(),
            Self::Forbidden => Denial::forbidden(),
            Self::Disclosed => Denial::forbidden().disclosed(),
            Self::Gone => Denial::gone(),
        }
    }
}

impl Method {
    fn all() -> Vec<Self> {
        let mut all = vec![Self::Missing, Self::Success];
        all.extend(["3", "5", "7", "12", "16"].map(Self::Status));
        all.extend(Kind::ALL.map(Self::Denied));
        all.extend(Kind::ALL.map(Self::DeniedByMiddleware));
        all
    }

    fn path(self) -> String {
        format!("/notes/{}", format!("{self:?}").replace(['(', ')', '"'], "-"))
    }

    fn respond(self) -> Response<Body> {
        let native = |status: &'static str, message: &'static str| {
            let mut response = Response::new(Body::default());
            for (name, value) in [
                ("content-type", "application/grpc"),
                ("grpc-status", status),
                ("grpc-message", message),
            ] {
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            response
        };
        match self {
            Self::Missing => native("12", ""),
            Self::Success => native("0", ""),
            Self::Status(status) => native(status, "of alice"),
            Self::Denied(kind) => kind.denial().into_grpc_response(),
            Self::DeniedByMiddleware(kind) => kind.denial().into_http_response(),
        }
    }
}

/// The code that the caller gets: the rules, without the layers.
fn expected(it: Arrangement, caller: Caller, method: Method) -> &'static str {
    let is_hidden = it.area == Area::HiddenRoutes;
    let absent_method = if it.area == Area::None { "5" } else { "12" };
    match caller {
        Caller::Wrong => return "16",
        Caller::Anonymous if it.requires_identity => return "16",
        _ => {}
    }
    let is_asked =
        it.policy != Policy::None && (it.place == Place::Everywhere || method != Method::Missing);
    if is_asked && caller != Caller::Admin {
        return match (it.policy, caller) {
            (Policy::Concealing, _) => absent_method,
            _ if is_hidden => "12",
            (_, Caller::Anonymous) => "16",
            _ => "7",
        };
    }
    let is_disclosed = is_asked && it.discloses;
    match method {
        Method::Missing => "12",
        Method::Success => "0",
        Method::Status(_) if is_hidden && !is_disclosed => "12",
        Method::Status(status) => status,
        Method::Denied(Kind::Disclosed) | Method::DeniedByMiddleware(Kind::Disclosed) => "7",
        _ if is_hidden => "12",
        Method::Denied(Kind::Forbidden) | Method::DeniedByMiddleware(Kind::Forbidden) => "7",
        Method::Denied(_) | Method::DeniedByMiddleware(Kind::Gone) => "5",
        Method::DeniedByMiddleware(_) => absent_method,
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Caller {
    Anonymous,
    Wrong,
    User,
    Admin,
}

impl Caller {
    const ALL: [Self; 4] = [Self::Anonymous, Self::Wrong, Self::User, Self::Admin];

    fn token(self) -> Option<&'static str> {
        match self {
            Self::Anonymous => None,
            Self::Wrong => Some("wrong"),
            Self::User => Some("user"),
            Self::Admin => Some("admin"),
        }
    }
}

impl Arrangement {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for area in [Area::Everywhere, Area::Under, Area::HiddenRoutes, Area::None] {
            for policy in [Policy::None, Policy::Concealing, Policy::Refusing] {
                for place in [Place::Everywhere, Place::Methods] {
                    for [requires_identity, discloses] in
                        [[false, false], [false, true], [true, false], [true, true]]
                    {
                        all.push(Self { area, requires_identity, policy, place, discloses });
                    }
                }
            }
        }
        all
    }

    fn app(self) -> App {
        let server = service_fn(|request: Request<Empty<Bytes>>| async move {
            let path = request.uri().path();
            let method = Method::all().into_iter().find(|method| method.path() == path);
            Ok::<_, Infallible>(method.unwrap_or(Method::Missing).respond())
        });
        let server = App::new(server);
        let policy = match self.policy {
            Policy::None => None,
            Policy::Concealing => Some(BoxPolicy::new(conceal(role("admin")))),
            Policy::Refusing => Some(BoxPolicy::new(role("admin"))),
        };
        let guarded = match policy {
            None => server.clone(),
            Some(policy) => {
                let layer = AuthorizeLayer::<User>::new(policy);
                match self.discloses {
                    true => App::new(layer.discloses_routes().layer(server.clone())),
                    false => App::new(layer.layer(server.clone())),
                }
            }
        };
        let routed = match self.place {
            Place::Everywhere => guarded,
            Place::Methods => App::new(service_fn(move |request: Request<Empty<Bytes>>| {
                let is_missing = request.uri().path() == Method::Missing.path();
                if is_missing { server.clone() } else { guarded.clone() }.oneshot(request)
            })),
        };
        let tokens =
            Tokens::new().with("user", User { admin: false }).with("admin", User { admin: true });
        let stage = AuthenticateLayer::new(Bearer::new("notes", tokens).unwrap());
        let stage = if self.requires_identity { stage } else { stage.optional() };
        let stage = stage.layer(routed);
        match self.area {
            Area::Everywhere => App::new(ConcealLayer::everywhere().layer(stage)),
            Area::Under => App::new(ConcealLayer::under("/notes").unwrap().layer(stage)),
            Area::HiddenRoutes => {
                App::new(ConcealLayer::routes_under("/notes").unwrap().layer(stage))
            }
            Area::None => App::new(stage),
        }
    }
}

fn code(answer: &Answer) -> Option<&str> {
    // The server's own response has it among the headers in every framing.
    answer.code().or(answer.header("grpc-status"))
}

#[tokio::test]
async fn d09_d12_f08_every_arrangement_is_as_the_rules_say() {
    let arrangements = Arrangement::all();
    assert_eq!(arrangements.len(), 96);
    for arrangement in arrangements {
        let app = arrangement.app();
        for (caller, framing) in Caller::ALL.into_iter().flat_map(|it| FRAMINGS.map(|f| (it, f))) {
            let of =
                |method: Method| answer(app.clone(), call(&method.path(), framing, caller.token()));
            let missing = of(Method::Missing).await;
            let of_missing = expected(arrangement, caller, Method::Missing);
            for method in Method::all() {
                let got = of(method).await;
                let code_of = expected(arrangement, caller, method);
                let context = format!("{arrangement:?} {caller:?} {method:?} {framing}: {got:?}");
                assert_eq!(got.status, 200, "{context}");
                assert_eq!(code(&got), Some(code_of), "{context}");
                if let Method::Denied(Kind::Gone) | Method::DeniedByMiddleware(Kind::Gone) = method
                    && code_of == "5"
                    && (arrangement.policy == Policy::None || caller == Caller::Admin)
                {
                    // The caller may know that it is gone, and not that it is missing.
                    let message = got.trailer("grpc-message");
                    assert_eq!(message, Some("The resource was removed and will not return."));
                }
                let is_concealed = arrangement.area != Area::None && matches!(code_of, "12" | "16");
                if is_concealed && code_of == of_missing {
                    // Not a byte may differ.
                    assert_eq!(got, missing, "{context}");
                }
            }
        }
    }
}

#[tokio::test]
async fn d06_d12_f08_a_required_stage_gives_every_path_of_an_area_the_same_challenge() {
    for framing in FRAMINGS {
        let arrangement = Arrangement {
            area: Area::HiddenRoutes,
            requires_identity: true,
            policy: Policy::Concealing,
            place: Place::Methods,
            discloses: false,
        };
        let of = |path: &str| answer(arrangement.app(), call(path, framing, None));
        let missing = of("/notes/Missing").await;
        assert_eq!(missing.code(), Some("16"));
        assert_eq!(missing.trailer("www-authenticate"), Some("Bearer realm=\"notes\""));
        assert_eq!(of(&Method::Success.path()).await, missing);
        assert_eq!(of(&Method::Denied(Kind::Disclosed).path()).await, missing);
    }
}

#[cfg(feature = "time-floor")]
#[tokio::test]
async fn d16_f08_beyond_the_limit_a_call_is_unavailable() {
    use std::time::Duration;

    let layer = ConcealLayer::everywhere().time_floor(Duration::from_secs(3600)).unwrap();
    let layer = layer.requests_per_period(1).unwrap();
    let server = |_: Request<_>| async { Ok::<_, Infallible>(Method::Success.respond()) };
    for framing in FRAMINGS {
        let service = layer.clone().layer(service_fn(server));
        // A period lasts 100 ms, so that one of two requests at once is beyond the limit, or both.
        let mut refused = None;
        while refused.is_none() {
            let answer = answer(service.clone(), call("/notes/Read", framing, None)).await;
            refused = Some(answer).filter(|answer| answer.code() != Some("0"));
        }
        let refused = refused.unwrap();
        assert_eq!((refused.status, refused.code()), (200, Some("14")));
        assert_eq!(refused.trailer("grpc-retry-pushback-ms"), Some("1000"));
        assert!(refused.header("content-type").unwrap().starts_with("application/grpc"));
    }
}
