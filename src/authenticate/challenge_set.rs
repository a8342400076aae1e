//! The challenges that a stage offers, and which of them a response gets.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderValue;

use super::prepared_challenge::{Addition, Origin, PreparedChallenge};
use crate::challenge::{
    Challenge, Challenges, Credentials, InvalidChallenge, ServerRole, scheme::opens_dialog,
};
use crate::denial::Denial;
use crate::denial::public_outcome::ChallengeSelection;
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
    /// Whether the identity's own order stays, whichever scheme was attempted.
    keeps_order: bool,
    /// The scopes that a client should request here, if the layer names them.
    scope: Option<Arc<str>>,
}

/// What the challenges depend on, beside the denial.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChallengeTarget {
    /// The offered scheme that was attempted.
    pub(super) attempted: Option<u8>,
    /// Whether to leave out challenges that open a dialog (F07).
    pub(super) suppresses_dialogs: bool,
    /// Whether no dialog may open, even if there is no other challenge (A12).
    pub(super) is_dialog_free: bool,
}

/// Challenges for one response, in the identity's own order. `None` where a proxy cannot offer one.
pub(super) type DynamicChallenges = Box<[Option<Challenge>]>;

/// What replaces the prepared challenges in one response.
#[derive(Debug, Default)]
pub(super) struct Replacements {
    pub(super) dynamic: Option<DynamicChallenges>,
    /// The identity's own words: each challenge replaces all those of its scheme.
    pub(super) own: Vec<Challenge>,
}

