//! [`Advice`]: what a client may conclude from a response (section G).
//!
//! The status decides. The `error` of a Bearer or DPoP challenge refines a 401 and a 403 (`challenges`), and
//! the status of a gRPC call takes the place of its 200 (`grpc`).

mod challenges;
mod grpc;
mod retry_after;

use std::fmt;

use http::header::{PROXY_AUTHENTICATE, RETRY_AFTER};
use http::{HeaderMap, Response, StatusCode};

use crate::challenge::Challenges;

pub use retry_after::RetryAfter;

/// What a client should do after a response: [section G](crate::semantics#g01) of the semantics, for every
/// status and all headers.
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
///
/// let outage = Response::builder().status(503).header("retry-after", "10").body(())?;
/// assert_eq!(
///     Advice::of(&outage).to_string(),
///     "Wait 10 seconds, then send the same request with the same credentials.",
/// );
/// # Ok::<_, http::Error>(())
/// ```
///
/// The advice is about one response. The client counts: it follows `Authenticate`, `StepUp` and `WidenScope`
/// once for each request, and gives up if the next response says the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Advice {
    /// Nothing was refused: go on with the response as its status says. A redirect is followed, a 304 is
    /// answered from the cache ([G01](crate::semantics#g01)).
    Proceed,
    /// Get fresh or different credentials for one of these challenges, and retry once
    /// ([G02](crate::semantics#g02)).
    ///
    /// `None` if the server has sent no challenge that can be read, which breaks RFC 9110 §15.5.2. Then
    /// only what the client knows of this server tells how to authenticate ([G03](crate::semantics#g03)).
    Authenticate(Option<Challenges>),
    /// Authenticate to the proxy, in `Proxy-Authorization`, and send `Authorization` to the origin server
    /// only ([G10](crate::semantics#g10)). `None` as in [`Authenticate`](Self::Authenticate).
    AuthenticateToProxy(Option<Challenges>),
    /// Log the user in again, as strongly or as recently as the server asks: RFC 9470 §3
    /// ([G04](crate::semantics#g04)).
    StepUp {
        /// The authentication contexts that are enough, separated by spaces, the preferred one first.
        acr_values: Option<String>,
        /// The greatest age of the login, in seconds.
        max_age: Option<u64>,
        /// The scope that the new token needs as well, if the server names it.
        scope: Option<String>,
    },
    /// Get a token with a wider scope: RFC 6750 §3.1 ([G08](crate::semantics#g08)).
    WidenScope {
        /// The scope that is needed, if the server names it.
        scope: Option<String>,
    },
    /// Do not send the request again: nothing in the response says that credentials for this server, or time,
    /// change it
    /// ([G07](crate::semantics#g07), [G09](crate::semantics#g09)).
    Stop,
    /// Correct the request before it is sent again ([G11](crate::semantics#g11)).
    Correct,
    /// Wait, then send the same request with the same credentials: these were not refused
    /// ([G13](crate::semantics#g13), [G14](crate::semantics#g14)). A program repeats on its own only what
    /// is idempotent (RFC 9110 §9.2.2).
    ///
    /// `None` if the server does not say how long: the client chooses, and waits longer each time.
    Wait(Option<RetryAfter>),
}

impl Advice {
    /// What to do after this response.
    pub fn of<B>(response: &Response<B>) -> Self {
        Self::of_parts(response.status(), response.headers())
    }

    /// What to do after a response with this status and these headers.
    ///
    /// A gRPC call that ends with trailers has its status there: give the status 200 and the trailers
    /// ([G18](crate::semantics#g18)).
    ///
    /// ```
    /// use http::{HeaderMap, StatusCode};
    /// use portcullis::Advice;
    ///
    /// let mut trailers = HeaderMap::new();
    /// trailers.insert("grpc-status", "7".parse()?);
    /// assert_eq!(Advice::of_parts(StatusCode::OK, &trailers), Advice::Stop);
    /// # Ok::<_, http::header::InvalidHeaderValue>(())
    /// ```
    pub fn of_parts(status: StatusCode, headers: &HeaderMap) -> Self {
        let wait = || Self::Wait(RetryAfter::read(headers));
        match status.as_u16() {
            200 => grpc::advice(headers).unwrap_or(Self::Proceed),
            100..=399 => Self::Proceed,
            401 => challenges::advice_of_401(headers),
            403 => challenges::advice_of_403(headers),
            // Payment, absence, and the law: no request of this caller changes them.
            402 | 404 | 410 | 451 => Self::Stop,
            // The gate of the network has answered: a person must log in there, in a browser.
            511 => Self::Stop,
            407 => Self::AuthenticateToProxy(challenges::read(headers, &PROXY_AUTHENTICATE)),
            // Too slow, too early, too often: the request itself is right.
            408 | 425 | 429 => wait(),
            // Only a server for which the size is too much at present says when (RFC 9110 §15.5.14).
            413 if headers.contains_key(RETRY_AFTER) => wait(),
            400..=499 => Self::Correct,
            // The server does not have the method, the version of HTTP, or an extension.
            501 | 505 | 510 => Self::Correct,
            // Statuses from 600 are invalid, and read as 5xx (RFC 9110 §15).
            _ => wait(),
        }
    }
}

