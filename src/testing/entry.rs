//! The entry points of a probe: plans, checks and starts a run.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, Method};
use tokio::runtime::Handle;

use super::ask::{Channel, no_response};
use super::aspect::Aspect;
use super::caller::Caller;
use super::error::ProbeError;
use super::pair::Pair;
use super::probe::LeakProbe;
use super::report::Report;
use super::run::Run;
use super::timed::TimedRequest;
use super::timing::{self, Timings};
use super::transport::{PerTransport, Transport};
use super::variants::{self, HeaderLine, Plan, RequestVariant};

impl LeakProbe {
    /// How many different variants a run tries, for each pair and caller, over all transports. Without
    /// a budget, there are some more if an [authorized](Self::authorized) caller receives headers that
    /// can be sent back.
    pub fn variants(&self) -> usize {
        self.variants_by_transport(&[]).values().map(Vec::len).sum()
    }

    /// The variants that are tried over each transport.
    fn variants_by_transport(
        &self,
        authorized_headers: &[HeaderLine],
    ) -> BTreeMap<Transport, Vec<RequestVariant>> {
        let Self { methods, extra_headers, seed, budget, .. } = self;
        let (seed, budget) = (*seed, *budget);
        let plan = Plan { methods, extra_headers, authorized_headers, seed, budget };
        let planned = variants::plan(&plan);
        let with_pairs = self.transports == [Transport::Http2];
        let for_transport = |transport| match transport {
            Transport::Http1 => planned.clone(),
            Transport::Http2 => {
                let variants = variants::over_http2(planned.clone(), methods, with_pairs);
                variants.into_iter().filter(|variant| self.can_send(transport, variant)).collect()
            }
        };
        self.transports.iter().map(|transport| (*transport, for_transport(*transport))).collect()
    }

    /// Sends all variants, and compares the responses. Needs a tokio runtime with `enable_all()`, as
    /// `#[tokio::test]` has.
    ///
    /// # Errors
    ///
    /// [`ProbeError`], if a run would show nothing: without a pair, a caller, a connection, or anything
    /// to conceal. Leaks are in the [`Report`].
    pub async fn run(&self) -> Result<Report, ProbeError> {
        self.check().await?;
        let variants = self.variants_by_transport(&self.authorized_headers().await?);
        let mut counts = PerTransport::default();
        variants.iter().for_each(|(transport, variants)| counts.add(*transport, variants.len()));
        Run::new(self, counts).probe_all(&variants).await
    }

    /// Measures how long a plain `GET` of each path takes, `samples` times each, for each pair and caller,
    /// and tests whether the times differ: over HTTP/1.1, or over HTTP/2 if that is the only one of the
    /// [transports](Self::transports). The page on the
    /// [method](super::method#response-time) says how, and how much the test finds.
    ///
    /// # Errors
    ///
    /// [`ProbeError`], as [`run`](Self::run), and if there are too few samples for the test.
    pub async fn times(&self, samples: usize) -> Result<Timings, ProbeError> {
        if samples < timing::MIN_SAMPLES {
            return Err(ProbeError::TooFew { samples, least: timing::MIN_SAMPLES });
        }
        self.check().await?;
        let transport = match self.transports.contains(&Transport::Http1) {
            true => Transport::Http1,
            false => Transport::Http2,
        };
        let alpha = timing::ALPHA / (self.pairs.len() * self.callers.len()) as f64;
        let mut timings = Timings { tests: Vec::new() };
        for caller in &self.callers {
            for pair in &self.pairs {
                let plain = |path: &str| {
                    TimedRequest::new(transport, path, &self.host, caller)
                        .ok_or_else(|| no_response(transport, path, "HTTP/2 has no such header"))
                };
                let requests = [plain(&pair.concealed)?, plain(&pair.missing)?];
                let times = timing::measure(&self.target, &requests, samples, self.seed).await;
                let times = times.map_err(|why| no_response(transport, &pair.concealed, why))?;
                timings.tests.push(timing::judge(times, pair, &caller.name, transport, alpha));
            }
        }
        Ok(timings)
    }

    /// Checks that the settings are valid and that a run would show something.
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
        let callers = self.callers.iter().chain(&self.authorized_callers);
        let headers = callers.flat_map(|caller| &caller.headers);
        for (name, value) in headers.chain(&self.extra_headers).chain(&host) {
            let is_name = HeaderName::from_bytes(name.as_bytes()).is_ok();
            if !is_name || HeaderValue::from_str(value).is_err() {
                return Err(ProbeError::Header { name: name.to_string() });
            }
        }
        for pair in &self.pairs {
            self.check_pair(pair).await?;
        }
        Ok(())
    }

    async fn check_pair(&self, pair: &Pair) -> Result<(), ProbeError> {
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
            for caller in &self.authorized_callers {
                self.check_authorized(*transport, caller, pair).await?;
            }
        }
        Ok(())
    }

    /// The status of the response to a plain `GET`.
    async fn plain_get(
        &self,
        transport: Transport,
        caller: &Caller,
        path: &str,
    ) -> Result<String, ProbeError> {
        let plain = RequestVariant::plain("GET");
        let aspects = self.ask(&Channel::own(transport), caller, path, &plain, path).await?;
        let text = |aspect: &Vec<u8>| String::from_utf8_lossy(aspect).into_owned();
        match (aspects.get(&Aspect::Status), aspects.get(&Aspect::Outcome)) {
            (Some(status), _) => Ok(text(status)),
            (None, outcome) => {
                let why = outcome.map(text).unwrap_or_default();
                Err(no_response(transport, path, why))
            }
        }
    }

    /// Checks that an authorized caller sees the concealed path, and does not see the missing one.
    async fn check_authorized(
        &self,
        transport: Transport,
        caller: &Caller,
        pair: &Pair,
    ) -> Result<(), ProbeError> {
        let name = caller.name.clone();
        let status = self.plain_get(transport, caller, &pair.concealed).await?;
        if !status.starts_with('2') {
            let path = pair.concealed.clone();
            return Err(ProbeError::NotSeen { caller: name, path, status });
        }
        let status = self.plain_get(transport, caller, &pair.missing).await?;
        if status.starts_with('2') {
            let path = pair.missing.clone();
            return Err(ProbeError::NotMissing { caller: name, path, status });
        }
        Ok(())
    }
}
