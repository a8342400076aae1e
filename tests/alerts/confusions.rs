//! Mornings that look like an incident and are another, or none.

use portcullis::Cause;

use crate::day::{Day, INCIDENT, counter, passed_404, permitted, refused};

#[test]
fn a_rotation_is_no_guessing_where_attempts_are_throttled() {
    Day::quiet()
        .then(permitted("bearer"), 60.0)
        .then(refused(Cause::Invalid, "bearer"), 140.0)
        .then(refused(Cause::Throttled, "bearer"), 400.0)
        .fires(&["PortcullisIdentityPlumbing page"]);
}

#[test]
fn clients_that_drop_their_token_after_a_rotation_set_off_no_second_page() {
    Day::quiet()
        .then(permitted("bearer"), 200.0)
        .then(refused(Cause::Invalid, "bearer"), 400.0)
        .then(refused(Cause::Expired, "bearer"), 30.0)
        .then(refused(Cause::Missing, "none"), 40.0)
        .fires(&["PortcullisIdentityPlumbing page"]);
}

#[test]
fn invented_tokens_page_nobody_while_others_pass() {
    Day::quiet()
        .then(refused(Cause::Invalid, "bearer"), 10_000.0)
        .fires(&["PortcullisIdentityPlumbing ticket"]);
}

#[test]
fn a_flood_without_credentials_sets_off_nothing_while_others_pass() {
    Day::quiet().then(refused(Cause::Missing, "none"), 10_000.0).fires(&[]);
}

#[test]
fn schemes_that_are_not_offered_set_off_nothing() {
    Day::quiet().then(refused(Cause::Missing, "other"), 10_000.0).fires(&[]);
}

#[test]
fn a_scanner_of_paths_that_do_not_exist_is_no_broken_route() {
    for scanner in [passed_404("none").with("caller", "anonymous"), passed_404("bearer")] {
        Day::quiet().then(scanner, 600.0).fires(&[]);
    }
}

#[test]
fn a_scanner_is_no_broken_route_where_no_request_got_a_404_before() {
    let anonymous = || passed_404("none").with("caller", "anonymous").lazy();
    Day::quiet()
        .always(permitted("none").with("caller", "anonymous"), 300.0)
        .then(anonymous(), 600.0)
        .fires(&[]);
}

#[test]
fn a_route_that_anonymous_callers_lose_is_told_from_a_scanner() {
    Day::quiet()
        .always(permitted("none").with("caller", "anonymous"), 300.0)
        .then(permitted("none").with("caller", "anonymous"), 200.0)
        .then(passed_404("none").with("caller", "anonymous"), 100.0)
        .fires(&["PortcullisRoutes ticket"]);
}

#[test]
fn a_caller_who_probes_is_no_broken_policy() {
    Day::quiet()
        .then(refused(Cause::Forbidden, "bearer").concealed(), 500.0)
        .then(counter("portcullis_covered_total"), 500.0)
        .fires(&["PortcullisProbing ticket"]);
}

#[test]
fn an_outage_for_half_of_the_callers_is_nothing_else() {
    Day::quiet()
        .then(permitted("bearer"), 280.0)
        .then(refused(Cause::Unavailable, "bearer"), 320.0)
        .fires(&["PortcullisOutage page"]);
}

#[test]
fn a_key_set_that_cannot_be_fetched_is_an_outage_and_no_rotation() {
    Day::quiet()
        .then(permitted("bearer"), 0.0)
        .then(refused(Cause::Invalid, "bearer"), 0.0)
        .then(refused(Cause::Expired, "bearer"), 20.0)
        .then(refused(Cause::Unavailable, "bearer"), 580.0)
        .fires(&["PortcullisOutage page"]);
}

#[test]
fn a_503_of_the_service_is_no_outage_of_the_check() {
    let passed = permitted("bearer").with("status", "5xx");
    Day::quiet().then(permitted("bearer"), 0.0).then(passed, 600.0).fires(&[]);
}

#[test]
fn users_who_go_home_leave_the_scanners_behind_and_set_off_nothing() {
    Day::quiet()
        .then(permitted("bearer"), 40.0)
        .then(permitted("basic"), 0.0)
        .then(refused(Cause::Forbidden, "bearer"), 6.0)
        .then(passed_404("bearer"), 5.0)
        .fires(&[]);
}

#[test]
fn the_guessing_of_passwords_says_nothing_about_tokens() {
    Day::quiet()
        .then(refused(Cause::Invalid, "basic"), 60.0)
        .then(refused(Cause::Throttled, "basic"), 5000.0)
        .then(refused(Cause::Invalid, "bearer"), 4.0)
        .fires(&["PortcullisGuessing ticket"]);
}

#[test]
fn only_the_layer_that_refused_is_named() {
    let gateway = || permitted("bearer").of_layer("gateway");
    let passed = gateway().with("outcome", "passed").with("class", "identity").with("status", "401");
    Day::quiet()
        .always(gateway(), 700.0)
        .then(gateway(), 100.0)
        .then(passed, 600.0)
        .then(permitted("bearer"), 0.0)
        .then(refused(Cause::Invalid, "bearer"), 600.0)
        .fires(&["PortcullisIdentityPlumbing page"]);
}

#[test]
fn one_of_four_instances_with_a_wrong_clock_is_one_ticket() {
    // The page tells it from a service account by a query by instance.
    Day::quiet()
        .instances(4)
        .then(permitted("bearer"), 450.0)
        .then(refused(Cause::Expired, "bearer"), 150.0)
        .fires(&["PortcullisCredentialExpired ticket"]);
}

#[test]
fn a_burst_of_renewals_is_no_dead_credential() {
    Day::quiet()
        .at(refused(Cause::Expired, "bearer"), |minute| if minute == INCIDENT { 60.0 } else { 3.0 })
        .fires(&[]);
}
