//! The rows of section E by example.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use portcullis::policy::{all, any, not};
use portcullis::{
    BoxPolicy, Cause, Decision, HasRoles, Policy, conceal, conceal_unless, policy_fn, role,
};

use crate::expressions::{Leaf, Needed, Rendered, Rule, decide, leaf, rendered, truth};
use crate::model::Truth;
use crate::{Caller, quietly};

const T: Leaf = Leaf::Permit;
const F: Leaf = Leaf::Forbidden;
const ANONYMOUS: Leaf = Leaf::Identity(Needed::Nothing);
const DOWN: Leaf = Leaf::Unavailable;
const FAULTY: Leaf = Leaf::InternalError;

fn scopes<const N: usize>(scopes: [u8; N]) -> Leaf {
    Leaf::Insufficient(scopes.into(), None, None)
}

fn of(policy: impl Policy<(), ()> + 'static) -> (Truth, Rendered) {
    quietly();
    let decision = decide(&BoxPolicy::new(policy));
    (truth(&decision), rendered(&decision))
}

fn refused(cause: Cause) -> Rendered {
    Rendered::Refused(cause, None, None, None)
}

#[test]
fn e01_negation_swaps_permit_and_deny_and_keeps_undecided() {
    assert_eq!(of(not(leaf(T))), (Truth::F, refused(Cause::Forbidden)));
    assert_eq!(of(not(leaf(F))), (Truth::T, Rendered::Permit));
    assert_eq!(of(not(leaf(scopes([1])))), (Truth::T, Rendered::Permit));
    assert_eq!(of(not(leaf(ANONYMOUS))), (Truth::U, refused(Cause::IdentityNeeded)));
    assert_eq!(of(not(leaf(DOWN))), (Truth::U, refused(Cause::Unavailable)));
    assert_eq!(of(not(leaf(FAULTY))), (Truth::U, refused(Cause::InternalError)));
    assert_eq!(of(not(all(()))), (Truth::U, refused(Cause::Forbidden)));
    assert_eq!(of(not(any(()))), (Truth::U, refused(Cause::Forbidden)));
    assert_eq!(of(not(any(Vec::<Rule>::new()))), (Truth::U, refused(Cause::Forbidden)));
}

#[test]
fn e01_the_negation_of_banned_does_not_admit_anonymous_callers() {
    let allowed = not(role("banned"));
    let decision = Policy::<Caller, ()>::decide_now(&allowed, None, &()).unwrap();
    assert!(!decision.is_permit());
    assert_eq!(decision.reason().unwrap().cause(), Cause::IdentityNeeded);
}

#[test]
fn e02_the_reason_of_the_higher_rank_wins() {
    let in_all = [DOWN, scopes([1]), ANONYMOUS, F];
    let in_any = [F, scopes([1]), ANONYMOUS, DOWN];
    for higher in 0..4 {
        for lower in 0..higher {
            let [low, high] = [lower, higher].map(|rank| leaf(in_all[rank].clone()));
            assert_eq!(of(all((low, high.clone()))).1, of(high).1, "all: {lower} and {higher}");
            let [low, high] = [lower, higher].map(|rank| leaf(in_any[rank].clone()));
            assert_eq!(of(any((low, high.clone()))).1, of(high).1, "any: {lower} and {higher}");
        }
    }
    assert_eq!(of(all((leaf(DOWN), leaf(FAULTY)))).1, refused(Cause::InternalError));
    assert_eq!(of(any((leaf(FAULTY), leaf(DOWN)))).1, refused(Cause::InternalError));
}

#[test]
fn e03_one_concealed_part_conceals_the_whole() {
    assert_eq!(of(all((leaf(F), conceal(leaf(ANONYMOUS))))).1, Rendered::Concealed);
    assert_eq!(of(any((conceal(leaf(F)), leaf(ANONYMOUS)))).1, Rendered::Concealed);
    assert_eq!(of(all((conceal(leaf(T)), leaf(F)))).1, refused(Cause::Forbidden));
    assert_eq!(of(any((conceal(leaf(F)), leaf(T)))).1, Rendered::Permit);
    assert_eq!(of(conceal(leaf(DOWN))).1, Rendered::Concealed);
    assert_eq!(of(conceal(leaf(DOWN)).except_outages()).1, refused(Cause::Unavailable));
    assert_eq!(of(conceal(leaf(FAULTY)).except_outages()).1, refused(Cause::InternalError));
    assert_eq!(of(conceal(leaf(F)).except_outages()).1, Rendered::Concealed);
    assert_eq!(of(conceal_unless(leaf(T), leaf(F))).1, refused(Cause::Forbidden));
    assert_eq!(of(conceal_unless(leaf(F), leaf(F))).1, Rendered::Concealed);
    assert_eq!(of(conceal_unless(leaf(DOWN), leaf(F))).1, Rendered::Concealed);
    assert_eq!(of(conceal_unless(leaf(F), leaf(T))).1, Rendered::Permit);
}

#[test]
fn e04_two_requirements_in_all_merge() {
    let one = Leaf::Insufficient([1].into(), Some(vec![1, 2, 3]), Some(60));
    let other = Leaf::Insufficient([2].into(), Some(vec![3, 2, 4]), Some(30));
    let expected = Rendered::Refused(
        Cause::InsufficientAuthentication,
        Some("s1 s2".into()),
        // a2 is at 1 + 1, a3 at 2 + 0: equal, so by bytes.
        Some("a2 a3".into()),
        Some(30),
    );
    assert_eq!(of(all((leaf(one), leaf(other)))).1, expected);
    let nothing_in_common = all((
        leaf(Leaf::Insufficient([].into(), Some(vec![1]), None)),
        leaf(Leaf::Insufficient([].into(), Some(vec![2]), None)),
    ));
    let (_, empty) = of(nothing_in_common);
    assert!(matches!(empty, Rendered::Refused(_, None, Some(acr), None) if acr.is_empty()));
}