/// Displays the advice as one sentence for a person. It has the schemes of challenges, and of their parameters
/// `scope`, `acr_values` and `max_age`, which say what to get. A server chooses these, so each is cut at 200
/// bytes, and what is not printable ASCII is escaped: a terminal can show the sentence.
impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proceed => f.write_str("Go on with the response."),
            Self::Authenticate(Some(challenges)) => {
                f.write_str("Get fresh or different credentials")?;
                write_schemes(f, "for", challenges)?;
                f.write_str(", and retry once.")
            }
            Self::Authenticate(None) => f.write_str(
                "Get fresh or different credentials, and retry once. \
                 The server does not say for which scheme.",
            ),
            Self::AuthenticateToProxy(Some(challenges)) => {
                f.write_str("Authenticate to the proxy")?;
                write_schemes(f, "with", challenges)?;
                f.write_str(", in Proxy-Authorization, and retry once.")
            }
            Self::AuthenticateToProxy(None) => f.write_str(
                "Authenticate to the proxy, in Proxy-Authorization, and retry once. \
                 The proxy does not say for which scheme.",
            ),
            Self::StepUp { acr_values, max_age, scope } => {
                f.write_str("Log the user in again")?;
                if let Some(contexts) = acr_values {
                    let contexts = Quoted(contexts);
                    write!(f, ", with one of the authentication contexts {contexts}")?;
                }
                if let Some(seconds) = max_age {
                    write!(f, ", at most {} before the request", Counted(*seconds))?;
                }
                if let Some(scope) = scope {
                    write!(f, ", for the scope {}", Quoted(scope))?;
                }
                f.write_str(".")
            }
            Self::WidenScope { scope: Some(scope) } => {
                write!(f, "Get a token with the scope {}, and retry once.", Quoted(scope))
            }
            Self::WidenScope { scope: None } => {
                f.write_str("Get a token with a wider scope, and retry once.")
            }
            Self::Stop => f.write_str("Do not send the request again."),
            Self::Correct => f.write_str("Correct the request before it is sent again."),
            Self::Wait(None) => {
                f.write_str("Wait, then send the same request with the same credentials.")
            }
            Self::Wait(Some(RetryAfter::Seconds(seconds))) => write!(
                f,
                "Wait {}, then send the same request with the same credentials.",
                Counted(*seconds)
            ),
            Self::Wait(Some(RetryAfter::Date(_))) => f.write_str(
                "Wait until the time in Retry-After, then send the same request with the same \
                 credentials.",
            ),
        }
    }
}

/// The word, and the schemes, each once, in the server's order; at most five.
fn write_schemes(f: &mut fmt::Formatter<'_>, word: &str, challenges: &Challenges) -> fmt::Result {
    const SHOWN: usize = 5;
    let mut schemes: Vec<&str> = Vec::new();
    for challenge in challenges.iter() {
        if schemes.len() < SHOWN && !schemes.iter().any(|known| challenge.is(known)) {
            schemes.push(challenge.scheme());
        }
    }
    let schemes: Vec<_> = schemes.into_iter().map(cut).collect();
    write!(f, " {word} {}", schemes.join(" or "))
}

/// A number of seconds, with its unit.
struct Counted(u64);

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} second{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

/// The most bytes that are shown of what the server has sent.
const LONGEST: usize = 200;

/// A text of the server in quotes, for a terminal.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = cut(self.0);
        let rest = if shown.len() < self.0.len() { "…" } else { "" };
        write!(f, "\"{}{rest}\"", shown.escape_default())
    }
}

/// The first bytes, whole characters only.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
