//! The cache around a verifier whose answers are known.

mod forgetting;

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::key::LookUpKey;
use super::store::BYTES_PER_ENTRY;
use super::*;
use crate::keyed_digest::Key;
use crate::oauth::token::Claims;

// ==== the verifier ====

/// Keys, clock and the number of checks of a [`Source`].
#[derive(Default)]
struct World {
    now: AtomicU64,
    dead_keys: Mutex<HashSet<u64>>,
    checks: AtomicU64,
}

impl World {
    fn is_dead(&self, key: u64) -> bool {
        self.dead_keys.lock().unwrap().contains(&key)
    }

    fn checks(&self) -> u64 {
        self.checks.load(Ordering::SeqCst)
    }
}

/// A token is `id,nbf,exp,key.secret`, and right if the secret is `s` and the id, padded.
struct Source {
    world: Arc<World>,
    waits: bool,
}

#[derive(Clone)]
struct Checked {
    token: Token<u64>,
    key: u64,
    padding: usize,
}

fn token(id: u64, not_before: u64, expires: u64, key: u64) -> String {
    format!("{id},{not_before},{expires},{key}.s{id:040}")
}

fn claims(id: u64, not_before: u64, expires: u64) -> Token<u64> {
    Token::new(Claims {
        issuer: None,
        subject: Some(id.to_string().into()),
        client: None,
        scope: "".into(),
        roles: Box::default(),
        #[allow(clippy::cast_precision_loss)]
        expires: Some(expires as f64),
        #[allow(clippy::cast_precision_loss)]
        not_before: Some(not_before as f64),
        auth_time: None,
        acr: None,
        id: None,
        extra: id,
    })
}

impl Source {
    fn establish(&self, token: &str) -> Result<Checked, Unauthenticated> {
        self.world.checks.fetch_add(1, Ordering::SeqCst);
        let (public, secret) = token.split_once('.').ok_or(TokenError::NotAJwt)?;
        let parts: Vec<u64> =
            public.split(',').filter_map(|part| part.trim().parse().ok()).collect();
        let &[id, not_before, expires, key] = &parts[..] else {
            return Err(TokenError::NotAJwt.into());
        };
        if self.world.is_dead(key) {
            return Err(TokenError::UnknownKey.into());
        }
        if secret != format!("s{id:040}") {
            return Err(TokenError::Signature.into());
        }
        let padding = public.len();
        Ok(Checked { token: claims(id, not_before, expires), key, padding })
    }
}

impl TokenSource for Source {
    type Extra = u64;
    type Checked = Checked;

    fn check_now(&self, token: &str) -> Option<Result<Checked, Unauthenticated>> {
        (!self.waits).then(|| self.establish(token))
    }

    async fn check(&self, token: &str) -> Result<Checked, Unauthenticated> {
        self.establish(token)
    }

    #[allow(clippy::cast_precision_loss)]
    fn judge(&self, checked: Checked) -> Option<Result<Token<u64>, Unauthenticated>> {
        if self.world.is_dead(checked.key) {
            return None;
        }
        let now = self.world.now.load(Ordering::SeqCst) as f64;
        let claims = checked.token.claims();
        Some(if claims.expires.is_some_and(|expires| now >= expires) {
            Err(TokenError::Expired.into())
        } else if claims.not_before.is_some_and(|not_before| now < not_before) {
            Err(TokenError::NotYetValid.into())
        } else {
            Ok(checked.token)
        })
    }

    fn public_prefix(token: &str) -> usize {
        token.rfind('.').map_or(0, |dot| dot + 1)
    }

    fn weight(checked: &Checked) -> usize {
        checked.padding
    }
}

fn cached(entries: usize) -> (Cached<Source>, Arc<World>) {
    let world = Arc::<World>::default();
    (Cached::new(Source { world: world.clone(), waits: false }, entries), world)
}

fn verdict(result: Result<Token<u64>, Unauthenticated>) -> Result<u64, TokenError> {
    result.map(|token| *token.extra()).map_err(why)
}

fn why(refusal: Unauthenticated) -> TokenError {
    let denial = crate::Denial::from(refusal);
    *denial.private_source().and_then(|source| source.downcast_ref()).unwrap()
}

/// A number that depends on the step only.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

// ==== the rows ====

