//! [`Keys`]: the keys with which an issuer signs its tokens.

mod algorithm;
mod budget;
mod discovery;
mod document;
mod fetch_keys_error;
mod flight;
mod jwk;
mod key;
mod remote;
mod report;
mod set;
mod source;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub(super) use algorithm::Algorithm;
pub use fetch_keys_error::FetchKeysError;
pub(super) use key::Key;
pub(super) use set::{Found, KeySet};

use self::discovery::Discovery;
use self::remote::Remote;
use self::source::Source;
use super::fetch::{BoxFetch, Fetch};
use super::url::{InvalidUrl, server_url};

/// The keys with which an issuer signs its tokens.
///
/// ```
/// # #[cfg(feature = "fetch")] {
/// use portcullis::oauth::{HttpClient, Keys};
///
/// # fn keys() -> Result<Keys, Box<dyn std::error::Error>> {
/// let keys = Keys::of_issuer("https://login.example.com", HttpClient::new()?)?;
/// # Ok(keys)
/// # }
/// # }
/// ```
///
/// # When keys are fetched
///
/// 1. With the first token of the issuer, or by [`load`](Self::load). A service starts without its
///    issuer; until keys are there, its tokens get 503 with `Retry-After`
///    ([J33](crate::semantics#j33)).
/// 2. In the background, 10 minutes after they were fetched ([`refresh_after`](Self::refresh_after)),
///    also while no request arrives ([J34](crate::semantics#j34)). `Cache-Control` of the response is not
///    looked at: it would let an issuer that permits a day of caching keep a key valid that it has
///    withdrawn.
/// 3. When a token names a key that is not there: the issuer may have new ones. Such a token gets 401 only
///    once keys that were fetched *later* lack it as well. A stranger can send any number of them, so
///    these fetches have a [budget](Self::fetch_budget); beyond it they get 503 with the wait until the
///    next one ([J35](crate::semantics#j35)).
///
/// Failures, such as an outage, a redirect, a page of HTML or a set without a usable key, keep the keys
/// that are there, without a limit of time: tokens whose keys are known are not affected
/// ([J37](crate::semantics#j37)). The next attempt follows after 1 s, and after twice the wait each
/// further time, 30 s at most. An operator sees each failure as an event (feature `tracing`), and can ask
/// for the [last one](Self::last_failure).
///
/// A key that is not in the set any more verifies nothing from then on, tokens in a cache included.
///
/// A copy shares the keys with the original. Keys are fetched on the Tokio runtime of the request that
/// needs them; this runtime has to have a time driver.
#[derive(Clone)]
pub struct Keys {
    issuer: Arc<str>,
    kind: Arc<Kind>,
}

enum Kind {
    Given(Arc<KeySet>),
    Remote(Fetched),
}

/// Keys that are fetched, and whose task ends with the last copy of `Keys`.
struct Fetched(Arc<Remote>);

impl Drop for Fetched {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// When keys are fetched.
#[derive(Clone, Copy, Debug)]
struct Settings {
    refresh_after: Duration,
    time_limit: Duration,
    burst: u32,
    refill: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            refresh_after: Duration::from_secs(10 * 60),
            time_limit: Duration::from_secs(5),
            burst: 5,
            refill: Duration::from_secs(30),
        }
    }
}

/// A key set that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidKeys {
    /// Not a JWK set (RFC 7517 §5).
    #[error("not a JWK set: an object with an array `keys` is needed")]
    NotASet,
    /// The set has no key that can verify a signature.
    #[error("the key set has no key that verifies signatures")]
    Empty,
    /// The issuer is not a URL that an issuer can have.
    #[error(transparent)]
    Issuer(#[from] InvalidUrl),
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

/// Why no key set could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeysUnavailable {
    /// When the next attempt may succeed.
    pub(super) retry_after: Duration,
}

