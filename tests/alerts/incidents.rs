//! Each incident, as it looks on a service that had a quiet morning.

use portcullis::Cause;

use crate::day::{Day, INCIDENT, anonymous, counter, passed_404, permitted, refused};

/// So many of the tokens that were permitted are refused.
fn refused_instead(cause: Cause, per_minute: f64) -> Day {
    Day::quiet()
        .then(permitted("bearer"), 600.0 - per_minute)
        .then(refused(cause, "bearer"), per_minute)
}

fn route_lost(lost: crate::day::Counter, per_minute: f64) -> Day {
    Day::quiet()
        .restart(0, INCIDENT)
        .restart(1, INCIDENT + 1)
        .then(permitted("bearer"), 600.0 - per_minute)
        .then(lost, per_minute)
}

/// How much of an old key's tokens has expired, if the issuer signs with a key that the service lacks.
fn gone(minute: u32) -> f64 {
    f64::from(minute.saturating_sub(INCIDENT).min(60)) / 60.0
}

days! {
    identity_plumbing_fires_if_a_rotation_makes_most_tokens_invalid [
        refused_instead(Cause::Invalid, 540.0),
    ] fires ["PortcullisIdentityPlumbing page"];

    identity_plumbing_is_a_ticket_while_most_callers_pass [
        refused_instead(Cause::Invalid, 120.0),
    ] fires ["PortcullisIdentityPlumbing ticket"];

    identity_plumbing_fires_first_a_ticket_and_then_a_page_if_tokens_are_lost_one_by_one [
        Day::quiet()
            .at(permitted("bearer"), |minute| 600.0 * (1.0 - gone(minute)))
            .at(refused(Cause::Invalid, "bearer"), |minute| 3.0 + 600.0 * gone(minute)),
    ] fires ["PortcullisIdentityPlumbing page", "PortcullisIdentityPlumbing ticket"];

    identity_plumbing_fires_if_a_clock_makes_every_token_expired [
        Day::quiet()
            .then(permitted("bearer"), 0.0)
            .then(refused(Cause::Expired, "bearer"), 600.0),
    ] fires ["PortcullisIdentityPlumbing page"];

    identity_plumbing_fires_if_credentials_arrive_broken [
        refused_instead(Cause::Malformed, 600.0),
        refused_instead(Cause::Ambiguous, 600.0),
        refused_instead(Cause::InvalidRequest, 600.0),
        refused_instead(Cause::Stale, 600.0),
    ] fires ["PortcullisIdentityPlumbing page"];

    identity_plumbing_is_a_ticket_if_one_client_sends_broken_credentials [
        refused_instead(Cause::Malformed, 120.0),
        refused_instead(Cause::Ambiguous, 120.0),
        refused_instead(Cause::InvalidRequest, 120.0),
    ] fires ["PortcullisIdentityPlumbing ticket"];

    // A key of signed cookies that was replaced, beside tokens that still pass.
    identity_plumbing_fires_for_credentials_outside_of_authorization [
        Day::quiet()
            .always(permitted("none"), 200.0)
            .always(refused(Cause::Invalid, "none"), 1.0)
            .then(permitted("none"), 0.0)
            .then(refused(Cause::Invalid, "none"), 200.0),
    ] fires ["PortcullisIdentityPlumbing page"];

    credential_expired_fires_for_one_service_account [
        Day::quiet()
            .then(permitted("bearer"), 575.0)
            .then(refused(Cause::Expired, "bearer"), 28.0),
    ] fires ["PortcullisCredentialExpired ticket"];

    credentials_missing_fires_if_a_proxy_removes_the_header [
        Day::quiet()
            .then(permitted("bearer"), 0.0)
            .then(permitted("basic"), 0.0)
            .then(refused(Cause::Expired, "bearer"), 0.0)
            .then(refused(Cause::Invalid, "bearer"), 0.0)
            .then(refused(Cause::Missing, "none"), 680.0),
    ] fires ["PortcullisCredentialsMissing page"];

    credentials_missing_fires_at_an_optional_layer_where_a_policy_needs_them [
        Day::quiet()
            .then(permitted("bearer"), 100.0)
            .then(refused(Cause::IdentityNeeded, "none"), 500.0),
    ] fires ["PortcullisCredentialsMissing page"];

    credentials_missing_fires_at_an_optional_layer_where_nothing_needs_them [
        Day::quiet()
            .always(anonymous(), 900.0)
            .then(permitted("bearer"), 0.0)
            .then(permitted("basic"), 0.0)
            .then(anonymous(), 1560.0),
    ] fires ["PortcullisCredentialsMissing page"];

    credentials_missing_is_a_ticket_if_one_of_several_proxies_removes_the_header [
        Day::quiet()
            .then(permitted("bearer"), 450.0)
            .then(refused(Cause::Missing, "none"), 162.0),
    ] fires ["PortcullisCredentialsMissing ticket"];

    policy_plumbing_is_a_ticket_if_some_lose_a_role [
        refused_instead(Cause::Forbidden, 150.0),
        refused_instead(Cause::InsufficientScope, 150.0),
        refused_instead(Cause::InsufficientAuthentication, 150.0),
        refused_instead(Cause::Suspended, 150.0),
    ] fires ["PortcullisPolicyPlumbing ticket"];

    policy_plumbing_fires_if_all_lose_a_role [
        refused_instead(Cause::Forbidden, 600.0),
        refused_instead(Cause::Suspended, 600.0),
    ] fires ["PortcullisPolicyPlumbing page"];

    policy_plumbing_fires_if_the_refusals_that_replace_permits_are_concealed [
        Day::quiet()
            .then(permitted("bearer"), 450.0)
            .then(refused(Cause::Forbidden, "bearer").concealed(), 150.0)
            .then(counter("portcullis_covered_total"), 150.0),
        Day::quiet()
            .always(anonymous(), 300.0)
            .then(anonymous(), 200.0)
            .then(refused(Cause::Forbidden, "none").with("caller", "anonymous").concealed(), 100.0),
    ] fires ["PortcullisPolicyPlumbing ticket"];

    routes_fires_if_a_deploy_loses_a_route [
        route_lost(passed_404("bearer"), 100.0),
        route_lost(refused(Cause::NotFound, "bearer"), 100.0),
    ] fires ["PortcullisRoutes ticket"];

    routes_is_a_page_if_a_deploy_loses_most_routes [
        route_lost(passed_404("bearer"), 600.0),
    ] fires ["PortcullisRoutes page"];

    probing_fires_for_a_caller_who_goes_through_numbers [
        Day::quiet().then(refused(Cause::Forbidden, "bearer").concealed(), 30.0),
    ] fires ["PortcullisProbing ticket"];

    probing_fires_for_paths_of_an_area_with_hidden_routes [
        Day::quiet().then(counter("portcullis_covered_total"), 60.0),
    ] fires ["PortcullisProbing ticket"];

    guessing_fires_if_attempts_are_invalid_and_throttled [
        Day::quiet()
            .then(refused(Cause::Invalid, "basic"), 60.0)
            .then(refused(Cause::Throttled, "basic"), 60.0),
        Day::quiet()
            .then(refused(Cause::Invalid, "basic"), 60.0)
            .then(refused(Cause::Throttled, "basic"), 400.0),
    ] fires ["PortcullisGuessing ticket"];

    // An office behind one address, of which a limiter by address lets some pass, or none.
    throttled_is_a_ticket_while_most_pass [
        Day::quiet().then(refused(Cause::Throttled, "basic"), 30.0),
        refused_instead(Cause::Throttled, 200.0),
    ] fires ["PortcullisThrottled ticket"];

    throttled_fires_if_a_limiter_refuses_most_callers [
        refused_instead(Cause::Throttled, 500.0),
    ] fires ["PortcullisThrottled page"];

    outage_fires_if_one_request_in_fifty_cannot_be_checked [
        Day::quiet().then(refused(Cause::Unavailable, "bearer"), 14.0),
    ] fires ["PortcullisOutage page"];

    outage_fires_alone_if_no_request_can_be_checked [
        Day::quiet()
            .then(permitted("bearer"), 0.0)
            .then(permitted("basic"), 0.0)
            .then(refused(Cause::Expired, "bearer"), 0.0)
            .then(refused(Cause::Unavailable, "bearer"), 680.0),
    ] fires ["PortcullisOutage page"];

    // The second series appears with 1.
    fault_fires_for_one_internal_error_or_one_lost_floor [
        Day::quiet().once(refused(Cause::InternalError, "bearer")),
        Day::quiet().once(refused(Cause::InternalError, "bearer").lazy()),
        Day::quiet().once(counter("portcullis_floor_lost_total")),
        Day::quiet().once(counter("portcullis_floor_lost_total").lazy()),
    ] fires ["PortcullisFault page"];

    fault_is_a_ticket_for_one_unclaimed_denial [
        Day::quiet().once(counter("portcullis_unclaimed_total")),
        Day::quiet().once(counter("portcullis_unclaimed_total").lazy()),
    ] fires ["PortcullisFault ticket"];

    fault_fires_for_several_unclaimed_denials [
        Day::quiet().burst(counter("portcullis_unclaimed_total"), 10.0),
        Day::quiet().burst(counter("portcullis_unclaimed_total").lazy(), 10.0),
    ] fires ["PortcullisFault page"];

    repaired_fires_for_one_bare_401 [
        Day::quiet().once(counter("portcullis_repaired_total")),
        Day::quiet().once(counter("portcullis_repaired_total").lazy()),
    ] fires ["PortcullisRepaired ticket"];
}
