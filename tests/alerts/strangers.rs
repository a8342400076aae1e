//! What a stranger sends: it hides no incident, and sends no page by itself.

use portcullis::Cause;

use crate::day::{Day, INCIDENT, anonymous, counter, passed_404, permitted, refused};

/// From 600 requests a minute to 60, within two hours; refusals stay. The incident begins late in it.
fn evening() -> Day {
    let falls = |minute: u32| 1.0 - 0.9 * (f64::from(minute) - 20.0).clamp(0.0, 120.0) / 120.0;
    Day::quiet()
        .at(permitted("bearer"), move |minute| 600.0 * falls(minute))
        .at(permitted("basic"), move |minute| 60.0 * falls(minute))
}

days! {
    // ---- A steady flood hides no incident ----

    a_flood_of_invented_tokens_hides_no_rotation [
        Day::quiet()
            .always(refused(Cause::Invalid, "bearer"), 600.0)
            .then(permitted("bearer"), 0.0)
            .then(refused(Cause::Invalid, "bearer"), 1200.0),
        Day::quiet()
            .always(refused(Cause::Invalid, "bearer"), 3000.0)
            .then(permitted("bearer"), 0.0)
            .then(refused(Cause::Invalid, "bearer"), 3600.0),
    ] fires ["PortcullisIdentityPlumbing page"];

    // Each request of a browser begins without credentials.
    handshakes_without_credentials_hide_no_stripped_header [
        Day::quiet()
            .always(refused(Cause::Missing, "none"), 660.0)
            .then(permitted("bearer"), 0.0)
            .then(permitted("basic"), 0.0)
            .then(refused(Cause::Missing, "none"), 1320.0),
    ] fires ["PortcullisCredentialsMissing page"];

    a_flood_of_paths_that_do_not_exist_hides_no_lost_route [
        Day::quiet()
            .always(passed_404("bearer"), 900.0)
            .then(permitted("bearer"), 450.0)
            .then(passed_404("bearer"), 1050.0),
    ] fires ["PortcullisRoutes ticket"];

    a_flood_without_credentials_hides_no_outage [
        Day::quiet()
            .always(refused(Cause::Missing, "none"), 100_000.0)
            .always(refused(Cause::Invalid, "bearer"), 10_000.0)
            .always(refused(Cause::Throttled, "basic"), 10_000.0)
            .then(refused(Cause::Unavailable, "bearer"), 60.0),
    ] fires ["PortcullisOutage page"];

    // At an optional stage: they are permitted.
    visitors_hide_no_outage [
        Day::quiet()
            .always(anonymous(), 100_000.0)
            .then(permitted("bearer"), 0.0)
            .then(refused(Cause::Unavailable, "bearer"), 600.0),
    ] fires ["PortcullisOutage page"];

    // A handler that refuses a suspended account knows its caller; the stage does not.
    a_suspended_account_hides_no_lost_role [
        Day::quiet()
            .always(refused(Cause::Suspended, "bearer"), 1.0)
            .always(refused(Cause::Suspended, "bearer").with("stage", "handler").with("caller", "known"), 1.0)
            .then(permitted("bearer"), 0.0)
            .then(refused(Cause::Forbidden, "bearer"), 600.0),
    ] fires ["PortcullisPolicyPlumbing page"];

    a_flood_without_credentials_hides_no_probing [
        Day::quiet()
            .then(anonymous(), 10_000.0)
            .then(refused(Cause::Forbidden, "bearer").concealed(), 75.0),
    ] fires ["PortcullisProbing ticket"];

    // ---- A flood sends no page by itself ----

    invented_tokens_are_a_ticket_while_others_pass [
        Day::quiet().then(refused(Cause::Invalid, "bearer"), 10_000.0),
        Day::quiet().then(refused(Cause::Malformed, "bearer"), 10_000.0),
    ] fires ["PortcullisIdentityPlumbing ticket"];

    a_dozen_invented_tokens_send_no_page_at_night [
        Day::night().burst(refused(Cause::Invalid, "bearer"), 12.0),
        Day::night()
            .at(permitted("bearer"), |minute| f64::from(minute < INCIDENT))
            .burst(refused(Cause::Invalid, "bearer"), 12.0),
    ] fires ["PortcullisIdentityPlumbing ticket"];

    invented_tokens_send_no_page_in_the_evening [
        evening().then(refused(Cause::Invalid, "bearer"), 600.0),
    ] fires ["PortcullisIdentityPlumbing ticket"];

    a_flood_without_credentials_sets_off_nothing_while_others_pass [
        Day::quiet().then(refused(Cause::Missing, "none"), 10_000.0),
        Day::quiet().then(refused(Cause::Missing, "other"), 10_000.0),
        Day::quiet().then(anonymous(), 10_000.0),
        evening().then(refused(Cause::Missing, "none"), 600.0),
        evening().then(anonymous(), 600.0),
    ] fires [];

    a_scanner_of_paths_that_do_not_exist_is_no_broken_route [
        Day::quiet().then(passed_404("none").with("caller", "anonymous"), 600.0),
        Day::quiet().then(passed_404("bearer"), 600.0),
        Day::quiet()
            .always(anonymous(), 300.0)
            .then(passed_404("none").with("caller", "anonymous").lazy(), 600.0),
    ] fires [];

    a_scanner_in_the_evening_is_no_broken_route [
        evening().then(passed_404("bearer"), 600.0),
        evening().then(passed_404("bearer"), 120.0),
        evening().then(passed_404("bearer"), 60.0),
    ] fires [];

    a_caller_who_probes_is_no_broken_policy [
        Day::quiet()
            .then(refused(Cause::Forbidden, "bearer").concealed(), 500.0)
            .then(counter("portcullis_covered_total"), 500.0),
        evening().then(refused(Cause::Forbidden, "bearer").concealed(), 300.0),
    ] fires ["PortcullisProbing ticket"];

    the_guessing_of_passwords_says_nothing_about_tokens [
        Day::quiet()
            .then(refused(Cause::Invalid, "basic"), 60.0)
            .then(refused(Cause::Throttled, "basic"), 5000.0)
            .then(refused(Cause::Invalid, "bearer"), 4.0),
    ] fires ["PortcullisGuessing ticket"];

    guessing_in_the_evening_sends_no_page [
        evening()
            .then(refused(Cause::Invalid, "basic"), 60.0)
            .then(refused(Cause::Throttled, "basic"), 500.0),
    ] fires ["PortcullisGuessing ticket"];
}