impl Keys {
    /// The keys of this issuer, found by discovery (RFC 8414, OpenID Connect Discovery 1.0).
    ///
    /// The metadata are read at the first of these addresses that has them, for the issuer
    /// `https://host/path`:
    ///
    /// - `https://host/.well-known/oauth-authorization-server/path`
    /// - `https://host/.well-known/openid-configuration/path`
    /// - `https://host/path/.well-known/openid-configuration`
    ///
    /// Their `issuer` has to be exactly this one, including a `/` at the end or its absence
    /// ([J31](crate::semantics#j31)). They are read again after an hour, and after keys could not be
    /// fetched, because the keys may have moved.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`] unless the issuer is an `https` URL without query and fragment (RFC 8414 §2);
    /// `http` is accepted for an issuer on this machine itself.
    pub fn of_issuer(issuer: &str, fetch: impl Fetch) -> Result<Self, InvalidUrl> {
        let issuer = Arc::from(issuer);
        let discovery = Discovery::new(Arc::clone(&issuer))?;
        Ok(Self::remote(issuer, Source::discovered(discovery, BoxFetch::new(fetch))))
    }

    /// The keys of this issuer, a JWK set (RFC 7517 §5) at this URL. For an issuer without metadata, or
    /// with metadata that name another issuer than its tokens do.
    ///
    /// The issuer is compared with `iss`, byte for byte. It does not have to be a URL.
    ///
    /// # Errors
    ///
    /// [`InvalidUrl`] unless the URL is absolute and begins with `https` (`http` is accepted for this
    /// machine itself), and if the issuer is empty.
    pub fn at(issuer: &str, url: &str, fetch: impl Fetch) -> Result<Self, InvalidUrl> {
        let url = server_url(url)?;
        let issuer = not_empty(issuer)?;
        Ok(Self::remote(issuer, Source::at(url, BoxFetch::new(fetch))))
    }

    /// These keys of this issuer, a JWK set (RFC 7517 §5). They are never fetched. Shared secrets
    /// (`"kty": "oct"`) are accepted here, and only here.
    ///
    /// The issuer is compared with `iss`, byte for byte. It does not have to be a URL.
    ///
    /// ```
    /// use portcullis::oauth::Keys;
    ///
    /// let jwks = r#"{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "2026-11",
    ///     "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    /// let keys = Keys::given("https://login.example.com", jwks)?;
    /// # Ok::<(), portcullis::oauth::InvalidKeys>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidKeys`]
    pub fn given(issuer: &str, jwks: &str) -> Result<Self, InvalidKeys> {
        let issuer = not_empty(issuer)?;
        let keys = KeySet::parse(jwks.as_bytes(), false, None)?;
        Ok(Self { issuer, kind: Arc::new(Kind::Given(Arc::new(keys))) })
    }

    fn remote(issuer: Arc<str>, source: Source) -> Self {
        let remote = Remote::new(issuer.clone(), Arc::new(source), Settings::default());
        Self { issuer, kind: Arc::new(Kind::Remote(Fetched(Arc::new(remote)))) }
    }

    /// Fetches the keys again after this time, in the background; 10 minutes unless set, 1 s at least. It
    /// is the time for which a key can still verify tokens after the issuer has removed it.
    ///
    /// As the other settings, it is for the keys on which it is called, and for copies that are made
    /// afterwards.
    #[must_use]
    pub fn refresh_after(self, time: Duration) -> Self {
        self.with(|settings| settings.refresh_after = time.max(Duration::from_secs(1)))
    }

    /// Gives up an attempt to fetch the keys, including the metadata, after this time; 5 s unless set. A
    /// request that needs them waits for at most two attempts: one in progress, and its own.
    #[must_use]
    pub fn time_limit(self, limit: Duration) -> Self {
        self.with(|settings| settings.time_limit = limit)
    }

