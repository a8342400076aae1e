//! Whatever is put around an identity asks it all that it would be asked itself. A method that is
//! not passed on has its default, and nothing else would tell.

use std::sync::Arc;
use std::time::Duration;

use http::request::Parts;
use http::{HeaderName, Request};
use portcullis::challenge::{Challenge, Challenges};
use portcullis::{
    Attempt, AuthenticateLayer, Bearer, Cause, Identity, IdentityInfo, Outcome, Throttle,
    Unauthenticated, Verify, any_of, identity_fn,
};

use crate::support::{Decisions, Server, get};

/// Answers every question otherwise than an identity that leaves it open.
struct Outspoken;

const FIELD: HeaderName = HeaderName::from_static("x-outspoken");

fn challenge(text: &str) -> Challenges {
    Challenge::builder("Outspoken").param("text", text).build().unwrap().into()
}

impl Identity for Outspoken {
    type Principal = &'static str;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(challenge("prepared")).reads_headers([FIELD]).adds_response_headers()
    }

    async fn identify(&self, _: &Parts) -> Result<Self::Principal, Unauthenticated> {
        Ok("with time")
    }

    fn identify_now(&self, _: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        Some(Ok("at once"))
    }

    fn per_response_challenges(&self, cause: Cause, attempted: Option<&str>) -> Option<Challenges> {
        Some(challenge(&format!("{} {attempted:?}", cause.as_str()).replace('"', "'")))
    }

    fn account(&self, request: &Parts) -> Option<String> {
        request.headers.get(FIELD)?.to_str().map(str::to_owned).ok()
    }
}

struct Open;

impl Throttle for Open {
    fn admit(&self, _: &Attempt<'_>) -> Result<(), Duration> {
        Ok(())
    }

    fn settle(&self, _: &Attempt<'_>, _: Outcome) {}
}

/// Answers no question but those that it must.
struct Quiet;

impl Identity for Quiet {
    type Principal = &'static str;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(challenge("prepared"))
    }

    async fn identify(&self, _: &Parts) -> Result<Self::Principal, Unauthenticated> {
        Ok("with time")
    }
}

#[test]
fn a10_around_an_identity_that_leaves_questions_open_they_stay_open() {
    fn assert_quiet(what: &str, identity: impl Identity<Principal = &'static str>) {
        let request = Request::builder().header("authorization", "Outspoken x").body(()).unwrap();
        let (request, ()) = request.into_parts();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert_eq!(runtime.block_on(identity.identify(&request)).unwrap(), "with time", "{what}");
        assert!(identity.identify_now(&request).is_none(), "{what}");
        assert_eq!(*identity.describe().challenges(), challenge("prepared"), "{what}");
        assert_eq!(identity.per_response_challenges(Cause::Missing, None), None, "{what}");
        assert!(!identity.describe().has_response_headers(), "{what}");
        assert_eq!(identity.describe().headers(), [http::header::AUTHORIZATION], "{what}");
        assert_eq!(identity.account(&request), None, "{what}");
    }
    assert_quiet("itself", Quiet);
    assert_quiet("shared", Arc::new(Quiet));
    assert_quiet("mapped", Quiet.map(|name| name));
    assert_quiet("throttled", Quiet.throttled(Open));
    assert_quiet("one of several", any_of((Quiet,)));
}

#[track_caller]
fn assert_outspoken(identity: impl Identity<Principal = &'static str>) {
    let request = Request::builder().header(FIELD, "alice").body(()).unwrap();
    let (request, ()) = request.into_parts();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(identity.identify(&request)).unwrap(), "with time");
    assert_eq!(identity.identify_now(&request).unwrap().unwrap(), "at once");
    assert_eq!(*identity.describe().challenges(), challenge("prepared"));
    let fresh = identity.per_response_challenges(Cause::Stale, Some("Outspoken"));
    assert_eq!(fresh, Some(challenge("stale Some('Outspoken')")));
    assert!(identity.describe().has_response_headers());
    assert_eq!(identity.describe().headers(), [FIELD]);
    assert_eq!(identity.account(&request).as_deref(), Some("alice"));
}

#[test]
fn a10_a_shared_identity_is_asked_everything() {
    assert_outspoken(Outspoken);
    assert_outspoken(Arc::new(Outspoken));
}

#[test]
fn a10_an_identity_of_another_type_is_asked_everything() {
    assert_outspoken(Outspoken.map(|name| name));
}

#[test]
fn a18_a_throttled_identity_is_asked_everything() {
    assert_outspoken(Outspoken.throttled(Open));
}

#[test]
fn a08_one_of_several_identities_is_asked_everything() {
    assert_outspoken(any_of((Outspoken,)));
    assert_outspoken(any_of((any_of((Arc::new(Outspoken.throttled(Open)).map(|name| name),)),)));
}

/// Counts the attempts that it admits, until there are two.
#[derive(Default)]
struct Two(std::sync::Mutex<Vec<Outcome>>);

impl Throttle for Two {
    fn admit(&self, _: &Attempt<'_>) -> Result<(), Duration> {
        if self.0.lock().unwrap().len() < 2 { Ok(()) } else { Err(Duration::from_secs(9)) }
    }

    fn settle(&self, _: &Attempt<'_>, outcome: Outcome) {
        self.0.lock().unwrap().push(outcome);
    }
}

