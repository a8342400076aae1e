//! What the clones of a [`Cached`](super::Cached) share.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::flights::{Flights, Landed};
use super::generations::Generations;
use super::key::LookUpKey;
use super::store::{Refusals, Store};
use crate::denial::{Cause, Unauthenticated};
use crate::keyed_digest::{Digest, Key};
use crate::oauth::source::{TRIES, TokenSource};
use crate::oauth::token::Token;
use crate::oauth::token_error::TokenError;

pub(super) type Verdict<S> = Result<Token<<S as TokenSource>::Extra>, Unauthenticated>;
type Checked<S> = Result<<S as TokenSource>::Checked, Unauthenticated>;

/// Why no check was begun.
enum NoFlight<S: TokenSource> {
    /// The verdict is there.
    Known(Verdict<S>),
    /// There is no runtime for it.
    NoRuntime,
}

pub(super) struct Inner<S: TokenSource> {
    source: S,
    key: Key,
    store: Store<S>,
    refusals: Refusals,
    flights: Flights<S::Checked>,
    generations: Generations,
}

impl<S: TokenSource> Inner<S> {
    pub(super) fn new(source: S, entries: usize) -> Self {
        Self {
            source,
            key: Key::new(),
            store: Store::new(entries),
            refusals: Refusals::new(if S::ASKS { entries } else { 0 }),
            flights: Flights::new(),
            generations: Generations::new(),
        }
    }