    /// Permits `burst` fetches at once because of tokens that name an unknown key, and then another one
    /// in each period; 5 and 30 s unless set, 1 and 1 s at least.
    ///
    /// The period is how long the token of a new key waits in the worst case, which is when strangers
    /// have used up the fetches by tokens with keys that do not exist.
    #[must_use]
    pub fn fetch_budget(self, burst: u32, period: Duration) -> Self {
        self.with(|settings| {
            settings.burst = burst.max(1);
            settings.refill = period.max(Duration::from_secs(1));
        })
    }

    fn with(self, set: impl FnOnce(&mut Settings)) -> Self {
        if let Kind::Remote(Fetched(remote)) = &*self.kind {
            let mut settings = remote.settings;
            set(&mut settings);
            let remote = remote.with_settings(settings);
            return Self { kind: Arc::new(Kind::Remote(Fetched(Arc::new(remote)))), ..self };
        }
        self
    }

    /// Fetches the keys, if none are loaded: for a service that is to start only with its issuer, or
    /// whose first request is not to wait. It does not have to be called.
    ///
    /// ```
    /// # use portcullis::oauth::Keys;
    /// # async fn start(keys: Keys) {
    /// if let Err(error) = keys.load().await {
    ///     eprintln!("tokens will get 503 until the issuer responds: {error}");
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`FetchKeysError`]: this attempt has failed, or the last one, and it is too early for another.
    pub async fn load(&self) -> Result<(), FetchKeysError> {
        if self.find(|_| Some(())).await.is_ok() {
            return Ok(());
        }
        Err(self.last_failure().unwrap_or(FetchKeysError::Aborted))
    }

    /// Whether keys are loaded: for a health check.
    pub fn is_loaded(&self) -> bool {
        match &*self.kind {
            Kind::Given(_) => true,
            Kind::Remote(Fetched(remote)) => remote.keys().is_some(),
        }
    }

    /// Why the last attempt to fetch the keys has failed, if it has: for a health check.
    pub fn last_failure(&self) -> Option<FetchKeysError> {
        match &*self.kind {
            Kind::Given(_) => None,
            Kind::Remote(Fetched(remote)) => remote.failure(),
        }
    }

    /// The issuer, exactly as its tokens name it.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The keys that are loaded. Starts a refresh in the background if they are old.
    pub(super) fn current(&self) -> Option<Arc<KeySet>> {
        match &*self.kind {
            Kind::Given(keys) => Some(keys.clone()),
            Kind::Remote(Fetched(remote)) => remote.current(),
        }
    }

    /// Why [`find`](Self::find) would fail without waiting for a key that is not loaded, if it would.
    pub(super) fn cannot_fetch(&self) -> Option<KeysUnavailable> {
        match &*self.kind {
            Kind::Given(_) => None,
            Kind::Remote(Fetched(remote)) => remote.cannot_join(),
        }
    }

    /// Finds a key in what is loaded, in what is being fetched, and in what is fetched later; `None` only
    /// if a fetch that has begun after this call lacks it.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`] if the key is in none of those that could be had.
    pub(super) async fn find<T>(
        &self,
        mut find: impl FnMut(&KeySet) -> Option<T>,
    ) -> Result<Option<T>, KeysUnavailable> {
        let remote = match &*self.kind {
            Kind::Given(keys) => return Ok(find(keys)),
            Kind::Remote(Fetched(remote)) => remote,
        };
        let before = remote.begun();
        loop {
            if let Some(found) = remote.current().and_then(|keys| find(&keys)) {
                return Ok(Some(found));
            }
            let flight = remote.join(remote.reason(), before)?;
            remote.landed(flight).await?;
            if flight > before {
                return Ok(remote.keys().and_then(|keys| find(&keys)));
            }
        }
    }
}

fn not_empty(issuer: &str) -> Result<Arc<str>, InvalidUrl> {
    if issuer.is_empty() { Err(InvalidUrl::Empty) } else { Ok(issuer.into()) }
}
