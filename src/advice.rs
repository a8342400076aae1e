//! [`Advice`]: what a client may conclude from a response.

use std::time::SystemTime;

use http::header::{PROXY_AUTHENTICATE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, Response, StatusCode};

use crate::challenge::{Challenge, Challenges};

/// What a client should do after a response: [section G](crate::semantics#g01) of the semantics, for every
/// status.
///
/// ```
/// use http::Response;
/// use portcullis::Advice;
///
/// let refused = Response::builder()
///     .status(403)
///     .header("www-authenticate", r#"Bearer error="insufficient_scope", scope="reports""#)
///     .body(())?;
/// assert!(matches!(Advice::of(&refused), Advice::WidenScope { scope: Some(scope) } if scope == "reports"));
/// assert_eq!(Advice::of(&Response::builder().status(403).body(())?), Advice::Stop);
/// # Ok::<_, http::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Nothing was refused: go on with the response.
    Proceed,
    /// Get fresh or different credentials for one of these challenges, and retry once.
    Authenticate(Challenges),
    /// Authenticate to the proxy, and send `Authorization` to the origin server only.
    AuthenticateToProxy(Challenges),
    /// Log the user in again, as strongly or as recently as the server asks (RFC 9470 §3).
    StepUp {
        /// The authentication contexts that are enough, separated by spaces.
        acr_values: Option<String>,
        /// The greatest age of the login, in seconds.
        max_age: Option<u64>,
    },
    /// Get a token with a wider scope (RFC 6750 §3.1).
    WidenScope {
        /// The scope that is needed, if the server names it.
        scope: Option<String>,
    },
    /// Do not retry: no credentials of this caller change the response.
    Stop,
    /// Correct the request before it is sent again.
    Correct,
    /// Wait, then send the same request with the same credentials.
    Wait(Option<RetryAfter>),
}

/// The value of `Retry-After` (RFC 9110 §10.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAfter {
    /// After this many seconds.
    Seconds(u64),
    /// At this time.
    Date(SystemTime),
}

impl Advice {
    /// What to do after this response.
    pub fn of<B>(response: &Response<B>) -> Self {
        Self::of_parts(response.status(), response.headers())
    }

    /// What to do after a response with this status and these headers.
    pub fn of_parts(status: StatusCode, headers: &HeaderMap) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::of_challenges(headers).unwrap_or_else(|| {
                read(headers, WWW_AUTHENTICATE).map_or(Self::Stop, Self::Authenticate)
            }),
            StatusCode::FORBIDDEN => Self::of_challenges(headers).unwrap_or(Self::Stop),
            StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                read(headers, PROXY_AUTHENTICATE).map_or(Self::Stop, Self::AuthenticateToProxy)
            }
            StatusCode::NOT_FOUND | StatusCode::GONE => Self::Stop,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Self::Wait(RetryAfter::read(headers))
            }
            status if status.is_client_error() => Self::Correct,
            status if status.is_server_error() => Self::Wait(RetryAfter::read(headers)),
            _ => Self::Proceed,
        }
    }

    /// What the `error` of a challenge asks for.
    fn of_challenges(headers: &HeaderMap) -> Option<Self> {
        let challenges = read(headers, WWW_AUTHENTICATE)?;
        challenges.iter().find_map(|challenge| match challenge.param("error")? {
            b"insufficient_scope" => Some(Self::WidenScope { scope: text(challenge, "scope") }),
            b"insufficient_user_authentication" => Some(Self::StepUp {
                acr_values: text(challenge, "acr_values"),
                max_age: text(challenge, "max_age").and_then(|age| age.parse().ok()),
            }),
            _ => None,
        })
    }
}

impl RetryAfter {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        value.parse().ok().map(Self::Seconds)
    }
}

fn read(headers: &HeaderMap, name: HeaderName) -> Option<Challenges> {
    Challenges::parse(headers.get_all(name).iter().map(|line| line.as_bytes())).ok()
}

fn text(challenge: &Challenge, name: &str) -> Option<String> {
    String::from_utf8(challenge.param(name)?.to_vec()).ok()
}
