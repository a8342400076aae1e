//! [`Series`]: the exchanges of one inspection, by caller and question.

use http::StatusCode;
use http::header::WWW_AUTHENTICATE;

use crate::challenge::ReceivedChallenges;

use super::checks;
use super::compared::{Compared, Comparison};
use super::exchange::found_in;
use super::finding::{Finding, Place};
use super::recorded::Recorded;
use super::redact::Secrets;
use super::view::View;

/// Everything that an inspection has asked a server about one target.
#[derive(Default)]
pub(crate) struct Series {
    pub(crate) asked: Vec<Asked>,
    /// Whether scripts of other origins are to use the target, by the word of the user.
    pub(crate) is_cross_origin: bool,
}

/// One exchange of an inspection.
pub(crate) struct Asked {
    pub(crate) caller: Caller,
    pub(crate) question: Question,
    pub(crate) recorded: Recorded,
}

/// The caller as which a request was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Without credentials.
    Anonymous,
    /// With credentials that break the grammar of their scheme.
    Malformed,
    /// With well-formed credentials that no user has.
    Wrong,
    /// With credentials that were valid once.
    Expired,
    /// With two lines of `Authorization`.
    Twice,
    /// A known user that may not see the target, by name.
    Refused(String),
    /// A known user that may see the target, by name.
    Permitted(String),
}

/// What a request asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// A `GET` of the target.
    Get,
    Head,
    Options,
    /// The preflight of a cross-origin request.
    Preflight,
    /// A `GET` of the target by a script of another origin.
    CrossOrigin,
    /// A method that the target does not support.
    OtherMethod,
    /// A method that the user allowed.
    AllowedMethod,
    /// A body of a type that no server supports, with a method that the user allowed.
    OtherType,
    /// A path at which there is nothing.
    UnknownPath,
    /// A request with `Expect: 100-continue`.
    Expect,
    /// A `GET` without credentials on a connection that had credentials before.
    Next,
    /// What a crawler asks: the target.
    CrawlerTarget,
    /// The page to which the target redirects a crawler.
    CrawlerLogin,
    /// A path at which there is nothing.
    CrawlerUnknown,
    /// `/robots.txt`.
    Robots,
}

impl Caller {
    pub(crate) const fn is_permitted(&self) -> bool {
        matches!(self, Self::Permitted(_))
    }

    pub(crate) const fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// For a sentence that lists callers.
    pub(crate) fn describe(&self) -> &str {
        match self {
            Self::Anonymous => "missing credentials",
            Self::Malformed => "malformed credentials",
            Self::Wrong => "wrong credentials",
            Self::Expired => "expired credentials",
            Self::Twice => "two lines of credentials",
            Self::Refused(name) | Self::Permitted(name) => name,
        }
    }

    /// With credentials that no server may accept.
    pub(crate) const fn has_garbage(&self) -> bool {
        matches!(self, Self::Malformed | Self::Wrong)
    }
}

impl Series {
    /// What is wrong in each of the exchanges alone, and what shows when they are compared. None of it shows a
    /// credential of any of them: a server may show to one caller what another has sent.
    pub(crate) fn findings(&self) -> Vec<Comparison> {
        let secrets = Secrets::of(self.asked.iter().map(|asked| asked.recorded.exchange()));
        let each = self.asked.iter().enumerate().flat_map(|(place, asked)| {
            let mut found = found_in(&View::among(asked.recorded.exchange(), &secrets));
            found.retain(|finding| !self.is_for_all(asked, finding));
            found.into_iter().map(move |finding| Comparison { finding, shown_by: vec![place] })
        });
        each.chain(self.compared(&secrets)).collect()
    }

    /// Whether a caller without credentials gets what one exchange alone blames on its credentials: a server
    /// that fails for all (I22), or a page that shows the same to all (I30).
    fn is_for_all(&self, asked: &Asked, finding: &Finding) -> bool {
        let Some(anonymous) = self.anonymous() else { return false };
        match (finding.id(), finding.place()) {
            ("fault-for-credentials", Place::Status) => anonymous.status() == asked.status(),
            ("credential-echoed", Place::Body(place)) => {
                let echo = asked.body().get(place.clone()).filter(|echo| !echo.is_empty());
                echo.is_some_and(|echo| {
                    anonymous.body().windows(echo.len()).any(|shown| shown == echo)
                })
            }
            _ => false,
        }
    }

    /// What shows when the exchanges are compared.
    fn compared(&self, secrets: &Secrets) -> Vec<Comparison> {
        let mut compared = Compared::new(self, secrets);
        for check in checks::all() {
            compared.compare(check);
        }
        compared.into_vec()
    }

    /// The exchange in which this caller asked this.
    pub(crate) fn find(&self, caller: &Caller, question: Question) -> Option<&Asked> {
        self.of(question).find(|asked| asked.caller == *caller)
    }

    /// The exchanges in which this was asked, in their order.
    pub(crate) fn of(&self, question: Question) -> impl Iterator<Item = &Asked> {
        self.asked.iter().filter(move |asked| asked.question == question)
    }

    /// The `GET` of the target without credentials.
    pub(crate) fn anonymous(&self) -> Option<&Asked> {
        self.find(&Caller::Anonymous, Question::Get)
    }

    /// The first `GET` of the target by a permitted caller that got a 2xx.
    pub(crate) fn permitted(&self) -> Option<&Asked> {
        self.of(Question::Get).find(|asked| asked.caller.is_permitted() && asked.is_success())
    }
}

impl Asked {
    pub(crate) fn status(&self) -> StatusCode {
        self.recorded.response.status()
    }

    pub(crate) fn is_success(&self) -> bool {
        self.status().is_success()
    }

    pub(crate) fn method(&self) -> &str {
        self.recorded.request.method().as_str()
    }

    /// Whether a challenge asks for something that a caller with right credentials may not have sent: a
    /// stronger or newer login (RFC 9470 §3), or a fresh nonce (RFC 9449 §8, RFC 7616 §3.3).
    pub(crate) fn asks_for_more(&self) -> bool {
        let lines = self.recorded.response.headers().get_all(WWW_AUTHENTICATE);
        let challenges = ReceivedChallenges::parse(lines).list;
        let has = |name, values: &[&str]| {
            let params = challenges.iter().filter_map(|challenge| challenge.param(name));
            let is = |value: &[u8]| {
                values.iter().any(|known| value.eq_ignore_ascii_case(known.as_bytes()))
            };
            params.into_iter().any(|param| is(param.value()))
        };
        has("error", &["insufficient_user_authentication", "use_dpop_nonce"])
            || has("stale", &["true"])
    }
}
