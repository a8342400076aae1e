//! [`View`]: an exchange with what several checks need, read once.

use http::header::{AUTHORIZATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, StatusCode};

use crate::challenge::{ParseError, ReceivedChallenge};

use super::exchange::{Exchange, Sent};
use super::text::TextOnce;

pub(super) struct View<'a> {
    pub(super) exchange: Exchange<'a>,
    /// `WWW-Authenticate`.
    pub(super) origin: ChallengeHeader<'a>,
    /// `Proxy-Authenticate`.
    pub(super) proxy: ChallengeHeader<'a>,
    /// The body as text, read when a check asks for it.
    pub(super) text: TextOnce<'a>,
}

/// A header of challenges.
pub(super) struct ChallengeHeader<'a> {
    pub(super) name: HeaderName,
    /// Whether the header is there at all.
    pub(super) is_present: bool,
    /// Empty if the header is absent, or has commas and spaces only.
    pub(super) challenges: Result<Vec<ReceivedChallenge<'a>>, ParseError>,
}

impl<'a> View<'a> {
    pub(super) fn new(exchange: Exchange<'a>) -> Self {
        Self {
            exchange,
            origin: ChallengeHeader::read(exchange.headers, WWW_AUTHENTICATE),
            proxy: ChallengeHeader::read(exchange.headers, PROXY_AUTHENTICATE),
            text: TextOnce::default(),
        }
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.exchange.status
    }

    pub(super) const fn headers(&self) -> &'a HeaderMap {
        self.exchange.headers
    }

    pub(super) const fn body(&self) -> &'a [u8] {
        self.exchange.body
    }

    /// `None` if the request is unknown.
    pub(super) const fn request(&self) -> Option<Sent<'a>> {
        self.exchange.request
    }

    /// Both headers of challenges.
    pub(super) const fn challenge_headers(&self) -> [&ChallengeHeader<'a>; 2] {
        [&self.origin, &self.proxy]
    }

    /// Whether the request had `Authorization` or `Proxy-Authorization`; `None` if the request is unknown.
    pub(super) fn has_credentials(&self) -> Option<bool> {
        let sent = self.request()?;
        Some(
            [AUTHORIZATION, PROXY_AUTHORIZATION].iter().any(|name| sent.headers.contains_key(name)),
        )
    }
}

impl<'a> ChallengeHeader<'a> {
    fn read(headers: &'a HeaderMap, name: HeaderName) -> Self {
        let is_present = headers.contains_key(&name);
        let challenges = ReceivedChallenge::parse(headers.get_all(&name));
        Self { name, is_present, challenges }
    }

    /// The challenges; none if the header does not parse.
    pub(super) fn iter(&self) -> impl Iterator<Item = &ReceivedChallenge<'a>> {
        self.challenges.iter().flatten()
    }

    /// Whether there is no challenge that a client could answer: the header is absent, empty, or commas.
    pub(super) fn is_empty(&self) -> bool {
        self.challenges.as_ref().is_ok_and(Vec::is_empty)
    }
}
