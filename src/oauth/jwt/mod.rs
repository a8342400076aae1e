//! [`Jwt`]: verifies access tokens that are JWTs.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;

use super::cache::Cached;
use super::clock::Clock;
use super::keys::{Key, Keys};
use super::or_opaque::JwtOrOpaque;
use super::resource::Resource;
use super::source::TokenSource;
use super::token::Token;
use crate::denial::Unauthenticated;
use crate::identity::Verify;

/// Verifies access tokens that are JWTs.
pub struct Jwt<E = ()> {
    issuers: Vec<Keys>,
    audiences: Vec<Box<str>>,
    clock: Clock,
    extra: PhantomData<fn() -> E>,
}

crate::debug::opaque_debug!(Jwt<E>);

impl Jwt {
    /// Access tokens of the profile of RFC 9068, signed by these keys, for this resource.
    pub fn rfc9068(keys: Keys, resource: &Resource) -> Self {
        Self {
            issuers: vec![keys],
            audiences: vec![resource.identifier().into()],
            clock: Clock::default(),
            extra: PhantomData,
        }
    }

    /// Access tokens of issuers that do not follow RFC 9068 (`typ` may be `JWT` or missing).
    pub fn relaxed(keys: Keys, resource: &Resource) -> Self {
        Self::rfc9068(keys, resource)
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> Jwt<E> {
    /// Reads the claims of your own into this type.
    #[must_use]
    pub fn claims<C: DeserializeOwned + Send + Sync + 'static>(self) -> Jwt<C> {
        Jwt {
            issuers: self.issuers,
            audiences: self.audiences,
            clock: self.clock,
            extra: PhantomData,
        }
    }

    /// Accepts tokens of this issuer as well.
    #[must_use]
    pub fn and_issuer(mut self, keys: Keys) -> Self {
        self.issuers.push(keys);
        self
    }

    /// Accepts tokens for this audience as well.
    #[must_use]
    pub fn and_audience(mut self, audience: &str) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Accepts a clock of the issuer that differs by this much; 60 s unless set.
    #[must_use]
    pub fn leeway(self, leeway: Duration) -> Self {
        let _ = leeway;
        self
    }

    /// Tells the time, for tests.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self { clock: Clock::new(now), ..self }
    }

    /// Remembers up to `entries` verified tokens.
    pub fn cached(self, entries: usize) -> Cached<Self> {
        Cached::new(self, entries)
    }

    /// Verifies opaque tokens by `opaque`.
    pub fn or_opaque<O>(self, opaque: O) -> JwtOrOpaque<Self, O> {
        JwtOrOpaque::new(self, opaque)
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> Cached<Jwt<E>> {
    /// Verifies opaque tokens by `opaque`.
    pub fn or_opaque<O>(self, opaque: O) -> JwtOrOpaque<Self, O> {
        JwtOrOpaque::new(self, opaque)
    }
}

/// A JWT whose signature is right.
#[derive(Debug)]
pub struct Signed<E> {
    token: Token<E>,
    key: Arc<Key>,
}

impl<E> Clone for Signed<E> {
    fn clone(&self) -> Self {
        Self { token: self.token.clone(), key: self.key.clone() }
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> TokenSource for Jwt<E> {
    type Extra = E;
    type Checked = Signed<E>;

    fn check_now(&self, _: &str) -> Option<Result<Self::Checked, Unauthenticated>> {
        None
    }

    async fn check(&self, _: &str) -> Result<Self::Checked, Unauthenticated> {
        todo!()
    }

    fn judge(&self, signed: &Self::Checked) -> Option<Result<Token<E>, Unauthenticated>> {
        signed.key.is_current().then(|| Ok(signed.token.clone()))
    }

    fn public_prefix(token: &str) -> usize {
        token.rfind('.').map_or(0, |dot| dot + 1)
    }

    fn weight(_: &Self::Checked) -> usize {
        0
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> Verify<str> for Jwt<E> {
    type Principal = Token<E>;

    async fn verify(&self, token: &str) -> Result<Token<E>, Unauthenticated> {
        let signed = self.check(token).await?;
        self.judge(&signed).unwrap_or_else(|| todo!())
    }
}
