//! Policies and combinators of an application's own, with the public API alone.

use std::future::{pending, ready};

use portcullis::policy::{GrantedScopes, all, any, combine, not};
use portcullis::{
    Cause, Decision, Denial, Policy, Requirement, anyone, async_policy_fn, conceal, policy_fn,
    resource_fn, role, scope,
};

use crate::{Caller, denial, quietly};

fn reasons(denial: &Denial) -> Vec<String> {
    denial.reasons().map(ToString::to_string).collect()
}

// ==== named ====

/// A rule as a type of its own.
struct Owner;

impl Policy<Caller, ()> for Owner {
    async fn decide(&self, _: &Caller, (): &()) -> Decision {
        Decision::forbidden().with_source("row 7")
    }
}

#[tokio::test]
async fn e07_a_policy_with_a_name_is_named_in_its_reasons() {
    quietly();
    let caller = Caller::default();
    let closure = || policy_fn(|_: &Caller, (): &()| Decision::forbidden());
    let cases: [(Denial, &[&str]); 8] = [
        (denial(closure(), &caller).await, &[]),
        (denial(closure().named("owner"), &caller).await, &["owner: forbidden"]),
        (denial(Owner.named("owner"), &caller).await, &["owner: forbidden (row 7)"]),
        (
            denial(all((closure().named("owner"), Owner.named("lock"))), &caller).await,
            &["owner: forbidden", "lock: forbidden (row 7)"],
        ),
        (
            denial(any((role("a"), closure())).named("editors"), &caller).await,
            &["editors: role `a`: forbidden", "editors: forbidden"],
        ),
        (
            denial(not(anyone()).named("closed").named("site"), &caller).await,
            &["site: closed: forbidden"],
        ),
        (
            denial(resource_fn(|(): &()| Decision::unavailable()).named("engine"), &caller).await,
            &["engine: unavailable"],
        ),
        (
            denial(
                async_policy_fn(|_: &Caller, (): &()| async { std::panic::panic_any(()) })
                    .named("engine"),
                &caller,
            )
            .await,
            &["engine: internal_error (panicked)"],
        ),
    ];
    for (denial, expected) in cases {
        assert_eq!(reasons(&denial), expected);
    }
}

#[tokio::test]
async fn e07_a_name_changes_nothing_that_a_client_sees() {
    let caller = Caller { roles: vec!["admin"], scopes: vec!["a"], ..Caller::default() };
    assert!(role("admin").named("x").check(&caller, &()).await.is_ok());
    assert!(anyone().named("x").check(None::<&Caller>, &()).await.is_ok());
    let refused = denial(conceal(role("owner")).named("x"), &caller).await;
    assert!(refused.is_concealed());
    let scopes = all((scope("a").unwrap(), scope("b").unwrap())).named("x");
    let refused = denial(scopes, &caller).await;
    assert_eq!(refused.requirement().unwrap().scope().as_deref(), Some("a b"));
    let anonymous = role("admin").named("x").check(None::<&Caller>, &()).await.unwrap_err();
    assert_eq!(anonymous.cause(), Cause::IdentityNeeded);
}

// ==== what a policy may leave out ====

