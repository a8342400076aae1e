//! Each incident, as it looks on a service that had a quiet morning.

use portcullis::Cause;

use crate::day::{Day, INCIDENT, counter, passed_404, permitted, refused};

#[test]
fn identity_plumbing_fires_if_a_rotation_makes_most_tokens_invalid() {
    Day::quiet()
        .then(permitted("bearer"), 60.0)
        .then(refused(Cause::Invalid, "bearer"), 540.0)
        .fires(&["PortcullisIdentityPlumbing page"]);
}

#[test]
fn identity_plumbing_is_a_ticket_while_most_callers_pass() {
    Day::quiet()
        .then(permitted("bearer"), 480.0)
        .then(refused(Cause::Invalid, "bearer"), 120.0)
        .fires(&["PortcullisIdentityPlumbing ticket"]);
}

#[test]
fn identity_plumbing_fires_if_a_clock_makes_every_token_expired() {
    Day::quiet()
        .then(permitted("bearer"), 0.0)
        .then(refused(Cause::Expired, "bearer"), 600.0)
        .fires(&["PortcullisIdentityPlumbing page"]);
}

#[test]
fn credential_expired_fires_for_one_service_account() {
    Day::quiet()
        .then(permitted("bearer"), 575.0)
        .then(refused(Cause::Expired, "bearer"), 28.0)
        .fires(&["PortcullisCredentialExpired ticket"]);
}

#[test]
fn credentials_missing_fires_if_a_proxy_removes_the_header() {
    Day::quiet()
        .then(permitted("bearer"), 0.0)
        .then(permitted("basic"), 0.0)
        .then(refused(Cause::Expired, "bearer"), 0.0)
        .then(refused(Cause::Invalid, "bearer"), 0.0)
        .then(refused(Cause::Missing, "none"), 680.0)
        .fires(&["PortcullisCredentialsMissing page"]);
}

#[test]
fn credentials_missing_fires_at_an_optional_layer_where_a_policy_needs_them() {
    Day::quiet()
        .then(permitted("bearer"), 100.0)
        .then(refused(Cause::IdentityNeeded, "none"), 500.0)
        .fires(&["PortcullisCredentialsMissing page"]);
}

#[test]
fn policy_plumbing_fires_if_a_role_is_lost() {
    for cause in [Cause::Forbidden, Cause::InsufficientScope, Cause::InsufficientAuthentication] {
        Day::quiet()
            .then(permitted("bearer"), 450.0)
            .then(refused(cause, "bearer"), 150.0)
            .fires(&["PortcullisPolicyPlumbing ticket"]);
    }
}

#[test]
fn policy_plumbing_fires_if_the_refusals_that_replace_permits_are_concealed() {
    Day::quiet()
        .then(permitted("bearer"), 450.0)
        .then(refused(Cause::Forbidden, "bearer").concealed(), 150.0)
        .then(counter("portcullis_covered_total"), 150.0)
        .fires(&["PortcullisPolicyPlumbing ticket"]);
}

#[test]
fn routes_fires_if_a_deploy_loses_a_route() {
    for lost in [passed_404("bearer"), refused(Cause::NotFound, "bearer")] {
        Day::quiet()
            .restart(0, INCIDENT)
            .restart(1, INCIDENT + 1)
            .then(permitted("bearer"), 500.0)
            .then(lost, 100.0)
            .fires(&["PortcullisRoutes ticket"]);
    }
}

#[test]
fn probing_fires_for_a_caller_who_goes_through_numbers() {
    Day::quiet()
        .then(refused(Cause::Forbidden, "bearer").concealed(), 30.0)
        .fires(&["PortcullisProbing ticket"]);
}

#[test]
fn probing_fires_for_paths_of_an_area_with_hidden_routes() {
    Day::quiet()
        .then(counter("portcullis_covered_total"), 60.0)
        .fires(&["PortcullisProbing ticket"]);
}

#[test]
fn guessing_fires_if_attempts_are_invalid_and_throttled() {
    for throttled in [60.0, 400.0] {
        Day::quiet()
            .then(refused(Cause::Invalid, "basic"), 60.0)
            .then(refused(Cause::Throttled, "basic"), throttled)
            .fires(&["PortcullisGuessing ticket"]);
    }
}

#[test]
fn outage_fires_if_one_request_in_fifty_cannot_be_checked() {
    Day::quiet()
        .then(refused(Cause::Unavailable, "bearer"), 14.0)
        .fires(&["PortcullisOutage page"]);
}

#[test]
fn outage_fires_alone_if_no_request_can_be_checked() {
    Day::quiet()
        .then(permitted("bearer"), 0.0)
        .then(permitted("basic"), 0.0)
        .then(refused(Cause::Expired, "bearer"), 0.0)
        .then(refused(Cause::Unavailable, "bearer"), 680.0)
        .fires(&["PortcullisOutage page"]);
}

#[test]
fn fault_fires_for_one_internal_error_one_unclaimed_denial_or_one_lost_floor() {
    let all = [
        refused(Cause::InternalError, "bearer"),
        counter("portcullis_unclaimed_total"),
        counter("portcullis_floor_lost_total"),
    ];
    for fault in all {
        Day::quiet().once(fault.clone()).fires(&["PortcullisFault page"]);
        // The series appears with 1.
        Day::quiet().once(fault.lazy()).fires(&["PortcullisFault page"]);
    }
}

#[test]
fn repaired_fires_for_one_bare_401() {
    let repaired = counter("portcullis_repaired_total");
    Day::quiet().once(repaired.clone()).fires(&["PortcullisRepaired ticket"]);
    Day::quiet().once(repaired.lazy()).fires(&["PortcullisRepaired ticket"]);
}
