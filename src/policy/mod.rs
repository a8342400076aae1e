//! What may a caller do?
//!
//! A [`Policy`] decides whether a principal may access a resource. In a layer the resource is the
//! request head (`R = Parts`), in a handler the object that it loaded (`R = Repo`).
//!
//! | to write | use |
//! |---|---|
//! | a rule | [`role`], [`scope`], [`acr`], [`max_age`], [`policy_fn`], [`resource_fn`], [`async_policy_fn`] |
//! | a rule as a type of your own | `impl` [`Policy`]: `decide` is enough |
//! | several rules as one | [`all`], [`any`], [`not`]; a combinator of your own: [`combine`] |
//! | a refusal that hides the resource | [`conceal`], [`conceal_unless`] |
//! | a name for the operators | [`named`](Policy::named) |

use std::borrow::Cow;
use std::future::{Future, ready};

use http::request::Parts;

use crate::denial::Denial;
pub use crate::denial::{GrantedScopes, InvalidScopeToken, PartialReason};
use internal::Internal;

// `evaluate` asks a policy and makes a denial of its decision, with all scopes that are needed (C03).
// `algebra` merges decisions, `sequence` evaluates the parts of `compose` and `combine`, `internal`
// writes the methods of this crate's policies.
mod algebra;
mod anyone;
mod boxed;
mod combine;
mod compose;
mod decision;
mod evaluate;
mod func;
mod internal;
mod named;
mod role;
mod scope;
mod sequence;
mod step_up;

pub use anyone::{Anyone, Authenticated, anyone, authenticated};
pub use boxed::BoxPolicy;
pub use combine::{Combine, combine};
pub use compose::{All, Any, Conceal, ConcealUnless, Not, all, any, conceal, conceal_unless, not};
pub use decision::{Decision, DenyReason};
pub use func::{AsyncPolicyFn, PolicyFn, ResourceFn, async_policy_fn, policy_fn, resource_fn};
pub use named::Named;
pub use role::{HasRoles, Role, role};
pub use scope::{HasScopes, Scope, scope};
pub use sequence::PolicySequence;
pub use step_up::{Acr, HasAuthentication, MaxAge, acr, max_age};

pub(crate) use evaluate::{
    check_now, evaluate, evaluate_now, evaluate_waiting, into_result, timed_out,
};

/// Decides whether a principal may access a resource.
///
/// It may be evaluated more than once for one request, so it must be free of side effects: do not
/// consume a quota here. The last decision counts.
///
/// A rule needs `decide` alone, and forgetting another method is safe: anonymous callers are
/// refused, a challenge omits `scope=` rather than naming too few. Make a policy about other policies
/// with [`all`](all()), [`any`](any()), [`combine`] and the like, which hand on everything that
/// their parts say, instead of implementing this trait around them.
///
/// ```
/// use portcullis::{Decision, Policy};
///
/// struct User { id: u32 }
/// struct Repo { owner: u32, public: bool }
///
/// struct CanRead;
///
/// impl Policy<User, Repo> for CanRead {
///     async fn decide(&self, user: &User, repo: &Repo) -> Decision {
///         Decision::permit_if(repo.public || repo.owner == user.id)
///     }
///
///     // Anonymous callers are asked to log in unless a policy says otherwise.
///     async fn decide_anonymous(&self, repo: &Repo) -> Decision {
///         if repo.public { Decision::Permit } else { Decision::identity_needed() }
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not decide whether a `{P}` may access a `{R}`",
    label = "not a policy for this principal and this resource",
    note = "`role(…)` needs a principal that is `HasRoles`, `scope(…)` one that is `HasScopes`, \
            `acr(…)` and `max_age(…)` one that is `HasAuthentication`",
    note = "`scope(…)` and `acr(…)` return a `Result`: add `?`",
    note = "a closure is wrapped in `policy_fn(|principal: &P, resource: &R| …)`; in a layer the \
            resource is `http::request::Parts`",
    note = "`all` and `any` take a tuple of up to eight policies, or a `Vec<BoxPolicy<P, R>>`"
)]
pub trait Policy<P, R: ?Sized = Parts>: Send + Sync {
    /// Whether this principal may access this resource.
    fn decide(&self, principal: &P, resource: &R) -> impl Future<Output = Decision> + Send;

    /// Whether an anonymous caller may access it. By default the caller is asked to authenticate
    /// ([C01](crate::semantics#c01)), and the challenge names no scopes: those of other parts might not
    /// be all. [`Decision::identity_needed_for`] says what the caller needs.
    fn decide_anonymous(&self, resource: &R) -> impl Future<Output = Decision> + Send {
        let _ = resource;
        ready(Decision::identity_needed())
    }

