//! Which request headers hold credentials, and whether a request has each of them at most once.

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::challenge_set::ChallengeSet;
use crate::challenge::Credentials;
use crate::denial::{Denial, Unauthenticated};

/// The headers that the identities read.
#[derive(Clone, Debug)]
pub(super) struct CredentialHeaders {
    /// Each once, `Authorization` first if it is among them.
    names: Box<[HeaderName]>,
    /// Those whose lines are one list, so that there may be several.
    lists: Box<[HeaderName]>,
    has_authorization: bool,
}

/// Which credential headers a request has.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CredentialPresence {
    /// The request has `Authorization`, and the stage reads it.
    pub(super) authorization: bool,
    /// The request has another header that the stage reads.
    pub(super) other: bool,
    scheme: PresentScheme,
}

/// Of which scheme the credentials are, as far as the request shows.
#[derive(Clone, Copy, Debug, Default)]
enum PresentScheme {
    #[default]
    Unknown,
    /// The index of an offered scheme: the one that `Authorization` names, or the only one, if the
    /// request has its only header.
    Offered(u8),
    /// `Authorization` has credentials, and they are of no offered scheme. Only set for a stage that
    /// is observed.
    NotOffered,
}

/// Where `Authorization` is among the lines of a request head, in the order of their iteration.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AuthorizationLines {
    count: usize,
    last: usize,
}

impl AuthorizationLines {
    /// Whether there is such a line.
    #[inline]
    pub(super) fn any(self) -> bool {
        self.count > 0
    }

    /// Looks for `Authorization` again, in a request head that was changed.
    pub(super) fn find(headers: &HeaderMap) -> Self {
        let mut lines = Self::default();
        for (position, (name, _)) in headers.iter().enumerate() {
            if *name == AUTHORIZATION {
                lines = Self { count: lines.count + 1, last: position };
            }
        }
        lines
    }

    /// Returns the value, unless there is more than one. Few headers are before it, and to pass them
    /// takes less than to hash the name.
    #[inline]
    fn only(self, headers: &HeaderMap) -> Result<Option<&HeaderValue>, Ambiguous> {
        match self.count {
            0 => Ok(None),
            1 => {
                let line = headers.iter().nth(self.last);
                Ok(line.filter(|(name, _)| **name == AUTHORIZATION).map(|(_, value)| value))
            }
            _ => Err(Ambiguous),
        }
    }
}

/// The error for credentials that are there more than once. Zero-sized, so that the result of a
/// [scan](CredentialHeaders::scan), which every request needs, is no larger for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ambiguous;

impl From<Ambiguous> for Denial {
    fn from(_: Ambiguous) -> Self {
        Unauthenticated::ambiguous().into()
    }
}

impl CredentialPresence {
    /// Whether the request has credentials of an offered scheme in `Authorization`, and no others.
    pub(super) fn by_authorization_alone(self) -> bool {
        self.authorization && self.attempted().is_some() && !self.other
    }

    /// The index of the offered scheme that was attempted, as far as the request shows.
    #[inline]
    pub(super) fn attempted(self) -> Option<u8> {
        match self.scheme {
            PresentScheme::Offered(index) => Some(index),
            PresentScheme::Unknown | PresentScheme::NotOffered => None,
        }
    }

    /// Looks for credentials of a scheme that is not offered, for observers.
    #[inline]
    pub(super) fn find_scheme_not_offered(
        &mut self,
        headers: &HeaderMap,
        challenges: &ChallengeSet,
    ) {
        let is_unknown = matches!(self.scheme, PresentScheme::Unknown);
        let is_other = |value: &HeaderValue| {
            !value.as_bytes().trim_ascii().is_empty() && !challenges.names_scheme_of(value)
        };
        if is_unknown && headers.get_all(AUTHORIZATION).iter().any(is_other) {
            self.scheme = PresentScheme::NotOffered;
        }
    }

    /// Whether `Authorization` has credentials of a scheme that is not offered; `false` for a stage that
    /// is not observed.
    pub(super) fn has_scheme_not_offered(self) -> bool {
        matches!(self.scheme, PresentScheme::NotOffered)
    }
}

impl CredentialHeaders {
    pub(super) fn new(names: &[HeaderName], lists: &[HeaderName]) -> Self {
        let names = names.iter().cloned();
        let has_authorization = names.clone().any(|name| name == AUTHORIZATION);
        let mut unique: Vec<HeaderName> = Vec::new();
        for name in has_authorization.then_some(AUTHORIZATION).into_iter().chain(names) {
            if !unique.contains(&name) {
                unique.push(name);
            }
        }
        let lists = lists.iter().filter(|name| **name != AUTHORIZATION).cloned().collect();
        Self { names: unique.into(), lists, has_authorization }
    }

