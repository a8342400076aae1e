//! Policies about principals with roles, scopes and an authentication.

use std::time::Duration;

use portcullis::policy::{all, any, not};
use portcullis::{
    BoxPolicy, Cause, Decision, Policy, acr, anyone, async_policy_fn, authenticated, conceal,
    conceal_unless, max_age, policy_fn, resource_fn, role, scope,
};

use crate::expressions::{Rendered, rendered, truth};
use crate::model::Truth;
use crate::{Caller, denial, quietly};

#[tokio::test]
async fn e07_the_reason_of_every_part_is_kept_for_operators_and_the_client_sees_the_merged_one() {
    let caller = Caller { scopes: vec!["b"], ..Caller::default() };
    let denial = denial(
        all((
            role("admin"),
            scope("a").unwrap(),
            policy_fn(|_: &Caller, (): &()| {
                Decision::unavailable().with_source("no route to engine")
            }),
        )),
        &caller,
    )
    .await;
    assert_eq!(denial.cause(), Cause::Forbidden);
    let reasons: Vec<String> = denial.reasons().map(ToString::to_string).collect();
    // The scope cannot conceal and the decision was settled, so it was not evaluated.
    assert_eq!(reasons, ["role `admin`: forbidden", "unavailable (no route to engine)"]);
    assert_eq!(denial.to_string(), "forbidden");
    let parts: Vec<_> = denial.reasons().map(|reason| (reason.part(), reason.cause())).collect();
    assert_eq!(parts, [("role `admin`", Cause::Forbidden), ("", Cause::Unavailable)]);

    let denial = any((role("admin"), scope("a").unwrap())).check(&caller, &()).await.unwrap_err();
    let reasons: Vec<String> = denial.reasons().map(ToString::to_string).collect();
    assert_eq!(reasons, ["role `admin`: forbidden", "scope `a`: insufficient_scope"]);

    let decision =
        any((role("admin"), scope("a").unwrap())).decide_now(Some(&caller), &()).unwrap();
    let why = decision.reason().expect("refused");
    assert_eq!(why.parts().map(ToString::to_string).collect::<Vec<_>>(), reasons);
    let printed = format!("{why:?}");
    assert!(
        printed.contains(&reasons.join("; ")) && printed.contains("concealed: false"),
        "{printed}"
    );
}

#[tokio::test]
async fn e07_granted_scopes_are_named_with_the_missing_ones_but_not_those_under_not() {
    let caller = Caller { scopes: vec!["b", "d", "x"], ..Caller::default() };
    let policy = all((
        scope("c").unwrap(),
        scope("b").unwrap(),
        any((scope("a").unwrap(), scope("d").unwrap())),
        not(all((scope("x").unwrap(), scope("y").unwrap()))),
        BoxPolicy::new(scope("d").unwrap()),
    ));
    let denial = denial(policy, &caller).await;
    assert_eq!(denial.requirement().unwrap().scope().unwrap(), "b c d");
}

#[tokio::test]
async fn e07_scopes_are_not_named_where_another_authentication_alone_is_missing() {
    let caller = Caller { scopes: vec!["b"], ..Caller::default() };
    let refused = denial(all((scope("b").unwrap(), acr(["mfa"]).unwrap())), &caller).await;
    assert_eq!(refused.requirement().unwrap().scope(), None);
    let refused =
        denial(all((scope("b").unwrap(), scope("c").unwrap(), acr(["mfa"]).unwrap())), &caller)
            .await;
    assert_eq!(refused.requirement().unwrap().scope().unwrap(), "b c");
}

#[tokio::test]
async fn e08_a_decision_with_an_error_beside_it_is_undecided() {
    let caller = Caller::default();
    let engine = |errors: &'static [&'static str]| {
        policy_fn(move |_: &Caller, (): &()| {
            Decision::permit_if(true).unless_errors(errors.iter().copied())
        })
    };
    assert!(engine(&[]).check(&caller, &()).await.is_ok());
    let refused = denial(engine(&["rule 7 failed"]), &caller).await;
    assert_eq!(refused.cause(), Cause::Unavailable);
    let refused = denial(not(engine(&["rule 7 failed"])), &caller).await;
    assert_eq!(refused.cause(), Cause::Unavailable);
    assert_eq!(refused.reasons().next().unwrap().to_string(), "unavailable (rule 7 failed)");
}

#[test]
fn e08_an_error_beside_a_concealed_decision_does_not_reveal_it() {
    let hidden = Decision::forbidden().concealed().unless_errors(["rule 7 failed"]);
    assert_eq!((truth(&hidden), rendered(&hidden)), (Truth::U, Rendered::Concealed));
    assert_eq!(hidden.reason().unwrap().cause(), Cause::Unavailable);
}

