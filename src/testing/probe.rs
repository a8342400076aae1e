//! The probe: what it is told, and its two runs.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method, Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tokio::runtime::Handle;
use tower::Service;

use super::ask::{Channel, no_response};
use super::aspect::Aspect;
use super::caller::{Caller, lines};
use super::error::ProbeError;
use super::report::Report;
use super::request::request;
use super::run::Run;
use super::sample::REPETITIONS;
use super::target::Target;
use super::timing::{self, Timings};
use super::transport::Transport;
use super::variants::{self, Line, Plan, RequestVariant};

/// Asks for what is concealed and for what is missing, in every way it knows, on behalf of callers
/// who must not see, and reports where the answers differ.
///
/// See the [module](super) for a program, for what is tried, and for what cannot be found.
#[must_use = "a probe finds nothing before it runs"]
pub struct LeakProbe {
    pub(super) target: Arc<Target>,
    pub(super) host: String,
    pub(super) pairs: Vec<Pair>,
    pub(super) callers: Vec<Caller>,
    pub(super) authorized_callers: Vec<Caller>,
    pub(super) ignored: Vec<String>,
    pub(super) methods: Vec<&'static str>,
    extra_headers: Vec<Line>,
    pub(super) transports: Vec<Transport>,
    pub(super) repetitions: usize,
    pub(super) seed: u64,
    budget: Option<usize>,
    pub(super) stops_at_first_leak: bool,
    /// As many as the service can take, unless somebody says how many.
    pub(super) concurrency: Option<usize>,
}

/// Two paths that are to look alike.
pub(super) struct Pair {
    pub(super) concealed: String,
    pub(super) missing: String,
}