/// What an anonymous caller needs, of a composition of leaves.
fn needed(policy: impl Policy<(), ()> + 'static) -> Option<String> {
    match of(policy) {
        (Truth::U | Truth::F, Rendered::Refused(Cause::IdentityNeeded, scope, None, None)) => scope,
        other => panic!("{other:?}"),
    }
}

#[test]
fn e04_what_an_anonymous_caller_needs_adds_up_in_all() {
    let terms = |scope| leaf(Leaf::Identity(Needed::Terms([scope].into(), None, None)));
    let nothing = || leaf(Leaf::Identity(Needed::Nothing));
    let unknown = || leaf(Leaf::Identity(Needed::Unknown));
    assert_eq!(needed(all((terms(2), terms(1), nothing(), leaf(T)))).unwrap(), "s1 s2");
    assert_eq!(needed(all((terms(1), unknown()))), None);
    assert_eq!(needed(all((unknown(), terms(1)))), None);
    // A need that is no anonymous caller's ranks below, and what is forbidden above.
    assert_eq!(needed(all((terms(1), leaf(scopes([2]))))).unwrap(), "s1");
    assert_eq!(of(all((terms(1), leaf(F)))), (Truth::F, refused(Cause::Forbidden)));
    // What is asked to be refused is not what should be requested.
    assert_eq!(needed(not(terms(1))), None);
    assert_eq!(needed(all((not(terms(1)), terms(2)))).unwrap(), "s2");
    assert_eq!(of(conceal(terms(1))).1, Rendered::Concealed);
}

#[test]
fn e05_of_what_an_anonymous_caller_needs_any_names_the_lesser() {
    let terms = |scopes: &[u8]| {
        let scopes = scopes.iter().copied().collect();
        leaf(Leaf::Identity(Needed::Terms(scopes, None, None)))
    };
    let nothing = || leaf(Leaf::Identity(Needed::Nothing));
    let unknown = || leaf(Leaf::Identity(Needed::Unknown));
    assert_eq!(needed(any((terms(&[1, 2]), terms(&[3])))).unwrap(), "s3");
    assert_eq!(needed(any((nothing(), terms(&[3]), unknown()))).unwrap(), "s3");
    assert_eq!(needed(any((unknown(), terms(&[3]), nothing()))).unwrap(), "s3");
    // Every authenticated caller is permitted, so nothing more is needed.
    assert_eq!(needed(any((terms(&[]), terms(&[3])))), None);
    assert_eq!(needed(any((nothing(), unknown()))), None);
    assert_eq!(needed(any((terms(&[3]), leaf(F)))).unwrap(), "s3");
    assert_eq!(of(any((terms(&[3]), leaf(DOWN)))), (Truth::U, refused(Cause::Unavailable)));
    assert_eq!(of(any((terms(&[3]), leaf(T)))), (Truth::T, Rendered::Permit));
    // Unknown counts before nothing, so that `all` around it names too few scopes never.
    let inner = any((nothing(), unknown()));
    assert_eq!(needed(all((inner, terms(&[1])))), None);
}

#[test]
fn e05_of_two_requirements_in_any_the_lesser_is_named() {
    let cannot = Leaf::Insufficient([].into(), Some(vec![]), None);
    let fresh = Leaf::Insufficient([].into(), None, Some(60));
    let order = [scopes([3]), scopes([4]), scopes([1, 2]), fresh, cannot];
    for (index, lesser) in order.iter().enumerate() {
        for greater in &order[index + 1..] {
            let (_, expected) = of(leaf(lesser.clone()));
            let both = any((leaf(greater.clone()), leaf(lesser.clone())));
            assert_eq!(of(both).1, expected, "{lesser:?} before {greater:?}");
        }
    }
}

/// A part that counts its evaluations.
fn counted(count: &Arc<AtomicUsize>, decision: Decision) -> impl Policy<(), ()> + 'static {
    let count = count.clone();
    policy_fn(move |(): &(), (): &()| {
        count.fetch_add(1, Ordering::Relaxed);
        decision.clone()
    })
}

#[test]
fn e06_any_stops_at_a_permit_and_all_once_it_is_decided() {
    let count = Arc::new(AtomicUsize::new(0));
    let later = || counted(&count, Decision::Permit);
    let _ = of(any((leaf(T), later())));
    let _ = of(all((conceal(leaf(F)), later())));
    assert_eq!(count.load(Ordering::Relaxed), 0, "evaluated although the decision is settled");
    // A closure may conceal, so it is evaluated even after a refusal.
    let _ = of(all((leaf(F), later())));
    assert_eq!(count.load(Ordering::Relaxed), 1);

    // A role cannot; `e06_a_refused_all_does_not_ask_parts_that_cannot_conceal` has the others.
    struct Counting(AtomicUsize);
    impl HasRoles for Counting {
        fn has_role(&self, _: &str) -> bool {
            self.0.fetch_add(1, Ordering::Relaxed);
            false
        }
    }
    let banned = policy_fn(|_: &Counting, (): &()| Decision::forbidden());
    let caller = Counting(AtomicUsize::new(0));
    let decision = all((banned, role("admin"))).decide_now(Some(&caller), &()).unwrap();
    assert_eq!(decision.reason().unwrap().cause(), Cause::Forbidden);
    assert_eq!(caller.0.load(Ordering::Relaxed), 0, "evaluated although the decision is settled");
}