    /// Adds the scopes that the policy asks for and the principal has, so that the challenge of a
    /// refusal for want of scopes can name all that are needed ([C03](crate::semantics#c03)). Called
    /// for such a refusal only.
    ///
    /// By default the list is [incomplete](GrantedScopes::mark_incomplete), and the challenge omits
    /// `scope=`: a client requests a new token with the listed scopes, and would lose those that are
    /// not listed. A policy that asks for no scopes overrides this with an empty body.
    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
        let _ = principal;
        granted.mark_incomplete();
    }

    /// Whether a decision of this policy may be concealed. Once [`all`](all()) is sure to refuse, it
    /// skips parts that cannot conceal ([E06](crate::semantics#e06)). `true`, the default, is always
    /// right.
    fn can_conceal(&self) -> bool {
        true
    }

    /// The decision when a time limit passes while the policy waits: unavailable
    /// ([A19](crate::semantics#a19)). Called once, when a layer with a time limit is built.
    ///
    /// [`conceal`](conceal()) conceals this decision like any other. Override this in a rule that
    /// conceals its refusals itself, and in a policy of your own around another one: otherwise existing
    /// resources get 503 while missing ones get 404.
    fn timed_out(&self) -> Decision {
        Decision::unavailable()
    }

    /// The decision without waiting, if the policy can make it. It cannot be implemented outside of
    /// this crate, whose policies derive it and the methods above from one function, so that they
    /// agree.
    #[doc(hidden)]
    fn decide_without_waiting(
        &self,
        caller: Option<&P>,
        resource: &R,
        _: Internal,
    ) -> Option<Decision> {
        let _ = (caller, resource);
        None
    }

    /// The decision about a principal, or about an anonymous caller (`None`), if it can be made
    /// without waiting. No layer and no composition calls this method: overriding it has no effect
    /// on them.
    #[must_use = "a decision protects nothing until it is returned or checked"]
    fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision> {
        evaluate_now(self, principal, resource)
    }

    /// Names the policy for the operators: events print the reasons of its refusals as
    /// `owner: forbidden` ([E07](crate::semantics#e07)). Clients do not see the name.
    ///
    /// ```
    /// use portcullis::policy::all;
    /// use portcullis::{Decision, Policy, policy_fn, role};
    ///
    /// struct User { id: u32 }
    /// struct Repo { owner: u32 }
    ///
    /// let owner = policy_fn(|user: &User, repo: &Repo| Decision::permit_if(repo.owner == user.id));
    /// let owner = owner.named("owner");
    /// let decision = owner.decide_now(Some(&User { id: 1 }), &Repo { owner: 2 }).unwrap();
    /// let reasons: Vec<_> = decision.reason().unwrap().parts().map(ToString::to_string).collect();
    /// assert_eq!(reasons, ["owner: forbidden"]);
    /// ```
    ///
    /// For a policy of your own about several principal types the compiler asks which one is meant:
    /// `Policy::<User>::named(policy, "region")`.
    fn named<'a>(self, name: impl Into<Cow<'a, str>>) -> Named<Self>
    where
        Self: Sized,
    {
        Named::new(self, name.into())
    }

    /// Checks the object that a handler loaded, as `policy.check(&user, &repo).await?`.
    ///
    /// The caller is a `&P`, or an `Option<&P>` where it may be anonymous. A policy that panics is
    /// an internal error, as in a layer.
    ///
    /// # Errors
    ///
    /// The [`Denial`]; return it from the handler, and it is rendered as that of a stage
    /// ([C12](crate::semantics#c12)).
    ///
    /// ```
    /// use portcullis::{Decision, Denial, Policy, conceal, policy_fn};
    ///
    /// struct User { id: u32 }
    /// struct Repo { owner: u32 }
    ///
    /// async fn show(user: User, repo: Repo) -> Result<String, Denial> {
    ///     let can_read =
    ///         policy_fn(|user: &User, repo: &Repo| Decision::permit_if(repo.owner == user.id));
    ///     conceal(can_read).check(&user, &repo).await?;
    ///     Ok("the repository".to_owned())
    /// }
    /// ```
    fn check<'a, C>(
        &'a self,
        caller: C,
        resource: &'a R,
    ) -> impl Future<Output = Result<(), Denial>> + Send
    where
        C: AsPrincipal<'a, P>,
        P: Sync + 'a,
        R: Sync,
        Self: Sized,
    {
        let caller = caller.principal();
        async move {
            let decision = evaluate(self, caller, resource).await;
            into_result(self, caller, decision)
        }
    }
}

/// The caller as [`Policy::check`] takes it: a principal, or an option of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a caller for a policy about `{P}`",
    note = "give a `&{P}`, or an `Option<&{P}>` where the caller may be anonymous",
    note = "of a `Principal<{P}>` that is `&*principal`, of an `Option<Principal<{P}>>` it is \
            `principal.as_deref()`, and of an `Option<{P}>` it is `user.as_ref()`"
)]
pub trait AsPrincipal<'a, P> {
    /// The principal; `None` if the caller is anonymous.
    fn principal(self) -> Option<&'a P>;
}

impl<'a, P> AsPrincipal<'a, P> for &'a P {
    fn principal(self) -> Option<&'a P> {
        Some(self)
    }
}

impl<'a, P> AsPrincipal<'a, P> for Option<&'a P> {
    fn principal(self) -> Option<&'a P> {
        self
    }
}

impl<P, R: ?Sized, A: Policy<P, R>> Policy<P, R> for std::sync::Arc<A> {
    fn decide(&self, principal: &P, resource: &R) -> impl Future<Output = Decision> + Send {
        A::decide(self, principal, resource)
    }

    fn decide_anonymous(&self, resource: &R) -> impl Future<Output = Decision> + Send {
        A::decide_anonymous(self, resource)
    }

    fn decide_without_waiting(
        &self,
        caller: Option<&P>,
        resource: &R,
        token: Internal,
    ) -> Option<Decision> {
        A::decide_without_waiting(self, caller, resource, token)
    }

    fn timed_out(&self) -> Decision {
        A::timed_out(self)
    }

    fn can_conceal(&self) -> bool {
        A::can_conceal(self)
    }

    fn granted_scopes(&self, principal: &P, granted: &mut GrantedScopes) {
        A::granted_scopes(self, principal, granted);
    }
}
