//! [`Introspection`]: asks the authorization server about opaque tokens (RFC 7662).

use std::marker::PhantomData;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::cache::Cached;
use super::fetch::{BoxFetch, Fetch};
use super::resource::Resource;
use super::source::TokenSource;
use super::token::Token;
use super::url::InvalidUrl;
use crate::denial::Unauthenticated;
use crate::identity::Verify;

/// How this service authenticates at the introspection endpoint.
#[derive(Clone)]
pub struct ClientAuth {}

impl ClientAuth {
    /// By `Authorization: Basic` (RFC 6749 §2.3.1).
    pub fn basic(id: &str, secret: &str) -> Self {
        let _ = (id, secret);
        todo!()
    }
}

impl std::fmt::Debug for ClientAuth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientAuth")
    }
}

/// Verifies tokens by asking the authorization server (RFC 7662).
pub struct Introspection<E = ()> {
    _fetch: BoxFetch,
    extra: PhantomData<fn() -> E>,
}

crate::debug::opaque_debug!(Introspection<E>);

impl Introspection {
    /// Asks this endpoint, with this HTTP client, about tokens for this resource.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`]
    pub fn at(
        url: &str,
        fetch: impl Fetch,
        auth: ClientAuth,
        resource: &Resource,
    ) -> Result<Self, InvalidUrl> {
        let _ = (url, auth, resource);
        Ok(Self { _fetch: BoxFetch::new(fetch), extra: PhantomData })
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> Introspection<E> {
    /// Remembers up to `entries` tokens, each for `time` at most.
    pub fn cached(self, entries: usize, time: Duration) -> Cached<Self> {
        let _ = time;
        Cached::new(self, entries)
    }
}

/// What the authorization server has said of a token.
#[derive(Debug)]
pub struct Introspected<E>(Token<E>);

impl<E> Clone for Introspected<E> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> TokenSource for Introspection<E> {
    type Extra = E;
    type Checked = Introspected<E>;

    fn check_now(&self, _: &str) -> Option<Result<Self::Checked, Unauthenticated>> {
        None
    }

    async fn check(&self, _: &str) -> Result<Self::Checked, Unauthenticated> {
        todo!()
    }

    fn judge(&self, checked: &Self::Checked) -> Option<Result<Token<E>, Unauthenticated>> {
        Some(Ok(checked.0.clone()))
    }

    fn public_prefix(_: &str) -> usize {
        0
    }

    fn weight(_: &Self::Checked) -> usize {
        0
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> Verify<str> for Introspection<E> {
    type Principal = Token<E>;

    async fn verify(&self, token: &str) -> Result<Token<E>, Unauthenticated> {
        let checked = self.check(token).await?;
        self.judge(&checked).unwrap_or_else(|| todo!())
    }
}
