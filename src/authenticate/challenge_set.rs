//! The challenges of a stage, written once.

use http::HeaderValue;

use crate::challenge::{
    Challenge, Challenges, Credentials, ServerRole, fits_error_description, scheme::opens_dialog,
};
use crate::denial::public_outcome::ChallengeSelection;
use crate::denial::{Cause, Denial};

/// What the stage offers. Lines that do not depend on the request are written when it is built.
#[derive(Clone, Debug)]
pub(super) struct ChallengeSet {
    challenger: ServerRole,
    /// How many the identity has, those that are not offered included.
    count: usize,
    offered: Box<[PreparedChallenge]>,
    any_takes_oauth_error: bool,
}

#[derive(Clone, Debug)]
struct PreparedChallenge {
    /// Its place in the identity's own order.
    place: usize,
    challenge: Challenge,
    /// Whether it says what was wrong in the words of OAuth, as Bearer and DPoP do.
    takes_oauth_error: bool,
    /// For schemes that take an OAuth error: the challenge with each fixed one.
    failures: Box<[(Cause, HeaderValue)]>,
}

/// Who is challenged.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChallengeTarget {
    /// The offered scheme that was attempted.
    pub(super) attempted: Option<u8>,
    /// A script, where those are spared dialogs.
    pub(super) suppresses_dialogs: bool,
}

/// Challenges of one answer, in the identity's own order.
pub(super) type DynamicChallenges = Box<[Option<Challenge>]>;

const FAILURES: [Cause; 6] = [
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

    /// The same, for a proxy; `None` if a proxy can offer none of it.
    pub(super) fn at_proxy(&self) -> Option<Self> {
        let offered = self.offered.iter();
        let offered = offered.map(|offered| (offered.place, offered.challenge.clone()));
        let mut offer = Self::of(self.count, offered, ServerRole::Proxy);
        // In the order that they were in.
        let position = |place| {
            self.offered.iter().position(|offered: &PreparedChallenge| offered.place == place)
        };
        offer.offered.sort_by_key(|offered| position(offered.place));
        (!offer.offered.is_empty()).then_some(offer)
    }

    fn of(
        count: usize,
        challenges: impl Iterator<Item = (usize, Challenge)>,
        challenger: ServerRole,
    ) -> Self {
        let offered = challenges.filter_map(|(place, challenge)| {
            Some(PreparedChallenge::new(place, challenger.adapt(challenge)?))
        });
        let mut offered: Box<[PreparedChallenge]> = offered.collect();
        // Bearer and DPoP before the others, which otherwise keep their order (A15).
        offered.sort_by_key(|offered| !offered.takes_oauth_error);
        let any_takes_oauth_error = offered.iter().any(|offered| offered.takes_oauth_error);
        Self { challenger, count, offered, any_takes_oauth_error }
    }

    /// Who offers it.
    pub(super) fn challenger(&self) -> ServerRole {
        self.challenger
    }

    /// The identity's own order.
    pub(super) fn preserve_order(&mut self) {
        self.offered.sort_by_key(|offered| offered.place);
    }

    /// The offered scheme of these credentials.
    #[inline]
    pub(super) fn attempted(&self, value: &HeaderValue) -> Option<u8> {
        let is_attempted = |offered: &PreparedChallenge| {
            Credentials::of(offered.challenge.scheme(), value.as_bytes())
                .is_some_and(|credentials| !credentials.is_bare())
        };
        self.offered.iter().position(is_attempted)?.try_into().ok()
    }

    /// Whether these credentials are of an offered scheme, also with nothing behind it.
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

    /// How many challenges there are to attempt.
    pub(super) fn len(&self) -> usize {
        self.offered.len()
    }

    fn get(&self, index: u8) -> Option<&PreparedChallenge> {
        self.offered.get(usize::from(index))
    }

    /// Challenges that stand for the prepared ones in one answer, if they can: each in the place
    /// of one of its scheme.
    pub(super) fn dynamic(&self, challenges: Challenges) -> Option<DynamicChallenges> {
        let fit = |challenge| self.challenger.adapt(challenge);
        let fresh: DynamicChallenges = challenges.into_iter().map(fit).collect();
        let stands = |offered: &PreparedChallenge| {
            let fresh = fresh.get(offered.place).and_then(Option::as_ref);
            fresh.is_some_and(|fresh| fresh.is(offered.challenge.scheme()))
        };
        (fresh.len() == self.count && self.offered.iter().all(stands)).then_some(fresh)
    }

    /// The field lines of an answer to this denial, in order.
    pub(super) fn lines(
        &self,
        challenging: ChallengeSelection,
        denial: &Denial,
        visitor: ChallengeTarget,
        fresh: Option<&DynamicChallenges>,
    ) -> impl Iterator<Item = HeaderValue> {
        without_dialogs(visitor.suppresses_dialogs, move || {
            self.all_lines(challenging, denial, visitor.attempted, fresh)
        })
    }

    fn all_lines(
        &self,
        challenging: ChallengeSelection,
        denial: &Denial,
        attempted: Option<u8>,
        fresh: Option<&DynamicChallenges>,
    ) -> impl Iterator<Item = HeaderValue> {
        let is_attempted = move |index: usize| attempted.map(usize::from) == Some(index);
        let own = denial.own_challenge().filter(|_| challenging != ChallengeSelection::None);
        let own_line = own.and_then(|own| self.challenger.adapt(own.clone()));
        let own_line = own_line.map(|own| own.header_value().clone());
        let own = own.filter(|_| own_line.is_some());
        let is_answered = move |offered: &PreparedChallenge| {
            own.is_some_and(|own| offered.challenge.is(own.scheme()))
        };
        let place = self.offered.iter().position(is_answered);
        let beside = own_line.clone().filter(|_| place.is_none());
        let offered = self.offered.iter().enumerate().filter_map(move |(index, offered)| {
            if is_answered(offered) {
                // The denial's own challenge stands for all of its scheme, once.
                return own_line.clone().filter(|_| place == Some(index));
            }
            match challenging {
                ChallengeSelection::None => None,
                ChallengeSelection::Plain => Some(offered.plain(fresh)),
                ChallengeSelection::Attempted if is_attempted(index) => {
                    Some(offered.with_error_prepared(denial, fresh))
                }
                ChallengeSelection::Attempted => Some(offered.plain(fresh)),
                ChallengeSelection::EveryOauthScheme => {
                    Some(offered.with_error_prepared(denial, fresh))
                }
                ChallengeSelection::Scope => {
                    is_attempted(index).then(|| offered.with_error(denial, fresh))
                }
                ChallengeSelection::StepUp => {
                    offered.takes_oauth_error.then(|| offered.with_error(denial, fresh))
                }
            }
        });
        offered.chain(beside)
    }

    pub(super) fn plain_lines(
        &self,
        spared: bool,
        fresh: Option<&DynamicChallenges>,
    ) -> impl Iterator<Item = HeaderValue> {
        without_dialogs(spared, move || {
            self.offered.iter().map(move |offered| offered.plain(fresh))
        })
    }
}

