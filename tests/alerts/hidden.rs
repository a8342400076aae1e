//! What is hidden: a caller who probes it, beside an incident that is none of its doing, and incidents behind
//! a `ConcealLayer`.

use portcullis::Cause;

use crate::day::{Counter, Day, INCIDENT, counter, passed_404, permitted, refused};

fn covered() -> Counter {
    counter("portcullis_covered_total").of_layer("vault")
}

fn absent() -> Counter {
    counter("portcullis_absent_total").of_layer("vault")
}

/// A 404 of a `ConcealLayer` that has an observer, as the stage around it counts it.
fn passed_by_conceal() -> Counter {
    passed_404("bearer").with("class", "none")
}

/// A caller goes through numbers.
fn probed(day: Day) -> Day {
    day.then(refused(Cause::Forbidden, "bearer").concealed(), 30.0)
}

/// So many of the requests that were permitted find no path, in an area with hidden routes.
fn hidden_route_lost(per_minute: f64) -> Day {
    Day::quiet()
        .always(absent(), 2.0)
        .then(permitted("bearer"), 600.0 - per_minute)
        .then(passed_by_conceal(), per_minute)
        .then(absent(), per_minute)
}

days! {
    // ---- An incident that explains nothing hides no probing ----

    a_lost_route_hides_no_probing [
        probed(Day::quiet().then(permitted("bearer"), 450.0).then(passed_404("bearer"), 150.0)),
        Day::quiet()
            .then(permitted("bearer"), 450.0)
            .then(passed_404("bearer"), 150.0)
            .then(covered(), 60.0),
    ] fires ["PortcullisProbing ticket", "PortcullisRoutes ticket"];

    a_rotation_at_another_layer_hides_no_probing [
        probed(Day::quiet())
            .always(permitted("bearer").of_layer("admin"), 30.0)
            .then(permitted("bearer").of_layer("admin"), 0.0)
            .then(refused(Cause::Invalid, "bearer").of_layer("admin"), 30.0),
    ] fires ["PortcullisIdentityPlumbing page", "PortcullisProbing ticket"];

    an_outage_at_another_layer_hides_no_probing [
        probed(Day::quiet())
            .always(permitted("bearer").of_layer("admin"), 30.0)
            .then(permitted("bearer").of_layer("admin"), 20.0)
            .then(refused(Cause::Unavailable, "bearer").of_layer("admin"), 10.0),
        Day::quiet().then(refused(Cause::Unavailable, "bearer"), 14.0).then(covered(), 60.0),
    ] fires ["PortcullisOutage page", "PortcullisProbing ticket"];

    a_service_that_fails_all_day_hides_no_probing [
        Day::quiet()
            .always(permitted("bearer").with("status", "500"), 100.0)
            .then(covered(), 60.0),
    ] fires ["PortcullisProbing ticket"];

    a_few_who_lose_a_role_hide_no_probing [
        Day::quiet()
            .then(permitted("bearer"), 500.0)
            .then(refused(Cause::Forbidden, "bearer"), 104.0)
            .then(covered(), 600.0),
    ] fires ["PortcullisPolicyPlumbing ticket", "PortcullisProbing ticket"];

    // ---- What an incident explains is no probing ----

    a_header_that_a_proxy_removes_is_no_probing_where_it_is_covered [
        Day::quiet()
            .then(permitted("bearer"), 0.0)
            .then(permitted("basic"), 0.0)
            .then(refused(Cause::Missing, "none"), 680.0)
            .then(covered(), 600.0),
    ] fires ["PortcullisCredentialsMissing page"];

    // ---- Lost routes and scanners, in an area with hidden routes ----

    routes_fires_if_a_deploy_loses_a_hidden_route [
        hidden_route_lost(150.0),
    ] fires ["PortcullisRoutes ticket"];

    routes_is_a_page_if_a_deploy_loses_most_hidden_routes [
        hidden_route_lost(500.0),
    ] fires ["PortcullisRoutes page"];

    a_scanner_of_paths_in_a_hidden_area_is_no_broken_route [
        Day::quiet().then(passed_by_conceal(), 600.0).then(absent(), 600.0),
        Day::quiet()
            .at(permitted("bearer"), |minute| 5.0 * f64::from(120_u32.saturating_sub(minute.saturating_sub(20))))
            .then(passed_by_conceal(), 600.0)
            .at(absent().lazy(), |minute| 20.0 * f64::from(minute.saturating_sub(INCIDENT))),
    ] fires [];
}
