//! Compositions as trees: what a tree is as a policy, and what of a decision is rendered.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use portcullis::policy::{all, any, not};
use portcullis::{
    BoxPolicy, Cause, Decision, Policy, Requirement, conceal, conceal_unless, policy_fn,
    resource_fn,
};

use crate::model::Truth;

#[derive(Clone, Debug)]
pub enum Leaf {
    Permit,
    Forbidden,
    Identity(Needed),
    Unavailable,
    InternalError,
    Insufficient(BTreeSet<u8>, Option<Vec<u8>>, Option<u8>),
}

/// What a leaf says that an anonymous caller needs once it is authenticated.
#[derive(Clone, Debug)]
pub enum Needed {
    Nothing,
    Unknown,
    Terms(BTreeSet<u8>, Option<Vec<u8>>, Option<u8>),
}

#[derive(Clone, Debug)]
pub enum Tree {
    Leaf(Leaf),
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Not(Box<Tree>),
    Conceal(Box<Tree>),
    ConcealExceptOutages(Box<Tree>),
    ConcealUnless(Box<Tree>, Box<Tree>),
}

pub type Rule = BoxPolicy<(), ()>;

pub fn name(prefix: char, number: u8) -> String {
    format!("{prefix}{number}")
}

fn requirement(scopes: &BTreeSet<u8>, values: &Option<Vec<u8>>, age: Option<u8>) -> Requirement {
    let mut terms = Requirement::scopes(scopes.iter().map(|it| name('s', *it))).unwrap();
    if let Some(values) = values {
        terms = terms.and(&Requirement::acr(values.iter().map(|it| name('a', *it))).unwrap());
    }
    match age {
        Some(age) => terms.and_max_age(Duration::from_secs(age.into())),
        None => terms,
    }
}

pub fn leaf(leaf: Leaf) -> Rule {
    let decision = match leaf {
        Leaf::Permit => Decision::Permit,
        Leaf::Forbidden => Decision::forbidden(),
        Leaf::Identity(Needed::Terms(scopes, values, age)) => {
            Decision::identity_needed_for(requirement(&scopes, &values, age))
        }
        // A closure about the resource looks at no scopes.
        Leaf::Identity(Needed::Nothing) => Decision::identity_needed(),
        Leaf::Identity(Needed::Unknown) => {
            return BoxPolicy::new(policy_fn(|(): &(), (): &()| Decision::identity_needed()));
        }
        Leaf::Unavailable => Decision::unavailable(),
        Leaf::Insufficient(scopes, values, age) => {
            Decision::insufficient(requirement(&scopes, &values, age))
        }
        Leaf::InternalError => {
            return BoxPolicy::new(resource_fn(|(): &()| std::panic::panic_any(())));
        }
    };
    BoxPolicy::new(resource_fn(move |(): &()| decision.clone()))
}

/// A policy that waits once before it decides as its part does.
struct Waiting(Rule);

impl Policy<(), ()> for Waiting {
    async fn decide(&self, (): &(), (): &()) -> Decision {
        tokio::task::yield_now().await;
        self.0.decide(&(), &()).await
    }
}

pub fn waiting_leaf(it: Leaf) -> Rule {
    BoxPolicy::new(Waiting(leaf(it)))
}

impl Tree {
    pub fn policy(&self) -> Rule {
        self.policy_of(leaf)
    }

    pub fn policy_of(&self, leaf: fn(Leaf) -> Rule) -> Rule {
        let list = |parts: &[Self]| parts.iter().map(|it| it.policy_of(leaf)).collect::<Vec<_>>();
        match self {
            Self::Leaf(it) => leaf(it.clone()),
            Self::All(parts) => BoxPolicy::new(all(list(parts))),
            Self::Any(parts) => BoxPolicy::new(any(list(parts))),
            Self::Not(part) => BoxPolicy::new(not(part.policy_of(leaf))),
            Self::Conceal(part) => BoxPolicy::new(conceal(part.policy_of(leaf))),
            Self::ConcealExceptOutages(part) => {
                BoxPolicy::new(conceal(part.policy_of(leaf)).except_outages())
            }
            Self::ConcealUnless(see, part) => {
                BoxPolicy::new(conceal_unless(see.policy_of(leaf), part.policy_of(leaf)))
            }
        }
    }
}

// ==== rendering ====

/// Truth, and what is rendered: nothing, a concealed 404, or a reason with its terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rendered {
    Permit,
    Concealed,
    Refused(Cause, Option<String>, Option<String>, Option<u64>),
}

pub fn rendered(decision: &Decision) -> Rendered {
    let Some(why) = decision.reason() else { return Rendered::Permit };
    if why.is_concealed() {
        return Rendered::Concealed;
    }
    let terms = why.requirement();
    Rendered::Refused(
        why.cause(),
        terms.and_then(Requirement::scope),
        terms.and_then(Requirement::acr_values),
        terms.and_then(Requirement::max_age_seconds),
    )
}

pub fn truth(decision: &Decision) -> Truth {
    match decision {
        Decision::Permit => Truth::T,
        Decision::Undecided(_) => Truth::U,
        Decision::Deny(_) => Truth::F,
    }
}

/// Decides without waiting.
pub fn decide(policy: &Rule) -> Decision {
    let decision = all((policy.clone(),)).decide_now(Some(&()), &());
    decision.expect("these leaves do not wait")
}

/// Decides by the future of the policy.
pub fn decide_waiting(policy: &Rule) -> Decision {
    let policy = all((policy.clone(),));
    let mut future = pin!(policy.decide(&(), &()));
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(decision) = future.as_mut().poll(&mut cx) {
            return decision;
        }
    }
}