    fn look_up_key<'a>(&self, token: &'a str) -> LookUpKey<'a> {
        LookUpKey::new(&self.key, token, S::public_prefix(token))
    }

    /// The verdict on a token, if it can be had without waiting.
    pub(super) fn verify_now(&self, token: &str) -> Option<Verdict<S>> {
        self.verify_by_key_now(&self.look_up_key(token), token)
    }

    fn verify_by_key_now(&self, key: &LookUpKey<'_>, token: &str) -> Option<Verdict<S>> {
        if let Some(known) = self.known(key) {
            return Some(known);
        }
        if S::ASKS {
            return None;
        }
        let generation = self.generations.now(&key.secret);
        let checked = self.source.check_now(token)?;
        self.remember(key, generation, &checked);
        self.judge_fresh(checked)
    }

    fn known(&self, key: &LookUpKey<'_>) -> Option<Verdict<S>> {
        let hit = self.store.get(key).and_then(|checked| self.source.judge(checked));
        if hit.is_some() || !S::ASKS {
            return hit;
        }
        self.refusals.get(&key.secret).map(Err)
    }

    /// `None` if the key was removed while it was in use.
    fn judge_fresh(&self, checked: Checked<S>) -> Option<Verdict<S>> {
        match checked {
            Ok(checked) => self.source.judge_fresh(checked),
            Err(refusal) => Some(Err(refusal)),
        }
    }

    /// As [`judge_fresh`](Self::judge_fresh), of what is not checked again.
    fn judge_answer(&self, checked: Checked<S>) -> Verdict<S> {
        self.judge_fresh(checked).unwrap_or_else(|| Err(TokenError::UnknownKey.into()))
    }

    /// Remembers the result of a check that began in this generation.
    fn remember(&self, key: &LookUpKey<'_>, generation: u64, checked: &Checked<S>) {
        match checked {
            Ok(checked) => self.generations.store(&key.secret, generation, || {
                self.store.insert(key, checked.clone());
            }),
            // The check could not be made, so nothing new is known.
            Err(refusal) if refusal.cause() == Cause::Unavailable => {}
            Err(refusal) => {
                self.store.remove(key);
                if let Some(time) = self.source.refusal_time(refusal) {
                    let until = Instant::now() + time;
                    self.generations.store(&key.secret, generation, || {
                        self.refusals.insert(key.secret, refusal.clone(), until);
                    });
                }
            }
        }
    }

    /// The verdict on a token.
    pub(super) async fn verify(self: &Arc<Self>, token: &str) -> Verdict<S> {
        let key = self.look_up_key(token);
        if let Some(verdict) = self.verify_by_key_now(&key, token) {
            return verdict;
        }
        if !S::ASKS {
            for _ in 0..TRIES {
                let generation = self.generations.now(&key.secret);
                let checked = self.source.check(token).await;
                self.remember(&key, generation, &checked);
                if let Some(verdict) = self.judge_fresh(checked) {
                    return verdict;
                }
            }
            return Err(TokenError::UnknownKey.into());
        }
        match self.join(&key, token) {
            Ok(mut landed) => {
                let landed = landed.wait_for(Option::is_some).await;
                // The sender is dropped without a result if the check panics, or its runtime ends.
                let checked = landed.ok().and_then(|landed| landed.clone());
                self.judge_answer(checked.unwrap_or(Err(Unauthenticated::internal_error())))
            }
            Err(NoFlight::Known(verdict)) => verdict,
            Err(NoFlight::NoRuntime) => self.judge_answer(self.source.check(token).await),
        }
    }

    /// Joins the check of this token, or begins it in a task of its own, which outlives this request.
    fn join(
        self: &Arc<Self>,
        key: &LookUpKey<'_>,
        token: &str,
    ) -> Result<watch::Receiver<Landed<S::Checked>>, NoFlight<S>> {
        let secret = key.secret;
        let generation = self.generations.now(&secret);
        let mut begun = None;
        let joined = self.flights.join(&secret, generation, || {
            // A check that has landed since the look-up.
            if let Some(known) = self.known(key) {
                return Err(NoFlight::Known(known));
            }
            if let Some(now) = self.source.check_now(token) {
                return Err(NoFlight::Known(self.judge_answer(now)));
            }
            let runtime = Handle::try_current().map_err(|_| NoFlight::NoRuntime)?;
            let (sender, landed) = watch::channel(None);
            begun = Some((runtime, sender));
            Ok(landed)
        });
        // Not while the table is locked: a runtime that shuts down drops the task, and what it owns, at once.
        if let Some((runtime, sender)) = begun {
            let token = Zeroizing::new(token.to_owned());
            let public = key.public_length();
            let flight = InTable { inner: self.clone(), secret, generation };
            runtime.spawn(async move {
                let inner = &flight.inner;
                let checked = inner.source.check(&token).await;
                let key = LookUpKey::from_parts(secret, &token, public);
                inner.remember(&key, generation, &checked);
                drop(flight);
                // Each of the waiting requests may be gone.
                let _ = sender.send(Some(checked));
            });
        }
        joined
    }

    pub(super) fn forget(&self, token: &str) {
        let key = self.look_up_key(token);
        self.generations.next(&key.secret);
        self.store.remove(&key);
        self.refusals.remove(&key.secret);
    }

    /// Forgets the tokens of which this is true. What is outdated goes too.
    pub(super) fn forget_where(&self, is_meant: impl Fn(&Token<S::Extra>) -> bool) {
        self.generations.next_of_all();
        self.refusals.clear();
        self.store.retain(|checked| match self.source.judge(checked.clone()) {
            Some(Ok(token)) => !is_meant(&token),
            _ => false,
        });
    }

    pub(super) fn len(&self) -> usize {
        self.store.len()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.store.bytes()
    }

    pub(super) fn refusals(&self) -> usize {
        self.refusals.len()
    }

    pub(super) fn flights(&self) -> usize {
        self.flights.len()
    }

    #[cfg(test)]
    pub(super) fn each_public(&self, see: impl FnMut(&[u8])) {
        self.store.each_public(see);
    }

    #[cfg(test)]
    pub(super) fn group(&self, token: &str) -> usize {
        self.look_up_key(token).secret.stripe()
    }
}

/// A check in the table, which leaves it also if the check panics.
struct InTable<S: TokenSource> {
    inner: Arc<Inner<S>>,
    secret: Digest,
    generation: u64,
}

impl<S: TokenSource> Drop for InTable<S> {
    fn drop(&mut self) {
        self.inner.flights.remove(&self.secret, self.generation);
    }
}