#[tokio::test]
async fn e01_a_part_that_panics_is_undecided_and_does_not_stop_a_permit() {
    quietly();
    let broken = || policy_fn(|_: &Caller, (): &()| std::panic::panic_any(()));
    let late = || {
        async_policy_fn(|_: &Caller, (): &()| async {
            tokio::task::yield_now().await;
            std::panic::panic_any(())
        })
    };
    let caller = Caller { roles: vec!["admin"], ..Caller::default() };
    assert_eq!(denial(broken(), &caller).await.cause(), Cause::InternalError);
    assert_eq!(denial(late(), &caller).await.cause(), Cause::InternalError);
    assert_eq!(denial(not(late()), &caller).await.cause(), Cause::InternalError);
    assert_eq!(denial(all((role("admin"), late())), &caller).await.cause(), Cause::InternalError);
    assert!(any((broken(), late(), role("admin"))).check(&caller, &()).await.is_ok());
}

#[tokio::test]
async fn e09_parts_that_wait_decide_as_those_that_do_not() {
    fn later(decision: Decision) -> impl Policy<Caller, ()> {
        async_policy_fn(move |_: &Caller, (): &()| {
            let decision = decision.clone();
            async move {
                tokio::task::yield_now().await;
                decision
            }
        })
    }
    let caller = Caller { roles: vec!["admin"], ..Caller::default() };
    assert!(all((later(Decision::Permit), role("admin"))).check(&caller, &()).await.is_ok());
    let refused = denial(all((role("admin"), later(Decision::forbidden()))), &caller).await;
    assert_eq!(refused.cause(), Cause::Forbidden);
    let listed = all(vec![
        BoxPolicy::new(later(Decision::Permit)),
        BoxPolicy::new(conceal(later(Decision::forbidden()))),
    ]);
    assert!(denial(listed, &caller).await.is_concealed());
    let permitted = conceal_unless(later(Decision::forbidden()), later(Decision::Permit));
    assert!(permitted.check(&caller, &()).await.is_ok());
    let hidden = conceal_unless(later(Decision::forbidden()), later(Decision::forbidden()));
    assert!(denial(hidden, &caller).await.is_concealed());
    let seen = conceal_unless(later(Decision::Permit), later(Decision::forbidden()));
    assert!(!denial(seen, &caller).await.is_concealed());
    // An anonymous caller, and a part that waits.
    let refused = all((later(Decision::Permit), anyone())).check(None, &()).await.unwrap_err();
    assert_eq!(refused.cause(), Cause::IdentityNeeded);
    let refused = conceal(not(later(Decision::Permit))).check(None, &()).await.unwrap_err();
    assert!(refused.is_concealed());
}

#[tokio::test]
async fn c01_leaves_that_need_a_principal_ask_anonymous_callers_to_authenticate() {
    async fn anonymous(policy: impl Policy<Caller, ()>) -> Option<Cause> {
        policy.check(None, &()).await.err().map(|denial| denial.cause())
    }
    let needed = Some(Cause::IdentityNeeded);
    assert_eq!(anonymous(role("admin")).await, needed);
    assert_eq!(anonymous(scope("a").unwrap()).await, needed);
    assert_eq!(anonymous(acr(["mfa"]).unwrap()).await, needed);
    assert_eq!(anonymous(max_age(Duration::from_secs(1))).await, needed);
    assert_eq!(anonymous(authenticated()).await, needed);
    assert_eq!(anonymous(policy_fn(|_: &Caller, (): &()| Decision::Permit)).await, needed);
    assert_eq!(anonymous(anyone()).await, None);
    assert_eq!(anonymous(resource_fn(|(): &()| Decision::Permit)).await, None);
    assert_eq!(anonymous(any((role("admin"), anyone()))).await, None);
    let boxed: BoxPolicy<Caller, ()> = BoxPolicy::new(anyone());
    assert_eq!(anonymous(boxed).await, None);
}

/// What the challenges name for an anonymous caller.
async fn named(policy: impl Policy<Caller, ()>) -> (Option<String>, Option<String>, Option<u64>) {
    let denial = policy.check(None, &()).await.expect_err("anonymous");
    assert_eq!(denial.cause(), Cause::IdentityNeeded);
    let Some(terms) = denial.requirement() else { return (None, None, None) };
    (terms.scope(), terms.acr_values(), terms.max_age_seconds())
}