impl Replacements {
    pub(super) fn is_empty(&self) -> bool {
        self.dynamic.is_none() && self.own.is_empty()
    }
}

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
        at_proxy.keeps_order = self.keeps_order;
        at_proxy.scope.clone_from(&self.scope);
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
        Self { role, count, offered, any_takes_oauth_error, keeps_order: false, scope: None }
    }

    /// Names these scopes in the challenges of Bearer and DPoP.
    pub(super) fn set_scope(&mut self, scope: &str) -> Result<(), InvalidChallenge> {
        for offered in &mut self.offered {
            if offered.takes_oauth_error {
                let challenge = offered.challenge.to_builder().set_param("scope", scope).build()?;
                *offered = PreparedChallenge::new(offered.position, challenge);
            }
        }
        self.scope = Some(scope.into());
        Ok(())
    }

    /// Whether the origin server or a proxy offers the challenges.
    pub(super) fn role(&self) -> ServerRole {
        self.role
    }

    /// Sorts the challenges in the identity's own order, for every response.
    pub(super) fn preserve_order(&mut self) {
        self.keeps_order = true;
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

    /// Whether all offered challenges are of one scheme.
    pub(super) fn has_one_scheme(&self) -> bool {
        let first = self.scheme(0);
        first.is_some_and(|first| self.offered.iter().all(|it| it.challenge.is(first)))
    }

    /// The schemes on offer.
    pub(super) fn schemes(&self) -> impl Iterator<Item = &str> {
        self.offered.iter().map(|offered| offered.challenge.scheme())
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
        let adapt = |challenge| Some(self.with_scope(self.role.adapt(challenge)?));
        let dynamic: DynamicChallenges = challenges.into_iter().map(adapt).collect();
        let has_same_scheme = |offered: &PreparedChallenge| {
            let replacement = dynamic.get(offered.position).and_then(Option::as_ref);
            replacement.is_some_and(|challenge| challenge.is(offered.challenge.scheme()))
        };
        let is_complete = dynamic.len() == self.count;
        (is_complete && self.offered.iter().all(has_same_scheme)).then_some(dynamic)
    }

    /// Names the scopes of the layer, if there are such, as in the prepared challenges.
    fn with_scope(&self, challenge: Challenge) -> Challenge {
        let Some(scope) = self.scope.as_deref().filter(|_| challenge.takes_oauth_error()) else {
            return challenge;
        };
        challenge.to_builder().set_param("scope", scope).build().unwrap_or(challenge)
    }

    /// The scopes of a challenge of the identity's own that names none: those of the layer, or of the
    /// challenge that it replaces (A15).
    ///
    /// Of several with its scheme, it replaces the one with its realm: they are of different identities.
    fn scope_of(&self, own: &Challenge) -> Option<Cow<'_, str>> {
        let of_replaced = || {
            let offered = || self.offered.iter().map(|offered| &offered.challenge);
            let mut of_scheme = offered().filter(|challenge| challenge.is(own.scheme()));
            let mut of_realm = of_scheme.clone().filter(|it| it.realm() == own.realm());
            let replaced = of_realm.next().or_else(|| of_scheme.next())?;
            replaced.param("scope").map(String::from_utf8_lossy)
        };
        self.scope.as_deref().map(Cow::Borrowed).or_else(of_replaced)
    }

    /// Returns the challenge as this stage sends it, if it does.
    pub(super) fn adapt(&self, challenge: &Challenge) -> Option<Challenge> {
        self.role.adapt(challenge.clone())
    }

    /// Returns the header values of the challenges for this denial, in order.
    pub(super) fn values<'a>(
        &'a self,
        selection: ChallengeSelection,
        denial: &'a Denial,
        target: ChallengeTarget,
        replacements: &'a Replacements,
    ) -> impl Iterator<Item = HeaderValue> {
        let form = match selection {
            ChallengeSelection::None => None,
            _ if target.is_dialog_free => self.instead_of_dialogs(),
            _ => None,
        };
        let others = form.is_none().then(|| {
            without_dialogs(target.suppresses_dialogs || target.is_dialog_free, move || {
                self.all_values(selection, denial, target.attempted, replacements)
            })
        });
        form.into_iter().chain(others.into_iter().flatten())
    }

    fn all_values<'a>(
        &'a self,
        selection: ChallengeSelection,
        denial: &'a Denial,
        attempted: Option<u8>,
        Replacements { dynamic, own }: &'a Replacements,
    ) -> impl Iterator<Item = HeaderValue> {
        let attempted = attempted.and_then(|index| self.scheme(index));
        let addition = move |challenge: &Challenge| {
            let is_attempted = attempted.is_some_and(|scheme| challenge.is(scheme));
            Addition::of(selection, is_attempted, challenge.takes_oauth_error())
        };
        let own_value = move |own: &Challenge| {
            let scope = self.scope_of(own);
            Some(addition(own)?.write(own, denial, Origin::Own, scope.as_deref()))
        };
        // Of Bearer and DPoP, the attempted one goes first (A15).
        let goes_first = move |(_, offered): &(usize, &PreparedChallenge)| {
            let is_attempted = attempted.is_some_and(|scheme| offered.challenge.is(scheme));
            offered.takes_oauth_error && is_attempted && !self.keeps_order
        };
        let indexed = || self.offered.iter().enumerate();
        let first = indexed().filter(goes_first);
        let in_order = first.chain(indexed().filter(move |offered| !goes_first(offered)));
        let offered = in_order.flat_map(move |(index, offered)| {
            let replacing = move |own: &&Challenge| offered.challenge.is(own.scheme());
            let is_replaced = own.iter().any(|own| replacing(&own));
            // Challenges of the identity's own replace all those of their scheme, once.
            let is_first = is_replaced
                && !self.offered.iter().take(index).any(|it| it.challenge.is(offered.scheme()));
            let replacing = own.iter().filter(move |own| is_first && replacing(own));
            let value = (!is_replaced).then(|| {
                let (challenge, scope) = (offered.challenge_in(dynamic.as_ref()), &self.scope);
                addition(challenge)
                    .map(|addition| offered.value(challenge, addition, denial, scope.as_deref()))
            });
            replacing.filter_map(own_value).chain(value.flatten())
        });
        let is_offered =
            |own: &Challenge| self.offered.iter().any(|it| it.challenge.is(own.scheme()));
        offered.chain(own.iter().filter(move |own| !is_offered(own)).filter_map(own_value))
    }

    /// Returns the challenge of a 401 for which no dialog may open, if all of these would open one.
    fn instead_of_dialogs(&self) -> Option<HeaderValue> {
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