#[test]
fn j50_a_hit_answers_what_verifying_anew_would() {
    let (cached, world) = cached(1000);
    let revoked = Arc::new(Mutex::new(HashSet::new()));
    let cached = {
        let revoked = revoked.clone();
        cached.revoked_by(move |token| revoked.lock().unwrap().contains(token.extra()))
    };
    let fresh = Source { world: world.clone(), waits: false };
    let mut numbers = Numbers(1);
    let mut answers = HashMap::new();
    let mut hits = 0;
    for step in 0..100_000 {
        match numbers.below(1000) {
            // The clock goes forwards and backwards.
            0..300 => world.now.store(numbers.below(1000), Ordering::SeqCst),
            300 => drop(world.dead_keys.lock().unwrap().insert(numbers.below(8))),
            301..303 => drop(world.dead_keys.lock().unwrap().remove(&numbers.below(8))),
            303 => drop(revoked.lock().unwrap().insert(numbers.below(400))),
            304..306 => drop(revoked.lock().unwrap().remove(&numbers.below(400))),
            306 => cached.forget_where(|token| token.extra() % 7 == 0),
            _ => {}
        }
        let id = numbers.below(400);
        let not_before = id * 2 % 500;
        let mut token = token(id, not_before, not_before + 300, id % 8);
        match numbers.below(20) {
            0 => token.push('x'),
            1 => token.insert(0, '7'),
            2 => cached.forget(&token),
            _ => {}
        }
        let before = world.checks();
        let now = verdict(cached.verify_now(&token).unwrap());
        hits += u32::from(world.checks() == before);
        let anew = fresh.check_now(&token).unwrap();
        let anew = anew.and_then(|checked| fresh.judge_fresh(checked).unwrap()).and_then(|token| {
            let is_revoked = revoked.lock().unwrap().contains(token.extra());
            if is_revoked { Err(TokenError::Revoked.into()) } else { Ok(token) }
        });
        let anew = verdict(anew);
        assert_eq!(now, anew, "step {step}: {token}");
        *answers.entry(anew.map(|_| ())).or_insert(0_u32) += 1;
    }
    // All kinds of answers, most of them by hits.
    assert!(answers.len() == 6 && answers.values().all(|count| *count > 100), "{answers:?}");
    assert!(hits > 40_000, "{hits}");
}

#[test]
fn j50_a_token_of_which_the_key_was_removed_is_verified_anew_and_replaced() {
    let (cached, world) = cached(100);
    let token = token(1, 0, 100, 3);
    assert_eq!(verdict(cached.verify_now(&token).unwrap()), Ok(1));
    assert_eq!((cached.len(), world.checks()), (1, 1));
    world.dead_keys.lock().unwrap().insert(3);
    assert!(cached.verify_now(&token).unwrap().is_err());
    assert_eq!((cached.len(), world.checks()), (0, 2));
    world.dead_keys.lock().unwrap().clear();
    assert_eq!(verdict(cached.verify_now(&token).unwrap()), Ok(1));
    assert_eq!(verdict(cached.verify_now(&token).unwrap()), Ok(1));
    assert_eq!((cached.len(), world.checks()), (1, 3));
}

#[test]
fn j51_the_cache_is_bounded_in_entries_and_in_bytes() {
    let (cached, world) = cached(100);
    let fill = |padding: usize| {
        for id in 0..3000 {
            let token = token(id, 0, 100, 0);
            cached.verify_now(&format!("{}{token}", " ".repeat(padding))).unwrap().unwrap();
        }
    };
    fill(0);
    assert!((60..=100).contains(&cached.len()), "{cached:?}");
    cached.forget_where(|_| true);
    fill(MAX_TOKEN - 100);
    assert!((1..=7).contains(&cached.len()), "{cached:?}");
    assert!(cached.inner.bytes() <= 100 * BYTES_PER_ENTRY as u64, "{cached:?}");
    // The longest token can be remembered in the smallest cache.
    let (smallest, world_of_it) = self::cached(0);
    let longest = format!("{}{}", " ".repeat(MAX_TOKEN - 51), token(1, 0, 100, 0));
    assert_eq!(longest.len(), MAX_TOKEN);
    for _ in 0..2 {
        smallest.verify_now(&longest).unwrap().unwrap();
    }
    assert_eq!(world_of_it.checks(), 1);
    // A longer one is not even hashed.
    let before = world.checks();
    let refusal = cached.verify_now(&format!(" {longest}")).unwrap().unwrap_err();
    assert_eq!(why(refusal), TokenError::TooLong);
    assert_eq!(world.checks(), before);
}

