//! Which parts `all` skips after a refusal: those that cannot conceal (E06). And which policies decide
//! at once, so that no future is created.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use portcullis::policy::{all, any, not};
use portcullis::{
    BoxPolicy, Decision, HasAuthentication, HasRoles, HasScopes, Policy, acr, anyone,
    async_policy_fn, authenticated, conceal, conceal_unless, max_age, policy_fn, resource_fn, role,
    scope,
};

/// A principal without roles or scopes that counts how often a policy reads it.
#[derive(Clone, Default)]
struct Counting(Arc<AtomicUsize>);

impl Counting {
    fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn take(&self) -> usize {
        self.0.swap(0, Ordering::Relaxed)
    }
}

impl HasRoles for Counting {
    fn has_role(&self, _: &str) -> bool {
        self.count();
        false
    }
}

impl HasScopes for Counting {
    fn has_scope(&self, _: &str) -> bool {
        self.count();
        false
    }
}

impl HasAuthentication for Counting {
    fn acr(&self) -> Option<&str> {
        self.count();
        None
    }

    fn authenticated_at(&self) -> Option<SystemTime> {
        self.count();
        None
    }
}

type Part = BoxPolicy<Counting, ()>;

fn part(policy: impl Policy<Counting, ()> + 'static) -> Part {
    BoxPolicy::new(policy)
}

/// A policy of the application, which does not implement `can_conceal`.
struct Own;

impl Policy<Counting, ()> for Own {
    async fn decide(&self, principal: &Counting, (): &()) -> Decision {
        principal.count();
        Decision::forbidden().concealed()
    }
}

fn refuses_at_once() -> Part {
    part(policy_fn(|_: &Counting, (): &()| Decision::forbidden()))
}

fn refuses_later() -> Part {
    part(async_policy_fn(|_: &Counting, (): &()| async {
        tokio::task::yield_now().await;
        Decision::forbidden()
    }))
}

