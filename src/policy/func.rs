//! Closures as policies.

use std::future::Future;
use std::marker::PhantomData;

use super::{Decision, Policy};
use crate::debug::opaque_debug;

/// A closure that decides without waiting; made by [`policy_fn`].
pub struct PolicyFn<P, R: ?Sized, F> {
    decide: F,
    about: PhantomData<fn(&P, &R)>,
}

/// Decides with a closure that does not wait. Unknown callers are asked to log in.
///
/// ```
/// use portcullis::{Decision, policy_fn};
///
/// struct User { id: u32 }
/// struct Repo { owner: u32 }
///
/// let owns = policy_fn(|user: &User, repo: &Repo| Decision::permit_if(repo.owner == user.id));
/// ```
pub fn policy_fn<P, R, F>(decide: F) -> PolicyFn<P, R, F>
where
    R: ?Sized,
    F: Fn(&P, &R) -> Decision + Send + Sync,
{
    PolicyFn { decide, about: PhantomData }
}

impl<P, R, F> Policy<P, R> for PolicyFn<P, R, F>
where
    P: Sync,
    R: ?Sized + Sync,
    F: Fn(&P, &R) -> Decision + Send + Sync,
{
    async fn decide(&self, principal: &P, resource: &R) -> Decision {
        (self.decide)(principal, resource)
    }

    fn decide_now(&self, principal: Option<&P>, resource: &R) -> Option<Decision> {
        Some(match principal {
            Some(principal) => (self.decide)(principal, resource),
            None => Decision::identity_needed(),
        })
    }
}

/// A closure that decides and waits; made by [`async_policy_fn`].
pub struct AsyncPolicyFn<P, R: ?Sized, F> {
    decide: F,
    about: PhantomData<fn(&P, &R)>,
}

/// Decides with a closure that waits. Unknown callers are asked to log in.
///
/// The future cannot borrow what it decides about: take what it needs before `async move`. To
/// borrow, implement [`Policy`].
///
/// ```
/// use portcullis::{Decision, async_policy_fn};
///
/// # async fn ask_engine(user: u32, repo: u32) -> Result<bool, std::io::Error> { Ok(true) }
/// struct User { id: u32 }
/// struct Repo { id: u32 }
///
/// let can_read = async_policy_fn(|user: &User, repo: &Repo| {
///     let answer = ask_engine(user.id, repo.id);
///     async move {
///         match answer.await {
///             Ok(allowed) => Decision::permit_if(allowed),
///             Err(error) => Decision::unavailable().with_source(error),
///         }
///     }
/// });
/// ```
pub fn async_policy_fn<P, R, F, Fut>(decide: F) -> AsyncPolicyFn<P, R, F>
where
    R: ?Sized,
    F: Fn(&P, &R) -> Fut + Send + Sync,
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
}

/// A closure that looks at the resource alone; made by [`resource_fn`].
pub struct ResourceFn<R: ?Sized, F> {
    decide: F,
    about: PhantomData<fn(&R)>,
}

/// Decides by the resource alone, and so for unknown callers too.
///
/// ```
/// use portcullis::{Decision, any, policy_fn, resource_fn};
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

impl<P, R, F> Policy<P, R> for ResourceFn<R, F>
where
    P: Sync,
    R: ?Sized + Sync,
    F: Fn(&R) -> Decision + Send + Sync,
{
    async fn decide(&self, _: &P, resource: &R) -> Decision {
        (self.decide)(resource)
    }

    async fn decide_anonymous(&self, resource: &R) -> Decision {
        (self.decide)(resource)
    }

    fn decide_now(&self, _: Option<&P>, resource: &R) -> Option<Decision> {
        Some((self.decide)(resource))
    }
}

opaque_debug!(PolicyFn<P, R: ?Sized, F>, AsyncPolicyFn<P, R: ?Sized, F>, ResourceFn<R: ?Sized, F>);
