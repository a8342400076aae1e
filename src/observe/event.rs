//! [`Event`]: the outcome of a request.

use std::time::Duration;

use http::StatusCode;

use super::Class;
use crate::denial::propagate::Stage;
use crate::denial::{Cause, Denial};

/// The outcome of a request, as its authenticate stage saw it.
///
/// There is one for each response of the stage, so the events of a stage add up to its responses
/// ([K01](crate::semantics#k01)). There is none for a request that is cancelled before the response is
/// ready ([A21](crate::semantics#a21)).
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    pub(crate) decided: Decided<'a>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RequestOutcome {
    /// The request went on to the service, and its response is no refusal. It may be a failure of the
    /// service: its own 5xx is `Permitted` too, with [that status](Event::status).
    Permitted,
    /// The stage has sent a refusal: its own, or that of a policy or handler inside.
    Refused,
    /// The service has refused the request itself, and the stage has passed its response on: it has the
    /// status 401, 403, 404, 407, 410 or 429, or the `grpc-status` that belongs to one of these, or another
    /// authenticate stage inside has rendered it.
    Passed,
}

impl RequestOutcome {
    /// The outcome in one word, for logs and counters.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Permitted => "permitted",
            Self::Refused => "refused",
            Self::Passed => "passed",
        }
    }
}

/// The auth-scheme of the credentials in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialScheme<'a> {
    /// The request has no credentials for this stage, or does not show which scheme they are of.
    None,
    /// The credentials are of a scheme that the stage offers: this is its name, as the stage offers it. If
    /// the stage offers several schemes, it is the one that `Authorization` names.
    Offered(&'a str),
    /// `Authorization` is not empty, and does not name a scheme that the stage offers.
    Other,
}

/// How long the parts of the check took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    pub(crate) identity: Duration,
    pub(crate) policy: Duration,
}

impl Times {
    /// From the arrival of the request at the stage until the identity was known or had failed.
    pub fn identity(&self) -> Duration {
        self.identity
    }

    /// The sum over the policies of all authorize stages inside; zero if no policy has judged the request.
    pub fn policy(&self) -> Duration {
        self.policy
    }
}

/// What a stage decided, without the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decided<'a> {
    pub(crate) scheme: CredentialScheme<'a>,
    pub(crate) anonymous: bool,
    /// Of the response; of a call that was refused, the one that another request would have got. It tells
    /// what kind of refusal it is.
    pub(crate) status: StatusCode,
    /// `Some` only if the HTTP status is 200.
    pub(crate) grpc_code: Option<i32>,
    /// Whether another authenticate stage inside has rendered the response, or a conceal layer inside that has
    /// an observer has replaced it.
    pub(crate) is_from_inner_layer: bool,
    pub(crate) is_repaired: bool,
    pub(crate) times: Option<Times>,
    pub(crate) refused: Option<Refused<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused<'a> {
    pub(crate) denial: &'a Denial,
    pub(crate) stage: Stage,
}

impl Decided<'_> {
    /// The HTTP status of the response.
    pub(crate) fn sent_status(&self) -> StatusCode {
        self.grpc_code.map_or(self.status, |_| StatusCode::OK)
    }
}

impl<'a> Event<'a> {
    /// How the request ended.
    #[inline]
    pub fn outcome(&self) -> RequestOutcome {
        let decided = &self.decided;
        if decided.refused.is_some() {
            RequestOutcome::Refused
        } else if decided.is_from_inner_layer || Class::of_status(decided.status).is_some() {
            RequestOutcome::Passed
        } else {
            RequestOutcome::Permitted
        }
    }

    /// The HTTP status of the response. That of a gRPC call is 200 for a refusal too: its
    /// [`grpc_code`](Self::grpc_code) says how the call ended.
    pub fn status(&self) -> StatusCode {
        self.decided.sent_status()
    }

    /// The `grpc-status` of the response, if the request was a gRPC call: that of the denial
    /// ([F08](crate::semantics#f08)), or the one that the service or a stage inside has sent, unless it is in
    /// trailers after a body ([K03](crate::semantics#k03)).
    pub fn grpc_code(&self) -> Option<i32> {
        self.decided.grpc_code
    }

    /// The denial, with its real cause also if the response conceals it. `None` unless the outcome is
    /// [`Refused`](RequestOutcome::Refused).
    #[inline]
    pub fn denial(&self) -> Option<&'a Denial> {
        self.decided.refused.map(|refused| refused.denial)
    }

    /// The stage that created the denial.
    #[inline]
    pub fn stage(&self) -> Option<Stage> {
        self.decided.refused.map(|refused| refused.stage)
    }

    /// The cause of the denial, also if the response conceals it.
    pub fn cause(&self) -> Option<Cause> {
        self.denial().map(Denial::cause)
    }

    /// The class of the cause; of a response that the service has refused itself, the class of its
    /// [status](Class::of_status), or of its `grpc-status`.
    ///
    /// `None` for a refusal that another authenticate stage inside has rendered, whose own event tells the
    /// class, and for the response of a [`ConcealLayer`](crate::ConcealLayer) inside that has an observer, which
    /// says the same of all that it conceals. So, where each conceal layer inside is observed,
    /// [`Passed`](RequestOutcome::Passed) with [`Class::Absence`] is a 404 or 410 of the service itself.
    pub fn class(&self) -> Option<Class> {
        match self.cause() {
            Some(cause) => Some(cause.class()),
            None if self.decided.is_from_inner_layer => None,
            None => Class::of_status(self.decided.status),
        }
    }

    /// Whether the response conceals the denial.
    pub fn is_concealed(&self) -> bool {
        self.denial().is_some_and(Denial::is_concealed)
    }

    /// The name of the part of a composed policy that refused, for example ``role `admin` ``: the first
    /// whose cause is that of the denial. `None` if it has no name.
    pub fn part(&self) -> Option<&'a str> {
        let denial = self.denial()?;
        denial
            .reasons()
            .filter(|reason| reason.cause() == denial.cause())
            .map(|reason| reason.part())
            .find(|part| !part.is_empty())
    }

    /// The auth-scheme of the credentials.
    #[inline]
    pub fn scheme(&self) -> CredentialScheme<'a> {
        self.decided.scheme
    }

    /// Whether the caller is anonymous.
    #[inline]
    pub fn is_anonymous(&self) -> bool {
        self.decided.anonymous
    }

    /// Whether the service responded 401 without a challenge, and the stage has added its own
    /// ([A12](crate::semantics#a12)). If it is, let the handler return a [`Denial`] instead.
    #[inline]
    pub fn is_repaired(&self) -> bool {
        self.decided.is_repaired
    }

    /// How long identity and policy took, if the observer [asks for it](super::Observe::measures_time).
    #[inline]
    pub fn times(&self) -> Option<Times> {
        self.decided.times
    }
}