#[tokio::test]
async fn c01_a_policy_names_what_an_anonymous_caller_will_need() {
    let scope = |name| scope(name).unwrap();
    let text = |text: &str| Some(text.to_owned());
    let none = (None, None, None);
    assert_eq!(named(scope("b")).await, (text("b"), None, None));
    assert_eq!(named(all((scope("b"), role("admin"), scope("a")))).await.0, text("a b"));
    assert_eq!(named(any((role("admin"), scope("a")))).await.0, text("a"));
    assert_eq!(named(any((authenticated(), scope("a")))).await, none);
    assert_eq!(named(all((authenticated(), scope("a")))).await.0, text("a"));
    assert_eq!(named(all((scope("a"), not(scope("banned"))))).await.0, text("a"));
    assert_eq!(named(role("admin")).await, none);
    assert_eq!(named(authenticated()).await, none);
    let listed = vec![BoxPolicy::new(scope("a")), BoxPolicy::new(scope("b").named("b"))];
    assert_eq!(named(all(listed)).await.0, text("a b"));
    // Closures look at no scopes; a policy by hand does not say whether it does.
    let closure = policy_fn(|_: &Caller, (): &()| Decision::Permit);
    assert_eq!(named(all((scope("a"), closure))).await.0, text("a"));
    let waiting = async_policy_fn(|_: &Caller, (): &()| async { Decision::Permit });
    assert_eq!(named(all((scope("a"), waiting))).await.0, text("a"));
    let resource = resource_fn(|(): &()| Decision::identity_needed());
    assert_eq!(named(all((scope("a"), resource))).await.0, text("a"));
    struct ByHand;
    impl Policy<Caller, ()> for ByHand {
        async fn decide(&self, _: &Caller, (): &()) -> Decision {
            Decision::Permit
        }
    }
    assert_eq!(named(all((scope("a"), ByHand))).await, none);
    assert_eq!(named(any((scope("a"), ByHand))).await.0, text("a"));
    // RFC 9470 §3: the client may ask for the right authentication at once.
    let step_up = all((scope("a"), acr(["mfa"]).unwrap(), max_age(Duration::from_secs(300))));
    assert_eq!(named(step_up).await, (text("a"), text("mfa"), Some(300)));
    let refused = conceal(scope("a")).check(None::<&Caller>, &()).await.unwrap_err();
    assert!(refused.is_concealed());
}

#[tokio::test]
async fn c11_several_policies_about_a_loaded_object_decide_as_one() {
    struct Repo {
        public: bool,
    }
    let public = || resource_fn(|repo: &Repo| Decision::permit_if(repo.public));
    let can_read = any((public(), all((authenticated(), not(role("banned"))))));
    let caller = |role| Caller { roles: vec![role], ..Caller::default() };
    let (open, closed) = (Repo { public: true }, Repo { public: false });
    assert!(can_read.check(None::<&Caller>, &open).await.is_ok());
    assert!(can_read.check(&caller("banned"), &open).await.is_ok());
    assert!(can_read.check(&caller("member"), &closed).await.is_ok());
    let cause = can_read.check(None::<&Caller>, &closed).await.unwrap_err().cause();
    assert_eq!(cause, Cause::IdentityNeeded);
    let cause = can_read.check(&caller("banned"), &closed).await.unwrap_err().cause();
    assert_eq!(cause, Cause::Forbidden);
}

#[tokio::test]
async fn c04_step_up_asks_how_and_when_the_caller_was_authenticated() {
    let now = std::time::SystemTime::now();
    let ago = |seconds| Some(now - Duration::from_secs(seconds));
    let policy = || all((acr(["mfa", "hwk"]).unwrap(), max_age(Duration::from_secs(300))));
    let fresh = Caller { acr: Some("hwk"), at: ago(100), ..Caller::default() };
    assert!(policy().check(&fresh, &()).await.is_ok());
    let ahead = Caller { at: Some(now + Duration::from_secs(60)), ..fresh };
    assert!(policy().check(&ahead, &()).await.is_ok(), "clocks differ");

    let old = Caller { acr: Some("mfa"), at: ago(400), ..Caller::default() };
    let terms = denial(policy(), &old).await.requirement().unwrap().clone();
    assert_eq!((terms.acr_values(), terms.max_age_seconds()), (None, Some(300)));
    let weak = Caller { acr: Some("pwd"), at: ago(1), ..Caller::default() };
    let terms = denial(policy(), &weak).await.requirement().unwrap().clone();
    assert_eq!((terms.acr_values().unwrap(), terms.max_age_seconds()), ("mfa hwk".into(), None));
    let terms = denial(policy(), &Caller::default()).await.requirement().unwrap().clone();
    assert_eq!(
        (terms.acr_values().unwrap(), terms.max_age_seconds()),
        ("mfa hwk".into(), Some(300))
    );
}

#[test]
fn a14_a_text_that_is_not_a_scope_or_acr_is_an_error_when_the_policy_is_built() {
    for text in ["", "two words", "a\"b", "a\\b", "\u{fc}", "a\nb"] {
        assert!(scope(text).is_err(), "{text:?}");
        assert!(acr(["mfa", text]).is_err(), "{text:?}");
        let message = scope(text).unwrap_err().to_string();
        assert!(message.contains("RFC 6749"), "{message}");
    }
    assert!(scope("two words").is_err());
    assert!(acr(["two words"]).is_err());
}
