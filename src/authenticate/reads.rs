//! What the stage reads of a request: which fields hold credentials, and whether they are there
//! once.

use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::offer::Offer;
use crate::challenge::Credentials;
use crate::denial::{Denial, Unauthenticated};

/// The fields that the identities read.
#[derive(Clone, Debug)]
pub(super) struct Reads {
    /// Each once, `Authorization` first if it is among them.
    fields: Box<[HeaderName]>,
    authorization: bool,
}

/// What was found in them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
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

impl Seen {
    /// Whether the credentials, if there were any, are those in `Authorization`.
    pub(super) fn by_authorization_alone(self) -> bool {
        self.authorization && self.attempted.is_some() && !self.other
    }
}

impl Reads {
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
    pub(super) fn others(&self) -> &[HeaderName] {
        &self.fields[usize::from(self.authorization)..]
    }

    /// Looks at the fields before anybody is asked.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`] if one is there twice, or if one credential is in two of them (A05).
    pub(super) fn survey(&self, headers: &HeaderMap, offer: &Offer) -> Result<Seen, Ambiguous> {
        let mut seen = Seen::default();
        if self.authorization
            && let Some(value) = only_line(headers, &AUTHORIZATION)?
        {
            seen.authorization = true;
            seen.attempted = offer.attempted(value);
        }
        for (index, field) in self.others().iter().enumerate() {
            // HTTP/2 may split cookies into several lines (RFC 9113 §8.2.3).
            if *field == COOKIE {
                seen.other |= headers.contains_key(field);
                continue;
            }
            let Some(value) = only_line(headers, field)? else { continue };
            seen.other = true;
            if self.fields.len() == 1 && offer.len() == 1 {
                seen.attempted = Some(0);
            }
            let earlier = &self.fields[..usize::from(self.authorization) + index];
            if earlier.iter().any(|it| credential(headers, it) == Some(value.as_bytes())) {
                return Err(Ambiguous);
            }
        }
        Ok(seen)
    }
}

/// The field's line, if there is no more than one.
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
