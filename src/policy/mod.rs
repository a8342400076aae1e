//! May they?
//!
//! A [`Policy`] decides whether a principal may have a resource. The layer asks about the
//! request (`R = Parts`), a handler about the object that it loaded (`R = Repo`); both ask the
//! same trait. PolicySequence compose: [`all`], [`any`], [`not`], [`conceal`], [`conceal_unless`].

use std::future::{Future, ready};

use http::request::Parts;

use crate::denial::{Denial, GrantedScopes};

mod algebra;
mod anyone;
mod boxed;
mod compose;
mod decision;
mod evaluate;
mod func;
mod role;
mod scope;
mod sequence;
mod step_up;

pub use anyone::{Anyone, Authenticated, anyone, authenticated};
pub use boxed::BoxPolicy;
pub use compose::{All, Any, Conceal, ConcealUnless, Not, all, any, conceal, conceal_unless, not};
pub use decision::{Decision, DenyReason};
pub use func::{AsyncPolicyFn, PolicyFn, ResourceFn, async_policy_fn, policy_fn, resource_fn};
pub use role::{HasRoles, Role, role};
pub use scope::{HasScopes, Scope, scope};
pub use sequence::PolicySequence;
pub use step_up::{Acr, HasAuthentication, MaxAge, acr, max_age};

pub(crate) use evaluate::{
    check_now, evaluate, evaluate_now, evaluate_waiting, into_result, timed_out,
};

/// Decides whether a principal may have a resource.
///
/// It may be asked more than once about one request, and the last answer counts: what decides
/// must not spend anything.
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
    message = "`{Self}` does not decide whether a `{P}` may have a `{R}`",
    label = "not a policy for this principal and this resource",
    note = "`role(…)` needs a principal that is `HasRoles`, `scope(…)` one that is `HasScopes`, \
            `acr(…)` and `max_age(…)` one that is `HasAuthentication`",
    note = "a closure is wrapped in `policy_fn(|principal: &P, resource: &R| …)`; in a layer the \
            resource is `http::request::Parts`",
    note = "`all` and `any` take a tuple of up to eight policies, or a `Vec<BoxPolicy<P, R>>`"
)]
pub trait Policy<P, R: ?Sized = Parts>: Send + Sync {
    /// May this principal have this resource?
    fn decide(&self, principal: &P, resource: &R) -> impl Future<Output = Decision> + Send;

    /// May somebody unknown have it? Unless overridden: not before they say who they are (C01).
    fn decide_anonymous(&self, resource: &R) -> impl Future<Output = Decision> + Send {
        let _ = resource;
        ready(Decision::identity_needed())
    }

    /// The decision about a principal, or about somebody unknown, if it can be made without
    /// waiting; then no future is built for it. `None` asks the methods above instead.
    fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision> {
        let _ = (principal, resource);
        None
    }

    /// The decision once nobody waits for it any longer (A19): unavailable. Combinators that hide
    /// outages hide this one as well. Asked once, when a layer with a time limit is built.
    fn timed_out(&self) -> Decision {
        Decision::unavailable()
    }

    /// Whether it may ever answer with a concealed decision. `all` skips parts that cannot once
    /// the answer is settled but for concealment (E06). `true` is always right.
    fn can_conceal(&self) -> bool {
        true
    }

    /// Adds the scopes that it asks for and the principal holds. Asked only once a request is
    /// refused for want of scopes, so that the challenge can list all of them (C03). Combinators
    /// of your own hand it on to their parts.
    fn granted_scopes(&self, principal: &P, held: &mut GrantedScopes) {
        let _ = (principal, held);
    }

    /// Asks in a handler, about the object it loaded, as `policy.check(&user, &repo).await?`.
    ///
    /// The caller is a `&P`, or an `Option<&P>` where somebody unknown may ask. A policy that
    /// panics is a fault, as in a layer.
    ///
    /// # Errors
    ///
    /// The [`Denial`] that refuses; return it, and it is rendered as a stage's would be (C12).
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

/// Whoever asks: a principal, or perhaps nobody.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a caller for a policy about `{P}`",
    note = "give a `&{P}`, or an `Option<&{P}>` where the caller may be anonymous",
    note = "of a `Principal<{P}>` that is `&*principal`, of an `Option<Principal<{P}>>` it is \
            `principal.as_deref()`, and of an `Option<{P}>` it is `user.as_ref()`"
)]
pub trait AsPrincipal<'a, P> {
    /// The principal, if one is known.
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

    fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision> {
        A::decide_now(self, principal, resource)
    }

    fn timed_out(&self) -> Decision {
        A::timed_out(self)
    }

    fn can_conceal(&self) -> bool {
        A::can_conceal(self)
    }

    fn granted_scopes(&self, principal: &P, held: &mut GrantedScopes) {
        A::granted_scopes(self, principal, held);
    }
}
