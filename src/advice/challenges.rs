//! What the challenges of a 401 or a 403 ask for.

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue, WWW_AUTHENTICATE};

use super::Advice;
use super::retry_after::seconds;
use crate::challenge::{Challenge, Challenges};

/// What the `error` of a challenge asks for. Of several the first counts: without valid credentials
/// nothing else can be judged (C05), and a new login gives a new token, whose scope can be wider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    Credentials,
    StepUp,
    Scope,
    Correction,
}

impl Asked {
    /// `None` if the challenge has no error. Other schemes than Bearer and DPoP have no such parameter.
    fn by(challenge: &Challenge) -> Option<Self> {
        let error = challenge.param("error").filter(|_| challenge.takes_oauth_error())?;
        Some(match error {
            b"insufficient_user_authentication" => Self::StepUp,
            b"insufficient_scope" => Self::Scope,
            b"invalid_request" => Self::Correction,
            // `invalid_token`, those of DPoP, and those that are not known.
            _ => Self::Credentials,
        })
    }
}

pub(super) fn advice_of_401(headers: &HeaderMap) -> Advice {
    let challenges = read(headers, &WWW_AUTHENTICATE);
    match challenges.as_ref().and_then(|challenges| first_asked(challenges, |_| true)) {
        None | Some((Asked::Credentials, _)) => Advice::Authenticate(challenges),
        Some((Asked::StepUp, challenge)) => step_up(challenge),
        Some((Asked::Scope, challenge)) => widen_scope(challenge),
        Some((Asked::Correction, _)) => Advice::Correct,
    }
}

/// Only the two errors that say what would help change the advice.
pub(super) fn advice_of_403(headers: &HeaderMap) -> Advice {
    let helps = |asked| matches!(asked, Asked::StepUp | Asked::Scope);
    let challenges = read(headers, &WWW_AUTHENTICATE);
    match challenges.as_ref().and_then(|challenges| first_asked(challenges, helps)) {
        Some((Asked::StepUp, challenge)) => step_up(challenge),
        Some((Asked::Scope, challenge)) => widen_scope(challenge),
        _ => Advice::Stop,
    }
}

/// The challenges in these lines, without those lines that cannot be read.
pub(super) fn read(headers: &HeaderMap, name: &HeaderName) -> Option<Challenges> {
    let lines = || headers.get_all(name).iter().map(HeaderValue::as_bytes);
    Challenges::parse(lines()).ok().or_else(|| {
        let readable = lines().filter(|line| Challenges::parse([*line]).is_ok());
        Challenges::parse(readable).ok()
    })
}

/// The first of the errors of all challenges; of several alike, that of the first challenge.
fn first_asked(
    challenges: &Challenges,
    counts: impl Fn(Asked) -> bool,
) -> Option<(Asked, &Challenge)> {
    let asked = challenges.iter().filter_map(|challenge| Some((Asked::by(challenge)?, challenge)));
    asked.filter(|(asked, _)| counts(*asked)).min_by_key(|(asked, _)| *asked)
}

fn step_up(challenge: &Challenge) -> Advice {
    Advice::StepUp {
        acr_values: text(challenge, "acr_values"),
        max_age: challenge.param("max_age").and_then(seconds),
        scope: text(challenge, "scope"),
    }
}

fn widen_scope(challenge: &Challenge) -> Advice {
    Advice::WidenScope { scope: text(challenge, "scope") }
}

/// A parameter, if it is text and not empty.
fn text(challenge: &Challenge, name: &str) -> Option<String> {
    let text = str::from_utf8(challenge.param(name)?).ok()?.trim_matches(' ');
    (!text.is_empty()).then(|| text.to_owned())
}
