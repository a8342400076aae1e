//! Days on which nothing is wrong.

use portcullis::Cause;

use crate::day::{Day, INCIDENT, counter, permitted, refused};

#[test]
fn a_quiet_day_sets_off_nothing() {
    Day::quiet().fires(&[]);
}

#[test]
fn a_busy_day_sets_off_nothing() {
    // Ten times as much within half an hour, and back.
    let factor = |minute: u32| {
        let distance = minute.abs_diff(INCIDENT);
        1.0 + 9.0 * f64::from(30_u32.saturating_sub(distance)) / 30.0
    };
    Day::quiet().scaled(factor).fires(&[]);
}

#[test]
fn an_evening_sets_off_nothing() {
    Day::quiet().scaled(|minute| if minute < 60 { 1.0 } else { 0.1 }).fires(&[]);
}

#[test]
fn low_traffic_sets_off_nothing() {
    // A request a minute, of which each tenth is refused for another reason.
    let mut day = Day::empty().at(permitted("bearer"), |minute| f64::from(minute % 10 != 3));
    let causes = [Cause::Missing, Cause::Expired, Cause::Invalid, Cause::Forbidden, Cause::Unavailable];
    for (index, cause) in (0..).zip(causes) {
        day = day.at(refused(cause, "bearer").lazy(), move |minute| f64::from(minute % 50 == 10 * index + 3));
    }
    day.fires(&[]);
}

#[test]
fn three_requests_in_an_hour_set_off_nothing_even_if_all_are_refused() {
    for cause in [Cause::Missing, Cause::Expired, Cause::Invalid, Cause::Forbidden, Cause::Unavailable] {
        Day::empty()
            .instances(1)
            .at(refused(cause, "bearer").lazy(), |minute| f64::from(minute % 20 == 0))
            .fires(&[]);
    }
}

#[test]
fn a_start_sets_off_nothing() {
    Day::quiet().begins(INCIDENT).fires(&[]);
}

#[test]
fn a_restart_of_every_instance_sets_off_nothing() {
    Day::quiet()
        .always(refused(Cause::InternalError, "bearer"), 0.0)
        .restart(0, INCIDENT)
        .restart(1, INCIDENT + 2)
        .fires(&[]);
}

#[test]
fn a_nightly_client_sets_off_nothing() {
    // A token that has expired since yesterday, for each of fifty connections; then 10,000 requests; then
    // none.
    let night = |minute: u32| (INCIDENT..INCIDENT + 10).contains(&minute);
    Day::quiet()
        .at(permitted("dpop").lazy(), move |minute| if night(minute) { 1000.0 } else { 0.0 })
        .at(refused(Cause::Expired, "dpop").lazy(), |minute| 50.0 * f64::from(minute == INCIDENT))
        .fires(&[]);
}

#[test]
fn old_faults_do_not_fire_again_after_a_gap() {
    // Events long before Prometheus, or the way to the instances, was away.
    let day = || {
        let mut day = Day::quiet();
        let faults = [
            refused(Cause::InternalError, "bearer"),
            counter("portcullis_unclaimed_total"),
            counter("portcullis_floor_lost_total"),
            counter("portcullis_repaired_total"),
        ];
        for fault in faults {
            day = day.at(fault, |minute| f64::from(minute == 0) * 7.0);
        }
        day
    };
    day().without_prometheus(INCIDENT, INCIDENT + 15).fires(&[]);
    day().without_network(INCIDENT, INCIDENT + 15).fires(&[]);
}
