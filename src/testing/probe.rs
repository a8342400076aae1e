//! The leak probe and its settings.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use tower::Service;

use super::caller::{Caller, header_lines};
use super::pair::Pair;
use super::target::Target;
use super::transport::Transport;
use super::variants::{self, HeaderLine};

/// How often each basic variant is sent to each path, unless the user sets another number.
pub(super) const REPETITIONS: usize = 50;

/// Sends thousands of requests, each to a concealed path and to a missing one, as callers who must
/// not see the concealed path, and reports where the responses differ.
///
/// See the [module](super) for a program and for what the probe cannot find.
#[must_use = "a probe finds nothing before it runs"]
pub struct LeakProbe {
    pub(super) target: Arc<Target>,
    pub(super) host: String,
    pub(super) pairs: Vec<Pair>,
    pub(super) callers: Vec<Caller>,
    pub(super) authorized_callers: Vec<Caller>,
    /// The names of the headers whose values may differ, in lower case.
    pub(super) ignored: Vec<String>,
    pub(super) methods: Vec<&'static str>,
    pub(super) extra_headers: Vec<HeaderLine>,
    pub(super) transports: Vec<Transport>,
    pub(super) repetitions: usize,
    pub(super) seed: u64,
    pub(super) budget: Option<usize>,
    pub(super) stops_at_first_leak: bool,
    /// `None`: as many as the service can answer, as measured.
    pub(super) concurrency: Option<usize>,
}

impl LeakProbe {
    /// Probes a service: an axum `Router`, or any other that hyper can serve. It is served in memory
    /// by hyper's servers for HTTP/1 and HTTP/2, on the runtime on which [`run`](Self::run) is called.
    /// The probe compares the bytes that would be on the wire.
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

    /// Probes a server that listens at this address, over HTTP/1.1 without TLS, and over HTTP/2 if
    /// [`transports`](Self::transports) says so. Probe only servers that are yours.
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

    /// Adds a concealed path and a missing one, at which there is nothing. Choose paths of the same
    /// length: responses may repeat them, and then their `content-length` differs.
    pub fn pair(mut self, concealed: impl Into<String>, missing: impl Into<String>) -> Self {
        self.pairs.push(Pair { concealed: concealed.into(), missing: missing.into() });
        self
    }

    /// Sends the requests without credentials. Reports call this caller `anonymous`.
    pub fn anonymous(self) -> Self {
        self.unauthorized("anonymous", [] as [(&str, &str); 0])
    }

    /// Sends the requests with the credentials of a caller who must not see the concealed paths:
    /// headers by [`basic`](super::basic), by [`bearer`](super::bearer), or any, such as
    /// `[("x-api-key", "…")]`. Reports show the name of the caller, and never the headers.
    pub fn unauthorized(
        mut self,
        name: impl Into<String>,
        headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.callers.push(Caller::new(name, headers));
        self
    }

    /// Adds a caller who may see the concealed paths. The probe then checks that there is something to
    /// conceal: a plain `GET` of each concealed path must succeed for this caller, and one of each
    /// missing path must not. Without this check, a typing error in a path makes every run pass.
    pub fn authorized(
        mut self,
        name: impl Into<String>,
        headers: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.authorized_callers.push(Caller::new(name, headers));
        self
    }

    /// Lets the values of this response header differ, since they are new in every response and cannot
    /// be guessed, like a request id. Its presence and its place are still compared. A `date` of today
    /// is ignored in any case.
    pub fn ignore_header_value(mut self, header: impl Into<String>) -> Self {
        self.ignored.push(header.into().to_ascii_lowercase());
        self
    }

    /// Also tries this request header, with every method: one that only your service reads, or a
    /// condition with the `ETag` of the concealed resource.
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.extra_headers.extend(header_lines([(name, value)]));
        self
    }

    /// Sets the methods to try, in place of the default twelve: fewer for a quick run, or others.
    pub fn methods(mut self, methods: impl IntoIterator<Item = &'static str>) -> Self {
        self.methods = methods.into_iter().collect();
        self
    }

    /// Sets the transports. The default is both for a service in memory, and HTTP/1.1 for an address,
    /// since a server may not accept HTTP/2 without TLS.
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

    /// How often to request each path with each method, to find differences that show in some
    /// responses only. The default is 50, and sixteen times as often where the responses vary; 0 skips
    /// this search. The page on the [method](super::method#differences-in-some-responses) says how
    /// much each number finds.
    pub const fn repetitions(mut self, repetitions: usize) -> Self {
        self.repetitions = repetitions;
        self
    }

    /// Sets the value of `host`. The default is the address, or `localhost` for a service.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = host.into();
        self
    }

    /// How many variants [`run`](Self::run) tries at a time; 1 for one request after the other. The
    /// default is as many as the service answers in less than twice the time that it takes for one,
    /// 64 at most: see [how long a run takes](super::method#number-of-requests-and-duration).
    pub const fn concurrency(mut self, variants: usize) -> Self {
        self.concurrency = Some(variants);
        self
    }

    /// Sets the seed of the random choices: which additions are sent together, the requests that are
    /// drawn at random, and the order in which the two paths of a pair are requested. The default is
    /// the same for each run, so that a test has the same result each time. With another seed each
    /// night, the probe tries more over time; the report names the seed of its run.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How many different variants [`run`](Self::run) tries over HTTP/1.1, for each pair and caller.
    /// The default is a covering set and 50 variants for each method that are drawn at random. A larger
    /// budget draws more; one that is smaller than the covering set leaves some of it out at random.
    /// Over HTTP/2, those of the variants are tried that have one addition.
    pub const fn budget(mut self, variants: usize) -> Self {
        self.budget = Some(variants);
        self
    }

    /// Ends a run with the first leak that it finds: for a quick result, where the report need not have
    /// every cause.
    pub const fn stop_at_first_leak(mut self) -> Self {
        self.stops_at_first_leak = true;
        self
    }
}

/// Shows the names of the callers, and never their headers, which are credentials.
impl fmt::Debug for LeakProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |callers: &[Caller]| -> Vec<String> {
            callers.iter().map(|caller| caller.name.clone()).collect()
        };
        let pairs = self.pairs.iter().map(|pair| (&pair.concealed, &pair.missing));
        f.debug_struct("LeakProbe")
            .field("pairs", &pairs.collect::<Vec<_>>())
            .field("callers", &names(&self.callers))
            .field("authorized_callers", &names(&self.authorized_callers))
            .field("ignored", &self.ignored)
            .finish_non_exhaustive()
    }
}
