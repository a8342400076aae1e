//! The challenges that a stage offers, and which of them a response gets.

use http::HeaderValue;

use crate::challenge::{
    Challenge, Challenges, Credentials, ServerRole, fits_error_description, scheme::opens_dialog,
};
use crate::denial::public_outcome::ChallengeSelection;
use crate::denial::{Cause, Denial};
use crate::login::NoDialog;

/// The challenges that a stage offers. Header values that do not depend on the request are written
/// when the stage is built.
#[derive(Clone, Debug)]
pub(super) struct ChallengeSet {
    role: ServerRole,
    /// How many challenges the identity has, including those that are not offered.
    count: usize,
    offered: Box<[PreparedChallenge]>,
    any_takes_oauth_error: bool,
}

#[derive(Clone, Debug)]
struct PreparedChallenge {
    /// The position in the identity's own order.
    position: usize,
    challenge: Challenge,
    /// Whether the challenge has OAuth's `error` parameters, as Bearer and DPoP do.
    takes_oauth_error: bool,
    /// For schemes that take an OAuth error: the challenge with the fixed error of each cause.
    prepared_errors: Box<[(Cause, HeaderValue)]>,
}

/// What the challenges depend on, beside the denial.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChallengeTarget {
    /// The offered scheme that was attempted.
    pub(super) attempted: Option<u8>,
    /// Whether to leave out challenges that open a dialog (F07).
    pub(super) suppresses_dialogs: bool,
}

/// Challenges for one response, in the identity's own order. `None` where a proxy cannot offer one.
pub(super) type DynamicChallenges = Box<[Option<Challenge>]>;

/// The causes whose OAuth error has a fixed text.
const PREPARED_CAUSES: [Cause; 6] = [
    Cause::Malformed,
    Cause::Ambiguous,
    Cause::InvalidRequest,
    Cause::Invalid,
    Cause::Expired,
    Cause::Stale,
];

impl ChallengeSet {
    pub(super) fn new(challenges: Challenges) -> Self {
        let count = challenges.iter().count();
        Self::of(count, challenges.into_iter().enumerate(), ServerRole::Origin)
    }

    /// Returns the challenges that a proxy can offer, or `None` if there are none.
    pub(super) fn at_proxy(&self) -> Option<Self> {
        let offered = self.offered.iter();
        let offered = offered.map(|offered| (offered.position, offered.challenge.clone()));
        let mut at_proxy = Self::of(self.count, offered, ServerRole::Proxy);
        // Keeps the order, which may be the identity's own.
        let rank = |position| {
            self.offered.iter().position(|offered: &PreparedChallenge| offered.position == position)
        };
        at_proxy.offered.sort_by_key(|offered| rank(offered.position));
        (!at_proxy.offered.is_empty()).then_some(at_proxy)
    }

    fn of(
        count: usize,
        challenges: impl Iterator<Item = (usize, Challenge)>,
        role: ServerRole,
    ) -> Self {
        let offered = challenges.filter_map(|(position, challenge)| {
            Some(PreparedChallenge::new(position, role.adapt(challenge)?))
        });
        let mut offered: Box<[PreparedChallenge]> = offered.collect();
        // Bearer and DPoP go first; apart from that, the order stays (A15).
        offered.sort_by_key(|offered| !offered.takes_oauth_error);
        let any_takes_oauth_error = offered.iter().any(|offered| offered.takes_oauth_error);
        Self { role, count, offered, any_takes_oauth_error }
    }

    /// Whether the origin server or a proxy offers the challenges.
    pub(super) fn role(&self) -> ServerRole {
        self.role
    }

    /// Sorts the challenges in the identity's own order.
    pub(super) fn preserve_order(&mut self) {
        self.offered.sort_by_key(|offered| offered.position);
    }

    /// Returns the index of the offered scheme to which these credentials belong.
    #[inline]
    pub(super) fn attempted(&self, value: &HeaderValue) -> Option<u8> {
        let is_attempted = |offered: &PreparedChallenge| {
            Credentials::of(offered.challenge.scheme(), value.as_bytes())
                .is_some_and(|credentials| !credentials.is_bare())
        };
        self.offered.iter().position(is_attempted)?.try_into().ok()
    }

