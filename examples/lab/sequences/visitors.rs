//! The state of each visitor: in a bounded number, for a bounded time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use portcullis::identity::MemoryReplayStore;
use portcullis::{HasAuthentication, HasScopes, Unauthenticated};

/// The most visitors at a time. Beyond it, those that have not come for longest are forgotten.
const MAX_VISITORS: u64 = 1000;
/// How long a visitor is remembered after its last request.
pub const IDLE: Duration = Duration::from_secs(30 * 60);
/// The most tokens, and the most lines of the report, of one visitor.
const MAX_TOKENS: usize = 16;
const MAX_SEEN: usize = 100;

/// All visitors, by their ids.
#[derive(Clone)]
pub struct Visitors(Cache<String, Arc<Visitor>>);

impl Visitors {
    pub fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(MAX_VISITORS)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(IDLE);
        Self(cache.build())
    }

    /// The visitor with this id, from its first request on.
    pub fn find(&self, id: &str) -> Arc<Visitor> {
        self.0.get_with_by_ref(id, Arc::default)
    }

    /// An id that no other visitor has.
    pub fn new_id() -> String {
        random()
    }

    /// Whether this is an id: 1 to 64 letters, digits, `-` and `_`.
    pub fn is_id(id: &str) -> bool {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        matches!(id.len(), 1..=64) && id.bytes().all(fits)
    }
}

/// How far a visitor is in each sequence.
pub struct Visitor {
    state: Mutex<State>,
    /// The key of its nonces.
    pub nonce_key: [u8; 32],
    pub nonces: Arc<MemoryReplayStore>,
}

#[derive(Default)]
struct State {
    tokens: VecDeque<Token>,
    refresh_tokens: VecDeque<(String, Grant)>,
    has_refused_first: bool,
    has_refused_nonce: bool,
    outages: u32,
    /// The number of the key that signs tokens, and how many requests it has served.
    key: u32,
    served_by_key: u32,
    seen: VecDeque<String>,
}

struct Token {
    text: String,
    grant: Grant,
    key: u32,
    uses: u32,
}

/// What a token allows.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    pub scopes: Vec<String>,
    pub acr: Option<String>,
    pub authenticated_at: Option<SystemTime>,
}

impl HasScopes for Grant {
    fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|held| held == scope)
    }
}

impl HasAuthentication for Grant {
    fn acr(&self) -> Option<&str> {
        self.acr.as_deref()
    }

    fn authenticated_at(&self) -> Option<SystemTime> {
        self.authenticated_at
    }
}

/// Which tokens a sequence accepts.
#[derive(Clone, Copy)]
pub enum Accepts {
    /// Each that was issued and not refused since.
    Issued,
    /// As `Issued`, but the first one is refused.
    AfterFirst,
    /// Each for so many requests.
    Times(u32),
    /// Those of the current key, which serves two requests.
    OfCurrentKey,
    /// As `Issued`, after two requests to which the store does not respond.
    AfterOutage,
}

impl Visitor {
    /// Whether a token is valid. A token that is refused is never valid again.
    pub fn accept(&self, text: &str, accepts: Accepts) -> Result<Grant, Unauthenticated> {
        let state = &mut *self.state();
        if matches!(accepts, Accepts::AfterOutage) && state.outages < 2 {
            state.outages += 1;
            return Err(Unauthenticated::unavailable());
        }
        let place = state.tokens.iter().position(|token| token.text == text);
        let place = place.ok_or_else(Unauthenticated::invalid)?;
        let token = &mut state.tokens[place];
        let refusal = match accepts {
            Accepts::Issued | Accepts::AfterOutage => None,
            Accepts::AfterFirst if state.has_refused_first => None,
            Accepts::AfterFirst => Some(Unauthenticated::expired()),
            Accepts::Times(times) if token.uses >= times => Some(Unauthenticated::expired()),
            Accepts::Times(_) => None,
            Accepts::OfCurrentKey if token.key != state.key => Some(Unauthenticated::invalid()),
            Accepts::OfCurrentKey => None,
        };
        if let Some(refusal) = refusal {
            state.has_refused_first |= matches!(accepts, Accepts::AfterFirst);
            state.tokens.remove(place);
            return Err(refusal);
        }
        let grant = token.grant.clone();
        match accepts {
            Accepts::Times(_) => token.uses += 1,
            Accepts::OfCurrentKey if state.served_by_key == 1 => {
                (state.key, state.served_by_key) = (state.key + 1, 0);
            }
            Accepts::OfCurrentKey => state.served_by_key += 1,
            _ => {}
        }
        Ok(grant)
    }

    /// A token that was never issued before, and the token with which to refresh it.
    pub fn issue(&self, grant: Grant) -> (String, String) {
        let state = &mut *self.state();
        let (text, refresh) = (random(), random());
        let token = Token { text: text.clone(), grant: grant.clone(), key: state.key, uses: 0 };
        push(&mut state.tokens, token, MAX_TOKENS);
        push(&mut state.refresh_tokens, (refresh.clone(), grant), MAX_TOKENS);
        (text, refresh)
    }

    /// What a refresh token allows. It is valid once.
    pub fn redeem(&self, refresh: &str) -> Option<Grant> {
        let state = &mut *self.state();
        let place = state.refresh_tokens.iter().position(|(text, _)| text == refresh)?;
        state.refresh_tokens.remove(place).map(|(_, grant)| grant)
    }

    /// Whether the nonce of a right Digest response is outdated: that of the first one is.
    pub fn is_nonce_outdated(&self) -> bool {
        !std::mem::replace(&mut self.state().has_refused_nonce, true)
    }

    /// Notes what was requested and how it was answered.
    pub fn note(&self, line: String) {
        push(&mut self.state().seen, line, MAX_SEEN);
    }

    /// The last hundred exchanges.
    pub fn seen(&self) -> Vec<String> {
        self.state().seen.iter().cloned().collect()
    }

    /// Begins all sequences anew.
    pub fn forget(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Visitor {
    fn default() -> Self {
        let mut nonce_key = [0; 32];
        getrandom::fill(&mut nonce_key).expect("random bytes");
        let nonces = Arc::new(MemoryReplayStore::with_max_nonces(MAX_TOKENS));
        Self { state: Mutex::default(), nonce_key, nonces }
    }
}

fn push<T>(queue: &mut VecDeque<T>, value: T, max: usize) {
    if queue.len() == max {
        queue.pop_front();
    }
    queue.push_back(value);
}

fn random() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("random bytes");
    URL_SAFE_NO_PAD.encode(bytes)
}