#[test]
fn j52_the_secret_part_of_a_token_is_not_in_the_cache() {
    let (cached, _) = cached(100);
    for id in 0..50 {
        cached.verify_now(&token(id, 0, 100, 0)).unwrap().unwrap();
    }
    let mut seen = 0;
    cached.inner.each_public(|public| {
        let public = str::from_utf8(public).unwrap();
        assert!(public.ends_with(",0,100,0."), "{public}");
        seen += 1;
    });
    assert_eq!(seen, 50);
    // Two caches have different keys, so what one dump shows is no use for another process.
    let (a, b) = (Key::new(), Key::new());
    let hash = |key: &Key| {
        let secret = LookUpKey::new(key, "secret", 0).secret;
        crate::keyed_digest::PrehashedState::default().hash_one(secret)
    };
    assert!(hash(&a) == hash(&a) && hash(&a) != hash(&b));
}

#[test]
fn j52_debug_prints_counts_only() {
    let (cached, _) = cached(100);
    let token = token(7, 0, 100, 0);
    cached.verify_now(&token).unwrap().unwrap();
    let printed = format!("{cached:?}");
    assert_eq!(
        printed,
        "Cached { tokens: 1, bytes: 2048, refusals: 0, checks_in_progress: 0, .. }"
    );
}

#[test]
fn j57_a_revoked_token_is_refused_whether_it_is_remembered_or_not() {
    let (cached, _) = cached(100);
    let revoked = Arc::new(AtomicBool::new(true));
    let hook = revoked.clone();
    let cached = cached.revoked_by(move |_| hook.load(Ordering::SeqCst));
    let token = token(7, 0, 100, 0);
    for is_revoked in [true, true, false, true, false] {
        revoked.store(is_revoked, Ordering::SeqCst);
        assert_eq!(cached.verify_now(&token).unwrap().is_err(), is_revoked);
        let clone = cached.clone();
        assert_eq!(clone.verify_now(&token).unwrap().is_err(), is_revoked);
    }
}

#[test]
fn j55_forgotten_tokens_are_verified_anew() {
    let (cached, world) = cached(1000);
    let tokens: Vec<_> = (0..100).map(|id| token(id, 0, 100, 0)).collect();
    let verify_all = || {
        let before = world.checks();
        tokens.iter().for_each(|token| drop(cached.verify_now(token).unwrap().unwrap()));
        world.checks() - before
    };
    assert_eq!((verify_all(), verify_all()), (100, 0));
    cached.forget(&tokens[5]);
    cached.clone().forget(&tokens[6]);
    assert_eq!((cached.len(), verify_all(), verify_all()), (98, 2, 0));
    cached.forget_where(|token| token.extra() % 10 == 0);
    assert_eq!((cached.len(), verify_all(), verify_all()), (90, 10, 0));
}

/// A source whose key is replaced during the first check.
struct Rotating(Source);

impl TokenSource for Rotating {
    type Extra = u64;
    type Checked = Checked;

    fn check_now(&self, token: &str) -> Option<Result<Checked, Unauthenticated>> {
        if self.0.waits { None } else { Some(self.establish(token)) }
    }

    async fn check(&self, token: &str) -> Result<Checked, Unauthenticated> {
        self.establish(token)
    }

    fn judge(&self, checked: Checked) -> Option<Result<Token<u64>, Unauthenticated>> {
        self.0.judge(checked)
    }

    fn public_prefix(token: &str) -> usize {
        Source::public_prefix(token)
    }

    fn weight(checked: &Checked) -> usize {
        Source::weight(checked)
    }
}

impl Rotating {
    /// The keys 0 and 1 are of one issuer, which publishes the second.
    fn establish(&self, token: &str) -> Result<Checked, Unauthenticated> {
        let mut checked = self.0.establish(token)?;
        checked.key = u64::from(!self.0.world.dead_keys.lock().unwrap().insert(0));
        Ok(checked)
    }
}

#[tokio::test]
async fn j50_a_key_that_is_replaced_during_a_check_is_no_outage() {
    for waits in [false, true] {
        let source = Source { world: Arc::default(), waits };
        let cached = Cached::new(Rotating(source), 100);
        assert_eq!(verdict(cached.verify(&token(1, 0, 100, 7)).await), Ok(1));
        assert_eq!(cached.len(), 1);
    }
}