    /// Returns the names of all credential headers.
    pub(super) fn names(&self) -> &[HeaderName] {
        &self.names
    }

    /// Returns the names except `Authorization`, which has rules of its own in caches (RFC 9111 §3.5).
    #[inline]
    pub(super) fn others(&self) -> &[HeaderName] {
        &self.names[usize::from(self.has_authorization)..]
    }

    /// Marks every credential as sensitive (A25). Returns where `Authorization` is.
    #[inline(always)]
    pub(super) fn mark(&self, headers: &mut HeaderMap) -> AuthorizationLines {
        let others = self.others();
        let mut lines = AuthorizationLines::default();
        for (position, (name, value)) in headers.iter_mut().enumerate() {
            let is_authorization = *name == AUTHORIZATION;
            let is_other = !others.is_empty() && others.contains(name);
            if is_authorization || *name == PROXY_AUTHORIZATION || is_other {
                value.set_sensitive(true);
            }
            if is_authorization {
                lines = AuthorizationLines { count: lines.count + 1, last: position };
            }
        }
        lines
    }

    /// Inspects the credential headers before the identity runs. Returns which are there, and the
    /// value of `Authorization`, so that the identity need not look it up again.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`] if a header is there twice, or if two headers hold the same credential (A05).
    #[inline(always)]
    pub(super) fn scan<'a>(
        &self,
        headers: &'a HeaderMap,
        lines: AuthorizationLines,
        challenges: &ChallengeSet,
    ) -> Result<(CredentialPresence, Option<&'a HeaderValue>), Ambiguous> {
        let mut presence = CredentialPresence::default();
        let authorization = if self.has_authorization { lines.only(headers)? } else { None };
        if let Some(value) = authorization {
            presence.authorization = true;
            if let Some(index) = challenges.attempted(value) {
                presence.scheme = PresentScheme::Offered(index);
            }
        }
        if !self.others().is_empty() {
            self.scan_others(headers, challenges, &mut presence)?;
        }
        Ok((presence, authorization))
    }

    fn scan_others(
        &self,
        headers: &HeaderMap,
        challenges: &ChallengeSet,
        presence: &mut CredentialPresence,
    ) -> Result<(), Ambiguous> {
        let mut count = usize::from(presence.authorization);
        for name in self.others() {
            let is_present = if self.has_many_lines(name) {
                headers.contains_key(name)
            } else {
                only_value(headers, name)?.is_some()
            };
            count += usize::from(is_present);
            presence.other |= is_present;
        }
        if count > 1 && self.has_one_credential_twice(headers) {
            return Err(Ambiguous);
        }
        let has_one_header = self.names.len() == 1 && self.names[0] != COOKIE;
        if presence.other && has_one_header && challenges.has_one_scheme() {
            presence.scheme = PresentScheme::Offered(0);
        }
        Ok(())
    }

    /// Whether the lines of this header are one value: HTTP/2 may split cookies (RFC 9113 §8.2.3), and
    /// a list may come in several lines (RFC 9110 §5.3).
    fn has_many_lines(&self, name: &HeaderName) -> bool {
        *name == COOKIE || self.lists.contains(name)
    }

    /// Whether two headers hold the same credential.
    fn has_one_credential_twice(&self, headers: &HeaderMap) -> bool {
        let mut names = self.names.iter().enumerate();
        names.any(|(index, name)| {
            let before = &self.names[..index];
            self.credential(headers, name).is_some_and(|value| {
                before.iter().any(|other| self.credential(headers, other) == Some(value))
            })
        })
    }

    /// Returns the secret part of a header: of `Authorization`, what follows the scheme. Headers with
    /// several credentials, such as cookies, are not compared.
    fn credential<'a>(&self, headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a [u8]> {
        if self.has_many_lines(name) {
            return None;
        }
        let value = headers.get(name)?.as_bytes();
        match *name {
            AUTHORIZATION => Some(Credentials::parse(value)?.opaque_token()?.as_bytes()),
            _ => Some(value),
        }
    }
}

/// Returns the header's value, unless it has more than one.
#[inline]
fn only_value<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'a HeaderValue>, Ambiguous> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    if values.next().is_some() { Err(Ambiguous) } else { Ok(value) }
}