    /// Whether this value names an offered scheme, also if no credentials follow.
    pub(super) fn names_scheme_of(&self, value: &HeaderValue) -> bool {
        let is_named = |offered: &PreparedChallenge| {
            Credentials::of(offered.challenge.scheme(), value.as_bytes()).is_some()
        };
        self.offered.iter().any(is_named)
    }

    pub(super) fn scheme(&self, index: u8) -> Option<&str> {
        self.get(index).map(|offered| offered.challenge.scheme())
    }

    pub(super) fn takes_oauth_error(&self, index: u8) -> bool {
        self.get(index).is_some_and(|offered| offered.takes_oauth_error)
    }

    pub(super) fn any_takes_oauth_error(&self) -> bool {
        self.any_takes_oauth_error
    }

    /// The number of offered challenges.
    pub(super) fn len(&self) -> usize {
        self.offered.len()
    }

    fn get(&self, index: u8) -> Option<&PreparedChallenge> {
        self.offered.get(usize::from(index))
    }

    /// Converts challenges that replace the prepared ones in one response. Returns `None` if their
    /// number or their schemes differ from the prepared ones.
    pub(super) fn dynamic(&self, challenges: Challenges) -> Option<DynamicChallenges> {
        let adapt = |challenge| self.role.adapt(challenge);
        let dynamic: DynamicChallenges = challenges.into_iter().map(adapt).collect();
        let has_same_scheme = |offered: &PreparedChallenge| {
            let replacement = dynamic.get(offered.position).and_then(Option::as_ref);
            replacement.is_some_and(|challenge| challenge.is(offered.challenge.scheme()))
        };
        let is_complete = dynamic.len() == self.count;
        (is_complete && self.offered.iter().all(has_same_scheme)).then_some(dynamic)
    }

    /// Returns the header values of the challenges for this denial, in order.
    pub(super) fn values(
        &self,
        selection: ChallengeSelection,
        denial: &Denial,
        target: ChallengeTarget,
        dynamic: Option<&DynamicChallenges>,
    ) -> impl Iterator<Item = HeaderValue> {
        without_dialogs(target.suppresses_dialogs, move || {
            self.all_values(selection, denial, target.attempted, dynamic)
        })
    }

    fn all_values(
        &self,
        selection: ChallengeSelection,
        denial: &Denial,
        attempted: Option<u8>,
        dynamic: Option<&DynamicChallenges>,
    ) -> impl Iterator<Item = HeaderValue> {
        let is_attempted = move |index: usize| attempted.map(usize::from) == Some(index);
        let own = denial.own_challenge().filter(|_| selection != ChallengeSelection::None);
        let own_value = own.and_then(|own| self.role.adapt(own.clone()));
        let own_value = own_value.map(|own| own.header_value().clone());
        let own = own.filter(|_| own_value.is_some());
        let is_replaced = move |offered: &PreparedChallenge| {
            own.is_some_and(|own| offered.challenge.is(own.scheme()))
        };
        let first_replaced = self.offered.iter().position(is_replaced);
        let appended = own_value.clone().filter(|_| first_replaced.is_none());
        let offered = self.offered.iter().enumerate().filter_map(move |(index, offered)| {
            if is_replaced(offered) {
                // The denial's own challenge replaces all those of its scheme, once.
                return own_value.clone().filter(|_| first_replaced == Some(index));
            }
            match selection {
                ChallengeSelection::None => None,
                ChallengeSelection::Plain => Some(offered.plain(dynamic)),
                ChallengeSelection::Attempted if is_attempted(index) => {
                    Some(offered.with_error_prepared(denial, dynamic))
                }
                ChallengeSelection::Attempted => Some(offered.plain(dynamic)),
                ChallengeSelection::EveryOauthScheme => {
                    Some(offered.with_error_prepared(denial, dynamic))
                }
                ChallengeSelection::Scope => {
                    is_attempted(index).then(|| offered.with_error(denial, dynamic))
                }
                ChallengeSelection::StepUp => {
                    offered.takes_oauth_error.then(|| offered.with_error(denial, dynamic))
                }
            }
        });
        offered.chain(appended)
    }

