//! The identity's own challenges: those of a failure, and those of the request. They survive wherever
//! a response has challenges (A15).

use http::request::Parts;

use super::challenge_set::Replacements;
use super::identity_service::IdentityService;
use super::request_state::RequestState;
use super::stage::AuthenticateStage;
use crate::challenge::{Challenge, Challenges};
use crate::denial::{Cause, Denial};
use crate::observe::Observe;
use crate::respond::Respond;

impl<I: IdentityService, R: Respond, O: Observe> AuthenticateStage<I, R, O> {
    /// Returns the identity's challenges for this request, if it has such.
    pub(super) fn request_challenges(&self, request: &Parts) -> Option<Challenges> {
        if !self.settings.has_request_challenges {
            return None;
        }
        self.identify.request_challenges(request)
    }

    /// Returns what replaces the prepared challenges in the response to this denial, or in a 401 of
    /// the service that has none.
    pub(super) fn replacements(
        &self,
        denial: Option<&Denial>,
        cause: Cause,
        state: &RequestState<R::Context, O::Context>,
    ) -> Replacements {
        let attempted = state.credentials.attempted().filter(|_| denial.is_some());
        let dynamic = self.per_response_challenges(cause, attempted);
        Replacements { dynamic, own: self.own_challenges(denial, state) }
    }

    /// Those of the denial first, then those of an earlier failure, then those of the request: of one
    /// scheme, the first that said something.
    fn own_challenges(
        &self,
        denial: Option<&Denial>,
        state: &RequestState<R::Context, O::Context>,
    ) -> Vec<Challenge> {
        let mut own: Vec<Challenge> = Vec::new();
        let mut add = |challenges: &mut dyn Iterator<Item = Challenge>| {
            let known = own.len();
            for challenge in challenges {
                if own.iter().take(known).any(|known| known.is(challenge.scheme())) {
                    continue;
                }
                own.extend(self.settings.challenges.adapt(&challenge));
            }
        };
        let of_denial = denial.and_then(Denial::own_challenges);
        add(&mut of_denial.into_iter().flatten().cloned());
        let of_failure = state.failure().and_then(|failure| failure.own_challenges());
        add(&mut of_failure.into_iter().flatten().filter_map(without_error));
        add(&mut state.request_challenges().into_iter().flatten().cloned());
        own
    }
}

/// The challenge for a refusal that is not about the credentials.
fn without_error(challenge: &Challenge) -> Option<Challenge> {
    const NAMES: [&str; 3] = ["error", "error_description", "error_uri"];
    if !NAMES.iter().any(|name| challenge.param(name).is_some()) {
        return Some(challenge.clone());
    }
    let plain = challenge.to_builder();
    NAMES.iter().fold(plain, |plain, name| plain.remove_param(name)).build().ok()
}
