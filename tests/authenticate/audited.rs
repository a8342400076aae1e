//! D10: events and the response's extensions say who was refused what.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::routing::any;
use http::StatusCode;
use portcullis::observe::RequestEvent;
use portcullis::{
    ApiKey, AuditRecord, AuthenticateLayer, AuthorizeLayer, Bearer, Cause, ConcealLayer, Decision,
    Denial, Identity, Stage, Tokens, Unauthenticated, authenticated, conceal, policy_fn,
};

use crate::support::{Server, get, send};
use crate::{Name, Waiting, bearer, who};

/// A line of an audit log.
type Line = String;

fn line(event: &RequestEvent<'_>) -> Line {
    let user = event.principal::<Name>().copied().unwrap_or("-");
    let outcome = match event.denial() {
        Some(denial) => {
            let (cause, status) = (denial.cause().as_str(), event.status().as_u16());
            format!("{cause} {} {status}", denial.is_concealed())
        }
        None => event.outcome().as_str().to_owned(),
    };
    format!("{user} {} {} {outcome}", event.method(), event.target())
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Line>>>);

impl Log {
    fn hook(&self) -> impl Fn(&RequestEvent<'_>) + Send + Sync + 'static {
        let Self(lines) = self.clone();
        move |event| lines.lock().unwrap().push(line(event))
    }

    /// Wraps a service in a layer that writes a line for each record, with the status of the response.
    fn outside(&self, app: Router) -> Router {
        let Self(lines) = self.clone();
        let outside = middleware::from_fn(move |request: Request, next: Next| {
            let lines = lines.clone();
            async move {
                let response = next.run(request).await;
                let record = AuditRecord::of(response.extensions()).cloned();
                let line = record.map_or("none".to_owned(), |record| line(&record.event()));
                lines.lock().unwrap().push(format!("{line}, sent {}", response.status().as_u16()));
                response
            }
        });
        Router::new().fallback_service(app).layer(outside)
    }

    fn take(&self) -> Vec<Line> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

const READER: &[&str] = &["authorization: Bearer tok-read"];

fn app() -> Router {
    let nobody = || policy_fn(|_: &Name, _: &http::request::Parts| Decision::permit_if(false));
    Router::new()
        .route("/mine", any(who))
        .route("/object", any(|| async { Denial::forbidden().concealed() }))
        .route("/stage", any(who).layer(AuthorizeLayer::<Name>::new(nobody())))
        .route("/hidden", any(who).layer(AuthorizeLayer::<Name>::new(conceal(nobody()))))
        .route("/bare", any(|| async { StatusCode::UNAUTHORIZED }))
        .fallback(|| async { Denial::not_found() })
}

/// What is asked, and the line that says who was refused what.
const CASES: [(&[&str], &str, &str); 9] = [
    (READER, "/mine?a=b", "reader GET /mine?a=b permitted"),
    (READER, "/stage", "reader GET /stage forbidden false 403"),
    (READER, "/hidden", "reader GET /hidden forbidden true 404"),
    (READER, "/object", "reader GET /object forbidden true 404"),
    (READER, "/nothing", "reader GET /nothing not_found false 404"),
    (READER, "/bare", "reader GET /bare passed"),
    (&[], "/mine", "- GET /mine missing false 401"),
    (&["authorization: Bearer wrong"], "/mine", "- GET /mine invalid false 401"),
    (&["authorization: a b", "authorization: a c"], "/mine", "- GET /mine ambiguous false 400"),
];

fn stages() -> [Router; 2] {
    // One identity answers at once, the other waits.
    let waiting = |token: &str| match token {
        "tok-read" => Ok("reader"),
        _ => Err(Unauthenticated::invalid()),
    };
    let waiting = Bearer::new("test", Waiting::<str>(waiting)).unwrap();
    let served = || Router::new().fallback_service(app());
    [
        served().layer(AuthenticateLayer::new(bearer()).audited()),
        served()
            .layer(AuthenticateLayer::new(waiting).audited().time_limit(Duration::from_secs(60))),
    ]
}

#[test]
fn d10_the_hook_of_an_audited_stage_knows_who_was_refused_what() {
    let log = Log::default();
    let layer = AuthenticateLayer::new(bearer()).audited().on_decision(log.hook());
    let server = Server::start(Router::new().fallback_service(app()).layer(layer));
    for (sent, path, line) in CASES {
        get(server.address, path, sent);
        assert_eq!(log.take(), [line], "{path}");
    }
    send(server.address, "DELETE", "/stage", READER);
    assert_eq!(log.take(), ["reader DELETE /stage forbidden false 403"]);
}

#[test]
fn d10_the_record_in_the_response_knows_the_same() {
    for stage in stages() {
        let log = Log::default();
        let server = Server::start(log.outside(stage));
        for (sent, path, line) in CASES {
            let answer = get(server.address, path, sent);
            assert_eq!(log.take(), [format!("{line}, sent {}", answer.status)], "{path}");
            assert!(path == "/mine?a=b" || !answer.everything().contains("reader"), "{answer:#?}");
        }
    }
}

#[test]
fn d10_without_an_audit_there_is_no_principal_and_no_record() {
    let (log, outside) = (Log::default(), Log::default());
    let layer = AuthenticateLayer::new(bearer()).on_decision(log.hook());
    let stage = Router::new().fallback_service(app()).layer(layer);
    let server = Server::start(outside.outside(stage));
    get(server.address, "/stage?a", READER);
    assert_eq!(log.take(), ["- GET /stage?a forbidden false 403"]);
    assert_eq!(outside.take(), ["none, sent 403"]);
}

#[test]
fn d10_the_record_passes_through_a_conceal_layer_and_shows_the_real_outcome() {
    let log = Log::default();
    let stage = Router::new()
        .fallback_service(app())
        .layer(AuthenticateLayer::new(bearer()).optional().audited());
    let conceals =
        [ConcealLayer::everywhere(), ConcealLayer::everywhere().hide_routes_under("/").unwrap()];
    for conceal in conceals {
        let floor = conceal.clone().time_floor(Duration::from_millis(1)).unwrap();
        let plain = Router::new().fallback_service(stage.clone()).layer(conceal);
        let delayed = Router::new().fallback_service(stage.clone()).layer(floor);
        for app in [plain, delayed] {
            let server = Server::start(log.outside(app));
            for (path, line) in [
                ("/hidden", "reader GET /hidden forbidden true 404, sent 404"),
                ("/object", "reader GET /object forbidden true 404, sent 404"),
                ("/nothing", "reader GET /nothing not_found false 404, sent 404"),
                ("/mine", "reader GET /mine permitted, sent 200"),
            ] {
                let answer = get(server.address, path, READER);
                assert_eq!(log.take(), [line]);
                assert!(path == "/mine" || !answer.everything().contains("reader"), "{answer:#?}");
            }
        }
    }
    // A refusal that the layer replaces, because its route is hidden.
    let hidden = ConcealLayer::everywhere().hide_routes_under("/").unwrap();
    let server = Server::start(log.outside(Router::new().fallback_service(stage).layer(hidden)));
    assert_eq!(get(server.address, "/stage", READER).status, 404);
    assert_eq!(log.take(), ["reader GET /stage forbidden false 403, sent 404"]);
}

#[test]
fn d10_of_several_audited_stages_the_innermost_is_recorded() {
    let keys = ApiKey::new(
        "test",
        http::HeaderName::from_static("x-api-key"),
        Tokens::new().with("key", 7_u32),
    );
    let log = Log::default();
    let stages = Router::new()
        .fallback_service(app())
        .layer(AuthenticateLayer::new(bearer()).audited())
        .layer(AuthenticateLayer::new(keys.unwrap()).optional().audited());
    let server = Server::start(log.outside(stages));
    for (sent, line) in [
        (&["x-api-key: key", READER[0]][..], "reader GET /mine permitted, sent 200"),
        (&["x-api-key: key"], "- GET /mine missing false 401, sent 401"),
        (&["x-api-key: other"], "- GET /mine invalid false 401, sent 401"),
    ] {
        get(server.address, "/mine", sent);
        assert_eq!(log.take(), [line]);
    }
}

#[test]
fn d10_the_principal_has_the_type_of_the_identity() {
    let types = Arc::new(Mutex::new(Vec::new()));
    let seen = types.clone();
    let numbers = bearer().map(|name: Name| name.len());
    let layer = AuthenticateLayer::new(numbers).audited().on_decision(move |event| {
        let types = (event.principal::<usize>().copied(), event.principal::<Name>().copied());
        seen.lock().unwrap().push((types, event.is_anonymous(), event.stage()));
    });
    let routes = Router::new()
        .route("/", any(|| async { "" }).layer(AuthorizeLayer::<usize>::new(authenticated())));
    let server = Server::start(Router::new().fallback_service(routes).layer(layer.optional()));
    get(server.address, "/", READER);
    get(server.address, "/", &[]);
    let expected = [((Some(6), None), false, None), ((None, None), true, Some(Stage::Authorize))];
    assert_eq!(*types.lock().unwrap(), expected);
}

#[test]
fn d10_debug_of_an_event_and_of_a_record_prints_neither_principal_nor_target() {
    let printed = Arc::new(Mutex::new(String::new()));
    let notes = printed.clone();
    let layer = AuthenticateLayer::new(bearer())
        .audited()
        .on_decision(move |event| notes.lock().unwrap().push_str(&format!("{event:?} {event:#?}")));
    let notes = printed.clone();
    let app = Router::new().fallback_service(app()).layer(layer);
    let app = app.layer(middleware::map_response(move |response: axum::response::Response| {
        let record = AuditRecord::of(response.extensions()).expect("a record");
        assert_eq!(record.event().denial().map(Denial::cause), Some(Cause::Forbidden));
        notes.lock().unwrap().push_str(&format!("{record:?} {:?}", response.extensions()));
        async move { response }
    }));
    let server = Server::start(app);
    get(server.address, "/object?token=s3cret", READER);
    let printed = printed.lock().unwrap();
    assert!(
        printed.contains("AuditRecord(RequestEvent") && printed.contains("Forbidden"),
        "{printed}"
    );
    for secret in ["reader", "s3cret", "/object", "tok-read"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
}

#[test]
fn d10_a_panicking_hook_leaves_the_record() {
    let log = Log::default();
    let layer = AuthenticateLayer::new(bearer()).audited().on_decision(|_| panic!("a full disk"));
    let server = Server::start(log.outside(Router::new().fallback_service(app()).layer(layer)));
    get(server.address, "/stage", READER);
    assert_eq!(log.take(), ["reader GET /stage forbidden false 403, sent 403"]);
}
