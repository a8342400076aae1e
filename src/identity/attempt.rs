//! An attempt to authenticate, from its admission by a [`Throttle`] until it is settled.

use std::fmt;
use std::future::Future;
use std::thread;

use http::request::Parts;

use super::throttle::{Outcome, Throttle};
use crate::catch_panic::catch_panic;
use crate::denial::{Cause, Unauthenticated};

/// A request that carries credentials, before anything has judged them. `Debug` prints none of it.
pub struct Attempt<'a> {
    request: &'a Parts,
    account: Option<String>,
}

impl<'a> Attempt<'a> {
    /// An attempt that a handler judges itself, as one behind a login form does. Pass the account
    /// as the form names it, whether it exists or not.
    ///
    /// [`Identity::throttled`](crate::Identity::throttled) makes its own attempts.
    pub fn new(request: &'a Parts, account: Option<String>) -> Self {
        Self { request, account }
    }

    /// The head of the request. Its extensions have the caller's address if the server puts it
    /// there, as axum's `ConnectInfo`. A header such as `X-Forwarded-For` contains what the client
    /// sent, unless a trusted proxy has written it.
    pub fn request(&self) -> &'a Parts {
        self.request
    }

    /// The account that the credentials [name](crate::Identity::account), as it was sent: the user
    /// of a [`Login`](crate::Login). `None` where they name none, as tokens do, and where they are
    /// malformed.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Judges the attempt if the throttle admits it, and settles it once, also where the returned
    /// future is dropped or `judge` panics.
    ///
    /// `judge` is not called for an attempt that is refused.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated::throttled`] if the throttle refuses the attempt, otherwise the error of
    /// `judge`. It converts into a [`Denial`](crate::Denial).
    ///
    /// ```
    /// use http::request::Parts;
    /// use portcullis::{Attempt, Denial, Login, Throttle, Unauthenticated, Verify};
    ///
    /// /// Behind a login form, with the limits that Basic authentication has elsewhere.
    /// async fn log_in<V: Verify<Login>>(
    ///     request: &Parts,
    ///     login: &Login,
    ///     users: &V,
    ///     throttle: &dyn Throttle,
    /// ) -> Result<V::Principal, Denial> {
    ///     let attempt = Attempt::new(request, Some(login.user().to_owned()));
    ///     Ok(attempt.limited_by(throttle, || users.verify(login)).await?)
    /// }
    /// ```
    pub async fn limited_by<T, P, F>(
        self,
        throttle: &T,
        judge: impl FnOnce() -> F,
    ) -> Result<P, Unauthenticated>
    where
        T: Throttle + ?Sized,
        F: Future<Output = Result<P, Unauthenticated>>,
    {
        let admitted = self.admit(throttle)?;
        let answer = judge().await;
        admitted.settle(answer)
    }

    pub(super) fn admit<T: Throttle + ?Sized>(
        self,
        throttle: &'a T,
    ) -> Result<Admitted<'a, T>, Unauthenticated> {
        throttle.admit(&self).map_err(Unauthenticated::throttled)?;
        Ok(Admitted { throttle, attempt: self, settled: false })
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").finish_non_exhaustive()
    }
}

/// An attempt that the throttle has admitted. Dropped before it is settled, it settles itself.
pub(super) struct Admitted<'a, T: Throttle + ?Sized> {
    throttle: &'a T,
    attempt: Attempt<'a>,
    settled: bool,
}

impl<T: Throttle + ?Sized> Admitted<'_, T> {
    pub(super) fn settle<P>(
        self,
        answer: Result<P, Unauthenticated>,
    ) -> Result<P, Unauthenticated> {
        self.end(match answer.as_ref().map_err(Unauthenticated::cause) {
            Ok(_) => Outcome::Succeeded,
            Err(Cause::Invalid) => Outcome::Failed,
            Err(Cause::Unavailable) => Outcome::Unavailable,
            Err(Cause::InternalError) => Outcome::Panicked,
            Err(_) => Outcome::NotTested,
        });
        answer
    }

    /// The identity is asked again, and may wait then.
    pub(super) fn defer(self) {
        self.end(Outcome::Deferred);
    }

    /// A throttle that panics here takes the answer with it, so it permits nothing.
    fn end(mut self, outcome: Outcome) {
        self.settled = true;
        self.throttle.settle(&self.attempt, outcome);
    }
}

impl<T: Throttle + ?Sized> Drop for Admitted<'_, T> {
    fn drop(&mut self) {
        if !self.settled {
            let outcome = if thread::panicking() {
                Outcome::Panicked
            } else if is_out_of_time() {
                Outcome::Unavailable
            } else {
                Outcome::Cancelled
            };
            // A second panic while the first one unwinds would end the process.
            let _ = catch_panic(|| self.throttle.settle(&self.attempt, outcome));
        }
    }
}

/// Whether the stage's time limit is what drops the future that judges.
fn is_out_of_time() -> bool {
    #[cfg(feature = "tokio")]
    return crate::timeout::is_timed_out();
    #[cfg(not(feature = "tokio"))]
    false
}
