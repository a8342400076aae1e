//! How a [`Jwt`] is verified: first what never changes, then what changes with time.

use std::mem::size_of;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::claims::Payload;
use super::header::Header;
use super::parts::Parts;
use super::{Issuer, Jwt};
use crate::denial::Unauthenticated;
use crate::identity::Verify;
use crate::oauth::keys::{Found, Key, KeySet, KeysUnavailable};
use crate::oauth::source::{TRIES, TokenSource};
use crate::oauth::token::{Claims, Token};
use crate::oauth::token_error::TokenError;

/// A JWT whose signature is right.
pub struct Signed<E> {
    token: Token<E>,
    key: Arc<Key>,
    /// About how many bytes the claims of the program's own keep on the heap.
    extra_weight: usize,
}

impl<E> Clone for Signed<E> {
    fn clone(&self) -> Self {
        Self { token: self.token.clone(), key: self.key.clone(), extra_weight: self.extra_weight }
    }
}

impl<E> std::fmt::Debug for Signed<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signed")
            .field("token", &self.token)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// How far a token was checked without waiting.
enum Attempt<'a, E> {
    Done(Result<Signed<E>, TokenError>),
    /// Its issuer may have a new key.
    NeedsKeys(&'a Issuer),
}

impl<E: DeserializeOwned + Send + Sync + 'static> Jwt<E> {
    /// Checks a token with the keys that are loaded, or with these.
    fn attempt(&self, token: &str, fetched: Option<&KeySet>) -> Attempt<'_, E> {
        match self.try_attempt(token, fetched) {
            Ok(attempt) => attempt,
            Err(error) => Attempt::Done(Err(error)),
        }
    }

    // From cheap to dear, and nothing is verified before the last step: what fails before it is invalid,
    // whatever else the token says.
    fn try_attempt(
        &self,
        token: &str,
        fetched: Option<&KeySet>,
    ) -> Result<Attempt<'_, E>, TokenError> {
        let parts = Parts::of(token)?;
        let header = Header::read(parts.header()?)?;
        let claims = parts.claims()?;
        let payload = Payload::read(claims, self.profile, &self.audiences)?;
        let issuer = self.issuer_of(&payload)?;
        if payload.is_for_us != Some(true) {
            return Err(TokenError::Audience);
        }
        self.profile.check(header.typ.as_deref(), &payload)?;
        if payload.is_bound {
            return Err(TokenError::Bound);
        }

        let loaded = if fetched.is_none() { issuer.keys.current() } else { None };
        let kid = header.kid.as_deref();
        let set = match fetched.or(loaded.as_deref()) {
            Some(set) => match set.find(kid, header.algorithm) {
                Found::Keys => set,
                Found::AnotherAlgorithm => return Err(TokenError::UnknownKey),
                Found::Nothing => return Ok(Attempt::NeedsKeys(issuer)),
            },
            None => return Ok(Attempt::NeedsKeys(issuer)),
        };
        let key = signer(set, &header, &parts)?;

        // The program's own type sees claims of verified tokens only.
        let extra = (self.extra)(claims)?;
        let extra_weight = if size_of::<E>() == 0 { 0 } else { claims.len() };
        let token = Token::new(kept(payload, issuer, extra));
        Ok(Attempt::Done(Ok(Signed { token, key: key.clone(), extra_weight })))
    }

    fn issuer_of(&self, payload: &Payload<'_>) -> Result<&Issuer, TokenError> {
        let named = payload.issuer.as_deref().ok_or(TokenError::Issuer)?;
        self.issuers.iter().find(|issuer| *issuer.name == *named).ok_or(TokenError::Issuer)
    }
}

/// The key that has signed the token.
pub(super) fn signer<'k>(
    set: &'k KeySet,
    header: &Header<'_>,
    parts: &Parts<'_>,
) -> Result<&'k Arc<Key>, TokenError> {
    let signature = parts.signature()?;
    let algorithm = header.algorithm;
    for key in set.matching(header.kid.as_deref(), algorithm) {
        if key.verify(algorithm, parts.message, &signature) {
            return Ok(key);
        }
    }
    Err(TokenError::Signature)
}