    /// Returns the challenge of a 401 for which no dialog may open, if all of these would open one.
    pub(super) fn instead_of_dialogs(&self) -> Option<HeaderValue> {
        let opens =
            |offered: &PreparedChallenge| opens_dialog(offered.challenge.header_value().as_bytes());
        if !self.offered.iter().all(opens) {
            return None;
        }
        let realm = self.offered.first().and_then(|offered| offered.challenge.realm());
        let realm = String::from_utf8_lossy(realm.unwrap_or_default());
        let challenge = Challenge::builder(NoDialog::SCHEME).realm(&realm).build();
        challenge.ok().map(|challenge| challenge.header_value().clone())
    }

    /// Returns the header values of all challenges, without an error.
    pub(super) fn plain_values(
        &self,
        suppresses_dialogs: bool,
        dynamic: Option<&DynamicChallenges>,
    ) -> impl Iterator<Item = HeaderValue> {
        without_dialogs(suppresses_dialogs, move || {
            self.offered.iter().map(move |offered| offered.plain(dynamic))
        })
    }
}

/// Leaves out the challenges for which browsers open a dialog, if others remain: a 401 always has a
/// challenge (F07).
fn without_dialogs<V: Iterator<Item = HeaderValue>>(
    suppresses_dialogs: bool,
    values: impl Fn() -> V,
) -> impl Iterator<Item = HeaderValue> {
    let is_silent = |value: &HeaderValue| !opens_dialog(value.as_bytes());
    let silent_only = suppresses_dialogs && values().any(|value| is_silent(&value));
    values().filter(move |value| !silent_only || is_silent(value))
}

impl PreparedChallenge {
    fn new(position: usize, challenge: Challenge) -> Self {
        let takes_oauth_error = challenge.takes_oauth_error();
        let prepared_errors = Box::default();
        let mut prepared = Self { position, challenge, takes_oauth_error, prepared_errors };
        if takes_oauth_error {
            let with_error = |cause| (cause, prepared.with_error(&Denial::new(cause), None));
            prepared.prepared_errors = PREPARED_CAUSES.into_iter().map(with_error).collect();
        }
        prepared
    }

    /// Returns the challenge for one response: the dynamic one, if there is one.
    fn challenge<'a>(&'a self, dynamic: Option<&'a DynamicChallenges>) -> &'a Challenge {
        dynamic.and_then(|dynamic| dynamic.get(self.position)?.as_ref()).unwrap_or(&self.challenge)
    }

    fn plain(&self, dynamic: Option<&DynamicChallenges>) -> HeaderValue {
        self.challenge(dynamic).header_value().clone()
    }

    /// Returns the challenge with the denial's OAuth error, if the scheme takes one. Uses the
    /// prepared value if it fits.
    fn with_error_prepared(
        &self,
        denial: &Denial,
        dynamic: Option<&DynamicChallenges>,
    ) -> HeaderValue {
        if !self.takes_oauth_error {
            return self.plain(dynamic);
        }
        let prepared = self.prepared_errors.iter().find(|(cause, _)| *cause == denial.cause());
        match prepared {
            Some((_, value))
                if denial.own_detail().is_none() && *self.challenge(dynamic) == self.challenge =>
            {
                value.clone()
            }
            _ => self.with_error(denial, dynamic),
        }
    }

    /// Returns the challenge with the denial's OAuth error and requirement.
    fn with_error(&self, denial: &Denial, dynamic: Option<&DynamicChallenges>) -> HeaderValue {
        let Some((error, fixed)) = denial.cause().oauth_error() else {
            return self.plain(dynamic);
        };
        // A detail with characters that the parameter cannot hold gives way to the fixed text (A14).
        let own = denial.own_detail().map(|detail| &**detail);
        let description = own.filter(|detail| fits_error_description(detail)).unwrap_or(fixed);
        let mut challenge = self.challenge(dynamic).to_builder().set_param("error", error);
        challenge = challenge.set_param("error_description", description);
        if let Some(requirement) = denial.requirement() {
            if let Some(acr_values) = requirement.acr_values() {
                challenge = challenge.set_param("acr_values", &acr_values);
            }
            if let Some(seconds) = requirement.max_age_seconds() {
                challenge = challenge.set_param("max_age", &seconds.to_string());
            }
            if let Some(scope) = requirement.scope() {
                challenge = challenge.set_param("scope", &scope);
            }
        }
        challenge
            .build()
            .map_or_else(|_| self.plain(dynamic), |challenge| challenge.header_value().clone())
    }
}
