//! What an authenticated caller lacks and could get: scopes, a stronger authentication, a more
//! recent one. `all` merges requirements (E04), `any` chooses the lesser (E05).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::challenge::is_scope_token;

/// A text that is not a scope or an `acr` value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a scope or acr value: use one or more visible ASCII characters without spaces, \
     `\"` and `\\` (RFC 6749 §3.3); give several as a list"
)]
pub struct InvalidScopeToken(Box<str>);

/// What a caller lacks and could get: scopes S, acceptable `acr` values A, the largest age m.
///
/// ```
/// use std::time::Duration;
/// use portcullis::{Denial, Requirement};
///
/// let fresh = Requirement::scopes(["reports:read"])?.and_max_age(Duration::from_secs(300));
/// let denial = Denial::insufficient(fresh);
/// # Ok::<(), portcullis::policy::InvalidScopeToken>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// Sorted by bytes, each once.
    scopes: Vec<Arc<str>>,
    /// Sorted by preference, each once. An empty list cannot be met.
    acr: Option<Vec<Acr>>,
    /// In whole seconds.
    max_age: Option<u64>,
}

/// An acceptable `acr` value and its place in the order of preference.
///
/// The position is the sum of the positions that the value has in the merged lists. It is kept, and
/// not counted again in the merged list, so that merging is associative.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Acr {
    position: usize,
    value: Arc<str>,
}

impl Requirement {
    /// All of these scopes.
    ///
    /// # Errors
    ///
    /// [`InvalidScopeToken`] for a text that is not a scope (RFC 6749 §3.3).
    pub fn scopes<S: AsRef<str>>(
        scopes: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidScopeToken> {
        let mut scopes = scopes.into_iter().map(token).collect::<Result<Vec<_>, _>>()?;
        scopes.sort();
        scopes.dedup();
        Ok(Self { scopes, ..Self::default() })
    }

    /// One of these authentication context class references, the preferred one first
    /// (RFC 9470 §3).
    ///
    /// # Errors
    ///
    /// [`InvalidScopeToken`] for a text that is not an `acr` value.
    pub fn acr<S: AsRef<str>>(
        values: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidScopeToken> {
        let mut acr: Vec<Acr> = Vec::new();
        for (position, value) in values.into_iter().enumerate() {
            let value = token(value)?;
            if !acr.iter().any(|known| known.value == value) {
                acr.push(Acr { position, value });
            }
        }
        Ok(Self { acr: Some(acr), ..Self::default() })
    }

    /// An authentication no older than this, in whole seconds (RFC 9470 §3).
    pub fn max_age(age: Duration) -> Self {
        Self { max_age: Some(age.as_secs()), ..Self::default() }
    }

    /// This and an authentication no older than `age`.
    #[must_use]
    pub fn and_max_age(self, age: Duration) -> Self {
        self.and(&Self::max_age(age))
    }

    /// Both requirements: S ∪ S′, A ∩ A′, min(m, m′). A part that is not given accepts everything.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let acr = match (self.acr, &other.acr) {
            (Some(ours), Some(theirs)) => Some(intersection(&ours, theirs)),
            (ours, theirs) => ours.or_else(|| theirs.clone()),
        };
        let max_age = match (self.max_age, other.max_age) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        let mut scopes = self.scopes;
        scopes.extend_from_slice(&other.scopes);
        scopes.sort();
        scopes.dedup();
        Self { scopes, acr, max_age }
    }

    /// Whether it asks less (E05): it can be met, then needs no new authentication, then has fewer
    /// scopes, then comes first by bytes.
    pub(crate) fn is_lesser(&self, other: &Self) -> bool {
        self.compare(other).is_le()
    }

    /// A total order. Two requirements that are equal in it are the same in every later merge, which
    /// makes choosing the lesser one associative.
    fn compare(&self, other: &Self) -> Ordering {
        let by_demand = |it: &Self| (!it.can_be_met(), it.is_step_up(), it.scopes.len());
        by_demand(self)
            .cmp(&by_demand(other))
            .then_with(|| self.scopes.cmp(&other.scopes))
            .then_with(|| self.acr_values().cmp(&other.acr_values()))
            .then_with(|| self.max_age.cmp(&other.max_age))
            .then_with(|| self.acr.cmp(&other.acr))
    }

