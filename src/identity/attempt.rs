//! [`Attempt`]: an attempt to authenticate, from its admission by a [`Throttle`] to its outcome.

use std::fmt;
use std::future::Future;
use std::thread;

use http::request::Parts;

use super::throttle::{Outcome, Throttle};
use crate::catch_panic::catch_panic;
use crate::denial::{Cause, Unauthenticated};

/// A request with credentials that are not verified yet. `Debug` prints none of it.
pub struct Attempt<'a> {
    request: &'a Parts,
    account: Option<String>,
}

impl<'a> Attempt<'a> {
    /// An attempt whose credentials a handler verifies, for instance behind a login form. Pass the
    /// account that the form names, whether it exists or not.
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
    /// of a [`Login`](crate::Login). `None` if they are malformed or name no account, as tokens.
    pub fn account(&self) -> Option<&str> {
        self.account.as_deref()
    }

    /// Verifies the credentials with `verify` if the throttle admits the attempt, and settles it
    /// exactly once, even if the returned future is dropped or `verify` panics.
    ///
    /// `verify` is not called if the throttle refuses the attempt.
    ///
    /// # Errors
    ///
    /// [`Unauthenticated::throttled`] if the throttle refuses the attempt, otherwise the error of
    /// `verify`. It converts into a [`Denial`](crate::Denial).
    ///
    /// ```
    /// use http::request::Parts;
    /// use portcullis::{Attempt, Denial, Login, Throttle, Unauthenticated, Verify};
    ///
    /// /// A login form with the same limits as Basic authentication.
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
        verify: impl FnOnce() -> F,
    ) -> Result<P, Unauthenticated>
    where
        T: Throttle + ?Sized,
        F: Future<Output = Result<P, Unauthenticated>>,
    {
        let admitted = self.admit(throttle)?;
        let result = verify().await;
        admitted.settle(result)
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

/// An attempt that the throttle has admitted. If it is dropped unsettled, `Drop` settles it.
pub(super) struct Admitted<'a, T: Throttle + ?Sized> {
    throttle: &'a T,
    attempt: Attempt<'a>,
    settled: bool,
}

impl<T: Throttle + ?Sized> Admitted<'_, T> {
    pub(super) fn settle<P>(
        self,
        result: Result<P, Unauthenticated>,
    ) -> Result<P, Unauthenticated> {
        let failed_a_test = result.as_ref().is_err_and(Unauthenticated::has_failed_a_test);
        self.end(match result.as_ref().map_err(Unauthenticated::cause) {
            Ok(_) => Outcome::Succeeded,
            Err(_) if failed_a_test => Outcome::Failed,
            Err(Cause::Unavailable) => Outcome::Unavailable,
            Err(Cause::InternalError) => Outcome::Panicked,
            Err(_) => Outcome::NotTested,
        });
        result
    }

    /// Ends the attempt without a result: the identity has to wait, and the attempt starts again.
    pub(super) fn defer(self) {
        self.end(Outcome::Deferred);
    }

    /// If the throttle panics here, the result is lost, so that nothing is permitted.
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
            // A second panic during unwinding would abort the process.
            let _ = catch_panic(|| self.throttle.settle(&self.attempt, outcome));
        }
    }
}

/// Whether the future is dropped because of the stage's time limit.
fn is_out_of_time() -> bool {
    #[cfg(feature = "tokio")]
    return crate::timeout::is_timed_out();
    #[cfg(not(feature = "tokio"))]
    false
}