/// Asks for scopes, and does not tell which the caller has.
struct Forgetful(&'static str);

impl Policy<Caller, ()> for Forgetful {
    async fn decide(&self, caller: &Caller, (): &()) -> Decision {
        if caller.scopes.contains(&self.0) {
            return Decision::Permit;
        }
        Decision::insufficient(Requirement::scopes([self.0]).unwrap())
    }
}

/// A wrapper written by hand that hands nothing on.
struct Wrapper<A>(A);

impl<A: Policy<Caller, ()>> Policy<Caller, ()> for Wrapper<A> {
    async fn decide(&self, caller: &Caller, (): &()) -> Decision {
        self.0.decide(caller, &()).await
    }
}

/// A rule that says that it asks for no scopes.
struct NoScopes;

impl Policy<Caller, ()> for NoScopes {
    async fn decide(&self, _: &Caller, (): &()) -> Decision {
        Decision::Permit
    }

    fn granted_scopes(&self, _: &Caller, _: &mut GrantedScopes) {}
}

#[tokio::test]
async fn c03_a_policy_that_does_not_tell_its_scopes_omits_them_all() {
    let caller = Caller { scopes: vec!["a"], ..Caller::default() };
    let scope = |name| scope(name).unwrap();
    let named = |denial: Denial| {
        assert_eq!(denial.cause(), Cause::InsufficientScope);
        denial.requirement().expect("a requirement").scope()
    };
    assert_eq!(named(denial(all((Forgetful("a"), scope("b"))), &caller).await), None);
    assert_eq!(named(denial(all((scope("a"), Forgetful("b"))), &caller).await), None);
    assert_eq!(named(denial(all((Wrapper(scope("a")), scope("b"))), &caller).await), None);
    assert_eq!(named(denial(Wrapper(all((scope("a"), scope("b")))), &caller).await), None);
    let both = Some("a b".to_owned());
    assert_eq!(named(denial(all((scope("a"), scope("b"), NoScopes)), &caller).await), both);
    let closure = policy_fn(|_: &Caller, (): &()| Decision::Permit);
    assert_eq!(named(denial(all((scope("a"), scope("b"), closure)), &caller).await), both);
}

// ==== combine ====

/// Permits if two of the parts do; of the others the first that cannot decide counts.
fn two(decisions: Vec<Decision>) -> Decision {
    if decisions.iter().filter(|decision| decision.is_permit()).count() >= 2 {
        return Decision::Permit;
    }
    let undecided = |decision: &Decision| matches!(decision, Decision::Undecided(_));
    decisions.into_iter().find(undecided).unwrap_or_else(Decision::forbidden)
}

#[tokio::test]
async fn e10_a_combinator_decides_by_the_decisions_of_its_parts_whether_they_wait_or_not() {
    quietly();
    let late = |permits| {
        async_policy_fn(move |_: &Caller, (): &()| async move {
            tokio::task::yield_now().await;
            Decision::permit_if(permits)
        })
    };
    let caller = Caller { roles: vec!["a", "b"], ..Caller::default() };
    let at_once = combine((role("a"), role("b"), role("c")), two);
    assert!(at_once.decide_now(Some(&caller), &()).unwrap().is_permit());
    assert!(combine((late(false), role("b"), late(true)), two).check(&caller, &()).await.is_ok());
    let refused = denial(combine(vec![late(true), late(false)], two), &caller).await;
    assert_eq!(refused.cause(), Cause::Forbidden);
    // Anonymous callers, and parts that panic, are undecided.
    let anonymous = combine((role("a"), role("b")), two).check(None::<&Caller>, &()).await;
    assert_eq!(anonymous.unwrap_err().cause(), Cause::IdentityNeeded);
    let broken = policy_fn(|_: &Caller, (): &()| std::panic::panic_any(()));
    let refused = denial(combine((role("a"), role("c"), broken), two), &caller).await;
    assert_eq!(refused.cause(), Cause::InternalError);
}

#[tokio::test]
async fn e10_a_combinator_keeps_concealment_reasons_and_scopes_whatever_its_closure_does() {
    quietly();
    let caller = Caller { scopes: vec!["a"], ..Caller::default() };
    let forgets = |_: Vec<Decision>| Decision::forbidden();
    let hidden = denial(combine((anyone(), conceal(role("x"))), forgets), &caller).await;
    assert!(hidden.is_concealed());
    assert_eq!(reasons(&hidden), ["role `x`: forbidden"]);
    let panics = |_: Vec<Decision>| std::panic::panic_any(());
    let hidden = denial(combine((conceal(role("x")),), panics), &caller).await;
    assert!(hidden.is_concealed());
    assert_eq!(hidden.cause(), Cause::InternalError);

    let open = denial(combine((conceal(anyone()), role("x"), role("y")), forgets), &caller).await;
    assert!(!open.is_concealed(), "the part that conceals permits");
    assert_eq!(reasons(&open), ["role `x`: forbidden", "role `y`: forbidden"]);
    let last = |mut decisions: Vec<Decision>| decisions.pop().unwrap_or_else(Decision::forbidden);
    let own = |decisions| last(decisions).with_source("vote");
    let refused = denial(combine((role("x"), role("y")), own), &caller).await;
    let expected = ["role `x`: forbidden", "role `y`: forbidden", "forbidden (vote)"];
    assert_eq!(reasons(&refused), expected, "each once");

    let scopes = (scope("a").unwrap(), scope("b").unwrap());
    let refused = denial(combine(scopes, last), &caller).await;
    assert_eq!(refused.requirement().unwrap().scope().as_deref(), Some("a b"));
}

#[test]
fn e10_a_combinator_is_as_hidden_as_its_parts_when_the_time_is_over() {
    let never = || async_policy_fn(|_: &Caller, (): &()| pending::<Decision>());
    let soon = async_policy_fn(|_: &Caller, (): &()| ready(Decision::Permit));
    let hidden = combine((soon, conceal(never())), two).timed_out();
    assert!(hidden.reason().unwrap().is_concealed());
    let open = combine((never(), never()), two).timed_out();
    assert_eq!(open.reason().unwrap().cause(), Cause::Unavailable);
    assert!(!open.reason().unwrap().is_concealed());
}
