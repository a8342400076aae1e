//! [`View`]: an exchange with what several checks need, read once.

use std::cell::OnceCell;

use http::header::{AUTHORIZATION, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE};
use http::uri::Scheme;
use http::{HeaderMap, HeaderName, StatusCode};

use crate::challenge::{ReceivedChallenge, ReceivedChallenges, ReceivedError, ReceivedParam};
use crate::grpc::{self, GrpcFraming};
use crate::login::RequestKind;

use super::connection;
use super::exchange::{Exchange, Sent};
use super::finding::Place;
use super::redact::Secrets;
use super::text::TextOnce;

pub(super) struct View<'a> {
    pub(super) exchange: Exchange<'a>,
    /// `WWW-Authenticate`.
    pub(super) origin: ChallengeHeader<'a>,
    /// `Proxy-Authenticate`.
    pub(super) proxy: ChallengeHeader<'a>,
    secrets: OnceCell<Secrets>,
    /// What no finding may show of several exchanges.
    shared_secrets: Option<&'a Secrets>,
    /// The body as text, read when a check asks for it.
    pub(super) text: TextOnce<'a>,
}

/// A header of challenges.
pub(super) struct ChallengeHeader<'a> {
    pub(super) name: HeaderName,
    /// The name as people write it.
    pub(super) title: &'static str,
    /// The status of the refusals that must have it.
    pub(super) status: StatusCode,
    /// The header in which a client answers it.
    pub(super) credentials: HeaderName,
    /// Those that were read. None if the header is absent, or has commas and spaces only.
    pub(super) challenges: Vec<ReceivedChallenge<'a>>,
    /// Where its lines break the grammar.
    pub(super) errors: Vec<ReceivedError>,
}

impl<'a> View<'a> {
    pub(super) fn new(exchange: Exchange<'a>) -> Self {
        Self {
            exchange,
            origin: ChallengeHeader::origin(exchange.headers),
            proxy: ChallengeHeader::proxy(exchange.headers),
            secrets: OnceCell::new(),
            shared_secrets: None,
            text: TextOnce::default(),
        }
    }

    /// An exchange among others, whose credentials no finding may show either.
    #[cfg_attr(not(feature = "testing"), allow(dead_code))]
    pub(super) fn among(exchange: Exchange<'a>, secrets: &'a Secrets) -> Self {
        Self { shared_secrets: Some(secrets), ..Self::new(exchange) }
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

    /// What no finding may show; read when something is found.
    pub(super) fn secrets(&self) -> &Secrets {
        self.shared_secrets
            .unwrap_or_else(|| self.secrets.get_or_init(|| Secrets::of([self.exchange])))
    }

    /// Both headers of challenges.
    pub(super) const fn challenge_headers(&self) -> [&ChallengeHeader<'a>; 2] {
        [&self.origin, &self.proxy]
    }

    /// What the client does with the response; `None` if the request is unknown.
    pub(super) fn request_kind(&self) -> Option<RequestKind> {
        let sent = self.request()?;
        Some(RequestKind::of(sent.method, sent.headers))
    }

    /// Whether TLS hides the exchange from the path; `None` if that is not known. A front server may have
    /// ended it, and says so.
    pub(super) fn is_encrypted(&self) -> Option<bool> {
        let sent = self.request();
        if sent.is_some_and(|sent| connection::ended_tls(sent.headers)) {
            return Some(true);
        }
        if let Some(is_encrypted) = self.exchange.is_encrypted {
            return Some(is_encrypted);
        }
        sent?.target.scheme().map(|scheme| *scheme == Scheme::HTTPS)
    }

    /// Whether the host of the request is this machine; `None` if the request does not say.
    pub(super) fn is_loopback(&self) -> Option<bool> {
        let sent = self.request()?;
        connection::host(sent.target, sent.headers).map(connection::is_loopback)
    }

    /// Whether the response is one of gRPC, whose status is `grpc-status`, and whose HTTP status is 200.
    pub(super) fn is_grpc(&self) -> bool {
        grpc::status(self.headers()).is_some() || GrpcFraming::of(self.headers()).is_some()
    }
}

impl<'a> ChallengeHeader<'a> {
    fn origin(headers: &'a HeaderMap) -> Self {
        let (name, title, credentials) = (WWW_AUTHENTICATE, "WWW-Authenticate", AUTHORIZATION);
        Self::read(headers, name, title, StatusCode::UNAUTHORIZED, credentials)
    }

    fn proxy(headers: &'a HeaderMap) -> Self {
        let (name, title) = (PROXY_AUTHENTICATE, "Proxy-Authenticate");
        let status = StatusCode::PROXY_AUTHENTICATION_REQUIRED;
        Self::read(headers, name, title, status, PROXY_AUTHORIZATION)
    }

    fn read(
        headers: &'a HeaderMap,
        name: HeaderName,
        title: &'static str,
        status: StatusCode,
        credentials: HeaderName,
    ) -> Self {
        let is_present = headers.contains_key(&name);
        let ReceivedChallenges { list, errors } = match is_present {
            true => ReceivedChallenges::parse(headers.get_all(&name)),
            false => ReceivedChallenges::default(),
        };
        Self { name, title, status, credentials, challenges: list, errors }
    }

    /// The challenges that were read.
    pub(super) fn iter(&self) -> impl Iterator<Item = &ReceivedChallenge<'a>> {
        self.challenges.iter()
    }

    /// Those of this scheme.
    pub(super) fn of(&self, scheme: &'static str) -> impl Iterator<Item = &ReceivedChallenge<'a>> {
        self.iter().filter(move |challenge| challenge.is(scheme))
    }

    /// Whether there is no challenge that a client could answer: the header is absent, empty, or commas.
    pub(super) const fn is_empty(&self) -> bool {
        self.challenges.is_empty() && self.errors.is_empty()
    }

    /// Where a challenge is.
    pub(super) fn place(&self, challenge: &ReceivedChallenge<'_>) -> Place {
        Place::header(self.name.clone(), challenge.line, challenge.bytes.clone())
    }

    /// Where a parameter is.
    pub(super) fn place_of_param(&self, param: &ReceivedParam<'_>) -> Place {
        Place::header(self.name.clone(), param.line, param.bytes.clone())
    }
}
