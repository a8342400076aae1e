//! Incidents that look like another.

use portcullis::Cause;

use crate::day::{Counter, Day, INCIDENT, anonymous, counter, passed_404, permitted, refused};

fn covered() -> Counter {
    counter("portcullis_covered_total")
}

fn gateway() -> Counter {
    permitted("bearer").of_layer("gateway")
}

/// A response that a stage inside has refused: its event tells the class.
fn passed_by_gateway(status: &str) -> Counter {
    gateway().with("outcome", "passed").with("status", status)
}

/// A stage inside refuses all that a gateway outside has permitted.
fn behind_a_gateway(refusal: Counter, status: &str) -> Day {
    Day::quiet()
        .always(gateway(), 700.0)
        .then(gateway(), 100.0)
        .then(passed_by_gateway(status), 600.0)
        .then(permitted("bearer"), 0.0)
        .then(refusal, 600.0)
}

days! {
    a_rotation_is_no_guessing_where_attempts_are_throttled [
        Day::quiet()
            .then(permitted("bearer"), 60.0)
            .then(refused(Cause::Invalid, "bearer"), 140.0)
            .then(refused(Cause::Throttled, "bearer"), 400.0),
        // A limiter that lets hardly any attempt pass, after the first minutes.
        Day::quiet()
            .then(permitted("bearer"), 10.0)
            .at(refused(Cause::Invalid, "bearer"), |minute| {
                if (INCIDENT..INCIDENT + 3).contains(&minute) { 400.0 } else { 3.0 }
            })
            .at(refused(Cause::Throttled, "bearer"), |minute| match minute {
                ..INCIDENT => 0.0,
                _ if minute < INCIDENT + 3 => 200.0,
                _ => 590.0,
            }),
    ] fires ["PortcullisIdentityPlumbing page"];

    clients_that_drop_their_token_after_a_rotation_set_off_no_second_page [
        Day::quiet()
            .then(permitted("bearer"), 200.0)
            .then(refused(Cause::Invalid, "bearer"), 400.0)
            .then(refused(Cause::Expired, "bearer"), 30.0)
            .then(refused(Cause::Missing, "none"), 40.0),
    ] fires ["PortcullisIdentityPlumbing page"];

    a_route_that_anonymous_callers_lose_is_told_from_a_scanner [
        Day::quiet()
            .always(anonymous(), 300.0)
            .then(anonymous(), 200.0)
            .then(passed_404("none").with("caller", "anonymous"), 100.0),
    ] fires ["PortcullisRoutes ticket"];

    an_outage_for_half_of_the_callers_is_nothing_else [
        Day::quiet()
            .then(permitted("bearer"), 280.0)
            .then(refused(Cause::Unavailable, "bearer"), 320.0),
    ] fires ["PortcullisOutage page"];

    a_key_set_that_cannot_be_fetched_is_an_outage_and_no_rotation [
        Day::quiet()
            .then(permitted("bearer"), 0.0)
            .then(refused(Cause::Invalid, "bearer"), 0.0)
            .then(refused(Cause::Expired, "bearer"), 20.0)
            .then(refused(Cause::Unavailable, "bearer"), 580.0),
    ] fires ["PortcullisOutage page"];

    a_503_of_the_service_is_no_outage_of_the_check [
        Day::quiet()
            .then(permitted("bearer"), 0.0)
            .then(permitted("bearer").with("status", "503"), 600.0),
    ] fires [];

    // The store of a policy, or of tokens.
    an_outage_is_no_probing_and_no_policy_where_it_is_concealed_or_covered [
        Day::quiet()
            .then(permitted("bearer"), 0.0)
            .then(refused(Cause::Unavailable, "bearer"), 600.0)
            .then(covered(), 600.0),
        Day::quiet()
            .then(permitted("bearer"), 300.0)
            .then(refused(Cause::Unavailable, "bearer").with("caller", "known").concealed(), 300.0)
            .then(covered(), 300.0),
    ] fires ["PortcullisOutage page"];

    a_panic_is_no_policy_where_it_is_concealed [
        Day::quiet()
            .then(permitted("bearer"), 300.0)
            .then(refused(Cause::InternalError, "bearer").concealed(), 300.0),
    ] fires ["PortcullisFault page"];

    an_outage_of_the_service_is_no_probing_where_it_is_covered [
        Day::quiet()
            .then(permitted("bearer"), 0.0)
            .then(permitted("bearer").with("status", "503"), 600.0)
            .then(covered(), 600.0),
        Day::quiet()
            .then(permitted("bearer"), 500.0)
            .then(permitted("bearer").with("status", "500").lazy(), 100.0)
            .then(covered(), 100.0),
    ] fires [];

    a_rotation_is_no_probing_where_it_is_covered [
        Day::quiet()
            .then(permitted("bearer"), 0.0)
            .then(refused(Cause::Invalid, "bearer"), 600.0)
            .then(covered(), 600.0),
    ] fires ["PortcullisIdentityPlumbing page"];

    a_lost_role_is_no_probing_where_it_is_covered [
        Day::quiet()
            .then(permitted("bearer"), 400.0)
            .then(refused(Cause::Forbidden, "bearer"), 200.0)
            .then(covered(), 200.0),
    ] fires ["PortcullisPolicyPlumbing ticket"];

    only_the_layer_that_refused_is_named_in_a_rotation [
        behind_a_gateway(refused(Cause::Invalid, "bearer"), "401"),
    ] fires ["PortcullisIdentityPlumbing page"];

    a_concealed_refusal_of_a_stage_inside_is_no_lost_route_outside [
        behind_a_gateway(refused(Cause::Forbidden, "bearer").concealed(), "404"),
    ] fires ["PortcullisPolicyPlumbing page"];

    // The page tells it from a service account by a query by instance.
    one_of_four_instances_with_a_wrong_clock_is_one_ticket [
        Day::quiet()
            .instances(4)
            .then(permitted("bearer"), 450.0)
            .then(refused(Cause::Expired, "bearer"), 150.0),
    ] fires ["PortcullisCredentialExpired ticket"];

    // For 22 minutes of the hour before.
    a_flood_that_ended_hides_no_rotation_that_follows [
        Day::quiet()
            .then(permitted("bearer"), 480.0)
            .at(refused(Cause::Invalid, "bearer"), |minute| match minute {
                27..49 => 3000.0,
                INCIDENT.. => 120.0,
                _ => 3.0,
            }),
    ] fires ["PortcullisIdentityPlumbing ticket"];

    an_outage_that_ended_hides_no_rotation_that_follows [
        Day::quiet()
            .at(permitted("bearer"), |minute| match minute {
                40..68 => 0.0,
                INCIDENT.. => 200.0,
                _ => 600.0,
            })
            .then(refused(Cause::Invalid, "bearer"), 400.0),
    ] fires ["PortcullisIdentityPlumbing page"];
}
