//! Closures as policies.

use std::future::{Future, ready};
use std::marker::PhantomData;

use super::decision::Terms;
use super::internal::{Internal, decide_without_waiting};
use super::{Decision, GrantedScopes, Policy};
use crate::debug::opaque_debug;

/// A policy made of a closure that does not wait; made by [`policy_fn`].
pub struct PolicyFn<P, R: ?Sized, F> {
    decide: F,
    about: PhantomData<fn(&P, &R)>,
}

/// Decides with a closure that does not wait. Anonymous callers are asked to log in.
///
/// The closure returns a [`Decision`]; [`Decision::permit_if`] makes one of a `bool`. Events print
/// the refusal under a name if the policy [has one](Policy::named).
///
/// ```
/// use portcullis::{Decision, policy_fn};
///
/// struct User { id: u32 }
/// struct Repo { owner: u32 }
///
/// let owner = policy_fn(|user: &User, repo: &Repo| Decision::permit_if(repo.owner == user.id))
///     .named("owner");
/// ```
pub fn policy_fn<P, R, F>(decide: F) -> PolicyFn<P, R, F>
where
    R: ?Sized,
    // The compiler prints the next line when the closure returns a future.
    F: Fn(&P, &R) -> Decision + Send + Sync, // a closure that waits: `async_policy_fn`
{
    PolicyFn { decide, about: PhantomData }
}

impl<P, R: ?Sized, F: Fn(&P, &R) -> Decision> PolicyFn<P, R, F> {
    fn evaluate(&self, caller: Option<&P>, resource: &R) -> Decision {
        match caller {
            Some(principal) => (self.decide)(principal, resource),
            None => Decision::identity_needed_with(Terms::Nothing),
        }
    }
}

impl<P, R, F> Policy<P, R> for PolicyFn<P, R, F>
where
    P: Sync,
    R: ?Sized + Sync,
    F: Fn(&P, &R) -> Decision + Send + Sync,
{
    decide_without_waiting!(P, R);

    fn granted_scopes(&self, _: &P, _: &mut GrantedScopes) {}
}

/// A policy made of a closure that returns a future; made by [`async_policy_fn`].
pub struct AsyncPolicyFn<P, R: ?Sized, F> {
    decide: F,
    about: PhantomData<fn(&P, &R)>,
}

/// Decides with a closure that returns a future. Anonymous callers are asked to log in.
///
/// The future cannot borrow the principal or the resource: clone what it needs, then `async move`.
///
/// ```
/// use portcullis::{Decision, async_policy_fn};
///
/// # async fn ask_engine(user: String, note: u32) -> Result<bool, std::io::Error> { Ok(true) }
/// struct User { name: String }
/// struct Note { id: u32 }
///
/// let can_read = async_policy_fn(|user: &User, note: &Note| {
///     let (user, note) = (user.name.clone(), note.id);
///     async move {
///         match ask_engine(user, note).await {
///             Ok(allowed) => Decision::permit_if(allowed),
///             Err(error) => Decision::unavailable().with_source(error),
///         }
///     }
/// });
/// ```
///
/// An `async |user, note|` closure does not compile here ("one type is more general than the
/// other"): stable Rust has no bound that says that the future of such a closure is `Send`. For a
/// future that borrows, implement [`Policy`], whose `decide` may be an `async fn`.
pub fn async_policy_fn<P, R, F, Fut>(decide: F) -> AsyncPolicyFn<P, R, F>
where
    R: ?Sized,
    // The compiler prints the next line when `Fut` borrows.
    F: Fn(&P, &R) -> Fut + Send + Sync, // no `async |…|`: clone, then `async move`
    Fut: Future<Output = Decision> + Send,
{
    AsyncPolicyFn { decide, about: PhantomData }
}

impl<P, R, F, Fut> Policy<P, R> for AsyncPolicyFn<P, R, F>
where
    P: Sync,
    R: ?Sized + Sync,
    F: Fn(&P, &R) -> Fut + Send + Sync,
    Fut: Future<Output = Decision> + Send,
{
    fn decide(&self, principal: &P, resource: &R) -> impl Future<Output = Decision> + Send {
        (self.decide)(principal, resource)
    }

    fn decide_anonymous(&self, _: &R) -> impl Future<Output = Decision> + Send {
        ready(Decision::identity_needed_with(Terms::Nothing))
    }

    fn granted_scopes(&self, _: &P, _: &mut GrantedScopes) {}
}

/// A policy made of a closure about the resource alone; made by [`resource_fn`].
pub struct ResourceFn<R: ?Sized, F> {
    decide: F,
    about: PhantomData<fn(&R)>,
}

/// Decides by the resource alone, so for anonymous callers as well.
///
/// ```
/// use portcullis::policy::any;
/// use portcullis::{Decision, policy_fn, resource_fn};
///
/// struct User { id: u32 }
/// struct Repo { owner: u32, public: bool }
///
/// let public = resource_fn(|repo: &Repo| Decision::permit_if(repo.public));
/// let owns = policy_fn(|user: &User, repo: &Repo| Decision::permit_if(repo.owner == user.id));
/// let can_read = any((public, owns));
/// ```
pub fn resource_fn<R, F>(decide: F) -> ResourceFn<R, F>
where
    R: ?Sized,
    F: Fn(&R) -> Decision + Send + Sync,
{
    ResourceFn { decide, about: PhantomData }
}

impl<R: ?Sized, F: Fn(&R) -> Decision> ResourceFn<R, F> {
    fn evaluate<P>(&self, _: Option<&P>, resource: &R) -> Decision {
        (self.decide)(resource).without_unknown_terms()
    }
}

impl<P, R, F> Policy<P, R> for ResourceFn<R, F>
where
    P: Sync,
    R: ?Sized + Sync,
    F: Fn(&R) -> Decision + Send + Sync,
{
    decide_without_waiting!(P, R);

    fn granted_scopes(&self, _: &P, _: &mut GrantedScopes) {}
}

opaque_debug!(PolicyFn<P, R: ?Sized, F>, AsyncPolicyFn<P, R: ?Sized, F>, ResourceFn<R: ?Sized, F>);