/// What a [`Token`] keeps of the claims.
fn kept<E>(payload: Payload<'_>, issuer: &Issuer, extra: E) -> Claims<E> {
    let owned = |text: Option<std::borrow::Cow<'_, str>>| text.map(Box::<str>::from);
    Claims {
        issuer: Some(issuer.name.clone()),
        subject: owned(payload.subject),
        client: owned(payload.client_id.or(payload.other_client)),
        scope: payload.scope.unwrap_or_default().into_boxed_str(),
        roles: payload.roles.to_boxes(),
        expires: payload.expires,
        // A token from the future is not valid yet: otherwise a clock that was set back would revive
        // each token that has expired.
        not_before: match (payload.not_before, payload.issued_at) {
            (Some(not_before), Some(issued_at)) => Some(not_before.max(issued_at)),
            (not_before, issued_at) => not_before.or(issued_at),
        },
        auth_time: payload.auth_time,
        acr: owned(payload.acr),
        id: owned(payload.id),
        extra,
    }
}

fn unavailable(keys: &KeysUnavailable) -> Unauthenticated {
    Unauthenticated::from(TokenError::KeysUnavailable).with_retry_after(keys.retry_after)
}

impl<E: DeserializeOwned + Send + Sync + 'static> TokenSource for Jwt<E> {
    type Extra = E;
    type Checked = Signed<E>;

    fn check_now(&self, token: &str) -> Option<Result<Signed<E>, Unauthenticated>> {
        match self.attempt(token, None) {
            Attempt::Done(result) => Some(result.map_err(Unauthenticated::from)),
            Attempt::NeedsKeys(issuer) => {
                issuer.keys.cannot_fetch().map(|keys| Err(unavailable(&keys)))
            }
        }
    }

    async fn check(&self, token: &str) -> Result<Signed<E>, Unauthenticated> {
        let issuer = match self.attempt(token, None) {
            Attempt::Done(result) => return result.map_err(Unauthenticated::from),
            Attempt::NeedsKeys(issuer) => issuer,
        };
        // Nothing of the first attempt is kept while this waits, so that the future stays small.
        let found = issuer.keys.find(|set| match self.attempt(token, Some(set)) {
            Attempt::Done(result) => Some(result),
            Attempt::NeedsKeys(_) => None,
        });
        match found.await {
            Ok(Some(result)) => result.map_err(Unauthenticated::from),
            Ok(None) => Err(TokenError::UnknownKey.into()),
            Err(keys) => Err(unavailable(&keys)),
        }
    }

    fn judge(&self, signed: Signed<E>) -> Option<Result<Token<E>, Unauthenticated>> {
        if !signed.key.is_current() {
            return None;
        }
        let claims = signed.token.claims();
        let now = self.clock.now();
        if claims.expires.is_some_and(|expires| now >= expires + self.leeway) {
            return Some(Err(TokenError::Expired.into()));
        }
        if claims.not_before.is_some_and(|not_before| now + self.leeway < not_before) {
            return Some(Err(TokenError::NotYetValid.into()));
        }
        Some(Ok(signed.token))
    }

    fn public_prefix(token: &str) -> usize {
        token.rfind('.').map_or(0, |dot| dot + 1)
    }

    fn weight(signed: &Signed<E>) -> usize {
        signed.token.claims().weight() + signed.extra_weight
    }
}

impl<E: DeserializeOwned + Send + Sync + 'static> Verify<str> for Jwt<E> {
    type Principal = Token<E>;

    async fn verify(&self, token: &str) -> Result<Token<E>, Unauthenticated> {
        for _ in 0..TRIES {
            let signed = self.check(token).await?;
            if let Some(result) = self.judge(signed) {
                return result;
            }
        }
        Err(TokenError::UnknownKey.into())
    }

    fn verify_now(&self, token: &str) -> Option<Result<Token<E>, Unauthenticated>> {
        match self.check_now(token)? {
            Ok(signed) => self.judge(signed),
            Err(refused) => Some(Err(refused)),
        }
    }
}
