//! Permitted requests that become fewer little by little: because refusals replace them, or in the evening,
//! while a stranger's flood grows.

use portcullis::Cause;

use crate::day::{Counter, Day, INCIDENT, passed_404, permitted, refused};

type Shape = fn(f64) -> f64;

/// How an evening of two hours goes on: from 0 to 1, of which all requests are lost at 1.
const EVENINGS: [Shape; 5] = [
    |gone| gone,
    |gone| gone.powi(2),
    |gone| gone.powi(3),
    // Each 17 minutes, twice as many are lost.
    |gone| ((gone * 5.0).exp() - 1.0) / (5.0_f64.exp() - 1.0),
    // A twelfth at once, each ten minutes.
    |gone| (gone * 12.0).floor() / 12.0,
];

/// How a flood grows from minute to minute. In ten minutes there come more refusals than permitted requests go.
const FLOODS: [Shape; 4] = [
    |minutes| 60.0 * minutes,
    |minutes| 10.0 * minutes.powi(2),
    |minutes| 120.0 * ((minutes / 7.0).exp() - 1.0),
    |minutes| 600.0 * (minutes / 10.0).ceil(),
];

/// Each evening with a flood of these refusals, beginning with this flood.
fn evenings(flood: &Counter, first: usize) -> Vec<Day> {
    let pairs = EVENINGS.iter().zip(FLOODS.iter().cycle().skip(first));
    pairs
        .map(|(evening, grows)| {
            let left = |minute| 1.0 - evening((f64::from(minute) - 20.0).clamp(0.0, 120.0) / 120.0);
            Day::quiet()
                .at(permitted("bearer"), move |minute| 600.0 * left(minute))
                .at(permitted("basic"), move |minute| 60.0 * left(minute))
                .at(flood.clone(), move |minute| match minute.checked_sub(INCIDENT) {
                    Some(minutes) => 3.0 + grows(f64::from(minutes)),
                    None => 3.0,
                })
        })
        .collect()
}

/// Refusals of this kind replace permitted requests, as a shape says in an hour.
fn replaced(refusal: &Counter, tries: f64, shape: Shape) -> Day {
    let gone = move |minute: u32| shape(f64::from(minute.saturating_sub(INCIDENT)) / 60.0).min(1.0);
    Day::quiet()
        .at(permitted("bearer"), move |minute| 600.0 * (1.0 - gone(minute)))
        .at(refusal.clone(), move |minute| 3.0 + tries * 600.0 * gone(minute))
}

/// Of four instances, one is broken each eight minutes.
fn instances_one_by_one(gone: f64) -> f64 {
    (gone * 60.0 / 8.0).ceil() / 4.0
}

days! {
    // ---- A flood that grows, while fewer and fewer requests are permitted ----

    invented_tokens_that_become_more_send_no_page_in_the_evening [
        evenings(&refused(Cause::Invalid, "bearer"), 0),
    ] fires ["PortcullisIdentityPlumbing ticket"];

    requests_without_credentials_that_become_more_set_off_nothing_in_the_evening [
        evenings(&refused(Cause::Missing, "none"), 1),
    ] fires [];

    // The series of its refusals begins when the evening is half over.
    a_scanner_that_is_new_sets_off_nothing_in_the_evening [
        evenings(&passed_404("bearer").lazy(), 2),
    ] fires [];

    paths_that_do_not_exist_and_become_more_are_no_broken_route_in_the_evening [
        evenings(&passed_404("bearer"), 3),
    ] fires [];

    // ---- Refusals replace permitted requests, little by little ----

    identity_plumbing_fires_if_tokens_are_lost_faster_and_faster_or_more_slowly [
        replaced(&refused(Cause::Invalid, "bearer"), 1.0, |gone| (1.5 * gone).powi(2)),
        replaced(&refused(Cause::Invalid, "bearer"), 1.0, |gone| (1.5 * gone).powi(3)),
        replaced(&refused(Cause::Invalid, "bearer"), 1.0, |gone| 1.0 - (-3.0 * gone).exp()),
        replaced(&refused(Cause::Invalid, "bearer"), 3.0, |gone| gone),
        replaced(&refused(Cause::Invalid, "bearer"), 1.0, instances_one_by_one),
    ] fires ["PortcullisIdentityPlumbing page", "PortcullisIdentityPlumbing ticket"];

    policy_plumbing_fires_if_a_role_is_lost_account_by_account [
        replaced(&refused(Cause::Forbidden, "bearer"), 1.0, |gone| 1.5 * gone),
    ] fires ["PortcullisPolicyPlumbing page", "PortcullisPolicyPlumbing ticket"];

    // ---- Clients wait longer and longer before they try again ----

    identity_plumbing_fires_if_hardly_a_token_is_permitted_and_clients_wait [
        Day::quiet()
            .then(permitted("bearer"), 5.0)
            .then(refused(Cause::Invalid, "bearer"), 100.0),
        Day::quiet()
            .at(permitted("bearer"), |minute| match minute.checked_sub(INCIDENT) {
                Some(minutes) => 600.0 * (-f64::from(minutes)).exp(),
                None => 600.0,
            })
            .at(refused(Cause::Expired, "bearer"), |minute| match minute.checked_sub(INCIDENT) {
                Some(minutes) => 40.0 + 200.0 * (-f64::from(minutes) / 5.0).exp(),
                None => 3.0,
            }),
    ] fires ["PortcullisIdentityPlumbing page"];

    clients_that_stop_leave_others_behind_and_set_off_nothing [
        Day::quiet()
            .always(refused(Cause::Invalid, "bearer"), 60.0)
            .then(permitted("bearer"), 5.0),
        Day::quiet()
            .always(refused(Cause::Invalid, "bearer"), 60.0)
            .then(permitted("bearer"), 5.0)
            .noisy(5),
    ] fires [];

    a_stranger_who_comes_when_clients_have_gone_is_a_ticket [
        Day::quiet()
            .then(permitted("bearer"), 0.0)
            .at(refused(Cause::Invalid, "bearer"), |minute| if minute < 120 { 3.0 } else { 200.0 }),
    ] fires ["PortcullisIdentityPlumbing ticket"];

    // Cached answers of an introspection that does not answer become old.
    an_outage_in_which_some_tokens_expire_is_no_rotation [
        Day::quiet()
            .then(permitted("bearer"), 5.0)
            .then(refused(Cause::Expired, "bearer"), 90.0)
            .then(refused(Cause::Unavailable, "bearer"), 505.0),
    ] fires ["PortcullisOutage page"];
}