    /// Whether some authentication could satisfy it.
    pub fn can_be_met(&self) -> bool {
        self.acr.as_ref().is_none_or(|values| !values.is_empty())
    }

    /// Whether it asks for another authentication, and not only for scopes.
    pub fn is_step_up(&self) -> bool {
        self.acr.is_some() || self.max_age.is_some()
    }

    /// Whether every authentication satisfies it.
    pub(crate) fn is_empty(&self) -> bool {
        self.scopes.is_empty() && !self.is_step_up()
    }

    pub(crate) fn names_scopes(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// Adds the scopes that the caller has, so that the challenge lists all that the composition
    /// needs (C03). If they are not known it lists none.
    pub(crate) fn and_granted(self, granted: GrantedScopes) -> Self {
        if granted.incomplete {
            return Self { scopes: Vec::new(), ..self };
        }
        self.and(&Self { scopes: granted.scopes, ..Self::default() })
    }

    /// The scopes, separated by spaces, sorted by bytes; `None` if none is needed.
    pub fn scope(&self) -> Option<String> {
        (!self.scopes.is_empty()).then(|| spaced(self.scopes.iter()))
    }

    /// The scopes of a challenge whose configuration names `hint`: those, and after them the ones that
    /// this requires (C01, C03), each once; `None` if this requires none.
    pub(crate) fn scope_with(&self, hint: &str) -> Option<String> {
        if self.scopes.is_empty() {
            return None;
        }
        let mut scopes: Vec<&str> = Vec::new();
        let hinted = hint.split(' ').filter(|scope| !scope.is_empty());
        for scope in hinted.chain(self.scopes.iter().map(|scope| &**scope)) {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        Some(scopes.join(" "))
    }

    /// The acceptable `acr` values, separated by spaces, the preferred one first; `None` if every
    /// value is acceptable.
    pub fn acr_values(&self) -> Option<String> {
        self.acr.as_ref().map(|values| spaced(values.iter().map(|acr| &acr.value)))
    }

    /// The largest age of the authentication in seconds; `None` if every age is acceptable.
    pub fn max_age_seconds(&self) -> Option<u64> {
        self.max_age
    }
}

/// The scopes that the principal has, of those that a composition asks for.
///
/// Collected by [`Policy::granted_scopes`](crate::Policy::granted_scopes) when a request is refused
/// for want of scopes.
#[derive(Clone, Debug, Default)]
pub struct GrantedScopes {
    scopes: Vec<Arc<str>>,
    incomplete: bool,
}

impl GrantedScopes {
    /// Adds a scope.
    ///
    /// # Errors
    ///
    /// [`InvalidScopeToken`] for a text that is not a scope (RFC 6749 §3.3).
    pub fn add(&mut self, scope: &str) -> Result<(), InvalidScopeToken> {
        self.add_checked(token(scope)?);
        Ok(())
    }

    /// Says that some policy cannot tell which scopes it asks for. The challenge then omits
    /// `scope=` ([C03](crate::semantics#c03)).
    pub fn mark_incomplete(&mut self) {
        self.incomplete = true;
    }

    pub(crate) fn add_checked(&mut self, scope: Arc<str>) {
        self.scopes.push(scope);
    }
}

/// Checks one scope or `acr` value.
pub(crate) fn token(text: impl AsRef<str>) -> Result<Arc<str>, InvalidScopeToken> {
    let text = text.as_ref();
    if is_scope_token(text) { Ok(text.into()) } else { Err(InvalidScopeToken(text.into())) }
}

fn intersection(ours: &[Acr], theirs: &[Acr]) -> Vec<Acr> {
    let theirs: BTreeMap<&str, usize> =
        theirs.iter().map(|acr| (&*acr.value, acr.position)).collect();
    let mut both: Vec<Acr> = ours
        .iter()
        .filter_map(|acr| {
            let position = acr.position.saturating_add(*theirs.get(&*acr.value)?);
            Some(Acr { position, value: acr.value.clone() })
        })
        .collect();
    both.sort();
    both
}

fn spaced<'a>(values: impl Iterator<Item = &'a Arc<str>>) -> String {
    let mut text = String::new();
    for value in values {
        let separator = if text.is_empty() { "" } else { " " };
        let _ = write!(text, "{separator}{value}");
    }
    text
}
