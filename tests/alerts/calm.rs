//! Days on which nothing is wrong.

use portcullis::Cause;

use crate::day::{Day, INCIDENT, anonymous, counter, passed_404, permitted, refused};

/// From 600 requests a minute to 60, within three hours: the incident begins in the middle.
fn falls(minute: u32) -> f64 {
    1.0 - 0.9 * (f64::from(minute) - 10.0).clamp(0.0, 130.0) / 130.0
}

/// Ten times as much within half an hour, and back.
fn peak(minute: u32) -> f64 {
    1.0 + 9.0 * f64::from(30_u32.saturating_sub(minute.abs_diff(INCIDENT))) / 30.0
}

/// A request a minute, of which each tenth is refused for another reason.
fn low_traffic() -> Day {
    let mut day = Day::empty().at(permitted("bearer"), |minute| f64::from(minute % 10 != 3));
    let causes =
        [Cause::Missing, Cause::Expired, Cause::Invalid, Cause::Forbidden, Cause::Unavailable];
    for (index, cause) in (0..).zip(causes) {
        day = day.at(refused(cause, "bearer").lazy(), move |minute| {
            f64::from(minute % 50 == 10 * index + 3)
        });
    }
    day
}

/// With as many requests of scanners as of others.
fn scanned() -> Day {
    Day::quiet()
        .always(anonymous(), 300.0)
        .always(refused(Cause::Missing, "none"), 600.0)
        .always(passed_404("none").with("caller", "anonymous"), 300.0)
        .always(passed_404("bearer"), 300.0)
}

fn three_an_hour(cause: Cause) -> Day {
    Day::empty()
        .instances(1)
        .at(refused(cause, "bearer").lazy(), |minute| f64::from(minute % 20 == 0))
}

/// Events long before Prometheus, or the way to the instances, was away.
fn old_faults() -> Day {
    let faults = [
        refused(Cause::InternalError, "bearer"),
        counter("portcullis_unclaimed_total"),
        counter("portcullis_floor_lost_total"),
        counter("portcullis_repaired_total"),
    ];
    faults
        .into_iter()
        .fold(Day::quiet(), |day, fault| day.at(fault, |minute| f64::from(minute == 0) * 7.0))
}

fn is_night(minute: u32) -> f64 {
    f64::from((INCIDENT..INCIDENT + 10).contains(&minute))
}

days! {
    a_quiet_day_sets_off_nothing [Day::quiet()] fires [];

    a_busy_day_sets_off_nothing [Day::quiet().scaled(peak)] fires [];

    noise_sets_off_nothing [
        Day::quiet().noisy(1),
        scanned().noisy(2),
        scanned().noisy(12),
        scanned().scaled(falls).noisy(3),
        scanned().scaled(|_| 0.05).noisy(4),
    ] fires [];

    an_evening_sets_off_nothing [
        Day::quiet().scaled(|minute| if minute < 60 { 1.0 } else { 0.1 }),
        Day::quiet().scaled(falls),
    ] fires [];

    low_traffic_sets_off_nothing [low_traffic(), Day::night()] fires [];

    three_requests_in_an_hour_set_off_nothing_even_if_all_are_refused [
        three_an_hour(Cause::Missing),
        three_an_hour(Cause::Expired),
        three_an_hour(Cause::Invalid),
        three_an_hour(Cause::Forbidden),
        three_an_hour(Cause::Unavailable),
    ] fires [];

    a_start_sets_off_nothing [Day::quiet().begins(INCIDENT), Day::quiet().begins(30)] fires [];

    a_restart_of_every_instance_sets_off_nothing [
        Day::quiet().restart(0, INCIDENT).restart(1, INCIDENT + 2),
    ] fires [];

    // A token that has expired since yesterday, for each of fifty connections; then 10,000 requests; then
    // none.
    a_nightly_client_sets_off_nothing [
        Day::quiet()
            .at(permitted("dpop").lazy(), |minute| 1000.0 * is_night(minute))
            .burst(refused(Cause::Expired, "dpop").lazy(), 50.0),
    ] fires [];

    old_faults_do_not_fire_again_after_a_gap [
        old_faults().without_prometheus(INCIDENT, INCIDENT + 15),
        old_faults().without_network(INCIDENT, INCIDENT + 15),
    ] fires [];

    users_who_go_home_leave_the_scanners_behind_and_set_off_nothing [
        Day::quiet()
            .then(permitted("bearer"), 40.0)
            .then(permitted("basic"), 0.0)
            .then(refused(Cause::Forbidden, "bearer"), 6.0),
    ] fires [];

    a_burst_of_renewals_is_no_expired_credential [
        Day::quiet().at(refused(Cause::Expired, "bearer"), |minute| {
            if minute == INCIDENT { 60.0 } else { 3.0 }
        }),
    ] fires [];
}