/// Whether the part runs after a refusal, which must not depend on whether it is in a tuple or in a
/// list, nor on whether the refusal waits; and whether the denial is concealed then.
async fn asked_after_a_refusal(part: &Part) -> (bool, bool) {
    let principal = Counting::default();
    let mut answers = Vec::new();
    for refuses in [refuses_at_once(), refuses_later()] {
        let compositions = [
            BoxPolicy::new(all((refuses.clone(), part.clone()))),
            BoxPolicy::new(all(vec![refuses.clone(), part.clone()])),
        ];
        for composition in compositions {
            let denial = composition.check(&principal, &()).await.expect_err("refused");
            answers.push((principal.take() > 0, denial.is_concealed()));
        }
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    answers[0]
}

#[tokio::test]
async fn e06_a_refused_all_does_not_ask_parts_that_cannot_conceal() {
    let parts = [
        ("role", part(role("x"))),
        ("scope", part(scope("x").unwrap())),
        ("acr", part(acr(["x"]).unwrap())),
        ("max_age", part(max_age(Duration::from_secs(1)))),
        ("boxed role", part(BoxPolicy::<Counting, ()>::new(role("x")))),
        ("shared role", part(Arc::new(role("x")))),
        // For these two, the part beside them shows whether they run.
        ("anyone", part(any((role("x"), anyone())))),
        ("authenticated", part(any((role("x"), authenticated())))),
        ("not", part(not(role("x")))),
        ("all", part(all((role("x"), scope("x").unwrap())))),
        ("any", part(any((role("x"), scope("x").unwrap())))),
        ("all of a list", part(all(vec![part(role("x")), part(scope("x").unwrap())]))),
        ("any of a list", part(any(vec![part(role("x")), part(scope("x").unwrap())]))),
    ];
    for (name, part) in parts {
        assert_eq!(asked_after_a_refusal(&part).await, (false, false), "{name}");
    }
}

#[tokio::test]
async fn e06_a_refused_all_runs_parts_that_may_conceal_and_is_concealed_by_them() {
    let hidden = || part(conceal(role("x")));
    let parts = [
        ("conceal", hidden()),
        ("conceal_unless", part(conceal_unless(role("x"), role("x")))),
        ("boxed", part(hidden())),
        ("shared", part(Arc::new(conceal(role("x"))))),
        ("all, last", part(all((anyone(), hidden())))),
        ("all, first", part(all((hidden(), anyone())))),
        ("any, last", part(any((role("x"), hidden())))),
        ("all of a list", part(all(vec![part(anyone()), hidden()]))),
        ("any of a list", part(any(vec![hidden(), part(role("x"))]))),
        ("an own policy", part(Own)),
        (
            "policy_fn",
            part(policy_fn(|principal: &Counting, (): &()| {
                principal.count();
                Decision::forbidden().concealed()
            })),
        ),
        (
            "async_policy_fn",
            part(async_policy_fn(|principal: &Counting, (): &()| {
                principal.count();
                async { Decision::forbidden().concealed() }
            })),
        ),
    ];
    for (name, part) in parts {
        assert_eq!(asked_after_a_refusal(&part).await, (true, true), "{name}");
    }

    // Two that never read the principal, or negate a concealed part.
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let by_resource = part(resource_fn(move |(): &()| {
        counter.fetch_add(1, Ordering::Relaxed);
        Decision::forbidden().concealed()
    }));
    assert_eq!(asked_after_a_refusal(&by_resource).await, (false, true));
    assert!(asked.load(Ordering::Relaxed) > 0);
    let turned = part(not(conceal(role("x"))));
    assert_eq!(
        asked_after_a_refusal(&turned).await,
        (true, false),
        "permits, so that nothing hides"
    );
}

#[test]
fn e06_policies_that_need_not_wait_decide_at_once() {
    let at_once = [
        ("role", part(role("x"))),
        ("scope", part(scope("x").unwrap())),
        ("acr", part(acr(["x"]).unwrap())),
        ("max_age", part(max_age(Duration::from_secs(1)))),
        ("anyone", part(anyone())),
        ("authenticated", part(authenticated())),
        ("policy_fn", refuses_at_once()),
        ("resource_fn", part(resource_fn(|(): &()| Decision::Permit))),
        ("shared", part(Arc::new(role("x")))),
        ("boxed", part(refuses_at_once())),
        ("not", part(not(role("x")))),
        ("conceal", part(conceal(role("x")))),
        ("conceal_unless", part(conceal_unless(role("x"), role("x")))),
        ("all", part(all((anyone(), role("x"))))),
        ("any", part(any((role("x"), anyone())))),
        ("all of a list", part(all(vec![part(anyone()), part(role("x"))]))),
        ("any of a list", part(any(vec![part(role("x")), part(anyone())]))),
    ];
    for (name, part) in at_once {
        for caller in [Some(&Counting::default()), None] {
            assert!(part.decide_now(caller, &()).is_some(), "{name}");
        }
    }
    for (name, part) in [("async_policy_fn", refuses_later()), ("an own policy", part(Own))] {
        assert!(part.decide_now(Some(&Counting::default()), &()).is_none(), "{name}");
    }
}

/// Holds the scope `held` and no other.
struct Holder;

impl HasScopes for Holder {
    fn has_scope(&self, scope: &str) -> bool {
        scope == "held"
    }
}

#[tokio::test]
async fn c03_a_granted_scope_is_listed_wherever_in_the_composition_it_is_required() {
    async fn named(part: BoxPolicy<Holder, ()>) -> Option<String> {
        let policy = all((scope("missing").unwrap(), part));
        let denial = policy.check(&Holder, &()).await.expect_err("refused");
        denial.requirement().expect("a need").scope()
    }
    let both = Some("held missing".to_owned());
    assert_eq!(named(BoxPolicy::new(scope("held").unwrap())).await, both);
    assert_eq!(named(BoxPolicy::new(conceal(scope("held").unwrap()))).await, both);
    assert_eq!(named(BoxPolicy::new(conceal_unless(anyone(), scope("held").unwrap()))).await, both);
    assert_eq!(named(BoxPolicy::new(all((scope("held").unwrap(), anyone())))).await, both);
    assert_eq!(
        named(BoxPolicy::new(any((scope("held").unwrap(), scope("other").unwrap())))).await,
        both
    );
    assert_eq!(named(BoxPolicy::new(Arc::new(scope("held").unwrap()))).await, both);
    let list: Vec<BoxPolicy<Holder, ()>> = vec![BoxPolicy::new(scope("held").unwrap())];
    assert_eq!(named(BoxPolicy::new(all(list))).await, both);
    // Neither a negated scope is listed, nor one of a `see` policy.
    let none = Some("missing".to_owned());
    assert_eq!(named(BoxPolicy::new(not(scope("other").unwrap()))).await, none);
    assert_eq!(named(BoxPolicy::new(authenticated())).await, none);
}
