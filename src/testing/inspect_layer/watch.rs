//! [`Watch`]: an exchange that passes, until it can be judged.

use std::sync::Arc;
use std::thread;

use bytes::{Bytes, BytesMut};
use http::header::AUTHORIZATION;
use http::{Method, Request, Response, StatusCode};

use crate::inspect::{Exchange, Severity, is_coded};
use crate::testing::inspection::ReportedFinding;

use super::shared::Shared;

/// The most bytes of a body that are judged.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// What is done with findings.
#[derive(Clone)]
pub(super) struct Judge {
    pub(super) shared: Arc<Shared>,
    pub(super) allowed: Arc<[&'static str]>,
    pub(super) panics: bool,
}

/// An exchange that passes.
pub(super) struct Watch {
    judge: Judge,
    request: Request<()>,
    response: Response<()>,
    body: BytesMut,
    is_cut: bool,
}

impl Watch {
    pub(super) fn new<B>(judge: Judge, request: Request<()>, response: &Response<B>) -> Self {
        let mut head = Response::new(());
        *head.status_mut() = response.status();
        *head.headers_mut() = response.headers().clone();
        Self { judge, request, response: head, body: BytesMut::new(), is_cut: false }
    }

    /// Whether the response has no body for the client, whatever its service gives.
    pub(super) fn has_no_body(&self) -> bool {
        let status = self.response.status();
        let is_tunnel = *self.request.method() == Method::CONNECT && status.is_success();
        is_tunnel
            || *self.request.method() == Method::HEAD
            || status == StatusCode::SWITCHING_PROTOCOLS
    }

    /// Whether more of the body is judged.
    pub(super) const fn is_full(&self) -> bool {
        self.is_cut
    }

    pub(super) fn read(&mut self, data: &Bytes) {
        let room = MAX_BODY - self.body.len();
        self.is_cut |= data.len() > room;
        self.body.extend_from_slice(&data[..data.len().min(room)]);
    }

    /// Judges the exchange. Panics if that is what the layer does, unless the thread already does.
    pub(super) fn judge(self, is_whole: bool) {
        let Self { judge, request, response, body, is_cut } = self;
        let is_coded = is_coded(response.headers());
        let body = if is_coded { &[][..] } else { &body[..] };
        let exchange = Exchange::new(&request, &response, body);
        let exchange = exchange.partial(!is_whole || is_cut || is_coded);
        let has_credentials = request.headers().contains_key(AUTHORIZATION);
        let credentials = if has_credentials { "with" } else { "without" };
        let name = exchange.request_name().unwrap_or_default();
        let name = format!("{name} {credentials} `Authorization`");
        let mut grave = String::new();
        for finding in exchange.findings() {
            if judge.allowed.contains(&finding.id()) {
                continue;
            }
            judge.shared.add(finding.clone(), &name, response.status());
            if finding.severity() > Severity::Advice {
                let found = ReportedFinding::new(finding, name.clone(), response.status());
                grave.push_str(&format!("\n{found}\n"));
            }
        }
        if judge.panics && !grave.is_empty() && !thread::panicking() {
            panic!("the inspector has found:\n{grave}");
        }
    }
}
