//! What would help a caller who is known and not enough: scopes, a stronger authentication, a
//! more recent one. Merged by `all` (E04), chosen from by `any` (E05).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

use crate::challenge::is_scope_token;

/// A text that is no scope and no `acr` value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a scope or acr value: use one or more visible ASCII characters without spaces, \
     `\"` and `\\` (RFC 6749 §3.3); give several as a list"
)]
pub struct InvalidScopeToken(Box<str>);

/// What a caller lacks: scopes S, acceptable `acr` values A, the largest age m.
///
/// ```
/// use std::time::Duration;
/// use portcullis::{Denial, Requirement};
///
/// let need = Requirement::scopes(["reports:read"])?.and_max_age(Duration::from_secs(300));
/// let denial = Denial::insufficient(need);
/// # Ok::<(), portcullis::InvalidScopeToken>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// Sorted by bytes, each once.
    scopes: Vec<Arc<str>>,
    /// Sorted by preference, each once. `Some` of nothing cannot be met.
    acr: Option<Vec<Acr>>,
    /// In whole seconds.
    max_age: Option<u64>,
}

/// An acceptable `acr` value and its place in the order of preference.
///
/// The place is the sum of the positions that the value has in the lists that were merged. It is
/// kept, and not made anew from the merged list: only so is merging associative.
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
    /// [`InvalidScopeToken`] for a text that is no scope (RFC 6749 §3.3).
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
    /// [`InvalidScopeToken`] for a text that is no `acr` value.
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

    /// Both needs: S ∪ S′, A ∩ A′, min(m, m′). Where nothing is given everything is acceptable.
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

    /// Whether it asks less (E05): it can be met, then needs no new authentication, then has the
    /// fewer scopes, then comes first by bytes.
    pub(crate) fn is_lesser(&self, other: &Self) -> bool {
        self.compare(other).is_le()
    }

    /// A total order. Two needs that are equal in it are the same in every later merge, which is
    /// what makes choosing the lesser one associative.
    fn compare(&self, other: &Self) -> Ordering {
        let by_demand = |need: &Self| (!need.can_be_met(), need.is_step_up(), need.scopes.len());
        by_demand(self)
            .cmp(&by_demand(other))
            .then_with(|| self.scopes.cmp(&other.scopes))
            .then_with(|| self.acr_values().cmp(&other.acr_values()))
            .then_with(|| self.max_age.cmp(&other.max_age))
            .then_with(|| self.acr.cmp(&other.acr))
    }

    /// Whether any authentication at all could satisfy it.
    pub fn can_be_met(&self) -> bool {
        self.acr.as_ref().is_none_or(|values| !values.is_empty())
    }

    /// Whether it asks for another authentication, and not only for scopes.
    pub fn is_step_up(&self) -> bool {
        self.acr.is_some() || self.max_age.is_some()
    }

    /// Names the scopes that the caller holds already, so that the challenge can list all that
    /// the composition needs (C03).
    pub(crate) fn and_granted(self, held: GrantedScopes) -> Self {
        self.and(&Self { scopes: held.scopes, ..Self::default() })
    }

    /// The scopes, separated by spaces, sorted by bytes; `None` if none is needed.
    pub fn scope(&self) -> Option<String> {
        (!self.scopes.is_empty()).then(|| spaced(self.scopes.iter()))
    }

    /// The acceptable `acr` values, separated by spaces, the preferred one first; `None` if any
    /// will do.
    pub fn acr_values(&self) -> Option<String> {
        self.acr.as_ref().map(|values| spaced(values.iter().map(|acr| &acr.value)))
    }

    /// The largest age of the authentication in seconds; `None` if any will do.
    pub fn max_age_seconds(&self) -> Option<u64> {
        self.max_age
    }
}

/// The scopes that the caller holds and the composition asks for.
///
/// Collected by [`Policy::granted_scopes`](crate::Policy::granted_scopes), only once a request is
/// refused for want of scopes.
#[derive(Clone, Debug, Default)]
pub struct GrantedScopes {
    scopes: Vec<Arc<str>>,
}

impl GrantedScopes {
    /// Adds a scope.
    ///
    /// # Errors
    ///
    /// [`InvalidScopeToken`] for a text that is no scope (RFC 6749 §3.3).
    pub fn add(&mut self, scope: &str) -> Result<(), InvalidScopeToken> {
        self.add_checked(token(scope)?);
        Ok(())
    }

    pub(crate) fn add_checked(&mut self, scope: Arc<str>) {
        self.scopes.push(scope);
    }
}

/// One scope or `acr` value, checked.
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