impl LeakProbe {
    /// Probes a service: an axum `Router`, or any other that hyper can serve. It is served in
    /// memory, by hyper's servers for HTTP/1 and HTTP/2, on the runtime that [`run`](Self::run) is
    /// called on; what is compared is what would be on the wire.
    pub fn of_service<S, B>(service: S) -> Self
    where
        S: Service<Request<Incoming>, Response = Response<B>, Future: Send>,
        S: Clone + Send + 'static,
        S::Error: Into<Box<dyn Error + Send + Sync>>,
        B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        Self::of(Target::service(service), "localhost".to_owned())
            .transports([Transport::Http1, Transport::Http2])
    }

    /// Probes whatever listens there and speaks HTTP/1.1 without TLS; and HTTP/2, if it is
    /// [asked to](Self::transports). Probe only what is yours.
    pub fn of_address(address: SocketAddr) -> Self {
        Self::of(Target::Address(address), address.to_string())
    }

    fn of(target: Target, host: String) -> Self {
        Self {
            target: Arc::new(target),
            host,
            pairs: Vec::new(),
            callers: Vec::new(),
            authorized_callers: Vec::new(),
            ignored: Vec::new(),
            methods: variants::METHODS.to_vec(),
            extra_headers: Vec::new(),
            transports: vec![Transport::Http1],
            repetitions: REPETITIONS,
            seed: 0x706f_7274,
            budget: None,
            stops_at_first_leak: false,
            concurrency: None,
        }
    }

    /// Compares what is at the path `concealed` with the path `missing`, where nothing is. Choose
    /// paths of the same length: answers may echo them, and then their `content-length` tells.
    pub fn pair(mut self, concealed: impl Into<String>, missing: impl Into<String>) -> Self {
        self.pairs.push(Pair { concealed: concealed.into(), missing: missing.into() });
        self
    }

    /// Asks as nobody.
    pub fn anonymous(self) -> Self {
        self.unauthorized("anonymous", [] as [(&str, &str); 0])
    }

    /// Asks as somebody who must not see, by the fields that say who it is: of [`basic`](super::basic),
    /// of [`bearer`](super::bearer), or any, such as `[("x-api-key", "…")]`. Reports name the
    /// unauthorized caller, and never show the fields.
    pub fn unauthorized(
        mut self,
        name: impl Into<String>,
        headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.callers.push(Caller::new(name, headers));
        self
    }

    /// Names somebody who may see. The probe then makes sure that there is something to conceal:
    /// a plain `GET` of each concealed path succeeds for this caller, and one of the missing path
    /// does not. Without it, a typing error in a path makes every run silent.
    pub fn authorized(
        mut self,
        name: impl Into<String>,
        headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.authorized_callers.push(Caller::new(name, headers));
        self
    }

    /// Lets the values of this field differ, since they are new with every answer and nobody can
    /// guess them: a request id. That it is there, and where, still has to agree. `date` is
    /// ignored in any case.
    pub fn ignore_header_value(mut self, field: impl Into<String>) -> Self {
        self.ignored.push(field.into().to_ascii_lowercase());
        self
    }

    /// Tries this field too, with every method: one that only your service reads, or the `ETag`
    /// that the concealed resource has.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra_headers.extend(lines([(name, value)]));
        self
    }

    /// Tries these methods only, where there is no time for twelve of them; or others besides.
    pub fn methods(mut self, methods: impl IntoIterator<Item = &'static str>) -> Self {
        self.methods = methods.into_iter().collect();
        self
    }

    /// What to ask over. A service is asked over both transports, unless this says otherwise; an
    /// address over HTTP/1.1, since it may not speak HTTP/2 without TLS.
    ///
    /// ```
    /// # use portcullis::testing::{LeakProbe, Transport};
    /// # fn probe(address: std::net::SocketAddr) -> LeakProbe {
    /// // A gRPC server:
    /// LeakProbe::of_address(address).transports([Transport::Http2])
    /// # }
    /// ```
    pub fn transports(mut self, transports: impl IntoIterator<Item = Transport>) -> Self {
        self.transports = transports.into_iter().collect();
        self.transports.sort_unstable();
        self.transports.dedup();
        self
    }

    /// How often to ask for each path with each method, in search of what shows in some of the
    /// answers only: 50 times unless it is set, and sixteen times as often where the answers vary.
    /// The [module](super#what-shows-in-some-of-the-answers) says how much that finds. 0 leaves the
    /// search out.
    pub const fn repetitions(mut self, repetitions: usize) -> Self {
        self.repetitions = repetitions;
        self
    }

    /// What to send as `host`. Otherwise it is the address, or `localhost` for a service.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// How many variants [`run`](Self::run) tries at a time; 1 for one request after the other. Unless
    /// it is set, as many as the service answers side by side in less than twice the time that it
    /// takes for one, and 32 at most: [how long a run takes](super#how-long-it-takes).
    pub const fn concurrency(mut self, variants: usize) -> Self {
        self.concurrency = Some(variants);
        self
    }

    /// The seed of what is left to chance: which additions are sent together, the requests that are
    /// drawn at random, and the order in which both paths of a pair are asked for. It is the same for
    /// each run unless it is set, so that a test has the same result each time. With another seed for
    /// every night, the probe tries more over time; the report names the seed of its run.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many different variants [`run`](Self::run) tries over HTTP/1.1, for each pair and caller.
    /// Unless it is set, a covering set and 50 for each method that are drawn at random. With a
    /// larger budget, more are drawn; with one that is smaller than the covering set, some of this
    /// are left out at random. Over HTTP/2 those of them are tried that have one addition.
    pub const fn budget(mut self, variants: usize) -> Self {
        self.budget = Some(variants);
        self
    }

    /// Ends a run with the first leak that it finds: for a quick answer, where the report need not
    /// have every cause.
    pub const fn stop_at_first_leak(mut self) -> Self {
        self.stops_at_first_leak = true;
        self
    }

    /// How many different variants a run tries, for each pair and caller, over all transports. Without
    /// a budget, there are some more if a [witness](Self::authorized) gets fields that can be sent back.
    pub fn variants(&self) -> usize {
        self.variants_by_transport(&[]).values().map(Vec::len).sum()
    }

    /// The variants that are tried over each transport.
    fn variants_by_transport(
        &self,
        authorized_headers: &[Line],
    ) -> BTreeMap<Transport, Vec<RequestVariant>> {
        let Self { methods, extra_headers, seed, budget, .. } = self;
        let planned = variants::plan(&Plan {
            methods,
            extra_headers,
            authorized_headers,
            seed: *seed,
            budget: *budget,
        });
        let with_pairs = self.transports == [Transport::Http2];
        let over = |transport| match transport {
            Transport::Http1 => planned.clone(),
            Transport::Http2 => {
                let variants = variants::over_http2(planned.clone(), &self.methods, with_pairs);
                variants.into_iter().filter(|variant| self.can_send(transport, variant)).collect()
            }
        };
        self.transports.iter().map(|transport| (*transport, over(*transport))).collect()
    }

    /// Tries everything, and compares the answers. It needs a tokio runtime with `enable_all()`, as
    /// `#[tokio::test]` has.
    ///
    /// # Errors
    ///
    /// [`ProbeError`], if nothing can be said: no pair, no caller, no connection, nothing there to
    /// conceal. Leaks are in the [`Report`].
    pub async fn run(&self) -> Result<Report, ProbeError> {
        self.check().await?;
        let variants = self.variants_by_transport(&self.authorized_headers().await?);
        Run::new(self, &variants).probe_all(&variants).await
    }

    /// Measures over HTTP/1.1 how long a plain `GET` of each path takes, `samples` times each, for each pair and
    /// caller, and tests whether the times can be told apart. The [module](super#time) says how,
    /// and how much it finds.
    ///
    /// # Errors
    ///
    /// [`ProbeError`], as [`run`](Self::run), and if there are too few samples for any finding, or
    /// HTTP/1.1 is not among the [transports](Self::transports).
    pub async fn times(&self, samples: usize) -> Result<Timings, ProbeError> {
        if samples < timing::MIN_SAMPLES {
            return Err(ProbeError::TooFew { samples, least: timing::MIN_SAMPLES });
        }
        if !self.transports.contains(&Transport::Http1) {
            return Err(ProbeError::TimesOverHttp1);
        }
        self.check().await?;
        let alpha = timing::ALPHA / (self.pairs.len() * self.callers.len()) as f64;
        let mut timings = Timings { tests: Vec::new() };
        for caller in &self.callers {
            for pair in &self.pairs {
                let plain = |path: &str| {
                    request(&RequestVariant::plain("GET"), path, &self.host, caller).first
                };
                let requests = [plain(&pair.concealed), plain(&pair.missing)];
                let times = timing::measure(&self.target, &requests, samples, self.seed).await;
                let times =
                    times.map_err(|why| no_response(Transport::Http1, &pair.concealed, why))?;
                timings.tests.push(timing::judge(times, pair, &caller.name, alpha));
            }
        }
        Ok(timings)
    }

    /// Whether this can be run at all, and would show anything.
    async fn check(&self) -> Result<(), ProbeError> {
        Handle::try_current().map_err(|_| ProbeError::NoRuntime)?;
        if self.pairs.is_empty() {
            return Err(ProbeError::NoPair);
        }
        if self.callers.is_empty() {
            return Err(ProbeError::NoCaller);
        }
        if self.methods.is_empty() {
            return Err(ProbeError::NoMethod);
        }
        if self.transports.is_empty() {
            return Err(ProbeError::NoTransport);
        }
        if self.concurrency == Some(0) {
            return Err(ProbeError::ZeroConcurrency);
        }
        let is_invalid = |method: &&&str| Method::from_bytes(method.as_bytes()).is_err();
        if let Some(method) = self.methods.iter().find(is_invalid) {
            return Err(ProbeError::Method { method: (*method).to_owned() });
        }
        let host = [("host".into(), self.host.clone().into())];
        let headers =
            self.callers.iter().chain(&self.authorized_callers).flat_map(|it| &it.headers);
        for (name, value) in headers.chain(&self.extra_headers).chain(&host) {
            let is_name = HeaderName::from_bytes(name.as_bytes()).is_ok();
            if !is_name || HeaderValue::from_str(value).is_err() {
                return Err(ProbeError::Header { name: name.to_string() });
            }
        }
        for pair in &self.pairs {
            for path in [&pair.concealed, &pair.missing] {
                let is_sendable = |octet: u8| octet.is_ascii_graphic() && !b"?#".contains(&octet);
                if !path.starts_with('/') || !path.bytes().all(is_sendable) {
                    return Err(ProbeError::Path { path: path.clone() });
                }
            }
            if pair.concealed == pair.missing {
                return Err(ProbeError::SamePath { path: pair.concealed.clone() });
            }
            for transport in &self.transports {
                for caller in &self.callers {
                    self.plain_get(*transport, caller, &pair.missing).await?;
                }
                for authorized in &self.authorized_callers {
                    self.check_authorized(*transport, authorized, pair).await?;
                }
            }
        }
        Ok(())
    }

    /// The status of a plain `GET`.
    async fn plain_get(
        &self,
        transport: Transport,
        caller: &Caller,
        path: &str,
    ) -> Result<String, ProbeError> {
        let plain = RequestVariant::plain("GET");
        let aspects = self.ask(&Channel::own(transport), caller, path, &plain, path).await?;
        let text = |aspect| String::from_utf8_lossy(aspect).into_owned();
        match (aspects.get(&Aspect::Status), aspects.get(&Aspect::Outcome)) {
            (Some(status), _) => Ok(text(status)),
            (None, outcome) => {
                let why = outcome.map(|it| text(it)).unwrap_or_default();
                Err(no_response(transport, path, why))
            }
        }
    }

    async fn check_authorized(
        &self,
        transport: Transport,
        authorized: &Caller,
        pair: &Pair,
    ) -> Result<(), ProbeError> {
        let caller = authorized.name.clone();
        let response = self.plain_get(transport, authorized, &pair.concealed).await?;
        if !response.starts_with('2') {
            return Err(ProbeError::NotSeen { caller, path: pair.concealed.clone(), response });
        }
        let response = self.plain_get(transport, authorized, &pair.missing).await?;
        if response.starts_with('2') {
            return Err(ProbeError::NotMissing { caller, path: pair.missing.clone(), response });
        }
        Ok(())
    }
}

/// Names the callers, and never their fields: those are credentials.
impl fmt::Debug for LeakProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |callers: &[Caller]| -> Vec<String> {
            callers.iter().map(|caller| caller.name.clone()).collect()
        };
        let pairs = self.pairs.iter().map(|pair| (&pair.concealed, &pair.missing));
        f.debug_struct("LeakProbe")
            .field("pairs", &pairs.collect::<Vec<_>>())
            .field("callers", &names(&self.callers))
            .field("seen_by", &names(&self.authorized_callers))
            .field("ignoring", &self.ignored)
            .finish_non_exhaustive()
    }
}
