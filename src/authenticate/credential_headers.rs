//! What the stage reads of a request: which fields hold credentials, and whether they are there
//! once.

use http::header::{AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::challenge_set::ChallengeSet;
use crate::challenge::Credentials;
use crate::denial::{Denial, Unauthenticated};

/// The fields that the identities read.
#[derive(Clone, Debug)]
pub(super) struct CredentialHeaders {
    /// Each once, `Authorization` first if it is among them.
    fields: Box<[HeaderName]>,
    authorization: bool,
}

/// What was found in them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CredentialPresence {
    /// There is an `Authorization` field, and the stage reads it.
    pub(super) authorization: bool,
    /// Another field that the stage reads is there.
    pub(super) other: bool,
    /// The offered scheme that was attempted, by its place in the offer, as far as the request
    /// tells: the one that `Authorization` names, or the only one, whose only field is there.
    pub(super) attempted: Option<u8>,
}

/// Credentials are there more than once. Not a denial yet: every request is surveyed, and what has
/// no size costs those that are fine nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ambiguous;

impl From<Ambiguous> for Denial {
    fn from(_: Ambiguous) -> Self {
        Unauthenticated::ambiguous().into()
    }
}

impl CredentialPresence {
    /// Whether the credentials, if there were any, are those in `Authorization`.
    pub(super) fn by_authorization_alone(self) -> bool {
        self.authorization && self.attempted.is_some() && !self.other
    }
}

impl CredentialHeaders {
    pub(super) fn new(fields: Vec<HeaderName>) -> Self {
        let authorization = fields.contains(&AUTHORIZATION);
        let mut once: Vec<HeaderName> = Vec::new();
        for field in authorization.then_some(AUTHORIZATION).into_iter().chain(fields) {
            if !once.contains(&field) {
                once.push(field);
            }
        }
        Self { fields: once.into(), authorization }
    }

    /// All of them.
    pub(super) fn fields(&self) -> &[HeaderName] {
        &self.fields
    }

    /// Those but `Authorization`, which caches know to look at.
    #[inline]
    pub(super) fn others(&self) -> &[HeaderName] {
        &self.fields[usize::from(self.authorization)..]
    }

    /// Marks every credential as sensitive (A25). Returns whether there is an `Authorization` field.
    #[inline(always)]
    pub(super) fn mark(&self, headers: &mut HeaderMap) -> bool {
        let others = self.others();
        let mut has_authorization = false;
        for (name, value) in headers {
            let is_authorization = *name == AUTHORIZATION;
            let is_other = !others.is_empty() && others.contains(name);
            if is_authorization || *name == PROXY_AUTHORIZATION || is_other {
                value.set_sensitive(true);
            }
            has_authorization |= is_authorization;
        }
        has_authorization
    }

    /// Inspects the fields before an identity is asked. Returns what was found, and the line of
    /// `Authorization`, so that the identity need not look it up once more. It is not looked up if
    /// the caller knows that there is none.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`] if one is there twice, or if one credential is in two of them (A05).
    #[inline(always)]
    pub(super) fn scan<'a>(
        &self,
        headers: &'a HeaderMap,
        may_have_authorization: bool,
        offer: &ChallengeSet,
    ) -> Result<(CredentialPresence, Option<&'a HeaderValue>), Ambiguous> {
        let mut seen = CredentialPresence::default();
        let looks_it_up = self.authorization && may_have_authorization;
        let authorization = if looks_it_up { only_line(headers, &AUTHORIZATION)? } else { None };
        if let Some(value) = authorization {
            seen.authorization = true;
            seen.attempted = offer.attempted(value);
        }
        if !self.others().is_empty() {
            self.scan_others(headers, offer, &mut seen)?;
        }
        Ok((seen, authorization))
    }

    fn scan_others(
        &self,
        headers: &HeaderMap,
        offer: &ChallengeSet,
        seen: &mut CredentialPresence,
    ) -> Result<(), Ambiguous> {
        let mut present = usize::from(seen.authorization);
        for field in self.others() {
            // HTTP/2 may split cookies into several lines (RFC 9113 §8.2.3).
            let is_there = match *field {
                COOKIE => headers.contains_key(field),
                _ => only_line(headers, field)?.is_some(),
            };
            present += usize::from(is_there);
            seen.other |= is_there;
        }
        if present > 1 && self.is_one_in_two_fields(headers) {
            return Err(Ambiguous);
        }
        if seen.other && self.fields.len() == 1 && offer.len() == 1 && self.fields[0] != COOKIE {
            seen.attempted = Some(0);
        }
        Ok(())
    }

    /// Whether the same credential is in two fields.
    fn is_one_in_two_fields(&self, headers: &HeaderMap) -> bool {
        let sent = |field| credential(headers, field);
        let mut fields = self.fields.iter().enumerate();
        fields.any(|(index, field)| {
            sent(field)
                .is_some_and(|it| self.fields[..index].iter().any(|other| sent(other) == Some(it)))
        })
    }
}

/// The field's line, if there is no more than one.
#[inline]
fn only_line<'a>(
    headers: &'a HeaderMap,
    field: &HeaderName,
) -> Result<Option<&'a HeaderValue>, Ambiguous> {
    let mut lines = headers.get_all(field).iter();
    let line = lines.next();
    if lines.next().is_some() { Err(Ambiguous) } else { Ok(line) }
}

/// What is secret in a field: of `Authorization` what stands behind the scheme.
fn credential<'a>(headers: &'a HeaderMap, field: &HeaderName) -> Option<&'a [u8]> {
    let value = headers.get(field)?.as_bytes();
    match *field {
        AUTHORIZATION => Some(Credentials::parse(value)?.token68()?.as_bytes()),
        COOKIE => None,
        _ => Some(value),
    }
}
