//! One challenge of a stage: what is written in advance, and what a denial adds to it.

use http::HeaderValue;

use super::challenge_set::DynamicChallenges;
use crate::challenge::{Challenge, fits_error_description};
use crate::denial::public_outcome::ChallengeSelection;
use crate::denial::{Cause, Denial};

#[derive(Clone, Debug)]
pub(super) struct PreparedChallenge {
    /// The position in the identity's own order.
    pub(super) position: usize,
    pub(super) challenge: Challenge,
    /// Whether the challenge has OAuth's `error` parameters, as Bearer and DPoP do.
    pub(super) takes_oauth_error: bool,
    /// For schemes that take an OAuth error: the challenge with the fixed error of each cause.
    prepared_errors: Box<[(Cause, HeaderValue)]>,
}

/// The causes whose OAuth error has a fixed text.
const PREPARED_CAUSES: [Cause; 6] = [
    Cause::Malformed,
    Cause::Ambiguous,
    Cause::InvalidRequest,
    Cause::Invalid,
    Cause::Expired,
    Cause::Stale,
];

/// What a denial adds to a challenge. Schemes without OAuth's parameters stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Addition {
    /// What is required.
    Terms,
    /// What was wrong as well.
    Error,
}

/// Who made a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The configuration.
    Configured,
    /// The identity, for one request.
    Own,
}

impl Addition {
    /// What a challenge gets; `None` if it is left out.
    pub(super) fn of(
        selection: ChallengeSelection,
        is_attempted: bool,
        takes_oauth_error: bool,
    ) -> Option<Self> {
        match selection {
            ChallengeSelection::None => None,
            ChallengeSelection::Plain => Some(Self::Terms),
            ChallengeSelection::Attempted if is_attempted => Some(Self::Error),
            ChallengeSelection::Attempted => Some(Self::Terms),
            ChallengeSelection::EveryOauthScheme => Some(Self::Error),
            ChallengeSelection::Scope => is_attempted.then_some(Self::Error),
            ChallengeSelection::StepUp => takes_oauth_error.then_some(Self::Error),
        }
    }

    /// Writes the challenge with the denial's OAuth error and requirement. `scope` is that of the
    /// stage, for a challenge that names none.
    pub(super) fn write(
        self,
        challenge: &Challenge,
        denial: &Denial,
        origin: Origin,
        scope: Option<&str>,
    ) -> HeaderValue {
        let plain = || challenge.header_value().clone();
        if !challenge.takes_oauth_error() {
            return plain();
        }
        let has = |name| challenge.param(name).is_some();
        // An error of the identity's own says more.
        let error = denial.cause().oauth_error().filter(|_| self == Self::Error && !has("error"));
        let terms = denial.requirement().filter(|terms| terms.can_be_met());
        let scope = scope.filter(|_| !has("scope"));
        if error.is_none() && terms.is_none() && scope.is_none() {
            return plain();
        }
        let mut written = challenge.to_builder();
        if let Some((error, fixed)) = error {
            // A detail with characters that the parameter cannot hold gives way to the fixed text
            // (A14).
            let own = denial.own_detail().map(|detail| &**detail);
            let description = own.filter(|detail| fits_error_description(detail)).unwrap_or(fixed);
            written = written.set_param("error", error);
            if !has("error_description") {
                written = written.set_param("error_description", description);
            }
        }
        if let Some(scope) = scope {
            written = written.set_param("scope", scope);
        }
        if let Some(terms) = terms {
            if let Some(acr_values) = terms.acr_values() {
                written = written.set_param("acr_values", &acr_values);
            }
            if let Some(seconds) = terms.max_age_seconds() {
                written = written.set_param("max_age", &seconds.to_string());
            }
            let hint = challenge.param("scope").map(String::from_utf8_lossy);
            let hint = hint.as_deref().or(scope).unwrap_or_default();
            let asks_for_token = matches!(
                denial.cause(),
                Cause::InsufficientScope | Cause::InsufficientAuthentication
            );
            let names_own_scope = origin == Origin::Own && has("scope");
            match terms.scope_with(hint) {
                Some(scope) => written = written.set_param("scope", &scope),
                // The scopes are not known, or the token has all of them: a client that requests
                // exactly the configured ones loses others (C03, C04).
                None if asks_for_token && !names_own_scope => {
                    written = written.remove_param("scope");
                }
                None => {}
            }
        }
        written.build().map_or_else(|_| plain(), |challenge| challenge.header_value().clone())
    }
}

impl PreparedChallenge {
    pub(super) fn new(position: usize, challenge: Challenge) -> Self {
        let takes_oauth_error = challenge.takes_oauth_error();
        let prepared_errors = if takes_oauth_error {
            let with_error = |cause| {
                let denial = Denial::new(cause);
                (cause, Addition::Error.write(&challenge, &denial, Origin::Configured, None))
            };
            PREPARED_CAUSES.into_iter().map(with_error).collect()
        } else {
            Box::default()
        };
        Self { position, challenge, takes_oauth_error, prepared_errors }
    }

    pub(super) fn scheme(&self) -> &str {
        self.challenge.scheme()
    }

    /// Returns the challenge for one response: the dynamic one, if there is one.
    pub(super) fn challenge_in<'a>(
        &'a self,
        dynamic: Option<&'a DynamicChallenges>,
    ) -> &'a Challenge {
        dynamic.and_then(|dynamic| dynamic.get(self.position)?.as_ref()).unwrap_or(&self.challenge)
    }

    /// Writes the challenge for one response, with what is added to it. Uses the prepared value if it
    /// fits.
    pub(super) fn value(
        &self,
        challenge: &Challenge,
        addition: Addition,
        denial: &Denial,
        scope: Option<&str>,
    ) -> HeaderValue {
        if !self.takes_oauth_error {
            return challenge.header_value().clone();
        }
        let is_fixed = denial.requirement().is_none() && denial.own_detail().is_none();
        if addition == Addition::Error && is_fixed && *challenge == self.challenge {
            let mut prepared = self.prepared_errors.iter();
            if let Some((_, value)) = prepared.find(|(cause, _)| *cause == denial.cause()) {
                return value.clone();
            }
        }
        addition.write(challenge, denial, Origin::Configured, scope)
    }
}