#[test]
fn a18_a_shared_throttle_is_asked_and_told_everything() {
    let request = Request::builder().header(FIELD, "alice").body(()).unwrap();
    let (request, ()) = request.into_parts();
    let throttle = Arc::new(Two::default());
    let identity = Outspoken.throttled(throttle.clone());
    for _ in 0..2 {
        assert_eq!(identity.identify_now(&request).unwrap().unwrap(), "at once");
    }
    let refused = identity.identify_now(&request).unwrap().unwrap_err();
    assert_eq!(refused.cause(), Cause::Throttled);
    assert_eq!(*throttle.0.lock().unwrap(), [Outcome::Succeeded, Outcome::Succeeded]);
}

/// What the stage takes to be attempted where an identity reads these fields and offers these
/// schemes: whoever comes by it is told of.
fn attempted(schemes: &[&str], fields: &[&'static str], sent: &str) -> Option<String> {
    let mut challenges = schemes.iter().map(|scheme| Challenge::builder(scheme).realm("test"));
    let first = challenges.next().unwrap().build().unwrap();
    let challenges = challenges.map(|challenge| challenge.build().unwrap());
    let challenges = challenges.fold(Challenges::new(first), Challenges::and);
    let identity = identity_fn(challenges, |_: &Parts| Ok("somebody"));
    let identity = identity.reads_headers(fields.iter().map(|name| HeaderName::from_static(name)));
    let decisions = Decisions::default();
    let layer = AuthenticateLayer::new(identity).on_decision(decisions.hook());
    let server = Server::start(crate::site().layer(layer));
    assert_eq!(get(server.address, "/", &[sent]).text(), "somebody");
    decisions.take().remove(0).scheme
}

#[test]
fn a10_which_scheme_was_attempted_is_said_only_where_the_request_tells() {
    let one = Some("One".to_owned());
    assert_eq!(attempted(&["One"], &["x-one"], "x-one: 1"), one);
    assert_eq!(attempted(&["One", "Two"], &["authorization"], "authorization: one 1"), one);
    let two = Some("Two".to_owned());
    assert_eq!(attempted(&["One", "Two"], &["authorization"], "authorization: two 1"), two);
    // The header may belong to either scheme, or the scheme may have come in either header.
    assert_eq!(attempted(&["One", "Two"], &["x-one"], "x-one: 1"), None);
    assert_eq!(attempted(&["One"], &["x-one", "x-two"], "x-one: 1"), None);
    assert_eq!(attempted(&["One"], &["x-one"], "x-other: 1"), None);
    assert_eq!(attempted(&["One"], &["authorization"], "authorization: Three 1"), None);
}

#[test]
fn a19_a_stage_with_a_time_limit_asks_all_that_it_would_ask_without() {
    let layer = || AuthenticateLayer::new(Outspoken);
    let without = Server::start(crate::site().layer(layer()));
    let within = Server::start(crate::site().layer(layer().time_limit(Duration::from_secs(60))));
    for server in [&without, &within] {
        assert_eq!(get(server.address, "/", &[]).text(), "at once");
    }
    let refusing = |limited: bool| {
        let layer = AuthenticateLayer::new(Refusing);
        let site = crate::site();
        let site = if limited {
            site.layer(layer.time_limit(Duration::from_secs(60)))
        } else {
            site.layer(layer)
        };
        get(Server::start(site).address, "/", &[]).challenges()
    };
    assert_eq!(refusing(false), ["Outspoken text=fresh"]);
    assert_eq!(refusing(true), ["Outspoken text=fresh"]);
}

/// Refuses everybody, with a challenge that is made for the answer.
struct Refusing;

impl Identity for Refusing {
    type Principal = &'static str;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(challenge("prepared"))
    }

    async fn identify(&self, _: &Parts) -> Result<Self::Principal, Unauthenticated> {
        Err(Unauthenticated::missing())
    }

    fn per_response_challenges(&self, _: Cause, _: Option<&str>) -> Option<Challenges> {
        Some(challenge("fresh"))
    }
}

/// Implements the one method that an identity which never waits needs.
struct NeverWaits;

impl Identity for NeverWaits {
    type Principal = &'static str;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(challenge("prepared"))
    }

    fn identify_now(&self, _: &Parts) -> Option<Result<Self::Principal, Unauthenticated>> {
        Some(Ok("at once"))
    }
}

/// Implements neither method.
struct Unfinished;

impl Identity for Unfinished {
    type Principal = &'static str;

    fn describe(&self) -> IdentityInfo {
        IdentityInfo::new(challenge("prepared"))
    }
}

impl Verify<str> for Unfinished {
    type Principal = &'static str;
}

#[test]
fn a10_an_identity_that_never_waits_has_one_result() {
    let (request, ()) = Request::new(()).into_parts();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(NeverWaits.identify(&request)).unwrap(), "at once");
    let server = Server::start(crate::site().layer(AuthenticateLayer::new(NeverWaits)));
    assert_eq!(get(server.address, "/", &[]).text(), "at once");
}

#[test]
fn a20_an_identity_or_verifier_that_is_not_implemented_permits_nothing() {
    let identity = AuthenticateLayer::new(Unfinished).ignore_invalid_credentials();
    let verifier = Bearer::new("test", Unfinished).unwrap();
    let verifier = AuthenticateLayer::new(verifier).ignore_invalid_credentials();
    for server in
        [Server::start(crate::site().layer(identity)), Server::start(crate::site().layer(verifier))]
    {
        assert_eq!(get(server.address, "/", &["authorization: Bearer x"]).status, 500);
    }
}