/// Leaves out the challenges that browsers answer with a dialog, if others remain: no 401 goes
/// without one (F07).
fn without_dialogs<L: Iterator<Item = HeaderValue>>(
    spared: bool,
    lines: impl Fn() -> L,
) -> impl Iterator<Item = HeaderValue> {
    let is_quiet = |line: &HeaderValue| !opens_dialog(line.as_bytes());
    let quiet_only = spared && lines().any(|line| is_quiet(&line));
    lines().filter(move |line| !quiet_only || is_quiet(line))
}

impl PreparedChallenge {
    fn new(place: usize, challenge: Challenge) -> Self {
        let takes_oauth_error = challenge.takes_oauth_error();
        let mut offered = Self { place, challenge, takes_oauth_error, failures: Box::default() };
        if takes_oauth_error {
            let failure = |cause| (cause, offered.with_error(&Denial::new(cause), None));
            offered.failures = FAILURES.into_iter().map(failure).collect();
        }
        offered
    }

    /// The challenge that stands here in one answer.
    fn challenge<'a>(&'a self, fresh: Option<&'a DynamicChallenges>) -> &'a Challenge {
        fresh.and_then(|fresh| fresh.get(self.place)?.as_ref()).unwrap_or(&self.challenge)
    }

    fn plain(&self, fresh: Option<&DynamicChallenges>) -> HeaderValue {
        self.challenge(fresh).header_value().clone()
    }

    /// The challenge, saying what was wrong with the credentials if the scheme has a way to.
    fn with_error_prepared(
        &self,
        denial: &Denial,
        fresh: Option<&DynamicChallenges>,
    ) -> HeaderValue {
        if !self.takes_oauth_error {
            return self.plain(fresh);
        }
        let fixed = self.failures.iter().find(|(cause, _)| *cause == denial.cause());
        match fixed {
            Some((_, line))
                if denial.own_detail().is_none() && *self.challenge(fresh) == self.challenge =>
            {
                line.clone()
            }
            _ => self.with_error(denial, fresh),
        }
    }

    /// The challenge with the OAuth error of the denial, and with its terms.
    fn with_error(&self, denial: &Denial, fresh: Option<&DynamicChallenges>) -> HeaderValue {
        let Some((error, fixed)) = denial.cause().oauth_error() else {
            return self.plain(fresh);
        };
        // What comes from outside and does not fit gives way to the fixed text (A14).
        let own = denial.own_detail().map(|detail| &**detail);
        let description = own.filter(|detail| fits_error_description(detail)).unwrap_or(fixed);
        let mut challenge = self.challenge(fresh).to_builder().set_param("error", error);
        challenge = challenge.set_param("error_description", description);
        if let Some(need) = denial.requirement() {
            if let Some(acr_values) = need.acr_values() {
                challenge = challenge.set_param("acr_values", &acr_values);
            }
            if let Some(seconds) = need.max_age_seconds() {
                challenge = challenge.set_param("max_age", &seconds.to_string());
            }
            if let Some(scope) = need.scope() {
                challenge = challenge.set_param("scope", &scope);
            }
        }
        challenge
            .build()
            .map_or_else(|_| self.plain(fresh), |challenge| challenge.header_value().clone())
    }
}
