//! Bad mornings of services unlike the one in the other tests: for each, `docs/guides/alerts.md` has one row
//! that names the culprit.

use portcullis::Cause;

use crate::day::{Counter, Day, INCIDENT, anonymous, counter, passed_404, permitted, refused};

/// A website: sessions in cookies, and visitors.
fn website() -> Day {
    Day::empty()
        .always(permitted("none"), 240.0)
        .always(anonymous(), 900.0)
        .always(refused(Cause::IdentityNeeded, "none").with("status", "303"), 20.0)
        .always(refused(Cause::Invalid, "none"), 1.0)
        .always(passed_404("none").with("caller", "anonymous"), 30.0)
}

/// An interface for devices by Digest, on three instances.
fn devices() -> Day {
    Day::empty()
        .instances(3)
        .always(permitted("digest"), 300.0)
        .always(refused(Cause::Missing, "none"), 280.0)
        .always(refused(Cause::Stale, "digest"), 6.0)
        .always(refused(Cause::Invalid, "digest"), 1.0)
}

/// Ordinary users at one layer, a few administrators at another.
fn with_administrators() -> Day {
    Day::quiet()
        .always(permitted("bearer").of_layer("admin"), 30.0)
        .always(refused(Cause::InsufficientAuthentication, "bearer").of_layer("admin"), 1.0)
}

fn covered() -> Counter {
    counter("portcullis_covered_total")
}

days! {
    the_store_of_sessions_was_emptied [
        website()
            .then(permitted("none"), 10.0)
            .then(refused(Cause::IdentityNeeded, "none").with("status", "303"), 120.0)
            .then(anonymous(), 1030.0),
    ] fires ["PortcullisCredentialsMissing page"];

    the_key_that_signs_cookies_was_replaced [
        website().then(permitted("none"), 0.0).then(refused(Cause::Invalid, "none"), 240.0),
    ] fires ["PortcullisIdentityPlumbing page"];

    a_crawler_visits_the_website [
        website()
            .then(anonymous(), 4000.0)
            .then(passed_404("none").with("caller", "anonymous"), 700.0),
    ] fires [];

    a_deploy_of_the_website_loses_its_pages [
        website()
            .then(anonymous(), 100.0)
            .then(passed_404("none").with("caller", "anonymous"), 830.0),
    ] fires ["PortcullisRoutes page"];

    instances_do_not_share_the_secret_of_their_nonces [
        devices().then(permitted("digest"), 100.0).then(refused(Cause::Stale, "digest"), 206.0),
    ] fires ["PortcullisIdentityPlumbing page"];

    devices_start_anew_after_a_power_failure [
        devices()
            .at(permitted("digest"), |minute| match minute {
                INCIDENT..115 => 0.0,
                _ => 300.0,
            })
            .at(refused(Cause::Missing, "none"), |minute| match minute {
                INCIDENT..115 => 0.0,
                115..118 => 900.0,
                _ => 280.0,
            }),
    ] fires [];

    half_of_the_issuers_have_a_new_audience [
        Day::quiet()
            .then(permitted("bearer"), 270.0)
            .then(refused(Cause::Invalid, "bearer"), 333.0),
    ] fires ["PortcullisIdentityPlumbing page"];

    a_release_of_one_client_sends_the_header_twice [
        Day::quiet()
            .then(permitted("bearer"), 480.0)
            .then(refused(Cause::Ambiguous, "bearer"), 120.0),
    ] fires ["PortcullisIdentityPlumbing ticket"];

    administrators_need_a_second_factor_that_they_do_not_have [
        with_administrators()
            .then(permitted("bearer").of_layer("admin"), 2.0)
            .then(refused(Cause::InsufficientAuthentication, "bearer").of_layer("admin"), 29.0),
    ] fires ["PortcullisPolicyPlumbing page"];

    the_policy_engine_of_one_instance_does_not_answer [
        Day::quiet()
            .then(permitted("bearer"), 580.0)
            .then(refused(Cause::Unavailable, "bearer").with("stage", "authorize"), 20.0),
    ] fires ["PortcullisOutage page"];

    an_introspection_that_hangs_lowers_both_graphs_and_fires_nothing [
        Day::quiet().then(permitted("bearer"), 20.0).then(refused(Cause::Invalid, "bearer"), 0.0),
    ] fires [];

    an_office_behind_one_address_is_throttled [
        Day::quiet()
            .then(permitted("basic"), 35.0)
            .then(refused(Cause::Throttled, "basic"), 40.0),
    ] fires ["PortcullisThrottled ticket"];

    a_botnet_tries_stolen_passwords_where_nothing_throttles [
        Day::quiet().then(refused(Cause::Invalid, "basic"), 500.0),
    ] fires ["PortcullisIdentityPlumbing ticket"];

    the_database_behind_a_hidden_area_is_down [
        Day::quiet()
            .then(permitted("bearer"), 150.0)
            .then(permitted("bearer").with("status", "500"), 450.0)
            .then(covered(), 452.0),
    ] fires [];

    a_job_that_fails_within_five_minutes_each_half_hour_fires_nothing [
        Day::quiet().at(refused(Cause::Expired, "bearer"), |minute| match minute % 30 {
            10..15 => 15.0,
            _ => 3.0,
        }),
    ] fires [];

    a_sale_brings_four_times_as_many_requests_and_turns_some_away [
        Day::quiet()
            .scaled(|minute| if minute < INCIDENT { 1.0 } else { 4.0 })
            .then(counter("portcullis_turned_away_total"), 200.0),
    ] fires [];

    a_deploy_puts_two_stages_in_the_wrong_order [
        Day::quiet()
            .then(permitted("bearer"), 500.0)
            .then(permitted("bearer").with("status", "500"), 100.0)
            .then(counter("portcullis_unclaimed_total"), 100.0),
    ] fires ["PortcullisFault page"];

    a_handler_asks_sessions_that_are_valid_to_log_in_again [
        website()
            .always(counter("portcullis_repaired_total"), 0.0)
            .then(permitted("none"), 200.0)
            .then(permitted("none").with("outcome", "passed").with("class", "identity"), 40.0)
            .then(counter("portcullis_repaired_total"), 40.0),
    ] fires ["PortcullisRepaired ticket"];
}
